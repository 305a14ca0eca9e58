"""The phone in the browser: its page, and what that asks; for people signed in, and for whoever has a link."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from functools import wraps
from typing import Final

from starlette.responses import JSONResponse, Response, StreamingResponse

from app.console.asked import LOOK_AGAIN_S, Asked
from app.console.frame import NONCE, policy
from app.console.guard import Pages
from app.console.permissions import Open, Permission
from app.console.said import said
from app.console.told import told_of
from app.softphone.booth import LINK_LONGEST_H, Booth, Guest
from app.softphone.exchange import Placed
from app.softphone.wishes import Unwanted

BY_LINK: Final = "/phone/link"  # the same addresses, for whoever has a link instead of an account
LARGEST: Final = 4_000  # bytes, of what the page sends
BEARER: Final = "Bearer "

pages = Pages([])
Handler = Callable[[Asked], Awaitable[Response]]


@pages.page("/phone", Permission.TRY_CALLS)
async def phone(asked: Asked) -> Response:
    return asked.show("phone/phone.html")


@pages.page(BY_LINK, Open.LINK)
async def by_link(asked: Asked) -> Response:
    """A page of its own, to be put into others: it has no cookie, and does nothing without the word of a link."""
    response = asked.show("phone/link.html")
    ours = policy(asked.connection.scope.get(NONCE, ""))
    response.headers["Content-Security-Policy"] = ours.replace("frame-ancestors 'none'", "frame-ancestors *")
    return response


def answering(handler: Handler) -> Handler:
    """What cannot be granted is said in words that the page shows."""

    @wraps(handler)
    async def answer(asked: Asked) -> Response:
        try:
            return await handler(asked)
        except Unwanted as problem:
            return JSONResponse({"problem": said(asked.words, "phone", str(problem))}, problem.status)

    return answer


@pages.page("/phone/lines", Permission.TRY_CALLS)
@pages.page(f"{BY_LINK}/lines", Open.LINK)
@answering
async def lines(asked: Asked) -> Response:
    return asked.json(await _booth(asked).offers(_guest(asked)))


@pages.action("/phone/calls", Permission.TRY_CALLS, LARGEST)
@pages.action(f"{BY_LINK}/calls", Open.LINK, LARGEST)
@answering
async def place(asked: Asked) -> Response:
    guest = _guest(asked)
    placed = await _booth(asked).place(guest, await _told(asked))
    by = {"link_by": guest.link.by} if guest.link is not None else {}
    await asked.audit("phone.called", str(placed["call_sid"]), **by)
    return asked.json(placed)


@pages.action("/phone/calls/{call_sid}/next", Permission.TRY_CALLS, LARGEST)
@pages.action(BY_LINK + "/calls/{call_sid}/next", Open.LINK, LARGEST)
@answering
async def next_step(asked: Asked) -> Response:
    return asked.json(await _booth(asked).next(_guest(asked), _call(asked), await _told(asked)))


@pages.action("/phone/calls/{call_sid}/over", Permission.TRY_CALLS, LARGEST)
@pages.action(BY_LINK + "/calls/{call_sid}/over", Open.LINK, LARGEST)
@answering
async def over(asked: Asked) -> Response:
    _booth(asked).exchange.over(_call(asked))
    return asked.json({})


@pages.action("/phone/calls/{call_sid}/text", Permission.TRY_CALLS, LARGEST)
@pages.action(BY_LINK + "/calls/{call_sid}/text", Open.LINK, LARGEST)
@answering
async def write(asked: Asked) -> Response:
    _booth(asked).write(_call(asked), await _told(asked))
    return asked.json({})


@pages.action("/phone/speech", Permission.TRY_CALLS, LARGEST)
@pages.action(f"{BY_LINK}/speech", Open.LINK, LARGEST)
@answering
async def speech(asked: Asked) -> Response:
    sound = await _booth(asked).speak(_guest(asked), await _told(asked))
    return Response(sound, media_type="audio/basic")


@pages.page("/phone/calls/{call_sid}/news", Permission.TRY_CALLS)
@pages.page(BY_LINK + "/calls/{call_sid}/news", Open.LINK)
@answering
async def news(asked: Asked) -> Response:
    """Server-sent events, of this call alone, to who placed it alone."""
    told = _events(asked, _call(asked))
    return StreamingResponse(told, headers={"X-Accel-Buffering": "no"}, media_type="text/event-stream")


@pages.action("/phone/links", Permission.EDIT_LINES, LARGEST)
@answering
async def make_link(asked: Asked) -> Response:
    told = await _told(asked)
    hours = told.get("hours") if isinstance(told, dict) else None
    lasts = float(min(hours, LINK_LONGEST_H + 1)) if isinstance(hours, int | float) else 0.0
    word = _booth(asked).make_link(asked.who.name, told, lasts)
    await asked.audit("phone.link_made", str(told.get("line", "")) if isinstance(told, dict) else "", hours=lasts)
    return asked.json({"path": f"/console{BY_LINK}#{word}"})


async def _events(asked: Asked, call: Placed) -> AsyncIterator[str]:
    """Until who was signed in is so no longer; a link that was good when the call began is good to its end."""
    look_again = asyncio.get_running_loop().time() + LOOK_AGAIN_S
    yield ": here\n\n"
    async with aclosing(_booth(asked).news(call)) as news:
        async for one in news:
            yield f"data: {json.dumps(told_of(asked.words, one))}\n\n" if one else ": still here\n\n"
            now = asyncio.get_running_loop().time()
            if asked.closing.event.is_set() or (now > look_again and not await asked.still()):
                return
            look_again = now + LOOK_AGAIN_S if now > look_again else look_again


def _booth(asked: Asked) -> Booth:
    return asked.parts.booth


def _is_by_link(asked: Asked) -> bool:
    return asked.connection.url.path.startswith(f"/console{BY_LINK}/")


def _guest(asked: Asked) -> Guest:
    """Who asks. Where a link is asked for, nothing else will do. Raises Unwanted."""
    if not _is_by_link(asked):
        return Guest(f"account {asked.who.account.id}")
    given = asked.connection.headers.get("authorization", "")
    return _booth(asked).of_link(given.removeprefix(BEARER) if given.startswith(BEARER) else "")


def _call(asked: Asked) -> Placed:
    """The call of the address, for who has placed it. Raises Unwanted."""
    key = asked.connection.headers.get("x-phone-key", "")
    return _booth(asked).exchange.of_key(key, asked.path["call_sid"], _guest(asked).by)


async def _told(asked: Asked) -> object:
    try:
        return await asked.request.json()
    except (ValueError, RecursionError):  # no JSON, no text at all, or a nest
        raise Unwanted("Send JSON.") from None
