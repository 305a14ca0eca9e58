"""Greetings at hand: made once, kept in files, made again when a file is broken, never in the way of a call."""

import asyncio
import json
import wave
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import stamina

from app.audio.pcm import Audio
from app.gemini.greetings import GreetingNotMade
from app.greetings import ATTEMPTS, MOST_WANTED, REST_S, GreetingCache, GreetingFiles, GreetingKey
from app.telemetry import metrics

KEY = GreetingKey("store", "en-US", "Kore", "gemini-3.8-live", "Hello, I am an AI assistant.")
SPANISH = replace(KEY, language="es-US", text="Hola, soy un asistente de IA.")
SOUND = Audio(b"\x01\x00" * 2_400, 24_000)
WITHIN_S = 10.0


class Recorder:
    """Says every greeting at once, but as often as it is told not to."""

    def __init__(self, failures: int = 0) -> None:
        self.asked: list[GreetingKey] = []
        self.failures = failures
        self.let = asyncio.Event()
        self.let.set()
        self.at_once = self.most_at_once = 0

    async def __call__(self, key: GreetingKey) -> Audio:
        self.asked.append(key)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await self.let.wait()
        self.at_once -= 1
        if self.failures:
            self.failures -= 1
            raise GreetingNotMade("it said something else")
        return SOUND


@pytest.fixture(autouse=True)
def _no_waits() -> Iterator[None]:
    with stamina.set_testing(True, attempts=ATTEMPTS):
        yield


@asynccontextmanager
async def running(cache: GreetingCache) -> AsyncIterator[None]:
    task = asyncio.create_task(cache.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
    assert task.cancelled()


async def settled(cache: GreetingCache) -> None:
    """Until nothing is wanted any more, which is soon."""
    async with asyncio.timeout(WITHIN_S):
        await cache.settled()


async def made(folder: Path, *keys: GreetingKey, recorder: Recorder | None = None) -> GreetingCache:
    """A cache that was asked for these greetings, and has stopped."""
    cache = GreetingCache(folder, recorder or Recorder())
    async with running(cache):
        for key in keys:
            cache.want(key)
        await settled(cache)
    return cache


def files_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def read_again(folder: Path) -> GreetingCache:
    """A cache of the next process, once it has read the folder."""
    cache = GreetingCache(folder, Recorder(failures=99))
    async with running(cache):
        cache.want(replace(KEY, line="another"))
        await settled(cache)
    return cache


def results(result: str) -> float:
    return float(metrics.greetings_made.labels(result)._value.get())


async def test_a_greeting_is_made_once_and_at_hand_from_then_on(tmp_path: Path) -> None:
    recorder, before = Recorder(), results("made")
    cache = GreetingCache(tmp_path, recorder)
    async with running(cache):
        assert cache.sound(KEY) is None
        for _ in range(3):
            cache.want(KEY)
        await settled(cache)
        assert cache.sound(KEY) == SOUND
        cache.want(KEY)
        await settled(cache)
    assert recorder.asked == [KEY]
    assert results("made") == before + 1


async def test_another_text_voice_model_language_or_line_is_another_greeting(tmp_path: Path) -> None:
    cache = await made(tmp_path, KEY)
    assert cache.sound(KEY) == SOUND
    for change in ({"text": "Hi."}, {"voice": "Puck"}, {"model": "m"}, {"language": "en-GB"}, {"line": "bank"}):
        assert cache.sound(replace(KEY, **change)) is None


async def test_the_next_process_has_it_at_hand_without_a_session(tmp_path: Path) -> None:
    await made(tmp_path, KEY, SPANISH)
    cache = await read_again(tmp_path)
    assert cache.sound(KEY) == cache.sound(SPANISH) == SOUND


async def test_the_files_say_what_they_are(tmp_path: Path) -> None:
    await made(tmp_path, SPANISH)
    assert sorted(file.name for file in files_in(tmp_path)) == [f"{SPANISH.name}.json", f"{SPANISH.name}.wav"]
    about = json.loads((tmp_path / f"{SPANISH.name}.json").read_text())
    assert about["key"]["text"] == SPANISH.text
    assert about["made_at"].startswith("20")
    with wave.open(str(tmp_path / f"{SPANISH.name}.wav")) as file:
        assert (file.getframerate(), file.getnframes()) == (24_000, 2_400)


@pytest.mark.parametrize("suffix", [".wav", ".json"])
@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"RIFF\x00\x00", b"not JSON", None])
async def test_a_broken_file_is_no_greeting_and_is_made_again(
    tmp_path: Path, suffix: str, content: bytes | None
) -> None:
    await made(tmp_path, KEY, SPANISH)
    file = tmp_path / (KEY.name + suffix)
    file.write_bytes(file.read_bytes()[:-7] if content is None else content)
    cache = await read_again(tmp_path)
    assert cache.sound(KEY) is None
    assert cache.sound(SPANISH) == SOUND
    assert (await made(tmp_path, KEY)).sound(KEY) == SOUND
    assert (await read_again(tmp_path)).sound(KEY) == SOUND


