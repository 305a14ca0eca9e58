"""A value stays where its placeholder stands, whatever is in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.toolkit.http.templates import Unfit, filled, filled_body, filled_header, filled_path, placeholders, stray


def test_a_value_is_one_segment_of_the_path() -> None:
    assert filled_path("/v1/parcels/{n}/events", {"n": "A 1?x=#&%2e"}) == "/v1/parcels/A%201%3Fx%3D%23%26%252e/events"


@pytest.mark.parametrize(
    "value", ["../../admin?x=#", "..", ".", "...", "a/b", "a\\b", "a\r\nHost: evil", "a\x00", "", None, "\u2028"]
)
def test_what_could_leave_its_segment_is_not_sent(value: object) -> None:
    with pytest.raises(Unfit):
        filled_path("/v1/parcels/{n}", {"n": value})


def test_two_values_cannot_make_dots_together() -> None:
    with pytest.raises(Unfit):
        filled_path("/v1/{a}{b}", {"a": ".", "b": "."})
    with pytest.raises(Unfit):
        filled_path("/v1/.{a}", {"a": "."})


@given(st.text())
def test_no_value_changes_how_many_segments_there_are(value: str) -> None:
    try:
        path = filled_path("/a/{n}/b", {"n": value})
    except Unfit:
        return
    assert path.isascii() and path.isprintable()
    assert path.count("/") == 3
    assert not set(path) & set("?#\\ ")
    assert path.split("/")[2] not in (".", "..", "")


def test_the_words_of_a_value_are_not_read_for_placeholders_again() -> None:
    assert filled("{a} {b}", {"a": "{secret.KEY}", "b": "x", "secret.KEY": "hidden"}) == "{secret.KEY} x"


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "a\x00", "ü", "a\tb"])
def test_a_header_takes_plain_letters_only(value: str) -> None:
    with pytest.raises(Unfit):
        filled_header("Bearer {a}", {"a": value})


def test_what_has_no_value_is_left_out() -> None:
    assert filled_header("{a}", {}) is None
    assert filled_body({"a": "{a}", "b": {"c": "{c}"}, "d": ["{a}", "x {c}"]}, {"c": 3}) == {
        "b": {"c": 3},
        "d": ["x 3"],
    }


def test_a_value_that_stands_alone_keeps_its_type_in_a_body() -> None:
    body = {"n": "{n}", "on": "{on}", "list": "{list}", "text": "{n} of {on}", "fixed": 5}
    filled_in = filled_body(body, {"n": 2, "on": True, "list": ["a", "b"]})
    assert filled_in == {"n": 2, "on": True, "list": ["a", "b"], "text": "2 of true", "fixed": 5}


def test_braces_that_hold_no_name_are_left_as_they_are_in_a_body() -> None:
    query = "query($n: String!) { parcel(number: $n) { state } }"
    assert filled_body({"query": query, "n": "{n}"}, {"n": "1"}) == {"query": query, "n": "1"}


def test_every_placeholder_is_found_and_every_stray_brace() -> None:
    assert list(placeholders({"a": "{x} {caller.number}", "b": ["{secret.KEY}"], "c": 4})) == [
        *("x", "caller.number", "secret.KEY"),
    ]
    assert stray("/a/{x}") == ""
    assert stray("/a/{x y}") == "{x y}"
    assert stray("/a/{x") == "{"
