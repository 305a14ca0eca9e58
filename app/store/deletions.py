"""What was deleted of what is on record of calls, and why: the proof, which is kept itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import uuid4

from sqlalchemy import RowMapping, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store.database import Database
from app.store.dialects import utc
from app.store.tables import deletions

Why = Literal["retention", "erasure"]


@dataclass(frozen=True, slots=True)
class Deletion:
    """``count`` of a ``kind`` went: for retention those of a line from before ``through``; for an erasure those of a
    ``subject``, which stands for a phone number and cannot be read without the house's key.
    """

    at: datetime
    why: Why
    kind: str
    count: int
    line: str = ""
    subject: str = ""
    through: datetime | None = None


async def note(connection: AsyncConnection, *gone: Deletion) -> None:
    """Keep the proof, in the transaction of ``connection``; nothing that went needs none."""
    rows = [{name: getattr(one, name) for name in Deletion.__slots__} | {"id": uuid4()} for one in gone if one.count]
    if rows:
        await connection.execute(insert(deletions), rows)


async def latest(database: Database, most: int = 100) -> Sequence[Deletion]:
    """The newest first."""
    columns = [deletions.c[name] for name in Deletion.__slots__]
    async with database.engine.connect() as connection:
        rows = await connection.execute(select(*columns).order_by(deletions.c.at.desc()).limit(most))
        return [_deletion(row) for row in rows.mappings()]


def _deletion(row: RowMapping) -> Deletion:
    through = row["through"]
    return Deletion(**{**row, "at": utc(row["at"]), "through": None if through is None else utc(through)})
