"""Reports: the figures of many calls, by line and version, two versions beside each other, and their course in time."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import groupby
from typing import Final

from starlette.responses import Response

from app.console.asked import Asked
from app.console.guard import Pages
from app.console.pages.reports_split import split, wilson
from app.console.permissions import Permission
from app.console.words import Words
from app.meaning.call import CallFigures
from app.meaning.definitions import METRICS, Metric, report
from app.meaning.values import Amount, Share, Spread, Value

SPANS: Final[Mapping[str, timedelta]] = {
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
}
MOST: Final = 1_000  # calls a page looks at: the newest; `frontline report` takes them all
FEWEST: Final = 20  # with fewer on a side, a difference may be chance

pages = Pages([])


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure as it is shown; ``note`` is what it is made of."""

    value: str
    note: str = ""


@pages.page("/reports", Permission.SEE_REPORTS)
async def figures(asked: Asked) -> Response:
    query = asked.query
    span = query.get("since", "24h") if query.get("since", "24h") in SPANS else "24h"
    line, version, against = (query.get(name, "").strip() for name in ("line", "version", "against"))
    since = datetime.now(UTC) - SPANS[span]
    newest = partial(asked.parts.figured.newest, asked.parts.database, MOST, since=since, line=line)
    calls = await newest(version=version)
    others = await newest(version=against) if against else []
    told = await asyncio.to_thread(_told, asked.words, calls, others if against else None)
    chart = _chart(asked.words, calls, timedelta(hours=1) if span == "24h" else timedelta(days=1), since)
    by = query.get("by", "")
    chosen = {"since": span, "line": line, "version": version, "against": against, "by": by}
    context = {"groups": told, "chart": chart, "chosen": chosen, "spans": tuple(SPANS), "most": MOST}
    parts = split(asked.words, calls, by)
    limit_usd = asked.parts.settings.cost_per_day_usd
    lines = sorted(asked.parts.lines.all())
    counts = {"n": len(calls), "others": len(others), "few": _are_few(calls, others) if against else False}
    return asked.show("reports/reports.html", **{**context, **counts}, parts=parts, lines=lines, limit_usd=limit_usd)


def _are_few(calls: Sequence[CallFigures], others: Sequence[CallFigures]) -> bool:
    return min(len(calls), len(others)) < FEWEST


def _told(
    words: Words, calls: Sequence[CallFigures], others: Sequence[CallFigures] | None
) -> list[tuple[str, list[tuple[Metric, list[Cell]]]]]:
    """The figures in their groups, each with a cell a side."""
    sides = [report(calls), *([] if others is None else [report(others)])]
    rows = [(metric, [_cell(words, side[metric.name], metric.unit) for side in sides]) for metric in METRICS]
    return [(group, list(found)) for group, found in groupby(rows, lambda row: row[0].group)]


def _cell(words: Words, value: Value, unit: str) -> Cell:
    match value:
        case Share(n=n, of=of):
            return Cell(words.percent(n / of, 1), _interval(words, n, of)) if of else Cell("–")
        case Spread(n=n, p50=p50, p95=p95) if p50 is not None:
            return Cell(
                _in(words, p50, unit), words("reports.spread", p95=_in(words, p95, unit), count=words.number(n))
            )
        case Amount(value=float() | int() as amount, estimated=estimated):
            return Cell(_in(words, amount, unit), words("reports.estimated") if estimated else "")
    return Cell("–")


def _interval(words: Words, n: int, of: int) -> str:
    """``12 of 40, 18–45 %``: where the true share is, nineteen times of twenty, by Wilson's formula."""
    low, high = wilson(n, of)
    between = f"{words.percent(low)}–{words.percent(high)}"
    return words("reports.share", count=words.number(n), of=words.number(of), between=between)


def _in(words: Words, value: float | None, unit: str) -> str:
    if value is None:
        return "–"
    if unit == "usd":
        return words.money(value)
    if unit == "ms":
        return f"{words.number(value)} ms" if value < 1_000 else f"{words.number(value / 1_000, 1)} s"
    return f"{words.number(value, 1)} s" if unit == "s" else words.number(value, 1)


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
    return {
        "calls": {"x": at, "series": [{"label": words("reports.calls"), "values": counts, "fill": True}]},
        "waits": {"x": at, "series": [{"label": words("reports.wait"), "values": waits, "unit": "ms"}]},
        "costs": {"x": at, "series": [{"label": words("reports.cost"), "values": costs, "unit": "USD", "fill": True}]},
    }


def _middle(values: Iterator[int]) -> int | None:
    ordered = sorted(values)
    return ordered[len(ordered) // 2] if ordered else None
