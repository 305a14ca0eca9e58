"""The breaker of a spent quota, one a process: while it is open, new calls are held back; running ones go on trying."""

import time
from collections.abc import Callable
from math import inf

import structlog

from app.call.events import SessionLost
from app.call.recovery import Signal, signal_of
from app.telemetry import metrics

HELD_BACK_S = 30.0

log = structlog.get_logger(__name__)


class Quota:
    """Told of every loss; ``spent`` for a while after one that names a quota."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until = -inf

    def lost(self, lost: SessionLost) -> None:
        """A Live session was refused or lost."""
        if signal_of(lost.code, lost.reason) is not Signal.QUOTA:
            return
        if not self.spent():
            metrics.quota_spent.inc()
            log.error(
                "live quota spent",
                code=lost.code,
                held_back_s=HELD_BACK_S,
                next="raise the quota of the Google project, or lower FRONTLINE_CALLS_AT_ONCE",
            )
        self._until = self._clock() + HELD_BACK_S

    def spent(self) -> bool:
        """New calls are held back now."""
        return self._clock() < self._until
