"""What is asked of a call that another process has: passed on there, where it is looked at again who may what."""

import asyncio
from contextlib import suppress
from typing import Final
from urllib.parse import quote

from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.websockets import WebSocket, WebSocketDisconnect
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from app.console.asked import Asked
from app.console.going_on import GoingOn
from app.console.origins import Origins
from app.siblings.reach import NotReached
from app.siblings.visitor import ALONG, PASSED_ON, Visitor
from app.store.processes import Sibling

GONE: Final = 4404  # close code of a socket whose call does not go on here
NO_LONGER: Final = 4403  # of one whose person is signed out by now, or may no longer
OVER: Final = 1000
LONGEST_WHY: Final = 120  # bytes of the reason of a close


def visitor_of(connection: HTTPConnection, origins: Origins) -> Visitor:
    """Who asks, as they are passed on."""
    scheme, host = connection.url.scheme, connection.headers.get("host", "")
    name = origins.cookie(scheme, host)
    along = {header: connection.headers[header] for header in ALONG if header in connection.headers}
    return Visitor(host, scheme in ("https", "wss"), f"{name}={connection.cookies.get(name, '')}", along)


async def elsewhere(asked: Asked) -> tuple[Sibling, GoingOn] | None:
    """The other process that has the call; None where that is this one or none, and for what was passed on already."""
    sid = asked.path["sid"]
    if PASSED_ON in asked.connection.headers or asked.parts.switchboard.find(sid) is not None:
        return None
    return await asked.parts.others.whose(sid, visitor_of(asked.connection, asked.origins))


def path_of(asked: Asked, what: str) -> str:
    """The address of something about the call, in any process."""
    query = asked.connection.url.query
    return f"/console/now/{quote(asked.path['sid'], safe='')}/{what}" + (f"?{query}" if query else "")


async def passed_on(asked: Asked, what: str) -> Response | None:
    """The answer of the process that has the call; None where it is for this one to answer."""
    found = await elsewhere(asked)
    if found is None:
        return None
    body = await asked.request.body()
    try:
        visitor = visitor_of(asked.connection, asked.origins)
        answer = await asked.parts.others.siblings.ask(found[0], path_of(asked, what), visitor, body=body)
    except NotReached:
        return asked.show("now/done.html", done="now.not_reached", bad=True)
    return Response(answer.body, answer.status, media_type=answer.kind)


# ---- sound


async def sound_passed_on(asked: Asked, ws: WebSocket, what: str) -> bool:
    """Lead a socket through to the process that has the call, until either goes; False where that is not another."""
    found = await elsewhere(asked)
    if found is None:
        return False
    await ws.accept()
    visitor = visitor_of(asked.connection, asked.origins)
    try:
        async with asked.parts.others.siblings.socket(found[0], path_of(asked, what), visitor) as there:
            code, why = await _led_through(asked, ws, there)
    except NotReached:
        code, why = GONE, "the process of the call did not answer"
    with suppress(WebSocketDisconnect, RuntimeError):
        await ws.close(code, why)
    return True


async def _led_through(asked: Asked, ws: WebSocket, there: ClientConnection) -> tuple[int, str]:
    """Both ways, neither ahead of who takes it; how it is to be closed."""
    works = (asked.ended(), _down(there, ws), _up(ws, there))
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(work) for work in works]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        ended = tasks[0].done()
        for task in tasks:
            task.cancel()
    if ended:
        return NO_LONGER, "not permitted any more"
    code, why = there.close_code, there.close_reason or ""
    # Of a connection that broke there is no code that may be sent: https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1
    ours = code == OVER or (code is not None and 4000 <= code < 5000)
    return (code or OVER, why[:LONGEST_WHY]) if ours else (GONE, "the process of the call is gone")


async def _down(there: ClientConnection, ws: WebSocket) -> None:
    with suppress(WebSocketDisconnect, RuntimeError, ConnectionClosed):
        while True:
            part = await there.recv(decode=False)
            await ws.send_bytes(part)


async def _up(ws: WebSocket, there: ClientConnection) -> None:
    with suppress(WebSocketDisconnect, RuntimeError, ConnectionClosed):
        while (message := await ws.receive())["type"] != "websocket.disconnect":
            if message.get("bytes"):
                await there.send(message["bytes"])
