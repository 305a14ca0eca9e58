"""All that is on record of one call, and where it is read: the database, or the call's journal."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from sqlalchemy import RowMapping, Select, Table, select

from app.call.commands import RecordCost, RecordEnd, RecordFlag, RecordTool, RecordTurn
from app.store.calls import CallRow, CallStart, call_rows, cost_of_row, flag_of_row, tool_of_row, turn_of_row
from app.store.database import Database
from app.store.dialects import begins
from app.store.restored import restore
from app.store.tables import calls, costs, flags, tool_uses, turns
from app.store.whole import Whole

AT_ONCE = 200  # calls whose rows are read together
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One call. ``end`` is None while it goes on; ``left_message``: it ended at a voicemail or a wish to be called."""

    start: CallStart
    end: RecordEnd | None
    turns: tuple[RecordTurn, ...] = ()
    tools: tuple[RecordTool, ...] = ()
    flags: tuple[RecordFlag, ...] = ()
    costs: tuple[RecordCost, ...] = ()
    left_message: bool = False


async def records(
    database: Database,
    *,
    since: datetime | None = None,
    line: str | None = None,
    version: str | None = None,
    call_sid: str | None = None,
) -> AsyncIterator[CallRecord]:
    """The calls that started after ``since``, of a line, of a version by the beginning of its id; the oldest first."""
    rows = select(calls).order_by(calls.c.started_at, calls.c.call_sid)
    for wanted in (
        None if since is None else calls.c.started_at >= since,
        None if line is None else calls.c.line == line,
        None if version is None else begins(calls.c.version, version, database.engine.dialect),
        None if call_sid is None else calls.c.call_sid == call_sid,
    ):
        rows = rows if wanted is None else rows.where(wanted)
    found = await call_rows(database, rows)
    for first in range(0, len(found), AT_ONCE):
        for record in await complete(database, found[first : first + AT_ONCE]):
            yield record


async def newest_sids(
    database: Database, most: int, *, since: datetime, line: str = "", version: str = ""
) -> list[str]:
    """The ``most`` newest of the calls that ``records`` would find, by CallSid, the newest first."""
    rows = select(calls.c.call_sid).where(calls.c.started_at >= since.astimezone(UTC))
    rows = rows.where(calls.c.line == line) if line else rows
    rows = rows.where(begins(calls.c.version, version, database.engine.dialect)) if version else rows
    async with database.engine.connect() as connection:
        found = await connection.execute(rows.order_by(calls.c.started_at.desc(), calls.c.call_sid).limit(most))
        return list(found.scalars())


async def rows_of(database: Database, sids: Sequence[str]) -> list[CallRow]:
    """The calls with these CallSids that are on record, to be made ``complete``."""
    return await call_rows(database, select(calls).where(calls.c.call_sid.in_(sids)))


async def record_of(database: Database, call_sid: str) -> CallRecord | None:
    """What the database has of one call."""
    async for record in records(database, call_sid=call_sid):
        return record
    return None


def record_in_whole(whole: Whole) -> CallRecord:
    """The same of a call that everything was read of."""
    row = whole.call
    parts = (tuple(whole.turns), tuple(whole.tools), tuple(whole.flags), tuple(whole.costs))
    return CallRecord(row.start, row.end, *parts, _left_message(row))


async def complete(database: Database, rows: Sequence[CallRow]) -> list[CallRecord]:
    """All that is on record of these calls."""
    sids = [row.start.call_sid for row in rows]
    by_call: dict[Table, dict[str, list[RowMapping]]] = {}
    async with database.engine.connect() as connection:
        for table, order in ((turns, "number"), (tool_uses, "at_s"), (flags, "at_s"), (costs, "item")):
            result = await connection.execute(_of_calls(table, order, sids))
            found = by_call.setdefault(table, {})
            for row in result.mappings():
                found.setdefault(row["call_sid"], []).append(row)
    return [_record(row, {table: of.get(row.start.call_sid, []) for table, of in by_call.items()}) for row in rows]


def _of_calls(table: Table, order: str, sids: list[str]) -> Select[tuple[object, ...]]:
    return select(table).where(table.c.call_sid.in_(sids)).order_by(table.c[order])


def _record(row: CallRow, of: Mapping[Table, list[RowMapping]]) -> CallRecord:
    return CallRecord(
        row.start,
        row.end,
        tuple(map(turn_of_row, of[turns])),
        tuple(map(tool_of_row, of[tool_uses])),
        tuple(map(flag_of_row, of[flags])),
        tuple(map(cost_of_row, of[costs])),
        _left_message(row),
    )


def _left_message(row: CallRow) -> bool:
    return (row.leaving or {}).get("to") == "TakeMessage"


def record_in(folder: Path, call_sid: str) -> CallRecord | None:
    """What the journal in this folder has of one call; None where there is none. Raises NotAJournal."""
    restored = restore(folder, call_sid)
    if restored is None:
        return None
    started, rules = restored.started, restored.call.rules
    start = CallStart(call_sid, rules.line, rules.language, started.caller, started.called, restored.started_at)

    def of(kind: type[Row]) -> tuple[Row, ...]:
        return tuple(record for record in restored.records if isinstance(record, kind))

    ends = of(RecordEnd)
    return CallRecord(
        start,
        ends[0] if ends else None,
        of(RecordTurn),
        of(RecordTool),
        of(RecordFlag),
        of(RecordCost),
        type(restored.leaving).__name__ == "TakeMessage",
    )
