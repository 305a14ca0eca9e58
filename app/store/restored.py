"""A call as its journal leaves it: the machine with all it knows, its records, and what its tools did."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from app.call.commands import (
    Command,
    HandOff,
    HangUp,
    RecordConsent,
    RecordCost,
    RecordEnd,
    RecordFlag,
    RecordTool,
    RecordTurn,
    RunTool,
    TakeMessage,
)
from app.call.events import CallerHungUp, CallResumed, CallStarted, Event, ToolReturned
from app.call.machine import Call
from app.call.memory import State
from app.call.past import Used
from app.redaction.spans import named
from app.store.journal import (
    NotAJournal,
    Step,
    before,
    command_from,
    event_from,
    hand_in,
    last_segment,
    read,
    rules_from,
)
from app.store.journal import segment_path as path_of
from app.store.parts import Parts, Recorded, told_with
from app.store.processes import Process, boot_of
from app.store.recorded import models_of, named_record

LONGEST_GAP_S = 120.0  # a wall clock that says more passed since the last step has been set meanwhile
UP = (State.CONNECTING, State.TALKING, State.RENEWING, State.LEAVING, State.HELD)

Taken = tuple[Event, list[Command], float]


@dataclass(slots=True)
class Restored:
    """A call from its journal. ``taken`` are steps made after the journal's last, for the next segment to begin with.

    ``steps`` is how many the last segment, number ``segment``, had; ``head`` is that of the first.
    """

    call: Call
    head: Mapping[str, object]
    last: Mapping[str, object]  # the head of the last segment
    segment: int
    steps: int
    started: CallStarted | CallResumed
    first_at: float = 0.0
    at: float = 0.0  # the call's time at its last step
    records: list[Recorded] = field(default_factory=list)
    uses: dict[str, Used] = field(default_factory=dict)
    leaving: HandOff | HangUp | TakeMessage | None = None
    taken: list[Taken] = field(default_factory=list)
    parts: Parts = field(default_factory=Parts)

    @property
    def call_sid(self) -> str:
        return self.started.call_sid

    @property
    def started_at(self) -> datetime:
        """By the wall clock of then."""
        return wall_of(self.head)

    @property
    def process(self) -> Process:
        """Who had the call last."""
        told = {"id": "", "host": "", "pid": 0, **cast("Mapping[str, object]", self.last.get("process") or {})}
        return Process(str(told["id"]), str(told["host"]), int(str(told["pid"])))

    def lose_stream(self) -> None:
        """Its process is gone, and the stream with it: at the time of the last step, for what sounded then was lost."""
        if self.call.state in UP:
            self.take(CallerHungUp(clean=False), self.at)

    def take(self, event: Event, at: float) -> None:
        """Hand one more event in."""
        commands = self.call.handle(event, at)
        self.taken.append((event, commands, at))
        for command in commands:
            _note(self, command)
        self.records += self.parts.saw(event, commands, at)

    def clock(
        self,
        here: str,
        wall: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> Callable[[], float]:
        """The call's own time, going on: the same clock on the same boot of a machine, else by the wall clocks."""
        offset = float(cast(float, self.last.get("offset", 0.0)))
        if not boot_of(here) or boot_of(here) != boot_of(self.process.host) or monotonic() + offset < self.at:
            since = (
                wall() - wall_of(self.last).timestamp() - (self.at - float(cast(float, self.last.get("t", self.at))))
            )
            offset = self.at + min(max(since, 0.0), LONGEST_GAP_S) - monotonic()
        return lambda: monotonic() + offset


def wall_of(head: Mapping[str, object]) -> datetime:
    """When a journal was begun."""
    return datetime.fromisoformat(str(head["at"])).astimezone(UTC)


def restore(folder: Path, call_sid: str) -> Restored | None:
    """The call of a journal in this folder; None where there is none. Takes its time: call it in a thread.

    Raises NotAJournal for one that cannot be gone on with, of another version or damaged.
    """
    segment = last_segment(folder, call_sid)
    if not segment:
        return None
    path = path_of(folder, call_sid, segment)
    try:
        return _restored(path, segment)
    except (AssertionError, AttributeError, ArithmeticError, LookupError, OSError, TypeError, ValueError) as error:
        # What a machine of another version makes of it cannot be told beforehand.
        raise NotAJournal(f"{path} cannot be gone on with: {type(error).__name__}") from error


def _restored(path: Path, segment: int) -> Restored:
    head, own = read(path)
    steps = [*before(path, head), *own]
    if "rules" not in head or not steps:
        raise NotAJournal(f"{path} does not begin as a journal does.")
    started = event_from(steps[0].event)
    if not isinstance(started, CallStarted | CallResumed):
        raise NotAJournal(f"{path} does not begin as a journal does.")
    call = Call(rules_from(cast("dict[str, object]", head["rules"])))
    first = (
        read(path_of(path.parent, str(head["call_sid"])))[0] if segment > 1 and head.get("after") is not None else head
    )
    restored = Restored(call, first, head, segment, len(own), started, steps[0].at, parts=Parts(models_of(head)))
    for step in steps:
        _go_through(restored, step, torn=step is steps[-1])
    return restored


def _go_through(restored: Restored, step: Step, *, torn: bool) -> None:
    commands = hand_in(restored.call, step)
    restored.at = max(restored.at, step.at)
    if step.event["e"] == "ToolReturned":
        _note_end(restored, cast(ToolReturned, event_from(step.event)))
    if step.event["e"] in ("CallerReturned", "CallResumed"):
        restored.leaving = None
    # What was written down counts; of the last step not all may have been.
    known = commands if torn else [command_from(line) for line in step.commands]
    for command in known:
        _note(restored, command)
    if "n" not in step.event:
        found = restored.parts.saw(event_from(step.event), known, step.at)
        restored.records += [told_with(part, named) for part in found]


def _note_end(restored: Restored, end: ToolReturned) -> None:
    use = restored.uses.get(end.id)
    if use is not None:
        restored.uses[end.id] = replace(use, end=end)


def _note(restored: Restored, command: Command) -> None:
    match command:
        case RunTool(id, name, args, known_by=known_by):
            restored.uses[id] = Used(name, args, known_by=known_by)
        case HandOff() | HangUp() | TakeMessage():
            restored.leaving = command
        case RecordTurn() | RecordTool() | RecordFlag() | RecordCost() | RecordConsent() | RecordEnd():
            restored.records.append(named_record(command))
        case _:
            pass
