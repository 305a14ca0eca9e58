"""Gathers what ended calls leave in circles, a few calls' at a time: left to itself Python lets some megabytes pile up.

A look through all objects takes tens of milliseconds with many calls going on, in which none of them is served: so it
is taken when there is something to gather, not by the clock, and goes past what lives when nobody calls.
"""

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable
from typing import Protocol

from app.telemetry import heap, metrics

EVERY_S = 5.0  # a look at whether it is time
ENDED = 10  # calls whose leavings are gathered together: more, and their room would be taken anew elsewhere
AT_MOST = 12  # looks until it is time all the same: consoles and tools leave a little, too
YOUNG = 10_000  # objects before Python looks through the young ones: what 25 calls at work leave in a second
NEVER = 1_000_000  # generations of young objects before Python looks through all of them by itself


class Calls(Protocol):
    """Those going on, and how many have ended since the start."""

    ended: int

    def __len__(self) -> int: ...


async def gather_garbage(
    calls: Calls,
    every_s: float = EVERY_S,
    clock: Callable[[], float] = time.perf_counter,
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    give_back: Callable[[], None] = heap.give_back,
) -> None:
    """Gather until cancelled, and give the room back; what lived when the app was ready is frozen and stays.

    What was made for the first calls and is there when they are over, of libraries most, is frozen as well.
    """
    _, middle, _ = before = gc.get_threshold()
    gc.set_threshold(YOUNG, middle, NEVER)
    gathered, looks, settled = 0, 0, False
    try:
        while True:
            await pause(every_s)
            looks += 1
            settles = not settled and not len(calls) and calls.ended > 0
            if calls.ended - gathered < ENDED and looks < AT_MOST and not settles:
                continue
            gathered, looks = calls.ended, 0
            began = clock()
            gc.collect()
            if settles:
                gc.freeze()
                settled = True
            metrics.garbage_s.observe(clock() - began)
            await asyncio.to_thread(give_back)
    finally:
        gc.set_threshold(*before)
