"""How the difference of two versions is told: both figures, how much they differ, how sure that is, and in words."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from app.console.told import figure
from app.console.words import Words
from app.meaning.call import CallFigures
from app.meaning.comparison import MOST_MORE, P95, Compared, Verdict, compared
from app.meaning.intervals import Estimate

TONES: Final[Mapping[Verdict, str]] = {
    Verdict.BETTER: "good",
    Verdict.WORSE: "bad",
    Verdict.HIGHER: "info",
    Verdict.LOWER: "info",
    Verdict.FEW: "warn",
}
JUDGED: Final = frozenset(Verdict) - {Verdict.FEW, Verdict.NONE}


@dataclass(frozen=True, slots=True)
class Side:
    """A figure of one version; ``between`` is where it truly is, nineteen times of twenty."""

    value: str = "–"
    between: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of two versions as it is told. ``told`` is what it would take to know more."""

    name: str
    percentile: str
    says: str
    one: Side
    other: Side
    differs: str
    between: str
    verdict: str
    tone: str
    told: str


@dataclass(frozen=True, slots=True)
class Told:
    """All of them in their groups; of ``judged`` figures something is said, about ``by_chance`` of them wrongly."""

    groups: Sequence[tuple[str, Sequence[Row]]]
    judged: int
    different: int

    @property
    def by_chance(self) -> int:
        return math.ceil(self.judged / 20)


def told(words: Words, ones: Sequence[CallFigures], others: Sequence[CallFigures]) -> Told:
    """The figures that say what a call is like, of these calls and those; sums of all calls are left out."""
    found = [one for one in compared(ones, others) if one.one or one.other]
    groups = [
        (group, [_row(words, one) for one in rows]) for group, rows in groupby(found, lambda one: one.metric.group)
    ]
    judged = [one for one in found if one.verdict in JUDGED]
    return Told(groups, len(judged), sum(one.verdict is not Verdict.ALIKE for one in judged))


def _row(words: Words, one: Compared) -> Row:
    named = figure(words, one.metric)
    percentile = "" if one.at is None else words("reports.p95" if one.at == P95 else "reports.median")
    first, second = (_side(words, side, one.metric.unit) for side in (one.one, one.other))
    differs, between = _differs(words, one)
    is_nothing = one.verdict is Verdict.ALIKE and _is_nothing(differs)
    verdict = "–" if one.verdict is Verdict.NONE else words(f"reports.verdict_{'same' if is_nothing else one.verdict}")
    takes = "" if is_nothing else _takes(words, one)
    tone = TONES.get(one.verdict, "quiet")
    return Row(named.name, percentile, named.says, first, second, differs, between, verdict, tone, takes)


def _side(words: Words, side: Estimate | None, unit: str) -> Side:
    if side is None:
        return Side()
    return Side(shown(words, side.value, unit), _between(words, side.low, side.high, unit))


def _between(words: Words, low: float, high: float, unit: str) -> str:
    if not math.isfinite(high - low):
        return ""
    return words("reports.between", low=shown(words, low, unit), high=shown(words, high, unit))


def _differs(words: Words, one: Compared) -> tuple[str, str]:
    if (found := one.difference) is None:
        return "–", ""
    unit = one.metric.unit
    if not math.isfinite(found.high - found.low):
        return signed(words, found.value, unit), words("reports.no_bounds")
    between = words("reports.between", low=signed(words, found.low, unit), high=signed(words, found.high, unit))
    return signed(words, found.value, unit), between


def _takes(words: Words, one: Compared) -> str:
    if one.verdict is Verdict.FEW and one.more:
        return words("reports.takes_at_least", n=one.more)
    if one.verdict is not Verdict.ALIKE:
        return ""
    if one.more:
        return words("reports.takes_about", n=one.more)
    return words("reports.takes_too_many", most=words.number(MOST_MORE))


def shown(words: Words, value: float, unit: str) -> str:
    """A figure in its unit; one without a unit is a share."""
    match unit:
        case "usd":
            return words.money(value)
        case "ms":
            return words.millis(value)
        case "s":
            return words.seconds(value)
        case "count":
            return words.number(value, 1)
        case _:
            return words.percent(value, 1)


def signed(words: Words, value: float, unit: str) -> str:
    """A difference with its sign; that of shares in points of a hundred."""
    size = abs(value)
    text = words("reports.points", points=words.number(100 * size, 1)) if unit == "" else shown(words, size, unit)
    if _is_nothing(text):
        return text
    return f"{'+' if value > 0 else '−'}{text}"


def _is_nothing(shown: str) -> bool:
    """Whether nothing is left of a difference at the length it is shown in."""
    return not any(digit in shown for digit in "123456789")
