"""People of ours see the calls going on, and have their word in them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from app.about import About
from app.audio.pcm import MODEL_OUTPUT_RATE, silence
from app.bridge import Bridge
from app.call.events import SessionLost, SessionOpened, SpeechEnded, SpeechStarted, SupervisorAsked, Transcribed
from app.call.machine import Call
from app.call.memory import State
from app.ports import Feed
from app.supervision import Floor
from app.switchboard import Stream, Switchboard
from tests.fakes import Clock, FakeJournal, FakeModel, FakePhone, FakeRecords, FakeTools, Log, settled
from tests.playbook import RULES

CARD = "my card is 4111 1111 1111 1111"


@dataclass
class Exchange:
    """A floor with one call on it."""

    floor: Floor
    clock: Clock
    log: Log
    bridge: Bridge
    phone: FakePhone
    model: FakeModel


@asynccontextmanager
async def one_call() -> AsyncIterator[Exchange]:
    log, clock, models = Log(), Clock(), list[FakeModel]()

    def model(feed: Feed) -> FakeModel:
        models.append(FakeModel(log, feed))
        return models[-1]

    def opened(stream: Stream) -> Bridge:
        del stream
        return Bridge(
            Call(RULES),
            model=model,
            tools=FakeTools(log),
            records=FakeRecords(log),
            journal=FakeJournal(log),
            clock=clock,
            about=About("store", "v1", "live", "en-US"),
        )

    board = Switchboard(opened, most=10, most_per_caller=10, clock=clock)
    phone = FakePhone(log)
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        group.create_task(board.serve(phone))
        await log.until_did("model runs")
        bridge = board.find("CA1")
        assert bridge is not None
        bridge.feed(SessionOpened(200))
        yield Exchange(Floor(board, clock), clock, log, bridge, phone, models[0])
        phone.hang_up()


async def test_a_call_is_seen_with_the_last_words_of_each_side_and_nothing_that_must_go() -> None:
    async with one_call() as house:
        house.bridge.feed(Transcribed("assistant", "How can I help? "))
        house.bridge.feed(Transcribed("caller", CARD))
        (seen,) = await house.floor.going_on()
        assert (seen.call_sid, seen.line, seen.version) == ("CA1", "store", "v1")
        assert seen.assistant_words == "How can I help?"
        assert "4111" not in seen.caller_words
        assert seen.caller_words.startswith("my card is")


async def test_all_who_look_at_once_are_shown_the_same() -> None:
    async with one_call() as house:
        before = await house.floor.going_on()
        house.bridge.feed(SpeechStarted())
        assert await house.floor.going_on() is before
        house.clock.now += 0.5
        assert (await house.floor.going_on())[0].glance.speaking == "caller"


async def test_a_call_whose_session_is_lost_is_not_well() -> None:
    async with one_call() as house:
        assert (await house.floor.going_on())[0].health == "good"
        house.clock.now += 1.0
        house.bridge.feed(SessionLost(1006))
        assert (await house.floor.going_on())[0].health == "bad"


async def test_what_is_asked_is_done_where_the_call_goes_on() -> None:
    async with one_call() as house:
        assert house.floor.ask("CA1", SupervisorAsked("note", "She is a regular."))
        assert house.model.asked[-1][0] == "say"
        assert not house.floor.ask("CA2", SupervisorAsked("end"))


async def test_whoever_took_over_is_heard_in_pieces_that_are_not_too_long() -> None:
    async with one_call() as house:
        house.bridge.feed(SessionLost(1006))
        house.floor.ask("CA1", SupervisorAsked("take_over"))
        assert house.bridge.call.state is State.HELD
        house.floor.speak("CA1", silence(100, MODEL_OUTPUT_RATE).pcm + b"\x00")
        house.floor.speak("CA1", silence(5_000, MODEL_OUTPUT_RATE).pcm)
        house.floor.speak("CA1", b"")
        assert [audio.ms for audio, _, _ in house.phone.played] == [100.0]
        await settled()


async def test_words_that_were_said_are_shown_until_others_are() -> None:
    async with one_call() as house:
        for event in (SpeechStarted(), Transcribed("caller", "Hello? "), SpeechEnded(500, 450)):
            house.bridge.feed(event)
        (seen,) = await house.floor.going_on()
        house.clock.now += 5.0
        assert (await house.floor.going_on())[0].caller_words == seen.caller_words == "Hello?"
