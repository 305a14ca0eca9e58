"""A thread beside the event loop that sees when it stands still, says where, and whether that is too often."""

import asyncio
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import PurePath
from types import FrameType
from typing import Final

import structlog

from app.telemetry import metrics

BEAT_S: Final = 0.1
LOOK_S: Final = 0.1
NOTICED_S: Final = 0.4  # without a beat for so long: with the look, half a second
HEAVY_S: Final = 1.9  # a stand-still this long is one that callers cannot be asked to bear twice
TWICE_WITHIN_S: Final = 60.0
SHED_S: Final = 30.0  # after the second, new calls are not taken for so long
MOST_FRAMES: Final = 25

log = structlog.get_logger(__name__)


class Watchdog:
    """``run`` beats on the event loop; a thread of its own looks whether it does."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._beat_at = clock()
        self._told_of = 0.0  # the beat after which it stood still, told once
        self._heavy: deque[float] = deque(maxlen=2)  # when the last two long ones were over
        self._watched = threading.get_ident()

    async def run(self) -> None:
        """Beat until cancelled; the thread ends with it."""
        self._watched, self._beat_at = threading.get_ident(), self._clock()
        over = threading.Event()
        thread = threading.Thread(target=self._watch, args=(over,), name="watchdog", daemon=True)
        thread.start()
        try:
            while True:
                await asyncio.sleep(BEAT_S)
                self.beat()
        finally:
            over.set()
            thread.join()

    def sheds(self) -> bool:
        """It stood still twice within a minute, the last time a moment ago: what there is to do is too much."""
        if len(self._heavy) < 2:
            return False
        first, last = self._heavy
        return last - first <= TWICE_WITHIN_S and self._clock() - last < SHED_S

    def beat(self) -> None:
        """The loop turns."""
        now = self._clock()
        stood_s, self._beat_at = now - self._beat_at, now
        if stood_s >= HEAVY_S:
            self._heavy.append(now)
            log.warning("event loop turns again", stood_ms=round(stood_s * 1000))

    def look(self) -> None:
        """See whether it does; the first look at a stand-still tells where."""
        beat_at = self._beat_at
        stood_s = self._clock() - beat_at
        if stood_s < NOTICED_S or beat_at == self._told_of:
            return
        self._told_of = beat_at
        metrics.loop_blocked.inc()
        log.error(
            "event loop stands still",
            for_ms=round(stood_s * 1000),
            at=frames_of(sys._current_frames().get(self._watched)),
            next="what stands first in `at` holds every call up: let it run in a thread, or give the machine air",
        )

    def _watch(self, over: threading.Event) -> None:
        while not over.wait(LOOK_S):
            self.look()


def frames_of(frame: FrameType | None) -> list[str]:
    """Where a thread is, the innermost first: files and lines, never what is held there."""
    told: list[str] = []
    while frame is not None and len(told) < MOST_FRAMES:
        file = "/".join(PurePath(frame.f_code.co_filename).parts[-3:])
        told.append(f"{file}:{frame.f_lineno} {frame.f_code.co_name}")
        frame = frame.f_back
    return told
