"""Figures of many calls, made once of those that are over."""

from datetime import UTC, datetime, timedelta
from functools import partial

from sqlalchemy import delete

from app.call.commands import RecordEnd
from app.meaning.figured import Figured
from app.meaning.record import newest_sids
from app.store.database import Database
from app.store.tables import turns
from app.store.writer import RecordWriter
from tests.meaning.calls import CALLED, CALLER, assistant, caller, end, writing


def _take(writer: RecordWriter, sid: str, minutes_ago: float, ended: RecordEnd | None) -> None:
    at = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    records = writer.records_for(sid, "store", "en-US", CALLER, CALLED, at)
    records.turn(caller(1, 1.0, 2.0))
    records.turn(assistant(2, 2.5, 4.0, gap_ms=500))
    if ended is not None:
        records.end(ended)


async def test_the_figures_of_a_call_that_is_over_are_made_once(database: Database) -> None:
    await database.open()
    async with writing(database) as writer:
        _take(writer, "CA-old", 90, end())
        _take(writer, "CA-just-over", 2, end())
        _take(writer, "CA-goes-on", 1, None)
    figured, day = Figured(), datetime.now(UTC) - timedelta(days=1)

    newest = partial(newest_sids, database, since=day)
    sids = await newest(100)

    async def looked() -> dict[str, int]:
        return {one.call_sid: len(one.gaps) for one in await figured.of(database, [*sids, "CA-never"])}

    assert figured.missing(sids) == 3
    assert await looked() == {"CA-goes-on": 1, "CA-just-over": 1, "CA-old": 1}
    assert figured.missing(sids) == 2
    async with database.engine.begin() as connection:
        await connection.execute(delete(turns))

    assert await looked() == {"CA-goes-on": 0, "CA-just-over": 0, "CA-old": 1}


async def test_the_newest_calls_are_those_of_a_line_or_of_a_version_by_its_beginning(database: Database) -> None:
    await database.open()
    async with writing(database) as writer:
        for minutes, (line, version) in enumerate(
            [("store", "0ab1"), ("bank", "0ab2"), ("store", "0AB3"), ("bank", "")]
        ):
            at = datetime.now(UTC) - timedelta(minutes=minutes)
            writer.records_for(f"CA{minutes}", line, "en-US", CALLER, CALLED, at, version=version).end(end())
    newest = partial(newest_sids, database, since=datetime.now(UTC) - timedelta(days=1))

    assert await newest(100) == ["CA0", "CA1", "CA2", "CA3"]
    assert await newest(1) == ["CA0"]
    assert await newest(100, line="bank") == ["CA1", "CA3"]
    assert await newest(100, version="0ab") == ["CA0", "CA1"]
    assert await newest(100, version="0ab1", line="bank") == []
    assert await newest(100, version="0_b") == []
    assert await newest_sids(database, 100, since=datetime.now(UTC) + timedelta(days=1)) == []
