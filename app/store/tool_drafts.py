"""HTTP tools in the database: what is being written on them, and what their files were given, by whom and why."""

from dataclasses import asdict, dataclass, replace
from datetime import datetime

from sqlalchemy import RowMapping, delete, desc, insert, select

from app.store.database import Database
from app.store.dialects import utc
from app.store.tables_tools import tool_drafts, tool_history
from app.store.versions import compare_and_set


@dataclass(frozen=True, slots=True)
class Draft:
    """What is being written on a tool. ``base`` is its file's revision when it was begun; ``revision`` counts saves."""

    tool: str
    text: str
    base: str
    author: str
    updated_at: datetime
    revision: int


@dataclass(frozen=True, slots=True)
class State:
    """What a tool's file said since ``at``; ``who`` is empty for a text that was found in the folder."""

    tool: str
    text: str
    who: str
    note: str
    at: datetime
    number: int = 0


async def draft(database: Database, tool: str) -> Draft | None:
    """What is being written on this tool."""
    async with database.engine.connect() as connection:
        result = await connection.execute(select(tool_drafts).where(tool_drafts.c.tool == tool))
        row = result.mappings().first()
    return Draft(**{**row, "updated_at": utc(row["updated_at"])}) if row else None


async def authors(database: Database) -> dict[str, str]:
    """The tools that are being written on, each with who saved last."""
    async with database.engine.connect() as connection:
        result = await connection.execute(select(tool_drafts.c.tool, tool_drafts.c.author))
        return {row.tool: row.author for row in result}


async def save_draft(database: Database, wanted: Draft) -> Draft:
    """Keep a draft, if nobody has saved it since ``wanted.revision`` (0: there was none); raises versions.Stale."""
    saved = replace(wanted, revision=wanted.revision + 1)
    async with database.engine.begin() as connection:
        await compare_and_set(database, connection, tool_drafts, asdict(saved), wanted.revision)
    return saved


async def drop_draft(database: Database, tool: str, revision: int) -> bool:
    """Take a draft away, if nobody has saved it since; whether it is gone."""
    one = delete(tool_drafts).where(tool_drafts.c.tool == tool, tool_drafts.c.revision == revision)
    async with database.engine.begin() as connection:
        return (await connection.execute(one.returning(tool_drafts.c.tool))).first() is not None


async def history(database: Database, tool: str, most: int) -> list[State]:
    """What its file said, the newest first."""
    of_tool = select(tool_history).where(tool_history.c.tool == tool).order_by(desc(tool_history.c.number))
    async with database.engine.connect() as connection:
        result = await connection.execute(of_tool.limit(most))
        return [_state(row) for row in result.mappings()]


async def state(database: Database, tool: str, number: int) -> State | None:
    """One of them."""
    one = select(tool_history).where(tool_history.c.tool == tool, tool_history.c.number == number)
    async with database.engine.connect() as connection:
        row = (await connection.execute(one)).mappings().first()
    return _state(row) if row else None


async def add(database: Database, *states: State) -> None:
    """Remember them, in this order."""
    async with database.engine.begin() as connection:
        for one in states:
            values = {name: value for name, value in asdict(one).items() if name != "number"}
            await connection.execute(insert(tool_history).values(**values))


def _state(row: RowMapping) -> State:
    return State(**{**row, "at": utc(row["at"])})
