"""The journal of a call: every event and command, its sound apart, as JSON lines, written beside the media path.

A run of the caller's sound is one line (``n`` frames of ``ms``); other sound is kept as its length. Times
are the machine's own ``now``, unrounded, so that a replay decides exactly as the call did. What must not be kept is
hidden letter by letter, and a replay compares but for that.
"""

import asyncio
import json
import time
import types
import typing
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

import structlog

from app.audio.pcm import BYTES_PER_SAMPLE, PHONE_RATE, Audio
from app.call.commands import Command
from app.call.events import CallerAudio, Event, Transcribed
from app.call.image import Image
from app.call.machine import Call
from app.call.rules import Rules
from app.redaction.hiding import HIDES, Hiding
from app.redaction.spans import alike
from app.store.disk import RETRY_S, Disk
from app.store.journal_lines import COMMANDS, EVENTS, Entry, dumped, fields_of, line_of, lines_of, plain

log = structlog.get_logger(__name__)

FLUSH_EVERY_S = 0.25
REST_S = 0.002  # between two calls' lines: what holds Python's lock for longer keeps callers' sound waiting
MOST_ENTRIES = 6_000  # steps of one call that wait for a disk that does not answer: a minute and a half
VERSION = 1
BESIDE = ("known_by",)  # what the journal says of a command, and the machine does not

NOTHING: Mapping[str, object] = types.MappingProxyType({})


@dataclass(slots=True)
class CallJournal:
    """The journal of one call. ``wrote`` only remembers; lines are made and written by the folder's task."""

    path: Path
    _entries: list[Entry] = field(default_factory=list)
    _head: bytes = b""
    _hiding: Hiding | None = None
    closed: bool = False

    def wrote(self, event: Event, commands: list[Command], now: float) -> None:
        """Remember one step of the call."""
        if len(self._entries) < MOST_ENTRIES:
            self._entries.append((event, commands, now))
        elif not self.closed:
            self.closed = True  # what came after the gap would mislead
            log.error(
                "journal cut", file=self.path.name, why="the disk does not answer", next="look at the disk of data/"
            )

    def close(self) -> None:
        """No more will come."""
        self.closed = True

    def take(self) -> "Batch":
        """What is to be written now; taken on the event loop, made into lines elsewhere."""
        batch = Batch(self.path, self._head, self._entries, self.closed, self._hiding)
        self._entries, self._head = [], b""
        return batch


@dataclass(frozen=True, slots=True)
class Batch:
    """A stretch of one journal on its way to its file."""

    path: Path
    head: bytes
    entries: list[Entry]
    last: bool
    hiding: Hiding | None = None

    def lines(self) -> bytes:
        """The stretch as JSON lines, what must go hidden in them. For the thread that writes: it takes its time."""
        if self.hiding is None:
            return self.head + lines_of(self.entries)
        entries = [_hidden(self.hiding, *entry) for entry in self.entries]
        now = entries[-1][2] if entries else None
        told = self.hiding.told(None if self.last else now) if self.last or entries else {}
        words = dumped({"t": now, "words": told}) + b"\n" if told else b""
        return self.head + lines_of(entries) + words


def _hidden(hiding: Hiding, event: Event, commands: list[Command], now: float) -> Entry:
    shown = hiding.event(event, now) if event.__class__ in HIDES else event
    return shown, [hiding.command(one) if one.__class__ in HIDES else one for one in commands], now


def segment_path(folder: Path, call_sid: str, segment: int = 1) -> Path:
    """The file of a call's journal; a call that went on in another process has one more for that."""
    return folder / (f"{call_sid}.jsonl" if segment == 1 else f"{call_sid}.{segment}.jsonl")


def last_segment(folder: Path, call_sid: str) -> int:
    """The number of the last segment of a call's journal; 0 where there is none."""
    number = 0
    while segment_path(folder, call_sid, number + 1).exists():
        number += 1
    return number


