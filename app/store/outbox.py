"""The outbox: jobs that stand beside the rows that cause them, in the same transaction, and who works on them now."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final, Literal
from uuid import UUID, uuid5

from sqlalchemy import ColumnElement, RowMapping, and_, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store.database import Database
from app.store.dialects import insert_into, utc
from app.store.tables import jobs

KEPT_DONE: Final = timedelta(days=7)  # longer than any row is written again from a journal: its job stays known
KEPT_FAILED: Final = timedelta(days=30)
MOST_SHOWN: Final = 10_000
_REASON_LETTERS: Final = 300

_JOBS = UUID("5b1f4f5e-7a53-4f0e-9a0c-2f7c7d0b1c44")  # any, for good: the jobs' ids are made in it

State = Literal["waiting", "done", "failed"]


@dataclass(frozen=True, slots=True)
class Wish:
    """A job to be done. ``key`` names it within its kind: however often it is wished for, it is done once.

    ``payload`` holds ids and plain facts; words and numbers of callers are read where they are kept when it is done.
    """

    kind: str
    key: str
    payload: Mapping[str, object] = field(default_factory=dict)
    call_sid: str | None = None
    run_at: datetime | None = None  # None: at once

    @property
    def id(self) -> UUID:
        return uuid5(_JOBS, f"{self.kind}\n{self.key}")


@dataclass(frozen=True, slots=True)
class Job:
    """A job as it is kept. ``attempts`` counts those begun, ``worker`` has it now (empty: nobody).

    ``run_at`` is when it is due: while somebody works on it, when that one's lease ends.
    """

    id: UUID
    kind: str
    payload: Mapping[str, object]
    call_sid: str | None
    state: State
    attempts: int
    run_at: datetime
    created_at: datetime
    worker: str = ""
    reason: str = ""
    ended_at: datetime | None = None


async def enqueue(connection: AsyncConnection, *wishes: Wish) -> None:
    """Add jobs in the transaction of ``connection``; those that are known already are left as they are."""
    if not wishes:
        return
    now = datetime.now(UTC)
    rows = [
        {
            "id": wish.id,
            "kind": wish.kind,
            "payload": dict(wish.payload),
            "call_sid": wish.call_sid,
            "state": "waiting",
            "attempts": 0,
            "run_at": wish.run_at or now,
            "created_at": now,
            "worker": "",
            "reason": "",
        }
        for wish in wishes
    ]
    await connection.execute(insert_into(jobs, connection.dialect).on_conflict_do_nothing(), rows)


async def kinds_due(database: Database, now: datetime) -> frozenset[str]:
    """The kinds of which a job is due: one reading, where claiming each kind would be a transaction each."""
    waiting = select(jobs.c.kind).where(jobs.c.state == "waiting", jobs.c.run_at <= now).distinct()
    async with database.engine.connect() as connection:
        return frozenset((await connection.execute(waiting)).scalars())


async def claim(database: Database, kind: str, worker: str, now: datetime, lease_s: float, most: int) -> list[Job]:
    """Due jobs of a kind, the oldest first: nobody else gets them before the lease is over."""
    due = and_(jobs.c.kind == kind, jobs.c.state == "waiting", jobs.c.run_at <= now)
    # SQLite has no row locks and leaves the words out: there the condition on ``attempts`` alone decides.
    oldest = select(jobs).where(due).order_by(jobs.c.run_at).limit(most).with_for_update(skip_locked=True)
    claimed = []
    async with database.engine.begin() as connection:
        rows = (await connection.execute(oldest)).mappings().all()
        for job in [_job(row) for row in rows]:
            until = now + timedelta(seconds=lease_s)
            mine = replace(job, attempts=job.attempts + 1, run_at=until, worker=worker)
            taken = {"attempts": mine.attempts, "run_at": until, "worker": worker}
            if (await connection.execute(update(jobs).where(_held(job)).values(taken))).rowcount == 1:
                claimed.append(mine)
    return claimed


async def done(database: Database, job: Job, now: datetime) -> None:
    """It is done, unless somebody else has taken it since."""
    await _end(database, job, {"state": "done", "reason": "", "ended_at": now})


async def failed(database: Database, job: Job, now: datetime, reason: str) -> None:
    """It is given up."""
    await _end(database, job, {"state": "failed", "reason": reason[:_REASON_LETTERS], "ended_at": now})


async def put_off(database: Database, job: Job, run_at: datetime, reason: str = "", *, afresh: bool = False) -> None:
    """It is to be done (again) then; ``afresh`` forgets the attempts, as for a job that recurs."""
    counted = {"attempts": 0} if afresh else {}
    await _end(database, job, {"run_at": run_at, "reason": reason[:_REASON_LETTERS], **counted})


async def _end(database: Database, job: Job, values: Mapping[str, object]) -> None:
    async with database.engine.begin() as connection:
        await connection.execute(update(jobs).where(_held(job)).values(worker="", **values))


def _held(job: Job) -> ColumnElement[bool]:
    return and_(jobs.c.id == job.id, jobs.c.state == "waiting", jobs.c.attempts == job.attempts)


# ---- for people


async def listed(
    database: Database, *, state: State | None = None, kind: str = "", most: int = MOST_SHOWN
) -> list[Job]:
    """Jobs, the newest first."""
    chosen = select(jobs).order_by(jobs.c.created_at.desc(), jobs.c.id).limit(most)
    if state is not None:
        chosen = chosen.where(jobs.c.state == state)
    if kind:
        chosen = chosen.where(jobs.c.kind == kind)
    async with database.engine.connect() as connection:
        return [_job(row) for row in (await connection.execute(chosen)).mappings()]


async def again(database: Database, ids: Sequence[UUID], now: datetime) -> int:
    """Have jobs that failed (or are done) done once more, from the first attempt on; returns how many."""
    afresh = {"state": "waiting", "attempts": 0, "run_at": now, "reason": "", "ended_at": None}
    many = 0
    async with database.engine.begin() as connection:
        for id in ids:
            ended = and_(jobs.c.id == id, jobs.c.state != "waiting")
            many += (await connection.execute(update(jobs).where(ended).values(afresh))).rowcount
    return many


async def due(database: Database, now: datetime, *, besides: Sequence[str] = ()) -> int:
    """How many jobs are due or being worked on, those of the kinds ``besides`` not counted."""
    wanted = and_(
        jobs.c.state == "waiting", (jobs.c.run_at <= now) | (jobs.c.worker != ""), jobs.c.kind.not_in(besides)
    )
    async with database.engine.connect() as connection:
        return (await connection.execute(select(func.count()).select_from(jobs).where(wanted))).scalar_one()


async def tidy(database: Database, now: datetime) -> int:
    """Take out what ended long ago; returns how many."""
    over = (jobs.c.state == "done") & (jobs.c.ended_at < now - KEPT_DONE)
    given_up = (jobs.c.state == "failed") & (jobs.c.ended_at < now - KEPT_FAILED)
    async with database.engine.begin() as connection:
        return (await connection.execute(delete(jobs).where(over | given_up))).rowcount


def _job(row: RowMapping) -> Job:
    told = {name: row[name] for name in Job.__slots__}
    times = {name: None if row[name] is None else utc(row[name]) for name in ("run_at", "created_at", "ended_at")}
    return Job(**{**told, **times})


def as_json(job: Job) -> dict[str, object]:
    """A job as a document of plain values."""
    told: dict[str, object] = json.loads(json.dumps(asdict(job), default=str))
    return told
