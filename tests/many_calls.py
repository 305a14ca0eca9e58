"""A hundred thousand calls of no one, and how long it takes to list and search them.

    python -m tests.many_calls --calls 100000 [--database postgresql]

Prints the median, the 95th percentile and the slowest of each kind of question.
"""

import argparse
import asyncio
import random
import statistics
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from time import perf_counter

from sqlalchemy import Table, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store.database import Database
from app.store.entries import row_id
from app.store.search import Key, Wanted, page
from app.store.tables import analyses, calls, flags, tags, tool_uses, turns
from tests import postgres

MOST_MS = 300.0
START = datetime.combine(datetime.now(UTC).date() - timedelta(days=24), time(), UTC)  # a hundred thousand calls take 23
LINES, LANGUAGES = ("store", "clinic", "bank", "device"), ("en-US", "es-ES", "fr-FR", "de-DE")
ENDS = ("completed", "caller_hung_up", "handed_off", "silent", "session_lost", "failed")
COMMON = ("order", "delivery", "please", "thank", "you", "where", "is", "my", "the", "tent", "refund", "number")
TURNS_EACH = 8
TABLES = (calls, turns, tool_uses, flags, tags, analyses)
BATCH = 1_000  # calls in one transaction


def vocabulary(chance: random.Random) -> list[str]:
    """Words as rare as words are: the n-th is said one n-th as often as the first."""
    letters = "abcdefghiklmnoprstuvw"
    made = {"".join(chance.choices(letters, k=chance.randint(3, 9))) for _ in range(20_000)}
    return [*COMMON, *sorted(made)]


class Company:
    """Makes calls, always the same ones."""

    def __init__(self, seed: int = 5) -> None:
        self.chance = random.Random(seed)
        self.words = vocabulary(self.chance)
        total = 0.0
        self.weights = [total := total + 1 / (n + 2) for n in range(len(self.words))]
        self.sentences = [self._sentence() for _ in range(50_000)]

    def _sentence(self) -> str:
        return " ".join(self.chance.choices(self.words, cum_weights=self.weights, k=self.chance.randint(3, 18)))

    def said(self) -> str:
        return self.chance.choice(self.sentences)

    def batch(self, first: int, n: int) -> dict[Table, list[dict[str, object]]]:
        rows: dict[Table, list[dict[str, object]]] = {table: [] for table in TABLES}
        for number in range(first, first + n):
            self._call(number, rows)
        return rows

    def _call(self, number: int, rows: dict[Table, list[dict[str, object]]]) -> None:
        chance, sid = self.chance, f"CA{number:032d}"
        at = START + timedelta(seconds=number * 20 + chance.random() * 60)
        end = chance.choices(ENDS, (60, 20, 10, 5, 3, 2))[0]
        about = {"line": chance.choice(LINES), "language": chance.choice(LANGUAGES), "called": "+12025550199"}
        told = {"disposition": end, "ended_by": chance.choice(("caller", "assistant", "house"))}
        numbers = {"duration_s": chance.expovariate(1 / 180), "barge_ins": 0, "sessions": 1, "tokens": {"total": 9}}
        numbers |= {"cost_usd": chance.expovariate(10), "longest_gap_ms": round(chance.expovariate(1 / 900))}
        caller = {"caller": f"+1202555{chance.randint(0, 9_999):04d}", "version": f"{chance.randint(0, 30):08x}"}
        rows[calls].append({"call_sid": sid, "started_at": at, **about, **told, **numbers, **caller, "problem": ""})
        for turn in range(1, chance.randint(2, 2 * TURNS_EACH - 2) + 1):
            side = "caller" if turn % 2 else "assistant"
            spoken = {"number": turn, "side": side, "heard": self.said(), "unheard": "", "interrupted": False}
            spoken["gap_ms"] = None if turn % 2 else round(chance.expovariate(1 / 900))
            row = {"id": row_id(sid, turn, str(turn)), "call_sid": sid, **spoken}
            rows[turns].append(row | {"started_s": turn * 4.0, "ended_s": turn * 4.0 + 3.0, "language": "en-US"})
        if chance.random() < 0.6:
            status = chance.choices(("ok", "error", "timeout"), (95, 4, 1))[0]
            use: dict[str, object] = {
                "model_id": "t",
                "name": chance.choice(("look_up_order", "track_parcel")),
                "args": {},
                "response": {},
            }
            row = {"id": row_id(sid, 0, "tool"), "call_sid": sid, **use}
            rows[tool_uses].append(row | {"status": status, "took_ms": 90, "at_s": 9.0, "level": "none", "key": ""})
        if chance.random() < 0.1:
            name = chance.choice(("no_answer", "unfounded_claim", "language_switched", "empty_turn"))
            row = {"id": row_id(sid, 0, "flag"), "call_sid": sid, "name": name, "at_s": 3.0}
            rows[flags].append(row | {"detail": ""})
        if chance.random() < 0.3:
            made: dict[str, object] = {name: [] for name in ("criteria", "follow_ups", "tags")}
            made |= {"summary": "", "reason": "", "resolution": "solved", "sentiment": "neutral", "tokens": {}}
            rows[analyses].append(made | {"call_sid": sid, "at": at, "model": "m", "score": chance.randint(20, 100)})
        if chance.random() < 0.02:
            rows[tags].append({"call_sid": sid, "tag": chance.choice(("vip", "lost")), "who": "ana", "at": START})