async def test_a_file_under_another_s_name_is_not_taken(tmp_path: Path) -> None:
    await made(tmp_path, KEY)
    for suffix in (".json", ".wav"):
        (tmp_path / (KEY.name + suffix)).rename(tmp_path / (SPANISH.name + suffix))
    cache = await read_again(tmp_path)
    assert cache.sound(KEY) is None
    assert cache.sound(SPANISH) is None


async def test_sound_of_another_kind_is_not_taken(tmp_path: Path) -> None:
    GreetingFiles(tmp_path).write(KEY, Audio(bytes(320), 8_000))
    assert (await read_again(tmp_path)).sound(KEY) is None


async def test_it_is_tried_again_and_then_left_until_it_is_wanted_later(tmp_path: Path) -> None:
    now, before = [1_000.0], results("failed")
    recorder = Recorder(failures=ATTEMPTS)
    cache = GreetingCache(tmp_path, recorder, clock=lambda: now[0])
    async with running(cache):
        cache.want(KEY)
        await settled(cache)
        assert len(recorder.asked) == ATTEMPTS
        cache.want(KEY)
        await settled(cache)
        assert len(recorder.asked) == ATTEMPTS
        now[0] += REST_S + 1
        cache.want(KEY)
        await settled(cache)
    assert cache.sound(KEY) == SOUND
    assert results("failed") == before + 1


async def test_a_second_try_may_succeed(tmp_path: Path) -> None:
    assert (await made(tmp_path, KEY, recorder=Recorder(failures=1))).sound(KEY) == SOUND


async def test_one_session_at_a_time_and_a_bounded_number_wait(tmp_path: Path) -> None:
    recorder = Recorder()
    recorder.let.clear()
    cache = GreetingCache(tmp_path, recorder)
    async with running(cache):
        keys = [replace(KEY, text=f"Hello {number}.") for number in range(MOST_WANTED + 10)]
        for key in keys:
            cache.want(key)
        recorder.let.set()
        await settled(cache)
    assert recorder.most_at_once == 1
    assert recorder.asked == keys[:MOST_WANTED]


async def test_what_was_used_least_leaves_memory_and_is_read_again(tmp_path: Path) -> None:
    recorder = Recorder()
    cache = GreetingCache(tmp_path, recorder, most=2)
    third = replace(KEY, line="third")
    async with running(cache):
        for key in (KEY, SPANISH):
            cache.want(key)
            await settled(cache)
        assert cache.sound(KEY) == SOUND
        cache.want(third)
        await settled(cache)
        assert cache.sound(SPANISH) is None
        assert cache.sound(KEY) == cache.sound(third) == SOUND
        cache.want(SPANISH)
        await settled(cache)
        assert cache.sound(SPANISH) == SOUND
    assert recorder.asked == [KEY, SPANISH, third]


async def test_memory_is_bounded_in_bytes(tmp_path: Path) -> None:
    cache = GreetingCache(tmp_path, Recorder(), most_bytes=2 * len(SOUND.pcm))
    keys = [replace(KEY, line=str(number)) for number in range(5)]
    async with running(cache):
        for key in keys:
            cache.want(key)
        await settled(cache)
    assert [cache.sound(key) is not None for key in keys] == [False, False, False, True, True]


async def test_a_folder_that_cannot_be_written_costs_the_file_and_not_the_greeting(tmp_path: Path) -> None:
    folder = tmp_path / "greetings"
    folder.write_text("a file")
    assert (await made(folder, KEY)).sound(KEY) == SOUND


async def test_what_another_process_made_is_not_made_again(tmp_path: Path) -> None:
    recorder = Recorder()
    cache = GreetingCache(tmp_path, recorder)
    async with running(cache):
        cache.want(SPANISH)
        await settled(cache)
        GreetingFiles(tmp_path).write(KEY, SOUND)
        cache.want(KEY)
        await settled(cache)
    assert cache.sound(KEY) == SOUND
    assert recorder.asked == [SPANISH]
