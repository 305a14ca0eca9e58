"""Twilio's word on a call's legs: a job each, done once, whatever the database and the call's record are at."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from app.call.commands import RecordCost
from app.meaning.billing import KIND, WAITED_FOR, Billing
from app.prices import shipped
from app.store.calls import costs_of
from app.store.database import Database
from app.store.outbox import Wish, enqueue, listed
from app.store.worker import Worker
from tests.meaning.calls import start, writing

GUESSED = RecordCost("inbound", 1, "minute", 0.0085, estimated=True)
KNOWN = [RecordCost("handoff", 1, "minute", 0.014), RecordCost("inbound", 2, "minute", 0.017)]


@pytest.fixture
async def database(database: Database) -> Database:
    await database.open()
    return database


class Clock:
    """A wall clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC) + timedelta(seconds=1)

    def __call__(self) -> datetime:
        return self.now


@asynccontextmanager
async def billing(database: Database, clock: Clock) -> AsyncIterator[Billing]:
    """One at work; what it was told is among the jobs when the block is left."""
    bills = Billing(database, shipped(), wall=clock, pause=lambda _: asyncio.sleep(0))
    async with asyncio.TaskGroup() as group:
        task = group.create_task(bills.run())
        yield bills
        await bills.drain(30.0)
        task.cancel()


def worker(database: Database, bills: Billing, clock: Clock) -> Worker:
    return Worker(database, [bills.trade()], wall=clock)


async def led(database: Database) -> None:
    """A call is on record, with a guess of its minutes."""
    async with writing(database) as writer:
        writer.records_of(start()).cost(GUESSED)


async def test_what_twilio_says_of_a_leg_is_billed_at_the_price_of_the_calls_day(database: Database) -> None:
    clock = Clock()
    await led(database)
    async with billing(database, clock) as bills:
        bills.lasted("CA1", "inbound", 61)
        bills.lasted("CA1", "handoff", 30)
        bills.lasted("CA1", "handoff", 30)  # Twilio says things twice
    assert await worker(database, bills, clock).look() == 2
    assert await costs_of(database, "CA1") == KNOWN
    assert {job.state for job in await listed(database, kind=KIND)} == {"done"}


async def test_a_leg_is_billed_by_whoever_comes_to_it_after_its_process_is_gone(database: Database) -> None:
    clock = Clock()
    async with billing(database, clock) as bills:
        bills.lasted("CA1", "inbound", 61)
    another = Billing(database, shipped(), wall=clock)
    assert await worker(database, another, clock).look() == 1
    assert await costs_of(database, "CA1") == [], "its row is not there yet"
    await led(database)
    clock.now += timedelta(seconds=4)
    assert await worker(database, another, clock).look() == 1
    assert await costs_of(database, "CA1") == [KNOWN[1]]


async def test_many_legs_do_not_wait_for_one_another(database: Database) -> None:
    clock = Clock()
    await led(database)
    async with billing(database, clock) as bills:
        for number in range(2, 30):
            bills.lasted(f"CA{number}", "inbound", 61)  # nobody led them
        bills.lasted("CA1", "inbound", 61)
    work = worker(database, bills, clock)
    while await work.look():
        pass
    assert await costs_of(database, "CA1") == [KNOWN[1]]


async def test_a_leg_of_a_call_that_no_assistant_led_is_nobodys_bill(database: Database) -> None:
    clock = Clock()
    async with billing(database, clock) as bills:
        bills.lasted("CA9", "handoff", 30)
    work = worker(database, bills, clock)
    await work.look()
    clock.now += WAITED_FOR
    await work.look()
    (job,) = await listed(database, kind=KIND)
    assert (job.state, await costs_of(database, "CA9")) == ("done", [])


async def test_what_is_told_while_the_database_is_down_is_kept_until_it_is_up(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = 0

    async def down_at_first(connection: AsyncConnection, *wishes: Wish) -> None:
        nonlocal tried
        tried += 1
        if tried < 3:
            raise OSError("no route to host")
        await enqueue(connection, *wishes)

    monkeypatch.setattr("app.meaning.billing.enqueue", down_at_first)
    async with billing(database, Clock()) as bills:
        bills.lasted("CA1", "inbound", 61)
    assert tried == 3
    assert len(await listed(database, kind=KIND)) == 1
