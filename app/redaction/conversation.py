"""What is said in a call, redacted turn by turn: a number may be read in several goes, and said again."""

from collections import OrderedDict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from app.redaction.labels import Label, asked_in
from app.redaction.spans import Kind, Span, merged
from app.redaction.stretches import stretches, tokens_of, tongue_of
from app.redaction.text import Keep, find

Side = Literal["caller", "assistant"]

MOST_PIECES = 12  # turns of both sides that are remembered
MOST_GOES = 5  # in which one number is read
LONGEST_TAIL = 400  # characters of an earlier turn's end, and of a turn's beginning, that may hold a part of it
SHORT = 40  # characters of an "mm-hm, go on", which is no answer
MOST_KNOWN = 32  # numbers taken out so far, to know them when they are said again
_PART: Final = "\n"


@dataclass(slots=True)
class Piece:
    """One turn as it was said, and where something of it must go; ``key`` is whoever asks's own name for it."""

    key: object
    side: Side
    text: str
    language: str
    asked: Label | None
    label: Label | None  # that it names itself
    spans: list[Span] = field(default_factory=list)


@dataclass(slots=True)
class Conversation:
    """The last turns of a call. Memory and time are bounded; the words are nowhere else kept."""

    language: str = ""
    keep: Keep = ()
    known: OrderedDict[str, Kind] = field(default_factory=OrderedDict)
    _pieces: deque[Piece] = field(default_factory=lambda: deque(maxlen=MOST_PIECES))
    _asked: dict[Side, Label | None] = field(default_factory=dict)

    def said(self, key: object, side: Side, text: str, language: str = "") -> list[Piece]:
        """Take a turn in: it, and those before it of which more must go now than was known then; it comes last."""
        language = language or self.language
        piece = Piece(key, side, text, language, self._asked.get(side), asked_in(text))
        piece.spans = find(text, language, self.keep, piece.asked, self.known)
        changed = self._in_goes(piece)
        self._pieces.append(piece)
        self._ask(piece)
        for one in (*changed, piece):
            self._remember(one)
        return [*changed, piece]

    def look(self, text: str, side: Side, language: str = "") -> list[Span]:
        """What must go of words that are not a turn of their own, or not yet."""
        return find(text, language or self.language, self.keep, self._asked.get(side), self.known)

    def _ask(self, piece: Piece) -> None:
        """What the other side is likely to tell now."""
        other: Side = "assistant" if piece.side == "caller" else "caller"
        if piece.label is None and len(piece.text) <= SHORT:
            return
        asks = piece.label not in ("plain", "last_four") or any(mark in piece.text for mark in "?？؟")
        self._asked[other] = piece.label if asks else None

    # ---- in several goes

    def _in_goes(self, piece: Piece) -> list[Piece]:
        """Read the turn behind those that it may go on from; gives those of which more must go now."""
        goes = self._before(piece)
        if not goes:
            return []
        joined, places = _joined([*goes, piece])
        found = find(joined, piece.language, self.keep, goes[0].asked, self.known)
        across = [span for span in found if _PART in joined[span.start : span.end]]
        changed = [one for one, place in zip(goes, places, strict=False) if _added(one, across, place)]
        _added(piece, across, places[-1])
        return changed

    def _before(self, piece: Piece) -> list[Piece]:
        """The turns of this side that this one may go on from: the other side has only nodded between."""
        goes: list[Piece] = []
        for before in reversed(self._pieces):
            if before.side == piece.side:
                goes.insert(0, before)
            elif len(before.text) > SHORT or before.label not in (None, piece.asked):
                break
            if len(goes) == MOST_GOES:
                break
        return goes

    # ---- said again

    def _remember(self, piece: Piece) -> None:
        for span in piece.spans:
            for value in values_of(piece.text[span.start : span.end], piece.language):
                self.known[value] = span.kind
                self.known.move_to_end(value)
        while len(self.known) > MOST_KNOWN:
            self.known.popitem(last=False)


def values_of(words: str, language: str) -> Iterator[str]:
    """The digits of a number, however it was written or spoken."""
    tokens = tokens_of(words)
    for stretch in stretches(words, tokens, tongue_of(tokens, language)):
        digits = "".join(atom.value for atom in stretch if atom.is_digits)
        if len(digits) >= 3:
            yield digits


def _joined(pieces: Sequence[Piece]) -> tuple[str, list[tuple[int, int]]]:
    """The turns' words one behind the other, and for each where it begins there and how much of its"
    " own is left out."""
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


def _added(piece: Piece, found: Sequence[Span], place: tuple[int, int]) -> bool:
    """Add what was found across turns to one of them; whether that says more than was known."""
    at, cut = place
    mine = [_within(span, at - cut, len(piece.text)) for span in found]
    more = merged([*piece.spans, *(span for span in mine if span.end > span.start)])
    if more == piece.spans:
        return False
    piece.spans = more
    return True


def _within(span: Span, offset: int, length: int) -> Span:
    return Span(max(0, span.start - offset), min(length, span.end - offset), span.kind)
