"""How tools were used in the calls of a time, and which uses failed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Integer, cast, desc, func, select

from app.store.database import Database
from app.store.dialects import utc
from app.store.glimpses import FAILED_TOOLS
from app.store.tables import calls, tool_uses


@dataclass(frozen=True, slots=True)
class Tally:
    """So many uses of a tool took so long, ``failed`` or not."""

    name: str
    failed: bool
    took_ms: int
    times: int


@dataclass(frozen=True, slots=True)
class Failure:
    """A use that failed: in which call and when in it (``at_s`` from its start), and what the assistant was told."""

    call_sid: str
    line: str
    started_at: datetime
    at_s: float
    status: str
    took_ms: int
    told: str


async def tallies(database: Database, since: datetime, name: str = "") -> Sequence[Tally]:
    """All uses in calls that began since then, or those of one tool; what is alike is counted together."""
    failed = cast(tool_uses.c.status.in_(FAILED_TOOLS), Integer).label("failed")
    columns = tool_uses.c.name, failed, tool_uses.c.took_ms
    # Not by a join: SQLite would go through every use there is by its name, and look each one's call up.
    of_then = select(calls.c.call_sid).where(calls.c.started_at >= since.astimezone(UTC))
    rows = select(*columns, func.count()).where(tool_uses.c.call_sid.in_(of_then))
    if name:
        rows = rows.where(tool_uses.c.name == name)
    async with database.engine.connect() as connection:
        found = await connection.execute(rows.group_by(tool_uses.c.name, failed, tool_uses.c.took_ms))
        return [Tally(name, bool(wrong), took_ms, times) for name, wrong, took_ms, times in found]


async def failures(database: Database, name: str, since: datetime, most: int = 10) -> Sequence[Failure]:
    """The last uses of a tool that failed, the newest first."""
    told = tool_uses.c.at_s, tool_uses.c.status, tool_uses.c.took_ms, tool_uses.c.response
    rows = (
        select(calls.c.call_sid, calls.c.line, calls.c.started_at, *told)
        .join(calls, calls.c.call_sid == tool_uses.c.call_sid)
        .where(
            tool_uses.c.name == name,
            tool_uses.c.status.in_(FAILED_TOOLS),
            calls.c.started_at >= since.astimezone(UTC),
        )
        .order_by(desc(calls.c.started_at), desc(tool_uses.c.at_s))
        .limit(most)
    )
    async with database.engine.connect() as connection:
        return [
            Failure(sid, line, utc(at), at_s, status, took_ms, _told(response))
            for sid, line, at, at_s, status, took_ms, response in await connection.execute(rows)
        ]


def _told(response: object) -> str:
    return str(response.get("message", "")) if isinstance(response, dict) else ""
