"""The journal of a call: every event and command, its sound apart, as JSON lines, written beside the media path.

A run of the caller's sound is one line (``n`` frames of ``ms``); other sound is kept as its length. Times
are the machine's own ``now``, unrounded, so that a replay decides exactly as the call did.
"""

import asyncio
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import orjson
import structlog

from app.audio.pcm import PHONE_RATE, Audio, silence
from app.call import commands as command_module
from app.call import events as event_module
from app.call.commands import Command, Listen
from app.call.events import CallerAudio, Event
from app.call.machine import Call
from app.call.rules import Rules

log = structlog.get_logger(__name__)

FLUSH_EVERY_S = 0.25
VERSION = 1

EVENTS: dict[str, type] = {cls.__name__: cls for cls in typing.get_args(event_module.Event)}
COMMANDS: dict[str, type] = {cls.__name__: cls for cls in typing.get_args(command_module.Command)}

_Entry = tuple[Event, list[Command], float]


def plain(value: object) -> object:
    """A field's value as JSON can hold it; sound becomes its length."""
    if isinstance(value, Audio):
        return {"ms": value.ms, "rate": value.rate}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    return value


def line_of(kind: str, item: object, now: float) -> dict[str, object]:
    """One line: ``kind`` is ``e`` for an event, ``c`` for a command."""
    line: dict[str, object] = {"t": now, kind: type(item).__name__}
    for each in fields(item):  # type: ignore[arg-type]
        line[each.name] = plain(getattr(item, each.name))
    return line


@dataclass(slots=True)
class CallJournal:
    """The journal of one call. ``wrote`` only remembers; lines are made and written by the folder's task."""

    path: Path
    _entries: list[_Entry] = field(default_factory=list)
    _head: bytes = b""
    closed: bool = False

    def wrote(self, event: Event, commands: list[Command], now: float) -> None:
        """Remember one step of the call."""
        self._entries.append((event, commands, now))

    def close(self) -> None:
        """No more will come."""
        self.closed = True

    def take(self) -> "Batch":
        """What is to be written now; taken on the event loop, made into lines elsewhere."""
        batch = Batch(self.path, self._head, self._entries, self.closed)
        self._entries, self._head = [], b""
        return batch


@dataclass(frozen=True, slots=True)
class Batch:
    """A stretch of one journal on its way to its file."""

    path: Path
    head: bytes
    entries: list[_Entry]
    last: bool

    def lines(self) -> bytes:
        """The stretch as JSON lines."""
        return self.head + b"".join(orjson.dumps(line) + b"\n" for line in _lines(self.entries))


def _lines(entries: list[_Entry]) -> Iterator[dict[str, object]]:
    run: dict[str, object] | None = None
    for event, commands, now in entries:
        if isinstance(event, CallerAudio) and all(isinstance(command, Listen) for command in commands):
            run = yield from _joined(run, event, now)
            continue
        if run is not None:
            yield run
            run = None
        yield line_of("e", event, now)
        for command in commands:
            yield line_of("c", command, now)
    if run is not None:
        yield run


def _joined(
    run: dict[str, object] | None, event: CallerAudio, now: float
) -> typing.Generator[dict[str, object], None, dict[str, object]]:
    ms = event.audio.ms
    if run is not None and run["ms"] == ms:
        run["n"] = typing.cast(int, run["n"]) + 1
        return run
    if run is not None:
        yield run
    return {"t": now, "e": "CallerAudio", "n": 1, "ms": ms}


