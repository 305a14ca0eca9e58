"""Writes the calls' records into the database, beside the media path: one queue, one task, many rows a commit."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import structlog
from sqlalchemy import Table, Update, func, or_, select, update
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError, StatementError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.call.commands import (
    HandOff,
    HangUp,
    Leaving,
    PassOn,
    Record,
    RecordConsent,
    RecordCost,
    RecordEnd,
    RecordFlag,
    RecordTool,
    RecordTurn,
    TakeMessage,
)
from app.redaction.records import RecordRedaction
from app.store.calls import CallStart
from app.store.costs import insert_costs
from app.store.database import Database, plain_text
from app.store.dialects import insert_into
from app.store.entries import Claim, Entry, Follow, consent_row, flat_row, row_id, tool_row, turn_row
from app.store.outbox import enqueue
from app.store.owed import Owed
from app.store.parts import Mark, Part, Recorded, Segment, told_with
from app.store.tables import calls, flags, marks, segments, tool_uses, turns
from app.store.tables_recordings import consents
from app.telemetry import metrics

MOST_WAITING = 10_000
MOST_AT_ONCE = 200  # rows in one commit
GATHER_S = 0.2  # rows that come this close together share a commit
WRITE_TIMEOUT_S = 15.0
FIRST_RETRY_S = 0.2
LAST_RETRY_S = 10.0
# Drivers raise the last three bare for values they cannot bind.
_MAY_BE_REFUSALS = (StatementError, TypeError, ValueError, OverflowError)

log = structlog.get_logger(__name__)


class CallRecords:
    """Takes one call's records in; nothing here waits, and the first end is the end.

    ``part`` keeps the rows apart of a call that goes on without its journal, whose numbers may come twice.
    ``redaction`` says what is stored, and when: a turn that may go on with a number waits for the next.
    """

    def __init__(
        self,
        start: CallStart,
        put: Callable[[Entry], None],
        part: str = "",
        redaction: RecordRedaction | None = None,
    ) -> None:
        self._start = start
        self._redaction = redaction
        self._put = put
        self._part = part
        self._ended = False
        self._show: Callable[[object], None] | None = None
        self._record(None)

    @property
    def start(self) -> CallStart:
        """What is known of the call since its start."""
        return self._start

    def show_to(self, one: Callable[[object], None]) -> None:
        """From now on, what goes on record is told to this one, too, as it is stored."""
        self._show = one

    def claim(self) -> None:
        """The call is on a new stream, and here: it may have come from another process."""
        self._record(Claim())

    def leaving(self, step: Leaving) -> None:
        """The call leaves its stream: whichever process Twilio asks can tell what is next."""
        self._redacted(step)

    def turn(self, turn: RecordTurn) -> None:
        self._redacted(turn)

    def tool(self, tool: RecordTool) -> None:
        self._redacted(tool)

    def flag(self, flag: RecordFlag) -> None:
        self._redacted(flag)

    def cost(self, cost: RecordCost) -> None:
        self._record(cost)

    def consent(self, consent: RecordConsent) -> None:
        self._record(consent)

    def part(self, part: Part) -> None:
        self._record(part if self._redaction is None else told_with(part, self._redaction.detail))

    def again(self, record: Recorded) -> None:
        """Write what another process may have written already."""
        self._record(record)

    def end(self, end: RecordEnd) -> None:
        if self._ended:
            log.warning("call ended twice", disposition=end.disposition)
            return
        self._ended = True
        self._redacted(end)

    def _redacted(self, what: Record | Leaving) -> None:
        for one in (what,) if self._redaction is None else self._redaction.records(what):
            self._record(one)

    def _record(self, what: Recorded | Claim | Leaving | None) -> None:
        self._put(Entry(row_id(self._start.call_sid, what, self._part), self._start, what, self._part))
        if self._show is not None:
            self._show(what)


class RecordWriter:
    """Owns the way from the calls to the database.

    No row is lost: a database that is down or locked is tried until it answers. A call whose rows have no room any
    more gets no end here until all of it was written from its journal, in ``journals``: by this process, or by the
    sweeper of another. A row that the database refuses is counted and logged; the journal still has it.
    """

    def __init__(
        self,
        database: Database,
        room: int = MOST_WAITING,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        *,
        process: str = "",
        follow: Follow = lambda _, __: (),
        journals: Path | None = None,
    ) -> None:
        self._database = database
        self._follow = follow
        self._owed = Owed(journals)
        self._process = process  # this one's name in the table of processes
        self._queue: asyncio.Queue[Entry] = asyncio.Queue(room)
        self._batch: list[Entry] = []  # taken from the queue, not yet written
        self._pause = pause
        self._dropped = 0

    def records_for(
        self,
        call_sid: str,
        line: str,
        language: str,
        caller: str,
        called: str,
        started_at: datetime,
        *,
        version: str = "",
        prompt_hash: str = "",
        model: str = "",
        part: str = "",
        redaction: RecordRedaction | None = None,
    ) -> CallRecords:
        """Begin a call's record, or go on with it. ``started_at`` must have a time zone."""
        assert started_at.tzinfo is not None
        at = started_at.astimezone(UTC)
        start = CallStart(call_sid, line, language, caller, called, at, version, prompt_hash, model)
        return CallRecords(start, self._put, part, redaction)

    def records_of(self, start: CallStart) -> CallRecords:
        """Go on with a call's record as it was begun."""
        return CallRecords(start, self._put)

    async def run(self) -> None:
        """Write what comes, until cancelled. What was not written then is written by the next run."""
        await self._until_done(self._database.open)
        while True:
            if not self._batch:
                self._batch.append(await self._queue.get())
                await self._pause(GATHER_S)
            while len(self._batch) < MOST_AT_ONCE and not self._queue.empty():
                self._batch.append(self._queue.get_nowait())
            await self._until_done(partial(self._write, self._batch))
            await self._write_owed()
            for _ in self._batch:
                self._queue.task_done()
            self._batch.clear()
            self._count()

    async def drain(self, within_s: float) -> bool:
        """Wait until everything taken in is written; False if that took too long."""
        try:
            async with asyncio.timeout(within_s):
                await self._queue.join()
        except TimeoutError:
            log.error("records not written", waiting=self._queue.qsize() + len(self._batch))
            return False
        return True

    def _put(self, entry: Entry) -> None:
        call_sid, of_journal = entry.start.call_sid, isinstance(entry.what, Recorded)
        if of_journal and call_sid in self._owed:
            if isinstance(entry.what, RecordEnd):
                self._owed.ended(call_sid, entry)
                self._has_room(replace(entry, what=None))  # wakes the writer
        elif not self._has_room(entry):
            end = entry if isinstance(entry.what, RecordEnd) else None
            if not of_journal or not self._owed.take(call_sid, end):
                self._drop("full", entry)
        self._count()

    def _has_room(self, entry: Entry) -> bool:
        try:
            self._queue.put_nowait(entry)
        except asyncio.QueueFull:
            return False
        return True

    async def _write_owed(self) -> None:
        """What had no room, of calls that are over."""
        for call_sid, end in self._owed.over():
            found = await self._owed.recorded(call_sid, self._pause)
            whole = [record for record in found if not isinstance(record, RecordEnd)]
            entries = [Entry(row_id(call_sid, what, end.part), end.start, what, end.part) for what in whole]
            entries.append(end)
            for first in range(0, len(entries), MOST_AT_ONCE):
                await self._until_done(partial(self._write, entries[first : first + MOST_AT_ONCE]))
            self._owed.written(call_sid)

    def _count(self) -> None:
        metrics.records_waiting.set(self._queue.qsize() + len(self._batch))

    def _drop(self, why: str, entry: Entry) -> None:
        self._dropped += 1
        metrics.records_failed.inc()
        # The first, then every hundredth: a full queue must not become a full log.
        if self._dropped % 100 == 1:
            log.error("record dropped", why=why, of_call=entry.start.call_sid, dropped=self._dropped)

    async def _until_done(self, work: Callable[[], Awaitable[None]]) -> None:
        wait_s = FIRST_RETRY_S
        while True:
            try:
                async with asyncio.timeout(WRITE_TIMEOUT_S):
                    return await work()
            except (SQLAlchemyError, OSError) as error:  # TimeoutError is an OSError
                metrics.records_failed.inc()
                log.warning("database write failed", error=_name(error), again_in_s=round(wait_s, 1))
            await self._pause(wait_s * random.uniform(0.8, 1.2))
            wait_s = min(wait_s * 2, LAST_RETRY_S)

    async def _write(self, entries: list[Entry]) -> None:
        """Write all of them; if the database refuses a row, write each row alone."""
        try:
            await self._commit(entries)
        except _MAY_BE_REFUSALS as error:
            if not _is_refusal(error):
                raise
            await self._write_singly(entries)

    async def _write_singly(self, entries: list[Entry]) -> None:
        for entry in entries:
            try:
                await self._commit([entry])
            except _MAY_BE_REFUSALS as error:
                if not _is_refusal(error):
                    raise
                self._drop(_name(error), entry)

    async def _commit(self, entries: list[Entry]) -> None:
        async with self._database.engine.begin() as connection:
            mine = {"process": self._process}
            started = {entry.start.call_sid: asdict(entry.start) | mine for entry in entries}
            await self._insert(connection, calls, started.values())
            turned = [turn_row(e, e.what) for e in entries if isinstance(e.what, RecordTurn)]
            await self._insert(connection, turns, turned)
            used = [tool_row(e, e.what) for e in entries if isinstance(e.what, RecordTool)]
            await self._insert(connection, tool_uses, used)
            flagged = [flat_row(e, e.what) for e in entries if isinstance(e.what, RecordFlag)]
            await self._insert(connection, flags, flagged)
            paid = [flat_row(e, e.what) for e in entries if isinstance(e.what, RecordCost)]
            await insert_costs(connection, paid)
            for kind, table in ((Segment, segments), (Mark, marks)):
                parts = [flat_row(e, e.what) for e in entries if isinstance(e.what, kind)]
                await self._insert(connection, table, parts)
            consented = [consent_row(e, e.what) for e in entries if isinstance(e.what, RecordConsent)]
            await self._insert(connection, consents, consented)
            taken = [entry for entry in entries if await self._change(connection, entry)]
            await enqueue(connection, *(wish for entry in taken for wish in self._follow(entry.start, entry.what)))

    async def _change(self, connection: AsyncConnection, entry: Entry) -> bool:
        """What changes a call's own row; of a call that went on in another process, that one writes it.

        False for an end that is not the call's.
        """
        call_sid = entry.start.call_sid
        match entry.what:
            case RecordEnd() as end:
                changed = await connection.execute(_mine(_end_of(call_sid, end), self._process))
                if not changed.rowcount:
                    log.info("end not recorded", of_call=call_sid, why="it has one, or the call went on elsewhere")
                return bool(changed.rowcount)
            case Claim():
                claimed = _open(call_sid).values(process=self._process, leaving=None)
                await connection.execute(claimed)
            case HandOff() | HangUp() | TakeMessage() | PassOn() as step:
                left = _open(call_sid).values(leaving={"to": type(step).__name__, **asdict(step)})
                await connection.execute(_mine(left, self._process))
            case _:
                pass
        return True

    async def _insert(self, connection: AsyncConnection, table: Table, rows: Iterable[Mapping[str, object]]) -> None:
        """Insert the rows that are not there yet."""
        cleaned = [{name: _clean(value) for name, value in row.items()} for row in rows]
        if cleaned:
            await connection.execute(insert_into(table, connection.dialect).on_conflict_do_nothing(), cleaned)


