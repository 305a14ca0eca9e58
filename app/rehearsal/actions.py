"""What the rehearsed model decides to do: say something, use a tool. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from app.rehearsal.declared import Tool
from app.rehearsal.seen import Seen


@dataclass(frozen=True, slots=True)
class Speak:
    """Say this. ``sources`` ("title", "uri") are where it was found, if it was searched for."""

    text: str
    language: str
    sources: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class UseTool:
    """Call this tool."""

    name: str
    args: Mapping[str, object] = field(default_factory=dict)
    blocking: bool = False


Action = Speak | UseTool


def rest_of(actions: Sequence[Action], heard: str) -> list[Action]:
    """What is left to do where ``heard`` are the words that the caller has of the first of these."""
    first, rest = actions[0], list(actions[1:])
    if not isinstance(first, Speak):
        return list(actions)
    words = first.text.split()
    known = len(heard.split())
    begun = words[:known] == heard.split()
    left = " ".join(words[known:] if begun else words)
    return [*([Speak(left, first.language, first.sources)] if left else []), *rest]


class Mind(Protocol):
    """What decides in a session. Every method returns what to do, in order; nothing waits in it."""

    tools: tuple[Tool, ...]
    searches: bool  # Google Search is switched on
    languages: tuple[str, ...]  # what callers may be answered in, as codes; empty: in any

    def instructed(self, instruction: str) -> None: ...
    def noted(self, text: str) -> None: ...
    def told(self, text: str) -> list[Action]: ...
    def heard(self, text: str, language: str = "") -> list[Action]: ...
    def saw(self, photo: Seen) -> list[Action]: ...
    def answered(self, name: str, response: Mapping[str, object]) -> list[Action]: ...
    def cut(self, said: str) -> None: ...
