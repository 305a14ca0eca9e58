"""Waits for a deadline that keeps moving, mostly away: no task is woken before the one that stands has come."""

import asyncio
import time
from collections.abc import Callable

NEVER_S = 3600.0


class Alarm:
    """Rings when the clock comes to ``deadline()``, which is None for never, and must be told when that has moved."""

    def __init__(self, deadline: Callable[[], float | None], clock: Callable[[], float] = time.monotonic) -> None:
        self._deadline, self._clock = deadline, clock
        self._set_to = float("-inf")  # the clock's time of the next look
        self._timer: asyncio.TimerHandle | None = None
        self._due = asyncio.Event()

    async def run(self, ring: Callable[[], None]) -> None:
        """Call ``ring`` whenever the deadline has come, until cancelled, or until that raises."""
        try:
            while True:
                self._set()
                await self._due.wait()
                self._due.clear()
                ring()
        finally:
            self._off()

    def moved(self, deadline: float | None) -> None:
        """This is the deadline now. Told after every frame of sound: one that is later costs nothing."""
        if deadline is not None and deadline < self._set_to:
            self._set()

    def _set(self) -> None:
        self._off()
        deadline, now = self._deadline(), self._clock()
        wait_s = NEVER_S if deadline is None else max(0.0, deadline - now)
        self._set_to = now + wait_s
        self._timer = asyncio.get_running_loop().call_later(wait_s, self._look)

    def _look(self) -> None:
        deadline = self._deadline()
        if deadline is None or deadline > self._clock():
            self._set()
            return
        self._off()
        self._due.set()

    def _off(self) -> None:
        self._set_to = float("-inf")
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
