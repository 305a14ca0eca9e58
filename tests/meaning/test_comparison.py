"""Two versions beside each other: what is said of a difference, and when nothing is."""

import math
from datetime import UTC, datetime

from app.meaning.call import CallFigures, Gap
from app.meaning.comparison import Compared, Verdict, compared, rounded_up
from app.meaning.definitions import METRICS

AT = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)


def calls(n: int, *, transferred: int = 0, wait_ms: int = 1_000, silent: int = 0) -> list[CallFigures]:
    """So many calls, with four waits each that differ a little."""
    return [
        CallFigures(
            f"CA{number}",
            "shop",
            f"+1202555{number:04}",
            AT,
            30.0,
            "handed_off" if number < transferred else "completed",
            gaps=tuple(Gap(wait_ms + 10 * (number % 10) + step) for step in range(4)),
            turns=5,
            silent_turns=int(number < silent),
            cost_usd=0.02,
        )
        for number in range(n)
    ]


def found(ones: list[CallFigures], others: list[CallFigures], name: str, at: float | None = None) -> Compared:
    [one] = [one for one in compared(ones, others) if one.metric.name == name and one.at == at]
    return one


def test_a_longer_wait_is_worse_and_a_shorter_one_better() -> None:
    assert found(calls(30, wait_ms=1_500), calls(30), "turn_gap", 0.5).verdict is Verdict.WORSE
    faster = found(calls(30), calls(30, wait_ms=1_500), "turn_gap", 0.5)
    assert faster.verdict is Verdict.BETTER and faster.difference is not None
    assert faster.difference.value == -500
    assert -560 <= faster.difference.low < -500 < faster.difference.high <= -440


def test_of_what_is_neither_good_nor_bad_it_says_which_way() -> None:
    assert found(calls(80, transferred=60), calls(80, transferred=10), "transfer").verdict is Verdict.HIGHER
    assert found(calls(80, transferred=10), calls(80, transferred=60), "transfer").verdict is Verdict.LOWER


def test_few_calls_say_so_and_how_many_are_missing() -> None:
    few = found(calls(12, transferred=12), calls(200), "transfer")
    assert (few.verdict, few.more) == (Verdict.FEW, 8)


def test_a_95th_percentile_of_few_calls_says_how_many_it_takes() -> None:
    few = found(calls(30), calls(30, wait_ms=1_500), "turn_gap", 0.95)
    assert few.verdict is Verdict.FEW and few.more is not None and few.more > 0


def test_what_cannot_be_told_apart_says_about_how_many_calls_it_takes() -> None:
    """30 % and 20 % of 100: the bounds cross none; of three times as many they would not."""
    close = found(calls(100, transferred=30), calls(100, transferred=20), "transfer")
    assert close.verdict is Verdict.ALIKE and close.difference is not None
    assert close.difference.low < 0 < close.difference.high
    assert close.more is not None and 20 <= close.more <= 100
    enough = 100 + close.more
    later = found(calls(enough, transferred=round(0.3 * enough)), calls(enough, transferred=enough // 5), "transfer")
    assert later.verdict is Verdict.HIGHER


def test_what_is_the_same_takes_no_number_of_calls() -> None:
    same = found(calls(100, transferred=30), calls(100, transferred=30), "transfer")
    assert (same.verdict, same.more) == (Verdict.ALIKE, None)


def test_nothing_is_said_where_a_side_has_nothing() -> None:
    assert found(calls(30), [], "transfer").verdict is Verdict.NONE
    assert found(calls(30), calls(30), "tools_ok").verdict is Verdict.NONE
    assert found(calls(30), calls(30), "offered").verdict is Verdict.NONE


def test_every_figure_is_compared_and_those_with_percentiles_twice() -> None:
    told = compared(calls(30), calls(30))
    assert list(dict.fromkeys(one.metric.name for one in told)) == [metric.name for metric in METRICS]
    assert {one.at for one in told if one.metric.name == "turn_gap"} == {0.5, 0.95}


def test_numbers_of_calls_are_rounded_up_to_what_is_known_of_them() -> None:
    assert [rounded_up(number) for number in (7, 42, 101, 1_234, 99_001)] == [7, 42, 110, 1_300, 100_000]


def test_bounds_are_never_the_wrong_way_round() -> None:
    for one in compared(calls(40, transferred=3, silent=2), calls(25, transferred=20, wait_ms=900)):
        if one.difference is not None and math.isfinite(one.difference.high):
            assert one.difference.low <= one.difference.value <= one.difference.high
