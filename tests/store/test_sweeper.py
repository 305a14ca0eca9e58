"""The sweeper: calls of dead processes are closed once, whole, and not before callers had time to come back."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from app.call.commands import Command, HandOff, RecordTurn
from app.call.events import Event, SessionLost, ToolCalled
from app.store.calls import call, tool_uses_of, turns_of
from app.store.database import Database
from app.store.journal import JournalFolder, replay
from app.store.processes import Process, Roll, this_process
from app.store.sweeper import RETURN_S, SCAN_EVERY_S, Sweeper
from app.store.tables import calls
from app.store.writer import RecordWriter
from tests.fakes import Clock
from tests.playbook import RULES, Scene, greeted

DEAD = Process("dead", "another machine", 7)
AGO = datetime.now(UTC) - timedelta(minutes=2)


class House:
    """One process with its sweeper, and what a dead one left."""

    def __init__(self, folder: Path, database: Database, wall: float | None = None) -> None:
        self.clock = Clock()
        self.database = database
        self.journals = JournalFolder(folder / "journals")
        self.me = this_process()
        self.roll = Roll(database, self.me, clock=self.clock)
        self.writer = RecordWriter(database, process=self.me.id, pause=lambda _: asyncio.sleep(0))
        later = datetime.now(UTC).timestamp() + 60.0 if wall is None else wall
        self.sweeper = Sweeper(self.journals, database, self.writer, self.roll, clock=self.clock, wall=lambda: later)

    async def sweep(self, after_s: float = 0.0) -> int:
        """Time passes, and the sweeper looks; what it has written is written."""
        self.clock.now += after_s
        await self.roll.beat()
        closed = await self.sweeper.sweep()
        await self.written()
        return closed

    async def written(self) -> None:
        task = asyncio.create_task(self.writer.run())
        await self.writer.drain(5)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await self.journals.flush()

    async def dead_call(self, steps: Sequence[tuple[Event, list[Command], float]], *, row: bool = True) -> None:
        """A call of the process that is dead: its journal, and its row if the database was up."""
        journal = self.journals.open("CA1", RULES, {"t": 1_000.0, "process": {"id": "dead", "host": "x", "pid": 7}})
        for step in steps:
            journal.wrote(*step)
        journal.close()
        await self.journals.flush()
        if row:
            await self.row()

    async def row(self, process: str = "dead", at: datetime = AGO) -> None:
        await self.database.open()
        writer = RecordWriter(self.database, process=process, pause=lambda _: asyncio.sleep(0))
        writer.records_for("CA1", "store", "en-US", "+12025550143", "+12025550199", at)
        task = asyncio.create_task(writer.run())
        await writer.drain(5)
        task.cancel()

    async def dies(self) -> None:
        """The other process leaves the roll."""
        other = Roll(self.database, DEAD)
        await other.beat()
        await other.end()


@pytest.fixture
async def house(tmp_path: Path, database: Database) -> House:
    return House(tmp_path, database)


def asking() -> Scene:
    """A call in which a tool runs and half a sentence was heard."""
    scene = greeted()
    scene.caller_says("Where is my order?")
    scene.when(ToolCalled("t1", "look_up_order", {"number": "1047"}))
    scene.assistant_says("One moment, I will have a look.", ms=3_000, complete=False).wait(1.0)
    return scene


async def test_the_call_of_a_dead_process_is_closed_whole_once_nobody_came_back(house: House) -> None:
    await house.dead_call(asking().steps)
    await house.dies()
    assert await house.sweep() == 0
    assert await house.sweep(RETURN_S - 1.0) == 0
    assert await house.sweep(2.0) == 1
    row = await call(house.database, "CA1")
    assert row is not None
    assert row.end is not None
    assert (row.end.disposition, row.end.ended_by) == ("worker_lost", "house")
    heard = [turn.heard for turn in await turns_of(house.database, "CA1")]
    assert heard[:2] == ["Hello, this is the assistant.", "Where is my order?"]
    assert heard[2].startswith("One")
    (use,) = await tool_uses_of(house.database, "CA1")
    assert (use.name, use.status) == ("look_up_order", "cancelled")
    assert await house.sweep(100.0) == 0


async def test_its_journal_has_the_end_too_and_replays(house: House) -> None:
    await house.dead_call(asking().steps)
    await house.dies()
    await house.sweep()
    await house.sweep(RETURN_S)
    assert replay(house.journals.folder / "CA1.2.jsonl") == (1, [])


async def test_a_call_whose_process_lives_is_left_alone(house: House) -> None:
    await house.dead_call(asking().steps)
    await Roll(house.database, DEAD).beat()
    assert await house.sweep() == 0
    assert [await house.sweep(1.0) for _ in range(3)] == [0, 0, 0]


async def test_a_caller_who_came_back_elsewhere_is_not_swept(house: House, database: Database) -> None:
    await house.dead_call(asking().steps)
    await house.dies()
    assert await house.sweep() == 0
    await Roll(database, Process("other", "a third machine", 8)).beat()
    async with database.engine.begin() as connection:
        await connection.execute(update(calls).values(process="other"))
    assert await house.sweep(RETURN_S) == 0


async def test_two_sweepers_close_a_call_once(house: House, tmp_path: Path, database: Database) -> None:
    other = House(tmp_path, database)
    await house.dead_call(asking().steps)
    await house.dies()
    for one in (house, other):
        await one.sweep()
        one.clock.now += RETURN_S
        await one.roll.beat()
    closed = await asyncio.gather(house.sweeper.sweep(), other.sweeper.sweep())
    await house.written()
    await other.written()
    assert sorted(closed) == [0, 1]
    assert len(await turns_of(database, "CA1")) == 3


async def test_a_call_that_had_ended_keeps_its_end(house: House) -> None:
    scene = greeted()
    scene.when(SessionLost(401))
    scene.wait(60.0)
    await house.dead_call(scene.steps)
    await house.dies()
    await house.sweep()
    assert await house.sweep(RETURN_S) == 1
    row = await call(house.database, "CA1")
    assert row is not None
    assert row.end == scene.end


async def test_without_a_journal_the_end_is_told_from_the_records(house: House) -> None:
    await house.row()
    writer = RecordWriter(house.database, process="dead", pause=lambda _: asyncio.sleep(0))
    records = writer.records_for("CA1", "store", "en-US", "+1", "+2", AGO)
    records.turn(RecordTurn(1, "assistant", "Hello.", ended_s=2.5))
    task = asyncio.create_task(writer.run())
    await writer.drain(5)
    task.cancel()
    await house.dies()
    await house.sweep()
    assert await house.sweep(RETURN_S) == 1
    row = await call(house.database, "CA1")
    assert row is not None
    assert row.end is not None
    assert (row.end.disposition, row.end.duration_s) == ("worker_lost", 2.5)


async def test_without_a_journal_a_call_that_was_handed_off_is_told_so(house: House) -> None:
    await house.row()
    writer = RecordWriter(house.database, process="dead", pause=lambda _: asyncio.sleep(0))
    writer.records_for("CA1", "store", "en-US", "+1", "+2", AGO).leaving(HandOff("+12025550100"))
    task = asyncio.create_task(writer.run())
    await writer.drain(5)
    task.cancel()
    await house.dies()
    await house.sweep()
    await house.sweep(RETURN_S)
    row = await call(house.database, "CA1")
    assert row is not None
    assert row.end is not None
    assert row.end.disposition == "handed_off"


async def test_a_journal_of_which_the_database_never_heard_is_swept_too(house: House) -> None:
    await house.dead_call(asking().steps, row=False)
    await house.database.open()
    await house.dies()
    assert await house.sweep() == 1
    row = await call(house.database, "CA1")
    assert row is not None
    assert row.end is not None
    assert (row.start.line, row.start.caller, row.end.disposition) == ("store", "+12025550143", "worker_lost")
    assert len(await turns_of(house.database, "CA1")) == 3


async def test_a_journal_whose_process_may_live_waits_for_its_row(house: House) -> None:
    await house.dead_call(asking().steps, row=False)
    await house.database.open()
    await Roll(house.database, DEAD).beat()
    assert await house.sweep() == 0
    await house.dies()
    house.sweeper._scanned_to = 0.0
    assert await house.sweep(SCAN_EVERY_S) == 1


@pytest.mark.parametrize(("hours", "closed"), [(1, 0), (6, 1)])
async def test_calls_from_before_processes_had_names_are_given_all_the_time_a_call_may_take(
    house: House, hours: int, closed: int
) -> None:
    await house.row("", datetime.now(UTC) - timedelta(hours=hours))
    await house.sweep()
    assert await house.sweep(RETURN_S) == closed
