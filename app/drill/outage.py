"""The database is stopped for a minute under many calls that are recorded: nothing is lost, and no caller notices."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import Final

from app.drill.crowd import ENVIRONMENT, OPTIONS, crowd, lost, said
from app.drill.house import House, laid_out
from app.drill.matrix_database import BOOKS
from app.drill.scene import Scene
from app.drill.told import Told
from app.drill.troubles import held
from app.drill.verdict import Check, broken, equal, no_worse, records
from app.store.database import Database
from app.store.recordings import STORED, RecordingBook

CALLS: Final = 25
OUTAGE_S: Final = 60.0
QUESTIONS, QUESTIONS_BEFORE = 14, 6  # with the outage among them, and without
BEGINS_S = 30.0  # after the first ring: all are being led
STORED_WITHIN_S = 30.0
LOOK_EVERY_S = 0.5


async def outage(scene: Scene) -> list[Check]:
    """Calls that are not recorded while all is well; then recorded ones, the database held in the middle of them."""
    async with scene.own_house("plain", options=OPTIONS, environment=ENVIRONMENT) as house:
        plain = await crowd(scene, house, CALLS, QUESTIONS_BEFORE)
    environment = {**ENVIRONMENT, **await asyncio.to_thread(_recording, scene)}
    async with scene.own_house("recorded", options=OPTIONS, environment=environment) as house:
        async with asyncio.TaskGroup() as group:
            calling = group.create_task(crowd(scene, house, CALLS, QUESTIONS))
            await asyncio.sleep(BEGINS_S)
            async with held(house.data / BOOKS):
                await asyncio.sleep(OUTAGE_S)
            at_work = await house.calls_now()
        told = calling.result()
        stored = await _stored(house, told)
    return [
        equal("calls when it was over", at_work, float(CALLS)),
        equal("calls lost", sum(one.disposition != "completed" for one in told), 0),
        equal(f"words lost of {sum(len(said(one)) for one in told)}", len(lost(told)), 0),
        equal("calls with a turn missing, or twice", sum(map(uneven, told)), 0),
        equal("words twice", sum(len(twice(one)) for one in told), 0),
        equal("recordings", stored, CALLS),
        Check("sound broke, of a hundred answers", f"{broken(told):.0f} (before: {broken(plain):.0f})", True),
        *(no_worse(share, plain, told) for share in (0.5, 0.95)),
        *records(told),
    ]


def _recording(scene: Scene) -> Mapping[str, str]:
    """The drill's line, which tells its callers that it records."""
    told = laid_out(scene.settings, scene.folder / "line")
    line = scene.folder / "line" / "prompts" / "drill" / "line.toml"
    line.write_text(f'recording = "notice"\n{line.read_text("utf-8")}', "utf-8")
    return told


async def _stored(house: House, told: Sequence[Told]) -> int:
    """The calls whose recording is stored, once it is."""
    database = Database(house.database_url)
    try:
        for _ in range(int(STORED_WITHIN_S / LOOK_EVERY_S)):
            book = RecordingBook(database)
            kept = [[row.state for row in await book.of_call(one.report.call_sid)] for one in told]
            count = sum(states == [STORED] for states in kept)
            if count == len(told):
                break
            await asyncio.sleep(LOOK_EVERY_S)
        return count
    finally:
        await database.close()


def uneven(told: Told) -> bool:
    """Whether a turn is missing, or there twice."""
    numbers = sorted(turn.number for turn in told.turns)
    return not numbers or numbers != list(range(numbers[0], numbers[0] + len(numbers)))


def twice(told: Told) -> list[str]:
    """The numbers that are on record more often than they were said."""
    words = re.findall(r"\d{4}", told.said("caller"))
    return [number for number in said(told) if words.count(number) > 1]
