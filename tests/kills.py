"""Kills a process that writes calls, at moments chosen by chance, and looks at what another makes of what it left.

    python -m tests.kills --times 20 --seed 7 [--database postgresql]

Each time: a child takes calls by script (its journals and its records are those of the app), is killed with
SIGKILL, and a second process sweeps. Every call must have its end; all that was said more than a second before the kill
must be there, and nothing twice.
"""

import argparse
import asyncio
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from app.call.commands import RecordEnd, RecordTurn
from app.store.calls import call, latest, turns_of
from app.store.database import Database
from app.store.entries import row_id
from app.store.journal import JournalFolder
from app.store.processes import Roll, this_process
from app.store.recorded import recorded
from app.store.sweeper import RETURN_S, SCAN_EVERY_S, Sweeper
from app.store.writer import RecordWriter
from tests import postgres
from tests.fakes import Clock
from tests.scripted import Scripted, steps_of, written

FLUSHED_S = 1.0  # what is older than this when a process is killed is in its journals
STEP_S = 0.004
CALLS_EVERY_S = 0.08
SWEEPS = 5  # the first learn who is dead, and one closes two hundred calls at most
LONGEST_S = 60.0  # a child ends by itself


# ---- the child


async def take_calls(folder: Path, url: str) -> None:
    """Take calls until killed, and tell each turn when it is over."""
    database, me = Database(url), this_process()
    journals = JournalFolder(folder)
    writer = RecordWriter(database, process=me.id, journals=folder)
    await database.open()
    async with asyncio.timeout(LONGEST_S), asyncio.TaskGroup() as group:
        for work in (writer.run(), journals.run(), Roll(database, me).run()):
            group.create_task(work)
        for number in range(int(LONGEST_S / CALLS_EVERY_S)):
            group.create_task(_one(Scripted.begin(f"CA{number}", writer, journals, me.id), number))
            await asyncio.sleep(CALLS_EVERY_S)


async def _one(scripted: Scripted, number: int) -> None:
    for step in steps_of(scripted.call_sid, number):
        scripted.take([step])
        for command in step[1]:
            if isinstance(command, RecordTurn):
                print(time.monotonic(), scripted.call_sid, command.number, flush=True)
        await asyncio.sleep(STEP_S)


# ---- the kill


@dataclass(frozen=True, slots=True)
class Killed:
    """What the child had told: the call and number of each turn, and how long before the kill."""

    turns: tuple[tuple[str, int, float], ...]


def kill(folder: Path, url: str, after_s: float) -> Killed:
    """Start a child, and kill it so long after its first turn."""
    command = [sys.executable, "-m", "tests.kills", "--child", str(folder), url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as child:
        assert child.stdout is not None
        lines = [child.stdout.readline()]
        time.sleep(after_s)
        child.kill()
        killed_at = time.monotonic()
        lines += child.stdout.read().splitlines()
    told = [line.split() for line in lines if line.count(" ") == 2]
    return Killed(tuple((sid, int(number), killed_at - float(at)) for at, sid, number in told))


async def sweep(folder: Path, database: Database) -> None:
    """A second process closes what is left, as time passes."""
    clock, me = Clock(), this_process()
    journals, roll = JournalFolder(folder), Roll(database, me, clock=clock)
    writer = RecordWriter(database, pause=lambda _: asyncio.sleep(0), process=me.id, journals=folder)
    later = time.time() + 2 * RETURN_S
    sweeper = Sweeper(journals, database, writer, roll, clock=clock, wall=lambda: later)
    writing = asyncio.create_task(writer.run())
    for _ in range(SWEEPS):
        await roll.beat()
        await sweeper.sweep()
        assert await writer.drain(60)
        await journals.flush()
        clock.now += max(RETURN_S, SCAN_EVERY_S) / 2
    writing.cancel()
    with suppress(asyncio.CancelledError):
        await writing


async def wrong(folder: Path, database: Database, killed: Killed) -> list[str]:
    """What is not as it should be, a line each."""
    problems = []
    rows = {row.start.call_sid: row for row in await latest(database, 10_000)}
    for call_sid, row in rows.items():
        there = await written(database, call_sid)
        journal = await asyncio.to_thread(recorded, folder, call_sid)
        if row.end is None or sum(isinstance(record, RecordEnd) for record in there) != 1:
            problems.append(f"{call_sid} has no end")
        # By their ids: a turn that was in the database already, and not yet in the journal, stays as it was said.
        lost = {row_id(call_sid, record) for record in journal} - {row_id(call_sid, record) for record in there}
        if lost:
            problems.append(f"{call_sid}: its journal has {len(lost)} records more")
        numbers = [turn.number for turn in await turns_of(database, call_sid)]
        if len(numbers) != len(set(numbers)):
            problems.append(f"{call_sid} has a turn twice: {numbers}")
    for call_sid, number, before_s in killed.turns:
        if before_s < FLUSHED_S:
            continue
        if call_sid not in rows or number not in {turn.number for turn in await turns_of(database, call_sid)}:
            problems.append(f"{call_sid}: turn {number} of {before_s:.2f} s before the kill is lost")
    return problems


@dataclass(frozen=True, slots=True)
class Outcome:
    """One kill: the calls there are, those it cut, and what was wrong."""

    calls: int
    cut: int
    turns: int
    problems: list[str]


async def once(folder: Path, url: str, after_s: float) -> Outcome:
    """Kill, sweep and compare."""
    killed = await asyncio.to_thread(kill, folder, url, after_s)
    database = Database(url)
    await database.open()
    cut = 0
    for row in await latest(database, 10_000):
        found = await call(database, row.start.call_sid)
        cut += found is None or found.end is None
    await sweep(folder, database)
    problems = await wrong(folder, database, killed)
    calls = len(await latest(database, 10_000))
    await database.close()
    return Outcome(calls, cut, len(killed.turns), problems)


@asynccontextmanager
async def _urls(kind: str, folder: Path, times: int) -> AsyncIterator[Sequence[str]]:
    if kind == "sqlite":
        yield [f"sqlite+aiosqlite:///{folder / f'records-{number}.db'}" for number in range(times)]
        return
    with postgres.running() as server:
        yield [server.database(f"kills_{number}") for number in range(times)]


async def main(kind: str, times: int, seed: int) -> bool:
    chance, well = random.Random(seed), True
    with tempfile.TemporaryDirectory() as name:
        async with _urls(kind, Path(name), times) as urls:
            for number, url in enumerate(urls):
                after_s = chance.uniform(0.0, 4.0)
                outcome = await once(Path(name) / f"journals-{number}", url, after_s)
                well = well and not outcome.problems
                told = f"{outcome.calls} calls, {outcome.cut} without an end then, {outcome.turns} turns told"
                print(f"kill {number + 1:2} after {after_s:.2f} s: {told}; {len(outcome.problems)} wrong", flush=True)
                for problem in outcome.problems[:20]:
                    print(f"    {problem}")
    return well


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--child", nargs=2, metavar=("FOLDER", "URL"))
    asked = parser.parse_args()
    if asked.child:
        asyncio.run(take_calls(Path(asked.child[0]), asked.child[1]))
    else:
        raise SystemExit(not asyncio.run(main(asked.database, asked.times, asked.seed)))
