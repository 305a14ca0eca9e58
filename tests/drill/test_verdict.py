"""Whether what was measured is what was promised."""

from dataclasses import replace
from pathlib import Path

import pytest

from app.drill.told import Told
from app.drill.verdict import Check, Verdict, at_most, equal, heard, no_worse, percentile, records, true
from app.rehearsal.listening import Figures
from tests.drill.calls import told

PASSED, FAILED = Check("gap", "200 ms", True), Check("words", "lost", False)


def verdict(*checks: Check) -> Verdict:
    return Verdict("T1", "the stream breaks", "one record", checks, evidence=Path("/evidence/T1"))


def test_a_row_passes_when_every_figure_is_as_promised() -> None:
    assert verdict(PASSED).ok
    assert not verdict(PASSED, FAILED).ok


def test_a_row_that_measured_nothing_proves_nothing() -> None:
    assert not verdict().ok


def test_what_is_not_as_promised_stands_first() -> None:
    assert verdict(PASSED, FAILED).measured == "✗ words: lost; gap: 200 ms"


def test_a_verdict_is_json() -> None:
    document = verdict(FAILED).as_json()
    assert (document["ok"], document["evidence"]) == (False, "/evidence/T1")


@pytest.mark.parametrize(
    ("check", "ok"),
    [
        (at_most("gap", 500, 500), True),
        (at_most("gap", 501, 500), False),
        (at_most("gap", None, 500), False),
        (equal("rows", 1, 1), True),
        (equal("rows", 2, 1), False),
        (true("answered", True), True),
        (true("answered", False, "silence"), False),
    ],
)
def test_a_figure_is_held_against_its_limit(check: Check, ok: bool) -> None:
    assert check.ok is ok


def test_what_is_wrong_says_what_it_is_not() -> None:
    assert equal("rows", 2, 1).measured == "2, not 1"
    assert true("answered", False, "silence").measured == "silence"


def test_words_are_looked_for_in_all_that_was_heard() -> None:
    call = told("Thanks for calling.", "It was shipped. Thanks for calling again.")
    assert heard(call, r"\bship", "the answer").ok
    assert not heard(call, "refund", "a refund").ok
    assert not heard(call, "thanks for calling", "one greeting", 1).ok
    assert heard(call, "thanks for calling", "two greetings", 2).ok


def test_every_call_has_an_end_and_a_journal_that_replays() -> None:
    good = records([told(), told()])
    assert [check.ok for check in good] == [True, True]
    bad = records([told(disposition=""), told(differences=2)])
    assert [check.measured for check in bad] == ["1 of 2", "2 differences"]
    assert not any(check.ok for check in bad)


def test_a_percentile_is_one_of_the_figures() -> None:
    assert percentile([], 0.95) == 0.0
    assert percentile(range(1, 101), 0.95) == 96
    assert percentile([7.0], 0.95) == 7.0


def test_callers_must_not_wait_a_tenth_longer() -> None:
    def waited(*gaps: int) -> list[Told]:
        one = told()
        return [replace(one, report=replace(one.report, figures=Figures(turn_gaps_ms=list(gaps))))]

    assert no_worse(0.5, waited(1000), waited(1100)).ok
    assert not no_worse(0.5, waited(1000), waited(1101)).ok
    assert not no_worse(0.5, waited(1000), waited()).ok
