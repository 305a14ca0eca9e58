"""The caller's sound kept back while no session can hear it."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from app.audio.pcm import PHONE_RATE, Audio

PRE_ROLL_MS = 500.0  # before the first speech: our detector's own delay and the onset of the word
LONGEST_MS = 10_000.0  # older sound is dropped first
# 20-100 ms a message, never a second: https://ai.google.dev/gemini-api/docs/live-api/best-practices
STRETCH_FRAMES = 5


def stretches(frames: deque[Audio]) -> Iterator[Audio]:
    """Frames of 8 kHz sound in order, a few at a time; ``frames`` is empty afterwards."""
    while frames:
        few = [frames.popleft() for _ in range(min(STRETCH_FRAMES, len(frames)))]
        yield Audio(b"".join(frame.pcm for frame in few), PHONE_RATE)


@dataclass(slots=True)
class Kept:
    """A bounded store of 8 kHz sound in order. Before any speech only a pre-roll is kept."""

    speech: bool = False
    ms: float = 0.0
    _frames: deque[Audio] = field(default_factory=deque)

    def add(self, audio: Audio) -> None:
        """Keep one frame."""
        self._frames.append(audio)
        self.ms += audio.ms
        limit_ms = LONGEST_MS if self.speech else PRE_ROLL_MS
        while self.ms > limit_ms and self._frames:
            self.ms -= self._frames.popleft().ms

    def release(self) -> Iterator[Audio]:
        """All of it in order, a few frames at a time, and start anew."""
        self.ms = 0.0
        self.speech = False
        yield from stretches(self._frames)

    def drop(self) -> None:
        """Forget what is kept; what comes from now on is kept as before."""
        self.ms = 0.0
        self._frames.clear()
