"""A call that another house exported: its bundle is uploaded, shown as a call's page, and replayed; nothing is kept."""

import asyncio
from typing import Final

import structlog
from starlette.responses import Response

from app.console.asked import Asked
from app.console.guard import Pages
from app.console.importing import Busy, TooMuch, imported
from app.console.pages.call import as_json, items_of, worst_of
from app.console.pages.shown import masked, tone
from app.console.permissions import Permission
from app.console.timeline import LANES, axis, wait_of
from app.meaning.imported import LARGEST as LARGEST_UNPACKED
from app.meaning.imported import Imported

LARGEST: Final = 24_000_000  # bytes of a bundle: hours of a call
AROUND: Final = 4_000_000  # what is more is told; what is much more is not taken in at all
MEGABYTE: Final = 1_000_000
LONGEST_SHOWN: Final = 8_000  # characters of what a tool was asked, or answered

log = structlog.get_logger(__name__)
pages = Pages([])


@pages.page("/calls/import", Permission.IMPORT_CALLS)
async def import_asked(asked: Asked) -> Response:
    return _page(asked)


@pages.action("/calls/import", Permission.IMPORT_CALLS, LARGEST + AROUND)
async def import_shown(asked: Asked) -> Response:
    """The bundle as a call's page, or why it is none."""
    file = await asked.file("bundle")
    if file is None or not file.filename:
        return _page(asked, "imported.no_file")
    try:
        if (file.size or 0) > LARGEST:
            return _page(asked, "imported.too_large")
        found = await imported(await file.read(LARGEST))
    except Busy:
        return _page(asked, "imported.busy")
    except TooMuch:
        log.warning("bundle not read", size=file.size, next="frontline replay FILE, on a machine without calls")
        return _page(asked, "imported.too_much")
    finally:
        await file.close()
    if isinstance(found, str):
        return _page(asked, said=found)
    await asked.audit("call.imported", found.record.start.call_sid, steps=found.steps, differing=found.differing)
    return await asyncio.to_thread(_page, asked, found=found)  # of a long call it takes its time


def _page(asked: Asked, problem: str = "", said: str = "", found: Imported | None = None) -> Response:
    template = "call/imported.html" if asked.partial else "call/import.html"
    limits = {"largest": LARGEST // MEGABYTE, "largest_unpacked": LARGEST_UNPACKED // MEGABYTE}
    shown: dict[str, object] = {"found": found, "problem": problem, "said": said, **limits}
    if found is not None:
        line = axis(found.record, found.segments, found.marks)
        shown |= {"record": found.record, "axis": line, "items": items_of(found.record), "why": found.story}
        shown |= {"worst": worst_of(found.record), "lanes": LANES, "wait_of": wait_of, "sounds": ()}
        shown |= {"as_json": _as_json, "masked": masked, "tone": tone, "outcome": _outcome(asked, found)}
        shown |= {"no_sound": "imported.no_sound"}
    return asked.show(template, **shown)


def _outcome(asked: Asked, found: Imported) -> str:
    """How it ended, in the page's words where they are known."""
    disposition = found.record.end.disposition if found.record.end else ""
    name = f"calls.outcome_{disposition}"
    return asked.words(name) if asked.words.has(name) else disposition


def _as_json(value: object) -> str:
    try:
        return as_json(value)[:LONGEST_SHOWN]
    except RecursionError:
        return "…"
