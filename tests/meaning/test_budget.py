"""The day's budget: all processes' calls of today, and what goes on here."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from app.call.commands import RecordCost
from app.meaning.budget import DayBudget
from app.store.calls import costs_of
from app.store.database import Database
from app.store.writer import CallRecords, RecordWriter
from tests.meaning.calls import CALLED, CALLER, writing

NOON = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'records.db'}")
    await database.open()
    yield database
    await database.close()


def begin(writer: RecordWriter, number: int = 1, at: datetime = NOON) -> CallRecords:
    return writer.records_for(f"CA{number}", "store", "en-US", CALLER, CALLED, at)


async def test_what_calls_of_today_cost_is_added_up_and_compared_with_the_limit(database: Database) -> None:
    async with writing(database) as writer:
        begin(writer, 1).cost(RecordCost("stream", 1, "minute", 2.0))
        begin(writer, 2).cost(RecordCost("stream", 1, "minute", None))
        begin(writer, 3, NOON - timedelta(days=1)).cost(RecordCost("stream", 1, "minute", 50.0))
    going_on = 0.5
    budget = DayBudget(database, 3.0, lambda: going_on, lambda: NOON)
    await budget.look()
    assert not budget.spent()
    going_on = 1.0
    assert budget.spent()
    with capture_logs() as logs:
        await budget.look()
        await budget.look()
    assert [(log["event"], log["usd"]) for log in logs] == [("budget of the day spent", 2.0)]


def test_without_a_limit_nothing_is_ever_spent(tmp_path: Path) -> None:
    budget = DayBudget(Database(f"sqlite+aiosqlite:///{tmp_path / 'none.db'}"), None, lambda: 1e9)
    assert not budget.spent()


async def test_an_item_is_written_once_and_the_vendors_word_takes_the_place_of_an_estimate(database: Database) -> None:
    guessed, known = (
        RecordCost("inbound", 2, "minute", 0.017, estimated=True),
        RecordCost("inbound", 3, "minute", 0.0255),
    )
    async with writing(database) as writer:
        for cost in (guessed, guessed, known, guessed, known):
            begin(writer).cost(cost)
    assert await costs_of(database, "CA1") == [known]
