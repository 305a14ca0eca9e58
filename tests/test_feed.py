"""Whoever watches a call is told what goes on in it, once and redacted; nobody waits for them."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field

import pytest

from app import feed as feed_module
from app.about import About
from app.bridge import Bridge
from app.call.events import (
    Event,
    KeyPressed,
    SessionOpened,
    SpeechStarted,
    SupervisorAsked,
    ToolCalled,
    Transcribed,
)
from app.call.machine import Call
from app.feed import Feed
from app.ports import Feed as EventFeed
from app.telling import Told
from tests.fakes import FakeJournal, FakeModel, FakePhone, FakeRecords, FakeTools, Log
from tests.playbook import RULES, STARTED, frame

CARD = "my card is 4111 1111 1111 1111"


@dataclass
class Watched:
    """A call going on, and what is told of it."""

    bridge: Bridge
    models: list[FakeModel]
    phone: FakePhone
    feed: Feed
    told: list[Told] = field(default_factory=list)

    def when(self, *events: Event) -> None:
        for event in events:
            self.bridge.feed(event)

    async def until(self, kind: str) -> Told:
        """The next thing of a kind."""
        async with asyncio.timeout(10), aclosing(self.feed.watch("CA1")) as told:
            async for one in told:
                self.told.append(one)
                if one.kind == kind:
                    return one
        raise AssertionError(f"never told: {kind}")


@asynccontextmanager
async def call(about: About = About(line="store", language="en-US")) -> AsyncIterator[Watched]:  # noqa: B008
    log, models = Log(), list[FakeModel]()
    phone = FakePhone(log)

    def model(feed: EventFeed) -> FakeModel:
        models.append(FakeModel(log, feed))
        return models[-1]

    bridge = Bridge(
        *(Call(RULES),),
        model=model,
        tools=FakeTools(log),
        records=FakeRecords(log),
        journal=FakeJournal(log),
        clock=time.monotonic,
        about=about,
    )
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        running = group.create_task(bridge.run(phone, STARTED))
        await log.until_did("model runs")
        bridge.feed(SessionOpened(200))
        yield Watched(bridge, models, phone, Feed({"CA1": bridge}.get))
        if not running.done():
            phone.hang_up()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_module, "BREATH_S", 0.0)


async def following(watched: Watched, *events: Event, kind: str) -> list[Told]:
    """What is told from the call as it stands to something of a kind, the events happening after the first."""
    seen: list[Told] = []
    async with asyncio.timeout(10), aclosing(watched.feed.watch("CA1")) as told:
        async for one in told:
            seen.append(one)
            if len(seen) == 1:
                watched.when(*events)
            if one.kind == kind:
                return seen
    raise AssertionError(f"never told: {kind}")


async def test_the_call_as_it_stands_comes_first() -> None:
    async with call() as watched:
        watched.when(Transcribed("assistant", "Hello there. "), SpeechStarted())
        first = await watched.until("now")
        assert first.about["line"] == "store"
        assert first.about["assistant"] == "Hello there."
        assert first.about["speaking"] == "caller"
        assert first.about["state"] == "talking"


async def test_words_are_told_as_they_come_each_time_the_whole_turn() -> None:
    async with call() as watched:
        seen = await following(watched, Transcribed("caller", "Where is my order? "), kind="words")
        assert seen[-1].about == {"side": "caller", "text": "Where is my order?"}


async def test_what_must_go_is_never_told() -> None:
    async with call() as watched:
        events = (Transcribed("caller", CARD), ToolCalled("a", "look_up_order", {"note": CARD}))
        seen = await following(watched, *events, kind="tool")
        later = await following(watched, Transcribed("caller", " thank you "), kind="words")
        assert "4111" not in str([one.about for one in (*seen, *later)])
        assert "card" in str([one.about for one in later])


async def test_what_may_be_the_beginning_of_a_number_is_not_there_until_it_is_known() -> None:
    async with call() as watched:
        watched.when(
            Transcribed("assistant", "What is the number on your card? "), Transcribed("caller", "One moment, ")
        )
        first = await watched.until("now")
        assert "hidden" not in str(first.about)
        assert "moment" in str(first.about["caller"])
        seen = await following(watched, Transcribed("caller", "please. "), kind="words")
        assert "hidden" not in str([one.about for one in seen])


async def test_a_house_that_keeps_everything_tells_everything() -> None:
    async with call(About(language="en-US", redacts=False)) as watched:
        seen = await following(watched, Transcribed("caller", CARD), kind="words")
        assert seen[-1].about["text"] == CARD


async def test_a_key_is_told_and_not_which() -> None:
    async with call() as watched:
        seen = await following(watched, KeyPressed("7"), kind="key")
        assert seen[-1].about == {"key": "•"}


async def test_what_a_person_of_ours_asked_is_told() -> None:
    async with call() as watched:
        seen = await following(watched, SupervisorAsked("note", "She is a regular."), kind="asked")
        assert seen[-1].about == {"action": "note"}


async def test_the_end_is_the_last_that_is_told() -> None:
    async with call() as watched:
        async with aclosing(watched.feed.watch("CA1")) as told:
            kinds: list[str] = []
            async for one in told:
                if not kinds:
                    watched.phone.hang_up()
                kinds.append(one.kind)
        assert kinds[0] == "now"
        assert kinds[-1] == "end"


async def test_a_call_that_is_not_here_gives_nothing() -> None:
    assert [one async for one in Feed(lambda _: None).watch("CA9")] == []


async def test_two_who_watch_are_told_the_same() -> None:
    async with (
        call() as watched,
        aclosing(watched.feed.watch("CA1")) as one,
        aclosing(watched.feed.watch("CA1")) as two,
    ):
        await anext(one), await anext(two)
        watched.when(KeyPressed("1"), SpeechStarted())
        assert [await anext(one), await anext(one)] == [await anext(two), await anext(two)]


async def test_a_call_that_nobody_watches_any_more_tells_nobody() -> None:
    async with call() as watched:
        await watched.until("now")
        assert watched.bridge._watchers == ()


async def test_the_callers_sound_by_itself_wakes_nobody() -> None:
    async with call() as watched, aclosing(watched.feed.watch("CA1")) as told:
        await anext(told)
        source = watched.feed._sources["CA1"]
        watched.when(*[frame()] * 50)
        assert not source._steps


async def test_a_watcher_that_is_too_slow_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_module, "MOST_KEPT", 5)
    async with call() as watched:
        async with asyncio.timeout(10), aclosing(watched.feed.watch("CA1")) as told:
            await anext(told)
            watched.when(*[KeyPressed("1")] * 9)
            missed = await anext(told)
        assert missed.kind == "missed"
        assert missed.about == {"count": 4}
