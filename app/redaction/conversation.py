"""What is said in a call, redacted turn by turn: a number may be read in several goes, and said again."""

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from app.redaction.edges import edges, is_open
from app.redaction.ids import SHORTEST_CARD
from app.redaction.labels import Label, asked_in
from app.redaction.spans import Kind, Span, merged
from app.redaction.stretches import stretches, tokens_of, tongue_of
from app.redaction.text import Keep, find

Side = Literal["caller", "assistant"]
OTHER: Final[Mapping[Side, Side]] = {"caller": "assistant", "assistant": "caller"}

MOST_GOES = 5  # in which one number is read
LONGEST_TAIL = 400  # characters of an earlier turn's end, and of a turn's beginning, that may hold a part of it
MOST_ASIDES = 2  # turns without a number between the goes of a card: "hold on, let me find my glasses"
SHORT = 40  # characters of an "mm-hm, go on", which is no answer
MOST_KNOWN = 32  # numbers taken out so far, to know them when they are said again
KEYED: Final = "[keys] "  # how a turn begins that was keyed in
SHORTEST_KEYED = 3
_PART: Final = "\n"
_PAUSES: Final = " .,;:!?-…。、،"


@dataclass(slots=True)
class Piece:
    """One turn as it was said, and where something of it must go; ``key`` is whoever asks's own name for it."""

    key: object
    side: Side
    text: str
    language: str
    asked: Label | None
    spans: list[Span] = field(default_factory=list)


@dataclass(slots=True)
class Conversation:
    """The turns of a call whose end is not known to be harmless yet, and the numbers known so far; both are bounded."""

    language: str = ""
    keep: Keep = ()
    known: OrderedDict[str, Kind] = field(default_factory=OrderedDict)
    _open: dict[Side, list[Piece]] = field(default_factory=dict)
    _asides: dict[Side, int] = field(default_factory=dict)
    _asked: dict[Side, Label | None] = field(default_factory=dict)

    def said(self, key: object, side: Side, text: str, language: str = "") -> list[Piece]:
        """Take a turn in: gives those that are settled now, of which no more must go whatever is said next."""
        piece = Piece(key, side, text, language or self.language, self._asked.get(side))
        piece.spans = find(text, piece.language, self.keep, piece.asked, self.known) or _keyed(piece)
        label = asked_in(text)
        settled = self._answered(side, text, label)
        if self._is_aside(piece):
            self._remember(piece)
            self._ask(side, text, label)
            return [*settled, piece]
        goes = self._open.pop(side, [])
        self._join(goes, piece)
        for one in (*goes, piece):
            self._remember(one)
        goes.append(piece)
        if is_open(text, piece.language, piece.asked, self.known):
            self._open[side] = goes[-MOST_GOES:]
            goes = goes[:-MOST_GOES]
        self._ask(side, text, label)
        return [*settled, *goes]

    def look(self, text: str, side: Side, language: str = "") -> list[Span]:
        """What must go of words that are not a turn of their own, or not yet."""
        return find(text, language or self.language, self.keep, self._asked.get(side), self.known)

    def asked(self, side: Side) -> Label | None:
        """What the other side asked this one for."""
        return self._asked.get(side)

    def goes_on(self, side: Side) -> bool:
        """Whether what this side says next may go on with a number of its last turns."""
        return bool(self._open.get(side))

    def waiting(self) -> list[Piece]:
        """The turns not settled yet."""
        return [piece for goes in self._open.values() for piece in goes]

    def rest(self) -> list[Piece]:
        """The turns not settled yet: nothing more is said."""
        rest = self.waiting()
        self._open.clear()
        return rest

    def _is_aside(self, piece: Piece) -> bool:
        """Whether a turn without a number stands between the goes of a card, which may still be gone on with."""
        goes, asides = self._open.get(piece.side, ()), self._asides.get(piece.side, 0)
        aside = _half_a_card(goes) and asides < MOST_ASIDES
        aside = aside and not edges(piece.text, piece.language, piece.asked, self.known)
        self._asides[piece.side] = asides + 1 if aside else 0
        return aside

    def _answered(self, side: Side, text: str, label: Label | None) -> list[Piece]:
        """The other side's turns that are settled by more than a nod; half a card's number is by none."""
        other = OTHER[side]
        nods = (label is None and len(text) <= SHORT) or (label is not None and label == self._asked.get(other))
        return [] if nods or _half_a_card(self._open.get(other, ())) else self._open.pop(other, [])

    def _ask(self, side: Side, text: str, label: Label | None) -> None:
        """What the other side is likely to tell now."""
        if label is None and len(text) <= SHORT:
            return
        asks = label not in ("plain", "last_four") or any(mark in text for mark in "?？؟")
        self._asked[OTHER[side]] = label if asks else None

    def _join(self, goes: Sequence[Piece], piece: Piece) -> None:
        """Read the turn behind those that it may go on from."""
        if not goes:
            return
        joined, places = _joined([*goes, piece])
        found = find(joined, piece.language, self.keep, goes[0].asked, self.known)
        across = [span for span in found if _PART in joined[span.start : span.end]]
        for one, place in zip((*goes, piece), places, strict=True):
            _add(one, across, place)

    # ---- said again

    def _remember(self, piece: Piece) -> None:
        for span in piece.spans:
            for value in values_of(piece.text[span.start : span.end], piece.language):
                self.known[value] = span.kind
                self.known.move_to_end(value)
        while len(self.known) > MOST_KNOWN:
            self.known.popitem(last=False)


