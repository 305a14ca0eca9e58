"""The worker: what is due is done, a few at once, again when it did not work, and never brings the house down."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from app.store.database import Database
from app.store.outbox import Job, Wish, enqueue, listed
from app.store.worker import Again, Hopeless, Trade, Work, Worker

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
KIND = "event"


class World:
    """A database, a clock that stands until it is set, and what was done."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.now = AT
        self.seen: list[str] = []

    def worker(self, trade: Trade, pause: Callable[[float], Awaitable[None]] = asyncio.sleep) -> Worker:
        return Worker(self.database, [trade], name="w", wall=lambda: self.now, pause=pause)

    async def wish(self, *keys: str) -> None:
        async with self.database.engine.begin() as connection:
            await enqueue(connection, *(Wish(KIND, key, {"key": key}, run_at=AT) for key in keys))

    async def saw(self, job: Job) -> None:
        self.seen.append(str(job.payload["key"]))

    async def states(self) -> list[tuple[str, int, str]]:
        return [(job.state, job.attempts, job.reason) for job in await listed(self.database, kind=KIND)]


@pytest.fixture
async def world(database: Database) -> World:
    await database.open()
    return World(database)


def failing(problem: Exception) -> Work:
    async def work(_: Job) -> None:
        raise problem

    return work


async def test_what_is_due_is_done_once(world: World) -> None:
    await world.wish("a", "b")
    worker = world.worker(Trade(KIND, world.saw))
    assert await worker.look() == 2
    assert await worker.look() == 0
    assert sorted(world.seen) == ["a", "b"]
    assert await world.states() == [("done", 1, "")] * 2


async def test_no_more_are_done_at_once_than_the_trade_has_hands(world: World) -> None:
    await world.wish(*"abcde")
    assert await world.worker(Trade(KIND, world.saw, at_once=2)).look() == 2


async def test_what_did_not_work_is_tried_ever_more_seldom_then_given_up(world: World) -> None:
    await world.wish("a")
    worker = world.worker(Trade(KIND, failing(Again("status 503")), attempts=3, first_s=10, factor=4))
    waits = []
    with capture_logs() as logs:
        for _ in range(3):
            await worker.look()
            (job,) = await listed(world.database, kind=KIND)
            waits.append((job.run_at - world.now).total_seconds())
            world.now = job.run_at
    assert 5 <= waits[0] <= 10
    assert 20 <= waits[1] <= 40
    assert await world.states() == [("failed", 3, "status 503")]
    assert logs[-1]["next"].startswith("mend it, then: frontline jobs again ")


async def test_a_peer_that_asks_to_be_left_alone_is(world: World) -> None:
    await world.wish("a")
    await world.worker(Trade(KIND, failing(Again("status 429", after_s=600)), first_s=1)).look()
    (job,) = await listed(world.database, kind=KIND)
    assert job.run_at == AT + timedelta(seconds=600)


async def test_what_can_never_work_is_given_up_at_once(world: World) -> None:
    await world.wish("a")
    await world.worker(Trade(KIND, failing(Hopeless("status 410")))).look()
    assert await world.states() == [("failed", 1, "status 410")]


async def test_a_fault_of_ours_is_that_job_s_and_its_message_is_kept_nowhere(world: World) -> None:
    await world.wish("a")
    with capture_logs() as logs:
        await world.worker(Trade(KIND, failing(KeyError("a caller's words")))).look()
    assert await world.states() == [("waiting", 1, "a fault: KeyError")]
    assert "words" not in str(logs)


async def test_a_job_that_takes_too_long_is_ended(world: World) -> None:
    await world.wish("a")

    async def for_ever(_: Job) -> None:
        await asyncio.Event().wait()

    await world.worker(Trade(KIND, for_ever, limit_s=0.01)).look()
    assert await world.states() == [("waiting", 1, "not done within 0 s")]


async def test_a_job_that_recurs_comes_again_whatever_happens(world: World) -> None:
    ends: list[float | Exception] = [60.0, Again("no"), 60.0]

    async def work(_: Job) -> float:
        end = ends.pop(0)
        if isinstance(end, Exception):
            raise end
        return end

    worker = world.worker(Trade(KIND, work, recurs=True, attempts=1, most_s=90, first_s=90))
    for _ in range(2):
        await worker.begin()
    for expected in (60, 90, 60):
        world.now = max(job.run_at for job in await listed(world.database, kind=KIND))
        await worker.look()
        (job,) = await listed(world.database, kind=KIND)
        assert 45 <= (job.run_at - world.now).total_seconds() <= expected
    assert not ends


async def test_two_workers_share_and_do_nothing_twice(world: World) -> None:
    await world.wish(*(f"{n:02}" for n in range(30)))
    workers = [world.worker(Trade(KIND, world.saw, at_once=6)) for _ in range(2)]
    while sum(await asyncio.gather(*(worker.look() for worker in workers))):
        pass
    assert sorted(world.seen) == [f"{n:02}" for n in range(30)]


async def test_it_settles_when_everything_due_is_done(world: World) -> None:
    await world.wish("a", "b", "c")
    worker = world.worker(Trade(KIND, world.saw, at_once=1), pause=lambda _: asyncio.sleep(0))
    running = asyncio.ensure_future(worker.run())
    assert await worker.settle(60.0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert sorted(world.seen) == ["a", "b", "c"]


async def test_a_database_that_is_away_is_waited_for(tmp_path: Path) -> None:
    world = World(Database(f"sqlite+aiosqlite:///{tmp_path / 'd.db'}"))
    await world.database.open()
    await world.wish("a")
    async with world.database.engine.begin() as connection:
        await connection.execute(text("ALTER TABLE jobs RENAME TO gone"))
    worker = world.worker(Trade(KIND, world.saw))
    with capture_logs() as logs:
        assert await worker.look() == await worker.look() == 0
    assert [log["event"] for log in logs] == ["jobs not looked at"]
    async with world.database.engine.begin() as connection:
        await connection.execute(text("ALTER TABLE gone RENAME TO jobs"))
    assert await worker.look() == 1
    assert world.seen == ["a"]
    await world.database.close()
