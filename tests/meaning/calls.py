"""Calls on record, to make figures of."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from app.call.commands import RecordEnd, RecordTurn
from app.call.dispositions import COMPLETED
from app.meaning.record import CallRecord
from app.store.calls import CallStart
from app.store.database import Database
from app.store.writer import RecordWriter

AT = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
CALLER, CALLED = "+12025550143", "+12025550199"


def start(number: int = 1, caller: str = CALLER, *, after: timedelta = timedelta(), version: str = "v1") -> CallStart:
    return CallStart(f"CA{number}", "store", "en-US", caller, CALLED, AT + after, version)


def caller(number: int, from_s: float, to_s: float) -> RecordTurn:
    return RecordTurn(number, "caller", "Where is my order?", started_s=from_s, ended_s=to_s)


def assistant(number: int, from_s: float, to_s: float, gap_ms: int | None = None) -> RecordTurn:
    return RecordTurn(number, "assistant", "On its way.", started_s=from_s, ended_s=to_s, gap_ms=gap_ms)


def end(duration_s: float = 20.0, disposition: str = COMPLETED, cost_usd: float | None = 0.02) -> RecordEnd:
    return RecordEnd(disposition, "assistant", duration_s, 400, sessions=1, cost_usd=cost_usd)


def call(*turns: RecordTurn, of: CallStart | None = None, ended: RecordEnd | None = None) -> CallRecord:
    return CallRecord(of or start(), ended or end(), turns)


@asynccontextmanager
async def writing(database: Database) -> AsyncIterator[RecordWriter]:
    """A writer at work; what it was told is written when the block is left."""
    writer = RecordWriter(database)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(writer.run())
        yield writer
        assert await writer.drain(30.0)
        task.cancel()
