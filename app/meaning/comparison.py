"""Two versions beside each other, figure by figure: what differs, how sure that is, and what it would take to know."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from app.meaning.call import CallFigures
from app.meaning.calls import Lot, lot_of
from app.meaning.definitions import METRICS, Metric
from app.meaning.intervals import Difference, Estimate, difference, estimate
from app.meaning.samples import Measures

FEWEST: Final = 20  # calls a side: with fewer nothing is said of a difference
MOST_MORE: Final = 100_000  # calls; a difference that takes more to see does not matter
MEDIAN, P95 = 0.5, 0.95


class Verdict(StrEnum):
    """What can be said of a difference. A figure of which neither more nor less is good is ``higher`` or ``lower``."""

    BETTER = "better"
    WORSE = "worse"
    HIGHER = "higher"
    LOWER = "lower"
    ALIKE = "alike"  # cannot be told apart yet
    FEW = "few"  # too few calls to say anything
    NONE = "none"  # a side has nothing to compare


@dataclass(frozen=True, slots=True)
class Compared:
    """One figure of two versions; ``at`` is which percentile it is, where it is one.

    ``more`` is about how many calls a side it would take to tell them apart if the difference stays as it is, or to say
    anything at all; None where that is settled, or more than MOST_MORE.
    """

    metric: Metric
    verdict: Verdict
    one: Estimate | None = None
    other: Estimate | None = None
    difference: Difference | None = None
    at: float | None = None
    more: int | None = None


def compared(ones: Sequence[CallFigures], others: Sequence[CallFigures]) -> list[Compared]:
    """Every figure that says what a call is like, of two lots of calls: the first less the second."""
    lots = lot_of(ones), lot_of(others)
    return [found for metric in METRICS for found in _compared(metric, *lots)]


def _compared(metric: Metric, ones: Lot, others: Lot) -> Iterator[Compared]:
    sides = metric.sample(ones), metric.sample(others)
    percentiles = (MEDIAN, P95) if isinstance(sides[0], Measures) else (None,)
    for at in percentiles:
        one, other = (estimate(side, at or MEDIAN) for side in sides)
        yield _judged(metric, one, other, at)


def _judged(metric: Metric, one: Estimate | None, other: Estimate | None, at: float | None) -> Compared:
    if one is None or other is None:
        return Compared(metric, Verdict.NONE, one, other, at=at)
    found = difference(one, other)
    missing = max(max(FEWEST, side.least) - side.calls for side in (one, other))
    if missing > 0 or not math.isfinite(found.high - found.low):
        return Compared(metric, Verdict.FEW, one, other, found, at, max(missing, 1))
    if found.is_sure:
        return Compared(metric, _said(metric, found), one, other, found, at)
    return Compared(metric, Verdict.ALIKE, one, other, found, at, _wanted(one, other, found))


def _said(metric: Metric, found: Difference) -> Verdict:
    if not metric.good:
        return Verdict.HIGHER if found.value > 0 else Verdict.LOWER
    return Verdict.BETTER if (found.value > 0) == (metric.good == "more") else Verdict.WORSE


def _wanted(one: Estimate, other: Estimate, found: Difference) -> int | None:
    """How many calls more on each side bring the nearer bound to zero: a side's margin shrinks by their square root."""
    if found.value > 0:
        margins = (one.value - one.low, one.calls), (other.high - other.value, other.calls)
    else:
        margins = (one.high - one.value, one.calls), (other.value - other.low, other.calls)
    few, many = 0, MOST_MORE
    if not found.value or _margin(margins, many) > abs(found.value):
        return None
    while many - few > 1:
        middle = (few + many) // 2
        few, many = (middle, many) if _margin(margins, middle) > abs(found.value) else (few, middle)
    return rounded_up(many)


def _margin(margins: Sequence[tuple[float, int]], more: int) -> float:
    return math.sqrt(sum(margin * margin * calls / (calls + more) for margin, calls in margins))


def rounded_up(number: int) -> int:
    """To two digits: 1,234 is 1,300."""
    step: int = 10 ** max(0, len(str(number)) - 2)
    return -(-number // step) * step
