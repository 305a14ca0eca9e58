"""A bundle that somebody brought, read and replayed in a process of its own, with its file and a folder as arguments.

Whoever made the file may mean harm: a journal can ask for endless work or memory. So this process has little of either,
and what it prints is read as text of anybody's (`told`).
"""

import json
import os
import resource
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from app.call.commands import RecordCost, RecordEnd, RecordFlag, RecordTool, RecordTurn
from app.meaning.fitted import fitted, fitted_list
from app.meaning.record import CallRecord
from app.meaning.why import Moment, steps_of, why
from app.store.bundle import NotABundle, unpack
from app.store.calls import CallStart
from app.store.journal import Difference, NotAJournal, read, replay
from app.store.journal_lines import plain
from app.store.parts import Mark, Segment
from app.store.recorded import recorded

LARGEST: Final = 96 * 1_048_576  # of its journals, unpacked
MEMORY: Final = 2 * 1024 * 1_048_576  # of addresses; the app's own modules take a quarter of it
CPU_S: Final = 40
MOST: Final = 1_000  # of each kind that is told
MOST_DIFFERENCES: Final = 20
LONGEST: Final = 2_000
_STARTED: Final = ("CallStarted", "CallResumed")
_KINDS: Final = {"turns": RecordTurn, "tools": RecordTool, "flags": RecordFlag, "costs": RecordCost}
# What a journal that was written by anybody can do to its reader; the rest are limits of the process.
_UNREADABLE: Final = (
    *(NotAJournal, AssertionError, AttributeError, ArithmeticError, LookupError, RecursionError, TypeError),
    ValueError,
)
_PARTS: Final = {"segments": Segment, "marks": Mark}


@dataclass(frozen=True, slots=True)
class Differs:
    """A step at which this version decides otherwise than the one that led the call did; commands as JSON."""

    at: float
    event: str
    journaled: str
    replayed: str


@dataclass(frozen=True, slots=True)
class Imported:
    """A call that was brought along. ``problem``, where there is one, is why it cannot be replayed."""

    record: CallRecord
    segments: Sequence[Segment] = ()
    marks: Sequence[Mark] = ()
    story: Sequence[Moment] = ()
    steps: int = 0
    differing: int = 0
    differences: Sequence[Differs] = ()
    problem: str = ""


# ---- in the process of its own


def main(arguments: Sequence[str]) -> int:
    _limit()
    file, folder = Path(arguments[0]), Path(arguments[1])
    try:
        told = _read(unpack(file, folder, LARGEST))
    except NotABundle as error:
        told = {"refused": str(error)}
    except _UNREADABLE as error:
        told = {"refused": f"Its journal cannot be read: {type(error).__name__}."}
    sys.stdout.write(json.dumps(told, default=str))
    return 0


def _limit() -> None:
    os.nice(10)  # calls go first
    limits = ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, CPU_S), (resource.RLIMIT_FSIZE, 2 * LARGEST))
    for kind, most in limits:
        resource.setrlimit(kind, (most, most))


def _read(paths: Sequence[Path]) -> dict[str, object]:
    folder, call_sid = paths[0].parent, paths[0].stem
    record, parts = _record(folder, paths[0], call_sid)
    return {
        "start": {name: str(getattr(record.start, name)) for name in _names(CallStart)},
        "end": None if record.end is None else _fields(record.end),
        **{name: [_fields(one) for one in getattr(record, name)[:MOST]] for name in _KINDS},
        **{name: [_fields(one) for one in parts if isinstance(one, kind)][:MOST] for name, kind in _PARTS.items()},
        "story": [asdict(one) for one in why(record, steps_of(folder, call_sid))[:MOST]],
        **_verdict(paths),
    }


def _record(folder: Path, first: Path, call_sid: str) -> tuple[CallRecord, list[object]]:
    head, steps = read(first)
    started: Mapping[str, object] = next((step.event for step in steps if step.event["e"] in _STARTED), {})
    if not started:
        raise NotAJournal("no call begins in it")
    rules = head.get("rules")
    about = rules if isinstance(rules, dict) else {}
    numbers = str(started.get("caller", "")), str(started.get("called", ""))
    at = datetime.fromisoformat(str(head["at"])).astimezone(UTC)
    found: list[object] = [*recorded(folder, call_sid)]
    start = CallStart(call_sid, str(about.get("line", "")), str(about.get("language", "")), *numbers, at)
    end = next((one for one in found if isinstance(one, RecordEnd)), None)
    turns = tuple(one for one in found if isinstance(one, RecordTurn))
    tools = tuple(one for one in found if isinstance(one, RecordTool))
    flags = tuple(one for one in found if isinstance(one, RecordFlag))
    costs = tuple(one for one in found if isinstance(one, RecordCost))
    return CallRecord(start, end, turns, tools, flags, costs), found


def _verdict(paths: Sequence[Path]) -> dict[str, object]:
    """What a machine of this version makes of the same events; another version's journal may be too much for it."""
    steps, differences = 0, list[Difference]()
    try:
        for path in paths:
            fed, found = replay(path)
            steps, differences = steps + fed, differences + found
    except _UNREADABLE as error:
        return {"problem": type(error).__name__, "steps": steps}
    shown = [_difference(one) for one in differences[:MOST_DIFFERENCES]]
    return {"steps": steps, "differing": len(differences), "differences": shown}


def _difference(one: Difference) -> dict[str, object]:
    lists = {"journaled": one.journaled, "replayed": one.replayed}
    texts = {name: json.dumps(list(value), ensure_ascii=False, default=str)[:LONGEST] for name, value in lists.items()}
    return {"at": one.at, "event": one.event, **texts}


def _fields(one: object) -> dict[str, object]:
    return {name: plain(getattr(one, name)) for name in _names(type(one))}


def _names(cls: type) -> Iterator[str]:
    return (each.name for each in fields(cls))


# ---- in the house


def told(text: bytes) -> Imported | str:
    """What that process printed: the call, or why the file is none. Every field has a value of its kind."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return "It could not be read."
    if not isinstance(found, dict):
        return "It could not be read."
    if "refused" in found:
        return str(found["refused"])[:LONGEST]
    end = None if found.get("end") is None else fitted(RecordEnd, found["end"])
    turns, tools = fitted_list(RecordTurn, found.get("turns")), fitted_list(RecordTool, found.get("tools"))
    flags = fitted_list(RecordFlag, found.get("flags"))
    verdict = fitted(_Verdict, found)
    return Imported(
        CallRecord(_start(found.get("start")), end, tuple(turns), tuple(tools), tuple(flags)),
        segments=fitted_list(Segment, found.get("segments")),
        marks=fitted_list(Mark, found.get("marks")),
        story=fitted_list(Moment, found.get("story")),
        steps=verdict.steps,
        differing=verdict.differing,
        differences=fitted_list(Differs, found.get("differences"), MOST_DIFFERENCES),
        problem=verdict.problem,
    )


@dataclass(frozen=True, slots=True)
class _Verdict:
    steps: int
    differing: int
    problem: str


def _start(found: object) -> CallStart:
    text = found.get("started_at") if isinstance(found, Mapping) else ""
    try:
        at = datetime.fromisoformat(str(text)).astimezone(UTC)
    except (ValueError, OverflowError):
        at = datetime(1970, 1, 1, tzinfo=UTC)
    return fitted(CallStart, found, started_at=at)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
