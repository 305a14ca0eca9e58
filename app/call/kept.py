"""The caller's sound kept back while no session can hear it."""

from collections import deque
from dataclasses import dataclass, field

from app.audio.pcm import PHONE_RATE, Audio

PRE_ROLL_MS = 500.0  # before the first speech: our detector's own delay and the onset of the word
LONGEST_MS = 10_000.0  # older sound is dropped first


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
        while self.ms > limit_ms:
            self.ms -= self._frames.popleft().ms

    def release(self) -> Audio | None:
        """All of it as one stretch, and start anew; None when nothing was kept."""
        if not self._frames:
            return None
        pcm = b"".join(frame.pcm for frame in self._frames)
        self._frames.clear()
        self.ms = 0.0
        self.speech = False
        return Audio(pcm, PHONE_RATE)
