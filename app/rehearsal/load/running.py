"""Runs a load test: the Live stand-in, one server after another, and so many callers at each."""

import asyncio
import contextlib
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx2

from app.rehearsal.load.figures import Noted, Step, step
from app.rehearsal.load.phones import Caller
from app.rehearsal.load.servers import END_WITHIN_S, NotMeasured, Server, cores, running
from app.rehearsal.processes import end, findable

ARRIVE_A_SECOND = 10
SETTLE_S = 6.0  # until greetings are over and every session is known
SETTLE_SHORT_S = 1.0
BETWEEN_S = 1.5
_LINE = 64 * 1024 * 1024  # bytes of the stand-in's notes


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be measured."""

    servers: Sequence[str]
    calls: Sequence[int]
    seconds: float
    core_usd: float


async def measure(wish: Wish, folder: Path, show: Callable[[Step], None]) -> list[Step]:
    """Every server under every number of calls, fewest first. Raises NotMeasured."""
    server_core, other_cores = cores()
    steps = []
    async with _live(folder, other_cores) as live:
        port = json.loads(await _line(live))["port"]
        for name in wish.servers:
            async with running(name, port, folder, server_core) as server:
                await _step(server, live, 1, Wish(wish.servers, (), SETTLE_SHORT_S, wish.core_usd))  # warm
                for calls in sorted(wish.calls):
                    steps.append(await _step(server, live, calls, wish))
                    show(steps[-1])
    return steps


async def _step(server: Server, live: Process, calls: int, wish: Wish) -> Step:
    idle = server.usage()
    callers = [Caller(number) for number in range(calls)]
    async with asyncio.TaskGroup() as group, httpx2.AsyncClient(timeout=20.0) as client:
        for caller in callers:
            group.create_task(_call(caller, server, client))
            await asyncio.sleep(1 / ARRIVE_A_SECOND)
        await asyncio.sleep(SETTLE_S)
        began = server.usage()
        await asyncio.sleep(wish.seconds)
        ended = server.usage()
        await asyncio.sleep(SETTLE_SHORT_S)
        for caller in callers:
            caller.hang_up()
    assert live.stdin is not None
    live.stdin.write(b"\n")
    noted: dict[str, Noted] = json.loads(await _line(live))
    await asyncio.sleep(BETWEEN_S)
    return step(server.name, [caller.heard for caller in callers], noted, (idle, began, ended), wish.core_usd)


async def _call(caller: Caller, server: Server, client: httpx2.AsyncClient) -> None:
    try:
        if server.webhooks:
            await caller.dial(server.base_url, client)
        else:
            await caller.stream(server.base_url, {})
    except (OSError, httpx2.HTTPError):
        caller.heard.lost = True
        return
    await caller.speak()


@contextlib.asynccontextmanager
async def _live(folder: Path, other_cores: str | None) -> AsyncIterator[Process]:
    command = (sys.executable, "-m", "app.rehearsal.load.live", "--folder", str(folder))
    pinned = command if other_cores is None else ("taskset", "-c", other_cores, *command)
    process = await asyncio.create_subprocess_exec(*pinned, env=findable(), stdin=PIPE, stdout=PIPE, limit=_LINE)
    try:
        yield process
    finally:
        await end(process, END_WITHIN_S)


async def _line(live: Process) -> bytes:
    assert live.stdout is not None
    line = await live.stdout.readline()
    if not line:
        raise NotMeasured("The stand-in for Live has ended.")
    return line
