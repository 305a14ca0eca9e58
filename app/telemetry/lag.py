"""How late the event loop is: the first sign of a process with too much to do."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import structlog

from app.telemetry import metrics

LATE_S = 0.25  # a caller would hear this

log = structlog.get_logger(__name__)


async def watch_lag(
    every_s: float = 0.5,
    clock: Callable[[], float] = time.monotonic,
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Measure, until cancelled, by how much a timer is woken too late."""
    while True:
        due = clock() + every_s
        await pause(every_s)
        late_s = max(0.0, clock() - due)
        metrics.loop_lag_s.observe(late_s)
        metrics.tasks_now.set(len(asyncio.all_tasks()))
        if late_s > LATE_S:
            log.warning("event loop was late", late_ms=round(late_s * 1000))