@asynccontextmanager
async def hurried(database: Database) -> AsyncIterator[AsyncConnection]:
    """A connection for much writing at once, which nobody has after it.

    The ids of turns come in no order: SQLite has to have their whole index at hand.
    """
    async with database.engine.connect() as connection:
        if database.is_sqlite:
            for wish in ("cache_size = -300000", "synchronous = OFF"):
                await connection.exec_driver_sql(f"PRAGMA {wish}")
        await connection.commit()
        yield connection
        await connection.invalidate()


async def fill(database: Database, many: int) -> None:
    """Write so many calls, or the rest of them."""
    company = Company()
    await database.open()
    async with hurried(database) as connection:
        there = (await connection.execute(select(func.count()).select_from(calls))).scalar_one()
        for first in range(0, many, BATCH):
            rows = company.batch(first, min(BATCH, many - first))
            if first < there:
                continue
            for table in TABLES:
                if rows[table]:
                    await connection.execute(insert(table), rows[table])
            await connection.commit()
    async with database.engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("ANALYZE"))


def questions(chance: random.Random, words: Sequence[str]) -> Iterator[tuple[str, Wanted]]:
    """What people look for, each with something else in it."""
    week = START + timedelta(days=chance.randint(0, 20))
    yield "the newest", Wanted()
    yield "a line", Wanted(line=chance.choice(LINES))
    yield "a language and an end", Wanted(language="de", disposition=chance.choice(ENDS))
    yield "who ended it, long", Wanted(ended_by="house", longer_s=600.0)
    yield "a version", Wanted(version=f"{chance.randint(0, 30):08x}")
    yield "a week of a line", Wanted(line=chance.choice(LINES), since=week, until=week + timedelta(days=7))
    yield "a flag", Wanted(flag="unfounded_claim")
    yield "a wait", Wanted(gap_ms=chance.choice((3_000, 6_000, 9_000)))
    yield "a wait of a line in a week", Wanted(gap_ms=5_000, line="bank", since=week, until=week + timedelta(days=7))
    yield "a cost", Wanted(dearer_usd=0.6)
    yield "a bad score", Wanted(score_below=25)
    yield "a silent turn", Wanted(silent=True)
    yield "a tag", Wanted(tag="vip")
    yield "tool errors of a line", Wanted(line=chance.choice(LINES), tool_errors=True)
    yield "a number", Wanted(caller=f"+1202555{chance.randint(0, 9_999):04d}")
    yield "a common word", Wanted(words=chance.choice(COMMON))
    yield "a word", Wanted(words=words[chance.randint(20, 2_000)])
    yield "a rare word", Wanted(words=words[chance.randint(5_000, 20_000)])
    yield "two words", Wanted(words=f"{chance.choice(COMMON)} {words[chance.randint(20, 500)]}")
    yield "two common words", Wanted(words=" ".join(chance.sample(COMMON, 2)))
    yield "side by side", Wanted(words=f'"{chance.choice(COMMON)} {chance.choice(COMMON)}"')
    yield "a beginning", Wanted(words=f"{words[chance.randint(20, 2_000)][:3]}*")
    common = Wanted(words=chance.choice(COMMON))
    yield "a common word in failed calls of a line", replace(common, line="bank", disposition="failed")
    yield "a common word under a flag", replace(common, flag="no_answer")
    yield "a word nobody said", Wanted(words="xylophonist")


async def measured(database: Database, rounds: int) -> dict[str, list[float]]:
    """Milliseconds by question; every second time a page further down."""
    chance = random.Random(11)
    words = Company().words
    took: dict[str, list[float]] = {}
    for number in range(rounds):
        for name, wanted in questions(chance, words):
            deep = START + timedelta(days=chance.randint(1, 20))
            began = perf_counter()
            await page(database, wanted, 50, Key(deep, "") if number % 2 else None)
            took.setdefault(name, []).append((perf_counter() - began) * 1000)
    return took


def percentile(values: Sequence[float], percent: int) -> float:
    return sorted(values)[min(len(values) - 1, len(values) * percent // 100)]


@asynccontextmanager
async def opened(kind: str, folder: Path) -> AsyncIterator[Database]:
    """An empty database in this folder, or on a server that is gone afterwards."""
    if kind == "sqlite":
        database = Database(f"sqlite+aiosqlite:///{folder / 'many.db'}")
        yield database
        await database.close()
        return
    with postgres.running() as server, server.schema() as url:
        database = Database(url)
        yield database
        await database.close()


async def main(kind: str, many: int, rounds: int, kept: str) -> bool:
    with nullcontext(kept) if kept else tempfile.TemporaryDirectory() as folder:
        async with opened(kind, Path(folder)) as database:
            began = perf_counter()
            await fill(database, many)
            print(f"{kind}: {many} calls written in {perf_counter() - began:.0f} s")
            took = await measured(database, rounds)
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
