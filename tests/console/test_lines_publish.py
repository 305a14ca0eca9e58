"""Publishing in the console: what is seen before, what is refused, and how it is taken back."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from app.console import difflines
from app.store import audit, versions
from tests.console.lines_site import ENGLISH, SHOP, XSS, drafted, lines_site, misspell, published, words_of
from tests.console.site import PASSWORD, Site


@pytest_asyncio.fixture
async def fresh(tmp_path: Path) -> AsyncIterator[Site]:
    async with lines_site(tmp_path) as made:
        yield made


async def publish(site: Site, revision: int, note: str = "Why", live: int = 0) -> tuple[int, str]:
    fields = {"state": "draft", "revision": str(revision), "live_revision": str(live), "note": note}
    answer = await site.send(f"{SHOP}/publish?state=draft", **fields)
    return answer.status_code, answer.headers.get("location", "") or answer.text


async def last(site: Site) -> audit.Entry:
    return (await audit.listed(site.database, audit.Wish(), most=1))[0]


async def test_what_differs_is_shown_and_published_with_a_note(fresh: Site) -> None:
    revision = await drafted(fresh, f"Be kind, {XSS}.")
    page = (await fresh.open(f"{SHOP}/review")).text
    assert "&lt;script&gt;" in page and XSS not in page and ENGLISH in page
    code, where = await publish(fresh, revision, "Kinder")
    assert code == 303 and "told_published" in where
    live = await versions.live(fresh.database, "shop")
    assert (live.changed_by, await words_of(fresh, "live")) == ("Ana", f"Be kind, {XSS}.")
    done = await last(fresh)
    assert (done.action, done.object, done.detail["note"]) == ("line.published", "shop", "Kinder")
    assert "Kinder" in (await fresh.open(SHOP)).text
    assert "Nothing waits to be published" in (await fresh.open(f"{SHOP}/review")).text


async def test_without_a_note_nothing_is_published(fresh: Site) -> None:
    code, page = await publish(fresh, await drafted(fresh, "Be kind."), "  ")
    assert code == 422 and "Write what changes, and why" in page
    assert (await versions.live(fresh.database, "shop")).revision == 0


async def test_a_draft_with_mistakes_is_refused_and_they_are_shown(fresh: Site) -> None:
    code, page = await publish(fresh, await drafted(fresh, "Say {bussiness}."))
    assert code == 422 and "Did you mean" in page and "disabled" in page
    assert (await versions.live(fresh.database, "shop")).revision == 0


async def test_what_was_not_seen_is_not_published(fresh: Site) -> None:
    revision = await drafted(fresh, "Seen.")
    await drafted(fresh, "Not seen.")
    code, page = await publish(fresh, revision, "Mine")
    assert code == 409 and "Somebody has changed it since you looked" in page and "Not seen." in page
    assert 'value="Mine"' in page
    await published(fresh, "Bo's.")
    code, _ = await publish(fresh, await drafted(fresh, "Ana's."), live=0)
    assert code == 409
    assert await words_of(fresh, "live") == "Bo's."


async def test_what_is_live_already_is_not_published_again(fresh: Site) -> None:
    version = await published(fresh, "Be kind.")
    answer = await fresh.send(f"{SHOP}/publish?state={version}", state=version, note="Again")
    assert answer.status_code == 409 and "exactly this already" in answer.text


async def test_a_share_of_the_calls_gets_it_first_and_then_all_or_none(fresh: Site) -> None:
    await published(fresh, "Old.")
    revision = str(await drafted(fresh, "New."))
    form = {"state": "draft", "revision": revision, "note": "Try"}
    for wrong in ("0", "100", "x", ""):
        assert (await fresh.send(f"{SHOP}/canary?state=draft", **form, share=wrong)).status_code == 422
    assert (await fresh.send(f"{SHOP}/canary?state=draft", **form | {"note": ""}, share="20")).status_code == 422
    old = await fresh.send(f"{SHOP}/canary?state=draft", **form | {"revision": "1"}, share="20")
    assert old.status_code == 409
    assert (await fresh.send(f"{SHOP}/canary?state=draft", **form, share="20")).status_code == 303
    live = await versions.live(fresh.database, "shop")
    assert live.canary_version is not None and live.canary_percent == 20.0
    page = (await fresh.open(SHOP)).text
    assert "20%" in page and "End the canary" in page and live.canary_version in page
    await fresh.send(f"{SHOP}/rollback", note="Enough", live_revision=str(live.revision))
    live = await versions.live(fresh.database, "shop")
    assert live.canary_version is None and await words_of(fresh, "live") == "Old."
    assert (await last(fresh)).action == "line.rolled_back"


async def test_what_was_live_before_is_had_again_with_a_reason(fresh: Site) -> None:
    first = await published(fresh, "First.")
    await published(fresh, "Second.")
    page = (await fresh.open(SHOP)).text
    assert "Roll back" in page and first[:12] in page
    assert "told_no_note" in (await fresh.send(f"{SHOP}/rollback", note="", live_revision="2")).headers["location"]
    assert "told_not_done" in (await fresh.send(f"{SHOP}/rollback", note="x", live_revision="1")).headers["location"]
    await fresh.send(f"{SHOP}/rollback", note="It was wrong", live_revision="2")
    assert await words_of(fresh, "live") == "First."
    [change, *_] = await versions.history(fresh.database, "shop")
    assert (change.what, change.who, change.note) == ("rollback", "Ana", "It was wrong")


async def test_any_version_of_the_history_is_compared_and_had_again(fresh: Site) -> None:
    first = await published(fresh, "First.", f"One {XSS}")
    second = await published(fresh, "Second.")
    await published(fresh, "Third.")
    page = (await fresh.open(f"{SHOP}/history")).text
    assert first[:12] in page and "One &lt;script&gt;" in page and "Go back to it" in page
    page = (await fresh.open(f"{SHOP}/compare?old={first[:12]}&new={second[:12]}")).text
    assert "<del>First</del>" in page and "<ins>Second</ins>" in page
    assert "Both say the same" in (await fresh.open(f"{SHOP}/compare?old=live&new=live")).text
    assert (await fresh.open(f"{SHOP}/compare?old=zzzz")).status_code == 404
    await fresh.send(f"{SHOP}/rollback", to=first, note="Best", live_revision="3")
    assert await words_of(fresh, "live") == "First."


async def test_a_line_follows_its_files_again_if_they_are_right(fresh: Site) -> None:
    await published(fresh, "Ours.")
    misspell(fresh)
    assert "told_files_wrong" in (await fresh.send(f"{SHOP}/follow", note="x")).headers["location"]
    assert "told_no_note" in (await fresh.send(f"{SHOP}/follow", note="")).headers["location"]
    file = fresh.console.parts.settings.prompts / "shop" / "line.toml"
    file.write_text(file.read_text("utf-8").replace("telefone", "telephone"), "utf-8")
    assert "told_follows" in (await fresh.send(f"{SHOP}/follow", note="x")).headers["location"]
    assert await words_of(fresh, "live") == "It is {weekday}."


async def test_who_may_publish_need_not_edit_and_who_may_look_can_do_neither(fresh: Site) -> None:
    await drafted(fresh, "Be kind.")
    await fresh.account("Op", "ops")
    await fresh.account("Vi", "viewer")
    for name, buttons in (("Op", True), ("Vi", False)):
        await fresh.send("/console/sign-in", name=name, password=PASSWORD)
        page = (await fresh.open(f"{SHOP}/review")).text
        assert ("For every call" in page) is buttons
        assert ("may look at this, and not publish it" in page) is not buttons
        assert (await fresh.open(f"{SHOP}/edit")).status_code == 403
        assert f"{SHOP}/edit" not in (await fresh.open(SHOP)).text


def test_words_that_changed_are_marked_within_a_line() -> None:
    found = difflines.rows("Be kind.\nStay.", "Be very kind.\nStay.")
    assert [row.kind for row in found] == ["hunk", "was", "is", "same"]
    assert [text for text, changed in found[2].parts if changed] == [" very"]
    assert [row.kind for row in difflines.rows(None, "New.")] == ["hunk", "is"]
    assert [row.kind for row in difflines.rows("a\nb", "c")] == ["hunk", "was", "was", "is"]
    assert difflines.rows("Same.", "Same.") == ()
