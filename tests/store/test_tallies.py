"""How many calls lines have had, by how they ended and by version: the same in both databases."""

from datetime import UTC, datetime, timedelta

from app.store import tallies
from app.store.database import Database
from app.store.tallies import Answered
from tests.meaning.calls import CALLED, CALLER, end, writing

NOW = datetime.now(UTC)
WEEK = NOW - timedelta(days=7)


async def _taken(database: Database) -> None:
    """Calls of three lines, a day apart, the newest first; one goes on, and the last is older than a week."""
    taken = (
        *(("store", "0ab1", "completed"), ("bank", "0cd2", ""), ("store", "0ab1", "silent")),
        *(("store", "0ab3", "completed"), ("bank", "0cd2", "completed"), ("attic", "0ef4", "completed")),
        *(("store", "0ab3", "completed"), ("store", "0ab1", "failed")),
    )
    await database.open()
    async with writing(database) as writer:
        for days, (line, version, disposition) in enumerate(taken):
            at = NOW - timedelta(days=days)
            records = writer.records_for(f"CA{days}", line, "en-US", CALLER, CALLED, at, version=version)
            if disposition:
                records.end(end(disposition=disposition))


async def test_the_calls_of_lines_are_counted_by_how_they_ended(database: Database) -> None:
    await _taken(database)
    assert await tallies.outcomes(database, ["bank", "store", "empty"], WEEK + timedelta(minutes=1)) == {
        "bank": {tallies.GOING_ON: 1, "completed": 1},
        "store": {"completed": 3, "silent": 1},
        "empty": {},
    }
    assert await tallies.outcomes(database, [], WEEK) == {}


async def test_versions_are_told_with_their_calls_the_latest_in_use_first(database: Database) -> None:
    await _taken(database)
    since = WEEK + timedelta(minutes=1)
    assert await tallies.versions(database, since) == [
        Answered("store", "0ab1", 2),
        Answered("bank", "0cd2", 2),
        Answered("store", "0ab3", 2),
        Answered("attic", "0ef4", 1),
    ]
    assert await tallies.versions(database, since, "bank") == [Answered("bank", "0cd2", 2)]
    assert await tallies.by_version(database, "store", since) == {"0ab1": 2, "0ab3": 2}


async def test_without_calls_nothing_is_told(database: Database) -> None:
    await database.open()
    assert await tallies.versions(database, WEEK) == []
    assert await tallies.by_version(database, "store", WEEK) == {}
