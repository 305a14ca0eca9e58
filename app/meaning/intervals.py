"""How sure a figure is, and the difference of two: intervals that hold what is true nineteen times of twenty.

Answers of one call are more alike than answers of different calls: a hundred of ten calls say less than a hundred of a
hundred. Where a call adds several values, the variance is that of a ratio of sums over calls (W. G. Cochran, *Sampling
Techniques*, 3rd edition, 1977, chapter 6), and the number of values counts for as many fewer, by the design effect
(J. N. K. Rao and A. J. Scott, 1992, Biometrics 48:577).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

import numpy as np
from numpy.typing import NDArray

from app.meaning.samples import Measures, Parts, Rates, Sample, Total
from app.meaning.values import rank

Z: Final = 1.959964  # of a 95 % interval
MISSED: Final = 0.025  # at either end of it
FEW_CALLS: Final = 20  # with fewer, a ratio of sums is not spread as is supposed here
Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure, and the bounds of where it truly is: infinite where there is too little for one.

    ``calls`` have a part in it, ``least`` of them have to for both bounds to be known.
    """

    value: float
    low: float
    high: float
    calls: int
    least: int = 1


@dataclass(frozen=True, slots=True)
class Difference:
    """How much larger a figure is than another, and the bounds of that."""

    value: float
    low: float
    high: float

    @property
    def is_sure(self) -> bool:
        """Nothing within the bounds is none."""
        return self.low > 0.0 or self.high < 0.0


def estimate(sample: Sample, at: float = 0.5) -> Estimate | None:
    """A share, a ratio, or the value that a share ``at`` of all is at or below; None where no call has a part in it."""
    match sample:
        case Parts(each=each):
            return _share([(n, of) for n, of in each if of])
        case Measures(each=each):
            return _quantile([values for values in each if values], at)
        case Rates():
            return _ratio(sample)
        case Total():
            return None


def difference(one: Estimate, other: Estimate) -> Difference:
    """Of two independent figures, each with bounds of its own, ``one`` less ``other``.

    For shares with Wilson's bounds it is Newcombe's hybrid score interval (R. G. Newcombe, 1998, Statistics in Medicine
    17:873, method 10); for whatever else has bounds, its generalisation (G. Y. Zou and A. Donner, 2008, Statistics in
    Medicine 27:1693).
    """
    value = one.value - other.value
    low = value - math.hypot(one.value - one.low, other.high - other.value)
    high = value + math.hypot(one.high - one.value, other.value - other.low)
    return Difference(value, low, high)


def wilson(share: float, of: float) -> tuple[float, float]:
    """The bounds of a share of so many: https://en.wikipedia.org/wiki/Binomial_proportion_confidence_interval"""
    z2 = Z * Z
    middle = share + z2 / (2 * of)
    spread = Z * math.sqrt(share * (1 - share) / of + z2 / (4 * of * of))
    scale = 1 + z2 / of
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def _share(each: Sequence[tuple[int, int]]) -> Estimate | None:
    if not each:
        return None
    n, of = np.array(each).T
    total = int(of.sum())
    share = int(n.sum()) / total
    return Estimate(share, *wilson(share, total / _design_effect(n, of, share)), len(each))


def _design_effect(n: Counts, of: Counts, share: float) -> float:
    """By how much the values of a call repeat one another; 1 where each call has one.

    Where all are alike nothing tells, and those of a call are taken to say the same.
    """
    total = int(of.sum())
    if not 0.0 < share < 1.0:
        return total / len(of)
    return max(1.0, float(((n - share * of) ** 2).sum()) / (total * share * (1 - share)))


def _quantile(each: Sequence[tuple[float, ...]], at: float) -> Estimate | None:
    """Between two of the measured values, by their ranks, whatever they are spread like.

    Of a single value a call, the ranks are those of order statistics (W. J. Conover, *Practical Nonparametric
    Statistics*, 3rd edition, 1999, section 3.2); of several, they are as far out as those of fewer (R. S. Woodruff,
    1952, J. Am. Stat. Assoc. 47:635). Of too few, all may lie on one side of the percentile: it has no bounds then.
    """
    if not each:
        return None
    sizes = np.fromiter(map(len, each), np.int64, len(each))
    values = np.fromiter(chain.from_iterable(each), np.float64)
    ordered = np.sort(values)
    n = len(ordered)
    value = ordered[rank(n, at)]
    below = np.add.reduceat((values <= value).astype(np.int64), np.cumsum(sizes) - sizes)
    effect = _design_effect(below, sizes, int(below.sum()) / n)
    like = max(1, math.floor(n / effect + 1e-9))
    low = math.floor(_beyond(like, 1.0 - at) * n / like)
    high = math.floor(_beyond(like, at) * n / like)
    least = math.log(MISSED) / math.log(max(at, 1.0 - at)) * effect * len(each) / n
    bounds = (float(ordered[low - 1]) if low else -math.inf, float(ordered[n - high]) if high else math.inf)
    return Estimate(float(value), *bounds, len(each), math.ceil(least - 1e-9))


def _beyond(n: int, share: float) -> int:
    """The how-manieth of ``n`` values, from the largest, is below the percentile ``share`` only MISSED of the times.

    0 where not even the largest is. It is where the upper tail of a binomial distribution reaches so much.
    """
    spread = math.sqrt(n * share * (1.0 - share))
    number = min(n, math.ceil(n * share + 10.0 * spread))  # beyond it there is nothing to speak of
    ways = math.lgamma(n + 1) - math.lgamma(number + 1) - math.lgamma(n - number + 1)
    chance = math.exp(ways + number * math.log(share) + (n - number) * math.log(1.0 - share))
    tail = chance
    while tail <= MISSED and number > 0:
        chance *= number * (1.0 - share) / ((n - number + 1) * share)
        number -= 1
        tail += chance
    return n - number


def _ratio(sample: Rates) -> Estimate | None:
    """The ratio of two sums, by how it changes when each call is left out (the jackknife: Cochran, chapter 6).

    By Student's distribution: https://en.wikipedia.org/wiki/Student%27s_t-distribution
    """
    if not (sample.known and sample.each):
        return None
    amounts, bys = np.array(sample.each, np.float64).T
    amount, by, n = float(amounts.sum()), float(bys.sum()), len(bys)
    if not by:
        return None
    if n < 2 or bys.max() == by:
        return Estimate(amount / by, -math.inf, math.inf, n, FEW_CALLS)
    without = (amount - amounts) / (by - bys)
    spread = float(((without - without.mean()) ** 2).sum())
    margin = _student(n - 1) * math.sqrt(spread * (n - 1) / n)
    return Estimate(amount / by, amount / by - margin, amount / by + margin, n, FEW_CALLS)


def _student(freedom: int) -> float:
    """Of a 95 % interval, right to a hundredth from 8 on (the first terms of the expansion of Cornish and Fisher)."""
    z3, z5 = Z**3, Z**5
    return Z + (z3 + Z) / (4 * freedom) + (5 * z5 + 16 * z3 + 3 * Z) / (96 * freedom * freedom)
