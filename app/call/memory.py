"""What a call remembers between two events."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Literal

from app.call.commands import Command
from app.call.dispositions import LONGEST_CALL
from app.call.kept import Kept
from app.call.playout import Playout
from app.call.rules import Rules
from app.call.transcript import Transcript

TOOLS_REMEMBERED = 256  # calls, to know one that comes twice


class State(Enum):
    """Where a call stands."""

    WAITING = auto()  # made, the stream has not started
    CONNECTING = auto()  # the caller is there, no session yet
    TALKING = auto()
    RENEWING = auto()  # the session is being replaced under the running call
    LEAVING = auto()  # a last word is on its way, then we hang up or hand off
    AWAY = auto()  # the stream is gone: a representative is being dialled, or the caller may come back
    ENDED = auto()


@dataclass(slots=True)
class ToolInUse:
    """A tool the model called and was not answered yet."""

    name: str
    args: Mapping[str, object]
    called_at: float
    session: int


@dataclass(slots=True)
class Leaving:
    """How the call is about to end, and until when the last word is waited for."""

    hand_off: bool
    disposition: str
    ended_by: Literal["assistant", "house"]
    generation: int  # the last word is this turn of the assistant or a later one
    at: float  # when that was decided
    speak_by: float  # the last word must have begun
    final: bool = False  # a caller who speaks is not taken back into the conversation
    sentence: str = ""  # for Twilio to speak if the assistant never said it


@dataclass(slots=True)
class Memory:
    """The whole state of one call; handlers change it and put commands into ``out``."""

    rules: Rules
    state: State = State.WAITING
    out: list[Command] = field(default_factory=list)

    started_at: float = 0.0
    language: str = ""  # what the caller speaks, as last heard
    first_sound_ms: int | None = None
    barge_ins: int = 0
    tokens: dict[str, int] = field(default_factory=dict)
    problem: str = ""

    playout: Playout = field(default_factory=Playout)
    transcript: Transcript = field(default_factory=Transcript)

    kept: Kept = field(default_factory=Kept)
    holding: bool = True  # the caller's sound is kept back so that "hello?" does not restart the greeting
    hold_by: float = 0.0  # and no longer than this for a greeting to begin
    greeting: int = 1  # the generation that greets
    greeted: bool = False  # the greeting was heard, or given up

    speaking_since: float | None = None  # the caller, by our own detector
    speech_ended_at: float | None = None
    unanswered: bool = False  # the caller spoke, no turn of the assistant has begun since
    active_at: float = 0.0  # last time anybody did anything
    silence_asked: int = 0

    keys: str = ""
    keys_at: float = 0.0

    session: int = 0  # number of the session in use, from 1
    session_by: float = 0.0  # while there is none: it is waited for until then
    opened_at: float = 0.0
    attempts: int = 0
    handle: str | None = None
    renew_by: float | None = None
    owed: list[str] = field(default_factory=list)  # instructions for the session that opens next

    tools: dict[str, ToolInUse] = field(default_factory=dict)
    tools_seen: deque[str] = field(default_factory=lambda: deque(maxlen=TOOLS_REMEMBERED))
    tools_used: int = 0
    tool_answered_at: float = 0.0
    filler_said: bool = False  # since tools are in use
    unspoken: list[str] = field(default_factory=list)  # what tools answered, until sound made since then was sent ...
    unspoken_from_ms: float = 0.0  # ... which lies behind this position in the playout

    leaving: Leaving | None = None
    away_until: float = 0.0
    stream_lost: bool = False  # away because the stream broke
    refused: bool = False  # nobody took the handoff, and the caller is not back
    refusals: int = 0
    end_by: float = float("inf")  # the call's own limit ...
    end_as: str = LONGEST_CALL  # ... and how it counts when that ends it

    def phrase(self, name: str, fallback: str) -> str:
        """A sentence the app says itself, in the call's language."""
        return self.rules.phrases.get(name, fallback)
