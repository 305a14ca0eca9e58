"""How many calls a line has had, by how they ended and by which version answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from app.store.database import Database
from app.store.tables import calls

GOING_ON = ""  # in the place of a disposition
MOST_VERSIONS = 50


@dataclass(frozen=True, slots=True)
class Answered:
    """So many calls of a line were answered by a version."""

    line: str
    version: str
    calls: int


async def outcomes(database: Database, since: datetime) -> Mapping[str, Mapping[str, int]]:
    """Of each line, its calls since then by disposition."""
    rows = select(calls.c.line, calls.c.disposition, func.count()).where(calls.c.started_at >= since)
    async with database.engine.connect() as connection:
        found: dict[str, dict[str, int]] = {}
        for line, disposition, count in await connection.execute(rows.group_by(calls.c.line, calls.c.disposition)):
            found.setdefault(line, {})[disposition or GOING_ON] = count
        return found


async def by_version(database: Database, line: str, since: datetime) -> Mapping[str, int]:
    """A line's calls since then by the version that they were answered with."""
    rows = select(calls.c.version, func.count()).where(calls.c.line == line, calls.c.started_at >= since)
    async with database.engine.connect() as connection:
        found = await connection.execute(rows.group_by(calls.c.version))
        return {version: int(count) for version, count in found}


async def versions(database: Database, since: datetime, line: str = "") -> Sequence[Answered]:
    """The versions that calls since then were answered with, of one line or all, the latest in use first."""
    rows = select(calls.c.line, calls.c.version, func.count()).where(calls.c.started_at >= since)
    rows = rows.where(calls.c.line == line) if line else rows
    latest = rows.group_by(calls.c.line, calls.c.version).order_by(func.max(calls.c.started_at).desc())
    async with database.engine.connect() as connection:
        return [Answered(*row) for row in await connection.execute(latest.limit(MOST_VERSIONS))]
