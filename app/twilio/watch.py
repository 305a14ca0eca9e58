"""What a stream may do to us, and what we do when it does nothing: pure counting, time as an argument."""

from collections import deque
from collections.abc import Sequence
from typing import Final, Literal

from app.twilio.messages import Media

MOST_FAULTS: Final = 20
FAULT_WINDOW_S: Final = 1.0
FASTEST: Final = 3  # times real time
BURST_MS: Final = 15_000.0  # what a stall of the network has kept back may come at once
BORNE_S: Final = 10.0  # sound is dropped for so long, then the stream is over
CALM_S: Final = 1.0  # without a drop for so long, it was another time
WINDOW: Final = 3  # messages that wait for one which they have overtaken
IDLE_AFTER_S: Final = 0.1  # "Twilio does not send silent chunks" in some calls; a frame is due every 20 ms
LOOK_EVERY_S: Final = 0.2  # while sound flows; its silence is then filled in at once, and from there at its pace
GONE_AFTER_S: Final = 15.0
PAIR_MS: Final = 40  # two frames of sound

_STEP_MS = 20
_BYTES_PER_MS = 8  # of µ-law
_MOST_PAIRED = _STEP_MS * _BYTES_PER_MS


class Flood:
    """Notices a peer that sends more nonsense, or more sound, than any telephone."""

    def __init__(self) -> None:
        self._faults: deque[float] = deque(maxlen=MOST_FAULTS + 1)
        self._room_ms = BURST_MS
        self._looked_at: float | None = None
        self._dropping_since = self._dropped_at = float("-inf")

    def fault(self, now: float) -> bool:
        """Count a fault; True when there were more than 20 within a second."""
        self._faults.append(now)
        return len(self._faults) > MOST_FAULTS and now - self._faults[0] < FAULT_WINDOW_S

    def sound(self, ms: float, now: float) -> Literal["taken", "dropped", "too_much"]:
        """Take sound at three times its pace and a burst besides; what is above is dropped, and not for long."""
        passed_s = 0.0 if self._looked_at is None else now - self._looked_at
        self._looked_at = now
        self._room_ms = min(BURST_MS, self._room_ms + FASTEST * 1000 * passed_s)
        if ms <= self._room_ms:
            self._room_ms -= ms
            return "taken"
        if now - self._dropped_at > CALM_S:
            self._dropping_since = now
        self._dropped_at = now
        return "too_much" if now - self._dropping_since >= BORNE_S else "dropped"


class Order:
    """Puts sound that has overtaken other sound back in order."""

    def __init__(self) -> None:
        self._next: int | None = None
        self._early: dict[int, Media] = {}

    def take(self, media: Media) -> Sequence[Media] | None:
        """What may be used now; None for one that was there already, or comes too late."""
        number = media.chunk
        if number == self._next and not self._early:
            self._next = number + 1
            return (media,)
        if self._next is None:
            self._next = number
        if number < self._next or number in self._early:
            return None
        self._early[number] = media
        return self.waited() if len(self._early) > WINDOW else self._ready()

    def waited(self) -> Sequence[Media]:
        """What is missing does not come any more: what waits for it, up to the next gap."""
        if self._early:
            self._next = min(self._early)
        return self._ready()

    def _ready(self) -> list[Media]:
        ready: list[Media] = []
        while self._next is not None and self._next in self._early:
            ready.append(self._early.pop(self._next))
            self._next += 1
        return ready


class Pairs:
    """Puts every two messages of sound together: each way through the call costs as much for one as for both.

    The model gets ``FRONTLINE_UPLINK_MS`` at a time: where that is two frames, or four, nothing comes later by it.
    """

    def __init__(self, on: bool) -> None:
        self._on = on
        self._held: Media | None = None
        self._alone = False  # the first of a pair was given out by itself: the second is, too

    def take(self, media: Media) -> Sequence[Media]:
        """What is to be heard now: nothing, a pair as one, or both where the second does not follow on."""
        held, alone, self._held, self._alone = self._held, self._alone, None, False
        if held is None:
            if alone or not self._on or len(media.mulaw) > _MOST_PAIRED:
                return (media,)
            self._held = media
            return ()
        if len(media.mulaw) > _MOST_PAIRED or not _follows(media, held):
            return (held, media)
        both = held.mulaw + media.mulaw
        return (Media(media.stream_sid, media.sequence, media.chunk, held.timestamp_ms, both),)

    def rest(self) -> Sequence[Media]:
        """What waits for a second one: that does not come, or something else came first."""
        held, self._held = self._held, None
        self._alone = self._alone or held is not None
        return () if held is None else (held,)


def _follows(media: Media, before: Media) -> bool:
    return media.timestamp_ms - before.timestamp_ms == len(before.mulaw) // _BYTES_PER_MS


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
        """How long from ``now`` nothing can be owed; while sound flows, until the next look that all streams have."""
        if not self._given_ms:
            return _until_all_look(now)
        due = self._sound_at + IDLE_AFTER_S + (self._given_ms + _STEP_MS) / 1000
        return max(_STEP_MS / 1000, due - now)


def _until_all_look(now: float) -> float:
    """Five times a second by the clock: to be woken once for every stream is dearer than to look at them all."""
    wait_s = -now % LOOK_EVERY_S
    return wait_s if wait_s > _STEP_MS / 1000 else wait_s + LOOK_EVERY_S
