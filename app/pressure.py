"""Whether this process has what one more call needs: disk, an event loop that turns, descriptors, memory."""

import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import structlog

LOOK_EVERY_S: Final = 0.25  # between two looks at /proc: a burst of calls costs one
RESERVE: Final = 64  # descriptors kept for what goes on: a call has about four
RESERVE_SHARE: Final = 0.1
MOST_RESERVE: Final = 1_024
MEMORY_SHARE: Final = 0.9  # of the limit, above which no call is begun
ENOUGH_DESCRIPTORS: Final = 65_536  # where the system sets no hard limit

# https://docs.kernel.org/admin-guide/cgroup-v2.html#memory-interface-files, and the same of version 1
_CGROUP_LIMITS: Final = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
_NO_LIMIT: Final = 1 << 50  # bytes; what version 1 writes where there is none is larger

_NEXT: Final = {
    "disk": "make room on the disk of FRONTLINE_DATA",
    "blocked": "see `event loop stands still` above; fewer calls at once, a faster machine",
    "descriptors": "raise the limit of open files (ulimit -n, LimitNOFILE), or lower FRONTLINE_CALLS_AT_ONCE",
    "memory": "give the process more memory (FRONTLINE_MEMORY_MB), or lower FRONTLINE_CALLS_AT_ONCE",
}

log = structlog.get_logger(__name__)


class Pressure:
    """``reason`` says why no more calls should be taken; it is cheap, and asked for every call that rings."""

    def __init__(
        self,
        *,
        disk_full: Callable[[], bool] = lambda: False,
        blocked: Callable[[], bool] = lambda: False,
        memory_mb: int | None = None,
        descriptors: Callable[[], tuple[int, int] | None] | None = None,
        memory: Callable[[], int | None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``descriptors`` gives those in use and their limit, ``memory`` the bytes in use, where they can be known."""
        self._disk_full = disk_full
        self._blocked = blocked
        self._descriptors = descriptors or descriptors_now
        self._memory = memory or memory_now
        self._memory_limit = memory_mb * 1_048_576 if memory_mb is not None else cgroup_limit()
        self._clock = clock
        self._look_at = clock()
        self._short_of: str | None = None
        self._told: str | None = None

    def reason(self) -> str | None:
        """``disk``, ``blocked``, ``descriptors`` or ``memory``; None when there is enough of everything."""
        if self._disk_full():
            reason: str | None = "disk"
        else:
            reason = "blocked" if self._blocked() else self._shortage()
        if reason != self._told:
            self._tell(reason)
        return reason

    def _shortage(self) -> str | None:
        now = self._clock()
        if now >= self._look_at:
            self._look_at = now + LOOK_EVERY_S
            self._short_of = self._look()
        return self._short_of

    def _look(self) -> str | None:
        used = self._descriptors()
        if used is not None and used[0] > used[1] - reserved(used[1]):
            return "descriptors"
        memory = self._memory() if self._memory_limit is not None else None
        if memory is not None and self._memory_limit is not None and memory > MEMORY_SHARE * self._memory_limit:
            return "memory"
        return None

    def _tell(self, reason: str | None) -> None:
        self._told = reason
        if reason is None:
            log.info("new calls are taken again")
        else:
            log.error("no new calls are taken", reason=reason, next=_NEXT[reason])


def reserved(limit: int) -> int:
    """The descriptors that new calls may not use."""
    return min(max(RESERVE, int(limit * RESERVE_SHARE)), MOST_RESERVE, limit // 2)


def raise_descriptor_limit() -> None:
    """Take as many descriptors as the system lets us have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = ENOUGH_DESCRIPTORS if hard == resource.RLIM_INFINITY else hard
    if soft != resource.RLIM_INFINITY and soft < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        except (OSError, ValueError) as error:
            log.warning("descriptors stay few", limit=soft, error=str(error), next="raise `ulimit -n`")


def descriptors_now() -> tuple[int, int] | None:
    """Descriptors in use, and how many there may be; None where neither can be known."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        return None if limit == resource.RLIM_INFINITY else (sum(1 for _ in Path("/dev/fd").iterdir()), limit)
    except OSError:  # even looking takes a descriptor
        return limit, limit


def memory_now() -> int | None:
    """Bytes of this process that are in memory, where the system tells."""
    try:
        return int(Path("/proc/self/statm").read_bytes().split()[1]) * resource.getpagesize()
    except (OSError, ValueError, IndexError):
        return None


def cgroup_limit() -> int | None:
    """The container's limit in bytes; None where there is none."""
    for path in _CGROUP_LIMITS:
        try:
            limit = int(path.read_text(encoding="ascii"))
        except (OSError, ValueError):  # not there, or "max"
            continue
        return limit if limit < _NO_LIMIT else None
    return None
