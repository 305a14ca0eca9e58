"""Works on the outbox's jobs: a few of each kind at once, tried again ever more seldom, beside the media path."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from app.store import outbox
from app.store.database import Database
from app.store.outbox import Job, Wish
from app.telemetry import metrics

LOOK_EVERY_S: Final = 1.0
LEASE_MARGIN_S: Final = 15.0  # a lease is that much longer than the job may take
DATABASE_TIMEOUT_S: Final = 10.0
SETTLE_LOOK_S: Final = 0.2
TIDY: Final = "tidy"
TIDY_EVERY_S: Final = 3_600.0

log = structlog.get_logger(__name__)

# What a job comes to: None, done; a number, to be done again after so many seconds (a job that recurs).
Work = Callable[[Job], Awaitable[float | None]]


class Again(Exception):
    """It did not work this time. ``reason`` is kept and logged: no words of callers; ``after_s`` is asked for."""

    def __init__(self, reason: str, after_s: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.after_s = after_s


class Hopeless(Exception):
    """It will never work; ``reason`` is kept and logged."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Trade:
    """How jobs of a kind are done. Attempt n+1 comes about ``first_s * factor**n`` after attempt n, at most ``most_s``.

    ``recurs``: there is one such job for ever, which fails never.
    """

    kind: str
    work: Work
    at_once: int = 2
    limit_s: float = 30.0
    attempts: int = 10
    first_s: float = 5.0
    factor: float = 3.0
    most_s: float = 6 * 3_600.0
    recurs: bool = False

    def wait_s(self, attempts: int) -> float:
        """How long to wait after so many attempts, between half and all of what the rule says."""
        return min(self.first_s * self.factor ** min(attempts - 1, 30), self.most_s) * random.uniform(0.5, 1.0)


