"""The events and commands of a call as its journal keeps them: what must go is hidden, texts are as long as before.

A journal is written at once, and a line cannot be taken back. So all words of a fragment are written hidden at first,
and told when a little more of the turn is known: without what must go, and without what may be a part of more.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from app.call.commands import (
    AnswerTool,
    Command,
    RecordEnd,
    RecordFlag,
    RecordTool,
    RecordTurn,
    RenewSession,
    RunTool,
    Say,
    TellHeard,
)
from app.call.events import (
    CallResumed,
    Event,
    KeyPressed,
    PhotoReceived,
    SessionLost,
    SupervisorAsked,
    TextReceived,
    ToolCalled,
    ToolReturned,
    Transcribed,
)
from app.call.transcript import ASSISTANT, CALLER
from app.redaction.conversation import Conversation, Side
from app.redaction.edges import edges
from app.redaction.labels import Label
from app.redaction.spans import HIDDEN, Span, hidden, merged
from app.redaction.stretches import stretches, tokens_of, tongue_of
from app.redaction.text import Keep, find
from app.redaction.values import redacted_map, redacted_value

TOLD_AFTER_S: Final = 2.0  # a fragment's words: what they mean is often said behind them
LOOKED_EVERY_S: Final = 1.0  # at a turn that goes on: all its words are gone through each time
LONGEST_TURN: Final = 600  # characters of a turn that are looked back on
MOST_VALUES: Final = 64


def _by_nothing(_: RunTool) -> str:
    return ""


@dataclass(slots=True)
class _Turn:
    """The words of one side's turn as they come: fragments by their number in the journal."""

    text: str = ""  # so far, of all its fragments
    waiting: list[tuple[int, str, float]] = field(default_factory=list)
    look_at: float = 0.0  # not before


