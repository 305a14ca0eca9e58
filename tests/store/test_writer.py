"""The writer of records: nothing is lost while there is room, nothing waits, one row and one end for each call."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType

import pytest
from prometheus_client import REGISTRY
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection
from structlog.testing import capture_logs

from app.call.commands import HandOff, RecordEnd, RecordFlag, RecordTool, RecordTurn
from app.store.calls import CallStart, call, flags_of, latest, tool_uses_of, turns_of
from app.store.database import Database
from app.store.outbox import Wish, listed
from app.store.writer import CallRecords, RecordWriter

START = datetime(2026, 11, 23, 14, 30, tzinfo=UTC)
TURN = RecordTurn(1, "caller", "Where is order 1047?", started_s=1.5, ended_s=3.25, language="en")
ANSWER = RecordTurn(2, "assistant", "It is on", " its way.", 3.9, 5.0, "en", gap_ms=640, interrupted=True)
TOOL = RecordTool("fc-1", "find_order", {"number": "1047"}, {"status": "ok", "state": "sent"}, "ok", 12, 3.3)
END = RecordEnd("completed", "caller", 9.5, first_sound_ms=420, barge_ins=1, sessions=1, tokens={"prompt.audio": 200})


async def soon(_: float) -> None:
    """A pause that takes no time."""
    await asyncio.sleep(0)


@asynccontextmanager
async def running(writer: RecordWriter) -> AsyncIterator[None]:
    task = asyncio.create_task(writer.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def begin(writer: RecordWriter, call_sid: str = "CA1", started_at: datetime = START) -> CallRecords:
    return writer.records_for(
        call_sid, line="support", language="en", caller="+14155550100", called="+18005550199", started_at=started_at
    )


def counted(name: str) -> float:
    return REGISTRY.get_sample_value(name) or 0.0


class Outage:
    """Makes the database fail: ``down`` times as if locked, or always for a row with ``refused`` in it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.down = 0
        self.refused = ""
        self.attempts = 0
        execute = AsyncConnection.execute

        async def failing(connection: AsyncConnection, *args: object) -> object:
            self._fail(str(args))
            return await execute(connection, *args)  # type: ignore[call-overload]

        monkeypatch.setattr(AsyncConnection, "execute", failing)

    def _fail(self, args: str) -> None:
        self.attempts += 1
        if self.down > 0:
            self.down -= 1
            raise OperationalError("INSERT", {}, Exception("database is locked"))
        if self.refused and self.refused in args:
            raise IntegrityError("INSERT", {}, Exception(f"Key ({self.refused}) is not wanted"))


async def test_a_whole_call_is_written_and_read_back(database: Database) -> None:
    writer = RecordWriter(database, pause=soon)
    async with running(writer):
        records = begin(writer)
        records.turn(TURN)
        records.tool(TOOL)
        records.turn(ANSWER)
        records.end(END)
        assert await writer.drain(5)
    row = await call(database, "CA1")
    assert row is not None
    assert (row.start.line, row.start.caller, row.start.started_at) == ("support", "+14155550100", START)
    assert row.end == END
    assert await turns_of(database, "CA1") == [TURN, ANSWER]
    assert await tool_uses_of(database, "CA1") == [TOOL]


async def test_what_a_call_ran_with_is_kept(database: Database) -> None:
    writer = RecordWriter(database, pause=soon)
    async with running(writer):
        records = writer.records_for(
            "CA1", "shop", "en", "", "", START, version="3f2a", prompt_hash="91c0", model="gemini-3.8-live"
        )
        records.end(replace(END, cost_usd=0.0123))
        assert await writer.drain(5)
    row = await call(database, "CA1")
    assert row is not None
    assert (row.start.version, row.start.prompt_hash, row.start.model) == ("3f2a", "91c0", "gemini-3.8-live")
    assert row.end is not None
    assert row.end.cost_usd == 0.0123


