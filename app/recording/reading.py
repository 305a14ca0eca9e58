"""Stored recordings for whoever listens to them: bytes of any range, opened on the way, and the peaks to draw."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

from app.store.objects import Objects
from app.store.recordings import ERASED, KeptRecording, RecordingBook

TYPES: Final = {"wav": "audio/wav", "opus": "audio/ogg"}  # by format; browsers play both


@dataclass(frozen=True, slots=True)
class Sound:
    """One stream's sound, to be played: ``type`` is its media type, ``size`` all its bytes."""

    kept: KeptRecording
    objects: Objects

    @property
    def type(self) -> str:
        return TYPES[self.kept.format]

    @property
    def size(self) -> int:
        return self.kept.size

    def stream(self, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes from ``start`` to before ``end``, a few chunks in memory. Raises what Objects raises."""
        return self.objects.stream(self.kept.key, start, end)

    async def peaks(self) -> bytes:
        """Four signed bytes a step: the caller's lowest and highest, then the assistant's."""
        return await self.objects.read(self.kept.peaks_key)


async def sounds_of(book: RecordingBook, objects: Objects, call_sid: str) -> list[Sound]:
    """What can be played of a call, a stream each, in order. Raises SQLAlchemyError, OSError."""
    return [Sound(kept, objects) for kept in await book.of_call(call_sid) if kept.state != ERASED]
