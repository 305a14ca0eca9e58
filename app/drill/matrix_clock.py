"""Rows of the fault matrix: the clock, and the way to Google."""

import asyncio
import ssl
from datetime import UTC, datetime, timedelta

import trustme

from app.drill.matrix_gemini import on_their_way
from app.drill.matrix_stream import ordinary
from app.drill.row import Row
from app.drill.scene import Scene
from app.drill.verdict import Check, at_most, records, true
from app.rehearsal.callers import Silence, WaitForEnd

STEPS_S = (3600.0, -3600.0)
MID_CALL_S = 7.0
# Put before everything else the server loads: its wall clock goes wrong by what a file says. The monotonic clock stays.
_CLOCK = '''"""The wall clock of a drilled server."""

import os
import time

_right = time.time
_file = os.environ["DRILL_CLOCK"]


def _wrong() -> float:
    with open(_file, encoding="utf-8") as file:
        return _right() + float(file.read() or 0)


time.time = _wrong
'''


async def _stepped(scene: Scene) -> list[Check]:
    """C1: the wall clock is set an hour forward in mid-call, then two back."""
    steps = scene.folder / "clock"
    folder = scene.folder / "python"
    folder.mkdir(exist_ok=True)
    await asyncio.to_thread((folder / "sitecustomize.py").write_text, _CLOCK, encoding="utf-8")
    await asyncio.to_thread(steps.write_text, "0", encoding="utf-8")
    environment = {"PYTHONPATH": str(folder.absolute()), "DRILL_CLOCK": str(steps.absolute())}
    async with scene.own_house(environment=environment) as house:
        async with asyncio.TaskGroup() as group:
            calling = group.create_task(scene.call(house=house))
            for step_s in STEPS_S:
                await asyncio.sleep(MID_CALL_S)
                await asyncio.to_thread(steps.write_text, str(step_s), encoding="utf-8")
        told = calling.result()
        end = told.row.end if told.row is not None else None
        wrong_s = abs(end.duration_s - told.report.duration_s) if end is not None else None
        return [*ordinary(told), at_most("duration on record, wrong by", wrong_s, 3, "s")]


async def _no_google(scene: Scene) -> list[Check]:
    """C2: the Live host has no address; its certificate has expired."""
    return [*await _unreachable(scene, "https://live.invalid", "no address"), *await _expired(scene)]


async def _unreachable(scene: Scene, url: str, name: str) -> list[Check]:
    environment = {
        "FRONTLINE_REHEARSAL": "off",
        "GEMINI_API_KEY": "drill",
        "GOOGLE_GEMINI_BASE_URL": url,
        "FRONTLINE_REHEARSAL_OPTIONS": "",
    }
    async with scene.own_house(name.replace(" ", "-"), environment=environment, greeted=False) as house:
        told = await scene.call(Silence(22), WaitForEnd(10), house=house)
        return [
            true(f"{name}: the caller hears words", bool(told.words), "nothing"),
            true(f"{name}: and has a way on", on_their_way(told), told.words),
            at_most(f"{name}: within", told.report.duration_s, 30, "s"),
            *records([told]),
        ]


async def _expired(scene: Scene) -> list[Check]:
    yesterday = datetime.now(UTC) - timedelta(days=1)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    trustme.CA().issue_cert("127.0.0.1", not_after=yesterday).configure_cert(context)

    async def silent(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0, ssl=context)
    async with server:
        port = server.sockets[0].getsockname()[1]
        return await _unreachable(scene, f"https://127.0.0.1:{port}", "expired certificate")


ROWS = (
    Row(
        "C1",
        "the wall clock is set an hour forward in mid-call, then an hour back",
        "nothing is noticed: timers are monotonic, the duration on record is right within 3 s",
        _stepped,
        place="own",
        short=False,
    ),
    Row(
        "C2",
        "the Live host has no address; its certificate has expired",
        "the caller hears words and has a way on within 30 s; there is a record",
        _no_google,
        place="own",
        short=False,
    ),
)
