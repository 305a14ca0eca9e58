"""The sound of the lines' greetings: said once by the Live model, kept in files and at hand in memory."""

import asyncio
import hashlib
import io
import json
import os
import tempfile
import time
import wave
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import stamina
import structlog
from google import genai

from app.audio.pcm import BYTES_PER_SAMPLE, MODEL_OUTPUT_RATE, Audio
from app.gemini.greetings import GreetingNotMade, record_greeting
from app.gemini.models import Backend
from app.gemini.setup import SetupWish
from app.telemetry import metrics

MOST = 200  # greetings in memory
MOST_BYTES = 64 * 1024 * 1024
MOST_FILES = 400
MOST_WANTED = 50
ATTEMPTS = 2
FIRST_WAIT_S = 2.0
REST_S = 300.0  # after the last attempt: each call wants its greeting, and what fails costs sessions

log = structlog.get_logger(__name__)

_UNREADABLE = (OSError, ValueError, KeyError, TypeError, EOFError, wave.Error)


@dataclass(frozen=True, slots=True)
class GreetingKey:
    """All that a greeting's sound depends on."""

    line: str
    language: str
    voice: str
    model: str
    text: str

    @property
    def name(self) -> str:
        """What its files are called, without suffix."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


Record = Callable[[GreetingKey], Awaitable[Audio]]


def recorder(client: genai.Client, *, backend: Backend, raw: bool = True) -> Record:
    """Has greetings said by sessions of ``client``; raises GreetingNotMade."""

    async def record(key: GreetingKey) -> Audio:
        wish = SetupWish(model=key.model, voice=key.voice)
        return await record_greeting(client, wish, key.text, key.language, backend=backend, raw=raw)

    return record


class GreetingCache:
    """Greetings by key. What is wanted and not there is made in the background, one at a time, while ``run`` runs."""

    def __init__(
        self,
        folder: Path,
        record: Record,
        *,
        most: int = MOST,
        most_bytes: int = MOST_BYTES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._files = GreetingFiles(folder)
        self._record = record
        self._most = most
        self._most_bytes = most_bytes
        self._clock = clock
        self._sounds: OrderedDict[GreetingKey, Audio] = OrderedDict()  # the one used last stands last
        self._bytes = 0
        self._wanted: asyncio.Queue[GreetingKey] = asyncio.Queue(MOST_WANTED)
        self._pending: set[GreetingKey] = set()
        self._resting: dict[GreetingKey, float] = {}  # until when

    def sound(self, key: GreetingKey) -> Audio | None:
        """The greeting's sound, if it is at hand."""
        sound = self._sounds.get(key)
        if sound is not None:
            self._sounds.move_to_end(key)
        return sound

    def want(self, key: GreetingKey) -> None:
        """Have the greeting made, unless it is there, under way, or failed a while ago."""
        if key in self._sounds or key in self._pending or self._resting.get(key, 0.0) > self._clock():
            return
        if self._wanted.full():
            log.warning("greeting not wanted now", line=key.line, next_step="none: the next call wants it again")
            return
        self._pending.add(key)
        self._wanted.put_nowait(key)

    async def settled(self) -> None:
        """Wait until all that was wanted has been made, or was given up; ``run`` must run meanwhile."""
        await self._wanted.join()

    async def run(self) -> None:
        """Read what there is, then make what is wanted, until cancelled."""
        for key, sound in await asyncio.to_thread(self._files.read_newest, self._most, self._most_bytes):
            self._keep(key, sound)
        while True:
            key = await self._wanted.get()
            try:
                await self._find_or_make(key)
            finally:
                self._pending.discard(key)
                self._wanted.task_done()

    async def _find_or_make(self, key: GreetingKey) -> None:
        """Another process may have made it, or it left our memory for others."""
        if key in self._sounds:
            return
        sound = await asyncio.to_thread(self._files.read, key)
        if sound is None:
            sound = await self._made(key)
            if sound is None:
                return
            await self._write(key, sound)
        self._keep(key, sound)

    async def _made(self, key: GreetingKey) -> Audio | None:
        began = self._clock()
        try:
            async for attempt in stamina.retry_context(
                on=GreetingNotMade, attempts=ATTEMPTS, timeout=None, wait_initial=FIRST_WAIT_S, wait_max=30.0
            ):
                with attempt:
                    sound = await self._record(key)
        except GreetingNotMade as failure:
            self._rest(key, str(failure))
            return None
        metrics.greetings_made.labels("made").inc()
        took_s = round(self._clock() - began, 1)
        log.info("greeting made", line=key.line, language=key.language, voice=key.voice, ms=sound.ms, took_s=took_s)
        return sound

    def _rest(self, key: GreetingKey, reason: str) -> None:
        now = self._clock()
        self._resting = {other: until for other, until in self._resting.items() if until > now}
        self._resting[key] = now + REST_S
        metrics.greetings_made.labels("failed").inc()
        log.warning(
            "greeting not made",
            line=key.line,
            language=key.language,
            reason=reason,
            next_step="none at once: calls are greeted by their own session. "
            "If it persists, write the greeting so that it is said as it is spelled, or see `frontline doctor`",
        )

    async def _write(self, key: GreetingKey, sound: Audio) -> None:
        try:
            await asyncio.to_thread(self._files.write, key, sound)
        except OSError as error:
            log.warning("greeting not kept", reason=str(error), next_step="see that the data folder can be written to")

    def _keep(self, key: GreetingKey, sound: Audio) -> None:
        if key in self._sounds:
            self._bytes -= len(self._sounds.pop(key).pcm)
        self._sounds[key] = sound
        self._bytes += len(sound.pcm)
        while len(self._sounds) > self._most or (self._bytes > self._most_bytes and len(self._sounds) > 1):
            self._bytes -= len(self._sounds.popitem(last=False)[1].pcm)


