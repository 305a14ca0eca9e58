"""Differences have the bounds that books give them, and hold what is true as often as they say."""

import math
import random
from collections.abc import Callable
from itertools import product

import pytest

from app.meaning.intervals import Estimate, difference, estimate, wilson
from app.meaning.samples import Measures, Parts, Rates, Sample, Total, measures, parts
from app.meaning.values import Amount

SPREAD = 0.5  # of a wait's logarithm, between calls and within each alike
P95 = 1.644854  # of a normal distribution


def shares(n: int, of: int) -> Parts:
    return parts(number < n for number in range(of))


def bounds(one: Sample, other: Sample, at: float = 0.5) -> tuple[float, float]:
    first, second = estimate(one, at), estimate(other, at)
    assert first is not None and second is not None
    found = difference(first, second)
    return found.low, found.high


def test_a_share_of_few_has_a_wide_interval() -> None:
    low, high = wilson(12 / 40, 40)
    assert (round(low, 3), round(high, 3)) == (0.181, 0.454)
    assert wilson(0.0, 5)[0] == 0.0 and wilson(1.0, 5)[1] == 1.0


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        ((56, 70), (48, 80), (0.0524, 0.3339)),
        ((9, 10), (3, 10), (0.1705, 0.8090)),
        ((5, 56), (0, 29), (-0.0381, 0.1926)),
    ],
)
def test_differences_of_shares_are_those_of_newcombes_table(
    one: tuple[int, int], other: tuple[int, int], told: tuple[float, float]
) -> None:
    """R. G. Newcombe, 1998, table II, method 10."""
    assert bounds(shares(*one), shares(*other)) == pytest.approx(told, abs=0.00006)


def test_turns_of_a_call_that_are_alike_count_as_one() -> None:
    together = Parts(((10, 10), (0, 10)) * 20)
    apart = Parts(((5, 10),) * 40)
    assert estimate(together) == Estimate(0.5, *wilson(0.5, 40), 40)
    assert estimate(apart) == Estimate(0.5, *wilson(0.5, 400), 40)
    assert estimate(Parts(((0, 10),) * 40)) == Estimate(0.0, *wilson(0.0, 40), 40)


def test_a_median_lies_between_two_of_the_values() -> None:
    """By the tables, the 40th and the 61st of a hundred, and the 2nd and the 9th of ten, hold it."""
    assert estimate(measures(range(1, 101))) == Estimate(50, 40, 61, 100, 6)
    assert estimate(measures(range(1, 11))) == Estimate(5, 2, 9, 10, 6)


def test_a_percentile_of_too_few_has_no_bounds() -> None:
    assert estimate(measures(range(1, 72)), 0.95) == Estimate(68, 63, math.inf, 71, 72)
    enough = estimate(measures(range(1, 73)), 0.95)
    assert enough is not None and enough.high == 72 and enough.low > 60
    assert estimate(measures(range(5))) == Estimate(2, -math.inf, math.inf, 5, 6)


def test_what_a_minute_costs_is_as_sure_as_calls_are_alike() -> None:
    """Ten calls of a minute, of a dollar or of three: 2 dollars a minute, give or take 2.262 times a third."""
    found = estimate(Rates(((1.0, 1.0), (3.0, 1.0)) * 5))
    assert found is not None and found.value == 2.0
    assert (found.low, found.high) == pytest.approx((2.0 - 2.262 / 3, 2.0 + 2.262 / 3), abs=0.002)
    alike = estimate(Rates(((1.0, 0.5), (3.0, 1.5), (2.0, 1.0))))
    assert alike is not None and (alike.low, alike.high) == (2.0, 2.0)
    assert estimate(Rates(((1.0, 1.0), (3.0, 0.0)))) == Estimate(4.0, -math.inf, math.inf, 2, 20)


@pytest.mark.parametrize(
    "sample", [parts([]), Parts(((0, 0),)), measures([None]), Rates(()), Rates(((0.0, 1.0),), False), Total(Amount(3))]
)
def test_of_nothing_there_is_no_estimate(sample: Sample) -> None:
    assert estimate(sample) is None


# ---- how often it is right


def missed(made: Callable[[random.Random], tuple[Sample, Sample]], true: float, at: float, times: int) -> float:
    chance = random.Random(7)
    wrong = 0
    for _ in range(times):
        low, high = bounds(*made(chance), at)
        wrong += not low <= true <= high
    return wrong / times


def waits(chance: random.Random, calls: int, middle: float) -> Measures:
    """Those of one call are alike, and some calls have many of them."""

    def of_a_call() -> tuple[float, ...]:
        theirs = chance.gauss(0.0, SPREAD)
        return tuple(middle * math.exp(theirs + chance.gauss(0.0, SPREAD)) for _ in range(chance.choice((1, 2, 4, 8))))

    return Measures(tuple(of_a_call() for _ in range(calls)))


@pytest.mark.parametrize(("share", "calls"), list(product((0.02, 0.3, 0.9), (20, 100))))
def test_shares_are_missed_one_time_of_twenty(share: float, calls: int) -> None:
    def made(chance: random.Random) -> tuple[Sample, Sample]:
        return parts(chance.random() < share for _ in range(calls)), parts(chance.random() < 0.5 for _ in range(80))

    assert missed(made, share - 0.5, 0.5, 500) <= 0.07


@pytest.mark.parametrize(("at", "factor"), [(0.5, 1.0), (0.95, math.exp(P95 * SPREAD * math.sqrt(2.0)))])
def test_waits_of_calls_are_missed_one_time_of_twenty(at: float, factor: float) -> None:
    def made(chance: random.Random) -> tuple[Sample, Sample]:
        return waits(chance, 60, 1_000.0), waits(chance, 90, 1_300.0)

    assert missed(made, -300.0 * factor, at, 200) <= 0.07


def test_taken_for_independent_the_same_waits_would_be_missed_far_more_often() -> None:
    def made(chance: random.Random) -> tuple[Sample, Sample]:
        one, other = waits(chance, 60, 1_000.0), waits(chance, 90, 1_300.0)
        return measures(value for call in one.each for value in call), measures(
            value for call in other.each for value in call
        )

    assert missed(made, -300.0, 0.5, 200) > 0.12


def test_costs_of_a_minute_are_missed_one_time_of_twenty() -> None:
    def made(chance: random.Random) -> tuple[Sample, Sample]:
        return rates(chance, 100, 0.03), rates(chance, 150, 0.02)

    def rates(chance: random.Random, calls: int, usd: float) -> Rates:
        lasted = [chance.expovariate(0.5) for _ in range(calls)]
        return Rates(tuple((usd * minutes * chance.uniform(0.5, 1.5), minutes) for minutes in lasted))

    assert missed(made, 0.01, 0.5, 200) <= 0.08
