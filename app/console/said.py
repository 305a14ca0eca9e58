"""What the house says of its problems in plain English, in the language of the page.

Whoever finds a problem says it once, in English, for the terminal, the logs and the pages. Another language has it by
that English, in ``texts/<language>/said/<kind>.toml``: ``"{1} does not answer ({2})"``, with a number for each place.
What fills a place is told in that language too, where it is known there. What is not known stays as it is.
"""

import re
from functools import cache
from typing import Final

from app.console.words import Words, catalogue

SAID: Final = "said"
LONGEST: Final = 600  # letters of what is looked up
_PLACE: Final = re.compile(r"\\\{\d\\\}")

Patterns = list[tuple[re.Pattern[str], str]]


def said(words: Words, kind: str, text: str) -> str:
    texts = catalogue(words.language, SAID)
    known = texts.get(f"{kind}.{text}")
    if known is not None or len(text) > LONGEST:
        return text if known is None else known
    for pattern, told in _patterns(words.language, kind):
        if found := pattern.fullmatch(text):
            return told.format("", *(texts.get(f"{kind}.{part}", part) for part in found.groups()))
    return text


@cache
def _patterns(language: str, kind: str) -> Patterns:
    """Those with places, the longest first: what says most of a text says it."""
    texts = catalogue(language, SAID)
    names = [name.removeprefix(f"{kind}.") for name in texts if name.startswith(f"{kind}.") and "{1}" in name]
    ordered = sorted(names, key=len, reverse=True)
    return [(re.compile(_PLACE.sub("(.+?)", re.escape(name)), re.DOTALL), texts[f"{kind}.{name}"]) for name in ordered]
