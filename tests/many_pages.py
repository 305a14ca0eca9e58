"""A hundred thousand calls of no one, and how long the console's pages take to show them.

    python -m tests.many_pages --calls 100000 [--database postgresql]

Prints the median, the 95th percentile and the slowest of each page, asked one after the other, and the median of what
the processor had to do for it, which a busy machine does not change. Reports whose figures have to be made first come
without them: how long they take to follow is a row of its own.
"""

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlencode
from uuid import uuid4

from app.store.database import Database
from app.toolkit.loader import load_tools
from tests.console.site import Site, site
from tests.many_calls import COMMON, LINES, MOST_MS, Company, fill, opened, percentile

MADE_LATER = "the first figures of reports"  # behind a page that is there at once


def addresses(chance: random.Random, words: list[str], calls: int) -> Iterator[tuple[str, str]]:
    """The pages that people look at, each with something else on it."""
    listed = {
        "the newest calls": {},
        "a line's calls": {"line": chance.choice(LINES)},
        "calls by end": {"disposition": chance.choice(("failed", "silent", "completed"))},
        "calls with a flag": {"flag": "no_answer"},
        "calls with a word": {"words": words[chance.randint(20, 2_000)]},
        "calls with a common word": {"words": chance.choice(COMMON)},
        "calls of a line with a word": {"line": chance.choice(LINES), "words": chance.choice(COMMON)},
    }
    for name, wish in listed.items():
        yield name, f"/console/calls?{urlencode(wish)}"
    yield "a call", f"/console/calls/CA{chance.randint(0, calls - 1):032d}"
    yield "reports of a month", "/console/reports?since=30d"
    yield "reports of a line", f"/console/reports?since=7d&line={chance.choice(LINES)}"
    yield "alerts", "/console/reports/alerts"
    yield "calls with a long wait", "/console/calls?gap=6"
    yield "dear calls", "/console/calls?cost=0.6"
    yield "reports of two versions", f"/console/reports?since=30d&version={0:08x}&against={1:08x}"
    yield "lines", "/console/lines"
    yield "a line", f"/console/lines/{chance.choice(LINES)}"
    yield "tools", "/console/tools"
    yield "a tool", f"/console/tools/{chance.choice(('look_up_order', 'track_parcel'))}"
    yield "now", "/console/now"
    yield "audit", "/console/audit"


@dataclass(slots=True)
class Took:
    """Milliseconds of one page, by the clock and of the processor."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def shown(self, name: str) -> str:
        p50, p95 = statistics.median(self.wall), percentile(self.wall, 95)
        return f"{p50:7.1f} {p95:7.1f} {max(self.wall):7.1f} ms  CPU {statistics.median(self.cpu):6.1f} ms  {name}"


async def measured(here: Site, rounds: int, calls: int) -> dict[str, Took]:
    """What each page took, by its name."""
    chance, words = random.Random(11), Company().words
    took: dict[str, Took] = {}
    for _ in range(rounds):
        for name, address in addresses(chance, words, calls):
            answer = await timed(here, took.setdefault(name, Took()), address)
            if "hx-get" in answer and "/console/reports" in address:
                await timed(here, took.setdefault(MADE_LATER, Took()), address, part=True)
    return took


async def timed(here: Site, took: Took, address: str, *, part: bool = False) -> str:
    began, worked = time.perf_counter(), time.process_time()
    answer = await here.open(address, **({"HX-Request": "true"} if part else {}))
    took.wall.append((time.perf_counter() - began) * 1000)
    took.cpu.append((time.process_time() - worked) * 1000)
    assert answer.status_code == 200, (address, answer.status_code)
    return answer.text


async def asked_of(database: Database, folder: Path, rounds: int, calls: int) -> dict[str, Took]:
    tools, _ = load_tools(Path("tools"), {"FRONTLINE_DATA": str(folder)})
    lines = SimpleNamespace(all=dict, states=list, tools=lambda: tools, mistakes=tuple)
    async with site(database, folder, lines=lines) as here:
        await here.sign_in(f"Ana {uuid4()}")
        return await measured(here, rounds, calls)


async def main(kind: str, many: int, rounds: int, kept: str) -> bool:
    with nullcontext(kept) if kept else tempfile.TemporaryDirectory() as folder:
        async with opened(kind, Path(folder)) as database:
            await fill(database, many)
            took = await asked_of(database, Path(folder) / "data", rounds, many)
    for name, one in took.items():
        print(one.shown(name))
    every = [value for name, one in took.items() if name != MADE_LATER for value in one.wall]
    print(f"p50 {statistics.median(every):.1f} ms, p95 {percentile(every, 95):.1f} ms, slowest {max(every):.1f} ms")
    return percentile(every, 95) <= MOST_MS


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--keep", default="", metavar="FOLDER", help="leave SQLite's file there, and go on with it")
    asked = parser.parse_args()
    raise SystemExit(not asyncio.run(main(asked.database, asked.calls, asked.rounds, asked.keep)))
