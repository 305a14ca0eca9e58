"""Events from a call's record to a receiver: signed, once each, without words or numbers unless they are wanted."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from app.call.commands import RecordEnd, RecordFlag, RecordTurn
from app.store.analyses import Analysis, Criterion, Made, write
from app.store.calls import CallStart
from app.store.database import Database
from app.store.outbox import Job, Wish, enqueue, listed
from app.store.worker import Worker
from app.store.writer import RecordWriter
from app.webhooks.endpoints import EVENTS, Endpoint
from app.webhooks.events import of_analysis, of_record, wishes
from app.webhooks.schemas import DATA, NUMBERS, WORDS, page, schema_of
from app.webhooks.sending import Guard, Sender
from app.webhooks.signing import check
from app.webhooks.telling import Details, Teller
from tests.webhooks.listener import Listener, listening

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
START = CallStart("CA1", "store", "en-US", "+12025550143", "+12025550199", AT, "3f2a")
END = RecordEnd("handed_off", "assistant", 42.5, cost_usd=0.02)
KEY = b"k" * 32
ANALYSIS = Analysis("They asked.", "An order", "solved", "neutral", 90, (Criterion("a", "A?", "met", ""),), (), ("x",))
MADE = Made("CA1", ANALYSIS, AT + timedelta(minutes=2), "gemini-3.5-flash-lite", {}, 0.002)
EVENTS_PAGE = Path(__file__).parents[2] / "infra" / "events.md"


class World:
    """A database, a receiver on this machine and what it chose."""

    def __init__(self, database: Database, listener: Listener) -> None:
        self.database = database
        self.listener = listener
        self.endpoint = Endpoint(f"{listener.url}/hook", KEY)
        self.sender = Sender(Guard(here=True))

    async def call(self, *endpoints: Endpoint) -> None:
        """A call is written down, whose events go to ``endpoints``."""

        def follow(start: CallStart, what: object) -> list[Wish]:
            return [wish for event in of_record(start, what) for wish in wishes(event, endpoints)]

        writer = RecordWriter(self.database, follow=follow)
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(writer.run())
            records = writer.records_of(START)
            records.turn(RecordTurn(1, "caller", "My secret"))
            records.flag(RecordFlag("tone", 3.0, "a detail"))
            records.end(END)
            assert await writer.drain(10)
            running.cancel()

    async def work(self, details: Details = "facts", endpoints: tuple[Endpoint, ...] | None = None) -> None:
        mine = (self.endpoint,) if endpoints is None else endpoints
        await Worker(self.database, [Teller(self.database, mine, self.sender, details).trade()]).look()

    async def jobs(self) -> list[Job]:
        return await listed(self.database, kind="webhook")


@pytest.fixture
async def world(database: Database) -> AsyncIterator[World]:
    await database.open()
    async with listening() as listener:
        world = World(database, listener)
        yield world
        await world.sender.close()


def told(listener: Listener) -> dict[str, dict[str, object]]:
    documents = [json.loads(got.body) for got in listener.got]
    return {document["type"]: document for document in documents}


async def test_a_call_s_events_arrive_signed_and_as_their_schemas_say(world: World) -> None:
    await world.call(world.endpoint)
    await world.work()
    assert set(told(world.listener)) == {"call.started", "call.ended", "call.handed_off", "call.flagged"}
    for got in world.listener.got:
        check(KEY, got.headers, got.body, time.time())
        document = json.loads(got.body)
        Draft202012Validator(schema_of(document["type"])).validate(document)
        assert set(document["data"]) == set(DATA[document["type"]])
    assert told(world.listener)["call.flagged"]["timestamp"] == "2026-11-23T12:00:03+00:00"
    sent = b"".join(got.body for got in world.listener.got)
    assert b"555" not in sent
    assert b"secret" not in sent
    assert b"detail" not in sent


async def test_each_endpoint_gets_what_it_chose_under_the_same_id(world: World) -> None:
    ended = Endpoint(f"{world.listener.url}/ended", KEY, frozenset({"call.ended"}))
    await world.call(world.endpoint, ended)
    await world.work(endpoints=(world.endpoint, ended))
    ids = [got.headers["webhook-id"] for got in world.listener.got if json.loads(got.body)["type"] == "call.ended"]
    assert len(ids) == 2
    assert len(set(ids)) == 1
    assert [got.path for got in world.listener.got].count("/ended") == 1


async def test_a_receiver_that_is_down_gets_the_same_event_later(world: World) -> None:
    world.listener.answers = ["503 Down\r\nRetry-After: 600", "404 Not Found"]
    one = Endpoint(world.listener.url, KEY, frozenset({"call.ended", "call.started"}))
    await world.call(one)
    await world.work(endpoints=(one,))
    waits = sorted((job.run_at - datetime.now(UTC)).total_seconds() for job in await world.jobs())
    assert [job.reason for job in await world.jobs()] in (
        ["127.0.0.1: status 503", "127.0.0.1: status 404"],
        ["127.0.0.1: status 404", "127.0.0.1: status 503"],
    )
    assert waits[0] < 6
    assert 590 < waits[1] <= 600
    later = datetime.now(UTC) + timedelta(hours=1)
    teller = Teller(world.database, (one,), world.sender)
    await Worker(world.database, [teller.trade()], wall=lambda: later).look()
    assert len({got.headers["webhook-id"] for got in world.listener.got}) == 2
    assert [job.state for job in await world.jobs()] == ["done", "done"]


@pytest.mark.parametrize("reason", ["wants no more", "not in FRONTLINE_WEBHOOKS", "not public"])
async def test_what_can_never_arrive_is_given_up(world: World, reason: str) -> None:
    one = Endpoint(world.listener.url, KEY, frozenset({"call.ended"}))
    await world.call(one)
    world.listener.answers = ["410 Gone"]
    if reason == "not public":
        world.sender = Sender(Guard(frozenset()))
    await world.work(endpoints=() if "FRONTLINE" in reason else (one,))
    (job,) = await world.jobs()
    assert job.state == "failed"
    assert reason in job.reason or "does not begin with https" in job.reason


@pytest.mark.parametrize(
    ("details", "more"), [("facts", set()), ("words", set(WORDS)), ("all", {*WORDS, *NUMBERS})], ids=str
)
async def test_words_and_numbers_are_told_where_they_are_wanted(world: World, details: Details, more: set[str]) -> None:
    await world.call()
    async with world.database.engine.begin() as connection:
        await write(connection, MADE)
        await enqueue(connection, *wishes(of_analysis(START, MADE), (world.endpoint,)))
    await world.work(details)
    document = told(world.listener)["call.analysed"]
    Draft202012Validator(schema_of("call.analysed")).validate(document)
    data = document["data"]
    assert isinstance(data, dict)
    assert set(data) - set(DATA["call.analysed"]) == more
    assert ("They asked." in str(document)) == (details != "facts")
    assert ("+12025550143" in str(document)) == (details == "all")


async def test_no_job_keeps_words_or_numbers(world: World) -> None:
    await world.call(world.endpoint)
    kept = str([dict(job.payload) for job in await world.jobs()])
    assert "555" not in kept
    assert "secret" not in kept


def test_the_page_of_the_events_is_what_the_code_says() -> None:
    """To write it anew: python -c 'from app.webhooks.schemas import page; print(page(), end="")' > infra/events.md."""
    assert EVENTS_PAGE.read_text(encoding="utf-8") == page()


def test_every_event_has_a_schema_that_is_one() -> None:
    assert set(DATA) == set(EVENTS)
    for type in EVENTS:
        Draft202012Validator.check_schema(schema_of(type))
