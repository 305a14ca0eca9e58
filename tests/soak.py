"""Many calls against one server for minutes on end: does anything of them stay behind? `make soak` runs it.

Rolling calls of about ten seconds, with the sessions of all renewed once a minute; or with ``--long`` one call that
goes on all the while. The server's memory, descriptors, threads and tasks are looked at every few seconds; at the
end everything must be back where it was. The Live stand-in hears from a script and speaks in tones, so that the house
itself is what is measured. Ends with 1 where a figure is missed.
"""

import argparse
import asyncio
import itertools
import json
import os
import ssl
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

from app.calling import Target, target
from app.rehearsal.callers import Caller, HangUp, Say, Silence, Wait, WaitForEnd
from app.rehearsal.prepared import Prepared, prepare_with
from app.rehearsal.report import CallReport, rehearse
from app.settings import load
from app.store.database import MORE
from app.store.journal import replay

STAND_IN = "--ears script --voice tones --script 'Where is my order 1047?|No thank you, goodbye.'"
ASKS = Say("Where is my order, please tell me?")
SHORT = Caller(
    "short",
    "asks, hears the answer begin and hangs up",
    (Wait(finished_ms=300), Say("Where is my order?"), Silence(2.5), HangUp()),
)
LONGEST = Caller("longest", "talks on and on", (Wait(), *((ASKS, Wait(), Silence(2.0)) * 400), WaitForEnd(60)))
LOOK_EVERY_S = 5.0
RENEW_EVERY_S = 60.0
SETTLE_S = 40.0  # a stream that was lost is waited for
LOOKS_AT_REST = 8  # a second apart, of which the least counts: in one, a heartbeat may have the database in hand
MOST_GROWTH_MB = 3.0
DATABASE = "frontline.db"
A_DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Weight:
    """What the server has, at one time."""

    at: float
    rss_mb: float
    descriptors: int
    threads: int
    opened: Counter[str]
    tasks: int
    files: int

    @property
    def reserve(self) -> int:
        """Descriptors of the database that SQLite keeps for its next connection: those in use have a log, too."""
        return self.opened[DATABASE] - self.opened[f"{DATABASE}-wal"]


@dataclass
class Soak:
    """A soak going on: its server, its calls and its weights."""

    server: Target
    data: Path
    pid: int
    calls: int = 0
    lost: list[str] = field(default_factory=list)
    weights: list[Weight] = field(default_factory=list)

    async def weigh(self) -> Weight:
        """Look at the server."""
        return Weight(time.monotonic(), *_process(self.pid), await self._tasks(), _files(self.data / "tmp"))

    async def at_rest(self) -> Weight:
        """The least of several looks at a server without calls."""
        looks = []
        for _ in range(LOOKS_AT_REST):
            looks.append(await self.weigh())
            await asyncio.sleep(1.0)
        return min(looks, key=lambda look: (look.descriptors, look.tasks))

    async def _tasks(self) -> int:
        return int(float((await self.metrics("frontline_tasks "))[0].split()[1]))

    async def metrics(self, *beginnings: str) -> list[str]:
        """What the server counts, by the beginnings of the rows."""
        async with httpx2.AsyncClient(timeout=10.0, trust_env=False) as client:
            rows = (await client.get(f"{self.server.base_url}/metrics")).text.splitlines()
        return [row for row in rows if row.startswith(beginnings)]

    async def call(self, prepared: Prepared, number: int) -> None:
        """One call; what went wrong in it is noted."""
        report = await _place(self.server, prepared, number)
        self.calls += 1
        if not report.ok:
            self.lost.append(f"{report.call_sid}: {', '.join(report.problems)}"[:300])