async def test_flags_sources_and_the_effect_of_tools_are_kept(database: Database) -> None:
    source = {"title": "Tents", "uri": "https://example.com/tents"}
    flags = [RecordFlag("disclosed", 1.5), RecordFlag("unfounded_claim", 9.0, "I've refunded it\0.")]
    effect = replace(TOOL, level="details", effect=True, key="k1")
    writer = RecordWriter(database, pause=soon)
    async with running(writer):
        records = begin(writer)
        for flag in reversed(flags):
            records.flag(flag)
        records.turn(replace(ANSWER, sources=(MappingProxyType(source),)))
        records.tool(effect)
        assert await writer.drain(5)
    assert await flags_of(database, "CA1") == [flags[0], replace(flags[1], detail="I've refunded it.")]
    assert await flags_of(database, "CA2") == []
    assert await turns_of(database, "CA1") == [replace(ANSWER, sources=(source,))]
    assert await tool_uses_of(database, "CA1") == [effect]


async def test_a_call_going_on_has_its_row_without_an_end(database: Database) -> None:
    writer = RecordWriter(database, pause=soon)
    async with running(writer):
        begin(writer)
        assert await writer.drain(5)
    row = await call(database, "CA1")
    assert row is not None
    assert row.end is None
    assert await call(database, "CA2") is None


async def test_the_first_end_is_the_end(database: Database) -> None:
    writer = RecordWriter(database, pause=soon)
    with capture_logs() as logs:
        async with running(writer):
            records = begin(writer)
            records.end(END)
            records.end(RecordEnd("failed", "house", 10.0))
            again = begin(writer)
            again.end(RecordEnd("failed", "house", 11.0))
            assert await writer.drain(5)
    (row,) = await latest(database, 10)
    assert row.end == END
    assert [log["event"] for log in logs] == ["call ended twice", "end not recorded"]


async def test_the_latest_calls_come_first_and_in_utc(database: Database) -> None:
    writer = RecordWriter(database, pause=soon)
    east = timezone(timedelta(hours=9))
    async with running(writer):
        begin(writer, "CA1", START)
        begin(writer, "CA2", (START + timedelta(minutes=1)).astimezone(east))
        begin(writer, "CA3", START - timedelta(minutes=1))
        assert await writer.drain(5)
    rows = await latest(database, 2)
    assert [row.start.call_sid for row in rows] == ["CA2", "CA1"]
    assert rows[0].start.started_at == START + timedelta(minutes=1)
    assert rows[0].start.started_at.tzinfo is UTC


async def test_text_no_database_takes_is_made_harmless(database: Database) -> None:
    writer = RecordWriter(database, pause=soon)
    async with running(writer):
        begin(writer).turn(RecordTurn(1, "caller", "a\0b\ud800c"))
        assert await writer.drain(5)
    (turn,) = await turns_of(database, "CA1")
    assert turn.heard == "ab?c"


async def test_numbers_and_text_that_json_does_not_know_are_made_harmless(database: Database) -> None:
    writer = RecordWriter(database, pause=soon)
    odd = {"price": float("nan"), "sizes": [float("inf"), 2.5], "name": "a\0b\ud800c"}
    async with running(writer):
        begin(writer).tool(replace(TOOL, args=odd))
        assert await writer.drain(5)
    (use,) = await tool_uses_of(database, "CA1")
    assert use.args == {"price": None, "sizes": [None, 2.5], "name": "ab?c"}


