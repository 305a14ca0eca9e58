"""The figures of many calls are as they are defined, and the page says so."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from app.call import dispositions
from app.meaning.call import CallFigures, figures_of
from app.meaning.calls import called_again, lot_of
from app.meaning.definitions import METRICS, page, report
from app.meaning.values import Amount, Share, Spread, spread
from tests.meaning.calls import assistant, call, caller, end, start

PAGE = Path(__file__).parents[2] / "infra" / "metrics.md"
DAY = timedelta(days=1)


def figures(
    number: int = 1, caller_number: str = "", disposition: str = "completed", *, after: timedelta = timedelta()
) -> CallFigures:
    of = start(number, caller_number or f"+1202555{number:04}", after=after)
    answer = replace(assistant(3, 4.0, 6.0, 100 * number), model_ms=100 * number, tools=number % 2)
    turns = (assistant(1, 0.4, 2.0), caller(2, 2.5, 3.0), answer, assistant(4, 7.0, 19.0))
    return figures_of(call(*turns, of=of, ended=end(disposition=disposition)))


def test_the_page_of_the_metrics_is_what_the_code_says() -> None:
    """To write it anew: print(page()) of app.meaning.definitions between the marks of infra/metrics.md."""
    text = PAGE.read_text(encoding="utf-8")
    assert text.split("<!-- metrics -->\n")[1].split("<!-- /metrics -->")[0] == page()


def test_no_metric_is_defined_twice_and_each_says_what_it_is() -> None:
    assert len({metric.name for metric in METRICS}) == len(METRICS)
    assert all(metric.says.endswith(".") for metric in METRICS)


def test_without_calls_every_figure_says_that_there_is_none() -> None:
    told = report([])
    assert told["turn_gap"] == Spread(0, None, None, None, None)
    assert told["containment"] == Share(0, 0)
    assert {value.shown("") for name, value in told.items() if name not in ("offered", "cost")} == {"none"}


def test_percentiles_are_values_that_were_measured() -> None:
    assert spread(range(1, 101)) == Spread(100, 50, 95, 99, 100)
    assert spread([3.0, None, 1.0]) == Spread(2, 1.0, 3.0, 3.0, 3.0)


def test_waits_are_told_together_and_with_and_without_tools() -> None:
    told = report([figures(number) for number in range(1, 5)])
    assert told["turn_gap"] == Spread(4, 200, 400, 400, 400)
    assert told["turn_gap_with_tools"] == Spread(2, 100, 300, 300, 300)
    assert told["turn_gap_without_tools"] == Spread(2, 200, 400, 400, 400)
    assert told["turn_gap_model"] == told["turn_gap"]


def test_calls_that_were_shed_or_were_short_count_for_themselves_alone() -> None:
    shed, short = figures(2, disposition=dispositions.SHED), replace(figures(3), duration_s=4.0)
    told = report([figures(1), shed, short])
    assert told["answered"] == Share(2, 3)
    assert told["short"] == Share(1, 2)
    assert told["containment"] == Share(1, 1)


def test_a_transferred_call_is_neither_contained_nor_resolved_and_one_that_failed_is_not_resolved() -> None:
    told = report([figures(1), figures(2, disposition="handed_off"), figures(3, disposition="session_lost")])
    assert told["transfer"] == Share(1, 3)
    assert told["containment"] == Share(2, 3)
    assert told["autonomous_resolution"] == Share(1, 3)


def test_who_calls_again_within_a_week_was_not_helped_the_first_time() -> None:
    same = "+12025550111"
    first, second, later = figures(1, same), figures(2, same, after=6 * DAY), figures(3, same, after=14 * DAY)
    assert called_again([later, second, first]) == {"CA1"}
    assert lot_of([first, second, later]).resolved == {"CA2", "CA3"}
    assert report([first, second, later])["first_contact_resolution"] == Share(2, 3)


def test_callers_without_a_number_are_not_taken_for_one_another() -> None:
    assert called_again([figures(1, "anonymous"), figures(2, "anonymous")]) == frozenset()


def test_costs_are_told_for_all_calls_and_by_what_came_of_them() -> None:
    told = report([figures(1), figures(2, disposition="handed_off"), replace(figures(3), duration_s=2.0)])
    assert told["cost"] == Amount(0.06)
    assert told["cost_of_a_resolved_call"] == Amount(0.06)
    minute = told["cost_of_a_minute"]
    assert isinstance(minute, Amount)
    assert minute.value == pytest.approx(0.06 / 42 * 60, abs=1e-6)


def test_a_cost_that_is_not_known_makes_the_sum_an_estimate() -> None:
    assert report([figures(1), replace(figures(2), cost_usd=None)])["cost"] == Amount(0.02, estimated=True)
