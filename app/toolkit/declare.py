"""What a tool's author writes with: the decorator, the answers, the error, the caller."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar, overload

MARK = "frontline_tool"

Declared = TypeVar("Declared", bound=Callable[..., object])


class Decorate(Protocol):
    """What ``tool(...)`` with options gives: a decorator that leaves the function as it is."""

    def __call__(self, function: Declared, /) -> Declared: ...


@dataclass(frozen=True, slots=True)
class Options:
    """How a tool is run.

    ``filler``: the caller hears "one moment" if it takes long. ``blocking``: the model waits with
    what it says next until the answer is there.
    """

    timeout_s: float = 5.0
    filler: bool = True
    blocking: bool = False


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is calling, known by the house: never taken from what the model says.

    ``number`` is E.164 or ``anonymous``, ``language`` a BCP-47 tag. A number can be faked: it proves nothing.
    """

    number: str = "anonymous"
    call_sid: str = ""
    line: str = ""
    language: str = "en"

    def hears(self, sentences: Mapping[str, str]) -> str:
        """The sentence in the caller's language: exactly that, or its main language, or English, or the first."""
        for tag in (self.language, self.language.split("-")[0], "en"):
            if tag in sentences:
                return sentences[tag]
        return next(iter(sentences.values()))


class ToolError(Exception):
    """The tool cannot do it. ``message`` is what the assistant may say; ``retryable`` lets it try once more."""

    def __init__(self, message: str, *, retryable: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.retryable = retryable


def answer(message: str, **data: object) -> dict[str, object]:
    """An answer for the model: ``message`` in words made for the ear, ``data`` it may use besides."""
    return {**data, "status": "ok", "retryable": False, "message": message}


def not_found(message: str) -> dict[str, object]:
    """The polite answer for nothing there, and for what the caller may not know: let it be the same sentence."""
    return {"status": "not_found", "retryable": False, "message": message}


@overload
def tool(function: Declared, /) -> Declared: ...


@overload
def tool(*, timeout_s: float = 5.0, filler: bool = True, blocking: bool = False) -> Decorate: ...


def tool(
    function: Callable[..., object] | None = None,
    /,
    *,
    timeout_s: float = 5.0,
    filler: bool = True,
    blocking: bool = False,
) -> Callable[..., object]:
    """Offer an async function to the assistant. Its docstring is what the model reads."""
    options = Options(timeout_s, filler, blocking)

    def offer(offered: Declared, /) -> Declared:
        vars(offered)[MARK] = options
        return offered

    return offer if function is None else offer(function)
