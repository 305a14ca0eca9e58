"""A line: phone numbers we answer, and how."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from app.prompts import render
from app.prompts.hours import Hours, is_open

ANY_NUMBER = "*"
DEFAULT_MODEL = "gemini-3.8-live"
DEFAULT_VOICE = "Kore"
CLOSED = ("answer", "say")  # outside its hours a line answers all the same, or says the phrase and hangs up
ByLanguage = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Line:
    """A line as its folder says. ``languages`` are BCP-47 tags, the first is the default.

    ``greetings``, ``instructions`` and ``phrases`` have every language of the line; their
    ``{variables}`` are still to be filled (``greeting``, ``instruction``). None leaves a choice to the model.
    """

    name: str
    business: str
    numbers: tuple[str, ...]
    model: str = DEFAULT_MODEL
    voice: str = DEFAULT_VOICE
    languages: tuple[str, ...] = ("en-US",)
    tools: tuple[str, ...] = ()
    vad: str = "telephone"
    hours: Hours = field(default_factory=Hours)
    closed: str = CLOSED[0]
    handoff_number: str | None = None
    silence_s: float = 10.0
    longest_call_s: float = 1200.0
    google_search: bool = False
    temperature: float | None = None
    thinking: str | None = None
    affective_dialog: bool | None = None
    proactive_audio: bool | None = None
    greetings: ByLanguage = field(default_factory=dict)
    instructions: ByLanguage = field(default_factory=dict)
    phrases: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def line_for(lines: Mapping[str, Line], called: str) -> Line | None:
    """The line that answers a number: the one that names it, else the one for any number."""
    for wanted in (called, ANY_NUMBER):
        for line in lines.values():
            if wanted in line.numbers:
                return line
    return None


def open_now(line: Line, when: datetime) -> bool:
    """Whether the line is in its opening hours at ``when`` (aware, any zone)."""
    return is_open(line.hours, when)


def greeting(line: Line, language: str, caller: str, now: datetime) -> str:
    """What the assistant says first; ``now`` aware, any zone."""
    return render.fill(line.greetings[language], _values(line, language, caller, now))


def instruction(line: Line, language: str, caller: str, now: datetime) -> str:
    """What the assistant is told: the house's rules, then the line's own; ``now`` aware, any zone."""
    return render.fill(line.instructions[language], _values(line, language, caller, now))


def _values(line: Line, language: str, caller: str, now: datetime) -> dict[str, str]:
    return render.values(
        caller=caller,
        line=line.name,
        business=line.business,
        language=language,
        languages=line.languages,
        now=now.astimezone(line.hours.zone),
    )
