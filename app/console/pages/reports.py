"""Reports: the figures of many calls, by line and version, two versions beside each other, and their course in time."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import groupby
from typing import Final
from urllib.parse import urlencode

from starlette.responses import Response

from app.console.asked import Asked
from app.console.guard import Pages
from app.console.pages import reports_compared
from app.console.pages.reports_split import split
from app.console.permissions import Permission
from app.console.told import Figure, figure
from app.console.words import Words
from app.meaning.call import CallFigures
from app.meaning.definitions import METRICS, Metric, report
from app.meaning.intervals import wilson
from app.meaning.record import newest_sids
from app.meaning.values import Amount, Share, Spread, Value
from app.store import tallies

SPANS: Final[Mapping[str, timedelta]] = {
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
}
AT_ONCE: Final = 100  # calls whose figures are made while the page is waited for
ID: Final = 12  # letters of a version's id that are shown
MOST: Final = 1_000  # calls a page looks at: the newest; `frontline report` takes them all

pages = Pages([])


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure as it is shown; ``note`` is what it is made of."""

    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Wish:
    """Which calls are looked at, and how."""

    since: str
    line: str
    version: str
    against: str
    by: str

    @property
    def is_comparison(self) -> bool:
        return _are_two(self.version, self.against)

    @property
    def sides(self) -> tuple[str, ...]:
        return (self.version, self.against) if self.is_comparison else (self.version,)


@pages.page("/reports", Permission.SEE_REPORTS)
async def figures(asked: Asked) -> Response:
    """The figures come by themselves, after the page, where many have to be made first: that takes a second or two."""
    wish = _wish(asked.query)
    since = datetime.now(UTC) - SPANS[wish.since]
    sids = await _sids(asked, wish, since)
    if asked.partial:
        return asked.show("reports/figures.html", **await _figures(asked, wish, since, sids))
    # Of a month of all lines, counting them would take as long as the rest of the page.
    counted = since if wish.line else max(since, datetime.now(UTC) - SPANS["7d"])
    versions = await tallies.versions(asked.parts.database, counted, wish.line)
    context: dict[str, object] = {
        "lines": sorted(asked.parts.lines.all()),
        "versions": _choices(asked.words, versions, wish),
        "chosen": wish,
        "come_later": sum(map(asked.parts.figured.missing, sids)) > AT_ONCE,
        "again": urlencode(asked.query),
    }
    made = {} if context["come_later"] else await _figures(asked, wish, since, sids)
    return asked.show("reports/reports.html", **context | made)


def _wish(query: Mapping[str, str]) -> Wish:
    since = query.get("since", "24h")
    given = (query.get(name, "").strip() for name in ("line", "version", "against", "by"))
    return Wish(since if since in SPANS else "24h", *given)


async def _sids(asked: Asked, wish: Wish, since: datetime) -> list[list[str]]:
    """The calls that the page is about; of a comparison those of each side."""
    newest = partial(newest_sids, asked.parts.database, MOST, since=since, line=wish.line)
    return [await newest(version=version) for version in wish.sides]


async def _figures(asked: Asked, wish: Wish, since: datetime, sids: Sequence[Sequence[str]]) -> dict[str, object]:
    calls, *beside = [await asked.parts.figured.of(asked.parts.database, those) for those in sids]
    step = timedelta(hours=1 if wish.since == "24h" else 24)
    shared = {"chosen": wish, "n": len(calls), "most": MOST, "limit_usd": asked.parts.settings.cost_per_day_usd}
    drawn = {"chart": _chart(asked.words, calls, step, since), "parts": split(asked.words, calls, wish.by)}
    if not beside:
        groups = await asyncio.to_thread(_told, asked.words, calls)
        return {**shared, **drawn, "groups": groups, "others": 0}
    sides = await asyncio.to_thread(reports_compared.told, asked.words, calls, beside[0])
    return {**shared, **drawn, "sides": sides, "others": len(beside[0])}


