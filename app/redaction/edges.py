"""What at the ends of a turn may be a part of more: digits and spelled names that the turns beside it go on with."""

from collections.abc import Sequence

from app.redaction.labels import Label, labels_in
from app.redaction.mail import is_mail_word
from app.redaction.numbers import Around, Known
from app.redaction.spans import Span
from app.redaction.stretches import Token, is_between, stretches, tokens_of, tongue_of

NAME = 3  # words at an end in which an address may have begun


def edges(text: str, language: str, asked: Label | None, known: Known, *, goes_on: bool = True) -> list[Span]:
    """What is read at the beginning or the end of a text, but for numbers that its words call something harmless.

    A beginning is none where nothing before it was left open, and the text does not go on with it.
    """
    tokens = tokens_of(text)
    if not tokens:
        return []
    labels = None
    found = list(_names(tokens, asked))
    for stretch in stretches(text, tokens, tongue_of(tokens, language)):
        start, end = stretch[0].start, stretch[-1].end
        if _is_edge(tokens, start, end, goes_on) and any(atom.is_digits for atom in stretch):
            labels = labels_in(text) if labels is None else labels
            around = Around(text, labels, asked, language.split("-", maxsplit=1)[0].lower(), known)
            if around.label_of(start, end)[0] not in ("plain", "last_four"):
                found.append(Span(start, end, "secret"))
    return found


def is_open(text: str, language: str, asked: Label | None, known: Known) -> bool:
    """Whether what is said next may go on with the end of this."""
    end = len(text.rstrip(" .,;:!?-…。、，।؟"))
    last = tokens_of(text)[-1:]
    return any(span.end >= end or span.end >= last[0].start for span in edges(text, language, asked, known))


def _is_edge(tokens: Sequence[Token], start: int, end: int, goes_on: bool) -> bool:
    before = [token for token in tokens if token.end <= start]
    after = [token for token in tokens if token.start >= end]
    return (goes_on and all(map(is_between, before))) or all(map(is_between, after))


def _names(tokens: Sequence[Token], asked: Label | None) -> Sequence[Span]:
    """The last words, if an address may have begun with them; all of them, if one was asked for."""
    if asked == "e-mail":
        return [Span(tokens[0].start, tokens[-1].end, "e-mail")]
    last = tokens[-NAME:]
    if any(is_mail_word(token.word) for token in last):
        return [Span(last[0].start, last[-1].end, "e-mail")]
    return []
