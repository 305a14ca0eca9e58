"""What people wrote into addresses and forms: read where it can be, and never too large for a database."""

import math
from collections.abc import Mapping
from typing import Final

from starlette.exceptions import HTTPException

LARGEST: Final = 2**31 - 1  # of a database's integers
_MOST_DIGITS: Final = 10
LONGEST_REASON: Final = 500  # characters, of why something was published or taken back


def whole(text: str, most: int = LARGEST) -> int | None:
    """A number from 0 to ``most``; None where it is none."""
    text = text.strip()
    if not text.isdecimal() or len(text) > _MOST_DIGITS:
        return None
    return number if (number := int(text)) <= most else None


def figure(text: str, most: float) -> float:
    """A number with a point or a comma in it, from 0 to ``most``. Raises ValueError."""
    number = float(text.replace(",", "."))
    if not math.isfinite(number) or not 0 <= number <= most:
        raise ValueError(text)
    return number


def revision_in(form: Mapping[str, str], field: str = "revision") -> int:
    """The revision that a form carries along. Raises HTTPException 400: no page of ours leaves it out."""
    revision = whole(form.get(field, ""))
    if revision is None:
        raise HTTPException(400)
    return revision


def reason_in(form: Mapping[str, str]) -> str:
    """Why somebody publishes something or takes it back, as they wrote it; empty without a reason."""
    return form.get("note", "").strip()[:LONGEST_REASON]
