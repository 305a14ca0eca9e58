"""The versions of lines: states that are kept for good, the pointer to the live one, the draft, who changed what."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import RowMapping, Table, delete, desc, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store.database import Database
from app.store.dialects import Insert, insert_into, utc
from app.store.tables import line_drafts, line_history, line_live, line_versions

FILES = "files"  # in the place of a version: what stands in the folders now


class Stale(Exception):
    """Somebody else has changed it since it was read: ``revision`` is what is there now."""

    def __init__(self, revision: int) -> None:
        super().__init__(f"it is at revision {revision} now")
        self.revision = revision


@dataclass(frozen=True, slots=True)
class Version:
    """A state of a line that was published once. ``id`` is the hash of ``content``; ``parent`` was live before it."""

    id: str
    line: str
    content: Mapping[str, object]
    author: str
    note: str
    at: datetime
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class Live:
    """What callers of a line get: ``version``, or the canary for ``canary_percent`` of the calls.

    ``revision`` counts the changes; 0: nobody has published it yet.
    """

    line: str
    version: str
    canary_version: str | None
    canary_percent: float
    changed_at: datetime
    changed_by: str
    revision: int


@dataclass(frozen=True, slots=True)
class Draft:
    """What is being written on a line. ``base`` was live when it was begun; ``revision`` counts its saves."""

    line: str
    content: Mapping[str, object]
    base: str
    author: str
    updated_at: datetime
    revision: int


@dataclass(frozen=True, slots=True)
class Change:
    """One change of what is live: ``what`` is publish, rollback, canary or follow."""

    line: str
    who: str
    what: str
    from_version: str
    to_version: str
    note: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Board:
    """What is on record of lines, by line: what is live, the draft, every change, the newest first.

    ``versions`` are those that are live, by id.
    """

    live: Mapping[str, Live]
    drafts: Mapping[str, Draft]
    changes: Mapping[str, Sequence[Change]]
    versions: Mapping[str, Version]


def unpublished(line: str) -> Live:
    """What a line has before its first publishing: it follows the folders."""
    return Live(line, FILES, None, 0.0, datetime.fromtimestamp(0, UTC), "", 0)


# ---- read


async def all_live(database: Database) -> dict[str, Live]:
    """What is live, by line; a line that is not here follows the folders."""
    async with database.engine.connect() as connection:
        result = await connection.execute(select(line_live))
        return {row["line"]: _live(row) for row in result.mappings()}


async def live(database: Database, line: str) -> Live:
    """What callers of this line get now."""
    async with database.engine.connect() as connection:
        result = await connection.execute(select(line_live).where(line_live.c.line == line))
        row = result.mappings().first()
    return _live(row) if row else unpublished(line)


async def version(database: Database, id: str) -> Version | None:
    """The version with exactly this id."""
    async with database.engine.connect() as connection:
        result = await connection.execute(select(line_versions).where(line_versions.c.id == id))
        row = result.mappings().first()
    return _version(row) if row else None


async def versions_of(database: Database, line: str) -> list[Version]:
    """The versions of a line, the newest first."""
    of_line = select(line_versions).where(line_versions.c.line == line)
    async with database.engine.connect() as connection:
        result = await connection.execute(of_line.order_by(desc(line_versions.c.at), line_versions.c.id))
        return [_version(row) for row in result.mappings()]


async def draft(database: Database, line: str) -> Draft | None:
    """What is being written on this line."""
    async with database.engine.connect() as connection:
        result = await connection.execute(select(line_drafts).where(line_drafts.c.line == line))
        row = result.mappings().first()
    return _draft(row) if row else None


async def history(database: Database, line: str) -> list[Change]:
    """Every change of what is live on this line, the newest first."""
    of_line = select(line_history).where(line_history.c.line == line).order_by(desc(line_history.c.number))
    async with database.engine.connect() as connection:
        result = await connection.execute(of_line)
        return [_change(row) for row in result.mappings()]


async def board(database: Database, lines: Sequence[str]) -> Board:
    """All that pages tell of these lines, by one connection."""
    newest = desc(line_history.c.number)
    pinned = select(line_live.c.version).where(line_live.c.line.in_(lines))
    async with database.engine.connect() as connection:
        live = await connection.execute(select(line_live).where(line_live.c.line.in_(lines)))
        drafts = await connection.execute(select(line_drafts).where(line_drafts.c.line.in_(lines)))
        history = await connection.execute(select(line_history).where(line_history.c.line.in_(lines)).order_by(newest))
        kept = await connection.execute(select(line_versions).where(line_versions.c.id.in_(pinned)))
        changes: dict[str, list[Change]] = {}
        for row in history.mappings():
            changes.setdefault(row["line"], []).append(_change(row))
        return Board(
            {row["line"]: _live(row) for row in live.mappings()},
            {row["line"]: _draft(row) for row in drafts.mappings()},
            changes,
            {row["id"]: _version(row) for row in kept.mappings()},
        )


# ---- write


async def move(database: Database, wanted: Live, change: Change, new: tuple[Version, ...] = ()) -> Live:
    """Make ``wanted`` live, if nobody has changed it since revision ``wanted.revision`` was read; raises Stale.

    The versions in ``new`` are kept for good with it; one that is there already stays as it is.
    """
    moved = replace(wanted, revision=wanted.revision + 1)
    async with database.engine.begin() as connection:
        for one in new:
            await connection.execute(_unless_there(database, line_versions, asdict(one)))
        await compare_and_set(database, connection, line_live, asdict(moved), wanted.revision)
        await connection.execute(insert(line_history).values(**asdict(change)))
    return moved


async def save_draft(database: Database, wanted: Draft) -> Draft:
    """Keep a draft, if nobody has saved it since revision ``wanted.revision`` (0: there was none); raises Stale."""
    saved = replace(wanted, revision=wanted.revision + 1)
    async with database.engine.begin() as connection:
        await compare_and_set(database, connection, line_drafts, asdict(saved), wanted.revision)
    return saved


async def drop_draft(database: Database, line: str, revision: int) -> None:
    """Take a draft away, if nobody has saved it since."""
    async with database.engine.begin() as connection:
        await connection.execute(
            delete(line_drafts).where(line_drafts.c.line == line, line_drafts.c.revision == revision)
        )


async def compare_and_set(
    database: Database, connection: AsyncConnection, table: Table, values: Mapping[str, object], revision: int
) -> None:
    """Write a row whose ``revision`` is still this one (0: there is none yet); raises Stale."""
    (key,) = table.primary_key
    of_one = key == values[key.name]
    change = update(table).where(of_one, table.c.revision == revision).values(**values)
    # Asked for what was written, not for how many rows: drivers count those of an insert each in their own way.
    write = change if revision else _unless_there(database, table, values)
    written = await connection.execute(write.returning(table.c.revision))
    if written.first() is None:
        there = await connection.execute(select(table.c.revision).where(of_one))
        raise Stale(there.scalar() or 0)


def _unless_there(database: Database, table: Table, values: Mapping[str, object]) -> Insert:
    return insert_into(table, database.engine.dialect).values(**values).on_conflict_do_nothing()


# ---- rows


def _live(row: RowMapping) -> Live:
    return Live(**{**row, "changed_at": utc(row["changed_at"])})


def _draft(row: RowMapping) -> Draft:
    return Draft(**{**row, "updated_at": utc(row["updated_at"])})


def _version(row: RowMapping) -> Version:
    return Version(**{**row, "at": utc(row["at"])})


def _change(row: RowMapping) -> Change:
    said = {name: value for name, value in row.items() if name != "number"}
    return Change(**{**said, "at": utc(row["at"])})
