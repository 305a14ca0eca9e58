"""Calls: found by words and by what is known of them, page by page, kept as views, taken along as CSV or JSON lines."""

import csv
import io
import json
from collections.abc import AsyncIterator, Sequence
from typing import Final

from starlette.responses import Response, StreamingResponse

from app.call import dispositions, flags
from app.console.asked import Asked
from app.console.guard import Pages
from app.console.pages.calls_wish import Wish, key_of, wish_of
from app.console.pages.shown import masked, tone
from app.console.permissions import Permission
from app.store import calls, glimpses, search, views
from app.store.database import Database
from app.store.glimpses import Glimpse
from app.store.search import Found

A_PAGE: Final = 50
A_PART: Final = 500  # calls written at once into a file
MOST_EXPORTED: Final = 100_000
ENDED_BY: Final = ("caller", "assistant", "house")
CARRIED_OUT: Final = frozenset("=+-@\t\r\n＝＋－＠")
COLUMNS: Final = (
    *("call_sid", "started_at", "line", "version", "language", "caller", "outcome", "ended_by", "duration_s", "turns"),
    *("longest_wait_ms", "tools", "tool_errors", "flags", "tags", "score", "resolution", "cost_usd", "summary"),
)

pages = Pages([])


@pages.page("/calls", Permission.SEE_CALLS)
async def calls_listed(asked: Asked) -> Response:
    """A CallSid leads to its call at once."""
    wish = wish_of(asked.query)
    database = asked.parts.database
    if wish.call_sid and await calls.call(database, wish.call_sid) is not None:
        return asked.go(f"/console/calls/{wish.call_sid}")
    page = await search.page(database, wish.wanted, A_PAGE, key_of(asked.query))
    more = await glimpses.glimpses_of(database, [found.call.start.call_sid for found in page.calls])
    return asked.show(
        "calls/list.html",
        wish=wish,
        found=page.calls,
        more=more,
        next=wish.after(page.next),
        lines=sorted(asked.parts.lines.all()),
        outcomes=[(name, asked.words(f"calls.outcome_{name}")) for name in dispositions.ALL],
        ended_by=[(name, asked.words(f"calls.by_{name}")) for name in ENDED_BY],
        flags=[(name, asked.words(f"calls.flag_{name}")) for name in flags.ALL],
        tags=await glimpses.tags_in_use(database),
        views=await views.listed(database, asked.who.name),
        masked=masked,
        tone=tone,
        here_now={bridge.call_sid for bridge in asked.parts.switchboard.going_on()},
        any=bool(page.calls or wish.given) or bool(await calls.latest(database, 1)),
    )


# ---- views


@pages.action("/calls/views", Permission.SEE_CALLS)
async def view_kept(asked: Asked) -> Response:
    """Keep these filters under a name."""
    form = await asked.form()
    wish, name = wish_of(form), form.get("name", "").strip()
    if name:
        await views.keep(asked.parts.database, asked.who.name, name, wish.address)
    return asked.go(f"/console/calls?{wish.address}", "calls.told_view")


@pages.action("/calls/views/forget", Permission.SEE_CALLS)
async def view_forgotten(asked: Asked) -> Response:
    """Keep it no more."""
    await views.forget(asked.parts.database, asked.who.name, (await asked.form()).get("name", ""))
    return asked.go("/console/calls")


# ---- files


@pages.page("/calls.csv", Permission.EXPORT_CALLS)
async def as_csv(asked: Asked) -> Response:
    """For a spreadsheet."""
    wish = wish_of(asked.query)
    await asked.audit("calls.exported", wish.told, format="csv")
    return _file(_csv(asked.parts.database, wish), "text/csv; charset=utf-8", "calls.csv")


@pages.page("/calls.jsonl", Permission.EXPORT_CALLS)
async def as_jsonl(asked: Asked) -> Response:
    """For programs: a call a line."""
    wish = wish_of(asked.query)
    await asked.audit("calls.exported", wish.told, format="jsonl")
    return _file(_jsonl(asked.parts.database, wish), "application/x-ndjson", "calls.jsonl")


def _file(parts: AsyncIterator[str], kind: str, name: str) -> Response:
    return StreamingResponse(parts, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


async def _csv(database: Database, wish: Wish) -> AsyncIterator[str]:
    yield _line(COLUMNS)
    async for row in _rows(database, wish):
        yield "".join(_line([_safe(one[name]) for name in COLUMNS]) for one in row)


async def _jsonl(database: Database, wish: Wish) -> AsyncIterator[str]:
    async for row in _rows(database, wish):
        yield "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in row)


async def _rows(database: Database, wish: Wish) -> AsyncIterator[list[dict[str, object]]]:
    """All calls of a list, a part after the other: the house answers calls meanwhile."""
    after, written = None, 0
    while written < MOST_EXPORTED:
        page = await search.page(database, wish.wanted, A_PART, after)
        more = await glimpses.glimpses_of(database, [found.call.start.call_sid for found in page.calls])
        yield [_row(found, more[found.call.start.call_sid]) for found in page.calls]
        after, written = page.next, written + len(page.calls)
        if after is None:
            return


def _row(found: Found, more: Glimpse) -> dict[str, object]:
    start, end = found.call.start, found.call.end
    values = (
        *(start.call_sid, start.started_at.isoformat(timespec="seconds"), start.line, start.version, start.language),
        *(masked(start.caller), end.disposition if end else "", end.ended_by if end else ""),
        *(end.duration_s if end else None, more.turns, more.gap_ms, more.tools, more.tool_errors),
        *(" ".join(more.flags), " ".join(more.tags), more.score, more.resolution),
        *(end.cost_usd if end else None, more.summary),
    )
    return dict(zip(COLUMNS, values, strict=True))


def _line(values: Sequence[object]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow(values)
    return buffer.getvalue()


def _safe(value: object) -> object:
    """A spreadsheet would carry out what begins so: https://owasp.org/www-community/attacks/CSV_Injection"""
    return f"'{value}" if isinstance(value, str) and value.lstrip(" \0")[:1] in CARRIED_OUT else value
