"""Drafts of tools: begun from the file, published over what was seen alone, and the file's texts remembered."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio

from app.fittings import reader_for
from app.settings import load
from app.store import tool_drafts
from app.store.database import Database
from app.toolbench import drafting
from app.toolbench.drafting import NONE_YET, Clash, Desk
from app.toolbench.saving import Stale, revision_of
from tests.toolkit.http.places import TRACK

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
MORE = f"{TRACK.rstrip()}\n# more\n"


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """A folder with one tool, and an empty database."""
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools/track.toml").write_text(TRACK, encoding="utf-8")
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'frontline.db'}")
    await database.open()
    settings = load({"FRONTLINE_DATA": str(tmp_path), "FRONTLINE_TOOLS": str(tmp_path / "tools")}, None)
    yield Desk(database, reader_for(settings), lambda: AT)
    await database.close()


async def written(desk: Desk, text: str, who: str = "ana", revision: int = NONE_YET) -> int:
    before = await drafting.seen(desk, "track")
    assert before is not None
    return (await drafting.write(desk, before, "track", text, who, revision)).revision


async def test_a_draft_stands_before_the_file_for_whoever_edits(desk: Desk) -> None:
    assert await drafting.seen(desk, "nowhere") is None
    assert await written(desk, MORE) == 1
    seen = await drafting.seen(desk, "track")
    assert seen is not None and (seen.text, seen.file.text, seen.differs, seen.is_behind) == (MORE, TRACK, True, False)
    (desk.reader.settings.tools / "track.toml").write_text(MORE, encoding="utf-8")
    seen = await drafting.seen(desk, "track")
    assert seen is not None and (seen.differs, seen.is_behind) == (False, True)


async def test_whoever_did_not_see_the_last_save_is_told_of_it(desk: Desk) -> None:
    await written(desk, MORE)
    with pytest.raises(Clash) as caught:
        await written(desk, TRACK, "ben")
    assert caught.value.there is not None and caught.value.there.author == "ana"
    with pytest.raises(Clash):
        await drafting.drop(desk, "track", 7)
    await drafting.drop(desk, "track", 1)
    with pytest.raises(Clash) as caught:
        await written(desk, TRACK, "ben", 1)
    assert caught.value.there is None


async def test_what_was_looked_at_is_published_and_nothing_else(desk: Desk) -> None:
    await written(desk, MORE)
    with pytest.raises(Clash):
        await drafting.publish(desk, "track", "why", "ana", revision=2, file_revision=revision_of(TRACK))
    with pytest.raises(Stale):
        await drafting.publish(desk, "track", "why", "ana", revision=1, file_revision=revision_of(MORE))
    assert await tool_drafts.history(desk.database, "track", 9) == []
    await drafting.publish(desk, "track", "why", "ana", revision=1, file_revision=revision_of(TRACK))
    assert await tool_drafts.draft(desk.database, "track") is None


async def test_what_came_into_the_folder_in_another_way_is_remembered_too(desk: Desk) -> None:
    await drafting.given(desk, "track", MORE, "one", "ana", revision_of(TRACK))
    await drafting.given(desk, "track", TRACK, "two", "ana", revision_of(MORE))
    (desk.reader.settings.tools / "track.toml").write_text("# theirs\n", encoding="utf-8")
    await drafting.given(desk, "track", MORE, "three", "ben", revision_of("# theirs\n"))
    states = await tool_drafts.history(desk.database, "track", 9)
    assert [(one.who, one.note) for one in states] == [
        *(("ben", "three"), ("", ""), ("ana", "two"), ("ana", "one"), ("", ""))
    ]
