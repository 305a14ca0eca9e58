"""A tool's draft: kept as it is written, seen by others, published with a note, remembered, and taken back."""

import html
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from app.console.pages import entrance
from app.store import audit, tool_drafts
from app.store.database import Database
from app.toolbench.saving import revision_of
from tests.console.bench import bench
from tests.console.site import OURS, PASSWORD, Site
from tests.console.test_tool_edit import in_form, step, text_in
from tests.toolkit.http.places import TRACK, swapped

PLACE = "/console/tools/track"
AS_FILE = f"{PLACE}/edit?view=toml"
MINE, THEIRS = (swapped(TRACK, "Find out where", words) for words in ("I find where", "They find where"))


@pytest_asyncio.fixture
async def records(tmp_path: Path) -> AsyncIterator[Database]:
    entrance._guesses.storage.reset()
    made = Database(f"sqlite+aiosqlite:///{tmp_path / 'frontline.db'}")
    yield made
    await made.close()


@pytest_asyncio.fixture
async def here(records: Database, tmp_path: Path) -> AsyncIterator[Site]:
    """A console with one HTTP tool, and Mia, a manager, in it."""
    async with bench(records, tmp_path, {"track.toml": TRACK}) as (made, _):
        await made.sign_in("Mia", "manager")
        yield made


async def typed(here: Site, text: str, revision: str) -> dict[str, str]:
    """What the page is told when somebody has written."""
    answer = await here.send(f"{PLACE}/draft", view="toml", text=text, revision=revision)
    assert answer.status_code == 200, answer.text
    told: dict[str, str] = answer.json()
    return told


async def published(here: Site, note: str = "shorter", **changed: str) -> tuple[int, str]:
    """Published as the page of the review has it."""
    page = (await here.open(f"{PLACE}/review")).text
    fields = dict(re.findall(r'name="((?:file_)?revision)" value="([^"]*)"', page))
    answer = await here.send(f"{PLACE}/publish", **{**fields, "note": note, **changed})
    return answer.status_code, html.unescape(answer.text)


def in_file(folder: Path) -> str:
    return (folder / "tools/track.toml").read_text(encoding="utf-8")


async def done(records: Database) -> list[str]:
    found = [one.action for one in await audit.listed(records, audit.Wish(), most=9)]
    return [action for action in found if action.startswith("tool.")]


async def test_what_is_written_is_kept_and_callers_have_what_they_had(
    here: Site, records: Database, tmp_path: Path
) -> None:
    assert await typed(here, MINE, "0") == {"revision": "1"}
    assert await typed(here, MINE + "# more\n", "1") == {"revision": "2"}
    assert in_file(tmp_path) == TRACK
    page = (await here.open(AS_FILE)).text
    assert "# more" in text_in(page) and in_form(page)["revision"] == ["2"]
    for place in ("/console/tools", PLACE):
        assert "draft by Mia" in (await here.open(place)).text
    assert await done(records) == ["tool.draft_written"]


async def test_a_text_with_mistakes_is_kept_and_not_published(here: Site, tmp_path: Path) -> None:
    await typed(here, "url = [", "0")
    assert text_in((await here.open(f"{PLACE}/edit")).text) == "url = ["
    assert " disabled" in (await here.open(f"{PLACE}/review")).text
    status, said = await published(here)
    assert (status, "The check has found mistakes" in said) == (422, True)
    assert in_file(tmp_path) == TRACK


async def test_a_form_that_cannot_be_a_file_is_said_at_once(here: Site, records: Database) -> None:
    form = in_form((await here.open(f"{PLACE}/edit")).text)
    answer = await here.browser.post(f"{PLACE}/draft", data={**form, "body": ["{not json"]}, headers=OURS)
    assert answer.json()["problem"].startswith("body: ")
    assert await tool_drafts.draft(records, "track") is None


async def test_to_look_at_a_tool_in_every_view_begins_no_draft(here: Site, records: Database) -> None:
    form = in_form((await here.open(f"{PLACE}/edit")).text)
    for to in ("schema", "rows", "check", "compare", "toml", "form"):
        status, page = await step(here, to, form, f"{PLACE}/edit")
        assert status == 200, to
        form = in_form(page)
    assert (await here.browser.post(f"{PLACE}/draft", data=form, headers=OURS)).json() == {"revision": "0"}
    assert await tool_drafts.draft(records, "track") is None


async def test_a_step_in_the_editor_keeps_what_was_written_without_a_script(here: Site, records: Database) -> None:
    form = in_form((await here.open(AS_FILE)).text)
    status, _ = await step(here, "review", {**form, "text": [MINE]}, f"{PLACE}/edit")
    draft = await tool_drafts.draft(records, "track")
    assert (status, draft and draft.text.rstrip()) == (303, MINE.rstrip())


