"""A call's records on their way to the store, redacted; turns that may go on with a number wait until that is known."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from app.call.commands import (
    HandOff,
    HangUp,
    Leaving,
    PassOn,
    Record,
    RecordEnd,
    RecordFlag,
    RecordTool,
    RecordTurn,
    TakeMessage,
)
from app.redaction.conversation import Conversation, Piece, Side
from app.redaction.labels import Label
from app.redaction.spans import Span, hidden, named, without
from app.redaction.text import Keep, find
from app.redaction.values import redacted_map

MARGIN_S = 1.5  # of sound that goes with the words before and after them ...
MARGIN = 0.15  # ... and so much of the turn, for nobody speaks evenly

Silence = Callable[[Side, float, float], None]


def no_silence(_: Side, __: float, ___: float) -> None:
    """Where nothing is recorded."""


@dataclass(slots=True)
class RecordRedaction:
    """The redaction of one call's records; ``silence`` is told which sound must go, in seconds of the call."""

    language: str = ""
    keep: Keep = ()
    silence: Silence = no_silence
    conversation: Conversation = field(init=False)
    _silenced: dict[object, Sequence[Span]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.conversation = Conversation(self.language, self.keep)

    def records(self, record: Record | Leaving) -> Sequence[Record | Leaving]:
        """What is to be stored now instead of this record."""
        match record:
            case RecordTurn():
                return self._turn(record)
            case RecordTool():
                return [self._tool(record)]
            case RecordFlag():
                return [replace(record, detail=self.detail(record.detail))]
            case RecordEnd():
                return [*self._rest(), replace(record, problem=self._text(record.problem))]
            case HandOff() | HangUp() | TakeMessage() | PassOn():
                return [*self._rest(), record]
            case _:
                return [record]

    def detail(self, text: str) -> str:
        """A short text that tells of a moment. Made as it is made of a journal, so that its row has the same id."""
        return named(hidden(text, self._look(text, None)))

    def _turn(self, turn: RecordTurn) -> list[RecordTurn]:
        words = f"{turn.heard} {turn.unheard}" if turn.unheard else turn.heard
        settled = self.conversation.said(turn, turn.side, words, turn.language or "")
        for piece in (*settled, *self.conversation.waiting()):
            self._silence(piece)
        return [self._settled(piece) for piece in settled]

    def _rest(self) -> list[RecordTurn]:
        return [self._settled(piece) for piece in self.conversation.rest()]

    def _settled(self, piece: Piece) -> RecordTurn:
        turn = piece.key
        assert isinstance(turn, RecordTurn)
        self._silenced.pop(_name(turn), None)
        if not piece.spans:
            return turn
        after = len(turn.heard) + 1
        heard = [span for span in piece.spans if span.start < after - 1]
        unheard = [Span(max(0, span.start - after), span.end - after, span.kind) for span in piece.spans]
        return replace(
            turn,
            heard=without(turn.heard, [Span(span.start, min(span.end, after - 1), span.kind) for span in heard]),
            unheard=without(turn.unheard, [span for span in unheard if span.end > 0]),
        )

    def _tool(self, tool: RecordTool) -> RecordTool:
        return replace(
            tool,
            args=redacted_map(tool.args, self._look, without),
            response=redacted_map(tool.response, self._look, without),
        )

    def _look(self, text: str, label: Label | None) -> Sequence[Span]:
        return find(text, self.language, self.keep, label, self.conversation.known)

    def _text(self, text: str) -> str:
        return without(text, self._look(text, None))

    # ---- sound

    def _silence(self, piece: Piece) -> None:
        """The sound of what must go of a turn; again when more of it must go than was known."""
        turn = piece.key
        assert isinstance(turn, RecordTurn)
        if not piece.spans or self._silenced.get(_name(turn)) == piece.spans:
            return
        self._silenced[_name(turn)] = list(piece.spans)
        for span in piece.spans:
            self.silence(turn.side, *sound_of(span, turn, len(piece.text)))


def _name(turn: RecordTurn) -> tuple[str, int, float]:
    return turn.side, turn.number, turn.started_s


def sound_of(span: Span, turn: RecordTurn, length: int) -> tuple[float, float]:
    """When a stretch of a turn's words was spoken, in seconds of the call: by its place among them, generously."""
    lasts_s = max(0.0, turn.ended_s - turn.started_s)
    margin_s = MARGIN_S + MARGIN * lasts_s
    from_s = turn.started_s + lasts_s * span.start / max(1, length) - margin_s
    to_s = turn.started_s + lasts_s * span.end / max(1, length) + margin_s
    return max(turn.started_s - MARGIN_S, from_s, 0.0), min(turn.ended_s + MARGIN_S, to_s)
