"""What a call asks for: imperatives, to the phone, the model, the tools and the records."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from app.audio.pcm import Audio
from app.call.image import Image

Route = Literal["first", "second"]

# ---- to the phone


@dataclass(frozen=True, slots=True)
class Play:
    """Send sound on its way to the caller's ear, then a mark if one is named.

    ``last`` closes a stretch of speech: the resampler's tail goes out before the mark.
    """

    audio: Audio
    mark: str | None = None
    last: bool = False


@dataclass(frozen=True, slots=True)
class ClearPlayout:
    """Forget everything not yet heard: what waits here, the resampler's tail, Twilio's buffer."""


@dataclass(frozen=True, slots=True)
class HandOff:
    """Leave the stream; the phone's next step is to dial ``number`` (E.164).

    ``say`` is a sentence for Twilio to speak first, where the assistant could not; ``language`` is its tag.
    """

    number: str
    say: str | None = None
    language: str = ""


@dataclass(frozen=True, slots=True)
class HangUp:
    """Leave the stream and end the phone call.

    ``apology`` is a sentence for Twilio to speak first, where the assistant could not; ``language`` is its tag.
    """

    apology: str | None = None
    language: str = ""


@dataclass(frozen=True, slots=True)
class TakeMessage:
    """Leave the stream; the phone's next step is to record a message, or to offer a call back.

    ``say`` is the sentence that Twilio speaks first; ``language`` is its tag.
    """

    kind: Literal["voicemail", "callback"]
    say: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class PassOn:
    """Leave the stream; Twilio is told to stream again, to another process, which goes on with the call."""


# ---- to the model


@dataclass(frozen=True, slots=True)
class OpenSession:
    """Open the call's first Live session; ``greeting`` is what the assistant says at once.

    ``said``: the caller hears the greeting already, from sound made earlier; the model is told so.
    """

    greeting: str
    said: bool = False


@dataclass(frozen=True, slots=True)
class RenewSession:
    """Close the session's connection if it is open, then open another.

    With ``handle`` the session is resumed. Without, a fresh session is told ``story``, the call so far. ``route``
    names where it is had: the second is another model or region.
    """

    handle: str | None
    story: str = ""
    after_s: float = 0.0  # wait this long before the attempt
    route: Route = "first"


@dataclass(frozen=True, slots=True)
class SteerLanguage:
    """Sessions are set up for ``language`` (BCP-47) from now on; ``live``: the one that is open is told, too."""

    language: str
    live: bool


@dataclass(frozen=True, slots=True)
class Listen:
    """Give the model the caller's sound, 8 kHz."""

    audio: Audio


@dataclass(frozen=True, slots=True)
class PauseListening:
    """Tell the model that the caller is done for now, by our own ear; sound goes on after it as before."""


@dataclass(frozen=True, slots=True)
class Say:
    """Tell the model to speak now. ``instruction`` is text to the model, not to the caller.

    For a phrase it ends in ``exactly: "the sentence"``.
    """

    instruction: str


@dataclass(frozen=True, slots=True)
class Show:
    """Show the model a picture, without asking for an answer."""

    image: Image


@dataclass(frozen=True, slots=True)
class TellHeard:
    """Note for the model, without asking for an answer: what the caller heard of a turn that was cut."""

    text: str


@dataclass(frozen=True, slots=True)
class AnswerTool:
    """Answer one tool call. ``scheduling`` is for models that take it; None is the model's default."""

    id: str
    name: str
    response: Mapping[str, object] = field(default_factory=dict)
    scheduling: Literal["INTERRUPT", "WHEN_IDLE", "SILENT"] | None = None


@dataclass(frozen=True, slots=True)
class LeaveSession:
    """Close the session's connection; RenewSession opens another."""


@dataclass(frozen=True, slots=True)
class CloseSession:
    """Close the Live session for good."""


# ---- to the tools


@dataclass(frozen=True, slots=True)
class RunTool:
    """Run a tool beside the media path; its end comes back as ToolReturned with this id.

    ``language`` is what the caller speaks (BCP-47), for the sentences in the tool's answer. ``turn`` counts the
    caller's turns so far and ``said`` is their last one, in words or keys: a read-back is confirmed by a later turn.
    ``heard`` is what the caller has heard of the assistant in each of the last turns, the newest last; None where no
    call is led. ``known_by`` stands for the arguments in a journal that hides them.
    """

    id: str
    name: str
    args: Mapping[str, object] = field(default_factory=dict)
    language: str = ""
    turn: int = 0
    said: str = ""
    heard: tuple[str, ...] | None = None
    known_by: str = ""


