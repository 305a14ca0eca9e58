"""What a tool's author writes with: the decorator, the answers, the error, the caller."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeVar, overload

MARK = "frontline_tool"

Level = Literal["none", "details", "code"]
Scheduling = Literal["silent", "when_idle", "interrupt"]
LEVELS: tuple[Level, ...] = ("none", "details", "code")  # each proves more than the one before

Declared = TypeVar("Declared", bound=Callable[..., object])


class Decorate(Protocol):
    """What ``tool(...)`` with options gives: a decorator that leaves the function as it is."""

    def __call__(self, function: Declared, /) -> Declared: ...


@dataclass(frozen=True, slots=True)
class Options:
    """How a tool is run.

    ``filler``: the caller hears "one moment" if it takes long, or ``waiting``'s sentences in turn, by language.
    ``blocking``: the model waits with what it says next until the answer is there; ``scheduling`` says when it speaks
    of one it did not wait for. ``level``: who the caller must have shown to be in this call. ``identifies``: this tool
    finds that out. ``write``: it changes something; ``confirm`` (by language) is read back first, with the arguments
    filled in. ``idempotent``: a write that may run again with the same ``Caller.key``. ``retries``: how often it is
    begun again when it fails. ``fields``: what the model may see of the result, besides status, retryable and message.
    ``again``: a write that may be done over with the same arguments; all others are done once in a call.
    """

    timeout_s: float = 5.0
    filler: bool = True
    blocking: bool = False
    level: Level = "none"
    identifies: Level | None = None
    write: bool = False
    confirm: Mapping[str, str] | None = None
    idempotent: bool = False
    retries: int = 0
    waiting: Mapping[str, Sequence[str]] | None = None
    fields: tuple[str, ...] | None = None
    scheduling: Scheduling | None = None
    again: bool = False


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is calling, known by the house: never taken from what the model says.

    ``number`` is E.164 or ``anonymous``, ``language`` a BCP-47 tag. A number can be faked: it proves nothing.
    ``level`` is what the caller has shown in this call, ``customer`` who that is: the only source of "whose".
    ``key`` is the same for the same use of the same tool in this call; ``version`` is the line's.
    """

    number: str = "anonymous"
    call_sid: str = ""
    line: str = ""
    language: str = "en"
    level: Level = "none"
    customer: str = ""
    key: str = ""
    version: str = ""

    def hears(self, sentences: Mapping[str, str]) -> str:
        """The sentence in the caller's language: exactly that, or its main language, or English, or the first."""
        for tag in (self.language, self.language.split("-")[0], "en"):
            if tag in sentences:
                return sentences[tag]
        return next(iter(sentences.values()))


class ToolError(Exception):
    """The tool cannot do it. ``message`` is what the assistant may say; ``retryable`` lets it try once more.

    ``unsure``: a write that may have been done all the same, so that it is not done again in this call.
    """

    def __init__(self, message: str, *, retryable: bool = False, unsure: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.retryable = retryable
        self.unsure = unsure


def answer(message: str, **data: object) -> dict[str, object]:
    """An answer for the model: ``message`` in words made for the ear, ``data`` it may use besides."""
    return {**data, "status": "ok", "retryable": False, "message": message}


def not_found(message: str) -> dict[str, object]:
    """The polite answer for nothing there, and for what the caller may not know: let it be the same sentence."""
    return {"status": "not_found", "retryable": False, "message": message}


@dataclass(frozen=True, slots=True)
class Identified:
    """A caller who is found to be ``customer``; the model sees ``message`` and ``data`` only."""

    customer: str
    message: str
    phone: str | None = None
    data: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NotIdentified:
    """A caller who is not found to be anyone, for whatever reason: the house words it, and counts."""


def identified(customer: object, message: str, *, phone: str | None = None, **data: object) -> Identified:
    """The caller is ``customer`` (an id, kept in the call and not shown to the model).

    ``phone`` is the one on file, where a one-time code may be sent to. ``message`` and ``data`` are for the model.
    """
    return Identified(str(customer), message, phone, data)


def not_identified() -> NotIdentified:
    """The same for a number that is not there and for a secret that is wrong."""
    return NotIdentified()


@overload
def tool(function: Declared, /) -> Declared: ...


@overload
def tool(
    *,
    timeout_s: float = 5.0,
    filler: bool = True,
    blocking: bool = False,
    level: Level = "none",
    identifies: Literal["details"] | None = None,
    write: bool = False,
    confirm: Mapping[str, str] | None = None,
    idempotent: bool = False,
    retries: int = 0,
    waiting: Mapping[str, Sequence[str]] | None = None,
    fields: tuple[str, ...] | None = None,
    scheduling: Scheduling | None = None,
) -> Decorate: ...


def tool(
    function: Callable[..., object] | None = None,
    /,
    *,
    timeout_s: float = 5.0,
    filler: bool = True,
    blocking: bool = False,
    level: Level = "none",
    identifies: Literal["details"] | None = None,
    write: bool = False,
    confirm: Mapping[str, str] | None = None,
    idempotent: bool = False,
    retries: int = 0,
    waiting: Mapping[str, Sequence[str]] | None = None,
    fields: tuple[str, ...] | None = None,
    scheduling: Scheduling | None = None,
) -> Callable[..., object]:
    """Offer an async function to the assistant. Its docstring is what the model reads."""
    options = Options(
        timeout_s=timeout_s,
        filler=filler,
        blocking=blocking,
        level=level,
        identifies=identifies,
        write=write,
        confirm=confirm,
        idempotent=idempotent,
        retries=retries,
        waiting=waiting,
        fields=fields,
        scheduling=scheduling,
    )

    def offer(offered: Declared, /) -> Declared:
        vars(offered)[MARK] = options
        return offered

    return offer if function is None else offer(function)
