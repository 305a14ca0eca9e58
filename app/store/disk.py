"""Appends to files beside the media path, also while the disk is full: what has no room is kept, and written later."""

import errno
import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol

import structlog

from app.telemetry import metrics

MOST_OF_ONE: Final = 2 * 1_048_576  # bytes of one file kept in memory
MOST_KEPT: Final = 64 * 1_048_576  # and of all together
LARGEST_FILE: Final = 256 * 1_048_576  # four hours of a call at work are about 100 MB
LOOK_EVERY_S: Final = 5.0  # whether there is room for the reserve again
RETRY_S: Final = 1.0
RESERVE: Final = "reserve"

_NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT)
_BROKEN: Final = (*_NO_ROOM, errno.EIO, errno.EROFS)  # of the disk, not of one file

log = structlog.get_logger(__name__)


class File(Protocol):
    """What of an open file is used; it may write less than it is given."""

    def write(self, data: bytes, /) -> int | None: ...

    def close(self) -> None: ...


class Disk:
    """Files that only grow, in one folder. All but ``full`` is for one thread.

    A file of ``reserve_bytes`` holds room for what calls go on to say when the disk is full: it is then given up, and
    while it cannot be made again, ``full`` says that no new calls should begin. A file that could not be kept whole
    ends where it was cut: what comes after a gap would mislead.
    """

    def __init__(
        self,
        folder: Path,
        reserve_bytes: int = 0,
        *,
        opened: Callable[[Path], File] | None = None,
        clock: Callable[[], float] = time.monotonic,
        most_of_one: int = MOST_OF_ONE,
        most_kept: int = MOST_KEPT,
    ) -> None:
        self.full = False
        self._reserve = folder / RESERVE
        self._reserve_bytes = reserve_bytes
        self._opened = opened or _opened
        self._clock = clock
        self._most_of_one, self._most_kept = most_of_one, most_kept
        self._files: dict[Path, File] = {}
        self._sizes: dict[Path, int] = {}
        self._kept: dict[Path, bytearray] = {}
        self._kept_bytes = 0
        self._cut: set[Path] = set()
        self._told: set[Path] = set()
        self._closing: set[Path] = set()
        self._retry_at = self._look_at = clock()

    def append(self, path: Path, data: bytes, *, last: bool) -> None:
        """Write, or keep; ``last`` says that nothing more comes for this file."""
        if data and path not in self._cut:
            left = data if path in self._kept else self._write(path, data)
            if left:
                self._keep(path, left)
        if last:
            self._closing.add(path)
            self._close_written(path)

    def look_after(self) -> None:
        """Write what is kept if there is room now, and see whether the disk has room again; call it often."""
        now = self._clock()
        if self._kept and now >= self._retry_at:
            self._retry_at = now + RETRY_S
            self._write_kept()
        if now >= self._look_at:
            self._look_at = now + LOOK_EVERY_S
            if self.full or (self._reserve_bytes and not self._reserve.exists()):
                self._see_whether_there_is_room()

    def close(self) -> None:
        """Write what can be written, and close everything."""
        self._write_kept()
        if self._kept:
            log.error("journals not whole", journals=len(self._kept), next="make room on the disk of FRONTLINE_DATA")
        for path in list(self._files):
            self._files.pop(path).close()

    # ---- writing

    def _write(self, path: Path, data: bytes) -> bytes:
        """Write as much as there is room for; what is left."""
        rest = memoryview(data)
        try:
            file = self._file(path)
            while rest:
                rest = rest[file.write(bytes(rest)) or 0 :]
        except OSError as error:
            self._refused(path, error)
        written = len(data) - len(rest)
        self._sizes[path] = self._sizes.get(path, 0) + written
        if self._sizes[path] > LARGEST_FILE:
            self._cut_off(path, "longer than a call can be")
            return b""
        return bytes(rest)

    def _file(self, path: Path) -> File:
        if path not in self._files:
            self._files[path] = self._opened(path)
        return self._files[path]

    def _write_kept(self) -> None:
        for path in list(self._kept):
            held = self._kept.pop(path)
            self._kept_bytes -= len(held)
            left = self._write(path, bytes(held))
            if left:
                self._kept[path] = bytearray(left)
                self._kept_bytes += len(left)
            self._close_written(path)

    def _close_written(self, path: Path) -> None:
        if path not in self._closing or path in self._kept:
            return
        self._closing.discard(path)
        self._cut.discard(path)
        self._told.discard(path)
        self._sizes.pop(path, None)
        if path in self._files:
            self._files.pop(path).close()

    # ---- keeping

    def _keep(self, path: Path, data: bytes) -> None:
        held = self._kept.setdefault(path, bytearray())
        if len(held) + len(data) > self._most_of_one or self._kept_bytes + len(data) > self._most_kept:
            self._cut_off(path, "the disk was full for too long")
            return
        held += data
        self._kept_bytes += len(data)

    def _cut_off(self, path: Path, why: str) -> None:
        self._cut.add(path)
        metrics.journals_cut.inc()
        log.error(
            "journal cut", file=path.name, why=why, next="its call goes on; the records in the database are whole"
        )

    # ---- room

    def _refused(self, path: Path, error: OSError) -> None:
        """Say it once, and give the reserve up where room is what was missing."""
        if error.errno not in _BROKEN:
            self._tell_of(path, error)
            return
        if not self.full:
            self.full = True
            log.error(
                "journals not written",
                error=error.strerror,
                next="make room on the disk of FRONTLINE_DATA; until then they are kept in memory, and no calls begin",
            )
        if error.errno in _NO_ROOM:
            self._reserve.unlink(missing_ok=True)
            self._look_at = self._clock() + LOOK_EVERY_S

    def _tell_of(self, path: Path, error: OSError) -> None:
        if path not in self._told:
            self._told.add(path)
            log.error("journal not written", file=path.name, error=error.strerror, next="look at its folder in data/")

    def _see_whether_there_is_room(self) -> None:
        if not self._no_room_owed() and self._has_reserve():
            if self.full:
                log.info("the disk has room again")
            self.full = False
        elif not self.full:
            self.full = True
            log.error(
                "no room for the reserve",
                megabytes=self._reserve_bytes // 1_048_576,
                next="make room on the disk of FRONTLINE_DATA, or ask for less in FRONTLINE_RESERVE_MB",
            )

    def _no_room_owed(self) -> bool:
        """Something waits for room, not for a file of its own that cannot be written."""
        return any(path not in self._told for path in self._kept)

    def _has_reserve(self) -> bool:
        if not self._reserve_bytes:
            return True
        try:
            _allocate(self._reserve, self._reserve_bytes)
        except OSError:
            with suppress(OSError):
                self._reserve.unlink(missing_ok=True)
            return False
        return True


def _allocate(path: Path, size: int) -> None:
    """A file whose blocks are really taken. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        os.ftruncate(descriptor, size)
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(descriptor, 0, size)
    finally:
        os.close(descriptor)


def _opened(path: Path) -> File:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("ab", buffering=0)
