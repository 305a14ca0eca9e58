"""Hands a bundle to the process that reads it, one at a time, and takes what it makes of it; nothing of it stays."""

import asyncio
import os
import shutil
import sys
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

from app.meaning.imported import Imported, told

WITHIN_S: Final = 120.0  # of two seconds' work, on a machine that does much else
MOST_TOLD: Final = 16 * 1_048_576
_ROOT: Final = Path(__file__).parents[2]  # where the process finds the app
_KEPT: Final = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT")  # of the environment: no secret goes along
_one_at_a_time: Final = asyncio.Lock()


class Busy(Exception):
    """Another bundle is being read."""


class TooMuch(Exception):
    """It took more time or memory than there is for it."""


async def imported(data: bytes) -> Imported | str:
    """The call of a bundle, or why it is none. Raises Busy and TooMuch."""
    if _one_at_a_time.locked():
        raise Busy
    async with _one_at_a_time, _folder() as folder:
        file = folder / "bundle.zip"
        await asyncio.to_thread(file.write_bytes, data)
        inside = folder / "journals"
        inside.mkdir()
        return await asyncio.to_thread(told, await _read(file, inside))


@asynccontextmanager
async def _folder() -> AsyncIterator[Path]:
    folder = await asyncio.to_thread(tempfile.mkdtemp, prefix="frontline-bundle-")
    try:
        yield Path(folder)
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


async def _read(file: Path, folder: Path) -> bytes:
    command = (sys.executable, "-m", "app.meaning.imported", str(file), str(folder))
    environ = {name: os.environ[name] for name in _KEPT if name in os.environ} | {"OPENBLAS_NUM_THREADS": "1"}
    process = await asyncio.create_subprocess_exec(*command, cwd=_ROOT, env=environ, stdout=PIPE, stderr=DEVNULL)
    try:
        async with asyncio.timeout(WITHIN_S):
            text = await _all(process)
            ended_well = await process.wait() == 0
    except TimeoutError as late:
        raise TooMuch from late
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    if not ended_well:
        raise TooMuch
    return text


async def _all(process: Process) -> bytes:
    """What it prints, as much as may be."""
    assert process.stdout is not None
    text = b""
    while part := await process.stdout.read(65_536):
        text += part
        if len(text) > MOST_TOLD:
            raise TooMuch
    return text
