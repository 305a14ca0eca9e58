"""One session with an MCP server: what it offers is looked at before anything of it is called."""

import asyncio
import logging
import subprocess
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TextIO, cast

import mcp_types as types
from mcp.client import Client, ClientSession, IncomingMessage, Transport
from mcp.client.session import MessageHandlerFnT
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.client.subscriptions import listen
from mcp.shared.exceptions import MCPError
from pydantic import TypeAdapter

from app.toolkit.http.hosts import target_of
from app.toolkit.mcp.guarded import Guarded, guarded_client
from app.toolkit.mcp.server import Door, Offered, Said, ServerGone, ServerRefused, ServerUnfit, ToolOff, Wish
from app.toolkit.mcp.watched import watched

OPEN_S = 20.0  # an old server that does not know what it is asked first is waited for 10 s by the library
LIST_S = 10.0
REQUEST_S = 60.0  # nobody waits longer
FRESH_S = 60.0  # news that get lost cost no more than this; before a write the list is fetched in any case
MOST_PAGES = 50
MOST_TOOLS = 1_000
MOST_GARBAGE = 100  # messages that are none
FAILURES = 3  # in a row: then another session is tried
TWICE = "twice"
_ENDED = "the connection ended"

_RESULT: TypeAdapter[types.CallToolResult | types.InputRequiredResult] = TypeAdapter(
    types.CallToolResult | types.InputRequiredResult
)
_GONE = frozenset({types.CONNECTION_CLOSED, types.REQUEST_TIMEOUT})

# The library logs messages that it cannot read with what is in them: words of callers.
for _name in ("mcp", "client"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)


class Session:
    """What may be asked of the server. ``news`` is called when its list may have changed, or when it is of no use."""

    def __init__(self, session: ClientSession, news: Callable[[], None], guard: Guarded | None = None) -> None:
        self.lost = ""
        self._session = session
        self._news = news
        self._guard = guard
        self._pins: dict[str, str] = {}
        self._listed_at = -FRESH_S
        self._stale = True
        self._listing = asyncio.Lock()
        self._failures = 0
        self._garbage = 0

    async def heard(self, message: IncomingMessage) -> None:
        """Take a notification of the server, or what it sent that is none."""
        if isinstance(message, types.ToolListChangedNotification):
            self.changed()
        elif isinstance(message, Exception):
            self._garbage += 1
            if self._garbage > MOST_GARBAGE:
                self.lose("garbage")

    def changed(self) -> None:
        """The list is not to be relied on any more."""
        if not self._stale:
            self._stale = True
            self._news()

    def lose(self, reason: str) -> None:
        """Another session has to take this one's place."""
        if not self.lost:
            self.lost = reason
            self._news()

    async def follow(self) -> None:
        """Be told of changes, where the server has to be asked for that; until the session ends."""
        capabilities = self._session.server_capabilities
        if self._session.discover_result is None or not (capabilities and capabilities.tools):
            return
        try:
            async with listen(self._session, tools_list_changed=True) as news:
                async for _ in news:
                    self.changed()
        except (MCPError, RuntimeError, TimeoutError):
            pass  # it is looked at again and again all the same
        self.changed()

    async def offered(self) -> tuple[Offered, ...]:
        """Everything that the server offers, page by page. Raises ServerUnfit for more than any server has."""
        found: list[Offered] = []
        cursor: str | None = None
        async with asyncio.timeout(LIST_S):
            for _ in range(MOST_PAGES):
                params = None if cursor is None else types.PaginatedRequestParams(cursor=cursor)
                page = await self._session.list_tools(params=params)
                found += map(_offered, page.tools)
                cursor = page.next_cursor
                if len(found) > MOST_TOOLS:
                    break
                if not cursor:
                    return tuple(found)
        raise ServerUnfit(f"it lists more than {MOST_TOOLS} tools, or more than {MOST_PAGES} pages")

    async def pins(self, within_s: float = FRESH_S) -> dict[str, str]:
        """The hash of every tool, as the server offers it on this very session, not longer ago than ``within_s``."""
        async with self._listing:
            for _ in range(3):
                if not self._stale and time.monotonic() - self._listed_at < within_s:
                    return self._pins
                self._stale, asked_at = False, time.monotonic()
                found = await self.offered()
                times = Counter(one.name for one in found)
                self._pins = {one.name: one.pin if times[one.name] == 1 else TWICE for one in found}
                self._listed_at = asked_at
                within_s = FRESH_S
            if self._stale:
                raise ServerUnfit("its list changes while it is fetched")
            return self._pins

    async def call(self, wish: Wish, sent: Callable[[], None]) -> Said:
        """Call a tool that is as it was when it was allowed; ``sent`` is called right before.

        Raises ToolOff, ServerGone or ServerRefused.
        """
        why = standing(wish.tool, wish.pin, await self._checked(wish))
        if why:
            raise ToolOff(why)
        sent()
        try:
            result = await self._session.send_request(
                types.CallToolRequest(
                    params=types.CallToolRequestParams(name=wish.tool, arguments=dict(wish.arguments))
                ),
                _RESULT,
                request_read_timeout_seconds=REQUEST_S,
            )
        except MCPError as error:
            raise self._failed(error, sent=True) from error
        except (ValueError, RuntimeError) as error:
            raise ServerGone("an answer that is none", sent=True) from error
        self._failures = 0
        if isinstance(result, types.InputRequiredResult):
            raise ServerRefused(types.URL_ELICITATION_REQUIRED)
        return _said(result)

    async def _checked(self, wish: Wish) -> dict[str, str]:
        try:
            return await self.pins(0.0 if wish.write else FRESH_S)
        except MCPError as error:
            raise self._failed(error, sent=False) from error
        except (ValueError, RuntimeError, TimeoutError) as error:
            self.lose("no list of tools")
            raise ServerGone("no list of tools") from error

    def slow(self) -> None:
        """Somebody has given up waiting for an answer."""
        self._failures += 1
        if self._failures >= FAILURES:
            self.lose("no answers")

    def _failed(self, error: MCPError, *, sent: bool) -> ServerGone | ServerRefused:
        """What an error of the protocol means: that the session is over, or that this was refused."""
        trouble = self._guard.trouble if self._guard else ""
        if error.code in _GONE or "session terminated" in error.message.lower():
            self.lose(_ENDED)
            return ServerGone(_ENDED, sent=sent)
        if trouble or error.code == types.INTERNAL_ERROR:
            self.slow()
            return ServerGone(trouble or "it failed", sent=sent)
        self._failures = 0
        return ServerRefused(error.code)


