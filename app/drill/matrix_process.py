"""Rows of the fault matrix: the process, its loop and its means."""

import asyncio
import resource
import signal
from pathlib import Path

from app.drill.crowd import ENVIRONMENT, OPTIONS, crowd
from app.drill.house import House
from app.drill.row import Row
from app.drill.scene import ANSWERED, ASKS, GOODBYE, LEAVES, ORDER, Scene
from app.drill.told import Told, silence_ms
from app.drill.verdict import Check, at_most, equal, heard, records, true
from app.rehearsal.callers import Say, Wait, WaitForEnd

SIGNALLED_AFTER_S = 8.0
HELD_UP_MS = 2_000
SPARE_DESCRIPTORS = 88  # of which 64 are for the calls that go on, and a call has about four
MANY = 12


async def _terminated(scene: Scene) -> list[Check]:
    """P1: SIGTERM while two calls go on."""
    async with scene.own_house() as house, asyncio.TaskGroup() as group:
        calls = [group.create_task(scene.call(house=house)) for _ in range(2)]
        await asyncio.sleep(SIGNALLED_AFTER_S)
        house.kill(signal.SIGTERM)
        unready = await unready_ms(house)
        code = await house.exited(60)
        told = [await call for call in calls]
        return [
            at_most("/readyz 503 after", unready, 1_000),
            *ended_well(told),
            equal("exit code", code, 0),
        ]


async def unready_ms(house: House) -> int | None:
    """How long /readyz takes to say that no call is taken."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    while loop.time() - began < 3:
        if await house.ready() == 503:
            return round((loop.time() - began) * 1000)
        await asyncio.sleep(0.02)
    return None


def ended_well(told: list[Told]) -> list[Check]:
    """No call was cut: each had its answer and its goodbye."""
    answered = sum("1047" in one.said("caller") and one.disposition == "completed" for one in told)
    cut = sum(one.report.figures.cut_off_ms > 0 for one in told)
    return [
        equal("calls with their answer and goodbye", answered, len(told)),
        *(heard(one, ORDER, "the answer") for one in told),
        equal("calls cut", cut, 0),
        *records(told),
    ]


async def _blocked(scene: Scene) -> list[Check]:
    """P3: a tool holds the event loop up for two seconds."""
    late = "event loop was late"
    before = scene.here.log.count(late)
    steps = (Wait(), Say("Are there any avalanches?"), Wait(at_most_s=15, finished_ms=2_500), Say(ASKS), ANSWERED)
    told = await scene.call(*steps, *GOODBYE)
    called = told.at_s("RunTool")
    gap = None if not called else silence_ms(told.report.recording, called[0] - 0.5, called[0] + 6)
    return [
        at_most("gap", gap, HELD_UP_MS + 2_500),
        heard(told, r"avalanche|likely", "the tool's answer"),
        heard(told, ORDER, "the next answer"),
        true("the log says that the loop was late", scene.here.log.count(late) > before),
        true("with the place that held it", "drill_tools.py" in scene.here.log),
        equal("disposition", told.disposition, "completed"),
        *records([told]),
    ]


async def _descriptors(scene: Scene) -> list[Check]:
    """P4: a process that may open few files more."""
    async with scene.own_house(options=OPTIONS, environment=ENVIRONMENT) as house:
        await asyncio.to_thread(_narrowed, house.pid)
        told = await crowd(scene, house, MANY)
        silent = [one for one in told if one.report.figures.first_sound_ms is None and not one.report.spoken]
        served = sum(one.disposition == "completed" for one in told)
        after = await scene.call(Wait(), LEAVES, WaitForEnd(15), house=house, voice="pitched")
        return [
            equal("callers who heard nothing", len(silent), 0),
            true("some were served", served >= 1, "none"),
            true("some heard that all lines are busy", any(one.report.spoken for one in told), "nobody"),
            true("the server lives, and takes calls again", after.report.figures.first_sound_ms is not None),
        ]


def _narrowed(pid: int) -> None:
    """Few files more may be opened by that process."""
    most = len(list(Path(f"/proc/{pid}/fd").iterdir())) + SPARE_DESCRIPTORS
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (most, most))


ROWS = (
    Row(
        "P1",
        "SIGTERM while calls go on",
        "/readyz says 503 within 1 s, no call is cut, every record is whole, exit code 0",
        _terminated,
        place="own",
    ),
    Row(
        "P3",
        "the event loop is held up for 2 s",
        "one gap, then the answer; the log names the place that held it; other questions are answered",
        _blocked,
        place="alone",
    ),
    Row(
        "P4",
        f"{MANY} calls for a process with {SPARE_DESCRIPTORS} descriptors left",
        "whoever cannot be served hears that all lines are busy, nobody hears nothing, the server lives",
        _descriptors,
        place="own",
        short=False,
    ),
)
