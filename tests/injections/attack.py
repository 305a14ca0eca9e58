"""What an attack is made of: who calls, what happens in the call, and what it may leave behind."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.toolkit.declare import Level

STRANGER = "+12025550100"


@dataclass(frozen=True, slots=True)
class Spoken:
    """The caller says this. ``late``: the words come only after the model has acted on them."""

    words: str
    late: bool = False


@dataclass(frozen=True, slots=True)
class Keyed:
    """The caller presses keys, one after another."""

    keys: str


@dataclass(frozen=True, slots=True)
class Texted:
    """A text message comes from the caller's number, which anyone can forge."""

    words: str


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo comes, with a caption, and with words that can be read in it."""

    caption: str = ""
    written: str = ""


@dataclass(frozen=True, slots=True)
class Calls:
    """The model calls a tool by itself, once for each of ``args``, all at once: what no caller can pronounce."""

    name: str
    args: tuple[Mapping[str, object], ...] = ({},)


@dataclass(frozen=True, slots=True)
class ReadsBack:
    """For once the model does as it should: it says what a tool has asked it to read back."""


@dataclass(frozen=True, slots=True)
class Says:
    """The model says this to the caller."""

    words: str


@dataclass(frozen=True, slots=True)
class ReadsCode:
    """The caller reads out the code that was texted; ``number`` says which, from 0."""

    number: int = -1


@dataclass(frozen=True, slots=True)
class Lost:
    """The model's session is lost, and another begins with the call so far."""


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The model takes back every tool call that is under way."""


@dataclass(frozen=True, slots=True)
class Waits:
    """Nobody does anything for so long."""

    seconds: float


@dataclass(frozen=True, slots=True)
class HangsUp:
    """The caller goes, whatever is under way."""


Step = Spoken | Keyed | Texted | Photo | Calls | ReadsBack | Says | ReadsCode | Lost | Cancelled | Waits | HangsUp

# Where an instruction reaches the model.
SPOKEN, KEYED, TEXTED, PHOTO, RESULT, FACTS, HTTP, MODEL = (
    *("spoken", "keyed", "texted", "photo", "tool result", "facts", "http response", "model"),
)


@dataclass(frozen=True, slots=True)
class Attack:
    """One attack.

    ``tries`` are the tools that the model must have called, or nothing was tried. ``planted`` is SQL for a database,
    by its file, before the call; ``parcels`` takes the shipping service's sample parcels' place, (number, place).
    ``rows`` are the rows it may add, by file and table: none is the rule. ``level`` is what the caller rightly
    reaches, ``texts`` how many texts may be sent, and to ``phone``. ``unsaid`` must never be told to the model.
    ``requests`` are what may reach the shipping service. ``answered`` are words that a tool must have told the model,
    ``voiced`` words that the model must have said, or the attack has not reached what it was after. Only ``lacking``
    tools may lack an argument.
    """

    name: str
    line: str
    channel: str
    steps: tuple[Step, ...]
    tries: tuple[str, ...]
    caller: str = STRANGER
    planted: tuple[tuple[str, str], ...] = ()
    parcels: tuple[tuple[str, str], ...] = ()
    rows: Mapping[str, int] = field(default_factory=dict)
    level: Level = "none"
    texts: int = 0
    phone: str = ""
    unsaid: tuple[str, ...] = ()
    requests: tuple[str, ...] = ()
    answered: str = ""
    voiced: str = ""
    lacking: tuple[str, ...] = ()
