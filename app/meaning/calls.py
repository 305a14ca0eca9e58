"""Which calls count, and which of them were the end of the matter."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import pairwise

from app.meaning.call import CallFigures
from app.twilio.callers import hidden

AGAIN_WITHIN = timedelta(days=7)


def valid(calls: Iterable[CallFigures]) -> list[CallFigures]:
    """Calls that were answered, are over, and lasted long enough to tell something."""
    return [call for call in calls if call.counts]


def called_again(calls: Sequence[CallFigures]) -> frozenset[str]:
    """Calls after which the same number called the same line again within AGAIN_WITHIN; by CallSid."""
    by_caller: dict[tuple[str, str], list[CallFigures]] = defaultdict(list)
    for call in calls:
        if not hidden(call.caller) and call.answered:
            by_caller[call.caller, call.line].append(call)
    again = set()
    for theirs in by_caller.values():
        ordered = sorted(theirs, key=lambda call: call.started_at)
        for call, following in pairwise(ordered):
            if following.started_at - call.started_at <= AGAIN_WITHIN:
                again.add(call.call_sid)
    return frozenset(again)


def resolved(calls: Sequence[CallFigures]) -> list[CallFigures]:
    """Valid calls that nobody of the house took part in, nobody gave up, and nobody called again after."""
    again = called_again(calls)
    return [call for call in valid(calls) if call.contained and not call.let_down and call.call_sid not in again]