def _are_two(version: str, against: str) -> bool:
    """Whether they are two versions, and neither is the other's beginning."""
    return bool(version and against) and not (version.startswith(against) or against.startswith(version))


def _choices(words: Words, found: Sequence[tallies.Answered], wish: Wish) -> list[tuple[str, str]]:
    """The versions that answered, with how many calls; and whichever is chosen."""
    told = {one.version[:ID]: _version_told(words, one, wish.line) for one in found if one.version}
    chosen = dict.fromkeys((wish.version, wish.against))
    return [*told.items(), *((one, one[:ID]) for one in chosen if one and one not in told)]


def _version_told(words: Words, one: tallies.Answered, line: str) -> str:
    calls = words("reports.version_calls", n=one.calls)
    return f"{one.version[:ID]} · {calls}" if line else f"{one.line} · {one.version[:ID]} · {calls}"


def _told(words: Words, calls: Sequence[CallFigures]) -> list[tuple[str, list[tuple[Figure, Cell]]]]:
    """The figures in their groups."""
    figures = report(calls)
    groups = groupby(METRICS, lambda metric: metric.group)
    return [(group, [_row(words, metric, figures[metric.name]) for metric in found]) for group, found in groups]


def _row(words: Words, metric: Metric, value: Value) -> tuple[Figure, Cell]:
    return figure(words, metric), _cell(words, value, metric.unit)


def _cell(words: Words, value: Value, unit: str) -> Cell:
    match value:
        case Share(n=n, of=of):
            return Cell(words.percent(n / of, 1), _interval(words, n, of)) if of else Cell("–")
        case Spread(n=n, p50=p50, p95=p95) if p50 is not None:
            return Cell(_in(words, p50, unit), words("reports.spread", p95=_in(words, p95, unit), n=n))
        case Amount(value=float() | int() as amount, estimated=estimated):
            return Cell(_in(words, amount, unit), words("reports.estimated") if estimated else "")
    return Cell("–")


def _interval(words: Words, n: int, of: int) -> str:
    """``12 of 40, 18–45 %``: where the true share is, nineteen times of twenty, by Wilson's formula."""
    low, high = wilson(n / of, of)
    between = f"{words.percent(low)}–{words.percent(high)}"
    return words("reports.share", count=words.number(n), of=words.number(of), between=between)


def _in(words: Words, value: float | None, unit: str) -> str:
    return "–" if value is None else reports_compared.shown(words, value, unit)


def _chart(words: Words, calls: Sequence[CallFigures], step: timedelta, since: datetime) -> dict[str, object] | None:
    """Calls, the median wait and what calls cost, an hour or a day at a time; None where there is nothing to draw.

    All of the time is drawn, or from where the newest calls begin that a page looks at: of a few points alone nobody
    would know when they were.
    """
    by_step: dict[int, list[CallFigures]] = {}
    length = int(step.total_seconds())
    for call in calls:
        by_step.setdefault(int(call.started_at.timestamp()) // length * length, []).append(call)
    if not by_step:
        return None
    first = min(by_step) if len(calls) >= MOST else int(since.timestamp()) // length * length
    at = list(range(min(first, *by_step), max(int(datetime.now(UTC).timestamp()), *by_step) + 1, length))
    waits = [_middle(gap.total_ms for call in by_step.get(one, ()) for gap in call.gaps) for one in at]
    costs = [round(sum(call.cost_usd or 0.0 for call in by_step.get(one, ())), 4) for one in at]
    counts = [len(by_step.get(one, ())) for one in at]
    series: dict[str, dict[str, object]] = {
        "calls": {"label": words("reports.calls"), "values": counts, "fill": True},
        "waits": {"label": words("reports.waited"), "values": waits, "unit": "ms"},
        "costs": {"label": words("reports.cost"), "values": costs, "unit": "USD", "fill": True},
    }
    return {name: {"x": at, "when": words("reports.when"), "series": [one]} for name, one in series.items()}


def _middle(values: Iterator[int]) -> int | None:
    ordered = sorted(values)
    return ordered[len(ordered) // 2] if ordered else None
