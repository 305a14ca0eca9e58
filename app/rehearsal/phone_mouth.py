"""The caller's end of the line: what is being said, with line noise, the room and the assistant's echo in it. Pure."""

from collections import deque

import numpy as np

from app.rehearsal.phone_sound import FRAME, FRAME_MS, Samples, noise, typing

ECHO_DELAY_MS = 120  # there and back over a telephone network
_QUIET = np.zeros(FRAME, np.int16)


class Mouth:
    """Gives the caller's channel, frame by frame.

    ``noise_db``: how far line noise lies below the caller's speech. ``echo_db``: how much weaker the
    assistant's sound comes back in the caller's channel. ``typing_db``: how far somebody's typing in the room lies
    below their speech. None: none.
    """

    def __init__(
        self, noise_db: float | None = None, echo_db: float | None = None, typing_db: float | None = None
    ) -> None:
        around = [] if noise_db is None else [noise(noise_db)]
        self._around = around if typing_db is None else [*around, typing(typing_db)]
        self._echo = 0.0 if echo_db is None else 10 ** (-echo_db / 20)
        self._returning = deque([_QUIET] * (ECHO_DELAY_MS // FRAME_MS), maxlen=ECHO_DELAY_MS // FRAME_MS)
        self._saying: Samples = _QUIET[:0]
        self._frames = 0

    @property
    def speaking(self) -> bool:
        """Is there anything left to say?"""
        return self._saying.size > 0

    def say(self, samples: Samples) -> None:
        """Begin to say something, from the next frame on; what was being said breaks off."""
        self._saying = samples

    def pull(self) -> Samples:
        """The next frame as the line carries it."""
        said, self._saying = self._saying[:FRAME], self._saying[FRAME:]
        self._frames += 1
        frame = said if said.size == FRAME else np.concatenate((said, _QUIET[said.size :]))
        if not self._around and not self._echo:
            return frame
        return self._spoilt(frame)

    def hear(self, samples: Samples) -> None:
        """What the assistant's channel sounded meanwhile: it comes back as echo."""
        if self._echo:
            self._returning.append(samples)

    def _spoilt(self, frame: Samples) -> Samples:
        mixed = frame.astype(np.float32)
        for sound in self._around:
            start = (self._frames * FRAME) % (len(sound) - FRAME)
            mixed += sound[start : start + FRAME]
        if self._echo:
            mixed += self._returning[0] * np.float32(self._echo)
        return np.clip(mixed, -32_768, 32_767).astype(np.int16)
