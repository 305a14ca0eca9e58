"""Calls that come to this process from another: told how they stand, and gone on with where they were."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from app import comeback
from app.call.commands import HandOff, HangUp, PassOn, RecordEnd, RecordTool, RecordTurn, RenewSession
from app.call.events import CallerHungUp, CallerReturned, CallResumed, SessionRenewable
from app.comeback import Comebacks
from app.elsewhere import Standing
from app.store.database import Database
from app.store.journal import JournalFolder
from app.store.processes import Process, Roll, this_process
from app.store.writer import CallRecords, RecordWriter
from tests.playbook import RULES, Scene, greeted

CALLER, CALLED = "+12025550143", "+12025550199"
OTHER = Process("other", "another machine", 7)
END = RecordEnd("completed", "assistant", 20.0)


class House:
    """This process, and what another has written."""

    def __init__(self, folder: Path, database: Database) -> None:
        self.database = database
        self.folder = folder / "journals"
        self.roll = Roll(self.database, this_process())
        self.pauses = 0
        self.comebacks = Comebacks(self.folder, self.database, self.roll, pause=self._pause)

    async def _pause(self, _: float) -> None:
        """The other process is waited for: here it has all the time it needs."""
        self.pauses += 1
        await self.news()

    async def news(self) -> None:
        """What the other process does meanwhile; nothing, unless a test says so."""

    async def row(self, *work: object, process: str = "other") -> None:
        await self.database.open()
        writer = RecordWriter(self.database, process=process, pause=lambda _: asyncio.sleep(0))
        started_at = datetime.now(UTC) - timedelta(seconds=30)
        records = writer.records_for("CA1", "store", "en-US", CALLER, CALLED, started_at)
        for each in work:
            put(records, each)
        task = asyncio.create_task(writer.run())
        await writer.drain(5)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    async def journal(self, scene: Scene) -> None:
        journals = JournalFolder(self.folder)
        journal = journals.open("CA1", RULES, {"t": 1_000.0, "process": {"id": "other", "host": "x/y/z", "pid": 7}})
        for step in scene.steps:
            journal.wrote(*step)
        journal.close()
        await journals.flush()

    async def is_dead(self) -> None:
        other = Roll(self.database, OTHER)
        await other.beat()
        await other.end()
        await self.roll.beat()

    async def is_alive(self) -> None:
        await Roll(self.database, OTHER).beat()
        await self.roll.beat()


def put(records: CallRecords, what: object) -> None:
    match what:
        case RecordTurn():
            records.turn(what)
        case RecordTool():
            records.tool(what)
        case RecordEnd():
            records.end(what)
        case HandOff() | HangUp() | PassOn():
            records.leaving(what)
        case _:
            raise AssertionError(what)


@pytest.fixture
async def house(tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    monkeypatch.setattr(comeback, "LOOK_UP_S", 30.0)  # nobody waits here, and the machine may be busy
    with capture_logs():
        yield House(tmp_path, database)


# ---- for the webhooks


async def test_nothing_is_known_of_a_call_nobody_had(house: House) -> None:
    await house.database.open()
    assert await house.comebacks.standing("CA9") is None
    assert await house.comebacks.arrival("CA9", "MZ2") is None


async def test_the_call_of_a_dead_process_may_be_streamed_here(house: House) -> None:
    await house.row()
    await house.is_dead()
    assert await house.comebacks.standing("CA1") == Standing(CALLER, CALLED)
    assert house.pauses == 0


async def test_a_call_in_which_nothing_but_the_journal_is_left_may_be_streamed_here(house: House) -> None:
    await house.journal(greeted())
    await house.database.open()
    assert await house.comebacks.standing("CA1") == Standing(CALLER, CALLED)


async def test_what_the_call_left_its_stream_for_is_told_by_its_record(house: House) -> None:
    await house.row(HandOff("+12025550100", "One moment.", "en-US"))
    expected = Standing(CALLER, CALLED, HandOff("+12025550100", "One moment.", "en-US"))
    assert await house.comebacks.standing("CA1") == expected


async def test_a_call_that_was_passed_on_is_streamed_here_at_once(house: House) -> None:
    await house.row(PassOn())
    await house.is_alive()
    assert await house.comebacks.standing("CA1") == Standing(CALLER, CALLED)
    assert house.pauses == 0


async def test_and_by_its_journal(house: House) -> None:
    scene = greeted()
    scene.when(CallerHungUp())
    await house.journal(scene)
    await house.database.open()
    assert await house.comebacks.standing("CA1") == Standing(CALLER, CALLED, ended=True)


async def test_an_end_on_record_is_an_end(house: House) -> None:
    await house.row(HangUp("Goodbye.", "en-US"), END)
    assert await house.comebacks.standing("CA1") == Standing(CALLER, CALLED, HangUp("Goodbye.", "en-US"), ended=True)
    assert await house.comebacks.arrival("CA1", "MZ2") is None


async def test_a_process_that_lives_is_given_the_time_to_tell_how_its_call_left(house: House) -> None:
    await house.row()
    await house.is_alive()

    async def tells() -> None:
        await house.row(HandOff("+12025550100"))

    house.news = tells  # type: ignore[method-assign]
    standing = await house.comebacks.standing("CA1")
    assert standing is not None
    assert standing.leaving == HandOff("+12025550100")
    assert house.pauses == 1


async def test_a_database_that_is_down_is_not_waited_for(house: House) -> None:
    await house.journal(greeted())
    standing = await house.comebacks.standing("CA1")  # there are no tables
    assert standing == Standing(CALLER, CALLED)
    assert not await house.comebacks.is_gone("CA1")


async def test_a_call_of_ours_is_gone_when_another_process_has_claimed_it(house: House) -> None:
    await house.row(process=house.roll.me.id)
    assert not await house.comebacks.is_gone("CA1")
    await house.row()
    assert not await house.comebacks.is_gone("CA1")
    writer = RecordWriter(house.database, process="other", pause=lambda _: asyncio.sleep(0))
    writer.records_for("CA1", "store", "en-US", CALLER, CALLED, datetime.now(UTC)).claim()
    task = asyncio.create_task(writer.run())
    await writer.drain(5)
    task.cancel()
    assert await house.comebacks.is_gone("CA1")


# ---- for the stream


async def test_a_call_goes_on_from_its_journal(house: House) -> None:
    scene = greeted()
    scene.when(SessionRenewable("h-1"))
    await house.journal(scene)
    await house.row()
    assert await house.comebacks.standing("CA1") is not None
    arrival = await house.comebacks.arrival("CA1", "MZ2")
    assert arrival is not None
    assert (arrival.past.segment, arrival.past.after) == (2, len(scene.steps))
    assert arrival.returned == CallerReturned("MZ2", elsewhere=True)
    assert arrival.past.call is not None
    assert arrival.past.call.handle(arrival.returned, arrival.past.clock()) == [RenewSession("h-1")]
    assert [record.heard for record in arrival.past.records if isinstance(record, RecordTurn)] == [RULES.greeting]


async def test_without_its_journal_it_goes_on_from_its_records(house: House) -> None:
    await house.row(
        RecordTurn(1, "assistant", "Hello."),
        RecordTurn(2, "caller", "Where is order 1047?"),
        RecordTurn(3, "assistant", "", "never heard"),
        RecordTool("t", "open_ticket", {}, {}, "ok", 5, 3.0, effect=True),
    )
    arrival = await house.comebacks.arrival("CA1", "MZ2")
    assert arrival is not None
    resumed = arrival.started
    assert isinstance(resumed, CallResumed)
    assert resumed.story == ("You: Hello.", "Caller: Where is order 1047?")
    assert (resumed.turns, resumed.done, resumed.spoken) == (3, ("open_ticket",), "en-US")
    assert 25.0 < resumed.began_s < 60.0
    assert (arrival.past.segment, arrival.past.part, arrival.returned) == (1, house.roll.me.id, None)


async def test_a_journal_of_another_version_is_left_alone_and_the_records_do(house: House) -> None:
    house.folder.mkdir()
    (house.folder / "CA1.jsonl").write_bytes(b'{"journal":99}\n')
    await house.row(RecordTurn(1, "assistant", "Hello."))
    arrival = await house.comebacks.arrival("CA1", "MZ2")
    assert arrival is not None
    assert (arrival.past.call, arrival.past.segment) == (None, 2)