async def test_a_draft_is_published_with_a_note_and_taken_back(here: Site, records: Database, tmp_path: Path) -> None:
    await typed(here, MINE, "0")
    review = (await here.open(f"{PLACE}/review")).text
    assert "<ins>I find</ins>" in review or "I find" in review
    assert (await published(here, ""))[0] == 422
    assert (await published(here))[0] == 303
    assert "I find where" in in_file(tmp_path) and await tool_drafts.draft(records, "track") is None
    assert "Nothing waits to be published" in (await here.open(f"{PLACE}/review")).text
    mine, found = await tool_drafts.history(records, "track", 9)
    assert (mine.who, mine.note, found.who, found.text) == ("Mia", "shorter", "", TRACK)
    page = (await here.open(f"{PLACE}/history")).text
    assert "shorter" in page and "found in the folder" in page
    back = {"number": str(found.number), "file_revision": revision_of(mine.text)}
    assert (await here.send(f"{PLACE}/back", **back)).status_code == 422
    assert (await here.send(f"{PLACE}/back", **back, note="callers ask again")).status_code == 303
    assert in_file(tmp_path) == TRACK
    assert await done(records) == ["tool.rolled_back", "tool.published", "tool.draft_written"]
    assert len(await tool_drafts.history(records, "track", 9)) == 3


async def test_two_who_write_one_tool_see_both_texts_and_lose_none(here: Site, tmp_path: Path) -> None:
    await here.account("Theo", "manager")
    async with here.another() as other:
        await other.post("/console/sign-in", data={"name": "Theo", "password": PASSWORD}, headers=OURS)
        sent = {"view": "toml", "text": THEIRS, "revision": "0"}
        assert (await other.post(f"{PLACE}/draft", data=sent, headers=OURS)).json() == {"revision": "1"}
    assert await typed(here, MINE, "0") == {"clash": "Theo"}
    form = {"view": ["toml"], "text": [MINE], "revision": ["0"]}
    status, page = await step(here, "draft", form, f"{PLACE}/edit")
    assert status == 409 and "They find where" in page and "I find where" in text_in(page)
    assert (await step(here, "draft", in_form(page), f"{PLACE}/edit"))[0] == 200
    assert "I find where" in text_in((await here.open(AS_FILE)).text)


async def test_a_draft_that_was_published_meanwhile_is_begun_anew_with_what_was_written(
    here: Site, tmp_path: Path
) -> None:
    await typed(here, THEIRS, "0")
    await published(here)
    assert await typed(here, MINE, "1") == {"clash": ""}
    form = {"view": ["toml"], "text": [MINE], "revision": ["1"]}
    status, page = await step(here, "draft", form, f"{PLACE}/edit")
    assert status == 409 and "They find where" in page
    assert (await step(here, "draft", in_form(page), f"{PLACE}/edit"))[0] == 200
    assert "They find where" in in_file(tmp_path)


async def test_what_has_changed_since_it_was_looked_at_is_not_published_over(here: Site, tmp_path: Path) -> None:
    await typed(here, MINE, "0")
    (tmp_path / "tools/track.toml").write_text(THEIRS, encoding="utf-8")
    assert "changed after this draft was begun" in (await here.open(f"{PLACE}/review")).text
    for seen in ({"file_revision": revision_of(TRACK)}, {"revision": "7"}):
        status, said = await published(here, **seen)
        assert (status, "Somebody has changed it" in said) == (409, True), seen
    assert in_file(tmp_path) == THEIRS
    assert (await published(here))[0] == 303
    assert "I find where" in in_file(tmp_path)
    old = {"number": "1", "file_revision": revision_of(THEIRS), "note": "back"}
    assert (await here.send(f"{PLACE}/back", **old)).status_code == 409


async def test_a_draft_is_dropped_as_it_was_seen(here: Site, records: Database) -> None:
    await typed(here, MINE, "0")
    assert "told_not_done" in (await here.send(f"{PLACE}/draft/drop", revision="7")).headers["location"]
    assert "told_dropped" in (await here.send(f"{PLACE}/draft/drop", revision="1")).headers["location"]
    assert await tool_drafts.draft(records, "track") is None


async def test_who_may_not_edit_tools_sees_their_history_alone(here: Site, records: Database) -> None:
    await typed(here, MINE, "0")
    await here.account("Olga", "ops")
    async with here.another() as other:
        await other.post("/console/sign-in", data={"name": "Olga", "password": PASSWORD}, headers=OURS)
        assert (await other.get(f"{PLACE}/history")).status_code == 200
        assert (await other.get(f"{PLACE}/review")).status_code == 403
        for action in ("draft", "draft/drop", "publish", "back"):
            assert (await other.post(f"{PLACE}/{action}", data={"revision": "1"}, headers=OURS)).status_code == 403


async def test_what_is_no_http_tool_has_no_draft(here: Site) -> None:
    for name in ("end_call", "nowhere", "..%2Ftrack"):
        sent = await here.send(f"/console/tools/{name}/draft", view="toml", text="x", revision="0")
        assert sent.status_code == 404, name
        for place in ("review", "history"):
            assert (await here.open(f"/console/tools/{name}/{place}")).status_code == 404, (name, place)
    assert (await here.send(f"{PLACE}/draft", view="toml", text="#" * 70_000, revision="0")).status_code == 413
    assert (await here.send(f"{PLACE}/draft", view="toml", text=MINE, revision="x")).status_code == 400
