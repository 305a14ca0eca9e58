"""What is looked up about a caller before the call is answered: in a moment, or not at all."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine, Mapping

import structlog

from app.call.commands import RunTool
from app.lines.published import Published
from app.toolkit import Caller
from app.toolkit.runner import ToolRunner

WITHIN_S = 0.3
MOST_KEPT = 2_000  # callers whose facts wait for their stream
ENVELOPE = ("status", "retryable", "message")  # of a tool's answer; the rest is facts

Facts = Mapping[str, object]
Spawn = Callable[[Coroutine[object, object, Facts]], "asyncio.Task[Facts]"]

log = structlog.get_logger(__name__)


async def look_up(published: Published, call_sid: str, caller: str) -> Facts:
    """What the line's look-up finds within ``WITHIN_S``; nothing if it fails or takes longer."""
    name = published.line.look_up
    if name is None or name not in published.tools:
        return {}
    who = Caller(caller, call_sid, published.line.name, published.line.languages[0], version=published.version)
    try:
        async with asyncio.timeout(WITHIN_S):
            end = await ToolRunner(published.tools, who).run(RunTool(f"facts-{call_sid}", name))
    except TimeoutError:
        log.warning("look-up too slow", tool=name, limit_s=WITHIN_S, next="make it quicker, or take it out of [facts]")
        return {}
    if end.status != "ok":
        return {}
    return {key: value for key, value in end.response.items() if key not in ENVELOPE}


class LookUps:
    """Look-ups begun when the phone rings, for the stream that follows."""

    def __init__(self, spawn: Spawn, find: Callable[[Published, str, str], Awaitable[Facts]] = look_up) -> None:
        self._spawn = spawn
        self._find = find
        self._begun: OrderedDict[str, asyncio.Task[Facts]] = OrderedDict()

    def begin(self, published: Published, call_sid: str, caller: str) -> None:
        """The phone rings."""
        if published.line.look_up is None or call_sid in self._begun:
            return
        self._begun[call_sid] = self._spawn(self._found(published, call_sid, caller))
        while len(self._begun) > MOST_KEPT:
            self._begun.popitem(last=False)

    async def of(self, published: Published, call_sid: str, caller: str) -> Facts:
        """The stream is there: what was found, or is found in what is left of the time."""
        begun = self._begun.pop(call_sid, None)
        if begun is not None:
            return await begun
        return await self._found(published, call_sid, caller)

    async def _found(self, published: Published, call_sid: str, caller: str) -> Facts:
        return await self._find(published, call_sid, caller)