class JournalFolder:
    """The folder of all journals, and the one task that writes them."""

    def __init__(self, folder: Path, *, disk: Disk | None = None, rest: Callable[[float], None] = time.sleep) -> None:
        self.folder = folder
        self._rest = rest
        self.disk = disk or Disk(folder)
        self._open: list[CallJournal] = []
        self._opened = asyncio.Event()
        self._writing = ThreadPoolExecutor(1, "journals")  # one, so that what was said first is written first

    def open(
        self,
        call_sid: str,
        rules: Rules,
        more: Mapping[str, object] = NOTHING,
        *,
        segment: int = 1,
        hiding: Hiding | None = None,
    ) -> CallJournal:
        """Begin the journal of a call, or of its next ``segment`` in another process; ``more`` goes into its head."""
        head: dict[str, object] = {
            "journal": VERSION,
            "call_sid": call_sid,
            "at": datetime.now(UTC).isoformat(),
            **({} if segment == 1 else {"segment": segment}),
            **more,
        }
        head["rules"] = fields_of(rules)
        journal = CallJournal(segment_path(self.folder, call_sid, segment), _head=dumped(head) + b"\n", _hiding=hiding)
        self._open.append(journal)
        self._opened.set()
        return journal

    async def run(self) -> None:
        """Write what waits, several times a second while there are calls, until cancelled; then once more."""
        try:
            while True:
                if not self._open:
                    await self._idle()
                await asyncio.sleep(FLUSH_EVERY_S)
                await self.flush()
        finally:
            self._writing.submit(self._write_and_close, self._taken()).result()

    async def _idle(self) -> None:
        """Until a call begins, but for no longer than the disk may be left alone."""
        self._opened.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(RETRY_S):
                await self._opened.wait()

    async def flush(self) -> None:
        """Write everything remembered so far, and what there was no room for before."""
        batches = self._taken()
        # Shielded: cancelling would take a batch that waits for its turn out of the thread's queue.
        await asyncio.shield(asyncio.wrap_future(self._writing.submit(self._write, batches)))

    def _taken(self) -> list[Batch]:
        batches = [journal.take() for journal in self._open]
        self._open = [journal for journal in self._open if not journal.closed]
        return batches

    def _write(self, batches: list[Batch]) -> None:
        rest_s = min(REST_S, FLUSH_EVERY_S / 2 / max(1, len(batches)))
        for batch in batches:
            self.disk.append(batch.path, batch.lines(), last=batch.last)
            self._rest(rest_s)
        self.disk.look_after()

    def _write_and_close(self, batches: list[Batch]) -> None:
        for batch in batches:  # without a rest: nobody's sound waits any more
            self.disk.append(batch.path, batch.lines(), last=batch.last)
        self.disk.look_after()
        self.disk.close()


# ---- reading and replaying


class NotAJournal(Exception):
    """A file without the head of a journal."""


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
    """A journal's head and its steps. A last line cut short by a crash is left out.

    Words told later stand in their fragments; those of the last moments before a crash are hidden.
    """
    head: dict[str, object] = {}
    spoken: list[dict[str, object]] = []
    steps: list[tuple[dict[str, object], list[dict[str, object]]]] = []
    for raw in path.read_bytes().splitlines():
        try:
            line = json.loads(raw)
        except ValueError:  # of its JSON, or of its UTF-8
            break
        if not isinstance(line, dict):
            break
        if "journal" in line:
            head = line
        elif "e" in line:
            steps.append((line, []))
            if line["e"] == Transcribed.__name__:
                spoken.append(line)
        elif "words" in line:
            _tell(spoken, line["words"])
        elif steps:
            steps[-1][1].append(line)
    return head, [Step(_float(event["t"]), event, tuple(commands)) for event, commands in steps]


def _tell(spoken: list[dict[str, object]], words: Mapping[str, str]) -> None:
    for number, text in words.items():
        if int(number) < len(spoken):
            spoken[int(number)]["text"] = text


