"""Figures of many calls, made once of those that are over."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import delete

from app.call.commands import RecordEnd
from app.meaning.figured import Figured
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

    async def looked() -> dict[str, int]:
        found = await figured.newest(database, 100, since=day)
        return {one.call_sid: len(one.gaps) for one in found}

    assert await figured.missing(database, 100, since=day) == 3
    assert await looked() == {"CA-goes-on": 1, "CA-just-over": 1, "CA-old": 1}
    assert await figured.missing(database, 100, since=day) == 2
    async with database.engine.begin() as connection:
        await connection.execute(delete(turns))

    assert await looked() == {"CA-goes-on": 0, "CA-just-over": 0, "CA-old": 1}
    assert [one.call_sid for one in await figured.newest(database, 1, since=day, line="store")] == ["CA-goes-on"]
    assert await figured.newest(database, 1, since=day, version="none-such") == []
