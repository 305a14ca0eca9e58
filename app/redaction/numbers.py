"""Decides what a stretch of digits and letters is: by its check digits, and by the words around it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from app.redaction.ids import (
    LONGEST_CARD,
    SHORTEST_CARD,
    is_card,
    is_iban,
    is_issued,
    is_personal,
    is_social_security,
)
from app.redaction.labels import Label, Told
from app.redaction.phones import LONGEST, is_phone
from app.redaction.spans import Kind, Span
from app.redaction.stretches import Atom

BEFORE, AFTER = 70, 24  # characters between a number and the word that tells what it is
MOST_ATOMS = 80  # of one stretch that are looked at in every combination
SHORTEST: Final[dict[str, int]] = {
    "card_number": 4,
    "card": 8,
    "secret": 3,
    "id": 5,
    "phone": 6,
    "number": 7,
    "iban": 8,
}
LONGEST_SECRET = 10
LONGEST_NAMED = 34  # an IBAN
_KINDS: Final[dict[str, Kind]] = {
    "card_number": "card",
    "card": "card",
    "secret": "secret",
    "password": "secret",
    "id": "id",
    "phone": "phone",
    "number": "phone",
    "iban": "iban",
}
_IS: Final = re.compile(
    r"[^.!?;\d]*\b(?:is|are|that's|it's|as|for|ist|sind|als|es|son|est|sont|c'est|é|são|to|jest|mi|meu|my|meine?|mon)\b"
    r"[^.!?;\d]*|\s*(?:は|が|です|है|पर|是|هي|هو)?\s*",
    re.IGNORECASE,
)


Known = Mapping[str, Kind]  # numbers by their digits
SHORTEST_AGAIN = 4  # so much of a card's number, said again, is known


@dataclass(frozen=True, slots=True)
class Around:
    """A text and what its words tell of its numbers; ``asked`` is what the other side asked for before."""

    text: str
    labels: Sequence[Told]
    asked: Label | None
    language: str  # its main tag
    known: Known

    def label_of(self, start: int, end: int) -> tuple[Label | None, bool]:
        """What the words around a place say stands there, and whether they are at its side; else what was"
        " asked for."""
        before = [told for told in self.labels if told.end <= start and start - told.end <= BEFORE]
        after = [told for told in self.labels if 0 <= told.start - end <= AFTER and self._is_said(end, told.start)]
        if after and (not before or 2 * (after[0].start - end) < start - before[-1].end):
            return after[0].label, True
        return (before[-1].label, True) if before else (self.asked, False)

    def _is_said(self, end: int, start: int) -> bool:
        return bool(_IS.fullmatch(self.text[end:start]))


def judged(stretch: Sequence[Atom], around: Around) -> Iterator[Span]:
    """What of a stretch must go."""
    stretch = stretch[:MOST_ATOMS]
    if not any(atom.is_digits for atom in stretch):
        return
    named = _with_letters(stretch, around)
    if named is not None:
        yield named
    for run in _digit_runs(stretch):
        if named is None or named.end <= run[0].start or run[-1].end <= named.start:
            yield from _judged_digits(run, around)


def _with_letters(stretch: Sequence[Atom], around: Around) -> Span | None:
    """The number of an account or of papers that has letters in it."""
    if all(atom.is_digits for atom in stretch):
        return None
    for first in range(len(stretch)):
        value, best = "", None
        for atom in stretch[first:]:
            value += atom.value
            if len(value) > LONGEST_NAMED:
                break
            kind = None if value.isdigit() else _named(value, around.language)
            best = Span(stretch[first].start, atom.end, kind) if kind is not None else best
        if best is not None:
            return best
    digits = sum(len(atom.value) for atom in stretch if atom.is_digits)
    begins = _first_of(stretch)
    is_id = digits >= SHORTEST["id"] and around.label_of(begins, stretch[-1].end)[0] == "id"
    return Span(begins, stretch[-1].end, "id") if is_id else None