def replay(path: Path) -> tuple[int, list[Difference]]:
    """Feed a journal to a new machine: the number of steps, and where its commands differ. Raises NotAJournal."""
    head, steps = read(path)
    if "rules" not in head:
        raise NotAJournal(f"{path} does not begin as a journal does.")
    call = Call(rules_from(typing.cast("dict[str, object]", head["rules"])))
    for step in before(path, head):
        hand_in(call, step)
    differences = []
    for step in steps:
        lines = [json.loads(dumped(line_of("c", one, step.at))) for one in hand_in(call, step)]
        replayed = tuple(map(_as_written, lines, (*step.commands, *[{}] * len(lines))))
        written = replayed[: len(step.commands)]
        torn = step is steps[-1] and _agree(written, step.commands)  # its process died as it wrote
        if not _agree(replayed, step.commands) and not torn:
            differences.append(Difference(step.at, str(step.event["e"]), step.commands, replayed))
    return len(steps), differences


def _agree(one: object, other: object) -> bool:
    """Whether two values are the same, but for what is hidden in the texts of either."""
    if isinstance(one, str) and isinstance(other, str):
        return alike(one, other)
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_agree(value, other[key]) for key, value in one.items())
    if isinstance(one, tuple | list) and isinstance(other, tuple | list):
        return len(one) == len(other) and all(map(_agree, one, other))
    return one == other


def before(path: Path, head: Mapping[str, object]) -> list[Step]:
    """What a call had gone through when a segment of its journal began: nothing, or so much of the segment before."""
    segment, after = int(_float(head.get("segment", 1))), head.get("after")
    if after is None or segment < 2:
        return []
    earlier = segment_path(path.parent, str(head["call_sid"]), segment - 1)
    its_head, steps = read(earlier)
    return [*before(earlier, its_head), *steps[: int(_float(after))]]


def hand_in(call: Call, step: Step) -> list[Command]:
    """Hand a step's event to a call; a run of the caller's sound frame by frame, what that leads to left out."""
    if step.event["e"] == "CallerAudio" and "n" in step.event:
        frame = CallerAudio(_silent(_float(step.event["ms"]), PHONE_RATE))
        for _ in range(int(_float(step.event["n"]))):
            call.handle(frame, step.at)
        return []
    return call.handle(event_from(step.event), step.at)


def _as_written(line: dict[str, object], written: dict[str, object]) -> dict[str, object]:
    """A command without the fields it did not have yet when the journal was written, where they say nothing new."""
    if line.get("c") != written.get("c"):
        return line
    line |= {name: written[name] for name in BESIDE if name in line and name in written}
    usual = {each.name: plain(each.default) for each in fields(COMMANDS[str(line["c"])])}
    return {name: value for name, value in line.items() if name in written or usual.get(name, ...) != value}


def event_from(line: Mapping[str, object]) -> Event:
    """The event that a line holds; its sound is silence of the same length."""
    return typing.cast(Event, _made(EVENTS[str(line["e"])], line))


def command_from(line: Mapping[str, object]) -> Command:
    """The command that a line holds; its sound is silence of the same length."""
    return typing.cast(Command, _made(COMMANDS[str(line["c"])], line))


def _made(cls: type, line: Mapping[str, object]) -> object:
    return cls(**{name: _value(hint, line[name]) for name, hint in _hints(cls).items() if name in line})


@lru_cache(maxsize=256)
def _hints(cls: type) -> dict[str, object]:
    return typing.get_type_hints(cls)


def rules_from(head: Mapping[str, object]) -> Rules:
    """The rules at the head of a journal."""
    hints = typing.get_type_hints(Rules)
    return Rules(**{name: _value(hint, head[name]) for name, hint in hints.items() if name in head})  # type: ignore[arg-type]


def _value(hint: object, value: object) -> object:
    if hint is Audio:
        sound = typing.cast("dict[str, float]", value)
        return _silent(sound["ms"], int(sound["rate"]))
    if hint is Image:
        size = typing.cast("dict[str, int]", value)
        return Image(bytes(size["bytes"]), size["width"], size["height"])
    if typing.get_origin(hint) is tuple:
        return tuple(typing.cast("list[object]", value))
    if isinstance(value, dict):
        return types.MappingProxyType(value)
    return value


def _silent(ms: float, rate: int) -> Audio:
    return Audio(bytes(round(ms * rate / 1000) * BYTES_PER_SAMPLE), rate)


def _float(value: object) -> float:
    return float(typing.cast(float, value))