class GreetingFiles:
    """A folder of greetings: ``<name>.wav``, and ``<name>.json`` that says what it is and proves it whole."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read_newest(self, most: int, most_bytes: int) -> list[tuple[GreetingKey, Audio]]:
        """The newest that fit, oldest first."""
        found: list[tuple[GreetingKey, Audio]] = []
        room = most_bytes
        for file in self._newest_first()[:most]:
            if (one := self._read(file)) is not None and (room := room - len(one[1].pcm)) >= 0:
                found.append(one)
        return found[::-1]

    def read(self, key: GreetingKey) -> Audio | None:
        """The sound of a greeting, if its files are whole."""
        file = self._folder / f"{key.name}.json"
        found = self._read(file) if file.exists() else None
        return found[1] if found is not None else None

    def write(self, key: GreetingKey, sound: Audio) -> None:
        """Keep a sound; what proves it whole comes last. Raises OSError."""
        self._folder.mkdir(parents=True, exist_ok=True)
        data = wav_of(sound)
        about = {"key": asdict(key), "made_at": datetime.now(UTC).isoformat(timespec="seconds"), "sha256": _hash(data)}
        self._replace(f"{key.name}.wav", data)
        self._replace(f"{key.name}.json", json.dumps(about, ensure_ascii=False, indent=2).encode())
        for old in self._newest_first()[MOST_FILES:]:
            old.unlink(missing_ok=True)
            old.with_suffix(".wav").unlink(missing_ok=True)

    def _newest_first(self) -> list[Path]:
        dated: list[tuple[float, Path]] = []
        for file in self._folder.glob("*.json"):
            with suppress(OSError):  # another process may have taken it away
                dated.append((file.stat().st_mtime, file))
        return [file for _, file in sorted(dated, reverse=True)]

    def _read(self, file: Path) -> tuple[GreetingKey, Audio] | None:
        try:
            about = json.loads(file.read_bytes())
            key = _key(about["key"])
            data = file.with_suffix(".wav").read_bytes()
            if key.name != file.stem or _hash(data) != about["sha256"]:
                raise ValueError("it is not what it was written as")
            return key, _sound(data)
        except _UNREADABLE as error:
            next_step = "none: it is made again when a call wants it"
            log.warning("greeting unreadable", file=file.name, reason=str(error), next_step=next_step)
            return None

    def _replace(self, name: str, data: bytes) -> None:
        """Write a file so that whoever reads it sees all of it or the one before."""
        handle, unfinished = tempfile.mkstemp(dir=self._folder, suffix=".unfinished")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            Path(unfinished).replace(self._folder / name)
        except OSError:
            Path(unfinished).unlink(missing_ok=True)
            raise


def _key(about: Mapping[str, object]) -> GreetingKey:
    return GreetingKey(**{name: str(value) for name, value in about.items()})


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def wav_of(sound: Audio) -> bytes:
    """The sound as a file: 16 bits, mono."""
    written = io.BytesIO()
    with wave.open(written, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(BYTES_PER_SAMPLE)
        file.setframerate(sound.rate)
        file.writeframes(sound.pcm)
    return written.getvalue()


def _sound(data: bytes) -> Audio:
    """Raises ValueError for sound that is not the model's kind."""
    with wave.open(io.BytesIO(data), "rb") as file:
        if (file.getnchannels(), file.getsampwidth(), file.getframerate()) != (1, BYTES_PER_SAMPLE, MODEL_OUTPUT_RATE):
            raise ValueError("it is not 16 bit mono at 24 kHz")
        return Audio(file.readframes(file.getnframes()), MODEL_OUTPUT_RATE)
