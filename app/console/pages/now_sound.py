"""The sound of a call going on: listened to, and a person's own voice in the place of the assistant's."""

import asyncio
from collections.abc import Coroutine
from contextlib import aclosing, suppress
from typing import Final

from starlette.websockets import WebSocket, WebSocketDisconnect

from app.call.events import SupervisorAsked
from app.console.asked import Asked
from app.console.guard import Pages
from app.console.pages.now_passed import GONE, NO_LONGER, OVER, sound_passed_on
from app.console.permissions import Permission
from app.ear import listen

LONGEST_REASON: Final = 200

pages = Pages([])


@pages.socket("/now/{sid}/listen", Permission.HEAR_CALLS)
async def listened(asked: Asked, ws: WebSocket) -> None:
    """Both sides of the call: µ-law, 8 kHz, a byte of either in turn."""
    sid = asked.path["sid"]
    if await sound_passed_on(asked, ws, "listen"):
        return
    if not await _here(asked, ws, "call.listened"):
        return
    if not asked.parts.floor.ask(sid, SupervisorAsked("listen")):
        await ws.close(GONE, "the call is over")
        return
    await _until_first(ws, asked.ended(), _sound(asked, ws), _left(ws))


@pages.socket("/now/{sid}/talk", Permission.TAKE_CALLS)
async def talked(asked: Asked, ws: WebSocket) -> None:
    """Take the call over: what is sent (24 kHz, 16 bits) is heard by the caller, until the socket closes."""
    sid, floor = asked.path["sid"], asked.parts.floor
    if await sound_passed_on(asked, ws, "talk"):
        return
    if not await _here(asked, ws, "call.taken_over", reason=asked.query.get("reason", "")[:LONGEST_REASON]):
        return
    if not floor.ask(sid, SupervisorAsked("take_over")):
        await ws.close(GONE, "the call is over")
        return
    try:
        await _until_first(ws, asked.ended(), _sound(asked, ws), _speech(asked, ws))
    finally:
        floor.ask(sid, SupervisorAsked("resume"))
        await asked.audit("call.given_back", sid)


async def _here(asked: Asked, ws: WebSocket, action: str, **detail: object) -> bool:
    """Whether the call goes on here. Then what is begun is on record first: nobody is heard without that."""
    await ws.accept()
    if asked.parts.switchboard.find(asked.path["sid"]) is None:
        await ws.close(GONE, "the call is over")
        return False
    await asked.audit(action, asked.path["sid"], **detail)
    return True


async def _until_first(ws: WebSocket, ended: Coroutine[None, None, None], *works: Coroutine[None, None, None]) -> None:
    """Do all of it until the first is done; then the socket closes, and says so where it may not go on."""
    async with asyncio.TaskGroup() as group:
        ending, *others = (group.create_task(work) for work in (ended, *works))
        for task in (ending, *others):
            task.add_done_callback(lambda done: [one.cancel() for one in (ending, *others) if one is not done])
    with suppress(WebSocketDisconnect, RuntimeError):
        await ws.close(*((OVER, "") if ending.cancelled() else (NO_LONGER, "not permitted any more")))


async def _sound(asked: Asked, ws: WebSocket) -> None:
    with suppress(WebSocketDisconnect, RuntimeError):
        async with aclosing(listen(asked.parts.switchboard.find, asked.path["sid"])) as heard:
            async for part in heard:
                await ws.send_bytes(part)


async def _speech(asked: Asked, ws: WebSocket) -> None:
    with suppress(WebSocketDisconnect, RuntimeError, KeyError):
        while True:
            asked.parts.floor.speak(asked.path["sid"], await ws.receive_bytes())


async def _left(ws: WebSocket) -> None:
    """Wait until whoever listens goes."""
    while (await ws.receive())["type"] != "websocket.disconnect":
        pass
