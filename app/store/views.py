"""The lists of calls that people keep under a name, each their own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import delete, select

from app.store.database import Database, plain_text
from app.store.dialects import insert_into
from app.store.tables import call_views

LONGEST_NAME: Final = 60
LONGEST_QUERY: Final = 2_000
MOST: Final = 50


@dataclass(frozen=True, slots=True)
class View:
    """``query`` is what stands behind the ``?`` of the list's address."""

    name: str
    query: str


async def listed(database: Database, who: str) -> Sequence[View]:
    """A person's views, by name."""
    theirs = select(call_views.c.name, call_views.c.query).where(call_views.c.who == who).order_by(call_views.c.name)
    async with database.engine.connect() as connection:
        return [View(*row) for row in await connection.execute(theirs.limit(MOST))]


async def keep(database: Database, who: str, name: str, query: str) -> None:
    """Keep a list under a name, in the place of what had the name before."""
    insert = insert_into(call_views, database.engine.dialect)
    row = {"who": who, "name": plain_text(name[:LONGEST_NAME]), "query": query[:LONGEST_QUERY], "at": datetime.now(UTC)}
    kept = insert.values(row).on_conflict_do_update(index_elements=["who", "name"], set_={"query": row["query"]})
    async with database.engine.begin() as connection:
        await connection.execute(kept)


async def forget(database: Database, who: str, name: str) -> None:
    """Keep it no more."""
    gone = delete(call_views).where(call_views.c.who == who, call_views.c.name == name)
    async with database.engine.begin() as connection:
        await connection.execute(gone)
