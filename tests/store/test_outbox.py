"""The outbox on both databases: a job is there with its row or not at all, once, and one worker's at a time."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, update

from app.store.database import Database
from app.store.outbox import Wish, again, as_json, claim, done, due, enqueue, failed, kinds_due, listed, put_off, tidy
from app.store.tables import calls, jobs

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
KIND = "analysis"


@pytest.fixture
async def database(database: Database) -> Database:
    await database.open()
    return database


async def wish_for(database: Database, *wishes: Wish) -> None:
    async with database.engine.begin() as connection:
        await enqueue(connection, *wishes)


def wishes(keys: Sequence[str]) -> list[Wish]:
    return [Wish(KIND, key, {"key": key}, run_at=AT + timedelta(seconds=n)) for n, key in enumerate(keys)]


async def test_a_job_goes_with_its_transaction(database: Database) -> None:
    with pytest.raises(RuntimeError):
        async with database.engine.begin() as connection:
            await enqueue(connection, Wish(KIND, "CA1"))
            raise RuntimeError
    assert await listed(database) == []


async def test_wished_for_twice_it_is_there_once_also_when_it_is_done(database: Database) -> None:
    await wish_for(database, Wish(KIND, "CA1", run_at=AT), Wish(KIND, "CA1", run_at=AT))
    (job,) = await claim(database, KIND, "a", AT, 60, 9)
    await done(database, job, AT)
    await wish_for(database, Wish(KIND, "CA1"), Wish("event", "CA1"))
    assert sorted((job.kind, job.state) for job in await listed(database)) == [(KIND, "done"), ("event", "waiting")]


async def test_the_oldest_due_jobs_of_a_kind_are_claimed_and_no_others(database: Database) -> None:
    await wish_for(database, *wishes("abc"), Wish("event", "x", run_at=AT))
    claimed = await claim(database, KIND, "w", AT + timedelta(seconds=1), 60, 9)
    assert [(job.payload, job.attempts, job.worker) for job in claimed] == [
        ({"key": "a"}, 1, "w"),
        ({"key": "b"}, 1, "w"),
    ]
    assert await claim(database, KIND, "w", AT + timedelta(seconds=1), 60, 9) == []
    assert [job.payload for job in await claim(database, KIND, "v", AT + timedelta(seconds=2), 60, 9)] == [{"key": "c"}]


async def test_the_kinds_that_are_due_are_told_in_one_reading(database: Database) -> None:
    await wish_for(database, *wishes("ab"), Wish("event", "x", run_at=AT + timedelta(seconds=5)))
    assert await kinds_due(database, AT - timedelta(seconds=1)) == frozenset()
    assert await kinds_due(database, AT + timedelta(seconds=1)) == {KIND}
    await claim(database, KIND, "w", AT + timedelta(seconds=5), 60, 9)
    assert await kinds_due(database, AT + timedelta(seconds=5)) == {"event"}


async def test_of_many_that_claim_at_once_each_job_is_one_s(database: Database) -> None:
    await wish_for(database, *wishes([str(n) for n in range(40)]))
    later = AT + timedelta(minutes=1)
    taken = await asyncio.gather(*(claim(database, KIND, f"w{n}", later, 60, 10) for n in range(8)))
    ids = [job.id for claimed in taken for job in claimed]
    assert len(ids) == len(set(ids))
    rest = await claim(database, KIND, "w9", later, 60, 40)
    assert len(ids) + len(rest) == 40


async def test_what_a_worker_that_died_had_is_another_s_when_the_lease_is_over(database: Database) -> None:
    await wish_for(database, *wishes("a"))
    (lost,) = await claim(database, KIND, "dead", AT, 60, 9)
    assert await claim(database, KIND, "w", AT + timedelta(seconds=59), 60, 9) == []
    (found,) = await claim(database, KIND, "w", AT + timedelta(seconds=60), 60, 9)
    assert (found.attempts, found.worker) == (2, "w")
    await done(database, lost, AT)  # it was not dead, only slow: what it says now counts no more
    (kept,) = await listed(database)
    assert (kept.state, kept.worker) == ("waiting", "w")


async def test_a_job_that_is_put_off_keeps_its_reason_and_its_attempts(database: Database) -> None:
    await wish_for(database, *wishes("a"))
    (job,) = await claim(database, KIND, "w", AT, 60, 9)
    await put_off(database, job, AT + timedelta(hours=1), "status 503")
    (kept,) = await listed(database, state="waiting")
    assert (kept.attempts, kept.worker, kept.reason, kept.run_at) == (1, "", "status 503", AT + timedelta(hours=1))


async def test_a_job_that_failed_can_be_done_again_and_one_that_waits_is_left_alone(database: Database) -> None:
    await wish_for(database, *wishes("ab"))
    (job,) = await claim(database, KIND, "w", AT, 60, 1)
    await failed(database, job, AT, "x" * 1_000)
    (kept,) = await listed(database, state="failed", kind=KIND)
    assert len(kept.reason) == 300
    ids = [one.id for one in await listed(database)]
    assert await again(database, ids, AT) == 1
    assert {(one.state, one.attempts, one.reason) for one in await listed(database)} == {("waiting", 0, "")}


async def test_what_is_due_or_being_done_is_counted(database: Database) -> None:
    await wish_for(database, *wishes("ab"), Wish("alerts", "alerts", run_at=AT))
    assert await due(database, AT) == 2
    assert await due(database, AT, besides=("alerts",)) == 1
    await claim(database, KIND, "w", AT, 60, 1)
    assert await due(database, AT, besides=("alerts",)) == 1
    assert await due(database, AT - timedelta(hours=1)) == 1


async def test_what_ended_long_ago_is_taken_out(database: Database) -> None:
    await wish_for(database, *wishes("abc"))
    first, second, _ = await claim(database, KIND, "w", AT + timedelta(minutes=1), 60, 3)
    await done(database, first, AT)
    await failed(database, second, AT, "no")
    assert await tidy(database, AT + timedelta(days=6)) == 0
    assert await tidy(database, AT + timedelta(days=8)) == 1
    assert await tidy(database, AT + timedelta(days=31)) == 1
    assert [job.state for job in await listed(database)] == ["waiting"]


async def test_a_job_goes_with_its_call(database: Database) -> None:
    row = {"call_sid": "CA1", "line": "store", "language": "en", "caller": "", "called": "", "started_at": AT}
    async with database.engine.begin() as connection:
        await connection.execute(calls.insert().values(row))
        await enqueue(connection, Wish(KIND, "CA1", call_sid="CA1"), Wish(KIND, "none"))
    async with database.engine.begin() as connection:
        await connection.execute(delete(calls))
    assert [job.call_sid for job in await listed(database)] == [None]


async def test_a_job_is_told_in_plain_values(database: Database) -> None:
    await wish_for(database, *wishes("a"))
    async with database.engine.begin() as connection:
        await connection.execute(update(jobs).values(created_at=AT))
    (job,) = await listed(database)
    told = as_json(job)
    assert (told["created_at"], told["payload"], told["ended_at"]) == ("2026-11-23 12:00:00+00:00", {"key": "a"}, None)
