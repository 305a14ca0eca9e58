"""Rows of the fault matrix: a process that is killed under its calls."""

import asyncio
import signal

from app.drill.row import Row
from app.drill.scene import ANSWERED, ASKS, GOODBYE, ORDER, Scene
from app.drill.verdict import Check, at_most, equal, heard, records
from app.rehearsal.callers import Say, Silence, Wait

KILLED_AFTER_S = 8.0
BACK_WITHIN_MS = 5_000


async def _killed(scene: Scene) -> list[Check]:
    """P2: kill -9, and nobody else there."""
    async with scene.own_house() as house, asyncio.TaskGroup() as group:
        steps = (Wait(), Say(ASKS), Silence(12), Say(ASKS), ANSWERED, *GOODBYE)
        calling = group.create_task(scene.call(*steps, house=house))
        await asyncio.sleep(KILLED_AFTER_S)
        house.kill(signal.SIGKILL)
    told = calling.result()
    opened = [one.at_s for one in told.report.happenings if one.what == "stream opened"]
    closed = [one.at_s for one in told.report.happenings if one.what == "stream closed"]
    back = round((opened[1] - closed[0]) * 1000) if len(opened) > 1 else None
    return [
        at_most("on another process after", back, BACK_WITHIN_MS),
        heard(told, ORDER, "the answer"),
        equal("disposition", told.disposition, "completed"),
        *records([told]),
    ]


ROWS = (
    Row(
        "P2",
        "kill -9 of the process that has the call",
        "the caller is with another process within 5 s of Twilio's asking, which knows the story; the record is whole",
        _killed,
        place="own",
        short=False,
    ),
)
