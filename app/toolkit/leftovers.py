"""Tools that go on when nobody waits for them any more: held here, watched, and of a bounded number."""

import asyncio

import structlog

MOST_LEFTOVERS = 50  # of the whole process: above it no other tool is begun
LATE_S = 0.25  # a tool that stops within this did as it was told
WRITE_ON_S = 30.0  # a write is not stopped in the middle, but this long after its time nobody believes in it any more

log = structlog.get_logger(__name__)

_leftovers: set[asyncio.Task[object]] = set()  # nobody else holds them


def too_many() -> bool:
    """Whether so many tools hang that no other is begun."""
    return len(_leftovers) >= MOST_LEFTOVERS


def stop(task: asyncio.Task[object], name: str) -> None:
    """Tell a tool to stop, and wait for it where nobody else has to."""
    task.cancel()
    _leave(task, name)


def let_end(task: asyncio.Task[object], name: str, within_s: float) -> None:
    """Let a write come to its end, which may take ``within_s``; then it is told to stop."""
    if task in _leftovers or task.done():
        return
    stopping = asyncio.get_running_loop().call_later(within_s, task.cancel)
    task.add_done_callback(lambda _: stopping.cancel())
    _leave(task, name)


async def writes_ended(within_s: float) -> bool:
    """Wait for what goes on, before the process ends; whether all of it did."""
    if not _leftovers:
        return True
    _, late = await asyncio.wait(set(_leftovers), timeout=within_s)
    return not late


def _leave(task: asyncio.Task[object], name: str) -> None:
    _leftovers.add(task)
    loop = asyncio.get_running_loop()
    left_at = loop.time()

    def reap(task: asyncio.Task[object]) -> None:
        _leftovers.discard(task)
        failed = None if task.cancelled() else task.exception()
        late_s = round(loop.time() - left_at, 3)
        if failed is not None or late_s >= LATE_S:
            log.warning("tool_ended_late", tool=name, late_s=late_s, error=type(failed).__name__ if failed else "")

    task.add_done_callback(reap)
