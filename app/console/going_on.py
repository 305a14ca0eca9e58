"""A call going on as Now shows it, and as one process tells it to another: nothing is in it that may not be seen."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import TypeAdapter

from app.console.pages.shown import masked
from app.supervision import Seen


@dataclass(frozen=True, slots=True)
class GoingOn:
    """``caller`` is without its middle; times are seconds, as in ``Glance``.

    What a process does not tell has its default: while one version takes another's place, both stand side by side.
    """

    call_sid: str
    line: str = ""
    version: str = ""
    caller: str = ""
    health: str = "good"
    state: str = "talking"
    held: str = ""
    speaking: str = ""
    language: str = ""
    age_s: float = 0.0
    quiet_s: float = 0.0
    waits_s: float = 0.0
    cost_usd: float = 0.0
    tools: tuple[tuple[str, float], ...] = ()
    hands_off: bool = False
    caller_words: str = ""
    assistant_words: str = ""


@dataclass(frozen=True, slots=True)
class OneProcess:
    """The calls of one process."""

    process: str
    calls: Sequence[GoingOn] = ()


TOLD: Final = TypeAdapter(OneProcess)


def shown(seen: Seen) -> GoingOn:
    """The same without what stays where the call is."""
    glance = seen.glance
    return GoingOn(
        seen.call_sid,
        seen.line,
        seen.version,
        masked(seen.caller),
        seen.health,
        glance.state,
        glance.held,
        glance.speaking,
        glance.language,
        glance.age_s,
        glance.quiet_s,
        glance.waits_s,
        glance.cost_usd,
        glance.tools,
        glance.hands_off,
        seen.caller_words,
        seen.assistant_words,
    )
