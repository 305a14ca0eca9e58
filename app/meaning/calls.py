"""Which calls count, and which of them were the end of the matter."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

from app.meaning.call import CallFigures
from app.twilio.callers import hidden

AGAIN_WITHIN = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Lot:
    """Calls that figures are made of, and what most figures ask of them: found once for all.

    ``over`` were answered and have ended; ``valid`` lasted long enough, too, to tell something. By CallSid: ``again``
    as in ``called_again``; ``resolved`` are valid calls that nobody of the house took part in, nobody gave up, and
    nobody called again after.
    """

    calls: Sequence[CallFigures]
    over: Sequence[CallFigures]
    valid: Sequence[CallFigures]
    again: frozenset[str]
    resolved: frozenset[str]


def lot_of(calls: Sequence[CallFigures]) -> Lot:
    over = [call for call in calls if call.answered and call.disposition]
    valid = [call for call in over if call.counts]
    again = called_again(calls)
    well = (call.call_sid for call in valid if call.contained and not call.let_down)
    return Lot(calls, over, valid, again, frozenset(well) - again)


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