class Worker:
    """Takes due jobs and does them. Several processes may: each job is one's for as long as its lease lasts."""

    def __init__(
        self,
        database: Database,
        trades: Sequence[Trade],
        *,
        name: str = "",
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._database = database
        self._name = name or "worker"
        self._wall = wall
        self._pause = pause
        self._trades = (*trades, Trade(TIDY, self._tidy, at_once=1, recurs=True))
        self._busy = dict.fromkeys((trade.kind for trade in self._trades), 0)
        self._complained = False

    async def run(self) -> None:
        """Work until cancelled; what is being done then is done again once its lease is over."""
        await self._begin()
        async with asyncio.TaskGroup() as tasks:
            while True:
                await self._round(tasks)
                await self._pause(LOOK_EVERY_S)

    async def look(self) -> int:
        """Do what is due now to its end; returns how many jobs that were."""
        async with asyncio.TaskGroup() as tasks:
            return await self._round(tasks)

    async def settle(self, within_s: float) -> bool:
        """Wait until nothing is due; False if that took too long. Needs ``run`` beside it."""
        recurring = [trade.kind for trade in self._trades if trade.recurs]
        try:
            async with asyncio.timeout(within_s):
                while await outbox.due(self._database, self._wall(), besides=recurring):
                    await self._pause(SETTLE_LOOK_S)
        except (SQLAlchemyError, OSError):  # TimeoutError is an OSError
            return False
        return True

    async def begin(self) -> None:
        """Have the jobs that recur on the list. Raises SQLAlchemyError, OSError."""
        async with asyncio.timeout(DATABASE_TIMEOUT_S):
            await self._database.open()
            async with self._database.engine.begin() as connection:
                recurring = (Wish(trade.kind, trade.kind) for trade in self._trades if trade.recurs)
                await outbox.enqueue(connection, *recurring)

    async def _begin(self) -> None:
        while True:
            try:
                return await self.begin()
            except (SQLAlchemyError, OSError) as error:
                self._complain(error)
            await self._pause(LOOK_EVERY_S)

    async def _round(self, tasks: asyncio.TaskGroup) -> int:
        due = await self._due()
        return sum([await self._look(trade, tasks) for trade in self._trades if trade.kind in due])

    async def _due(self) -> frozenset[str]:
        try:
            async with asyncio.timeout(DATABASE_TIMEOUT_S):
                due = await outbox.kinds_due(self._database, self._wall())
        except (SQLAlchemyError, OSError) as error:
            self._complain(error)
            return frozenset()
        self._complained = False
        return due

    async def _look(self, trade: Trade, tasks: asyncio.TaskGroup) -> int:
        free = trade.at_once - self._busy[trade.kind]
        if free <= 0:
            return 0
        lease_s = trade.limit_s + LEASE_MARGIN_S
        try:
            async with asyncio.timeout(DATABASE_TIMEOUT_S):
                mine = await outbox.claim(self._database, trade.kind, self._name, self._wall(), lease_s, free)
        except (SQLAlchemyError, OSError) as error:
            self._complain(error)
            return 0
        for job in mine:
            self._busy[trade.kind] += 1
            tasks.create_task(self._one(trade, job))
        return len(mine)

    async def _one(self, trade: Trade, job: Job) -> None:
        try:
            ended = await self._done(trade, job)
            async with asyncio.timeout(DATABASE_TIMEOUT_S):
                await self._note(trade, job, ended)
        except (SQLAlchemyError, OSError) as error:  # its lease ends, and it is done again
            self._complain(error)
        finally:
            self._busy[trade.kind] -= 1

    async def _done(self, trade: Trade, job: Job) -> float | BaseException | None:
        """Do the job; what it raises comes back as what it came to, also a fault of ours: the house goes on."""
        try:
            async with asyncio.timeout(trade.limit_s):
                (ended,) = await asyncio.gather(trade.work(job), return_exceptions=True)
                return ended
        except TimeoutError:
            return Again(f"not done within {trade.limit_s:.0f} s")

    async def _note(self, trade: Trade, job: Job, ended: float | BaseException | None) -> None:
        now = self._wall()
        if ended is None:
            await outbox.done(self._database, job, now)
            metrics.jobs.labels(trade.kind, "done").inc()
        elif not isinstance(ended, BaseException):
            await outbox.put_off(self._database, job, now + timedelta(seconds=ended), afresh=True)
            metrics.jobs.labels(trade.kind, "done").inc()
        elif trade.recurs or not (isinstance(ended, Hopeless) or job.attempts >= trade.attempts):
            await self._put_off(trade, job, ended)
        else:
            await self._give_up(trade, job, ended)

    async def _put_off(self, trade: Trade, job: Job, problem: BaseException) -> None:
        asked = problem.after_s if isinstance(problem, Again) else None
        wait_s = min(trade.most_s, max(asked or 0.0, trade.wait_s(job.attempts)))
        await outbox.put_off(self._database, job, self._wall() + timedelta(seconds=wait_s), _reason(problem))
        metrics.jobs.labels(trade.kind, "again").inc()
        about = {"kind": job.kind, "of_call": job.call_sid, "attempt": job.attempts, "reason": _reason(problem)}
        log.warning("job put off", **about, next=f"none: again in {wait_s:.0f} s")

    async def _give_up(self, trade: Trade, job: Job, problem: BaseException) -> None:
        await outbox.failed(self._database, job, self._wall(), _reason(problem))
        metrics.jobs.labels(trade.kind, "failed").inc()
        about = {"kind": job.kind, "of_call": job.call_sid, "attempts": job.attempts, "reason": _reason(problem)}
        log.error("job failed", **about, next=f"mend it, then: frontline jobs again {job.id}")

    async def _tidy(self, _: Job) -> float:
        await outbox.tidy(self._database, self._wall())
        return TIDY_EVERY_S

    def _complain(self, error: Exception) -> None:
        if not self._complained:
            log.warning("jobs not looked at", error=type(error).__name__, next="look at the database")
        self._complained = True


def _reason(problem: BaseException) -> str:
    """Why, without the message of an error that is not ours to word: it may hold a caller's words."""
    return problem.reason if isinstance(problem, Again | Hopeless) else f"a fault: {type(problem).__name__}"
