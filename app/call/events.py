"""What can happen in a call: past participles, from the phone, the model and the house.

An event is a fact. Events that carry sound keep it in an ``audio`` field, which a journal
replaces by its length, as it does a picture by its size.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from app.audio.pcm import Audio
from app.audio.soundness import Flaw
from app.call.image import Image

# ---- from the phone


@dataclass(frozen=True, slots=True)
class CallStarted:
    """The stream of a call is up: sound flows from now on."""

    call_sid: str
    stream_sid: str
    caller: str  # E.164, or "anonymous"
    called: str  # E.164


@dataclass(frozen=True, slots=True)
class CallerAudio:
    """Sound of the caller, 8 kHz, gaps already filled."""

    audio: Audio


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """The caller began to speak (our own detector's word)."""


@dataclass(frozen=True, slots=True)
class SpeechEnded:
    """The caller fell silent ``silence_ms`` ago after ``speech_ms`` of speech."""

    speech_ms: int
    silence_ms: int


@dataclass(frozen=True, slots=True)
class KeyPressed:
    """One key of the caller's phone: 0-9 * #."""

    key: str


@dataclass(frozen=True, slots=True)
class MarkReached:
    """Twilio returned a mark: played, or swept out by a clear."""

    name: str


@dataclass(frozen=True, slots=True)
class CallerHungUp:
    """The stream is gone. ``clean`` when Twilio said so (``stop``), False when the socket just broke.

    ``call_over`` when Twilio said of the phone call itself that it is over, whatever its stream does. ``silent`` when
    nothing at all had come on the stream for so long that it was given up.
    """

    clean: bool = True
    call_over: bool = False
    silent: bool = False


@dataclass(frozen=True, slots=True)
class CallerReturned:
    """The same call came back on a new stream, after a handoff nobody answered or a lost stream.

    ``elsewhere``: in another process than before, which has the call from its journal.
    """

    stream_sid: str
    elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class CallResumed:
    """A call came back of which only the records are left: ``story`` a line a turn, the numbers its ``turns`` had.

    ``began_s`` ago it started; ``spoken`` is the line's language it was led in; ``done`` are tools that had an effect.
    """

    call_sid: str
    stream_sid: str
    caller: str
    called: str
    story: tuple[str, ...] = ()
    turns: int = 0
    began_s: float = 0.0
    spoken: str = ""
    done: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TextReceived:
    """Written words of the caller: a text message (``sms``), or typed into a trial of the line."""

    text: str
    by: Literal["sms", "typed"] = "sms"


@dataclass(frozen=True, slots=True)
class PhotoReceived:
    """A photo the caller sent; ``text`` is what was written with it."""

    image: Image
    text: str = ""


# ---- from the model


@dataclass(frozen=True, slots=True)
class SessionOpened:
    """A Live session is ready. ``took_ms`` from the wish to setupComplete; ``resumed`` with a handle."""

    took_ms: int
    resumed: bool = False


@dataclass(frozen=True, slots=True)
class AssistantAudio:
    """Sound of the assistant as the model made it, 24 kHz, faster than real time; ``flaw`` when it is no speech."""

    audio: Audio
    flaw: Flaw = ""


@dataclass(frozen=True, slots=True)
class AssistantInterrupted:
    """The model heard the caller speak into its turn and stopped generating."""


@dataclass(frozen=True, slots=True)
class Transcribed:
    """A fragment of what was said, in words. Not ordered against the sound."""

    side: Literal["caller", "assistant"]
    text: str
    language: str | None = None
    finished: bool = False


@dataclass(frozen=True, slots=True)
class LanguageDetected:
    """The language of a side's whole turn, told from its words (BCP-47); once a turn, if there were words enough."""

    side: Literal["caller", "assistant"]
    language: str


@dataclass(frozen=True, slots=True)
class SourcesFound:
    """Where the assistant's turn has its facts from: ``title`` and ``uri`` of pages that Google Search found."""

    sources: tuple[Mapping[str, str], ...]


@dataclass(frozen=True, slots=True)
class GenerationCompleted:
    """The model has generated the whole turn; its sound may still be on its way."""


@dataclass(frozen=True, slots=True)
class TurnCompleted:
    """The model's turn is over. ``reason`` is the vendor's word when it gave one."""

    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ToolCalled:
    """The model wants a tool to run."""

    id: str
    name: str
    args: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ToolCancelled:
    """The model no longer wants these tool calls."""

    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SessionEnding:
    """GoAway: the session's connection will be cut in ``time_left_s``."""

    time_left_s: float


@dataclass(frozen=True, slots=True)
class SessionRenewable:
    """A resumption handle that a new connection may continue with; None when not resumable now."""

    handle: str | None


@dataclass(frozen=True, slots=True)
class SessionLost:
    """The session is over, or never opened: WebSocket close ``code`` (0: no answer, HTTP status at the upgrade)."""

    code: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class UsageReported:
    """Tokens the model counted, by direction and modality: ``{"prompt.audio": 200, ...}``."""

    tokens: Mapping[str, int]


# ---- from the house


@dataclass(frozen=True, slots=True)
class GreetingFound:
    """The greeting's sound is at hand, made earlier by the model: 24 kHz."""

    audio: Audio


@dataclass(frozen=True, slots=True)
class PhraseFound:
    """A phrase's sound is at hand, made earlier by the model: 24 kHz. ``language`` is one of the line's."""

    name: str
    language: str
    audio: Audio


@dataclass(frozen=True, slots=True)
class ToolReturned:
    """A tool's end, whatever it was: ``response`` is what the model may see.

    The other fields are those of ``app.call.tool_end.ToolEnd``.
    """

    id: str
    response: Mapping[str, object]
    status: str = "ok"
    took_ms: int = 0
    level: str = "none"
    effect: bool = False
    key: str = ""
    flags: tuple[str, ...] = ()
    customer: str = ""
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class HandoffAnswered:
    """A representative took the call (and it is over for us)."""


@dataclass(frozen=True, slots=True)
class HandoffFailed:
    """Nobody took the call: ``no-answer``, ``busy``, ``failed`` or ``canceled``."""

    reason: str


@dataclass(frozen=True, slots=True)
class DeadlinePassed:
    """The time that ``Call.deadline`` named has come."""


@dataclass(frozen=True, slots=True)
class SupervisorAsked:
    """A person of ours wants something of this call.

    ``say`` a sentence, ``note`` to the model, ``end`` it, ``hand_off``; put the caller on ``hold``, ``take_over`` to
    talk to them, and ``resume``: the assistant goes on. ``listen``: somebody hears the call from now on.
    """

    action: Literal["say", "note", "end", "hand_off", "hold", "take_over", "resume", "listen"]
    text: str = ""


@dataclass(frozen=True, slots=True)
class SupervisorSpoke:
    """Sound of a person of ours who has taken the call over, 24 kHz."""

    audio: Audio


@dataclass(frozen=True, slots=True)
class Draining:
    """This process is going down: bring the call to its end within ``within_s``.

    ``elsewhere``: another process takes calls; the call is passed on to it instead.
    """

    within_s: float
    elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class WorkerLost:
    """The process that had the call is dead, and nobody came back: handed in to a call restored from its journal."""


Event = (
    CallStarted
    | CallerAudio
    | SpeechStarted
    | SpeechEnded
    | KeyPressed
    | MarkReached
    | CallerHungUp
    | CallerReturned
    | CallResumed
    | TextReceived
    | PhotoReceived
    | SessionOpened
    | AssistantAudio
    | AssistantInterrupted
    | Transcribed
    | LanguageDetected
    | SourcesFound
    | GenerationCompleted
    | TurnCompleted
    | ToolCalled
    | ToolCancelled
    | SessionEnding
    | SessionRenewable
    | SessionLost
    | UsageReported
    | GreetingFound
    | PhraseFound
    | ToolReturned
    | HandoffAnswered
    | HandoffFailed
    | DeadlinePassed
    | SupervisorAsked
    | SupervisorSpoke
    | Draining
    | WorkerLost
)
