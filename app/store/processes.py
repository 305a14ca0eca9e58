"""The roll of the processes that answer calls: this one is on it, and knows which of the others live."""

import asyncio
import os
import socket
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import structlog
from sqlalchemy import delete, select, update
from sqlalchemy.exc import SQLAlchemyError

from app.store.database import Database
from app.store.dialects import Insert, insert_into
from app.store.tables import processes

BEAT_S = 2.0
DEAD_S = 10.0  # without a beat for so long, by our own clock
BEAT_TIMEOUT_S = 5.0
KEPT = timedelta(days=1)  # the rows of processes that are gone

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Process:
    """One process. ``host`` names where its ``pid`` means something: the machine, its boot, the container."""

    id: str
    host: str
    pid: int


@dataclass(frozen=True, slots=True)
class Sibling:
    """Another process that lives, and where it is reached; ``address`` is empty where it does not say.

    ``sure``: it has beaten since we look. One that has not may have died before.
    """

    id: str
    address: str
    sure: bool = True


def here() -> str:
    """This machine, boot and process namespace."""
    boot, space = "", ""
    with suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        space = str(Path("/proc/self/ns/pid").stat().st_ino)
    return f"{socket.gethostname()}/{boot}/{space}"


def boot_of(host: str) -> str:
    """The boot a host's name tells of: within one, all processes have the same monotonic clock."""
    return host.split("/")[1] if "/" in host else ""


def this_process() -> Process:
    """A name for this process, for as long as it lives."""
    return Process(uuid4().hex, here(), os.getpid())


def runs(pid: int) -> bool:
    """Whether a process of this host goes on; one that ended and was not waited for does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return not Path("/proc/self/stat").exists()  # without a /proc nothing is known: its beats tell
    return stat.rpartition(")")[2].split()[0] not in ("Z", "X")


@dataclass(slots=True)
class _Seen:
    """What is known of another process: its last beat, and how long ago that was, while we could look."""

    process: Process
    beats: int = -1
    silent_s: float = 0.0
    draining: bool = False
    ended: bool = False
    address: str = ""
    sure: bool = False


class Roll:
    """Keeps this process on the roll. What it tells of the others comes from the last look and never waits.

    A clock that steps deceives nobody: others are judged by their beats and our own monotonic clock. Time in which
    the database did not answer counts against nobody.
    """

    def __init__(
        self,
        database: Database,
        me: Process,
        *,
        draining: Callable[[], bool] = lambda: False,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.me = me
        self.address = ""  # where the others reach this process; set once that is known
        self._draining = draining
        self._database = database
        self._clock = clock
        self._pause = pause
        self._beats = 0
        self._looked_at: float | None = None
        self._seen: dict[str, _Seen] = {}
        self._asked: dict[str, float] = {}  # names not on the roll, and for how long

    async def run(self) -> None:
        """Beat until cancelled."""
        complained = False
        while True:
            try:
                await self.beat()
                complained = False
            except (SQLAlchemyError, OSError) as error:  # TimeoutError is an OSError
                if not complained:
                    log.warning("roll of processes not kept", error=type(error).__name__, next="look at the database")
                complained = True
            await self._pause(BEAT_S)

    async def beat(self) -> None:
        """Say that we live, and look who else does. Raises SQLAlchemyError, OSError."""
        async with asyncio.timeout(BEAT_TIMEOUT_S):
            await self._database.open()
            async with self._database.engine.begin() as connection:
                await connection.execute(self._own_row())
                rows = (await connection.execute(select(processes).where(processes.c.id != self.me.id))).mappings()
                told = [dict(row) for row in rows]
        self._look(told)

    def _own_row(self) -> Insert:
        self._beats += 1
        at = datetime.now(UTC)
        insert = insert_into(processes, self._database.engine.dialect)
        beat = {"beat_at": at, "beats": self._beats, "draining": self._draining(), "ended": False}
        beat["address"] = self.address
        row = {"id": self.me.id, "host": self.me.host, "pid": self.me.pid, "started_at": at} | beat
        return insert.values(row).on_conflict_do_update(index_elements=["id"], set_=beat)

    def _look(self, rows: list[dict[str, object]]) -> None:
        now = self._clock()
        # A look that came late has not seen what was there in between.
        passed_s = 0.0 if self._looked_at is None else min(now - self._looked_at, 2 * BEAT_S)
        self._looked_at = now
        before, self._seen = self._seen, {}
        for row in rows:
            process = Process(str(row["id"]), str(row["host"]), int(str(row["pid"])))
            seen = before.get(process.id, _Seen(process))
            beats = int(str(row["beats"]))
            seen.sure = seen.sure or seen.beats not in (-1, beats)
            seen.address = str(row["address"])
            seen.silent_s = 0.0 if beats != seen.beats else seen.silent_s + passed_s
            seen.beats, seen.draining, seen.ended = beats, bool(row["draining"]), bool(row["ended"])
            self._seen[process.id] = seen
        for id in self._asked:
            self._asked[id] += passed_s

    async def end(self) -> None:
        """Leave the roll; what can be done about it when the database is down is nothing."""
        with suppress(SQLAlchemyError, OSError):
            async with asyncio.timeout(BEAT_TIMEOUT_S), self._database.engine.begin() as connection:
                await connection.execute(update(processes).where(processes.c.id == self.me.id).values(ended=True))
                old = datetime.now(UTC) - KEPT
                await connection.execute(delete(processes).where(processes.c.beat_at < old))

    # ---- what is known

    def others(self) -> list[Process]:
        """The other processes that take calls now; none when the last look is too long ago to tell."""
        if self._looked_at is None or self._clock() - self._looked_at > 3 * BEAT_S:
            return []
        ready = (seen for seen in self._seen.values() if not seen.draining and seen.silent_s < 3 * BEAT_S)
        return [seen.process for seen in ready if not self._is_dead(seen)]

    def siblings(self) -> list[Sibling]:
        """The other processes that live, as far as is known: those that drain have calls, too."""
        living = (seen for seen in self._seen.values() if not self._is_dead(seen))
        return [Sibling(seen.process.id, seen.address, seen.sure) for seen in living]

    def lives(self, id: str) -> bool:
        """Whether a process is alive, as far as is known; one not on the roll is given the time to come on it."""
        if id == self.me.id:
            return True
        seen = self._seen.get(id)
        if seen is not None:
            self._asked.pop(id, None)
            return not self._is_dead(seen)
        if self._looked_at is None:
            return True
        return self._asked.setdefault(id, 0.0) < DEAD_S

    def _is_dead(self, seen: _Seen) -> bool:
        gone = seen.process.host == self.me.host and not runs(seen.process.pid)
        return seen.ended or gone or seen.silent_s > DEAD_S
