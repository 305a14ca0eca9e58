"""The sessions of the running event loop, one for each server: opened when first used, kept, opened again when lost."""

import asyncio
import contextlib
import contextvars
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import structlog

from app.telemetry import metrics
from app.toolkit.mcp.server import Door, Said, ServerGone, ServerRefused, ToolOff, Wish

if TYPE_CHECKING:
    from app.toolkit.mcp.session import Session

AT_ONCE = 32  # uses of one server; more are refused
IDLE_S = 600.0  # a session that nobody used for this long is closed
STEADY_S = 30.0  # a session that lasted this long was a good one
LONGEST_REST_S = 60.0
CLOSE_S = 8.0  # a child process is given 4 s to end before it is killed
_IDLE = "idle"


log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Use:
    """A use of a tool on its way: ``answer`` is for whoever waits; ``sent`` once the server may have it."""

    wish: Wish
    answer: asyncio.Future[Said]
    sent: bool = False

    def mark(self) -> None:
        self.sent = True

    def left(self, task: asyncio.Task[None]) -> None:
        """The task is over, which may never have begun: nobody waits for nothing."""
        self.fail(ServerGone("the session ended", sent=self.sent))

    def fail(self, error: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)


class Link:
    """What leads to one server. One task owns the session: it is opened, used and closed there."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._pins: dict[str, str] = {}
        self._told: set[tuple[str, str]] = set()
        self._waiting: asyncio.Queue[_Use | None] = asyncio.Queue(2 * AT_ONCE)
        self._serving: asyncio.Task[str] | None = None
        self._session: Session | None = None
        self._limit: asyncio.Timeout | None = None
        self._opened_at: float | None = None
        self._failures = 0
        self._rest_until = 0.0
        self._uses = 0
        self._used_at = 0.0
        self._again: asyncio.TimerHandle | None = None
        self._closing = False

    def watch(self, pins: Iterable[tuple[str, str]]) -> None:
        """Compare these tools, too, with what the server lists: (name, hash), as they were allowed last."""
        self._pins.update(pins)

    async def use(self, wish: Wish) -> Said:
        """Have a tool called. Raises ToolOff, ServerGone or ServerRefused; whoever waits sets the limit."""
        loop = asyncio.get_running_loop()
        if self._closing or self._uses >= AT_ONCE or self._waiting.full():
            raise ServerGone("closing" if self._closing else "too many uses at once", resting=True)
        self._used_at = loop.time()
        self._open()
        if self._serving is None:
            raise ServerGone("it failed before", resting=True)
        use = _Use(wish, loop.create_future())
        self._waiting.put_nowait(use)
        self._uses += 1
        try:
            return await use.answer
        finally:
            self._uses -= 1

    async def close(self) -> None:
        """End the session, and the child process with it."""
        self._closing = True
        if self._again is not None:
            self._again.cancel()
        if self._serving is None:
            return
        # Not by cancelling the task: it may be waiting for the child process to end, and would leave it behind.
        if self._session is not None:
            self._session.lose("closed")
        if self._limit is not None:
            with contextlib.suppress(RuntimeError):  # it is over, or on its way out
                self._limit.reschedule(asyncio.get_running_loop().time())
        _, late = await asyncio.wait({self._serving}, timeout=CLOSE_S)
        for task in late:
            task.cancel()

    def _open(self) -> None:
        loop = asyncio.get_running_loop()
        if self._serving is not None or self._closing or loop.time() < self._rest_until:
            return
        # Nothing of the call that happens to be first sticks to the session.
        self._serving = asyncio.create_task(self._serve(), context=contextvars.Context())
        self._serving.add_done_callback(self._ended)

    async def _serve(self) -> str:
        """Open a session and keep it until it is of no use; returns why it is not."""
        from app.toolkit.mcp.session import LIST_S, OPEN_S, session_with

        if self._closing:
            return "closed"
        self._limit = asyncio.timeout(OPEN_S)
        async with session_with(self._door, self._wake, limit=self._limit) as session:
            self._session = session
            self._limit = asyncio.timeout(0 if self._closing else LIST_S)
            async with self._limit:
                await self._compare(session)
            self._opened_at = asyncio.get_running_loop().time()
            log.info("mcp_server_open", server=self._door.server)
            async with asyncio.TaskGroup() as tasks:
                following = tasks.create_task(session.follow())
                await self._hand_out(session, tasks)
                following.cancel()
            return session.lost

    async def _hand_out(self, session: "Session", tasks: asyncio.TaskGroup) -> None:
        """Begin what is asked for, each in a task of its own; until the session is lost."""
        comparing: asyncio.Task[None] | None = None
        begun: set[asyncio.Task[None]] = set()
        while not session.lost:
            use = await self._next(session)
            if use is None:
                if not session.lost and (comparing is None or comparing.done()):
                    comparing = _kept(tasks.create_task(self._compare(session)), begun)
                continue
            task = _kept(tasks.create_task(self._answered(session, use)), begun)
            use.answer.add_done_callback(_stopping(task, session))
            task.add_done_callback(use.left)
        for task in begun:
            task.cancel()

    async def _next(self, session: "Session") -> _Use | None:
        """The next use; None when there is news, or when nobody has come for long."""
        try:
            async with asyncio.timeout(IDLE_S):
                return await self._waiting.get()
        except TimeoutError:
            session.lose(_IDLE)
            return None

    def _wake(self) -> None:
        """There is news of the session: it is looked at when the task that owns it gets to it."""
        if not self._waiting.full():
            self._waiting.put_nowait(None)

    async def _answered(self, session: "Session", use: _Use) -> None:
        """Have one use answered, or refused: somebody waits for it."""
        if use.answer.done():
            return
        try:
            said = await session.call(use.wish, use.mark)
            self._on(use.wish.tool)
            if not use.answer.done():
                use.answer.set_result(said)
        except ToolOff as off:
            self._off(use.wish.tool, off.why)
            metrics.mcp_tools_off.labels(off.why).inc()
            use.fail(off)
        except (ServerGone, ServerRefused) as error:
            use.fail(error)

    async def _compare(self, session: "Session") -> None:
        """Compare every tool that is allowed with what the server lists now."""
        from app.toolkit.mcp.session import standing

        pins = await session.pins()
        for tool, pin in sorted(self._pins.items()):
            why = standing(tool, pin, pins)
            if why:
                self._off(tool, why)
            else:
                self._on(tool)

    def _off(self, tool: str, why: str) -> None:
        """Tell ops, once, that a tool is not what was allowed, and what to do."""
        if (tool, why) in self._told:
            return
        self._told.add((tool, why))
        remedy = f"frontline tools mcp allow {self._door.server} {tool}"
        log.error("mcp_tool_off", server=self._door.server, tool=tool, why=why, next=remedy)

    def _on(self, tool: str) -> None:
        """The tool is as it was allowed: should it change again, that is told again."""
        self._told = {told for told in self._told if told[0] != tool}

    def _ended(self, task: asyncio.Task[str]) -> None:
        """The session is over: let nobody wait for it, and rest the longer the more often it failed."""
        from app.toolkit.mcp.session import reason

        now = asyncio.get_running_loop().time()
        failed = None if task.cancelled() else task.exception()
        why = "closed" if task.cancelled() else reason(failed) if failed else task.result()
        if why == _IDLE or (self._opened_at is not None and now - self._opened_at >= STEADY_S):
            self._failures = 0
        self._serving, self._session, self._limit, self._opened_at = None, None, None, None
        rest_s = min(LONGEST_REST_S, 2.0 ** (self._failures - 1)) if self._failures else 0.0
        if self._closing or rest_s:
            self._refuse_waiting(why)
        if self._closing or (why == _IDLE and self._waiting.empty()):
            return
        self._failures += 1
        self._rest_until = now + rest_s
        log.warning("mcp_server_lost", server=self._door.server, reason=why, rest_s=rest_s)
        if now - self._used_at < IDLE_S:
            self._again = asyncio.get_running_loop().call_later(rest_s, self._open)
        else:
            self._refuse_waiting(why)

    def _refuse_waiting(self, why: str) -> None:
        while not self._waiting.empty():
            use = self._waiting.get_nowait()
            if use is not None:
                use.fail(ServerGone(why))


def _kept(task: asyncio.Task[None], begun: set[asyncio.Task[None]]) -> asyncio.Task[None]:
    begun.add(task)
    task.add_done_callback(begun.discard)
    return task


def _stopping(task: asyncio.Task[None], session: "Session") -> Callable[[asyncio.Future[Said]], None]:
    """What stops a use that nobody waits for any more, and counts that against the session."""

    def stop(answer: asyncio.Future[Said]) -> None:
        if answer.cancelled() and not task.done():
            task.cancel()
            session.slow()

    return stop


_links: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Door, Link]] = WeakKeyDictionary()


def link_to(door: Door) -> Link:
    """What leads to this server, on the running event loop: in a process that answers calls there is one loop."""
    links = _links.setdefault(asyncio.get_running_loop(), {})
    if door not in links:
        links[door] = Link(door)
    return links[door]


async def close_mcp() -> None:
    """End every session with an MCP server, and every child process: for the end of the process."""
    links = _links.pop(asyncio.get_running_loop(), {})
    await asyncio.gather(*(link.close() for link in links.values()))
