"""Rows of the fault matrix: who is not let in, and edits that are not taken."""

import asyncio
import os
import sys

from app.drill.house import House
from app.drill.intruder import opened_with, rung, streamed
from app.drill.row import Row
from app.drill.scene import Scene
from app.drill.verdict import Check, equal, heard, records, true

SEEN_WITHIN_S = 6.0


async def _unsigned(scene: Scene) -> list[Check]:
    """S1: no signature, a wrong one, a stream without one, a token that was used."""
    house = scene.here
    before = await house.metric("refused_total")
    absent = await rung(house, token=None)
    wrong = await rung(house, token="not-the-token")
    upgrade = await opened_with(house, token="not-the-token")
    first, second = await streamed(house)
    counted = await house.metric("refused_total") - before
    return [
        equal("webhook without a signature", absent, 403),
        equal("webhook with a wrong one", wrong, 403),
        equal("stream with a wrong one, before accept", upgrade, 403),
        true("a token's first stream is served", first == 0, f"closed with {first}"),
        equal("its second is closed with", second, 1008),
        equal("counted", counted, 4.0),
        true("each is in the log", house.log.count("webhook refused") == 2 and house.log.count("stream refused") == 2),
    ]


async def _bad_publish(scene: Scene) -> list[Check]:
    """C3: a line that names a tool nobody has."""
    house = scene.here
    file = house.data / "prompts" / "drill" / "line.toml"
    good = await asyncio.to_thread(file.read_text, encoding="utf-8")
    await asyncio.to_thread(file.write_text, good.replace('"tide_report"', '"no_such_tool"'), encoding="utf-8")
    try:
        refused = await _checked(scene, house)
        logged = await _logged(house, "edited files have mistakes")
        told = await scene.call()
    finally:
        await asyncio.to_thread(file.write_text, good, encoding="utf-8")
    return [
        true("`frontline check` refuses it", refused != 0, "exit code 0"),
        true("the log says so", logged),
        heard(told, r"order", "the answer of the version before"),
        equal("disposition", told.disposition, "completed"),
        *records([told]),
    ]


async def _checked(scene: Scene, house: House) -> int:
    environment = {**os.environ, "FRONTLINE_PROMPTS": str(house.data / "prompts")}
    environment |= {"FRONTLINE_TOOLS": str(house.data / "tools"), "FRONTLINE_DATA": str(scene.folder / "check")}
    checking = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "app", "check"),
        env=environment,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    return await checking.wait()


async def _logged(house: House, words: str) -> bool:
    for _ in range(int(SEEN_WITHIN_S / 0.2)):
        if words in await asyncio.to_thread(lambda: house.log):
            return True
        await asyncio.sleep(0.2)
    return False


ROWS = (
    Row(
        "C3",
        "a line is edited to name a tool that there is not",
        "`frontline check` refuses it, the log names it, callers get the version before",
        _bad_publish,
        place="alone",
        short=False,
    ),
    Row(
        "S1",
        "webhooks and streams without a good signature, a token used twice",
        "403 for each, for streams before accept; a used token is closed with 1008; all are counted",
        _unsigned,
    ),
)
