"""What to do when a Live session is lost: one table, a row a signal, the attempts of each in order.

Where a row is at its end the call is handed off. The signals and their rows:
https://ai.google.dev/gemini-api/docs/live-api/session-management, and what has been seen of the service, by issue.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from types import MappingProxyType

OLD_S = 540.0  # a connection this old is cut by plan, whatever the code says
PAUSES_S = (0.0, 0.25, 0.5, 1.0, 2.0, 2.0)  # before each attempt: together less than 6 s
CROWDED_PAUSE_S = 0.5  # a limit on requests is not waited out by asking again at once

_BAD_KEY = frozenset({400, 401, 403, 404})  # HTTP at the upgrade: a key or a name is wrong
_SPENT = ("resource exhausted", "resource has been exhausted", "resource_exhausted", "quota", "too many requests")
_EXPIRED = "deadline expired"
# 1008 that a session survives: autonomous-os#238, https://github.com/googleapis/js-genai/issues/1236
_PASSING = ("operation was aborted", "not implemented, or supported")


class Signal(Enum):
    """What a loss means."""

    PLANNED = auto()  # after GoAway, or of an old connection: whatever the code, the session is there to be resumed
    NETWORK = auto()
    INVALID = auto()  # 1007: never again unchanged, and a handle is spent too
    POLICY = auto()  # 1008: a handle that is not known, a name that is wrong
    INTERNAL = auto()
    EXPIRED = auto()
    QUOTA = auto()
    NO_ANSWER = auto()
    BAD_KEY = auto()
    OUTAGE = auto()


class Way(Enum):
    """How the next session is had."""

    RESUME = auto()  # with the handle
    FRESH = auto()  # seeded with the call's own story
    SECOND = auto()  # the same, of the second model or region, where there is one; the call stays there


R, F, S = Way.RESUME, Way.FRESH, Way.SECOND

POLICY: Mapping[Signal, tuple[Way, ...]] = MappingProxyType(
    {
        Signal.PLANNED: (R, R, F, S),
        Signal.NETWORK: (R, R, R, F, S),
        Signal.INVALID: (F, S),
        Signal.POLICY: (F, S),
        Signal.INTERNAL: (R, R, F, S),  # a resume is refused with 1011 while the old connection is still seen as open
        Signal.EXPIRED: (R, F, S),
        Signal.QUOTA: (R, S, F, F),
        Signal.NO_ANSWER: (R, F, S),
        Signal.BAD_KEY: (S,),
        Signal.OUTAGE: (R, S, F, F),
    }
)


@dataclass(frozen=True, slots=True)
class Chances:
    """What is left to try with: a handle, a second route, and a setup other than the one that was lost."""

    handle: bool = True
    second: bool = False
    change: bool = True


@dataclass(frozen=True, slots=True)
class Attempt:
    """One more try, after a pause."""

    way: Way
    after_s: float


def signal_of(code: int, reason: str, *, planned: bool = False) -> Signal:
    """What a close ``code``, or HTTP status, means with its ``reason``; ``planned``: GoAway came, or it was old."""
    said = reason.lower()
    if code == 1007:
        return Signal.INVALID
    if code == 429 or any(words in said for words in _SPENT):
        return Signal.QUOTA
    if code in _BAD_KEY:
        return Signal.BAD_KEY
    if 500 <= code < 600:
        return Signal.OUTAGE
    if code == 0:
        return Signal.NO_ANSWER
    return Signal.PLANNED if planned else _of_close(code, said)


def _of_close(code: int, said: str) -> Signal:
    if code == 1011:
        return Signal.EXPIRED if _EXPIRED in said else Signal.INTERNAL
    if code == 1008:
        return Signal.INTERNAL if any(words in said for words in _PASSING) else Signal.POLICY
    return Signal.NETWORK


def next_attempt(signal: Signal, tried: Sequence[Way], chances: Chances) -> Attempt | None:
    """The next try of the signal's row that was not made yet; None hands the call off.

    ``tried`` are the attempts since the last session that was a good one, whatever led to each.
    """
    if len(tried) >= len(PAUSES_S):
        return None
    made = Counter(tried)
    for way in _row(signal, chances):
        if made[way]:
            made[way] -= 1
        else:
            pause_s = PAUSES_S[len(tried)]
            return Attempt(way, max(pause_s, CROWDED_PAUSE_S) if signal is Signal.QUOTA else pause_s)
    return None


def _row(signal: Signal, chances: Chances) -> list[Way]:
    """The row as far as it can be gone: without a handle a session begins afresh."""
    row = [Way.FRESH if way is Way.RESUME and not chances.handle else way for way in POLICY[signal]]
    unchanged = signal is Signal.INVALID and not chances.change
    cannot = {Way.FRESH: unchanged, Way.SECOND: not chances.second, Way.RESUME: False}
    return [way for way in row if not cannot[way]]