def standing(tool: str, pin: str, pins: dict[str, str]) -> str:
    """Why a tool is off: gone, twice or changed; empty where it is as it was when it was allowed."""
    now = pins.get(tool)
    if now is None:
        return "gone"
    return "" if now == pin else TWICE if now == TWICE else "changed"


def _offered(tool: types.Tool) -> Offered:
    reads_only = bool(tool.annotations and tool.annotations.read_only_hint)
    return Offered(tool.name, tool.description or "", tool.input_schema, reads_only)


def _said(result: types.CallToolResult) -> Said:
    texts = tuple(block.text for block in result.content if isinstance(block, types.TextContent))
    left_out = tuple(block.type for block in result.content if not isinstance(block, types.TextContent))
    return Said(texts, cast(object, result.structured_content), left_out, result.is_error)


@asynccontextmanager
async def session_with(
    door: Door, news: Callable[[], None], stderr: TextIO | None = None, limit: asyncio.Timeout | None = None
) -> AsyncIterator[Session]:
    """A session, for as long as the block lasts. No sampling, no roots, no elicitation: all three are refused.

    ``limit`` is that of opening it: whoever wants to end that early, reschedules it. (A task that is cancelled while it
    waits for a child process to end would leave it behind.)
    Raises ServerUnfit with the reason where the guard has one, or what the library raises.
    """
    heard: list[Session] = []
    guards: list[Guarded] = []

    async def hear(message: IncomingMessage) -> None:
        for session in heard:
            await session.heard(message)

    def end() -> None:
        for session in heard:
            session.lose(_ENDED)

    async with AsyncExitStack() as stack:
        try:
            async with limit or asyncio.timeout(OPEN_S):
                transport = watched(await _transport(door, stack, guards, stderr), end)
                client = await stack.enter_async_context(_client(cast(Transport, transport), hear))
        except (MCPError, OSError, RuntimeError, ValueError, ExceptionGroup) as error:
            trouble = next((guard.trouble for guard in guards if guard.trouble), "")
            raise ServerUnfit(trouble or reason(error)) from error
        heard.append(Session(client.session, news, next(iter(guards), None)))
        yield heard[0]


def _client(transport: Transport, hear: Callable[[IncomingMessage], Awaitable[None]]) -> Client:
    return Client(
        transport,
        cache=None,
        read_timeout_seconds=LIST_S,
        message_handler=cast(MessageHandlerFnT, hear),
        client_info=types.Implementation(name="Frontline", version="1"),
    )


async def _transport(door: Door, stack: AsyncExitStack, guards: list[Guarded], stderr: TextIO | None) -> Transport:
    if door.command:
        # What a child writes to stderr may be callers' words: it goes nowhere, but for a person who looks.
        nowhere = stderr or cast(TextIO, subprocess.DEVNULL)
        command, *args = door.command
        parameters = StdioServerParameters(command=command, args=args, env=dict(door.env))
        return cast(Transport, stdio_client(parameters, nowhere))
    target, path = target_of(door.url)
    client, guard = await guarded_client(target, door.hosts, door.resolve, door.headers)
    guards.append(guard)
    await stack.enter_async_context(client)
    return cast(Transport, streamable_http_client(f"https://{target}{path}", http_client=client))


async def offered_by(door: Door, stderr: TextIO | None = None) -> tuple[Offered, ...]:
    """All that a server offers, by a session of its own. Raises ServerUnfit with the reason."""

    async def look() -> tuple[Offered, ...]:
        async with session_with(door, lambda: None, stderr) as session:
            return await session.offered()

    # Sessions end in groups of whatever went wrong.
    [outcome] = await asyncio.gather(look(), return_exceptions=True)
    if isinstance(outcome, tuple):
        return outcome
    raise ServerUnfit(reason(outcome))


def reason(error: BaseException) -> str:
    """Why, for ops: our own words, or the kind of what was raised. A server's words stay out."""
    if isinstance(error, BaseExceptionGroup):
        return reason(error.exceptions[0])
    if isinstance(error, ServerUnfit):
        return str(error)
    if isinstance(error, MCPError):
        return f"error {error.code}"
    if isinstance(error, FileNotFoundError):
        return "there is no such command"
    return "it took too long" if isinstance(error, TimeoutError) else type(error).__name__
