"""How loud our own sound is at the caller's ear now: what comes back of it is not the caller's speech."""

from collections import deque
from typing import Final

from app.audio.native import audioop
from app.audio.pcm import BYTES_PER_SAMPLE, MODEL_OUTPUT_RATE, Audio

FRAME_S: Final = 0.02

_FRAME_BYTES = int(MODEL_OUTPUT_RATE * FRAME_S) * BYTES_PER_SAMPLE


class Sounding:
    """The levels of what was sent, laid out on the time at which Twilio plays it."""

    def __init__(self) -> None:
        self._frames: deque[tuple[float, float]] = deque()  # (when it has been played, RMS)
        self._end = 0.0

    def sent(self, audio: Audio, now: float) -> None:
        """Twilio plays in order, at once when its buffer is empty."""
        began = max(self._end, now)
        self._end = began + audio.ms / 1000
        for number, rms in enumerate(_levels(audio), 1):
            self._frames.append((began + number * FRAME_S, rms))

    def cleared(self, now: float) -> None:
        """Nothing that was still to come will sound."""
        while self._frames and self._frames[-1][0] - FRAME_S > now:
            self._frames.pop()
        self._end = now

    def level(self, now: float) -> float:
        """RMS (16-bit units) of the loudest 20 ms that sounded since this was asked last; 0.0 for silence.

        Asked for every frame of the caller, which come in bursts where this process stood still for a moment.
        """
        frames, loudest = self._frames, 0.0
        while frames and frames[0][0] <= now:
            loudest = max(loudest, frames.popleft()[1])
        sounds = bool(frames) and frames[0][0] - FRAME_S <= now
        return max(loudest, frames[0][1]) if sounds else loudest


def _levels(audio: Audio) -> list[float]:
    """RMS of each whole 20 ms, or of the little there is."""
    pcm = audio.pcm
    whole = len(pcm) // _FRAME_BYTES * _FRAME_BYTES
    if whole == 0:
        return [float(audioop.rms(pcm, BYTES_PER_SAMPLE))] if pcm else []
    return [float(audioop.rms(pcm[at : at + _FRAME_BYTES], BYTES_PER_SAMPLE)) for at in range(0, whole, _FRAME_BYTES)]
