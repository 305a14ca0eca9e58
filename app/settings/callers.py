"""Which callers the settings let in: lists of numbers and of countries, checked when they are read."""

import re
from pathlib import Path

import phonenumbers

from app.settings.lists import words_in

_ENTRY = re.compile(r"\+\d{1,15}\*?")


def blocked_in(given: str) -> list[str]:
    """The numbers, and beginnings of numbers, of a list or of the file it names. Raises OSError for the file."""
    if "/" in given or given.endswith(".txt"):
        lines = Path(given).read_text(encoding="utf-8").splitlines()
        given = ",".join(line.partition("#")[0] for line in lines)
    return [entry for entry in re.split(r"[\s,]+", given) if entry]


def blocked_numbers(given: str) -> str:
    """Raises ValueError for what names no number."""
    try:
        wrong = [entry for entry in blocked_in(given) if not _ENTRY.fullmatch(entry)]
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{given} cannot be read") from error
    if wrong:
        raise ValueError(f"{wrong[0]} is no number")
    return given


def country_codes(given: str) -> str:
    """Raises ValueError for a code that no telephone country has."""
    for code in words_in(given.upper()):
        if code not in phonenumbers.SUPPORTED_REGIONS:
            raise ValueError(f"{code} is no country")
    return given
