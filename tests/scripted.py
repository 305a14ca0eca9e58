"""Calls by script, written to journals and records as a bridge would write them."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from functools import lru_cache

from sqlalchemy import func, select

from app.call.commands import (
    Command,
    HandOff,
    HangUp,
    PassOn,
    RecordCost,
    RecordEnd,
    RecordFlag,
    RecordTool,
    RecordTurn,
)
from app.call.events import (
    AssistantInterrupted,
    CallerHungUp,
    CallStarted,
    Event,
    SessionLost,
    SessionOpened,
    SessionRenewable,
    SpeechStarted,
    ToolCalled,
    ToolReturned,
)
from app.store.calls import call, costs_of, flags_of, marks_of, segments_of, tool_uses_of, turns_of
from app.store.database import Database
from app.store.journal import JournalFolder
from app.store.journal_lines import plain
from app.store.parts import Followed, Parts, Recorded
from app.store.tables import costs, flags, marks, segments, tool_uses, turns
from app.store.writer import CallRecords, RecordWriter
from tests.playbook import RULES, greeted

Taken = tuple[Event, list[Command], float]
QUESTIONS = ("Where is my order?", "Do you have tents?", "When are you open?", "What does it cost?")


@lru_cache
def _steps(kind: int) -> tuple[Taken, ...]:
    scene = greeted()
    for number in range(2 + kind % 3):
        scene.when(SessionRenewable(f"handle-{number}")).caller_says(QUESTIONS[(kind + number) % 4])
        if (kind + number) % 2:
            scene.when(ToolCalled(f"t{number}", "look_up_order", {"number": "1047"})).wait(0.5)
            scene.when(ToolReturned(f"t{number}", {"status": "ok"}, took_ms=500))
        scene.assistant_says("Your order 1047 is on its way and will be there tomorrow.", ms=3_000).wait(1.0)
        if kind % 2:
            scene.when(SpeechStarted(), AssistantInterrupted()).wait(0.5)
        if kind == 3:
            scene.when(SessionLost(1011, "internal error")).wait(1.0).when(SessionOpened(150, resumed=True))
        scene.wait(3.0)
    return tuple(scene.when(CallerHungUp()).steps)


def steps_of(call_sid: str, kind: int) -> list[Taken]:
    """A whole call, one of four kinds: barge-ins, tools, lost sessions."""
    steps = list(_steps(kind % 4))
    started, commands, at = steps[0]
    assert isinstance(started, CallStarted)
    return [(replace(started, call_sid=call_sid), commands, at), *steps[1:]]


def records_in(steps: Iterable[Taken]) -> list[Recorded]:
    """What such a call leaves, in its order."""
    parts = Parts()
    found: list[Recorded] = []
    for event, commands, at in steps:
        found += parts.saw(event, commands, at)
        records = RecordTurn | RecordTool | RecordFlag | RecordCost | RecordEnd
        found += [one for one in commands if isinstance(one, records)]
    return found


@dataclass(slots=True)
class Scripted:
    """A call going on."""

    call_sid: str
    records: CallRecords
    journal: Followed

    @classmethod
    def begin(cls, call_sid: str, writer: RecordWriter, journals: JournalFolder, process: str = "") -> "Scripted":
        about = {"t": 1_000.0, "process": {"id": process, "host": "", "pid": 0}}
        records = writer.records_for(call_sid, "store", "en-US", "+12025550143", "+12025550199", datetime.now(UTC))
        return cls(call_sid, records, Followed(journals.open(call_sid, RULES, about), Parts(), records))

    def take(self, steps: Sequence[Taken]) -> None:
        """These steps happen, and are written as the bridge writes them."""
        for event, commands, at in steps:
            self.journal.wrote(event, commands, at)
            for command in commands:
                self._carry_out(command)

    def _carry_out(self, command: Command) -> None:
        match command:
            case RecordTurn():
                self.records.turn(command)
            case RecordTool():
                self.records.tool(command)
            case RecordFlag():
                self.records.flag(command)
            case HandOff() | HangUp() | PassOn():
                self.records.leaving(command)
            case RecordCost():
                self.records.cost(command)
            case RecordEnd():
                self.records.end(command)
                self.journal.close()
            case _:
                pass


async def written(database: Database, call_sid: str) -> list[Recorded]:
    """What the database has of a call."""
    row = await call(database, call_sid)
    end = [row.end] if row is not None and row.end is not None else []
    lists = [await of(database, call_sid) for of in (turns_of, tool_uses_of, flags_of, costs_of, segments_of, marks_of)]
    return [*(record for found in lists for record in found), *end]


def counted(records: Iterable[Recorded]) -> Counter[str]:
    """The records, each as often as it is there."""
    return Counter(f"{type(one).__name__} {json.dumps(_plain(one), sort_keys=True)}" for one in records)


def _plain(record: Recorded) -> list[object]:
    return [plain(getattr(record, each.name)) for each in fields(record)]


def alike(one: Iterable[Recorded], other: Iterable[Recorded]) -> bool:
    """Whether these are the same records, each as often, in whatever order."""
    return counted(one) == counted(other)


async def rows(database: Database) -> int:
    """How many rows there are of all calls' parts."""
    async with database.engine.connect() as connection:
        counts = [
            (await connection.execute(select(func.count()).select_from(table))).scalar_one()
            for table in (turns, tool_uses, flags, costs, segments, marks)
        ]
    return sum(counts)
