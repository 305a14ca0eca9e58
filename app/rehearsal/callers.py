"""Rehearsed callers: what each says and does, step by step, and what they must have heard at the end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from app.rehearsal.phone import Representative

ORDER = "1047"
ORDER_TOOL = "look_up_order"
ORDER_STATE = r"\bshipped\b"  # what the sample data say of that order
ORDER_STATE_ES = r"\benvi|\bcamino\b|\blleg"
ORDER_STATE_FR = r"\bexp[ée]di"
MENU_AFTER_S = 2.0  # into the greeting somebody chooses from its menu
FINISHED_MS = 1_000  # so long silent: the assistant has finished
ANSWER_LIMIT_S = 25.0
END_LIMIT_S = 120.0
CODE_LIMIT_S = 20.0  # for the text with a code to come


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait until the assistant has spoken and finished."""

    at_most_s: float = ANSWER_LIMIT_S
    finished_ms: int = FINISHED_MS


@dataclass(frozen=True, slots=True)
class Say:
    """Say something; ``cut_after_ms`` into it the caller goes on to the next step."""

    text: str
    cut_after_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Interrupt:
    """Say something once the assistant has been heard for ``after_ms``, whether it has finished or not."""

    text: str
    after_ms: int


@dataclass(frozen=True, slots=True)
class Mumble:
    """Say something that nobody can understand."""

    text: str


@dataclass(frozen=True, slots=True)
class PlayFile:
    """Say what a WAV file holds (16-bit PCM; the first channel)."""

    path: Path


@dataclass(frozen=True, slots=True)
class Press:
    """Press keys."""

    keys: str


@dataclass(frozen=True, slots=True)
class Text:
    """Text something to the number called."""

    body: str


@dataclass(frozen=True, slots=True)
class SendPhoto:
    """Text a picture to the number called."""

    path: Path
    body: str = ""


@dataclass(frozen=True, slots=True)
class EnterCode:
    """Wait for the text with the one-time code, and key it in, or say it digit by digit."""

    spoken: bool = False
    at_most_s: float = CODE_LIMIT_S


@dataclass(frozen=True, slots=True)
class Silence:
    """Say nothing for a while."""

    seconds: float


@dataclass(frozen=True, slots=True)
class HangUp:
    """Put the phone down."""


@dataclass(frozen=True, slots=True)
class WaitForEnd:
    """Wait until the other side ends the call."""

    at_most_s: float = END_LIMIT_S


@dataclass(frozen=True, slots=True)
class Listen:
    """Wait until Twilio's own voice says something that this regex finds, case ignored."""

    regex: str
    at_most_s: float = ANSWER_LIMIT_S


@dataclass(frozen=True, slots=True)
class Tone:
    """Wait until a message is recorded."""

    at_most_s: float = END_LIMIT_S


Step = (
    Listen
    | Tone
    | Wait
    | Say
    | Interrupt
    | Mumble
    | PlayFile
    | Press
    | Text
    | SendPhoto
    | EnterCode
    | Silence
    | HangUp
    | WaitForEnd
)
DIGITS = tuple(Say(digit) for digit in "0123456789")


