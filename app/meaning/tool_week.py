"""What became of each tool's uses: how many, how many failed, how long they took."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import accumulate

from app.meaning.values import rank
from app.store.tool_uses import Tally


@dataclass(frozen=True, slots=True)
class Usage:
    """``p95_ms`` is None where nothing ran: the house's own tools end at once."""

    uses: int = 0
    failed: int = 0
    p95_ms: int | None = None

    @property
    def share_failed(self) -> float:
        return self.failed / self.uses if self.uses else 0.0


def usages(tallies: Iterable[Tally]) -> Mapping[str, Usage]:
    """By the tool's name."""
    by_name: dict[str, list[Tally]] = {}
    for one in tallies:
        by_name.setdefault(one.name, []).append(one)
    return {name: _usage(found) for name, found in by_name.items()}


def _usage(found: Iterable[Tally]) -> Usage:
    ordered = sorted(found, key=lambda one: one.took_ms)
    failed = sum(one.times for one in ordered if one.failed)
    return Usage(sum(one.times for one in ordered), failed, _p95([one for one in ordered if one.took_ms]))


def _p95(ordered: list[Tally]) -> int | None:
    """The time of the use at this rank, all having stood in one row."""
    if not ordered:
        return None
    until = list(accumulate(one.times for one in ordered))
    wanted = rank(until[-1], 0.95)
    return next(one.took_ms for one, last in zip(ordered, until, strict=True) if wanted < last)
