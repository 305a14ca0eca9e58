"""Deletes what is on record of calls when it is older than it may be, by kind and line, and keeps the proof.

A call on hold keeps everything. Any number of processes may do this at once: what one took, another finds gone.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy import Select, and_, delete, or_, select, update
from sqlalchemy.exc import SQLAlchemyError

from app.retaining import Keeping
from app.store.database import Database
from app.store.deletions import Deletion, note
from app.store.files import File, drop_journals, journals_in, recordings_in
from app.store.forgetting import forget_calls, forget_words
from app.store.objects import Objects, Unreachable
from app.store.recordings import RecordingBook
from app.store.tables import calls, deletions, erased_calls, holds, messages

AT_ONCE: Final = 200  # calls in one transaction
FIRST_S: Final = 5.0  # after the start: what it loads and opens is there before calls are many
EVERY_S: Final = 86_400.0

log = structlog.get_logger(__name__)
Drop = Callable[[Sequence[str]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Retention:
    """``lines`` tells how long each line's calls are kept; ``usual`` is for lines that are there no more.

    ``journals`` is this host's folder: every host deletes its own.
    """

    database: Database
    usual: Keeping
    lines: Callable[[], Mapping[str, Keeping]]
    journals: Path
    objects: Objects
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def run(self) -> None:
        """Once a day, until cancelled."""
        await self.pause(FIRST_S)
        while True:
            try:
                await self.once()
            except (SQLAlchemyError, Unreachable, OSError) as error:  # TimeoutError is an OSError
                why = type(error).__name__
                log.error("retention not done", error=why, next="see that its store answers; then: frontline retain")
            await self.pause(EVERY_S)

    async def once(self) -> list[Deletion]:
        """Delete what is due now; what went, by kind and line. Raises SQLAlchemyError, Unreachable, OSError."""
        gone = await self._files("journal", await asyncio.to_thread(journals_in, self.journals), self._drop_journals)
        gone += await self._files("sound", await recordings_in(self.objects), self._drop_sounds)
        gone += await self._rows("transcript")
        gone += await self._rows("metadata")
        await self._of_no_call()
        for one in gone:
            log.info("retention", kind=one.kind, line=one.line, count=one.count, before=str(one.through))
        return gone

    def _before(self, kind: str, line: str) -> datetime:
        """What is older than this may go."""
        return self.now() - self.lines().get(line, self.usual).span(kind)

    def _proofs(self, kind: str, count: Mapping[str, int]) -> list[Deletion]:
        at = self.now()
        return [Deletion(at, "retention", kind, n, line, "", self._before(kind, line)) for line, n in count.items()]

    # ---- in the database

    async def _rows(self, kind: str) -> list[Deletion]:
        gone: Counter[str] = Counter()
        while some := await self._some_rows(kind):
            gone += some
        return self._proofs(kind, gone)

    async def _some_rows(self, kind: str) -> Counter[str]:
        """The calls of a kind that go now, by line; their proof is written in the same transaction."""
        async with self.database.engine.begin() as connection:
            found = (await connection.execute(self._due(kind).limit(AT_ONCE))).all()
            sids = [sid for sid, _ in found]
            if kind == "metadata":
                await forget_calls(connection, sids)
            else:
                await forget_words(connection, sids)
                gone = update(calls).where(calls.c.call_sid.in_(sids)).values(words_deleted_at=self.now())
                await connection.execute(gone)
            count = Counter(line for _, line in found)
            await note(connection, *self._proofs(kind, count))
        return count

    def _due(self, kind: str) -> Select[str, str]:
        own = sorted(self.lines())
        old = [and_(calls.c.line == line, calls.c.started_at < self._before(kind, line)) for line in own]
        old.append(and_(calls.c.line.not_in(own), calls.c.started_at < self._before(kind, "")))
        due = select(calls.c.call_sid, calls.c.line).where(or_(*old), calls.c.disposition.is_not(None))
        due = due.where(calls.c.call_sid.not_in(select(holds.c.call_sid))).order_by(calls.c.started_at)
        return due if kind == "metadata" else due.where(calls.c.words_deleted_at.is_(None))

    async def _of_no_call(self) -> None:
        """Messages of calls that were not taken, and proofs that are as old as any call may be."""
        free = messages.c.call_sid.not_in(select(holds.c.call_sid))
        words, all_of_it = self._before("transcript", ""), self._before("metadata", "")
        unsaid = update(messages).where(messages.c.at < words, messages.c.transcript != "", free)
        async with self.database.engine.begin() as connection:
            await connection.execute(unsaid.values(transcript="", recording_url=""))
            await connection.execute(delete(messages).where(messages.c.at < all_of_it, free))
            for table in (deletions, erased_calls):
                await connection.execute(delete(table).where(table.c.at < all_of_it))

    # ---- in files

    async def _drop_journals(self, names: Sequence[str]) -> None:
        await asyncio.to_thread(drop_journals, self.journals, names)

    async def _drop_sounds(self, names: Sequence[str]) -> None:
        await self.objects.delete(*names)
        for call_sid in {name.split("/")[1] for name in names}:  # its row stays, and says that there was one
            await RecordingBook(self.database).erased(call_sid, rows_too=False)

    async def _files(self, kind: str, files: Sequence[File], drop: Drop) -> list[Deletion]:
        """The files that may go, gone, and the proof of it."""
        gone: Counter[str] = Counter()
        for first in range(0, len(files), AT_ONCE):
            some = files[first : first + AT_ONCE]
            about = await self._about([file.call_sid for file in some])
            due = [file for file in some if self._may_go(kind, *about[file.call_sid], file.at)]
            await drop([file.name for file in due])
            gone += Counter(about[file.call_sid][0] for file in due)
        proofs = self._proofs(kind, gone)
        async with self.database.engine.begin() as connection:
            await note(connection, *proofs)
        return proofs

    def _may_go(self, kind: str, line: str, state: str, at: datetime) -> bool:
        return state == "erased" or (not state and at < self._before(kind, line))

    async def _about(self, sids: Sequence[str]) -> dict[str, tuple[str, str]]:
        """The line of each call, and whether it ``goes on``, is ``held`` or was ``erased``."""
        known = select(calls.c.call_sid, calls.c.line, calls.c.disposition, holds.c.call_sid)
        known = known.outerjoin(holds, holds.c.call_sid == calls.c.call_sid).where(calls.c.call_sid.in_(sids))
        gone = select(erased_calls.c.call_sid).where(erased_calls.c.call_sid.in_(sids))
        found = dict.fromkeys(sids, ("", ""))
        async with self.database.engine.connect() as connection:
            found |= dict.fromkeys((await connection.execute(gone)).scalars(), ("", "erased"))
            for sid, line, disposition, held in await connection.execute(known):
                found[sid] = (line, "held" if held else "" if disposition else "goes on")
        return found
