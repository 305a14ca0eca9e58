"""What the two databases do in their own ways."""

from datetime import UTC, datetime, timedelta, timezone

from sqlalchemy import func, select

from app.store.database import Database
from app.store.dialects import insert_into, utc
from app.store.tables import alert_mutes

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def test_a_time_without_a_zone_is_utc_and_one_with_another_zone_the_same_moment() -> None:
    assert utc(AT.replace(tzinfo=None)) == AT
    elsewhere = utc(AT.astimezone(timezone(timedelta(hours=5))))
    assert (elsewhere, elsewhere.tzinfo) == (AT, UTC)


async def test_a_row_that_is_there_already_can_be_left_alone(database: Database) -> None:
    await database.open()
    row = {"rule": "silent_turns", "until": AT, "who": "Ana"}
    async with database.engine.begin() as connection:
        for dialect in (database.engine.dialect, connection.dialect):
            await connection.execute(insert_into(alert_mutes, dialect).values(row).on_conflict_do_nothing())
        assert await connection.scalar(select(func.count()).select_from(alert_mutes)) == 1
