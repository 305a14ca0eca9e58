"""What a stream may do to us, and what we do when it does nothing: pure counting, time as an argument."""

from collections import deque
from typing import Final

MOST_FAULTS: Final = 20
FAULT_WINDOW_S: Final = 1.0
FASTEST: Final = 3  # times real time
SOUND_WINDOW_S: Final = 10.0
IDLE_AFTER_S: Final = 0.1  # "Twilio does not send silent chunks" in some calls; a frame is due every 20 ms
LOOK_EVERY_S: Final = 0.2  # while sound flows; its silence is then filled in at once, and from there at its pace
GONE_AFTER_S: Final = 15.0

_STEP_MS = 20


class Flood:
    """Notices a peer that sends more nonsense, or more sound, than any telephone."""

    def __init__(self) -> None:
        self._faults: deque[float] = deque(maxlen=MOST_FAULTS + 1)
        self._window_began: float | None = None
        self._window_ms = 0.0

    def fault(self, now: float) -> bool:
        """Count a fault; True when there were more than 20 within a second."""
        self._faults.append(now)
        return len(self._faults) > MOST_FAULTS and now - self._faults[0] < FAULT_WINDOW_S

    def sound(self, ms: float, now: float) -> bool:
        """Count sound; True when ten seconds brought more than three times their length."""
        if self._window_began is None or now - self._window_began >= SOUND_WINDOW_S:
            self._window_began, self._window_ms = now, 0.0
        self._window_ms += ms
        return self._window_ms > FASTEST * SOUND_WINDOW_S * 1000


class Quiet:
    """Counts the silence owed to the call while Twilio sends no sound, and when to give the stream up."""

    def __init__(self, now: float) -> None:
        self._frame_at = now
        self._sound_at = now
        self._given_ms = 0

    def frame(self, now: float) -> None:
        """Something arrived, whatever it was."""
        self._frame_at = now

    def sound(self, now: float) -> None:
        """Sound arrived."""
        self._sound_at = now
        self._given_ms = 0

    def owed_ms(self, now: float) -> int:
        """Silence to feed now, so that it flows at the pace of the wall clock; counted as given."""
        idle_ms = int((now - self._sound_at - IDLE_AFTER_S) * 1000)
        owed_ms = max(0, idle_ms - self._given_ms) // _STEP_MS * _STEP_MS
        self._given_ms += owed_ms
        return owed_ms

    def gone(self, now: float) -> bool:
        """Whether nothing at all came for so long that the caller must be gone."""
        return now - self._frame_at > GONE_AFTER_S

    def look_again_s(self, now: float) -> float:
        """How long from ``now`` nothing can be owed."""
        due = self._sound_at + IDLE_AFTER_S + (self._given_ms + _STEP_MS) / 1000
        return max(_STEP_MS / 1000 if self._given_ms else LOOK_EVERY_S, due - now)