@dataclass(slots=True)
class Hiding:
    """Hides what must go in one call's journal. For one thread; ``keys`` are those that choose a language.

    ``known_by`` gives what stands for the arguments of a tool, so that nobody can tell them from it.
    """

    language: str = ""
    keep: Keep = ()
    keys: frozenset[str] = frozenset()
    known_by: Callable[[RunTool], str] = _by_nothing
    conversation: Conversation = field(init=False)
    _turns: dict[Side, _Turn] = field(default_factory=dict)
    _fragments: int = 0
    _by: dict[str, str] = field(default_factory=dict)  # by what a value of a tool is hidden
    _due: dict[str, str] = field(default_factory=dict)
    _keyed: bool = False

    def __post_init__(self) -> None:
        self.conversation = Conversation(self.language, self.keep)

    # ---- what happened

    def event(self, event: Event, now: float) -> Event:  # noqa: PLR0911 - one case an event
        """The event as it is written."""
        match event:
            case Transcribed(side, text):
                return replace(event, text=self._fragment(side, text, now))
            case KeyPressed(key):
                return replace(event, key=self._key(key))
            case ToolCalled():
                return replace(event, args=self._values(event.args))
            case ToolReturned():
                phone = redacted_value("phone", event.phone, self._look, self._hidden)
                shown = None if phone is None else str(phone)
                return replace(event, response=self._values(event.response), phone=shown)
            case TextReceived() | PhotoReceived() | SupervisorAsked():
                return replace(event, text=self._text(event.text))
            case SessionLost():
                return replace(event, reason=hidden(event.reason, self._look(event.reason, None)))
            case CallResumed():
                return replace(event, story=tuple(map(self._text, event.story)))
            case _:
                return event

    def _key(self, key: str) -> str:
        """A key is a part of a secret, unless it is the first and may choose a language."""
        chooses = not self._keyed and key in self.keys
        self._keyed = True
        return key if chooses or not key.isdigit() else HIDDEN[0]

    def _fragment(self, side: Side, text: str, now: float) -> str:
        turn = self._turns.setdefault(side, _Turn())
        turn.waiting.append((self._fragments, text, now))
        turn.text += text
        self._fragments += 1
        return _all_hidden(text)

    # ---- what was decided

    def command(self, command: Command) -> Command:  # noqa: PLR0911 - one case a command
        """The command as it is written."""
        match command:
            case RecordTurn():
                return self._turn(command)
            case RecordTool():
                return replace(command, args=self._values(command.args), response=self._values(command.response))
            case RunTool():
                return self._use(command)
            case AnswerTool():
                return replace(command, response=self._values(command.response))
            case Say():
                return replace(command, instruction=self._instruction(command.instruction))
            case TellHeard():
                return replace(command, text=self._text(command.text))
            case RenewSession():
                return replace(command, story="\n".join(map(self._line, command.story.split("\n"))))
            case RecordFlag():
                return replace(command, detail=hidden(command.detail, self._look(command.detail, None)))
            case RecordEnd():
                return replace(command, problem=self._text(command.problem))
            case _:
                return command

    def _use(self, use: RunTool) -> RunTool:
        """Arguments that are hidden are told by something they can be known by when they are given again."""
        heard = None if use.heard is None else tuple(map(self._text, use.heard))
        shown, args = self._values(use.args), dict(use.args)
        known_by = "" if shown == args else self.known_by(use)
        return replace(use, args=shown, said=self._text(use.said), heard=heard, known_by=known_by)

    def _turn(self, turn: RecordTurn) -> RecordTurn:
        words = f"{turn.heard} {turn.unheard}" if turn.unheard else turn.heard
        goes_on = self.conversation.goes_on(turn.side)
        self.conversation.said(turn, turn.side, words, turn.language or "")
        ended = self._turns.pop(turn.side, None)
        if ended is not None:
            self._due |= self._words(turn.side, ended, goes_on)
        unheard = self._text(turn.unheard, turn.side)  # it begins where the other ends
        return replace(turn, heard=self._text(turn.heard, turn.side, goes_on), unheard=unheard)

    # ---- words told later

    def told(self, now: float | None = None) -> Mapping[str, str]:
        """The words of fragments that are due, by their numbers; of all, where nothing more comes."""
        for side, turn in self._turns.items():
            if turn.waiting and (now is None or now >= max(turn.look_at, turn.waiting[0][2] + TOLD_AFTER_S)):
                turn.look_at = 0.0 if now is None else now + LOOKED_EVERY_S
                self._due |= self._words(side, turn, self.conversation.goes_on(side), now)
        due, self._due = self._due, {}
        return due

    def _words(self, side: Side, turn: _Turn, goes_on: bool, now: float | None = None) -> dict[str, str]:
        text = turn.text[-LONGEST_TURN:]
        whole = len(text) == len(turn.text)
        shown = hidden(text, self._doubtful(text, side, goes_on or not whole))
        at = len(text) - sum(len(words) for _, words, _ in turn.waiting)
        told = {}
        while turn.waiting and (now is None or now >= turn.waiting[0][2] + TOLD_AFTER_S):
            number, words, _ = turn.waiting.pop(0)
            told[str(number)] = shown[at:][: len(words)] if at >= 0 else _all_hidden(words)
            at += len(words)
        return told

    # ---- hiding

    def _doubtful(self, text: str, side: Side, goes_on: bool = True) -> list[Span]:
        """What must go of a text, and what may be a part of something that must; its beginning only if it goes on."""
        asked, known = self.conversation.asked(side), self.conversation.known
        found = self.conversation.look(text, side)
        return merged([*found, *edges(text, self.language, asked, known, goes_on=goes_on)])

    def _text(self, text: str, side: Side = "caller", goes_on: bool = True) -> str:
        spans = self._doubtful(text, side, goes_on) if text else ()
        return hidden(text, spans) if spans else text

    def _instruction(self, text: str) -> str:
        """What the model is told to do may hold keys that were pressed: no digit of it is needed."""
        tokens = tokens_of(text)
        digits = [
            Span(stretch[0].start, stretch[-1].end, "secret")
            for stretch in stretches(text, tokens, tongue_of(tokens, self.language))
            if sum(len(atom.value) for atom in stretch if atom.is_digits) > 1
            or any(char.isdigit() for char in text[stretch[0].start : stretch[-1].end])
        ]
        spans = merged([*digits, *self._doubtful(text, "caller")])
        return hidden(text, spans)

    def _line(self, line: str) -> str:
        """A line of the call's story: who speaks, and the words."""
        who = next((who for who in (CALLER, ASSISTANT) if line.startswith(who)), "")
        return f"{who}{self._text(line[len(who) :])}"

    def _values(self, values: Mapping[str, object]) -> dict[str, object]:
        return redacted_map(values, self._look, self._hidden)

    def _look(self, text: str, label: Label | None) -> Sequence[Span]:
        return find(text, self.language, self.keep, label, self.conversation.known)

    def _hidden(self, text: str, spans: Sequence[Span]) -> str:
        """A value of a tool, hidden by a character that its equals have, too, and most others have not."""
        if text not in self._by and len(self._by) < MOST_VALUES:
            self._by[text] = HIDDEN[len(self._by) % len(HIDDEN)]
        return hidden(text, spans, self._by.get(text, HIDDEN[0]))


def _all_hidden(text: str) -> str:
    return hidden(text, [Span(0, len(text), "secret")])


# What has anything to hide; the rest, sound above all, is not looked at.
HIDES: Final = frozenset(
    {
        *(Transcribed, KeyPressed, ToolCalled, ToolReturned),
        *(TextReceived, PhotoReceived, SupervisorAsked, CallResumed, SessionLost),
        *(RecordTurn, RecordTool, RecordFlag, RecordEnd),
        *(RunTool, AnswerTool, Say, TellHeard, RenewSession),
    }
)
