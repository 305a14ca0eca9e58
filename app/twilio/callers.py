"""Callers without a number."""

from typing import Final

# Twilio says so, or spells the word in digits (ANONYMOUS is 266696687):
# https://support.twilio.com/hc/en-us/articles/223179988
NOBODY: Final = frozenset({"anonymous", "+266696687", "+7378742833", "+2562533", "+8656696", "+86282452253"})


def hidden(caller: str) -> bool:
    """Whether the caller has no number that we know."""
    return caller in NOBODY
