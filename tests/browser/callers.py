"""Rehearsed callers for the browser tests, in tones: real calls through the real house, cheap."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from app.fittings import rehearsal_note
from app.rehearsal.callers import Caller, HangUp, Say, Silence, Wait, WaitForEnd
from app.rehearsal.prepared import Prepared, prepare_with
from app.rehearsal.report import rehearse
from tests.browser.house import RunningHouse

SHORT = Caller(
    "short",
    "asks, hears the answer and hangs up",
    (Wait(finished_ms=300), Say("Where is my order 1047?"), Silence(4.0), HangUp()),
)
LONG = Caller(
    "long",
    "asks, then stays on the line",
    (Wait(finished_ms=300), Say("Where is my order 1047?"), Silence(50.0), WaitForEnd(30)),
)


async def place(house: RunningHouse, caller: Caller, number: int) -> str:
    """One call to its end; its CallSid."""
    prepared = await asyncio.to_thread(prepare_with, caller, "tones")
    return await _placed(house, prepared, number)


@asynccontextmanager
async def going_on(house: RunningHouse, number: int) -> AsyncIterator[None]:
    """A call that goes on for as long as the block does."""
    prepared = await asyncio.to_thread(prepare_with, LONG, "tones")
    async with asyncio.TaskGroup() as group:
        calling = group.create_task(_placed(house, prepared, number))
        yield
        calling.cancel()


async def _placed(house: RunningHouse, prepared: Prepared, number: int) -> str:
    note = rehearsal_note(house.data, urlsplit(house.url).port or 80)
    about = json.loads(await asyncio.to_thread(note.read_text, encoding="utf-8"))
    report = await rehearse(
        *(house.url, str(about["public_url"]), str(about["token"]), prepared),
        record_to=None,
        to="+12025550199",
        from_=f"+1202555{number:04d}",
    )
    return report.call_sid
