"""A hundred thousand calls of no one, and how long the console's pages take to show them.

    python -m tests.many_pages --calls 100000 [--database postgresql]

Prints the median, the 95th percentile and the slowest of each page, asked one after the other.
"""

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from urllib.parse import urlencode
from uuid import uuid4

from app.store.database import Database
from tests.console.site import Site, site
from tests.many_calls import COMMON, LINES, MOST_MS, Company, fill, opened, percentile


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
    yield "now", "/console/now"
    yield "audit", "/console/audit"


async def measured(here: Site, rounds: int, calls: int) -> dict[str, list[float]]:
    """Milliseconds by page."""
    chance, words = random.Random(11), Company().words
    took: dict[str, list[float]] = {}
    for _ in range(rounds):
        for name, address in addresses(chance, words, calls):
            began = time.perf_counter()
            answer = await here.open(address)
            took.setdefault(name, []).append((time.perf_counter() - began) * 1000)
            assert answer.status_code == 200, (address, answer.status_code)
    return took


async def asked_of(database: Database, folder: Path, rounds: int, calls: int) -> dict[str, list[float]]:
    async with site(database, folder) as here:
        await here.sign_in(f"Ana {uuid4()}")
        return await measured(here, rounds, calls)


async def main(kind: str, many: int, rounds: int, kept: str) -> bool:
    with nullcontext(kept) if kept else tempfile.TemporaryDirectory() as folder:
        async with opened(kind, Path(folder)) as database:
            await fill(database, many)
            took = await asked_of(database, Path(folder) / "data", rounds, many)
    for name, values in took.items():
        line = f"{statistics.median(values):7.1f} {percentile(values, 95):7.1f} {max(values):7.1f} ms"
        print(f"{line}  {name}")
    every = [value for values in took.values() for value in values]
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
