"""Starts the rehearsal's Live server in a process of its own, and ends it."""

import asyncio
import contextlib
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.rehearsal.processes import end, findable

READY_WITHIN_S = 90.0  # the first start compiles and loads models
END_WITHIN_S = 5.0
KEY = "rehearsal-key"


@dataclass(frozen=True, slots=True)
class LiveStandIn:
    """Where the stand-in listens; ``ca_file`` is what its certificate is checked against."""

    base_url: str
    ca_file: str
    key: str = KEY


class StandInFailed(Exception):
    """The rehearsal's Live server did not start."""


@contextlib.asynccontextmanager
async def live_stand_in(folder: Path, options: Sequence[str]) -> AsyncIterator[LiveStandIn]:
    """The rehearsal's Live server, running for as long as the block does."""
    command = (sys.executable, "-m", "app.rehearsal.live_server", "--port", "0", "--folder", str(folder))
    # A session of its own: Ctrl-C at a terminal is for the app, which ends this process when its calls have ended.
    process = await asyncio.create_subprocess_exec(
        *(*command, "--until-stdin-ends", *options),
        stdin=PIPE,
        stdout=PIPE,
        env=findable(),
        start_new_session=True,
    )
    try:
        yield await _ready(process)
    finally:
        await end(process, END_WITHIN_S)


async def _ready(process: Process) -> LiveStandIn:
    assert process.stdout is not None
    try:
        async with asyncio.timeout(READY_WITHIN_S):
            line = await process.stdout.readline()
        about = json.loads(line)
    except (TimeoutError, json.JSONDecodeError) as error:
        raise StandInFailed(
            "The rehearsal's Live server did not start; its own message stands above. "
            "Its options are in FRONTLINE_REHEARSAL_OPTIONS."
        ) from error
    return LiveStandIn(f"https://127.0.0.1:{about['port']}", about["ca_file"])
