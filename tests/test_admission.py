"""Admission: who is taken, who is not and why, and that the same call gets the same answer."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from app.admission import REMEMBERED, Admission, Limits, country_of

US, SPAIN, SATELLITE = "+12025550143", "+34915550100", "+881612345678"


@dataclass
class Board:
    """Calls going on, as a test says."""

    draining: bool = False
    full: bool = False
    sessions: int = 0
    refuses: str | None = None
    asked: list[str] = field(default_factory=list)

    def refusal(self, call_sid: str, caller: str) -> str | None:
        self.asked.append(call_sid)
        return self.refuses


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """The clock that hours are counted by."""
    now = [1_000_000.0]
    monkeypatch.setattr("limits.storage.memory.time.time", lambda: now[0])
    yield now


def test_a_call_is_taken_when_nothing_speaks_against_it() -> None:
    assert Admission(Board()).refusal("CA1", US) is None


# ---- of ours


@pytest.mark.parametrize(
    ("board", "reason"),
    [
        (Board(draining=True), "draining"),
        (Board(full=True), "full"),
        (Board(sessions=3), "sessions"),
        (Board(refuses="descriptors"), "descriptors"),
    ],
)
def test_a_call_is_not_taken_for_want_of_room(board: Board, reason: str) -> None:
    assert Admission(board, Limits(sessions=3)).refusal("CA1", US) == reason


def test_nothing_is_taken_while_the_quota_is_spent() -> None:
    spent = True
    admission = Admission(Board(), quota_spent=lambda: spent)
    assert (admission.refusal("CA1", US), admission.standing()) == ("quota", "quota")
    spent = False
    assert (admission.refusal("CA2", US), admission.standing()) == (None, None)


def test_nothing_is_taken_once_the_days_budget_is_spent() -> None:
    admission = Admission(Board(), budget_spent=lambda: True)
    assert (admission.refusal("CA1", US), admission.standing()) == ("budget", "budget")


def test_sessions_have_no_limit_of_their_own_unless_one_is_set() -> None:
    assert Admission(Board(sessions=5_000)).refusal("CA1", US) is None


def test_a_webhook_that_is_tried_again_is_answered_the_same_and_counted_once() -> None:
    board = Board(full=True)
    admission = Admission(board, Limits(per_caller_an_hour=1))
    assert admission.refusal("CA1", US) == "full"
    board.full = False
    assert admission.refusal("CA1", US) == "full"
    assert [admission.refusal("CA2", US) for _ in range(3)] == [None, None, None]
    assert board.asked == ["CA2"]
    assert admission.refusal("CA3", US) == "caller_hourly"


def test_answers_are_not_kept_for_ever() -> None:
    admission = Admission(Board())
    for number in range(REMEMBERED + 10):
        admission.refusal(f"CA{number}", US)
    assert len(admission._answers) == REMEMBERED


# ---- of the caller


def test_one_number_is_taken_so_often_in_an_hour_and_then_again(wall: list[float]) -> None:
    admission = Admission(Board(), Limits(per_caller_an_hour=10))
    assert [admission.refusal(f"CA{n}", US) for n in range(11)] == [None] * 10 + ["caller_hourly"]
    assert admission.refusal("CB1", SPAIN) is None
    wall[0] += 3_601
    assert admission.refusal("CC1", US) is None


def test_calls_that_were_not_taken_do_not_count(wall: list[float]) -> None:
    board = Board(full=True)
    admission = Admission(board, Limits(per_caller_an_hour=1))
    assert {admission.refusal(f"CA{n}", US) for n in range(5)} == {"full"}
    board.full = False
    assert admission.refusal("CB1", US) is None


@pytest.mark.parametrize("caller", ["anonymous", "+266696687"])
def test_callers_without_a_number_share_no_limit_but_can_be_refused(caller: str) -> None:
    limits = Limits(per_caller_an_hour=1, countries=frozenset({"US"}))
    admission = Admission(Board(), limits)
    assert {admission.refusal(f"CA{n}", caller) for n in range(5)} == {None}
    assert Admission(Board(), Limits(takes_hidden=False)).refusal("CA1", caller) == "hidden"


@pytest.mark.parametrize(
    ("caller", "blocked"),
    [(US, True), ("+12025550144", False), ("+8835551234", True), ("+88", False), ("+447700900123", False)],
)
def test_numbers_and_beginnings_of_numbers_are_blocked(caller: str, blocked: bool) -> None:
    limits = Limits(blocked=frozenset({US, "+883*"}))
    assert (Admission(Board(), limits).refusal("CA1", caller) == "blocked") is blocked


def test_a_blocked_caller_takes_no_place_nor_hour() -> None:
    board = Board()
    Admission(board, Limits(blocked=frozenset({US}))).refusal("CA1", US)
    assert board.asked == []


@pytest.mark.parametrize(
    ("caller", "taken"),
    [(US, True), (SPAIN, False), (SATELLITE, False), ("+16135550123", True), ("sip:somebody@example.com", False)],
)
def test_calls_come_only_from_the_countries_that_are_named(caller: str, taken: bool) -> None:
    admission = Admission(Board(), Limits(countries=frozenset({"US", "CA"})))
    assert admission.refusal("CA1", caller) == (None if taken else "country")


def test_a_number_tells_its_country() -> None:
    assert [country_of(caller) for caller in (US, SPAIN, "+16135550123", "nonsense")] == ["US", "ES", "CA", ""]
