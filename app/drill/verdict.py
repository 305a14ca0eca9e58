"""What a row of the fault matrix measured, and whether that is what was promised. Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from app.drill.told import Told

WORSE = 1.1  # a figure of many calls may be so many times that of others that nothing was done to


@dataclass(frozen=True, slots=True)
class Check:
    """One figure or fact of a promise: what it is about, what was measured, whether that is enough."""

    what: str
    measured: str
    ok: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a row came out. ``heard`` and ``recorded`` say it in words, ``evidence`` is the folder with all there is."""

    row: str
    injected: str
    promise: str
    checks: tuple[Check, ...]
    heard: tuple[str, ...] = ()
    recorded: tuple[str, ...] = ()
    evidence: Path | None = None
    took_s: float = 0.0

    @property
    def ok(self) -> bool:
        """Nothing measured is no proof."""
        return bool(self.checks) and all(check.ok for check in self.checks)

    @property
    def measured(self) -> str:
        """What was measured, on one line; what is not as promised stands first."""
        return "; ".join(
            f"{'' if check.ok else '✗ '}{check.what}: {check.measured}"
            for check in sorted(self.checks, key=lambda each: each.ok)
        )

    def as_json(self) -> dict[str, object]:
        """The verdict in what JSON has."""
        return asdict(self) | {"ok": self.ok, "evidence": str(self.evidence) if self.evidence else None}


def at_most(what: str, measured: float | None, limit: float, unit: str = "ms") -> Check:
    """A figure that must not be larger, nor missing."""
    if measured is None:
        return Check(what, "nothing", False)
    return Check(what, f"{measured:g} {unit} (≤ {limit:g})", measured <= limit)


def equal(what: str, measured: object, wanted: object) -> Check:
    """A value that must be this one."""
    same = measured == wanted
    return Check(what, str(measured) if same else f"{measured}, not {wanted}", same)


def true(what: str, measured: bool, otherwise: str = "no") -> Check:
    """Something that must be so."""
    return Check(what, "yes" if measured else otherwise, measured)


def heard(told: Told, regex: str, what: str, times: int | None = None) -> Check:
    """Words that the caller must have heard: at least once, or exactly so often."""
    found = len(re.findall(regex, told.words, re.IGNORECASE))
    if times is None:
        return Check(f"hears {what}", "yes" if found else "no", found > 0)
    return Check(f"hears {what}", f"{found} times", found == times)


def records(calls: Iterable[Told]) -> list[Check]:
    """Every call has one record with one end, and its journal replays as it was."""
    found = list(calls)
    ended = sum(one.ended for one in found)
    differences = sum(one.differences for one in found)
    return [
        Check("records", f"{ended} of {len(found)}", ended == len(found)),
        Check("replay", f"{differences} differences", differences == 0),
    ]


def percentile(figures: Sequence[float], share: float) -> float:
    """The figure that so large a share does not exceed; 0 for none."""
    ordered = sorted(figures)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def broken(calls: Sequence[Told]) -> float:
    """How often sound broke off and went on, of a hundred answers: on a machine this full, without an outage, too."""
    answers = sum(one.report.figures.answers for one in calls)
    return 100 * sum(one.report.figures.underruns for one in calls) / max(1, answers)


def no_worse(share: float, plain: Sequence[Told], told: Sequence[Told]) -> Check:
    """A figure of the gaps between a caller's words and the answer, held against that of the calls before."""
    before, now = (
        percentile([ms for one in calls for ms in one.report.figures.turn_gaps_ms], share) for calls in (plain, told)
    )
    return true(f"gap p{share * 100:.0f} {now:g} ms (before: {before:g})", 0 < now <= WORSE * before, "worse")
