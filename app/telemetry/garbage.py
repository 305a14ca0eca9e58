"""Gathers what ended calls leave in circles, at a steady pace: left to itself Python lets some megabytes pile up."""

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable

from app.telemetry import heap, metrics

EVERY_S = 5.0  # with what ten calls leave: their room would be taken anew elsewhere
YOUNG = 10_000  # objects before Python looks through the young ones: what 25 calls at work leave in a second
NEVER = 1_000_000  # generations of young objects before Python looks through all of them by itself


async def gather_garbage(
    every_s: float = EVERY_S,
    clock: Callable[[], float] = time.perf_counter,
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    give_back: Callable[[], None] = heap.give_back,
) -> None:
    """Gather until cancelled, and give the room back; what lived when the app was ready is frozen and stays."""
    _, middle, _ = before = gc.get_threshold()
    gc.set_threshold(YOUNG, middle, NEVER)
    try:
        while True:
            await pause(every_s)
            began = clock()
            gc.collect()
            metrics.garbage_s.observe(clock() - began)
            await asyncio.to_thread(give_back)
    finally:
        gc.set_threshold(*before)
