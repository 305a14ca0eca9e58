"""Rows of the fault matrix: a process that is killed under its calls."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from app.calling import Target
from app.drill.house import House, laid_out, until_greeted
from app.drill.matrix_gemini import GREETING
from app.drill.row import Row
from app.drill.scene import ANSWERED, ASKS, GOODBYE, ORDER, Scene
from app.drill.several import Several, several
from app.drill.told import Told, first_sound_after_s
from app.drill.verdict import Check, at_most, equal, heard, records, true
from app.rehearsal.callers import Say, Wait

KILLED_AFTER_S = 7.5
BACK_WITHIN_MS = 5_000
_LOST = r"cut off|lost|sorry|back"


@contextlib.asynccontextmanager
async def two_servers(scene: Scene, options: str = "") -> AsyncIterator[tuple[Several, House]]:
    """Two processes on one folder and database, and the house they are for whoever phones: the first has all calls."""
    folder = scene.folder / "house"
    folder.mkdir(parents=True, exist_ok=True)
    told = await asyncio.to_thread(laid_out, scene.settings, folder)
    told |= {"FRONTLINE_REHEARSAL": "on", "FRONTLINE_REHEARSAL_OPTIONS": options, "FRONTLINE_CALLS_PER_CALLER": "100"}
    async with several(folder, 2, scene.show, told) as servers:
        server = Target(servers.base_url, servers.public_url, servers.auth_token, servers.rest)
        house = House(folder, server, folder / "live-ready.json")
        await until_greeted(house)
        servers.balancer.backends[1].held = True
        yield servers, house


def kill_the_first(servers: Several) -> None:
    """The process with all the calls is gone at once; from now on the other one is there."""
    servers.balancer.backends[1].held = False
    servers.servers[0].process.kill()


async def _killed(scene: Scene) -> list[Check]:
    """P2: kill -9 under a call, another process beside it."""
    async with two_servers(scene) as (servers, house):
        steps = (Wait(), Say(ASKS), ANSWERED, Wait(at_most_s=8), Say(ASKS), ANSWERED, *GOODBYE)
        async with asyncio.TaskGroup() as group:
            calling = group.create_task(scene.call(*steps, house=house))
            await asyncio.sleep(KILLED_AFTER_S)
            kill_the_first(servers)
        told = calling.result()
        return [
            equal("streams of the call", told.report.streams, 2),
            at_most("heard again after", await asyncio.to_thread(back_ms, told), BACK_WITHIN_MS),
            heard(told, _LOST, "that the line was lost"),
            heard(told, GREETING, "the greeting", 1),
            heard(told, ORDER, "the answer"),
            true("disposition", told.disposition in ("completed", "caller_hung_up"), told.disposition),
            *records([told]),
        ]


def back_ms(told: Told) -> int | None:
    """From the loss of the first stream to the first sound on the second; blocking."""
    opened = [one.at_s for one in told.report.happenings if one.what == "stream opened"]
    closed = [one.at_s for one in told.report.happenings if one.what == "stream closed"]
    sounded = first_sound_after_s(told.report.recording, opened[1]) if len(opened) > 1 else None
    return None if sounded is None else round((sounded - closed[0]) * 1000)


ROWS = (
    Row(
        "P2",
        "kill -9 of the process that has the call, another beside it",
        "within 5 s the caller hears another process, which knows the story and does not greet; the record is whole",
        _killed,
        place="own",
    ),
)
