"""The draft of a line in the console: written by several people, checked, put on what is live, dropped."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from app.console.completions import completions
from app.console.permissions import Permission
from app.lines import workshop
from app.lines.drafts import seen
from app.store import audit, versions
from tests.console.lines_site import ENGLISH, SHOP, XSS, drafted, lines_site, prompt, published, shop_of, words_of
from tests.console.site import OURS, Site

SCRIPT = {**OURS, "Accept": "application/json"}


@pytest_asyncio.fixture
async def fresh(tmp_path: Path) -> AsyncIterator[Site]:
    async with lines_site(tmp_path) as made:
        yield made


async def write(site: Site, words: str, revision: int) -> dict[str, object]:
    """As the page's script does: what it is told."""
    fields = {"file": ENGLISH, "text": prompt(words), "revision": str(revision)}
    answer = await site.browser.post(f"{SHOP}/draft", data=fields, headers=SCRIPT)
    assert answer.status_code == 200
    return dict(answer.json())


def clash(revision: int, by: str, words: str) -> dict[str, object]:
    return {"clash": {"revision": revision, "by": by, "text": prompt(words)}}


async def done(site: Site) -> list[str]:
    return [one.action for one in await audit.listed(site.database, audit.Wish(), most=20) if "line" in one.action]


async def test_the_first_letter_begins_a_draft_of_what_is_live(fresh: Site) -> None:
    page = (await fresh.open(f"{SHOP}/edit")).text
    assert 'data-revision="0"' in page and "You answer the phone of {business}." in page
    assert await write(fresh, "Be kind.", 0) == {"revision": 2}
    assert await write(fresh, "Be very kind.", 2) == {"revision": 3}
    draft = await versions.draft(fresh.database, "shop")
    assert draft is not None and draft.author == "Ana"
    assert await words_of(fresh, "draft") == "Be very kind."
    assert await words_of(fresh, "live") == "It is {weekday}."
    assert await done(fresh) == ["line.draft_written"]


async def test_two_who_write_the_same_file_are_shown_both_texts_and_nothing_is_lost(fresh: Site) -> None:
    revision = await drafted(fresh, "Bo's words.")
    assert await write(fresh, "Ana's words.", revision - 1) == clash(revision, "Bo", "Bo's words.")
    form = {"file": ENGLISH, "text": prompt(f"Ana's {XSS}"), "revision": str(revision - 1)}
    page = await fresh.send(f"{SHOP}/draft", **form)
    assert page.status_code == 409
    assert "Bo has saved this file while you wrote." in page.text
    assert "Bo&#39;s words." in page.text and "Ana&#39;s &lt;script&gt;" in page.text
    assert await words_of(fresh, "draft") == "Bo's words."
    assert await write(fresh, "Both.", revision) == {"revision": revision + 1}


async def test_two_who_begin_a_draft_at_once_do_not_write_over_each_other(fresh: Site) -> None:
    revision = await drafted(fresh, "Bo's words.")
    assert await write(fresh, "Ana's words.", 0) == clash(revision, "Bo", "Bo's words.")


async def test_what_is_written_on_a_draft_that_was_published_is_not_lost(fresh: Site) -> None:
    revision = await drafted(fresh, "Bo's words.")
    await published(fresh, "Bo's last words.")
    assert await write(fresh, "Ana's words.", revision) == clash(0, "", "Bo's last words.")
    assert await write(fresh, "Ana's words.", 0) == {"revision": 2}


async def test_without_a_script_a_file_is_saved_by_its_button(fresh: Site) -> None:
    form = {"file": ENGLISH, "text": prompt("Be kind.").replace("\n", "\r\n"), "revision": "0"}
    answer = await fresh.send(f"{SHOP}/draft", **form)
    assert answer.headers["location"] == f"{SHOP}/edit?file={ENGLISH}&told=lines_edit.told_saved"
    page = (await fresh.open(answer.headers["location"])).text
    assert "The draft is saved." in page and "Be kind." in page
    assert (await workshop.named(shop_of(fresh), "shop", "draft")).files[ENGLISH] == prompt("Be kind.")


async def test_mistakes_come_with_their_line_and_the_cost_against_live(fresh: Site) -> None:
    await write(fresh, "Say {bussiness}. " + "Be kind. " * 200, 0)
    told = (await fresh.open(f"{SHOP}/draft/proof")).json()
    [mistake] = told["problems"][ENGLISH]
    assert (mistake["line"], mistake["severity"]) == (4, "error")
    assert "business" in mistake["what"]
    assert told["changed"] == [ENGLISH]
    await write(fresh, "Be kind. " * 200, 2)
    told = (await fresh.open(f"{SHOP}/draft/proof")).json()
    assert told["problems"].get(ENGLISH, []) == []
    assert "against live" in told["panel"] and "+4" in told["panel"]


async def test_mistakes_are_said_in_the_language_of_the_page(fresh: Site) -> None:
    await write(fresh, "Say {bussiness}.", 0)
    spanish = {"Accept-Language": "es"}
    told = (await fresh.open(f"{SHOP}/draft/proof", **spanish)).json()
    [mistake] = told["problems"][ENGLISH]
    assert mistake["what"] == 'No se sabe nada de {bussiness}. ¿Quería decir "business"? Escriba eso.'
    assert "No se sabe nada de {bussiness}." in told["panel"]
    assert "No se sabe nada de {bussiness}." in (await fresh.open(f"{SHOP}/edit", **spanish)).text
    gone = (await fresh.open(f"{SHOP}/compare?old=0123456789ab", **spanish)).text
    assert "shop aún no tiene versiones: no se ha publicado nada." in gone