def _open(call_sid: str) -> Update:
    return update(calls).where(calls.c.call_sid == call_sid, calls.c.disposition.is_(None))


def _mine(change: Update, process: str) -> Update:
    """The change, if the call is this process's; rows from before processes had names are everybody's."""
    return change.where(or_(calls.c.process == process, calls.c.process == ""))


def _end_of(call_sid: str, end: RecordEnd) -> Update:
    """Record a call's end, unless it has one."""
    values = {
        "duration_s": end.duration_s,
        "disposition": end.disposition,
        "ended_by": end.ended_by,
        "first_sound_ms": end.first_sound_ms,
        "barge_ins": end.barge_ins,
        "sessions": end.sessions,
        "tokens": dict(end.tokens),
        "problem": _clean(end.problem),
        "cost_usd": end.cost_usd,
        "longest_gap_ms": select(func.max(turns.c.gap_ms)).where(turns.c.call_sid == call_sid).scalar_subquery(),
    }
    return _open(call_sid).values(**values)


def _clean(value: object) -> object:
    return plain_text(value) if isinstance(value, str) else value


def _is_refusal(error: Exception) -> bool:
    """Whether the database will never take this row, however often it is tried."""
    return isinstance(error, IntegrityError | DataError) or not isinstance(error, DBAPIError)


def _name(error: Exception) -> str:
    """An error without its message, which may hold a caller's words."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
    return type(cause).__name__
