"""Stretches of a text that are not kept, and the text without them."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["card", "iban", "id", "phone", "e-mail", "secret"]
# Each stands for one character where the length of a text must stay as it was: letters, so that what looks for words
# still finds them, and several, so that two secrets differ as they did.
HIDDEN = "ʘǂǁǃ"
_HIDDEN = re.compile(rf"[{HIDDEN}]+(?:[^\w\n]{{0,3}}[{HIDDEN}]+)*")


@dataclass(frozen=True, slots=True)
class Span:
    """Characters ``start`` to ``end`` of a text, and what they are."""

    start: int
    end: int
    kind: Kind


def merged(spans: Iterable[Span]) -> list[Span]:
    """The spans in their order, without overlaps: of two that overlap, the longer says what it is."""
    found: list[Span] = []
    for span in sorted(spans, key=lambda one: (one.start, -one.end)):
        if not found or span.start >= found[-1].end:
            found.append(span)
            continue
        last = found[-1]
        longer = max(last, span, key=lambda one: one.end - one.start)
        found[-1] = Span(last.start, max(last.end, span.end), longer.kind)
    return found


def without(text: str, spans: Sequence[Span]) -> str:
    """The text with the name of its kind for each span."""
    parts, at = [], 0
    for span in spans:
        parts += [text[at : span.start], f"[{span.kind}]"]
        at = span.end
    return "".join([*parts, text[at:]])


def hidden(text: str, spans: Sequence[Span], by: str = HIDDEN[0]) -> str:
    """The text with each span's letters and digits hidden one by one: as long as before, its words where they were."""
    parts, at = [], 0
    for span in spans:
        parts += [text[at : span.start], "".join(by if c.isalnum() else c for c in text[span.start : span.end])]
        at = span.end
    return "".join([*parts, text[at:]])


def named(text: str) -> str:
    """The text with ``[hidden]`` for what was hidden in it."""
    return _HIDDEN.sub("[hidden]", text)


def alike(one: str, other: str) -> bool:
    """Whether two texts are the same, but for what is hidden in either."""
    if one == other:
        return True
    return len(one) == len(other) and all(a == b or a in HIDDEN or b in HIDDEN for a, b in zip(one, other, strict=True))
