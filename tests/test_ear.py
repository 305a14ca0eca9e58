"""Whoever listens in on a call hears both sides when the caller does, and costs nobody else anything."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

import numpy as np

from app.audio import mulaw
from app.audio.pcm import MODEL_OUTPUT_RATE, PHONE_RATE, Audio
from app.bridge import Bridge
from app.call.commands import ClearPlayout, Command, Play
from app.call.events import AssistantInterrupted, CallerAudio
from app.call.machine import Call
from app.ear import MOST_WAITING, TOGETHER, Ear, listen
from tests.fakes import FakeJournal, FakeModel, FakePhone, FakeRecords, FakeTools, Log, settled
from tests.playbook import RULES, STARTED, frame


def tone(ms: int, rate: int, hertz: float) -> Audio:
    """Something to recognise."""
    at = np.arange(ms * rate // 1000) / rate
    return Audio((8_000 * np.sin(2 * np.pi * hertz * at)).astype("<i2").tobytes(), rate)


def sides(heard: bytes) -> tuple[float, float]:
    """How loud the caller and the assistant are."""
    both = np.frombuffer(heard, np.uint8).reshape(-1, 2)
    pcm = [np.frombuffer(mulaw.decode(both[:, side].tobytes()), "<i2").astype(float) for side in (0, 1)]
    return float(np.abs(pcm[0]).mean()), float(np.abs(pcm[1]).mean())


def hear(ear: Ear, ms: int, *commands: Command, sound: bool = False) -> None:
    """So much of the call goes by."""
    for number in range(ms // 20):
        audio = tone(20, PHONE_RATE, 440) if sound else frame().audio
        ear.saw(CallerAudio(audio), list(commands) if not number else [], 0.0)


async def test_both_sides_are_heard_beside_each_other() -> None:
    ear = Ear()
    hear(ear, 200, Play(tone(200, MODEL_OUTPUT_RATE, 300)), sound=True)
    caller, assistant = sides(await ear.next())
    assert caller > 1_000
    assert assistant > 1_000


async def test_the_assistant_is_not_heard_before_the_caller_hears_it() -> None:
    ear = Ear()
    ear.saw(frame(), [Play(tone(1_000, MODEL_OUTPUT_RATE, 300))], 0.0)
    hear(ear, 80)
    assert len(await ear.next()) == 2 * TOGETHER
    hear(ear, 1_000)
    assert sides((await ear.next())[: 8 * 2 * TOGETHER])[1] > 1_000


async def test_what_was_cleared_is_never_heard() -> None:
    ear = Ear()
    ear.saw(frame(), [Play(tone(1_000, MODEL_OUTPUT_RATE, 300))], 0.0)
    ear.saw(AssistantInterrupted(), [ClearPlayout()], 0.0)
    hear(ear, 280)
    assert sides(await ear.next())[1] < 10


async def test_who_does_not_take_it_in_time_loses_the_oldest() -> None:
    ear = Ear()
    hear(ear, 60_000)
    assert len(await ear.next()) == MOST_WAITING * 2 * TOGETHER


@asynccontextmanager
async def call() -> AsyncIterator[tuple[Bridge, FakePhone]]:
    log = Log()
    phone = FakePhone(log)
    bridge = Bridge(
        Call(RULES),
        model=lambda feed: FakeModel(log, feed),
        tools=FakeTools(log),
        records=FakeRecords(log),
        journal=FakeJournal(log),
    )
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        group.create_task(bridge.run(phone, STARTED))
        await log.until_did("model runs")
        yield bridge, phone
        phone.hang_up()


async def test_one_listens_until_one_goes() -> None:
    async with call() as (bridge, phone):
        async with aclosing(listen({"CA1": bridge}.get, "CA1")) as heard:
            waiting = asyncio.ensure_future(anext(heard))
            await settled()
            for _ in range(5):
                phone.feed(frame())
            assert len(await waiting) == 2 * TOGETHER
        assert bridge._watchers == ()


async def test_a_call_that_is_not_here_has_no_sound() -> None:
    assert [heard async for heard in listen(lambda _: None, "CA1")] == []