class JournalFolder:
    """The folder of all journals, and the one task that writes them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._open: list[CallJournal] = []
        self._files: dict[Path, BinaryIO] = {}

    def open(self, call_sid: str, rules: Rules) -> CallJournal:
        """Begin the journal of a call."""
        head: dict[str, object] = {"journal": VERSION, "call_sid": call_sid, "at": datetime.now(UTC).isoformat()}
        head["rules"] = {each.name: plain(getattr(rules, each.name)) for each in fields(rules)}
        journal = CallJournal(self.folder / f"{call_sid}.jsonl", _head=orjson.dumps(head) + b"\n")
        self._open.append(journal)
        return journal

    async def run(self) -> None:
        """Write what waits, several times a second, until cancelled; then once more."""
        await asyncio.to_thread(self.folder.mkdir, parents=True, exist_ok=True)
        try:
            while True:
                await asyncio.sleep(FLUSH_EVERY_S)
                await self.flush()
        finally:
            self._write(self._taken())

    async def flush(self) -> None:
        """Write everything remembered so far."""
        batches = self._taken()
        if batches:
            await asyncio.to_thread(self._write, batches)

    def _taken(self) -> list[Batch]:
        batches = [journal.take() for journal in self._open]
        self._open = [journal for journal in self._open if not journal.closed]
        return batches

    def _write(self, batches: list[Batch]) -> None:
        for batch in batches:
            try:
                self._append(batch)
            except OSError as error:
                log.error(
                    "journal not written", file=batch.path.name, error=str(error), next="look at the disk of data/"
                )

    def _append(self, batch: Batch) -> None:
        data = batch.lines()
        file = self._files.get(batch.path)
        if data and file is None:
            file = self._files[batch.path] = batch.path.open("ab", buffering=0)
        if file is not None and data:
            file.write(data)
        if batch.last and file is not None:
            del self._files[batch.path]
            file.close()


# ---- reading and replaying


@dataclass(frozen=True, slots=True)
class Step:
    """One event of a journal and the commands it led to, as they were written."""

    at: float
    event: dict[str, object]
    commands: tuple[dict[str, object], ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """A step at which a new machine decides otherwise."""

    at: float
    event: str
    journaled: tuple[dict[str, object], ...]
    replayed: tuple[dict[str, object], ...]


def read(path: Path) -> tuple[dict[str, object], list[Step]]:
    """A journal's head and its steps. A last line cut short by a crash is left out."""
    head: dict[str, object] = {}
    steps: list[tuple[dict[str, object], list[dict[str, object]]]] = []
    for raw in path.read_bytes().splitlines():
        try:
            line = orjson.loads(raw)
        except orjson.JSONDecodeError:
            break
        if "journal" in line:
            head = line
        elif "e" in line:
            steps.append((line, []))
        else:
            steps[-1][1].append(line)
    return head, [Step(_float(event["t"]), event, tuple(commands)) for event, commands in steps]


def replay(path: Path) -> tuple[int, list[Difference]]:
    """Feed a journal to a new machine: the number of steps, and where its commands differ."""
    head, steps = read(path)
    call = Call(rules_from(typing.cast("dict[str, object]", head["rules"])))
    differences = []
    for step in steps:
        replayed = _replayed(call, step)
        if replayed != step.commands:
            differences.append(Difference(step.at, str(step.event["e"]), step.commands, replayed))
    return len(steps), differences


def _replayed(call: Call, step: Step) -> tuple[dict[str, object], ...]:
    if step.event["e"] == "CallerAudio" and "n" in step.event:
        frame = silence(round(_float(step.event["ms"])), PHONE_RATE)
        for _ in range(int(_float(step.event["n"]))):
            call.handle(CallerAudio(frame), step.at)
        return ()
    commands = call.handle(event_from(step.event), step.at)
    return tuple(orjson.loads(orjson.dumps(line_of("c", command, step.at))) for command in commands)


def event_from(line: Mapping[str, object]) -> Event:
    """The event that a line holds; its sound is silence of the same length."""
    cls = EVENTS[str(line["e"])]
    hints = typing.get_type_hints(cls)
    return typing.cast(Event, cls(**{name: _value(hint, line[name]) for name, hint in hints.items() if name in line}))


def rules_from(head: Mapping[str, object]) -> Rules:
    """The rules at the head of a journal."""
    hints = typing.get_type_hints(Rules)
    return Rules(**{name: _value(hint, head[name]) for name, hint in hints.items() if name in head})  # type: ignore[arg-type]


def _value(hint: object, value: object) -> object:
    if hint is Audio:
        sound = typing.cast("dict[str, float]", value)
        rate = int(sound["rate"])
        return Audio(bytes(round(sound["ms"] * rate / 1000) * 2), rate)
    if typing.get_origin(hint) is tuple:
        return tuple(typing.cast("list[object]", value))
    if isinstance(value, dict):
        return types.MappingProxyType(value)
    return value


def _float(value: object) -> float:
    return float(typing.cast(float, value))
