"""Redacts one text."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.redaction import spans as of
from app.redaction.labels import Label, labels_in
from app.redaction.mail import mail_words, mails
from app.redaction.numbers import Around, Known, judged
from app.redaction.secrets import announces, secrets
from app.redaction.spans import Span, merged
from app.redaction.stretches import stretches, tokens_of, tongue_of

Keep = Sequence[re.Pattern[str]]
NOTHING: Known = {}
_KEPT_TOO = ("phone", "id", "e-mail", "iban")


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text without what must not be kept; ``spans`` are where that stood in the text as it was."""

    text: str
    spans: tuple[Span, ...] = ()


def redact(text: str, language: str = "", keep: Keep = (), asked: Label | None = None) -> Redacted:
    """The text without numbers, addresses and secrets of people, written or spoken.

    ``language`` is a BCP-47 tag, "" for any. What ``keep`` matches stays, but for cards and secrets. ``asked`` is what
    the other side asked for just before.
    """
    found = tuple(find(text, language, keep, asked))
    return Redacted(of.without(text, found) if found else text, found)


def find(
    text: str, language: str = "", keep: Keep = (), asked: Label | None = None, known: Known = NOTHING
) -> list[Span]:
    """Where in a text something must not be kept; ``known`` are numbers that were taken out before."""
    if len(text) < 3:
        return []
    tokens = tokens_of(text)
    tongue = tongue_of(tokens, language)
    numbers = [one for one in stretches(text, tokens, tongue) if sum(len(atom.value) for atom in one) > 2]
    at_words = mail_words(text, tokens)
    # To look for what the words tell is the dear part, and most turns hold nothing to tell of.
    labels = labels_in(text) if numbers or at_words or announces(text) else []
    around = Around(text, labels, asked, language.split("-", maxsplit=1)[0].lower(), known)
    found = [*mails(text, tokens, labels, asked, tongue)] if at_words else []
    found += secrets(text, labels)
    for stretch in numbers:
        found += judged(stretch, around)
    kept = [match.span() for pattern in keep for match in pattern.finditer(text)]
    return merged(span for span in found if not _is_kept(span, kept))


def _is_kept(span: Span, kept: Sequence[tuple[int, int]]) -> bool:
    return span.kind in _KEPT_TOO and any(start <= span.start and span.end <= end for start, end in kept)
