"""Now: the calls going on, and what a person of ours may do in one of them."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Final, Literal

from starlette.responses import Response, StreamingResponse

from app.call.events import SupervisorAsked
from app.console.asked import LOOK_AGAIN_S, Asked
from app.console.guard import Pages
from app.console.pages.shown import masked
from app.console.permissions import Permission
from app.supervision import LONGEST_SAID
from app.telling import Told

EVERY_S: Final = 0.5
Action = Literal["say", "note", "end", "hand_off", "hold", "resume"]
AUDITED: Final[dict[Action, str]] = {
    "say": "call.said",
    "note": "call.whispered",
    "hold": "call.held",
    "resume": "call.given_back",
    "hand_off": "call.handed_off",
    "end": "call.ended",
}

pages = Pages([])


@pages.page("/now", Permission.SEE_CALLS)
async def now_listed(asked: Asked) -> Response:
    """All calls of this process, as they are this moment."""
    return asked.show("now/list.html", seen=await asked.parts.floor.going_on(), masked=masked)


@pages.page("/now/rows", Permission.SEE_CALLS)
async def now_rows(asked: Asked) -> Response:
    """The same, again and again."""
    return asked.live(lambda: _rows(asked), EVERY_S)


async def _rows(asked: Asked) -> str:
    return asked.render("now/rows.html", seen=await asked.parts.floor.going_on(), masked=masked)


@pages.page("/now/{sid}", Permission.SEE_CALLS)
async def now_call(asked: Asked) -> Response:
    """One of them; one that is over is on record."""
    sid = asked.path["sid"]
    found = [one for one in await asked.parts.floor.going_on() if one.call_sid == sid]
    if not found:
        return asked.go(f"/console/calls/{sid}")
    return asked.show("now/call.html", seen=found[0], masked=masked, longest=LONGEST_SAID)


@pages.page("/now/{sid}/feed", Permission.SEE_CALLS)
async def now_feed(asked: Asked) -> Response:
    """What goes on in it, as server-sent events of JSON."""
    headers = {"X-Accel-Buffering": "no"}
    return StreamingResponse(_told(asked), headers=headers, media_type="text/event-stream")


async def _told(asked: Asked) -> AsyncIterator[str]:
    loop = asyncio.get_running_loop()
    look_at = loop.time() + LOOK_AGAIN_S
    async with aclosing(asked.parts.feed.watch(asked.path["sid"])) as told:
        async for one in told:
            yield _event(one)
            if asked.closing.event.is_set():
                return
            if loop.time() > look_at:
                look_at = loop.time() + LOOK_AGAIN_S
                if not await asked.still():
                    return


def _event(told: Told) -> str:
    about = json.dumps({"kind": told.kind, "at_s": told.at_s, **told.about}, ensure_ascii=False, default=str)
    return f"data: {about}\n\n"


# ---- what is done in it


@pages.action("/now/{sid}/assist", Permission.ASSIST_CALLS)
async def assisted(asked: Asked) -> Response:
    """Whisper to the assistant, have it say a sentence, hold, go on."""
    form = await asked.form()
    text = form.get("text", "").strip()[:LONGEST_SAID]
    match form.get("action"):
        case "say" | "note" as action if text:
            return await _done(asked, action, text)
        case "hold" | "resume" as action:
            return await _done(asked, action)
        case _:
            return asked.show("now/done.html", done="now.nothing_said", bad=True)


@pages.action("/now/{sid}/take", Permission.TAKE_CALLS)
async def taken(asked: Asked) -> Response:
    """Hand off, or end: with a reason, which stays."""
    form = await asked.form()
    reason = form.get("reason", "").strip()[:200]
    match form.get("action"):
        case "hand_off" | "end" as action if reason:
            return await _done(asked, action, reason=reason)
        case _:
            return asked.show("now/done.html", done="now.no_reason", bad=True)


async def _done(asked: Asked, action: Action, text: str = "", **detail: object) -> Response:
    sid = asked.path["sid"]
    if not asked.parts.floor.ask(sid, SupervisorAsked(action, text)):
        return asked.show("now/done.html", done="now.over", bad=True)
    await asked.audit(AUDITED[action], sid, **detail)
    return asked.show("now/done.html", done=f"now.done_{action}", bad=False)