async def test_a_database_that_is_locked_is_tried_until_it_answers(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await database.open()
    outage = Outage(monkeypatch)
    outage.down = 5
    pauses: list[float] = []

    async def note(seconds: float) -> None:
        pauses.append(seconds)
        await asyncio.sleep(0)

    failed = counted("frontline_records_failed_total")
    writer = RecordWriter(database, pause=note)
    with capture_logs() as logs:
        async with running(writer):
            records = begin(writer)
            records.turn(TURN)
            records.end(END)
            assert await writer.drain(5)
    assert await turns_of(database, "CA1") == [TURN]
    assert counted("frontline_records_failed_total") - failed == 5
    waits = pauses[1:]
    assert len(waits) == 5
    assert all(later > earlier for earlier, later in pairwise(waits))
    assert {log["error"] for log in logs} == {"Exception"}


async def test_a_database_that_is_not_there_yet_is_awaited(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = database.open
    refusals = iter([OSError("no such host"), OperationalError("CREATE", {}, Exception("starting up"))])

    async def open_late() -> None:
        for refusal in refusals:
            raise refusal
        await opened()

    monkeypatch.setattr(database, "open", open_late)
    writer = RecordWriter(database, pause=soon)
    begin(writer).end(END)
    async with running(writer):
        assert await writer.drain(5)
    assert len(await latest(database, 5)) == 1


async def test_a_row_the_database_refuses_holds_no_other_back(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await database.open()
    outage = Outage(monkeypatch)
    outage.refused = "CAbad"
    writer = RecordWriter(database, pause=soon)
    begin(writer, "CA1").turn(TURN)
    begin(writer, "CAbad")
    begin(writer, "CA2").turn(TURN)
    with capture_logs() as logs:
        async with running(writer):
            assert await writer.drain(5)
    assert {row.start.call_sid for row in await latest(database, 5)} == {"CA1", "CA2"}
    assert await turns_of(database, "CA1") == [TURN]
    (log,) = logs
    assert (log["event"], log["of_call"]) == ("record dropped", "CAbad")
    assert "not wanted" not in str(log)


async def test_without_room_rows_are_counted_and_the_call_goes_on(database: Database) -> None:
    writer = RecordWriter(database, room=3, pause=soon)
    failed = counted("frontline_records_failed_total")
    with capture_logs() as logs:
        records = begin(writer)
        for number in range(200):
            records.turn(RecordTurn(number, "caller", "hello"))
    assert counted("frontline_records_failed_total") - failed == 198
    assert counted("frontline_records_waiting") == 3
    assert [log["dropped"] for log in logs] == [1, 101]
    async with running(writer):
        assert await writer.drain(5)
    assert [turn.number for turn in await turns_of(database, "CA1")] == [0, 1]
    assert counted("frontline_records_waiting") == 0


async def test_a_call_whose_first_row_found_no_room_still_has_its_end(database: Database) -> None:
    writer = RecordWriter(database, room=1, pause=soon)
    begin(writer, "CA1")
    records = begin(writer, "CA2")  # no room for this one's row
    async with running(writer):
        assert await writer.drain(5)
        records.end(END)
        assert await writer.drain(5)
    row = await call(database, "CA2")
    assert row is not None
    assert row.end == END


async def test_a_drain_that_takes_too_long_says_so(database: Database) -> None:
    writer = RecordWriter(database, pause=soon)
    begin(writer)
    with capture_logs() as logs:
        assert not await writer.drain(0.01)
    assert logs == [{"event": "records not written", "waiting": 1, "log_level": "error"}]


async def test_what_a_cancelled_run_had_in_hand_the_next_one_writes(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await database.open()
    reached = asyncio.Event()
    execute = AsyncConnection.execute

    async def hang(*_: object) -> None:
        reached.set()
        await asyncio.Event().wait()

    writer = RecordWriter(database, pause=soon)
    begin(writer).turn(TURN)
    monkeypatch.setattr(AsyncConnection, "execute", hang)
    async with running(writer):
        await reached.wait()
    monkeypatch.setattr(AsyncConnection, "execute", execute)
    async with running(writer):
        assert await writer.drain(5)
    assert await turns_of(database, "CA1") == [TURN]


async def test_many_rows_share_a_commit(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    await database.open()
    outage = Outage(monkeypatch)
    writer = RecordWriter(database, pause=soon)
    records = begin(writer)
    for number in range(150):
        records.turn(RecordTurn(number, "caller", "hello"))
    async with running(writer):
        assert await writer.drain(5)
    assert outage.attempts == 2  # one statement for the call, one for its turns
    assert len(await turns_of(database, "CA1")) == 150


async def test_the_folder_of_a_new_file_is_made(tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'new' / 'records.db'}")
    await database.open()
    await database.close()
    assert (tmp_path / "new" / "records.db").is_file()


async def test_sqlite_readers_do_not_wait_for_the_writer(tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'records.db'}")
    await database.open()
    async with database.engine.connect() as connection:
        modes: dict[str, object] = {}
        for pragma in ("journal_mode", "foreign_keys", "busy_timeout"):
            result = await connection.exec_driver_sql(f"PRAGMA {pragma}")
            modes[pragma] = result.scalar_one()
    await database.close()
    assert modes == {"journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 5000}


# ---- several processes


async def written(database: Database, process: str, *work: Callable[[CallRecords], None], part: str = "") -> None:
    writer = RecordWriter(database, pause=soon, process=process)
    async with running(writer):
        records = writer.records_for("CA1", "support", "en", "+14155550100", "+18005550199", START, part=part)
        for each in work:
            each(records)
        assert await writer.drain(5)


async def test_a_row_written_again_by_another_process_is_there_once(database: Database) -> None:
    def told(records: CallRecords) -> None:
        records.turn(TURN)
        records.tool(TOOL)
        records.flag(RecordFlag("unfounded_claim", 3.0, "refund"))

    await written(database, "one", told)
    await written(database, "two", told)
    assert await turns_of(database, "CA1") == [TURN]
    assert await tool_uses_of(database, "CA1") == [TOOL]
    assert len(await flags_of(database, "CA1")) == 1


async def test_a_call_that_goes_on_without_its_journal_has_rows_of_its_own(database: Database) -> None:
    await written(database, "one", lambda records: records.turn(TURN))
    await written(database, "two", lambda records: records.turn(ANSWER), part="two")
    await written(database, "two", lambda records: records.turn(replace(TURN, heard="again")), part="two")
    assert {turn.heard for turn in await turns_of(database, "CA1")} == {TURN.heard, ANSWER.heard, "again"}


async def test_the_end_is_written_by_the_process_that_has_the_call(database: Database) -> None:
    await written(database, "one")
    await written(database, "two", CallRecords.claim)
    with capture_logs() as logs:
        await written(database, "one", lambda records: records.end(RecordEnd("stream_lost", "caller", 40.0)))
    assert [log["event"] for log in logs] == ["end not recorded"]
    await written(database, "two", lambda records: records.end(END))
    row = await call(database, "CA1")
    assert row is not None
    assert (row.end, row.process) == (END, "two")


async def test_how_a_call_left_its_stream_is_told_until_it_is_on_another(database: Database) -> None:
    step = HandOff("+12025550100", "One moment.", "en-US")
    await written(database, "one", lambda records: records.leaving(step))
    row = await call(database, "CA1")
    assert row is not None
    assert row.leaving == {"to": "HandOff", "number": "+12025550100", "say": "One moment.", "language": "en-US"}
    await written(database, "two", CallRecords.claim)
    row = await call(database, "CA1")
    assert row is not None
    assert row.leaving is None


def follow(start: CallStart, what: object) -> list[Wish]:
    """A job for each call's beginning, flag and end."""
    if what is None:
        return [Wish("event", f"{start.call_sid} started", call_sid=start.call_sid)]
    if isinstance(what, RecordFlag | RecordEnd):
        return [Wish("event", f"{start.call_sid} {type(what).__name__}", call_sid=start.call_sid)]
    return []


async def test_what_follows_from_a_record_is_written_with_it_and_once(database: Database) -> None:
    writer = RecordWriter(database, pause=soon, follow=follow)
    async with running(writer):
        records = begin(writer)
        records.turn(TURN)
        records.flag(RecordFlag("tone", 3.0))
        records.again(RecordFlag("tone", 3.0))
        records.end(END)
        assert await writer.drain(5)
        begin(writer).end(replace(END, disposition="worker_lost"))
        assert await writer.drain(5)
    assert len(await listed(database)) == 3


async def test_a_write_that_fails_leaves_no_job_behind(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    outage = Outage(monkeypatch)
    writer = RecordWriter(database, pause=soon, follow=follow)
    await database.open()
    outage.refused = "not for this database"
    async with running(writer):
        begin(writer, "CA1").flag(RecordFlag("tone", 3.0, "not for this database"))
        begin(writer, "CA2").end(END)
        assert await writer.drain(5)
    assert sorted(str(job.call_sid) for job in await listed(database)) == ["CA1", "CA2", "CA2"]


async def test_nothing_follows_from_an_end_that_another_process_writes(database: Database) -> None:
    ours, theirs = (RecordWriter(database, pause=soon, process=name, follow=follow) for name in ("a", "b"))
    async with running(ours), running(theirs):
        begin(ours).claim()
        assert await ours.drain(5)
        begin(theirs).end(END)
        assert await theirs.drain(5)
        assert len(await listed(database)) == 1
        begin(ours).end(END)
        assert await ours.drain(5)
    assert len(await listed(database)) == 2
