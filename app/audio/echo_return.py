"""How much of the assistant's own sound comes back on a line: at first the most there can be, then what was heard."""

from collections import deque

MOST = 0.28  # of what is played at most this much comes back: 12 dB of return loss, and 1 dB to spare
LEAST = 0.1  # no line is trusted further: a telephone may be put on its loudspeaker in mid-call
SPARE = 1.6  # 4 dB between the loudest echo heard and the caller
LATEST_MS = 500  # and no later than this

LOUD = 500.0  # RMS, -36 dBFS: of softer sound nothing can be learned
_STRETCH = 50  # frames under such sound, a second
_KNOWN = 2  # stretches, before less than MOST is believed
_REMEMBERED = 4


class EchoReturn:
    """What one line gives back, from the levels on both its sides, 20 ms at a time (16-bit units)."""

    __slots__ = ("_count", "_learned", "_loudest", "_played", "_share", "_stretch")

    def __init__(self, frame_ms: int) -> None:
        self._played: deque[float] = deque([0.0], maxlen=LATEST_MS // frame_ms)
        self._loudest = 0.0
        self._learned: deque[float] = deque(maxlen=_REMEMBERED)
        self._share = MOST
        self._stretch = 0.0
        self._count = 0

    def play(self, far_rms: float) -> float:
        """Another frame of the assistant is heard; returns the RMS up to which the line's sound may be its echo."""
        self._played.append(far_rms)
        self._loudest = max(self._played)
        return self._loudest * self._share

    def learn(self, level: float) -> None:
        """``level`` is the line's while the caller does not speak."""
        if self._loudest < LOUD:
            return
        self._stretch = max(self._stretch, level / self._loudest)
        self._count += 1
        if self._count < _STRETCH:
            return
        self._learned.append(self._stretch)
        self._stretch, self._count = 0.0, 0
        if len(self._learned) >= _KNOWN:
            self._share = min(MOST, max(LEAST, max(self._learned) * SPARE))