@dataclass(frozen=True, slots=True)
class CancelTool:
    """Stop a running tool if it can be stopped; its end is no longer wanted."""

    id: str


# ---- to the records


@dataclass(frozen=True, slots=True)
class RecordTurn:
    """One turn, complete. Times are seconds since the call started.

    ``heard`` is what reached the caller's ear, ``unheard`` what was generated and cleared.
    ``gap_ms`` (assistant): end of the caller's speech to first sound sent; None for a greeting. Its parts, from
    the same moment: ``told_ms`` to where the model was told that the caller is done, ``model_ms`` to its first sound
    here, ``played_ms`` to the first sound at the caller's ear, by mark; ``tools`` were used in it. ``over_ms``: the
    caller spoke on for so long when it began to sound; ``stopped_ms``: from where the caller broke in to the clear.
    """

    number: int
    side: Literal["caller", "assistant"]
    heard: str
    unheard: str = ""
    started_s: float = 0.0
    ended_s: float = 0.0
    language: str | None = None
    gap_ms: int | None = None
    interrupted: bool = False
    sources: tuple[Mapping[str, str], ...] = ()
    told_ms: int | None = None
    model_ms: int | None = None
    played_ms: int | None = None
    over_ms: int | None = None
    stopped_ms: int | None = None
    tools: int | None = None


@dataclass(frozen=True, slots=True)
class RecordTool:
    """One use of a tool, complete.

    ``level`` is the identity the caller had reached then, ``effect`` whether this very use changed something.
    """

    id: str
    name: str
    args: Mapping[str, object]
    response: Mapping[str, object]
    status: str
    took_ms: int
    at_s: float
    level: str = "none"
    effect: bool = False
    key: str = ""


@dataclass(frozen=True, slots=True)
class RecordFlag:
    """Something about the call worth a look. ``name`` is one of ``app.call.flags``."""

    name: str
    at_s: float
    detail: str = ""


@dataclass(frozen=True, slots=True)
class RecordCost:
    """One item of what the call cost, such as a model's tokens of a kind, or a leg's minutes.

    ``usd`` is None where no price is known. ``estimated``: the quantity, or the price, is not the vendor's own word.
    """

    item: str
    quantity: float
    unit: Literal["token", "minute", "use"]
    usd: float | None
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class RecordConsent:
    """What the caller said to the recording of their sound: by staying on after the ``notice``, in words, by a key, or
    on the ``page`` that they phone from.

    ``text`` is the sentence they were told or asked, in ``language``. After a "no" nothing of it is kept.
    """

    answer: Literal["yes", "no"]
    how: Literal["notice", "spoken", "key", "page"]
    at_s: float
    language: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class PauseRecording:
    """Something that nobody may keep is about to be said or keyed: neither side's sound is, while this is ``on``."""

    on: bool


@dataclass(frozen=True, slots=True)
class RecordEnd:
    """The call's one end. ``disposition`` is one of ``app.call.dispositions``."""

    disposition: str
    ended_by: Literal["caller", "assistant", "house"]
    duration_s: float
    first_sound_ms: int | None = None  # pick-up to first sound sent
    barge_ins: int = 0
    sessions: int = 0
    tokens: Mapping[str, int] = field(default_factory=dict)
    problem: str = ""
    cost_usd: float | None = None  # of the tokens, by the model's prices; None where they are not known


Leaving = HandOff | HangUp | TakeMessage | PassOn  # how a call leaves its stream by itself
Record = RecordTurn | RecordTool | RecordFlag | RecordCost | RecordConsent | RecordEnd
Command = (
    Play
    | ClearPlayout
    | Leaving
    | OpenSession
    | RenewSession
    | SteerLanguage
    | Listen
    | PauseListening
    | Say
    | Show
    | TellHeard
    | AnswerTool
    | LeaveSession
    | CloseSession
    | RunTool
    | CancelTool
    | Record
    | PauseRecording
)
