"""How a line leads its calls."""

from dataclasses import replace

import pytest

from app.leading import ways_out
from app.prompts.line import Line, Unreachable

LINE = Line("store", "Northwind", ("*",))


@pytest.mark.parametrize(
    ("wish", "records", "unknown", "ways"),
    [
        (None, True, False, ("hand_off", "voicemail", "callback", "apology")),
        (None, False, False, ("hand_off", "callback", "apology")),
        (None, False, True, ("hand_off", "apology")),
        ("voicemail", False, False, ("callback", "apology")),
        ("callback", True, False, ("callback", "apology")),
        ("apology", True, False, ("apology",)),
    ],
)
def test_the_ways_out_begin_with_the_lines_wish_and_end_with_an_apology(
    wish: Unreachable | None, records: bool, unknown: bool, ways: tuple[str, ...]
) -> None:
    assert ways_out(replace(LINE, unreachable=wish), records=records, unknown=unknown) == ways
