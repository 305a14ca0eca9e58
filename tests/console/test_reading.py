"""What people wrote: read, or known to be nothing; no number is too large for a database."""

import pytest
from starlette.exceptions import HTTPException

from app.console.reading import LARGEST, LONGEST_REASON, figure, reason_in, revision_in, whole


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        (" 42 ", 42),
        ("٣", 3),
        (str(LARGEST), LARGEST),
        *((text, None) for text in ("", "-1", "1.5", "²", "x")),
    ],
)
def test_a_whole_number_is_one_or_none(text: str, number: int | None) -> None:
    assert whole(text) == number


@pytest.mark.parametrize("digits", [11, 5_000])
def test_a_number_that_no_database_takes_is_none(digits: int) -> None:
    assert whole("9" * digits) is None
    assert whole(str(LARGEST + 1)) is None
    assert whole("101", 100) is None


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "1e999", "-1", "1000001", "", "x", "1,2,3"])
def test_a_figure_that_is_none_is_said(text: str) -> None:
    with pytest.raises(ValueError):
        figure(text, 1e6)
    assert figure("2,5", 1e6) == 2.5


def test_a_form_of_ours_carries_a_revision() -> None:
    assert revision_in({"revision": "7"}) == 7
    assert revision_in({"number": "0"}, "number") == 0
    for form in ({}, {"revision": ""}, {"revision": "-1"}, {"revision": "newest"}):
        with pytest.raises(HTTPException):
            revision_in(form)


def test_a_reason_is_what_was_written_and_no_longer_than_its_place() -> None:
    assert reason_in({"note": "  The hours were wrong. "}) == "The hours were wrong."
    assert reason_in({"note": " "}) == reason_in({}) == ""
    assert len(reason_in({"note": "x" * 5_000})) == LONGEST_REASON
