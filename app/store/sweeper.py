"""Closes the calls of processes that died, from their journals: every record written, one end each."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy import CursorResult, select, update
from sqlalchemy.exc import SQLAlchemyError

from app.call.commands import RecordEnd
from app.call.dispositions import HANDED_OFF, WORKER_LOST
from app.call.events import WorkerLost
from app.store.calls import CallRow, CallStart, call, turns_of
from app.store.database import Database
from app.store.dialects import insert_into, utc
from app.store.journal import JournalFolder, NotAJournal
from app.store.processes import Roll
from app.store.restored import Restored, restore
from app.store.tables import calls, erased_calls
from app.store.writer import RecordWriter

SWEEP_EVERY_S = 3.0
RETURN_S = 30.0  # a caller whose process died may come back to another this long
SCAN_EVERY_S = 60.0  # for journals of calls that the database has never heard of
SCANNED_AT_FIRST_S = 2 * 86_400.0
AT_ONCE = 200
LONGEST_CALL = timedelta(hours=5)  # Twilio ends a call after four

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Sweeper:
    """The sweeper of one process. Of several that see the same dead call, the one that claims it first closes it."""

    journals: JournalFolder
    database: Database
    writer: RecordWriter
    roll: Roll
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    clock: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    _dead_since: dict[str, float] = field(default_factory=dict)
    _scanned_at: float | None = None
    _scanned_to: float = 0.0

    async def run(self) -> None:
        """Sweep until cancelled."""
        while True:
            await self.pause(SWEEP_EVERY_S)
            try:
                await self.sweep()
            except (SQLAlchemyError, OSError) as error:  # TimeoutError is an OSError
                log.warning("calls of dead processes not looked for", error=type(error).__name__)

    async def sweep(self) -> int:
        """Close what is due now; returns how many calls. Raises SQLAlchemyError, OSError."""
        closed = 0
        for call_sid, process in await self._left_behind():
            closed += await self._close(call_sid, process)
        if self._scanned_at is None or self.clock() - self._scanned_at >= SCAN_EVERY_S:
            for call_sid in await self._unheard_of():
                closed += await self._close(call_sid, None)
            self._scanned_at = self.clock()
        return closed

    async def _left_behind(self) -> list[tuple[str, str]]:
        """Calls without an end whose process is dead, and has been for as long as callers are waited for."""
        columns = (calls.c.call_sid, calls.c.process, calls.c.started_at)
        unended = select(*columns).where(calls.c.disposition.is_(None), calls.c.process != self.roll.me.id)
        async with self.database.engine.connect() as connection:
            rows = (await connection.execute(unended.order_by(calls.c.started_at).limit(AT_ONCE))).all()
        dead = [(sid, process) for sid, process, at in rows if not self._goes_on(process, at)]
        now = self.clock()
        self._dead_since = {sid: self._dead_since.get(sid, now) for sid, _ in dead}
        return [(sid, process) for sid, process in dead if now - self._dead_since[sid] >= RETURN_S]

    def _goes_on(self, process: str, started_at: datetime) -> bool:
        if not process:  # of a version that had no names for processes
            return datetime.fromtimestamp(self.wall(), UTC) - utc(started_at) < LONGEST_CALL
        return self.roll.lives(process)

    async def _unheard_of(self) -> list[str]:
        """Calls that have a journal here and no row: the database was down for as long as their process lived."""
        since, to = self._scanned_to or self.wall() - SCANNED_AT_FIRST_S, self.wall() - RETURN_S
        found = await asyncio.to_thread(_changed_between, self.journals.folder, since - SCAN_EVERY_S, to)
        self._scanned_to = to
        known: set[str] = set()
        async with self.database.engine.connect() as connection:
            for some in _in_parts(sorted(found), AT_ONCE):
                asked = select(calls.c.call_sid).where(calls.c.call_sid.in_(some))
                known.update((await connection.execute(asked)).scalars())
                erased = select(erased_calls.c.call_sid).where(erased_calls.c.call_sid.in_(some))
                known.update((await connection.execute(erased)).scalars())
        return sorted(found - known)

    # ---- one call

    async def _close(self, call_sid: str, process: str | None) -> bool:
        """Close a call; ``process`` is who has it by its row, None where it has none."""
        restored = await self._restored(call_sid)
        if process is None:
            if restored is None or restored.process.id == self.roll.me.id or self.roll.lives(restored.process.id):
                return False
            claimed = await self._enter(_start_of(restored))
        else:
            claimed = await self._claim(call_sid, process)
        row = await call(self.database, call_sid) if claimed else None
        if row is None:
            return False
        end = self._wind_up(row, restored) if restored is not None else await self._end_by_records(row)
        log.warning(
            "call of a dead process closed",
            of_call=call_sid,
            disposition=end,
            next="see why the process died; its journal tells what the call was",
        )
        return True

    async def _restored(self, call_sid: str) -> Restored | None:
        try:
            return await asyncio.to_thread(restore, self.journals.folder, call_sid)
        except NotAJournal as error:
            log.error("journal cannot be gone on with", problem=str(error), next="replay it: frontline replay")
            return None

    async def _claim(self, call_sid: str, process: str) -> bool:
        whose = (calls.c.call_sid == call_sid, calls.c.process == process, calls.c.disposition.is_(None))
        async with self.database.engine.begin() as connection:
            done = await connection.execute(update(calls).where(*whose).values(process=self.roll.me.id))
            return _changed(done)

    async def _enter(self, start: CallStart) -> bool:
        told = {name: getattr(start, name) for name in CallStart.__slots__}
        insert = insert_into(calls, self.database.engine.dialect)
        row = insert.values(**told, process=self.roll.me.id).on_conflict_do_nothing()
        async with self.database.engine.begin() as connection:
            # Asked for the row: how many an insert made, drivers do not tell alike.
            return (await connection.execute(row.returning(calls.c.call_sid))).first() is not None

    def _wind_up(self, row: CallRow, restored: Restored) -> str:
        """Write everything again that the journal has, and what the machine owes at the call's end."""
        if not restored.call.ended:
            restored.take(WorkerLost(), restored.at)
            about = {"after": restored.steps, "t": restored.at}
            journal = self.journals.open(row.start.call_sid, restored.call.rules, about, segment=restored.segment + 1)
            for event, commands, at in restored.taken:
                journal.wrote(event, commands, at)
            journal.close()
        records = self.writer.records_of(row.start)
        ends = [record for record in restored.records if isinstance(record, RecordEnd)]
        for record in restored.records:
            if not isinstance(record, RecordEnd):
                records.again(record)
        records.end(ends[-1])
        return ends[-1].disposition

    async def _end_by_records(self, row: CallRow) -> str:
        """Without a journal, the end is told from what was written."""
        turns = await turns_of(self.database, row.start.call_sid)
        handed_off = row.leaving is not None and row.leaving.get("to") == "HandOff"
        disposition = HANDED_OFF if handed_off else WORKER_LOST
        duration_s = max((turn.ended_s for turn in turns), default=0.0)
        self.writer.records_of(row.start).end(RecordEnd(disposition, "house", duration_s))
        return disposition


def _changed(result: CursorResult[object]) -> bool:
    return result.rowcount == 1


def _start_of(restored: Restored) -> CallStart:
    rules, started = restored.call.rules, restored.started
    about = (rules.line, rules.language, started.caller, started.called)
    return CallStart(restored.call_sid, *about, restored.started_at)


def _changed_between(folder: Path, since: float, to: float) -> set[str]:
    """The calls of journals whose file changed last in a stretch of wall time."""
    if not folder.is_dir():
        return set()
    changed = ((path, path.stat().st_mtime) for path in folder.glob("*.jsonl"))
    return {path.name.partition(".")[0] for path, at in changed if since <= at < to}


def _in_parts(names: list[str], most: int) -> Iterable[list[str]]:
    return (names[start : start + most] for start in range(0, len(names), most))
