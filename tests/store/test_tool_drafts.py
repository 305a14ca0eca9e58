"""Drafts of tools in the database: saved over what was seen alone, and what files were given is remembered."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app.store import tool_drafts
from app.store.database import Database
from app.store.tool_drafts import Draft, State
from app.store.versions import Stale

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
BEGUN = Draft("track", "Ä", "0" * 16, "ana", AT, 0)


@pytest.fixture
async def database(database: Database) -> Database:
    await database.open()
    return database


async def test_a_draft_is_saved_over_the_revision_that_was_seen_alone(database: Database) -> None:
    assert await tool_drafts.draft(database, "track") is None
    first = await tool_drafts.save_draft(database, BEGUN)
    second = await tool_drafts.save_draft(database, replace(first, text="B", author="ben"))
    assert second.revision == 2
    for seen in (BEGUN, first):
        with pytest.raises(Stale) as caught:
            await tool_drafts.save_draft(database, seen)
        assert caught.value.revision == 2
    assert await tool_drafts.draft(database, "track") == second
    assert await tool_drafts.authors(database) == {"track": "ben"}


async def test_a_draft_is_dropped_as_it_was_seen_alone(database: Database) -> None:
    await tool_drafts.save_draft(database, BEGUN)
    assert not await tool_drafts.drop_draft(database, "track", 7)
    assert await tool_drafts.drop_draft(database, "track", 1)
    with pytest.raises(Stale):
        await tool_drafts.save_draft(database, replace(BEGUN, revision=1))


async def test_what_a_file_was_given_is_remembered_the_newest_first(database: Database) -> None:
    await tool_drafts.add(database, State("track", "A", "", "", AT), State("track", "B", "ana", "why", AT))
    await tool_drafts.add(database, State("other", "C", "ben", "", AT))
    newest, oldest = await tool_drafts.history(database, "track", 9)
    assert (newest.text, newest.note, oldest.text, newest.at) == ("B", "why", "A", AT)
    assert await tool_drafts.history(database, "track", 1) == [newest]
    assert await tool_drafts.state(database, "track", oldest.number) == oldest
    assert await tool_drafts.state(database, "other", oldest.number) is None
