"""The stand-in's one thread of ears: the same sound is understood once, another one by itself."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from app.rehearsal.endpoint import RATE
from app.rehearsal.heard import Heard
from app.rehearsal.live_ears import Understanding, same


class Counting:
    """Ears that only count."""

    def __init__(self) -> None:
        self.asked = 0

    def hear(self, pcm16k: bytes, languages: Sequence[str] = (), before: str = "") -> Heard:
        self.asked += 1
        return Heard(str(self.asked), "en")


def speech(seed: int, ms: int = 800) -> bytes:
    return np.random.default_rng(seed).integers(-3_000, 3_000, RATE * ms // 1000, np.int16).tobytes()


def silence(ms: int) -> bytes:
    return bytes(RATE * ms // 1000 * 2)


def test_the_silence_around_a_sound_makes_no_other_of_it() -> None:
    said = speech(1)
    assert same(said, silence(300) + said + silence(450))
    assert same(silence(37) + said, said)


@pytest.mark.parametrize("more_ms", [120, 400])
def test_a_short_word_more_is_another_sound(more_ms: int) -> None:
    said = speech(1)
    assert not same(said + silence(200) + speech(2, more_ms), said)
    assert not same(said, said + silence(200) + speech(2, more_ms))


def test_other_words_are_another_sound_and_silence_is_none() -> None:
    assert not same(speech(2), speech(1))
    assert not same(speech(1), b"")
    assert not same(silence(500), silence(500))


async def test_two_sessions_that_are_given_the_same_wait_for_the_same_words() -> None:
    ears, said = Counting(), speech(1)
    with ThreadPoolExecutor(1) as thread:
        understanding = Understanding(thread)
        first = understanding.of(ears, said, ("en",), "")
        second = understanding.of(ears, silence(100) + said, ("en",), "")
        assert (await asyncio.shield(first), await asyncio.shield(second)) == (Heard("1", "en"), Heard("1", "en"))
        assert await understanding.of(ears, speech(2), ("en",), "") == Heard("2", "en")


async def test_ears_with_a_script_hear_the_next_line_of_it_in_the_same_sound() -> None:
    ears, said = Counting(), speech(1)
    with ThreadPoolExecutor(1) as thread:
        understanding = Understanding(thread, scripted=True)
        first = await understanding.of(ears, said, (), "")
        assert (await understanding.of(ears, said, (), ""), first) == (Heard("2", "en"), Heard("1", "en"))


async def test_what_was_given_up_is_asked_anew() -> None:
    ears, said = Counting(), speech(1)
    with ThreadPoolExecutor(1) as thread:
        understanding = Understanding(thread)
        understanding.of(ears, said, (), "").cancel()
        assert (await understanding.of(ears, said, (), "")).language == "en"
