"""What a call remembers between two events."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Literal

from app.audio.pcm import Audio
from app.call.commands import Command, Route
from app.call.dictation import Dictation
from app.call.dispositions import LONGEST_CALL
from app.call.health_state import Health
from app.call.image import Image
from app.call.kept import Kept
from app.call.playout import Playout
from app.call.recovery import Way
from app.call.rules import Rules
from app.call.transcript import Transcript
from app.call.utterance import Utterance

TOOLS_REMEMBERED = 256  # calls, to know one that comes twice
ANSWERS_REMEMBERED = 12  # what tools said last, to know what the assistant only passes on
PHOTOS_KEPT = 5
OWED_KEPT = 40  # instructions for the session that opens next, and answers of tools not spoken of yet; the newest
LEDGER_LINES = 20


Answer = Literal["", "yes", "no"]
Held = Literal["", "hold", "taken"]


class State(Enum):
    """Where a call stands."""

    WAITING = auto()  # made, the stream has not started
    CONNECTING = auto()  # the caller is there, no session yet
    TALKING = auto()
    RENEWING = auto()  # the session is being replaced under the running call
    LEAVING = auto()  # a last word is on its way, then we hang up or hand off
    HELD = auto()  # a person of ours has the call in hand: the caller is on hold, or talks to them
    AWAY = auto()  # the stream is gone: a representative is being dialled, or the caller may come back
    ENDED = auto()


@dataclass(slots=True)
class ToolInUse:
    """A tool the model called and was not answered yet."""

    name: str
    args: Mapping[str, object]
    called_at: float
    session: int
    unwanted: bool = False  # the model has cancelled it, but what it changes is changed


@dataclass(slots=True)
class HeldTool:
    """A tool that waits for the caller's words, which come later than the model's wish."""

    id: str
    until: float


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
    pass_on: bool = False  # not the end: another process goes on with the call
    held: Held = ""  # not the end: the caller is put on hold, or through to a person of ours


@dataclass(slots=True)
class Memory:
    """The whole state of one call; handlers change it and put commands into ``out``."""

    rules: Rules
    state: State = State.WAITING
    out: list[Command] = field(default_factory=list)

    started_at: float = 0.0
    language: str = ""  # what the caller speaks, as last heard
    spoken: str = ""  # the line's language that the call is led in
    first_sound_ms: int | None = None
    barge_ins: int = 0
    tokens: dict[str, int] = field(default_factory=dict)
    cost_usd: float = 0.0  # of the tokens
    spent: dict[str, dict[str, int]] = field(default_factory=dict)  # tokens to be paid for, by route and kind
    stream_at: float | None = None  # when the stream began that goes on now
    stream_minutes: int = 0  # begun on streams that are over
    tool_uses: dict[str, int] = field(default_factory=dict)  # that ended well
    problem: str = ""

    playout: Playout = field(default_factory=Playout)
    transcript: Transcript = field(default_factory=Transcript)

    kept: Kept = field(default_factory=Kept)
    holding: bool = True  # the caller's sound is kept back so that "hello?" does not restart the greeting
    hold_by: float = 0.0  # and no longer than this for a greeting to begin
    greeting: int = 1  # the generation that greets
    greeted: bool = False  # the greeting was heard, or given up

    disclosing: str = ""  # the sentence that, heard whole, is the disclosure ...
    disclosing_in: str = ""  # ... in this language
    disclose: bool = False  # it is to be said at the next quiet moment
    unproven_ms: float | None = None  # it was heard to here by the clock, and the mark behind it is waited for
    consent: Answer = ""  # to the recording of the caller
    notices_left: int = 2  # the notice is told so often more, where it was not heard
    heard_of_language: str = ""  # another one of the line's languages that the caller spoke last
    drift_corrected: bool = False

    speaking_since: float | None = None  # the caller, by our own detector
    speech_ended_at: float | None = None
    unanswered: bool = False  # the caller spoke, no turn of the assistant has begun since
    utterance: Utterance = field(default_factory=Utterance)
    pause_at: float | None = None  # the model is told then that the caller is done
    told_done_at: float | None = None  # when it was told so last
    active_at: float = 0.0  # last time anybody did anything
    silence_asked: int = 0

    keys: str = ""
    keys_at: float = 0.0
    dictation: Dictation = field(default_factory=Dictation)
    photos: deque[Image] = field(default_factory=lambda: deque(maxlen=PHOTOS_KEPT))  # for the session that opens next

    session: int = 0  # number of the session in use, from 1
    session_by: float = 0.0  # while there is none: it is waited for until then
    hold_asked_by: float = float("inf")  # and without one then they are asked to hold
    asked_to_hold: bool = False
    held_first: bool = False  # that was heard before any greeting
    given_up: bool = False  # no session could be had, and a representative was dialled for that
    lost_by: str = ""  # what Live said last as it closed, or refused
    opened_at: float = 0.0
    chain_at: float = 0.0  # when the session began that this one was resumed from, and that from another
    route: Route = "first"  # the second, once a call is on it, it stays on
    tried: list[Way] = field(default_factory=list)  # since the last session that was a good one
    handle: str | None = None
    handle_at: float = 0.0
    handle_behind: bool = False  # what goes on now is not in it
    going: bool = False  # GoAway came
    renew_by: float | None = None
    lost_at: float = 0.0  # when the last session was lost or given up
    hold_word_at: float | None = None  # while there is no session: a word for who waits
    debts_noted: bool = False  # what the lost session owed, for the one that opens next
    repeat: bool = False  # it hears the last utterance again
    rest: str = ""  # the instruction to go on with an answer that was cut off
    owed: deque[str] = field(
        default_factory=lambda: deque(maxlen=OWED_KEPT)
    )  # instructions for the session that opens next

    tools: dict[str, ToolInUse] = field(default_factory=dict)
    tools_seen: deque[str] = field(default_factory=lambda: deque(maxlen=TOOLS_REMEMBERED))
    tools_used: int = 0
    tool_answered_at: float = 0.0
    fillers_said: int = 0  # since tools are in use
    tools_in_turn: int = 0  # used since the caller's turn began ...
    tools_turn: int = 0  # ... which has this number
    same_tools: dict[str, int] = field(default_factory=dict)  # name and arguments → how often in this call
    held_tools: list[HeldTool] = field(default_factory=list)
    effects: set[str] = field(default_factory=set)  # what tools have done, in the words of claims.KINDS
    tools_told: deque[str] = field(default_factory=lambda: deque(maxlen=ANSWERS_REMEMBERED))
    # what tools did, for a fresh session
    ledger: deque[str] = field(default_factory=lambda: deque(maxlen=LEDGER_LINES))
    # what was told, to be spoken of, until sound made since then was sent ...
    unspoken: deque[str] = field(default_factory=lambda: deque(maxlen=OWED_KEPT))
    unspoken_from_ms: float = 0.0  # ... which lies behind this position in the playout

    sounds: dict[tuple[str, str], Audio] = field(default_factory=dict)  # phrases at hand, by name and language
    health: Health = field(default_factory=Health)

    leaving: Leaving | None = None
    away_until: float = 0.0
    stream_lost: bool = False  # away because the stream broke ...
    stream_silent: bool = False  # ... or because nothing came on it
    passed_on: bool = False  # away because another process is to go on
    pass_by: float | None = None  # pass the call on at the next quiet moment, at the latest then
    held: Held = ""  # how, while the state is HELD ...
    held_until: float = 0.0  # ... and until then at the most
    spoken_until: float = 0.0  # the sound of whoever took over, sent so far, lasts until then
    listened: bool = False  # the caller was told that a person of ours listens
    unfinished: list[str] = field(default_factory=list)  # writes cut off in the middle, for the model to look after
    resumed: bool = False  # only the records are left of what was before
    refused: bool = False  # nobody took the handoff, and the caller is not back
    refusals: int = 0
    end_by: float = float("inf")  # the call's own limit ...
    end_as: str = LONGEST_CALL  # ... and how it counts when that ends it

    def phrase(self, name: str, fallback: str) -> str:
        """A sentence the app says itself, in the language the call is led in."""
        return self.rules.phrases_in.get(self.spoken, self.rules.phrases).get(name, fallback)

    @property
    def ungreeted(self) -> bool:
        """The caller has heard nothing of the greeting yet."""
        return self.first_sound_ms is None or (self.held_first and self.transcript.sounded < self.greeting)

    @property
    def phrase_language(self) -> str:
        """The language such a sentence is written in."""
        return self.rules.phrases_written_in.get(self.spoken, self.spoken)
