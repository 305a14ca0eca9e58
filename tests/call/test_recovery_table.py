"""The table of signals and attempts: one test a row, and what holds of every row."""

import json
from pathlib import Path

import pytest

from app.call.recovery import PAUSES_S, POLICY, Attempt, Chances, Signal, Way, next_attempt, signal_of

R, F, S = Way.RESUME, Way.FRESH, Way.SECOND
ALL = Chances(handle=True, second=True)
RECORDED = Path(__file__).parents[1] / "wire" / "live" / "closes.jsonl"
EXHAUSTED = "Resource has been exhausted (e.g. check quota)."


def gone(signal: Signal, chances: Chances = ALL) -> list[Way]:
    """Every attempt of a row, one after another."""
    tried: list[Way] = []
    while (attempt := next_attempt(signal, tried, chances)) is not None:
        tried.append(attempt.way)
    return tried


# ---- a row each


def test_after_goaway_whatever_the_code_the_session_is_resumed() -> None:
    for code, reason in ((1011, "Deadline expired before operation could complete."), (1008, "aborted"), (1000, "")):
        assert signal_of(code, reason, planned=True) is Signal.PLANNED
    assert gone(Signal.PLANNED) == [R, R, F, S]


@pytest.mark.parametrize("code", [1000, 1001, 1002, 1006, 1012, 1013, 3000, 4000])
def test_a_broken_transport_is_resumed_again_and_again(code: int) -> None:
    assert signal_of(code, "") is Signal.NETWORK
    assert gone(Signal.NETWORK) == [R, R, R, F, S]


def test_what_is_invalid_is_never_resumed_and_begun_afresh_once() -> None:
    assert signal_of(1007, "Request contains an invalid argument.") is Signal.INVALID
    assert signal_of(1007, "", planned=True) is Signal.INVALID
    assert gone(Signal.INVALID) == [F, S]


def test_what_is_invalid_is_not_asked_for_again_unchanged() -> None:
    assert gone(Signal.INVALID, Chances(handle=False, change=False)) == []
    assert gone(Signal.INVALID, Chances(handle=False, second=True, change=False)) == [S]


@pytest.mark.parametrize("reason", ["models/x is not found for API version v1", "session not found", ""])
def test_a_refusal_by_policy_is_not_tried_with_the_same_handle(reason: str) -> None:
    assert signal_of(1008, reason) is Signal.POLICY
    assert gone(Signal.POLICY) == [F, S]


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (1011, "Internal error encountered."),
        (1011, ""),
        (1008, "The operation was aborted"),
        (1008, "Operation is not implemented, or supported, or enabled."),
    ],
)
def test_a_fault_inside_the_service_is_resumed_then_begun_afresh(code: int, reason: str) -> None:
    assert signal_of(code, reason) is Signal.INTERNAL
    assert gone(Signal.INTERNAL) == [R, R, F, S]


def test_an_expired_deadline_is_resumed_once() -> None:
    assert signal_of(1011, "Deadline expired before operation could complete.") is Signal.EXPIRED
    assert gone(Signal.EXPIRED) == [R, F, S]


@pytest.mark.parametrize(
    ("code", "reason"),
    [(429, "Too Many Requests"), (1011, EXHAUSTED), (1008, "You exceeded your current quota"), (503, EXHAUSTED)],
)
def test_a_spent_quota_is_not_asked_again_at_once_and_soon_elsewhere(code: int, reason: str) -> None:
    assert signal_of(code, reason) is Signal.QUOTA
    assert gone(Signal.QUOTA) == [R, S, F, F]
    assert next_attempt(Signal.QUOTA, (), ALL) == Attempt(R, 0.5)


def test_no_answer_is_waited_for_three_times() -> None:
    assert signal_of(0, "TimeoutError") is Signal.NO_ANSWER
    assert gone(Signal.NO_ANSWER) == [R, F, S]


@pytest.mark.parametrize("code", [400, 401, 403, 404])
def test_a_bad_key_is_not_tried_again_but_another_may_be(code: int) -> None:
    assert signal_of(code, "") is Signal.BAD_KEY
    assert gone(Signal.BAD_KEY) == [S]
    assert gone(Signal.BAD_KEY, Chances(second=False)) == []


@pytest.mark.parametrize("code", [500, 502, 503])
def test_an_outage_is_tried_once_more_then_elsewhere(code: int) -> None:
    assert signal_of(code, "") is Signal.OUTAGE
    assert gone(Signal.OUTAGE) == [R, S, F, F]


# ---- all rows


def test_every_signal_has_a_row() -> None:
    assert set(POLICY) == set(Signal)


@pytest.mark.parametrize("signal", list(Signal))
def test_without_a_handle_nothing_is_resumed_and_without_a_second_route_none_is_taken(signal: Signal) -> None:
    alone = gone(signal, Chances(handle=False, second=False))
    assert alone == [F] * sum(way is not S for way in POLICY[signal])


@pytest.mark.parametrize("signal", list(Signal))
def test_the_second_route_is_taken_once(signal: Signal) -> None:
    assert gone(signal).count(S) == 1


def test_together_the_pauses_are_shorter_than_a_caller_waits() -> None:
    assert sum(PAUSES_S) <= 6.0
    assert list(PAUSES_S) == sorted(PAUSES_S)


def test_signals_that_change_do_not_begin_their_rows_anew() -> None:
    assert next_attempt(Signal.POLICY, (R, R), ALL) == Attempt(F, 0.5)
    assert next_attempt(Signal.NETWORK, (R, R, F), Chances(handle=False)) == Attempt(F, 1.0)
    assert next_attempt(Signal.INVALID, (F,), Chances(handle=False)) is None
    assert next_attempt(Signal.NETWORK, (R,) * len(PAUSES_S), ALL) is None


def test_recorded_closes_have_their_signals() -> None:
    frames = [json.loads(line)["frame"] for line in RECORDED.read_text(encoding="utf-8").splitlines()]
    closes = {(end["client_close_code"], end["client_close_reason"]) for end in frames if "client_close_code" in end}
    seen = {code: signal_of(code, reason or "") for code, reason in closes if code}
    assert {code: seen[code] for code in (1000, 1001, 1007, 1008, 1011, 1013, 3000, 4000)} == {
        1000: Signal.NETWORK,
        1001: Signal.NETWORK,
        1007: Signal.INVALID,
        1008: Signal.POLICY,
        1011: Signal.INTERNAL,
        1013: Signal.NETWORK,
        3000: Signal.NETWORK,
        4000: Signal.NETWORK,
    }
