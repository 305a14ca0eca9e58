"""What people add to a call: notes and tags, with who and when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid4

from sqlalchemy import delete, insert, select

from app.store.database import Database, Source, plain_text, reading
from app.store.dialects import insert_into, utc
from app.store.tables import notes, tags

LONGEST_TAG = 64


@dataclass(frozen=True, slots=True)
class Note:
    """Something a person wrote."""

    id: UUID
    who: str
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Added:
    """All that people added to a call."""

    notes: Sequence[Note] = ()
    tags: Sequence[str] = ()


async def of_call(source: Source, call_sid: str) -> Added:
    """Notes in their order, tags by name."""
    written = select(notes.c.id, notes.c.who, notes.c.at, notes.c.text).where(notes.c.call_sid == call_sid)
    given = select(tags.c.tag).where(tags.c.call_sid == call_sid).order_by(tags.c.tag)
    async with reading(source) as connection:
        rows = await connection.execute(written.order_by(notes.c.at))
        found = [Note(id, who, utc(at), text) for id, who, at, text in rows]
        return Added(found, list((await connection.execute(given)).scalars()))


async def note(database: Database, call_sid: str, who: str, text: str) -> None:
    """Write a note."""
    row = {"id": uuid4(), "call_sid": call_sid, "who": who, "at": datetime.now(UTC), "text": plain_text(text)}
    async with database.engine.begin() as connection:
        await connection.execute(insert(notes).values(row))


async def tag(database: Database, call_sid: str, who: str, tag: str) -> None:
    """Give a tag; one that is there already stays as it is."""
    row = {"call_sid": call_sid, "tag": plain_text(tag)[:LONGEST_TAG], "who": who, "at": datetime.now(UTC)}
    async with database.engine.begin() as connection:
        await connection.execute(insert_into(tags, database.engine.dialect).values(row).on_conflict_do_nothing())


async def untag(database: Database, call_sid: str, tag: str) -> None:
    """Take a tag away."""
    async with database.engine.begin() as connection:
        await connection.execute(delete(tags).where(tags.c.call_sid == call_sid, tags.c.tag == tag))
