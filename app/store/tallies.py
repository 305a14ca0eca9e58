"""How many calls a line has had, by how they ended and by which version answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Select, and_, func, literal_column, select

from app.store.database import Database
from app.store.tables import calls

GOING_ON = ""  # in the place of a disposition
MOST_VERSIONS = 50
# Not the column itself: SQLite would go through the index of all versions, and all of their calls, to have it in order.
_VERSION = func.coalesce(calls.c.version, literal_column("''"))


@dataclass(frozen=True, slots=True)
class Answered:
    """So many calls of a line were answered by a version."""

    line: str
    version: str
    calls: int


async def outcomes(database: Database, lines: Sequence[str], since: datetime) -> Mapping[str, Mapping[str, int]]:
    """Of each of these lines, its calls since then by disposition."""
    found: dict[str, dict[str, int]] = {line: {} for line in lines}
    async with database.engine.connect() as connection:
        # One line after the other: from the index alone, and SQLite sorts a line's few calls without a file.
        for line in lines:
            rows = select(calls.c.disposition, func.count()).where(_of(line, since))
            for disposition, count in await connection.execute(rows.group_by(calls.c.disposition)):
                found[line][disposition or GOING_ON] = count
    return found


async def by_version(database: Database, line: str, since: datetime) -> Mapping[str, int]:
    """A line's calls since then by the version that they were answered with."""
    rows = select(_VERSION, func.count()).where(_of(line, since))
    async with database.engine.connect() as connection:
        found = await connection.execute(rows.group_by(_VERSION))
        return {version: int(count) for version, count in found}


async def versions(database: Database, since: datetime, line: str = "") -> Sequence[Answered]:
    """The versions that calls since then were answered with, of one line or all, the latest in use first."""
    found: list[tuple[datetime, Answered]] = []
    async with database.engine.connect() as connection:
        for one in [line] if line else list(await connection.scalars(_LINES)):
            rows = select(_VERSION, func.count(), func.max(calls.c.started_at)).where(_of(one, since))
            for version, count, last in await connection.execute(rows.group_by(_VERSION)):
                found.append((last, Answered(one, version, count)))
    return [one for _, one in sorted(found, key=lambda each: each[0], reverse=True)[:MOST_VERSIONS]]


def _of(line: str, since: datetime) -> ColumnElement[bool]:
    return and_(calls.c.line == line, calls.c.started_at >= since.astimezone(UTC))


def _lines() -> Select[str]:
    """Every line that has calls, each found in the index behind the one before: no call is read."""
    first = select(func.min(calls.c.line).label("line")).cte("lines", recursive=True)
    following = select(func.min(calls.c.line)).where(calls.c.line > first.c.line).scalar_subquery()
    lines = first.union_all(select(following).where(first.c.line.is_not(None)))
    return select(lines.c.line).where(lines.c.line.is_not(None))


_LINES = _lines()
