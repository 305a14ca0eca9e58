"""How a session of the stand-in hears: what belongs together, and what is only given once more."""

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import pytest

from app.rehearsal.endpoint import RATE, SpeechEnded, by_energy
from app.rehearsal.heard import Heard
from app.rehearsal.live_ears import Understanding
from app.rehearsal.live_hearing import Hearing, HearingRules

FRAME = 640  # bytes, 20 ms


@dataclass
class SlowEars:
    """Hears how long a sound is, once it is let."""

    let: threading.Event = field(default_factory=threading.Event)
    begun: threading.Event = field(default_factory=threading.Event)
    given: list[int] = field(default_factory=list)

    def hear(self, pcm16k: bytes, languages: Sequence[str] = (), before: str = "") -> Heard:
        self.given.append(len(pcm16k))
        self.begun.set()
        assert self.let.wait(5)
        return Heard(f"{len(pcm16k)} bytes", "en")


def speech(seed: int, ms: int = 800) -> bytes:
    return np.random.default_rng(seed).integers(-3_000, 3_000, RATE * ms // 1000, np.int16).tobytes()


@pytest.fixture
async def ears() -> AsyncIterator[SlowEars]:
    one = SlowEars()
    yield one
    one.let.set()


@pytest.fixture
async def hearing(ears: SlowEars) -> AsyncIterator[Hearing]:
    with ThreadPoolExecutor(1) as thread:
        yield Hearing(HearingRules(), ears, by_energy, Understanding(thread), eager=False)


async def begun(hearing: Hearing, ears: SlowEars, pcm: bytes) -> "asyncio.Task[Heard]":
    listening = asyncio.create_task(hearing.words(SpeechEnded(pcm, False, 800)))
    assert await asyncio.to_thread(ears.begun.wait, 5)
    return listening


async def test_who_goes_on_before_they_are_understood_is_heard_whole(hearing: Hearing, ears: SlowEars) -> None:
    first, second = speech(1), speech(2)
    (await begun(hearing, ears, first)).cancel()
    hearing.hold()
    ears.let.set()
    heard = await hearing.words(SpeechEnded(second, False, 800))
    assert heard.text == f"{len(first) + len(second)} bytes"


async def test_what_is_given_again_while_it_is_being_understood_is_understood_once(
    hearing: Hearing, ears: SlowEars
) -> None:
    said = speech(1)
    (await begun(hearing, ears, said)).cancel()
    hearing.hold()
    again = asyncio.create_task(hearing.words(SpeechEnded(said[FRAME:-FRAME], False, 760)))
    ears.let.set()
    assert (await again).text == f"{len(said)} bytes"
    assert ears.given == [len(said)]


async def test_what_is_said_again_later_is_heard_anew(hearing: Hearing, ears: SlowEars) -> None:
    ears.let.set()
    said = speech(1)
    assert (await hearing.words(SpeechEnded(said, False, 800))).text == f"{len(said)} bytes"
    shorter = said[: -10 * FRAME]
    assert (await hearing.words(SpeechEnded(shorter, False, 600))).text == f"{len(shorter)} bytes"
