"""A database that is away in the middle of calls: no row is lost, none is there twice, however long it takes."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from app.store import database as database_module
from app.store.calls import call
from app.store.database import Database
from app.store.journal import JournalFolder
from app.store.writer import RecordWriter
from tests.postgres import Postgres
from tests.scripted import Scripted, alike, records_in, rows, steps_of, written

CALLS = 25
AWAY_S = 60.0


class Waiting:
    """A pause that takes no time and counts what it would have taken."""

    def __init__(self) -> None:
        self.passed_s = 0.0
        self._paused = asyncio.Event()

    async def __call__(self, seconds: float) -> None:
        self.passed_s += seconds
        self._paused.set()
        await asyncio.sleep(0)

    async def until(self, passed_s: float) -> None:
        while self.passed_s < passed_s:
            self._paused.clear()
            await self._paused.wait()


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Somebody else has the whole file."""
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("PRAGMA journal_mode = WAL")
    other.execute("BEGIN EXCLUSIVE")
    yield
    other.execute("ROLLBACK")
    other.close()


@contextmanager
def away(database: Database, request: pytest.FixtureRequest) -> Iterator[None]:
    """The server is stopped, or the file is locked."""
    with ExitStack() as stack:
        if database.is_sqlite:
            stack.enter_context(locked(Path(str(database.url.database))))
        else:
            running: Postgres = request.getfixturevalue("postgres")
            stack.enter_context(running.down())
        yield


@asynccontextmanager
async def running(writer: RecordWriter) -> AsyncIterator[None]:
    task = asyncio.create_task(writer.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(database_module, "BUSY_MS", 20)
    with capture_logs():
        yield


async def all_there(database: Database) -> None:
    """Every call is complete, once."""
    expected = [records_in(steps_of(f"CA{number}", number)) for number in range(CALLS)]
    for number, records in enumerate(expected):
        assert alike(await written(database, f"CA{number}"), records)
    assert await rows(database) == sum(len(records) - 1 for records in expected)


@pytest.mark.parametrize("room", [10_000, 60], ids=["room for all", "hardly any room"])
async def test_a_minute_without_the_database_in_the_middle_of_calls_loses_nothing(
    database: Database, request: pytest.FixtureRequest, tmp_path: Path, room: int
) -> None:
    waiting = Waiting()
    journals = JournalFolder(tmp_path / "journals")
    writer = RecordWriter(database, room, waiting, process="me", journals=journals.folder)
    calls = [Scripted.begin(f"CA{number}", writer, journals) for number in range(CALLS)]
    async with running(writer):
        for number, each in enumerate(calls):
            each.take(steps_of(each.call_sid, number)[:40])
        assert await writer.drain(30)
        with away(database, request):
            for number, each in enumerate(calls):
                each.take(steps_of(each.call_sid, number)[40:])
            await journals.flush()
            await waiting.until(AWAY_S)
        assert await writer.drain(30)
    await all_there(database)


async def test_a_house_that_starts_without_its_database_writes_all_of_it_later(
    database: Database, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    waiting = Waiting()
    journals = JournalFolder(tmp_path / "journals")
    writer = RecordWriter(database, pause=waiting, process="me", journals=journals.folder)
    with away(database, request):
        async with running(writer):
            for number in range(CALLS):
                Scripted.begin(f"CA{number}", writer, journals).take(steps_of(f"CA{number}", number))
            await waiting.until(AWAY_S)
    async with running(writer):  # what a run had in hand, the next one writes
        assert await writer.drain(30)
    await all_there(database)


async def test_a_call_that_found_no_room_has_no_end_before_all_of_it_is_there(
    database: Database, tmp_path: Path
) -> None:
    journals = JournalFolder(tmp_path / "journals")
    writer = RecordWriter(database, 3, Waiting(), process="me", journals=journals.folder)
    steps = steps_of("CA1", 1)
    one = Scripted.begin("CA1", writer, journals)
    one.take(steps[:-20])
    async with running(writer):
        assert await writer.drain(30)
        one.take(steps[-20:-1])
        assert await writer.drain(30)
        row = await call(database, "CA1")
        assert row is not None
        assert row.end is None
        one.take(steps[-1:])
        await journals.flush()
        assert await writer.drain(30)
    assert alike(await written(database, "CA1"), records_in(steps))


async def test_a_call_without_a_journal_that_found_no_room_has_its_end_all_the_same(
    database: Database, tmp_path: Path
) -> None:
    writer = RecordWriter(database, 1, Waiting(), process="me", journals=tmp_path)
    end = records_in(steps_of("CA1", 0))[-1]
    Scripted.begin("CA1", writer, JournalFolder(tmp_path / "elsewhere")).records.again(end)
    async with running(writer):
        assert await writer.drain(30)
    assert await written(database, "CA1") == [end]
