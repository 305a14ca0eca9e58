"""Troubles a drill makes while a tool runs: the tool's database is held so that it fails, or the session is lost."""

import asyncio
import contextlib
import itertools
import json
import sqlite3
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import httpx2

LOOK_EVERY_S = 0.05
LONGEST_S = 120.0  # for the tool to be called
HELD_S = 20.0  # at most, for the tool to give up
LOST_BEFORE_S = 0.4  # between the loss of the session and the tool's end

Kind = Literal["tool fails", "session lost"]


@dataclass(frozen=True, slots=True)
class Trouble:
    """What goes wrong as ``tool`` runs. ``file``: its database, held meanwhile. ``confirms``: it is read back first."""

    kind: Kind
    tool: str
    file: str | None = None
    confirms: bool = True


@dataclass(frozen=True, slots=True)
class Uses:
    """How often a tool was called in the calls that are watched, and how each use ended."""

    called: int
    ended: tuple[str, ...]


class Journals:
    """The journals of calls that begin from now on."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._old = set(folder.glob("*.jsonl"))

    def uses(self, tool: str) -> Uses:
        """What they say of a tool so far."""
        lines = [line for path in set(self._folder.glob("*.jsonl")) - self._old for line in _lines(path)]
        named = [line for line in lines if line.get("name") == tool]
        ended = tuple(str(line["status"]) for line in named if line.get("c") == "RecordTool")
        return Uses(sum(line.get("e") == "ToolCalled" for line in named), ended)


def _lines(path: Path) -> list[dict[str, object]]:
    """The whole lines of a journal that is being written."""
    data = path.read_bytes()
    whole = data[: data.rfind(b"\n") + 1].splitlines()
    return [line for raw in whole if isinstance(line := json.loads(raw), dict)]


async def disturb(trouble: Trouble, data: Path, live: Path) -> str:
    """Make the trouble for the next call; says what was done. ``live``: the ready line of the Live API's stand-in."""
    journals = Journals(data / "journals")
    if trouble.confirms:
        await _until(lambda: "confirm" in journals.uses(trouble.tool).ended, LONGEST_S)
    before = len(journals.uses(trouble.tool).ended)
    async with held(data / trouble.file if trouble.file else None):
        await _until(lambda: journals.uses(trouble.tool).called > before, LONGEST_S)
        if trouble.kind == "session lost":
            await lose_sessions(live)
            await asyncio.sleep(LOST_BEFORE_S)
            return f"session lost while {trouble.tool} ran"
        await _until(lambda: len(journals.uses(trouble.tool).ended) > before, HELD_S)
    return f"{trouble.tool} ended with {journals.uses(trouble.tool).ended[before]}"


async def lose_sessions(live: Path) -> None:
    """Have the Live API's stand-in close every session."""
    about = json.loads(await asyncio.to_thread(live.read_text, encoding="utf-8"))
    trusted = ssl.create_default_context(cafile=about["ca_file"])
    ask = json.dumps({"close": 1011, "reason": "Internal error encountered."})
    async with httpx2.AsyncClient(verify=trusted, trust_env=False) as client:
        answered = await client.post(f"https://127.0.0.1:{about['port']}/control", params={"ask": ask})
        answered.raise_for_status()


@contextlib.asynccontextmanager
async def held(file: Path | None) -> AsyncIterator[None]:
    """Hold a SQLite database, so that nobody else reads or writes it."""
    if file is None:
        yield
        return
    database = await asyncio.to_thread(_lock, file)
    try:
        yield
    finally:
        database.close()  # takes the lock away


def _lock(file: Path) -> sqlite3.Connection:
    database = sqlite3.connect(file, timeout=5.0, isolation_level=None, check_same_thread=False)
    database.execute("BEGIN EXCLUSIVE")
    return database


async def _until(true: Callable[[], bool], at_most_s: float) -> None:
    """Wait for something in the journals. Raises TimeoutError."""
    async with asyncio.timeout(at_most_s):
        for _ in itertools.count():
            if await asyncio.to_thread(true):
                return
            await asyncio.sleep(LOOK_EVERY_S)
