"""A small disk for a data folder, to be filled: a tmpfs where this user may mount one, else files that cannot grow."""

import asyncio
import contextlib
import resource
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

SIZE_MB = 160
_BLOCK = bytes(256 * 1024)


@dataclass(slots=True)
class Disk:
    """The disk at ``folder``. Not ``mounted``: the process of ``limit`` cannot make its files longer instead."""

    folder: Path
    mounted: bool
    _pid: int = 0
    _before: tuple[int, int] = field(default=(-1, -1))

    def limit(self, pid: int) -> None:
        """Whose writes are to fail."""
        self._pid = pid

    def fill(self) -> None:
        """Leave no room; blocking."""
        if not self.mounted:
            self._before = resource.prlimit(self._pid, resource.RLIMIT_FSIZE)
            resource.prlimit(self._pid, resource.RLIMIT_FSIZE, (1, self._before[1]))
            return
        with (self.folder / "filling").open("wb", buffering=0) as file, contextlib.suppress(OSError):
            size = len(_BLOCK)
            while size:
                try:
                    size = 0 if not file.write(_BLOCK[:size]) else size
                except OSError:
                    size //= 8

    def free(self) -> None:
        """Make room again; blocking."""
        if self.mounted:
            (self.folder / "filling").unlink(missing_ok=True)
        else:
            resource.prlimit(self._pid, resource.RLIMIT_FSIZE, self._before)


@contextlib.asynccontextmanager
async def full_disk(folder: Path) -> AsyncIterator[Disk]:
    """A disk that can be filled, for as long as the block runs."""
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    mounted = await _done("mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m", "tmpfs", str(folder))
    try:
        yield Disk(folder, mounted)
    finally:
        if mounted:
            await _done("umount", "--lazy", str(folder))


async def _done(*command: str) -> bool:
    try:
        running = await asyncio.create_subprocess_exec(*command, stdout=DEVNULL, stderr=DEVNULL)
    except OSError:
        return False
    return await running.wait() == 0
