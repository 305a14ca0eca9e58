"""What tools are given and give back, redacted: each value by the words it holds, and by its name."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from app.redaction.labels import Label, asked_in
from app.redaction.spans import Span

Look = Callable[[str, Label | None], Sequence[Span]]  # what must go of a text, given what it is called
Shown = Callable[[str, Sequence[Span]], str]  # the text without it
MOST_DEEP = 12
SHORTEST_NUMBER = 1000  # smaller ones are too short for anything but a code that a text would name
LONGEST_WORD = 16  # a secret without digits is at least as long, or it is a word that says something of one
_PARTS = re.compile(r"(?<=[a-z])(?=[A-Z])|[_\-.]+")


def redacted_value(name: str, value: object, look: Look, shown: Shown, deep: int = 0) -> object:
    """A value as JSON has them, with what must go replaced in it; the very same where that is nothing."""
    if isinstance(value, Mapping) and deep < MOST_DEEP:
        return {str(key): redacted_value(str(key), item, look, shown, deep + 1) for key, item in value.items()}
    if isinstance(value, list | tuple) and deep < MOST_DEEP:
        return [redacted_value(name, item, look, shown, deep + 1) for item in value]
    if isinstance(value, bool | float | None):
        return value
    if isinstance(value, int) and abs(value) < SHORTEST_NUMBER:
        return value
    text = value if isinstance(value, str) else str(value)
    spans = _spans(text, label_of(name), look)
    return shown(text, spans) if spans else value


def redacted_map(values: Mapping[str, object], look: Look, shown: Shown) -> dict[str, object]:
    """The same of a tool's arguments, or its answer."""
    return {name: redacted_value(name, value, look, shown) for name, value in values.items()}


@lru_cache(maxsize=1024)
def label_of(name: str) -> Label | None:
    """What a value's name says it is: ``card_number``, ``contactEmail``."""
    return asked_in(_PARTS.sub(" ", name[:100]))


def _spans(text: str, label: Label | None, look: Look) -> Sequence[Span]:
    is_secret = label == "secret" and (len(text) >= LONGEST_WORD or any(char.isdigit() for char in text))
    if text and (label == "password" or is_secret):
        return [Span(0, len(text), "secret")]
    return look(text, label)
