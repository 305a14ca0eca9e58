"""Numbers that people wrote: read, or known to be none; none is too large for a database."""

import pytest

from app.console.reading import LARGEST, figure, whole


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
