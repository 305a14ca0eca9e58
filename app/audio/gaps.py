"""The timeline of a stream's inbound sound: what is missing between its messages is filled in.

A lost stretch that is skipped shortens the caller's words and shifts everything after it, and a model
that hears nothing at all cannot end the caller's turn. So a short gap continues the last pitch period,
a longer one is silence, and a stream that has stopped sending goes on as silence at the wall's pace.
"""

import numpy as np
from numpy.typing import NDArray

from app.audio.pcm import BYTES_PER_SAMPLE, PHONE_RATE

TOLERANCE_MS = 10  # less than this is jitter of the timestamps, not a gap
LONGEST_FILL_MS = 1_000
REPEATED_MS = 60  # the last pitch period goes on for this long,
FULL_LEVEL_MS = 10  # at its own level first, then fading
CROSS_FADE_MS = 8  # from the fill into the first sound after it

_PER_MS = PHONE_RATE // 1000  # samples
_BYTES_PER_MS = _PER_MS * BYTES_PER_SAMPLE
_COMPARED = 20 * _PER_MS  # samples the pitch is looked for in
_SHORTEST_PERIOD, _LONGEST_PERIOD = 20, 120  # samples: 400 to 67 Hz
_KEPT_BYTES = (_COMPARED + _LONGEST_PERIOD) * BYTES_PER_SAMPLE
_STEP_FADE = 20  # samples over which the step from the end of a period to its beginning is smoothed

Samples = NDArray[np.float64]


class Timeline:
    """Puts the sound of one stream where its timestamps say.

    ``filled_ms`` counts the sound made up so far, ``jumps`` the gaps too long to be filled whole.
    """

    __slots__ = ("_chunk", "_end_ms", "_idled_ms", "_recent", "filled_ms", "jumps")

    def __init__(self) -> None:
        self.filled_ms = 0
        self.jumps = 0
        self._chunk = -1  # the highest seen
        self._end_ms: int | None = None  # where the sound placed last ends
        self._idled_ms = 0  # silence given since then
        self._recent = bytes(_KEPT_BYTES)

    def place(self, timestamp_ms: int, chunk: int | None, pcm: bytes) -> bytes:
        """8 kHz ``pcm`` that begins at ``timestamp_ms``, after whatever is missing before it; empty for a duplicate.

        ``chunk`` is the message's number in its stream, None where the peer sends none. Sound that
        follows on comes back as it is.
        """
        if chunk is not None:
            if chunk <= self._chunk:
                return b""
            self._chunk = chunk
        end_ms = timestamp_ms if self._end_ms is None else self._end_ms
        missing_ms = timestamp_ms - end_ms - self._idled_ms
        self._end_ms = timestamp_ms + len(pcm) // _BYTES_PER_MS
        self._idled_ms = 0
        sound = pcm if missing_ms < TOLERANCE_MS else self._bridge(missing_ms, pcm)
        self._recent = (self._recent + sound)[-_KEPT_BYTES:]
        return sound

    def idle(self, ms: int) -> bytes:
        """Silence for ``ms`` of wall time in which nothing came; the next gap is shorter by so much."""
        self._idled_ms += ms
        self.filled_ms += ms
        silence = bytes(ms * _BYTES_PER_MS)
        self._recent = (self._recent + silence)[-_KEPT_BYTES:]
        return silence

    def _bridge(self, missing_ms: int, pcm: bytes) -> bytes:
        """A fill of ``missing_ms``, then ``pcm`` faded in from it."""
        if missing_ms > LONGEST_FILL_MS:
            self.jumps += 1
            missing_ms = LONGEST_FILL_MS
        self.filled_ms += missing_ms
        after = np.frombuffer(pcm, "<i2").astype(np.float64)
        faded = min(CROSS_FADE_MS * _PER_MS, len(after))
        fill = np.zeros(missing_ms * _PER_MS + faded)
        continued = _continue(np.frombuffer(self._recent, "<i2").astype(np.float64))[: len(fill)]
        fill[: len(continued)] = continued
        rise = np.arange(1, faded + 1) / (faded + 1)
        after[:faded] = after[:faded] * rise + fill[len(fill) - faded :] * (1 - rise)
        sound = np.concatenate((fill[: len(fill) - faded], after))
        return np.rint(sound).clip(-32_768, 32_767).astype("<i2").tobytes()


def _continue(recent: Samples) -> Samples:
    """REPEATED_MS of sound that goes on from ``recent`` with its last pitch period, fading."""
    period = _pitch_period(recent)
    cycle = recent[-period:].copy()
    cycle[:_STEP_FADE] += (recent[-1] - recent[-period - 1]) * np.linspace(1, 0, _STEP_FADE)
    length = REPEATED_MS * _PER_MS
    fade = (length - np.arange(length)) / ((REPEATED_MS - FULL_LEVEL_MS) * _PER_MS)
    return np.resize(cycle, length) * np.minimum(fade, 1)


def _pitch_period(recent: Samples) -> int:
    """The shift, in samples, at which the end of ``recent`` is most like what came before it."""
    end = recent[-_COMPARED:]
    before = recent[: len(recent) - _SHORTEST_PERIOD]
    likeness = np.correlate(before, end, "valid")  # shifts from the longest period down to the shortest
    energy = np.correlate(before * before, np.ones(_COMPARED), "valid")
    return _LONGEST_PERIOD - int(np.argmax(likeness / np.sqrt(energy + 1)))
