"""Settings that hold several words."""

import re


def words_in(text: str) -> list[str]:
    """The words of a list with commas, spaces or lines between."""
    return re.findall(r"[^\s,]+", text)
