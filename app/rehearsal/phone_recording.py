"""The recording of a rehearsed call: caller left, assistant right, one real-time axis, 8 kHz 16-bit WAV."""

import asyncio
import wave
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.rehearsal.phone_sound import FRAME, FRAME_MS, LOUD_RMS, RATE, Samples, rms

PAUSE_MS = 600  # silence that parts two stretches of speech
LONGEST_MS = 25_000  # a stretch is cut here: a recogniser hears thirty seconds at once
BLOCK_S = 1.0
_AROUND = 10  # frames kept around a stretch


class Recording:
    """Collects frames on the event loop; whole blocks are written by a thread."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._block = bytearray()
        self._file: wave.Wave_write | None = None

    def add(self, caller: Samples, assistant: Samples) -> None:
        """One frame of both sides."""
        self._block += np.stack((caller, assistant), axis=1).tobytes()

    def take(self) -> bytes:
        """What was added since the last time."""
        block, self._block = self._block, bytearray()
        return bytes(block)

    def write(self, block: bytes) -> None:
        """Write a block; blocking, so for a thread."""
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = wave.open(str(self.path), "wb")  # noqa: SIM115  (open for as long as the call)
            self._file.setparams((2, 2, RATE, 0, "NONE", ""))
        self._file.writeframes(block)

    async def keep(self, ended: asyncio.Event) -> None:
        """Write block by block until the call has ended."""
        while not ended.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(ended.wait(), BLOCK_S)
            await asyncio.to_thread(self.write, self.take())

    def close(self) -> None:
        """Write the rest and close the file; blocking."""
        self.write(self.take())
        if self._file is not None:
            self._file.close()


@dataclass(frozen=True, slots=True)
class Stretch:
    """Sound of one side between two pauses; ``samples`` have a little of the silence around it."""

    start_s: float
    end_s: float
    samples: Samples


def levels(path: Path, channel: int) -> list[float]:
    """How loud each frame of one channel (0 caller, 1 assistant) is (rms); blocking."""
    return [rms(frame) for frame in _frames(path, channel)]


def stretches(path: Path, channel: int) -> Iterator[Stretch]:
    """The stretches of speech of one channel (0 caller, 1 assistant), read as a stream."""
    frames: list[Samples] = []
    first = loud_at = -1
    before = 0
    for number, frame in enumerate(_frames(path, channel)):
        loud = float(np.sqrt(np.mean(frame.astype(np.float32) ** 2))) > LOUD_RMS
        loud_at = number if loud else loud_at
        if first < 0 and not loud:
            frames = [*frames[-_AROUND + 1 :], frame]
            continue
        if first < 0:
            first, before = number, len(frames)
        frames.append(frame)
        if _over(number - loud_at, len(frames)):
            yield _stretch(first, loud_at, frames[: before + loud_at - first + 1 + _AROUND])
            frames, first = [], -1
    if first >= 0:
        yield _stretch(first, loud_at, frames[: before + loud_at - first + 1 + _AROUND])


def _over(silent: int, length: int) -> bool:
    return silent * FRAME_MS >= PAUSE_MS or length * FRAME_MS >= LONGEST_MS


def _stretch(first: int, loud_at: int, frames: list[Samples]) -> Stretch:
    return Stretch(first * FRAME_MS / 1000, (loud_at + 1) * FRAME_MS / 1000, np.concatenate(frames))


def _frames(path: Path, channel: int) -> Iterator[Samples]:
    with wave.open(str(path), "rb") as file:
        while block := file.readframes(FRAME):
            yield np.frombuffer(block, np.int16).reshape(-1, 2)[:, channel]
