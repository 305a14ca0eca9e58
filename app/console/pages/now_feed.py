"""What goes on in a call, as server-sent events: from whichever process has it, and from the next when it moves."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, suppress
from typing import Final

from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import Response, StreamingResponse

from app.console.asked import LOOK_AGAIN_S, Asked
from app.console.guard import Pages
from app.console.pages.now_passed import elsewhere, path_of, visitor_of
from app.console.permissions import Permission
from app.siblings.reach import NotReached, Refused
from app.siblings.visitor import PASSED_ON
from app.store import calls
from app.store.processes import Sibling

END: Final = "end"  # the last of a call's news; with no disposition where the call only left its process
AWAY: Final = "away"  # it was going on, and no process has it now: it may come back in another
LOOK_EVERY_S: Final = 0.7
BACK_WITHIN_S: Final = 45.0  # after it a call is given up whose callers did not come back (``app.store.sweeper``)

News = Mapping[str, object]

pages = Pages([])


@pages.page("/now/{sid}/feed", Permission.SEE_CALLS)
async def now_feed(asked: Asked) -> Response:
    """What goes on in it, as server-sent events of JSON."""
    headers = {"X-Accel-Buffering": "no"}
    return StreamingResponse(_events(asked), headers=headers, media_type="text/event-stream")


async def _events(asked: Asked) -> AsyncIterator[str]:
    news = _here(asked) if PASSED_ON in asked.connection.headers else _followed(asked)
    async with aclosing(news) as told:
        async for one in told:
            yield f"data: {json.dumps(one, ensure_ascii=False, default=str)}\n\n"


async def _followed(asked: Asked) -> AsyncGenerator[News, None]:
    """The call's news until it is over, wherever it goes on."""
    clock = asyncio.get_running_loop().time
    seen_at = clock()
    while True:
        async with aclosing(await _where_it_is(asked)) as news:
            async for one in news:
                if _leaves(one):
                    break
                seen_at = clock()
                yield one
                if one.get("kind") == END:
                    return
        if asked.closing.event.is_set() or not await asked.still():
            return
        if clock() - seen_at > BACK_WITHIN_S or await _over(asked):
            yield {"kind": END, "at_s": 0.0, "disposition": "", "ended_by": ""}
            return
        yield {"kind": AWAY, "at_s": 0.0}
        if await asked.closing.within(LOOK_EVERY_S):
            return


def _leaves(one: News) -> bool:
    """Whether it goes on, but not there any more: as far as is known."""
    return one.get("kind") == END and not one.get("disposition")


async def _where_it_is(asked: Asked) -> AsyncGenerator[News, None]:
    found = await elsewhere(asked)
    return _here(asked) if found is None else _there(asked, found[0])


async def _over(asked: Asked) -> bool:
    """Whether its end is on record. Where that cannot be read, it is not known to be."""
    try:
        row = await calls.call(asked.parts.database, asked.path["sid"])
    except (SQLAlchemyError, OSError):
        return False
    return row is None or row.end is not None


async def _here(asked: Asked) -> AsyncGenerator[News, None]:
    loop = asyncio.get_running_loop()
    look_at = loop.time() + LOOK_AGAIN_S
    async with aclosing(asked.parts.feed.watch(asked.path["sid"])) as told:
        async for one in told:
            yield {"kind": one.kind, "at_s": one.at_s, **one.about}
            if asked.closing.event.is_set():
                return
            if loop.time() > look_at:
                look_at = loop.time() + LOOK_AGAIN_S
                if not await asked.still():
                    return


async def _there(asked: Asked, sibling: Sibling) -> AsyncGenerator[News, None]:
    """The same from another process. It looks itself whether who asked may have it still; where it goes, it ends."""
    siblings, visitor = asked.parts.others.siblings, visitor_of(asked.connection, asked.origins)
    with suppress(NotReached, Refused):
        async with aclosing(siblings.lines(sibling, path_of(asked, "feed"), visitor)) as lines:
            async for line in lines:
                if (one := _read(line)) is not None:
                    yield one
                if asked.closing.event.is_set():
                    return


def _read(line: bytes) -> News | None:
    """One event; None for what is none."""
    if not line.startswith(b"data: "):
        return None
    try:
        told = json.loads(line.removeprefix(b"data: "))
    except ValueError:
        return None
    return told if isinstance(told, dict) else None