@dataclass(frozen=True, slots=True)
class Expectations:
    """What a caller called for. ``heard``: regexes, case ignored, to be found in what was heard, in any order.

    ``answers``: so many turns must be followed by sound of the assistant. ``tools_ok``: no tool may end otherwise.
    ``texts``: regexes, each to be found in a text the telephone got. ``effects``: names of what the call must have
    left behind, exactly once; whoever knows the tools' databases looks after it.
    """

    heard: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    ended_by: Literal["caller", "app"] | None = None
    barge_ins: int = 0
    silent_within_ms: int = 1_500  # each barge-in
    handed_off: bool = False
    first_sound_within_ms: int | None = None
    answers: int = 0
    tools_ok: bool = False
    texts: tuple[str, ...] = ()
    effects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who calls. ``noise_db``, ``echo_db`` and ``typing_db`` are of their line and room (see Mouth).

    ``line`` is the line they mean to reach, ``number`` the one they phone from; empty: any.
    """

    name: str
    what: str
    steps: tuple[Step, ...]
    expects: Expectations = Expectations()
    language: str = "en"
    noise_db: float | None = None
    echo_db: float | None = None
    typing_db: float | None = None
    representative: Representative = field(default_factory=Representative)
    line: str = ""
    number: str = ""


CALLERS: Mapping[str, Caller] = {
    caller.name: caller
    for caller in (
        Caller(
            "order",
            f"asks where order {ORDER} is, thanks and says goodbye",
            (
                Wait(),
                Say(f"Hi, could you tell me where my order {ORDER} is?"),
                Wait(),
                Say("Great, thank you. That's all, goodbye."),
                WaitForEnd(30),
            ),
            Expectations(heard=(ORDER_STATE,), tools=(ORDER_TOOL,), ended_by="app"),
            noise_db=30,
        ),
        Caller(
            "spanish",
            f"asks in Spanish where order {ORDER} is",
            (
                Wait(),
                Say("Hola, buenos días. ¿Dónde está mi pedido 1047?"),
                Wait(),
                Say("Eso es todo, muchas gracias. Hasta luego."),
                WaitForEnd(30),
            ),
            Expectations(heard=(ORDER_STATE_ES,), tools=(ORDER_TOOL,), ended_by="app"),
            language="es",
        ),
        Caller(
            "french",
            f"asks in French where order {ORDER} is",
            (
                Wait(),
                Say("Bonjour, où est ma commande 1047, s'il vous plaît ?"),
                Wait(),
                Say("Merci beaucoup, au revoir."),
                WaitForEnd(30),
            ),
            Expectations(heard=(ORDER_STATE_FR,), tools=(ORDER_TOOL,), ended_by="app"),
            language="fr",
        ),
        Caller(
            "interrupter",
            "speaks into the greeting and into the answer",
            (
                Interrupt(f"Where is my order {ORDER}?", after_ms=1_500),
                Interrupt("Okay, thank you, goodbye.", after_ms=6_000),
                WaitForEnd(30),
            ),
            Expectations(heard=(ORDER_STATE,), tools=(ORDER_TOOL,), ended_by="app", barge_ins=1),
            noise_db=30,
        ),
        Caller(
            "mumbler",
            "cannot be understood at first",
            (
                Wait(),
                Mumble("Well, you know, the one from the other day."),
                Wait(at_most_s=8),
                Say(f"I'd like to know where my order {ORDER} is."),
                Wait(),
                Say("Thank you, goodbye."),
                WaitForEnd(30),
            ),
            Expectations(heard=(ORDER_STATE,), tools=(ORDER_TOOL,), ended_by="app"),
            noise_db=20,
        ),
        Caller(
            "silent",
            "never says a word",
            (WaitForEnd(120),),
            Expectations(heard=(r"still (there|on the line)|are you there|hear me",), ended_by="app"),
        ),
        Caller(
            "angry",
            "wants a person, at once",
            (
                Interrupt("No! I want to speak to a real person, right now!", after_ms=1_500),
                WaitForEnd(60),
            ),
            Expectations(tools=("hand_off",), handed_off=True),
        ),
        Caller(
            "voicemail",
            "leaves a message when the assistant cannot be had",
            (
                Tone(),
                Say(f"Hello, this is Anna Miller. Please call me back about my order {ORDER}."),
                Silence(0.5),
                Press("#"),
                WaitForEnd(30),
            ),
            Expectations(ended_by="app"),
        ),
        Caller(
            "callback",
            "wants to be called back when all lines are busy or the assistant cannot be had",
            (Listen(r"press 1|oprima|pulse", END_LIMIT_S), Silence(1.0), Press("1"), WaitForEnd(30)),
            Expectations(ended_by="app"),
        ),
        Caller(
            "cutoff",
            "hangs up in the middle of a sentence",
            (Wait(), Say(f"Hello, could you please tell me where my order {ORDER} is?", cut_after_ms=900), HangUp()),
            Expectations(ended_by="caller"),
        ),
    )
}


def ad_hoc(
    *,
    say: Sequence[str] = (),
    wav: Sequence[Path] = (),
    keys: str = "",
    texts: Sequence[str] = (),
    photos: Sequence[Path] = (),
    menu: str = "",
    interrupt_after_ms: int | None = None,
    noise_db: float | None = None,
    echo_db: float | None = None,
    typing_db: float | None = None,
    language: str = "en",
) -> Caller:
    """A caller put together on the command line: what is said, turn by turn; the last turn is answered, then over.

    With ``interrupt_after_ms`` every sentence but the first is said into the assistant's answer. ``menu`` is pressed
    into the greeting, photos and texts are sent after the first sentence, ``keys`` pressed after the last.
    """
    sent: list[Step] = [step for photo in photos for step in (SendPhoto(photo), Wait())]
    sent += [step for text in texts for step in (Text(text), Wait())]
    steps: list[Step] = [Silence(MENU_AFTER_S), Press(menu)] if menu else []
    steps += [Wait()] if menu or say or wav or keys or sent else []
    steps += [] if say else sent
    for number, text in enumerate(say):
        cuts_in = interrupt_after_ms is not None and number > 0
        steps += [Interrupt(text, interrupt_after_ms or 0)] if cuts_in else [Say(text)]
        waits = interrupt_after_ms is None or number == len(say) - 1 or (sent and not number)
        steps += [Wait()] if waits else []
        steps += [] if number else sent
    for path in wav:
        steps += [PlayFile(path), Wait()]
    if keys:
        steps += [Press(keys), Wait(at_most_s=10)]
    return Caller(
        "ad-hoc",
        "says what it was told to",
        (*steps, Silence(0.5), HangUp()) if steps else (Wait(), HangUp()),
        Expectations(answers=len(say) + len(wav) + bool(keys) + bool(menu) + len(photos) + len(texts), tools_ok=True),
        language=language,
        noise_db=noise_db,
        echo_db=echo_db,
        typing_db=typing_db,
    )


def overheard(caller: Caller, noise_db: float | None, echo_db: float | None, typing_db: float | None = None) -> Caller:
    """The same caller on another line; None keeps what the caller has."""
    return replace(
        caller,
        noise_db=caller.noise_db if noise_db is None else noise_db,
        echo_db=caller.echo_db if echo_db is None else echo_db,
        typing_db=caller.typing_db if typing_db is None else typing_db,
    )
