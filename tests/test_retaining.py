"""How long what is on record of calls is kept, as a setting or a line says it."""

import pytest

from app.retaining import Keeping, keeping_in


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("", Keeping(30, 90, 396, 7)),
        ("sound=1 journal=2", Keeping(1, 90, 396, 2)),
        ("transcript=5", Keeping(30, 5, 396, 5)),
        ("metadata=3", Keeping(3, 3, 3, 3)),
    ],
)
def test_what_is_not_named_is_kept_as_usual_or_goes_with_what_holds_less(text: str, kept: Keeping) -> None:
    assert keeping_in(text) == kept


@pytest.mark.parametrize(
    "text", ["sound", "sound=0", "sound=99999", "songs=3", "transcript=5 journal=6", "metadata=90 transcript=91"]
)
def test_what_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no kind|is too long"):
        keeping_in(text)
