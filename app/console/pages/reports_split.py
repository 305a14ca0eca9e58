"""The figures that are asked for first, of calls by their language, hour, line or version."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from app.console.words import Words
from app.meaning.call import CallFigures
from app.meaning.definitions import report
from app.meaning.intervals import wilson
from app.meaning.values import Share, Spread

MOST_PARTS: Final = 60
_OF: Final[Mapping[str, Callable[[CallFigures], str]]] = {
    "language": lambda call: call.language,
    "hour": lambda call: f"{call.started_at:%H}:00",
    "line": lambda call: call.line,
    "version": lambda call: call.version[:8],
}


@dataclass(frozen=True, slots=True)
class Part:
    """The calls of one language, hour (UTC), line or version. Each share with its interval, as it is told."""

    name: str
    calls: int
    contained: str
    between: str
    wait_ms: float | None
    cost_usd: float | None


def split(words: Words, calls: Sequence[CallFigures], by: str) -> list[Part]:
    """The calls in their parts, by name; none where they are not to be parted."""
    if by not in _OF:
        return []
    found: dict[str, list[CallFigures]] = {}
    for call in calls:
        found.setdefault(_OF[by](call) or "–", []).append(call)
    return [_part(words, name, found[name]) for name in sorted(found)[:MOST_PARTS]]


def _part(words: Words, name: str, calls: Sequence[CallFigures]) -> Part:
    figures = report(calls)
    contained, wait = figures["containment"], figures["turn_gap"]
    share, between = "–", ""
    if isinstance(contained, Share) and contained.of:
        low, high = wilson(contained.n / contained.of, contained.of)
        share, between = words.percent(contained.n / contained.of), f"{words.percent(low)}–{words.percent(high)}"
    known = [call.cost_usd for call in calls if call.cost_usd is not None]
    cost_usd = sum(known) / len(known) if known else None
    return Part(name, len(calls), share, between, wait.p50 if isinstance(wait, Spread) else None, cost_usd)
