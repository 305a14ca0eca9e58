"""Turns the steps of one call into what people are told of it while it goes on, redacted as the records are."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Final

from app.about import About
from app.call.commands import (
    ClearPlayout,
    Command,
    HandOff,
    PassOn,
    RecordEnd,
    RecordFlag,
    RecordTool,
    RecordTurn,
    RenewSession,
    RunTool,
)
from app.call.events import (
    AssistantAudio,
    CallerAudio,
    Event,
    KeyPressed,
    MarkReached,
    SessionLost,
    SessionOpened,
    SpeechEnded,
    SpeechStarted,
    SupervisorAsked,
)
from app.call.glance import Glance
from app.call.transcript import ASSISTANT, CALLER
from app.redaction.conversation import Conversation, Side
from app.redaction.edges import edges
from app.redaction.labels import Label
from app.redaction.spans import Span, hidden, merged, named
from app.redaction.text import find
from app.redaction.values import redacted_map

Step = tuple[Event, Sequence[Command], float]

LONGEST: Final = 600  # characters of a turn that goes on, from its end
KEY: Final = "•"  # a key that was pressed: which is nobody's business
UNTOLD: Final = frozenset({CallerAudio, AssistantAudio, MarkReached})  # where they lead to nothing, they tell nothing
WAIT: Final = ("gap_ms", "told_ms", "model_ms", "played_ms", "over_ms", "stopped_ms")


@dataclass(frozen=True, slots=True)
class Told:
    """Something that goes on in a call, ``at_s`` seconds after it started. ``about`` can be JSON."""

    kind: str
    at_s: float
    about: Mapping[str, object]


@dataclass(slots=True)
class Telling:
    """Follows one call. For one caller at a time, in any thread: redacting takes its milliseconds."""

    about: About
    started_at: float  # by the call's own clock
    conversation: Conversation = field(init=False)
    _words: dict[Side, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.conversation = Conversation(self.about.language, self.about.keep)

    # ---- the call as it stands

    def standing(self, glance: Glance) -> Told:
        """Everything known of the call now; the turns until now are remembered, so that what follows is understood."""
        turns = [self._line(line) for line in glance.story]
        self._words = {
            "caller": self._tail("caller", glance.caller),
            "assistant": self._tail("assistant", glance.assistant),
        }
        about = asdict(glance) | dict(self._words)
        del about["story"], about["started_at"]
        about |= {"tools": [{"name": name, "since_s": round(s, 1)} for name, s in glance.tools], "turns": turns}
        about |= {"line": self.about.line, "version": self.about.version, "model": self.about.model}
        return Told("now", glance.age_s, about)

    def _line(self, line: str) -> dict[str, object]:
        side: Side = "caller" if line.startswith(CALLER) else "assistant"
        words = line.removeprefix(CALLER if side == "caller" else ASSISTANT)
        shown = self._shown(words, side)
        self.conversation.said(line, side, words)
        return {"side": side, "text": shown}

    def last_words(self, caller: str, assistant: str) -> tuple[str, str]:
        """The end of what each side said last; what the caller said before is not known here."""
        return self._open(caller, "caller", inside=True), self._open(assistant, "assistant")

    # ---- what happens

    def told(self, steps: Iterable[Step], glance: Glance) -> Iterator[Told]:
        """What the steps tell, in order, then the words of turns that go on, where they are others than before."""
        for event, commands, now in steps:
            at_s = round(now - self.started_at, 3)
            yield from (Told(kind, at_s, about) for kind, about in self._of_event(event))
            for command in commands:
                yield from (Told(kind, at_s, about) for kind, about in self._of_command(command))
        running: tuple[tuple[Side, str], ...] = (("caller", glance.caller), ("assistant", glance.assistant))
        for side, words in running:
            shown = self._tail(side, words)
            if shown != self._words.get(side, ""):
                self._words[side] = shown
                yield Told("words", glance.age_s, {"side": side, "text": shown})

    def _of_event(self, event: Event) -> Iterator[tuple[str, dict[str, object]]]:
        match event:
            case SpeechStarted() | SpeechEnded():
                yield "speech", {"on": isinstance(event, SpeechStarted)}
            case KeyPressed(key):
                yield "key", {"key": key if key in "*#" else KEY}
            case SessionOpened(took_ms, resumed):
                yield "session", {"what": "opened", "took_ms": took_ms, "resumed": resumed}
            case SessionLost(code):
                yield "session", {"what": "lost", "code": code}
            case SupervisorAsked(action):
                yield "asked", {"action": action}
            case _:
                pass

    def _of_command(self, command: Command) -> Iterator[tuple[str, dict[str, object]]]:
        match command:
            case RecordTurn():
                yield "turn", self._turn(command)
            case RunTool(id, name, args):
                yield "tool", {"id": id, "name": name, "status": "running", "args": self._values(args)}
            case RecordTool(id, name, args, response, status, took_ms):
                shown = {"args": self._values(args), "response": self._values(response)}
                yield "tool", {"id": id, "name": name, "status": status, "took_ms": took_ms} | shown
            case RecordFlag(name, _, detail):
                yield "flag", {"name": name, "detail": self._shown(detail, "assistant")}
            case ClearPlayout():
                yield "barge_in", {}
            case RenewSession(handle):
                yield "session", {"what": "renewed", "resumed": handle is not None}
            case HandOff() | PassOn():
                yield "handoff", {"to": "representative" if isinstance(command, HandOff) else "process"}
            case RecordEnd(disposition, ended_by, duration_s):
                cost = command.cost_usd
                yield (
                    "end",
                    {"disposition": disposition, "ended_by": ended_by, "duration_s": duration_s, "cost_usd": cost},
                )
            case _:
                pass

    def _turn(self, turn: RecordTurn) -> dict[str, object]:
        shown = {"heard": self._shown(turn.heard, turn.side), "unheard": self._shown(turn.unheard, turn.side)}
        words = f"{turn.heard} {turn.unheard}" if turn.unheard else turn.heard
        self.conversation.said(turn.number, turn.side, words, turn.language or "")
        plain = {name: getattr(turn, name) for name in ("number", "side", "started_s", "ended_s", "language", *WAIT)}
        return plain | shown | {"interrupted": turn.interrupted, "tools": turn.tools}

    # ---- redacting

    def _tail(self, side: Side, words: str) -> str:
        return self._open(words[-LONGEST:], side, len(words) > LONGEST)

    def _shown(self, text: str, side: Side) -> str:
        """The text of a turn without what must go, or may be a part of it."""
        if not text or not self.about.redacts:
            return text
        return _named(text, merged([*self.conversation.look(text, side), *self._edges(text, side)]))

    def _open(self, text: str, side: Side, inside: bool = False) -> str:
        """The text of a turn that goes on: what only may have to go is not there until it is known.

        ``inside``: it begins in the middle.
        """
        if not text or not self.about.redacts:
            return text
        found, may_be = self.conversation.look(text, side), self._edges(text, side, inside)
        unsure = [one for one in may_be if all(one.end <= span.start or span.end <= one.start for span in found)]
        shown = hidden(text, merged([*found, *(one for one in may_be if one not in unsure)]))
        for span in reversed(merged(unsure)):
            shown = shown[: span.start] + shown[span.end :]
        return named(shown).lstrip(" ,.;:") if unsure else named(shown)

    def _edges(self, text: str, side: Side, inside: bool = False) -> list[Span]:
        """What at its ends may be a part of more."""
        asked, known = self.conversation.asked(side), self.conversation.known
        goes_on = inside or self.conversation.goes_on(side)
        return edges(text, self.about.language, asked, known, goes_on=goes_on)

    def _values(self, values: Mapping[str, object]) -> Mapping[str, object]:
        return redacted_map(values, self._look, _named) if self.about.redacts else dict(values)

    def _look(self, text: str, label: Label | None) -> Sequence[Span]:
        return find(text, self.about.language, self.about.keep, label, self.conversation.known)


def _named(text: str, spans: Sequence[Span]) -> str:
    return named(hidden(text, spans))


def figures(glance: Glance) -> Mapping[str, object]:
    """What changes with time alone, or in every moment."""
    times = {"quiet_s": round(glance.quiet_s, 1), "waits_s": round(glance.waits_s, 1), "cost_usd": glance.cost_usd}
    plain = {name: getattr(glance, name) for name in ("state", "speaking", "language", "held")}
    return plain | times


def tells(event: Event, commands: Sequence[Command]) -> bool:
    """Whether a step may tell anything; words do by what the call makes of them."""
    return event.__class__ not in UNTOLD or any(command.__class__ in _TELLING for command in commands)


_TELLING: Final = frozenset(
    {RecordTurn, RunTool, RecordTool, RecordFlag, ClearPlayout, RenewSession, HandOff, PassOn, RecordEnd}
)
