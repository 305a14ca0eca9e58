"""What the records say of a call: read for the command line, the console and the tests."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import RowMapping, Select, select

from app.call.commands import RecordCost, RecordEnd, RecordFlag, RecordTool, RecordTurn
from app.store.database import Database, Source, reading
from app.store.dialects import utc
from app.store.parts import Mark, Segment
from app.store.tables import calls, costs, flags, marks, segments, tool_uses, turns

PARTS = ("told_ms", "model_ms", "played_ms", "over_ms", "stopped_ms", "tools")  # of a turn's wait


@dataclass(frozen=True, slots=True)
class CallStart:
    """What is known of a call when it starts. ``started_at`` has a time zone.

    ``version`` is the state of the line it runs with, ``prompt_hash`` that of what the model is told.
    """

    call_sid: str
    line: str
    language: str
    caller: str
    called: str
    started_at: datetime
    version: str = ""
    prompt_hash: str = ""
    model: str = ""


@dataclass(frozen=True, slots=True)
class CallRow:
    """One call's record; ``end`` is None while it goes on.

    ``process`` has the call, ``leaving`` is how it left its last stream: the fields of a HandOff or a HangUp.
    """

    start: CallStart
    end: RecordEnd | None
    process: str = ""
    leaving: Mapping[str, object] | None = None
    longest_gap_ms: int | None = None
    words_deleted_at: datetime | None = None


def share_of(call_sid: str, draw: str = "") -> float:
    """A call's place from 0 to 100: always the same for the same call, and even over many.

    Places of different draws have nothing to do with each other.
    """
    drawn = f"{draw} {call_sid}" if draw else call_sid
    return int.from_bytes(sha256(drawn.encode()).digest()[:8]) / 2**64 * 100


async def call(source: Source, call_sid: str) -> CallRow | None:
    """The record of one call."""
    async with reading(source) as connection:
        result = await connection.execute(select(calls).where(calls.c.call_sid == call_sid))
        row = result.mappings().first()
    return call_row(row) if row else None


async def latest(database: Database, n: int) -> list[CallRow]:
    """The ``n`` calls that started last, the newest first."""
    async with database.engine.connect() as connection:
        newest = select(calls).order_by(calls.c.started_at.desc(), calls.c.call_sid).limit(n)
        result = await connection.execute(newest)
        return [call_row(row) for row in result.mappings()]


async def turns_of(source: Source, call_sid: str) -> list[RecordTurn]:
    """The turns of a call, in the order they were taken."""
    async with reading(source) as connection:
        of_call = select(turns).where(turns.c.call_sid == call_sid).order_by(turns.c.number, turns.c.started_s)
        result = await connection.execute(of_call)
        return [turn_of_row(row) for row in result.mappings()]


async def tool_uses_of(source: Source, call_sid: str) -> list[RecordTool]:
    """The tools a call used, in the order they were asked for."""
    async with reading(source) as connection:
        of_call = select(tool_uses).where(tool_uses.c.call_sid == call_sid).order_by(tool_uses.c.at_s)
        result = await connection.execute(of_call)
        return [tool_of_row(row) for row in result.mappings()]


async def flags_of(source: Source, call_sid: str) -> list[RecordFlag]:
    """What was worth a look in a call, in its order."""
    async with reading(source) as connection:
        of_call = select(flags).where(flags.c.call_sid == call_sid).order_by(flags.c.at_s)
        result = await connection.execute(of_call)
        return [flag_of_row(row) for row in result.mappings()]


async def call_rows(database: Database, wanted: Select[tuple[object, ...]]) -> list[CallRow]:
    """The records of calls that a query of their table finds."""
    async with database.engine.connect() as connection:
        return [call_row(row) for row in (await connection.execute(wanted)).mappings()]


async def costs_of(source: Source, call_sid: str) -> list[RecordCost]:
    """What a call cost, item by item."""
    async with reading(source) as connection:
        of_call = select(costs).where(costs.c.call_sid == call_sid).order_by(costs.c.item)
        return [cost_of_row(row) for row in (await connection.execute(of_call)).mappings()]


async def segments_of(source: Source, call_sid: str) -> list[Segment]:
    """The streams and sessions of a call that are over, in the order they began."""
    columns = [segments.c[name] for name in Segment.__slots__]
    of_call = select(*columns).where(segments.c.call_sid == call_sid)
    async with reading(source) as connection:
        result = await connection.execute(of_call.order_by(segments.c.started_s, segments.c.kind, segments.c.number))
        return [Segment(**row) for row in result.mappings()]


async def marks_of(source: Source, call_sid: str) -> list[Mark]:
    """The moments that explain a call, in their order."""
    of_call = select(marks.c.name, marks.c.at_s, marks.c.detail).where(marks.c.call_sid == call_sid)
    async with reading(source) as connection:
        result = await connection.execute(of_call.order_by(marks.c.at_s, marks.c.name))
        return [Mark(**row) for row in result.mappings()]


def call_row(row: RowMapping) -> CallRow:
    start = CallStart(
        call_sid=row["call_sid"],
        line=row["line"],
        language=row["language"],
        caller=row["caller"],
        called=row["called"],
        started_at=utc(row["started_at"]),
        version=row["version"],
        prompt_hash=row["prompt_hash"],
        model=row["model"],
    )
    end = _end(row) if row["disposition"] is not None else None
    gone_at = row["words_deleted_at"]
    about = (row["process"], row["leaving"], row["longest_gap_ms"], None if gone_at is None else utc(gone_at))
    return CallRow(start, end, *about)


def _end(row: RowMapping) -> RecordEnd:
    tokens: Mapping[str, int] = row["tokens"]
    return RecordEnd(
        disposition=row["disposition"],
        ended_by=row["ended_by"],
        duration_s=row["duration_s"],
        first_sound_ms=row["first_sound_ms"],
        barge_ins=row["barge_ins"],
        sessions=row["sessions"],
        tokens=tokens,
        problem=row["problem"],
        cost_usd=row["cost_usd"],
    )


def turn_of_row(row: RowMapping) -> RecordTurn:
    return RecordTurn(
        number=row["number"],
        side=row["side"],
        heard=row["heard"],
        unheard=row["unheard"],
        started_s=row["started_s"],
        ended_s=row["ended_s"],
        language=row["language"],
        gap_ms=row["gap_ms"],
        interrupted=row["interrupted"],
        sources=tuple(row["sources"] or ()),
        **{name: row[name] for name in PARTS},
    )


def tool_of_row(row: RowMapping) -> RecordTool:
    return RecordTool(
        id=row["model_id"],
        name=row["name"],
        args=row["args"],
        response=row["response"],
        status=row["status"],
        took_ms=row["took_ms"],
        at_s=row["at_s"],
        level=row["level"],
        effect=row["effect"],
        key=row["key"],
    )


def flag_of_row(row: RowMapping) -> RecordFlag:
    return RecordFlag(row["name"], row["at_s"], row["detail"])


def cost_of_row(row: RowMapping) -> RecordCost:
    return RecordCost(row["item"], row["quantity"], row["unit"], row["usd"], row["estimated"])