def _half_a_card(goes: Sequence[Piece]) -> bool:
    """Whether a card's number was begun and is not whole yet: whatever is said to it, it may be gone on with."""
    digits = 0
    for piece in reversed(goes):
        last = piece.spans[-1] if piece.spans else None
        if last is None or last.kind != "card" or piece.text[last.end :].strip(_PAUSES):
            break
        digits += sum(map(len, values_of(piece.text[last.start : last.end], piece.language)))
        if piece.text[: last.start].strip(_PAUSES):
            break  # it was begun in this turn
    return 0 < digits < SHORTEST_CARD


def _keyed(piece: Piece) -> list[Span]:
    """Keys that were pressed are a secret, if there are more than a menu needs and none of something harmless."""
    keys = piece.text.removeprefix(KEYED)
    if keys == piece.text or piece.asked == "plain" or sum(char.isdigit() for char in keys) < SHORTEST_KEYED:
        return []
    return [Span(len(KEYED), len(piece.text), "secret")]


def values_of(words: str, language: str) -> Iterator[str]:
    """The digits of a number, however it was written or spoken."""
    tokens = tokens_of(words)
    for stretch in stretches(words, tokens, tongue_of(tokens, language)):
        digits = "".join(atom.value for atom in stretch if atom.is_digits)
        if len(digits) >= 3:
            yield digits


def _joined(pieces: Sequence[Piece]) -> tuple[str, list[tuple[int, int]]]:
    """The turns' words one behind the other; for each where it begins there, and how much of its own is left out."""
    parts: list[str] = []
    places: list[tuple[int, int]] = []
    at = 0
    for piece in pieces:
        cut = max(0, len(piece.text) - LONGEST_TAIL) if piece is not pieces[-1] else 0
        words = piece.text[cut : cut + LONGEST_TAIL]
        places.append((at, cut))
        parts.append(words)
        at += len(words) + len(_PART)
    return _PART.join(parts), places


def _add(piece: Piece, found: Sequence[Span], place: tuple[int, int]) -> None:
    """Add what was found across turns to one of them."""
    at, cut = place
    mine = [_within(span, at - cut, len(piece.text)) for span in found]
    piece.spans = merged([*piece.spans, *(span for span in mine if span.end > span.start)])


def _within(span: Span, offset: int, length: int) -> Span:
    return Span(max(0, span.start - offset), min(length, span.end - offset), span.kind)
