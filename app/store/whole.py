"""Everything on record of one call, for whoever wants to read it: the command line, the console, an export."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from app.call.commands import RecordCost, RecordFlag, RecordTool, RecordTurn
from app.store import analyses, annotations, holds, messages
from app.store.analyses import Correction, Made
from app.store.annotations import Added
from app.store.calls import (
    CallRow,
    call,
    costs_of,
    flags_of,
    marks_of,
    segments_of,
    tool_uses_of,
    turns_of,
)
from app.store.database import Database, reading
from app.store.holds import Hold
from app.store.messages import Message
from app.store.parts import Mark, Segment


@dataclass(frozen=True, slots=True)
class Whole:
    """One call. Every part is in the order of the call; since ``call.words_deleted_at`` no words are kept of it."""

    call: CallRow
    turns: Sequence[RecordTurn] = ()
    tools: Sequence[RecordTool] = ()
    flags: Sequence[RecordFlag] = ()
    marks: Sequence[Mark] = ()
    segments: Sequence[Segment] = ()
    costs: Sequence[RecordCost] = ()
    messages: Sequence[Message] = ()
    analysis: Made | None = None
    corrections: Sequence[Correction] = ()
    added: Added = field(default_factory=Added)
    hold: Hold | None = None

    def as_json(self) -> dict[str, object]:
        """A document of plain values, but for times and ids, which ``str`` writes."""
        parts = ("turns", "tools", "flags", "marks", "segments", "costs", "messages", "corrections")
        start, end = self.call.start, self.call.end
        return {
            **{name: getattr(start, name) for name in type(start).__slots__},
            "end": None if end is None else _plain(end),
            **{name: getattr(self.call, name) for name in ("leaving", "longest_gap_ms", "words_deleted_at")},
            **{name: [_plain(one) for one in getattr(self, name)] for name in parts},
            "analysis": None if self.analysis is None else asdict(self.analysis),
            "notes": [_plain(note) for note in self.added.notes],
            "tags": list(self.added.tags),
            "hold": None if self.hold is None else _plain(self.hold),
        }


async def found(database: Database, which: str) -> list[str]:
    """The CallSids that begin so, the newest call first: one is unique, of several at most two are told."""
    return await analyses.beginning_with(database, which) if which else []


async def whole_call(database: Database, call_sid: str) -> Whole | None:
    """Everything on record of the call with this CallSid, by one connection; None where there is none."""
    async with reading(database) as connection:
        row = await call(connection, call_sid)
        if row is None:
            return None
        return Whole(
            row,
            await turns_of(connection, call_sid),
            await tool_uses_of(connection, call_sid),
            await flags_of(connection, call_sid),
            await marks_of(connection, call_sid),
            await segments_of(connection, call_sid),
            await costs_of(connection, call_sid),
            await messages.left_in(connection, call_sid),
            await analyses.of_call(connection, call_sid),
            await analyses.corrections_of(connection, call_sid),
            await annotations.of_call(connection, call_sid),
            next(iter(await holds.held(connection, [call_sid])), None),
        )


def _plain(value: object) -> Mapping[str, object]:
    """Field by field: not every mapping in it can be copied."""
    return {name: getattr(value, name) for name in getattr(type(value), "__slots__", ())}
