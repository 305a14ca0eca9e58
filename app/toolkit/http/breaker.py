"""Leaves a host alone for a while after it failed several times in a row."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from circuitbreaker import CircuitBreaker

FAILURES = 5
REST_S = 30

Answer = TypeVar("Answer")


class HostFailed(Exception):
    """The host could not be reached, took too long, or said that it is broken: worth a second try later."""

    def __init__(self, reason: str, status: int = 0, *, sent: bool = True) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status
        self.sent = sent  # whether the request may have reached it


class HostResting(Exception):
    """The host failed too often and is not asked now."""


class HostBreaker:
    """Counts what one host does. After the rest a single request finds out whether it is well again."""

    def __init__(self) -> None:
        self._breaker = CircuitBreaker(FAILURES, REST_S, HostFailed)
        self._trying = False

    @property
    def state(self) -> str:
        """``closed`` (all is well), ``open`` (resting) or ``half_open`` (the next request is a trial)."""
        return str(self._breaker.state)

    async def run(self, ask: Callable[[], Awaitable[Answer]]) -> Answer:
        """Ask the host. Raises HostResting at once while it rests; a request that is cancelled counts for nothing."""
        trial = self._breaker.state != "closed"
        if self._breaker.opened or (trial and self._trying):
            raise HostResting
        self._trying = trial
        try:
            answer = await ask()
        except HostFailed:
            with self._breaker:
                raise
        finally:
            self._trying = self._trying and not trial
        self._breaker.reset()
        return answer
