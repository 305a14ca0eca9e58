"""Whatever stands in a field, the record has a value of its kind there."""

import pytest

from app.call.commands import RecordEnd, RecordTool, RecordTurn
from app.meaning.fitted import LARGEST, LONGEST, MOST, fitted, fitted_list
from app.meaning.why import Moment

ODD: tuple[object, ...] = (
    None,
    True,
    "x",
    10**400,
    float("nan"),
    float("inf"),
    -(10.0**300),
    [],
    [[]],
    {},
    {"a": 1},
    "\ud800\0" + "y" * 9_000,
)


def test_what_fits_stays_as_it_is() -> None:
    told = {"number": 2, "side": "caller", "heard": "Hello", "started_s": 1.5, "gap_ms": None, "interrupted": True}
    turn = fitted(RecordTurn, told)
    assert turn == RecordTurn(2, "caller", "Hello", started_s=1.5, interrupted=True)


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: type(odd).__name__)
def test_what_does_not_becomes_the_least_there_is(odd: object) -> None:
    turn = fitted(RecordTurn, dict.fromkeys(RecordTurn.__slots__, odd))
    assert turn.side == "caller" and isinstance(turn.heard, str) and len(turn.heard) <= LONGEST
    assert "\0" not in turn.heard and "\ud800" not in turn.heard
    assert isinstance(turn.number, int) and abs(turn.started_s) <= LARGEST
    assert turn.gap_ms is None or isinstance(turn.gap_ms, int)
    tool = fitted(RecordTool, dict.fromkeys(RecordTool.__slots__, odd))
    assert isinstance(tool.args, dict) and isinstance(tool.effect, bool)
    assert fitted(RecordEnd, odd).ended_by == "caller"


def test_a_record_in_a_record_and_what_is_a_number_or_a_text_stay_what_they_are() -> None:
    values = {"waited_s": 2, "tool": "track", "late_s": float("inf"), "odd": [1], "\ud800": None}
    told = {"at_s": 1.0, "kind": "wait", "said": {"name": "answer", "values": values}, "parts": [{"name": 3}, 4]}
    moment = fitted(Moment, told)
    assert (moment.said.name, moment.said.values["waited_s"], moment.said.values["tool"]) == ("answer", 2.0, "track")
    assert (moment.said.values["late_s"], moment.said.values["odd"]) == (LARGEST, 0.0)
    assert [(part.name, part.values) for part in moment.parts] == [("", {}), ("", {})]


def test_a_list_is_bounded_and_what_is_none_is_empty() -> None:
    assert len(fitted_list(RecordTurn, [{}] * 5_000)) == MOST
    assert fitted_list(RecordTurn, {"a": 1}) == []
