"""Numbers that people wrote into addresses and forms: read where they can be, and never too large for a database."""

import math
from typing import Final

LARGEST: Final = 2**31 - 1  # of a database's integers
_MOST_DIGITS: Final = 10


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
