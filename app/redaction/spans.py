"""Stretches of a text that are not kept, and the text without them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["card", "iban", "id", "phone", "e-mail", "secret"]
HIDDEN = "•"  # stands for one character where the length of a text must stay as it was


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


def hidden(text: str, spans: Sequence[Span]) -> str:
    """The text with each span's letters and digits hidden one by one: as long as before, its words"
    " where they were."""
    parts, at = [], 0
    for span in spans:
        parts += [text[at : span.start], "".join(HIDDEN if c.isalnum() else c for c in text[span.start : span.end])]
        at = span.end
    return "".join([*parts, text[at:]])