async def main() -> int:
    """Run what the command line asks for; 0 when every figure is met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=8.0)
    parser.add_argument("--warm-up", type=float, default=2.0, help="minutes of these, before which memory may grow")
    parser.add_argument("--at-once", type=int, default=20)
    parser.add_argument("--calls", type=int, default=900, help="how many there must have been")
    parser.add_argument("--long", action="store_true", help="one call that goes on, an hour at most")
    wish = parser.parse_args()
    if wish.long:
        wish.at_once, wish.calls, wish.minutes = 1, 1, min(wish.minutes, 60.0)
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        async with _server(data) as server:
            soak = Soak(server, data, _pid(data))
            return await _run(soak, wish)


async def _run(soak: Soak, wish: argparse.Namespace) -> int:
    prepared = await asyncio.to_thread(prepare_with, LONGEST if wish.long else SHORT, "tones")
    # What the first calls load and open is no leak: the house at rest is one that has had as many as it can have.
    first = await asyncio.to_thread(prepare_with, SHORT, "tones")
    await asyncio.gather(*(soak.call(first, number) for number in range(wish.at_once)))
    await asyncio.sleep(SETTLE_S)
    rest, soak.calls = await soak.at_rest(), 0
    began, over = time.monotonic(), time.monotonic() + wish.minutes * 60
    async with asyncio.TaskGroup() as tasks:
        watching = [tasks.create_task(work) for work in (_look(soak), _renew(soak.data))]
        callers = [tasks.create_task(_caller(soak, prepared, number, over, wish)) for number in range(wish.at_once)]
        await asyncio.wait(callers)
        for task in watching:
            task.cancel()
    took_s = time.monotonic() - began
    await asyncio.sleep(SETTLE_S)
    print("\n".join(await soak.metrics("frontline_calls_offered_total", "frontline_loop_blocked_total")))
    return _judge(soak, rest, await soak.at_rest(), began + wish.warm_up * 60, took_s, wish.calls)


async def _caller(soak: Soak, prepared: Prepared, number: int, over: float, wish: argparse.Namespace) -> None:
    """One of the callers: they call again and again."""
    await asyncio.sleep(number * 0.5)
    while time.monotonic() < over:
        calling = soak.call(prepared, number)
        if not wish.long:
            await calling
            continue
        try:
            async with asyncio.timeout(over - time.monotonic()):
                await calling
        except TimeoutError:
            soak.calls += 1


async def _look(soak: Soak) -> None:
    for number in itertools.count():
        weight = await soak.weigh()
        soak.weights.append(weight)
        if number % 6 == 0:
            print(f"{soak.calls} calls, {len(soak.lost)} lost: {_told(weight)}", flush=True)
        await asyncio.sleep(LOOK_EVERY_S)


async def _renew(data: Path) -> None:
    """Once a minute the Live stand-in tells all its sessions to go elsewhere."""
    about = json.loads(_live(data).read_text(encoding="utf-8"))
    trusted = ssl.create_default_context(cafile=about["ca_file"])
    async with httpx2.AsyncClient(verify=trusted, trust_env=False, timeout=10.0) as client:
        while True:
            await asyncio.sleep(RENEW_EVERY_S)
            where = f"https://127.0.0.1:{about['port']}/control"
            (await client.post(where, params={"ask": json.dumps({"goaway_s": 5})})).raise_for_status()


def _judge(soak: Soak, rest: Weight, after: Weight, warm_at: float, took_s: float, wanted: int) -> int:
    """Hold the figures against what is promised, and say both."""
    warm = [weight for weight in soak.weights if weight.at >= warm_at]
    growth_mb, slope = _growth(warm)
    held = rest.descriptors - rest.reserve
    promises = (
        ("calls", f">= {wanted}", soak.calls, soak.calls >= wanted),
        ("calls lost", "0", len(soak.lost), not soak.lost),
        ("memory after the warm-up", f"<= {MOST_GROWTH_MB} MB", f"{growth_mb:+.2f} MB", growth_mb <= MOST_GROWTH_MB),
        ("tasks", f"{rest.tasks}", after.tasks, after.tasks <= rest.tasks),
        ("descriptors", f"{held}", after.descriptors - after.reserve, after.descriptors - after.reserve <= held),
        ("and SQLite's reserve of them", f"<= {MORE}", after.reserve, after.reserve <= MORE),
        ("temporary files", f"{rest.files}", after.files, after.files <= rest.files),
    )
    print(f"\n{took_s:.0f} s; at rest before: {_told(rest)}; after: {_told(after)}")
    for what, promised, measured, kept in promises:
        print(f"{what:28} {promised:12} {measured!s:12} {'pass' if kept else 'MISSED'}")
    if more := after.opened - rest.opened:
        print(f"opened since: {dict(more)}")
    for lost in soak.lost[:10]:
        print(f"lost {lost}")
    day_calls = soak.calls / took_s * A_DAY_S
    print(
        f"slope {slope * 3600:+.2f} MB an hour; a day at this pace: {day_calls:,.0f} calls, {slope * A_DAY_S:+.0f} MB"
    )
    _replay(soak.data / "journals")
    return 0 if all(held for *_, held in promises) else 1


def _growth(warm: list[Weight]) -> tuple[float, float]:
    """By how many MB the last quarter is above the first, and MB a second."""
    if len(warm) < 8:
        return 0.0, 0.0
    quarter = len(warm) // 4
    first = statistics.mean(weight.rss_mb for weight in warm[:quarter])
    last = statistics.mean(weight.rss_mb for weight in warm[-quarter:])
    line = statistics.linear_regression([weight.at for weight in warm], [weight.rss_mb for weight in warm])
    return last - first, line.slope


@asynccontextmanager
async def _server(data: Path) -> AsyncIterator[Target]:
    (data / "tmp").mkdir()
    told = {
        "FRONTLINE_REHEARSAL_OPTIONS": f"{STAND_IN} --ready-file {_live(data)}",
        "FRONTLINE_CALLS_PER_CALLER": "100",
        "FRONTLINE_CALLS_PER_CALLER_AN_HOUR": "10000",
        "FRONTLINE_LONGEST_CALL_S": "3600",
        "TMPDIR": str(data / "tmp"),
    }
    async with target(load({"FRONTLINE_DATA": str(data)}, None), None, print, {**os.environ, **told}) as server:
        yield server


async def _place(server: Target, prepared: Prepared, number: int) -> CallReport:
    return await rehearse(
        server.base_url,
        server.public_url,
        server.auth_token,
        prepared,
        record_to=None,
        rest=server.rest,
        to="+12025550199",
        from_=f"+1202555{100 + number:04d}",
    )


def _process(pid: int) -> tuple[float, int, int, Counter[str]]:
    """Memory in MB, descriptors, threads, and what the descriptors are of."""
    rows = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    rss_kb = next(int(row.split()[1]) for row in rows if row.startswith("VmRSS"))
    opened = Counter(_opened(Path(f"/proc/{pid}/fd")))
    return rss_kb / 1024, opened.total(), _files(Path(f"/proc/{pid}/task")), opened


def _opened(folder: Path) -> Iterator[str]:
    """Files by name; of sockets and pipes the kind."""
    for descriptor in folder.iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            name = str(descriptor.readlink())
            yield Path(name).name if name.startswith("/") else name.split(":", maxsplit=1)[0]


def _files(folder: Path) -> int:
    return sum(1 for _ in folder.iterdir())


def _told(weight: Weight) -> str:
    return (
        f"{weight.rss_mb:.1f} MB, {weight.descriptors} descriptors, {weight.threads} threads, {weight.tasks} tasks, "
        f"{weight.files} temporary files"
    )


def _live(data: Path) -> Path:
    """Where the Live stand-in says how it is asked."""
    return data / "live-ready.json"


def _pid(data: Path) -> int:
    """The server's, by the note it left."""
    (note,) = data.glob("rehearsal-*.json")
    return int(json.loads(note.read_text(encoding="utf-8"))["pid"])


def _replay(journals: Path) -> None:
    read = [replay(path) for path in sorted(journals.glob("*.jsonl"))]
    steps, differences = sum(steps for steps, _ in read), sum(len(differ) for _, differ in read)
    print(f"{len(read)} journals replayed: {steps} steps, {differences} differ")


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