def _named(value: str, language: str) -> Kind | None:
    if is_iban(value):
        return "iban"
    return "id" if is_personal(value, language) else None


def _first_of(stretch: Sequence[Atom]) -> int:
    """Where the number begins: the capitals before it may be its name."""
    first = next(atom for atom in stretch if atom.is_digits or len(atom.value) <= 2)
    return first.start


def _digit_runs(stretch: Sequence[Atom]) -> Iterator[list[Atom]]:
    run: list[Atom] = []
    for atom in stretch:
        if atom.is_digits:
            run.append(atom)
        elif run:
            yield run
            run = []
    if run:
        yield run


def _judged_digits(run: Sequence[Atom], around: Around) -> Iterator[Span]:
    digits = "".join(atom.value for atom in run)
    whole = (run[0].start, run[-1].end)
    label, beside = around.label_of(*whole)
    if _has_card(run, digits, label):
        yield Span(*whole, "card")
        return
    again = _again(digits, around.known)
    if again is not None and label != "last_four":
        yield Span(*whole, again)
        return
    if label == "plain" or (label == "last_four" and len(digits) <= 4):
        return
    kind = _labelled(digits, label, beside=beside)
    if kind is not None:
        yield Span(_with_plus(around.text, whole[0]) if kind == "phone" else whole[0], whole[1], kind)
        return
    yield from _unlabelled(run, around)


def _again(digits: str, known: Known) -> Kind | None:
    """What this is, if it was said before: a whole number, or a part of a card's."""
    if digits in known or len(digits) < SHORTEST_AGAIN:
        return known.get(digits)
    return next((kind for value, kind in known.items() if kind == "card" and digits in value), None)


def _has_card(run: Sequence[Atom], digits: str, label: Label | None) -> bool:
    """A card's number is in the run; what else is in it (an earlier try, its date, its code) goes with it."""
    named = label in ("card", "card_number")
    if len(digits) < SHORTEST_CARD:
        return False
    if named or (label != "plain" and any(atom.corrects for atom in run)):
        return True
    for first in range(len(run)):
        value = ""
        for atom in run[first:]:
            value += atom.value
            if len(value) > LONGEST_CARD:
                break
            if len(value) > (SHORTEST_CARD + 1 if label == "plain" else SHORTEST_CARD - 1) and is_card(value):
                return True
    return label != "plain" and len(run) > 1 and is_issued(digits)


def _labelled(digits: str, label: Label | None, *, beside: bool) -> Kind | None:
    """What the words say it is, if it is long enough for that."""
    if label is None or label not in _KINDS or len(digits) < SHORTEST.get(label, 3):
        return None
    if label in ("secret", "password") and len(digits) > LONGEST_SECRET:
        return None
    if label in ("phone", "number") and len(digits) > LONGEST:
        return None
    return _KINDS[label]


def _unlabelled(run: Sequence[Atom], around: Around) -> Iterator[Span]:
    """Numbers that nobody named: as long as they are told by their groups or a numbering plan."""
    values = [atom.value for atom in run]
    if is_social_security(values):
        yield Span(run[0].start, run[-1].end, "id")
        return
    for first, last in _windows(len(run)):
        if is_personal("".join(values[first : last + 1]), around.language):
            yield Span(run[first].start, run[last].end, "id")
            return
    for first, last in _windows(len(run)):
        start = run[first].start
        plus = _with_plus(around.text, start) < start and around.text[_with_plus(around.text, start)] == "+"
        if is_phone("".join(values[first : last + 1]), around.language, international=plus):
            yield Span(_with_plus(around.text, start), run[last].end, "phone")
            return


def _windows(length: int) -> Iterator[tuple[int, int]]:
    """The whole run, then what is left of it without one or two atoms at either end."""
    for less in range(min(3, length)):
        for first in range(less + 1):
            yield first, length - 1 - (less - first)


def _with_plus(text: str, start: int) -> int:
    """Where a phone number begins that has a plus sign or a bracket before its first digit."""
    while start and text[start - 1] in "+(":
        start -= 1
    return start