async def test_two_files_are_shown_beside_each_other(fresh: Site) -> None:
    page = (await fresh.open(f"{SHOP}/edit?file=en-US.md&beside=es.md")).text
    assert page.count("data-pane=") == 2
    assert (await fresh.open(f"{SHOP}/edit?file=nothing.md")).status_code == 200


async def test_a_language_begins_as_a_copy_of_the_first_and_can_be_taken_out(fresh: Site) -> None:
    answer = await fresh.send(f"{SHOP}/draft/language", tag="fr-FR", revision="0")
    assert answer.headers["location"].startswith(f"{SHOP}/edit?file=prompts/shop/fr-FR.md")
    found = (await seen(shop_of(fresh), "shop")).content.files
    assert found["prompts/shop/fr-FR.md"] == found[ENGLISH]
    for tag in ("fr-FR", "../x", "french"):
        answer = await fresh.send(f"{SHOP}/draft/language", tag=tag, revision="2")
        assert "told_no_language" in answer.headers["location"]
    await fresh.send(f"{SHOP}/draft/remove", file="prompts/shop/fr-FR.md", revision="2")
    assert "prompts/shop/fr-FR.md" not in (await seen(shop_of(fresh), "shop")).content.files


async def test_a_draft_is_dropped_only_as_it_was_seen(fresh: Site) -> None:
    revision = await drafted(fresh, "Bo's words.")
    answer = await fresh.send(f"{SHOP}/draft/drop", revision=str(revision - 1))
    assert "told_not_done" in answer.headers["location"]
    await fresh.send(f"{SHOP}/draft/drop", revision=str(revision))
    assert await versions.draft(fresh.database, "shop") is None
    assert await done(fresh) == ["line.draft_dropped"]
    assert "told_not_done" in (await fresh.send(f"{SHOP}/draft/drop", revision="1")).headers["location"]


async def test_a_draft_is_put_on_what_went_live_meanwhile_and_keeps_what_it_changed(fresh: Site) -> None:
    await published(fresh, "First.")
    await drafted(fresh, "Ours.")
    shop = shop_of(fresh)
    file = fresh.console.parts.settings.prompts / "shop" / "es.md"
    file.write_text(file.read_text("utf-8").replace("Atiendes", "Contestas"), "utf-8")
    await fresh.send(f"{SHOP}/publish?state=files", state="files", note="Spanish")
    draft = await versions.draft(fresh.database, "shop")
    assert draft is not None
    assert "was changed after this draft was begun" in (await fresh.open(f"{SHOP}/review")).text
    answer = await fresh.send(f"{SHOP}/draft/renew", revision=str(draft.revision))
    assert "told_renewed_both" in answer.headers["location"]  # the files have the English of before, too
    files = (await seen(shop, "shop")).content.files
    assert "Ours." in files[ENGLISH] and "Contestas" in files["prompts/shop/es.md"]
    assert "was changed after" not in (await fresh.open(f"{SHOP}/review")).text
    stale = await fresh.send(f"{SHOP}/draft/renew", revision=str(draft.revision))
    assert "told_not_done" in stale.headers["location"]


@pytest.mark.parametrize("file", ["../../etc/passwd", "prompts/bank/line.toml", "tools/x.py", ""])
async def test_nothing_is_written_outside_of_the_line(fresh: Site, file: str) -> None:
    answer = await fresh.send(f"{SHOP}/draft", file=file, text="x", revision="0")
    assert answer.status_code == 404
    assert await versions.draft(fresh.database, "shop") is None


async def test_what_cannot_be_meant_is_refused(fresh: Site) -> None:
    for revision in ("", "x", "9" * 30):
        assert (await fresh.send(f"{SHOP}/draft", file=ENGLISH, text="x", revision=revision)).status_code == 400
    assert (await fresh.send(f"{SHOP}/draft", file=ENGLISH, text="x" * 200_001, revision="0")).status_code == 413
    assert (await fresh.send("/console/lines/ship/draft", file=ENGLISH, text="x", revision="0")).status_code == 404


async def test_a_tool_is_written_by_who_may_write_tools(fresh: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    fields = {"file": "tools/x.toml", "text": "", "revision": "0"}
    lines_only = {"admin": frozenset({Permission.EDIT_LINES})}
    monkeypatch.setattr("app.console.permissions.ROLES", lines_only)
    assert (await fresh.send(f"{SHOP}/draft", **fields)).status_code == 403
    assert (await fresh.send(f"{SHOP}/draft/remove", **fields)).status_code == 403


async def test_the_editor_offers_what_may_be_written(fresh: Site) -> None:
    content = await workshop.named(shop_of(fresh), "shop", "live")
    offered = completions(content, None)
    assert isinstance(offered["variables"], list)
    assert offered["variables"][0]["label"] == "{caller}"
    assert "find_parcel" in str(offered["tools"]) and "end_call" in str(offered["tools"])
    assert isinstance(offered["values"], dict)
    assert "Kore" in offered["values"]["voice"]
