"""Rows of the fault matrix: two faults at once."""

import asyncio
import signal

from app.drill.matrix_database import MID_CALL_S, books_held
from app.drill.matrix_gemini import ASKING, on_their_way
from app.drill.row import Row
from app.drill.scene import ANSWERED, ASKS, GOODBYE, ORDER, Scene
from app.drill.verdict import Check, equal, heard, records, true
from app.rehearsal.callers import Say, Silence, Wait, WaitForEnd
from app.rehearsal.phone_faults import Faults


async def _pairs(scene: Scene) -> list[Check]:
    """X1: G2 with D2, O1 with T1, P1 with G1."""
    async with scene.own_house() as house:
        async with asyncio.TaskGroup() as group:
            steps = (*ASKING, Wait(at_most_s=12, finished_ms=3_000), *GOODBYE)
            dropped = group.create_task(scene.call(*steps, house=house, fault={"drop_after_chunks": 5}))
            await asyncio.sleep(MID_CALL_S)
            async with books_held(house):
                await asyncio.sleep(6)
        asks = (Wait(), Say("Could you tell me about the lighthouse?"), Silence(9), Say(ASKS), ANSWERED)
        cut = Faults(abrupt_after_s=11.0, first_only=True)
        slow = await scene.call(*asks, *GOODBYE, house=house, stream=cut)
        async with asyncio.TaskGroup() as group:
            mute = {"mute_setup": True}
            leaving = group.create_task(
                scene.call(*ASKING, Silence(20), WaitForEnd(12), house=house, fault=mute, sessions=None)
            )
            await asyncio.sleep(3)
            house.kill(signal.SIGTERM)
        code = await house.exited(30)
        first, last = dropped.result(), leaving.result()
        return [
            heard(first, ORDER, "the answer, socket dropped and database held"),
            equal("its disposition", first.disposition, "completed"),
            heard(slow, ORDER, "the answer, tool too slow and stream broken"),
            equal("its disposition", slow.disposition, "completed"),
            true("SIGTERM and no Live: words and a way on", on_their_way(last), last.words),
            equal("exit code", code, 0),
            *records([first, slow, last]),
        ]


ROWS = (
    Row(
        "X1",
        "two faults at once: G2 with D2, O1 with T1, P1 with G1",
        "answers or a way on, nothing hangs, every record is whole",
        _pairs,
        place="own",
        short=False,
    ),
)
