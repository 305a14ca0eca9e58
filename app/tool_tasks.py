"""The tools that run for one call, each in a task of its own."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial

import structlog

from app.call.commands import RunTool
from app.call.events import ToolReturned
from app.ports import Feed, Tools

log = structlog.get_logger(__name__)

Spawn = Callable[[Coroutine[object, object, None]], asyncio.Task[None]]
_RUNNING: set[asyncio.Task[None]] = set()  # a task that nothing refers to may vanish before its end


class ToolTasks:
    """Starts tools and feeds what they return; a fault of ours goes to ``fault``."""

    def __init__(
        self, tools: Tools, feed: Feed, fault: Callable[[Exception], None], clock: Callable[[], float], spawn: Spawn
    ) -> None:
        self._tools = tools
        self._feed = feed
        self._fault = fault
        self._clock = clock
        self._spawn = spawn
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._over = False

    def __len__(self) -> int:
        return len(self._tasks)

    def run(self, command: RunTool) -> None:
        # Not of the call's group, which would wait for ever for a tool that does not let itself be cancelled.
        task = self._spawn(self._use(command))
        task.set_name(command.name)
        self._tasks[command.id] = task
        _RUNNING.add(task)
        task.add_done_callback(partial(self._done, command.id))

    def cancel(self, id: str) -> None:
        task = self._tasks.get(id)
        if task is not None:
            task.cancel()

    async def end(self, within_s: float) -> None:
        """Stop the tools; one that has not stopped ``within_s`` seconds is let go."""
        self._over = True
        tasks = list(self._tasks.values())
        for task in tasks:
            if not task.cancelling():  # asked once already, it may be putting its things in order
                task.cancel()
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=within_s)
        for task in late:
            log.error("tool does not stop", tool=task.get_name(), next="let the tool end when it is cancelled")

    async def _use(self, command: RunTool) -> None:
        started_at = self._clock()
        end = await self._tools.run(command)
        took_ms = round((self._clock() - started_at) * 1000)
        self._tasks.pop(command.id, None)
        if not self._over:
            told = (end.response, end.status, took_ms, end.level, end.effect, end.key, end.flags)
            self._feed(ToolReturned(command.id, *told, customer=end.customer, phone=end.phone))

    def _done(self, id: str, task: asyncio.Task[None]) -> None:
        _RUNNING.discard(task)
        self._tasks.pop(id, None)
        fault = None if task.cancelled() else task.exception()
        if isinstance(fault, Exception):
            self._fault(fault)
