"""Many calls against one server: does anything of them stay behind? Reports; `make soak` runs it.

Calls one after another that hang up after the first words, then rounds of whole calls at once. After each step
the server's memory, descriptors and threads are read from /proc; at the end every journal is replayed. The Live
stand-in hears from a script and speaks in tones, so that the house itself is what is measured.
"""

import argparse
import asyncio
import json
import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2

from app.calling import CALLER_NUMBER, Target, target
from app.rehearsal.callers import Caller, HangUp, Say, Silence, Wait, WaitForEnd
from app.rehearsal.prepared import Prepared, prepare_with
from app.rehearsal.report import CallReport, rehearse
from app.settings import load
from app.store.journal import replay

STAND_IN = "--ears script --voice tones --script 'Where is my order 1047?|No thank you, goodbye.'"
SHORT = Caller("short", "hangs up after the first words", (Silence(0.9), HangUp()))
WHOLE = Caller(
    "whole",
    "asks, thanks and says goodbye",
    (Wait(), Say("Where is my order, please tell me?"), Wait(), Say("No thanks, goodbye."), WaitForEnd(40)),
)
SETTLE_S = 3.0


async def main() -> None:
    """Run what the command line asks for and print a line a step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=200, help="one after another")
    parser.add_argument("--at-once", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    wish = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        async with _server(data) as server:
            await _one_after_another(server, data, wish.calls)
            await _at_once(server, data, wish.at_once, wish.rounds)
            await asyncio.sleep(SETTLE_S)
            print(f"at rest {_weight(data)} {await _counted(server)}")
        _replay(data / "journals")


@asynccontextmanager
async def _server(data: Path) -> AsyncIterator[Target]:
    os.environ.update({"FRONTLINE_REHEARSAL_OPTIONS": STAND_IN, "FRONTLINE_CALLS_PER_CALLER": "100"})
    async with target(load({"FRONTLINE_DATA": str(data)}, None), None, print) as server:
        yield server


async def _one_after_another(server: Target, data: Path, calls: int) -> None:
    prepared = await asyncio.to_thread(prepare_with, SHORT, "tones")
    bad = 0
    for number in range(1, calls + 1):
        report = await _place(server, prepared)
        bad += report.figures.first_sound_ms is None or bool(report.violations)
        if number in (10, 50, 100, calls):
            print(f"{number} one after another, {bad} bad: {_weight(data)}")


async def _at_once(server: Target, data: Path, calls: int, rounds: int) -> None:
    prepared = await asyncio.to_thread(prepare_with, WHOLE, "tones")
    for number in range(1, rounds + 1):
        reports = await asyncio.gather(*(_place(server, prepared) for _ in range(calls)))
        good = sum(report.ok for report in reports)
        underruns = sum(report.figures.underruns for report in reports)
        print(f"{calls} at once, round {number}: {good} good, {underruns} underruns: {_weight(data)}")


async def _place(server: Target, prepared: Prepared) -> CallReport:
    return await rehearse(
        server.base_url,
        server.public_url,
        server.auth_token,
        prepared,
        record_to=None,
        rest=server.rest,
        to="+12025550199",
        from_=CALLER_NUMBER,
    )


def _weight(data: Path) -> str:
    """Memory, descriptors and threads of the server, by the note it left."""
    pid = _pid(data)
    rows = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    rss_mb = next(int(row.split()[1]) for row in rows if row.startswith("VmRSS")) / 1024
    threads = len(list(Path(f"/proc/{pid}/task").iterdir()))
    descriptors = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    return f"{rss_mb:.1f} MB, {descriptors} descriptors, {threads} threads"


def _pid(data: Path) -> int:
    (note,) = data.glob("rehearsal-*.json")
    return int(json.loads(note.read_text(encoding="utf-8"))["pid"])


async def _counted(server: Target) -> str:
    async with httpx2.AsyncClient(timeout=5.0) as client:
        rows = (await client.get(f"{server.base_url}/metrics")).text.splitlines()
    return " ".join(row for row in rows if row.startswith(("frontline_calls_now", "frontline_calls_ended_total")))


def _replay(journals: Path) -> None:
    steps = differences = 0
    paths = sorted(journals.glob("*.jsonl"))
    for path in paths:
        read, differ = replay(path)
        steps += read
        differences += len(differ)
    print(f"{len(paths)} journals replayed: {steps} steps, {differences} differ")


if __name__ == "__main__":
    asyncio.run(main())
