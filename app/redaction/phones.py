"""Telephone numbers, told by the numbering plans of the countries a language is spoken in."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

import phonenumbers

REGIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "en": ("US", "GB"),
    "es": ("ES", "MX", "US"),
    "fr": ("FR", "BE"),
    "de": ("DE", "AT", "CH"),
    "pt": ("BR", "PT"),
    "pl": ("PL",),
    "hi": ("IN",),
    "ja": ("JP",),
    "ar": ("EG", "SA"),
    "zh": ("CN", "TW"),
    "it": ("IT",),
    "nl": ("NL",),
}
SHORTEST, LONGEST = 7, 15


@lru_cache(maxsize=1024)
def is_phone(digits: str, language: str, *, international: bool = False) -> bool:
    """Whether somebody may have this number; ``international``: it begins with a country's code."""
    if not SHORTEST <= len(digits) <= LONGEST:
        return False
    if international:
        return _is_valid(f"+{digits}", None)
    return len(digits) > 8 and any(_is_valid(digits, region) for region in REGIONS.get(language, ("US",)))


def _is_valid(number: str, region: str | None) -> bool:
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_valid_number(parsed) if region else phonenumbers.is_possible_number(parsed)
