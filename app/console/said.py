"""What the house says of its problems in plain English, in the language of the page.

Whoever finds a problem says it once, in English, for the terminal, the logs and the pages. Another language has it by
that English, in ``texts/<language>/said/<kind>.toml``: ``"{1} does not answer ({2})"``, with a number for each place
and ``{{`` for a brace. What fills a place is said in that language too, where it is known there. Of several sentences
each is looked up by itself. What is not known stays as it is.
"""

import re
import string
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import islice
from typing import Final

from app.console.words import FIRST, Words, catalogue

SAID: Final = "said"
LONGEST: Final = 800  # letters of what is looked up
MOST_ENDS: Final = 8  # where a sentence may end, each tried: what fills its places may have stops, too
_END: Final = re.compile(r"(?<=[.?!:])\s")


@dataclass(frozen=True, slots=True)
class Pattern:
    """A text with places: ``piece`` is the longest of what is between them, looked for first because that is quick."""

    piece: str
    form: re.Pattern[str]
    told: str


def said(words: Words, kind: str, text: str) -> str:
    return text if words.language == FIRST else _said(words.language, kind, text)


@lru_cache(maxsize=1_000)
def _said(language: str, kind: str, text: str) -> str:
    told = _whole(language, kind, text)
    if told is not None or len(text) > LONGEST:
        return text if told is None else told
    for end in islice(_END.finditer(text), MOST_ENDS):
        first = _whole(language, kind, text[: end.start()])
        if first is not None:
            return first + end[0] + _said(language, kind, text[end.end() :])
    return text


def _whole(language: str, kind: str, text: str) -> str | None:
    """The text as one that is known; None where it is none."""
    known = catalogue(language, SAID).get(f"{kind}.{text}")
    if known is not None or len(text) > LONGEST:
        return known
    for one in _patterns(language, kind):
        if one.piece in text and (found := one.form.fullmatch(text)):
            return one.told.format("", *(_said(language, kind, part) for part in found.groups()))
    return None


@cache
def _patterns(language: str, kind: str) -> list[Pattern]:
    """Those with places or braces, the longest first: what says most of a text says it."""
    texts = catalogue(language, SAID)
    names = [name.removeprefix(f"{kind}.") for name in texts if name.startswith(f"{kind}.") and "{" in name]
    return [_pattern(name, texts[f"{kind}.{name}"]) for name in sorted(names, key=len, reverse=True)]


def _pattern(name: str, told: str) -> Pattern:
    parts = [(literal, place is not None) for literal, place, _, _ in string.Formatter().parse(name)]
    form = "".join(re.escape(literal) + ("(.+?)" if is_place else "") for literal, is_place in parts)
    return Pattern(max((literal for literal, _ in parts), key=len), re.compile(form, re.DOTALL), told)
