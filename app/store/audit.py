"""The audit: who did what in the console, each row bound to the one before it by a hash."""

import asyncio
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import ColumnElement, RowMapping, and_, desc, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store.database import Database, plain_text
from app.store.dialects import utc
from app.store.tables_people import audit

BEGINNING: Final = "0" * 64  # what the first row is bound to
TRIES: Final = 20  # another process may have added a row at the same moment
AT_ONCE: Final = 1_000  # rows read together when the chain is proven

Detail = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing done. ``action`` is a word of few (``call.heard``), ``object`` what it was done to."""

    number: int
    at: datetime
    who: str
    action: str
    object: str
    detail: Detail
    before: str
    hash: str


@dataclass(frozen=True, slots=True)
class Proof:
    """Whether the chain holds: ``broken`` is the first row that does not fit, None where all do."""

    rows: int
    last: str
    broken: int | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """Which entries to list: words in any field, an action or its beginning, a person, a time."""

    words: str = ""
    action: str = ""
    who: str = ""
    object: str = ""
    since: datetime | None = None
    until: datetime | None = None


async def add(database: Database, who: str, action: str, object: str = "", detail: Detail | None = None) -> Entry:
    """Keep for good that somebody did something."""
    said = json.loads(json.dumps(detail or {}, default=str))
    for attempt in range(TRIES):
        try:
            async with database.engine.begin() as connection:
                return await _add(connection, plain_text(who), action, plain_text(object), said)
        except IntegrityError:
            if attempt == TRIES - 1:
                raise
            await asyncio.sleep(0.01 * (attempt + 1))
    raise AssertionError


async def _add(connection: AsyncConnection, who: str, action: str, object: str, detail: Mapping[str, object]) -> Entry:
    newest = select(audit.c.number, audit.c.hash).order_by(desc(audit.c.number)).limit(1)
    last = (await connection.execute(newest)).first()
    number, before = (last.number + 1, last.hash) if last else (1, BEGINNING)
    at = datetime.now(UTC)
    row = Entry(number, at, who, action, object, detail, before, _hash(number, at, who, action, object, detail, before))
    await connection.execute(audit.insert().values({name: getattr(row, name) for name in Entry.__slots__}))
    return row


def _hash(number: int, at: datetime, who: str, action: str, object: str, detail: Detail, before: str) -> str:
    told = [number, at.astimezone(UTC).isoformat(), who, action, object, detail, before]
    return hashlib.sha256(json.dumps(told, ensure_ascii=True, sort_keys=True).encode()).hexdigest()


async def prove(database: Database) -> Proof:
    """Go through the whole chain. What was cut off its end does not show: keep the last hash elsewhere for that."""
    number, before, rows = 0, BEGINNING, 0
    async with database.engine.connect() as connection:
        while True:
            wanted = select(audit).where(audit.c.number > number).order_by(audit.c.number).limit(AT_ONCE)
            found = [_entry(row) for row in (await connection.execute(wanted)).mappings()]
            for entry in found:
                if entry.number != number + 1 or entry.before != before or entry.hash != _hash_of(entry):
                    return Proof(rows, before, entry.number)
                number, before, rows = entry.number, entry.hash, rows + 1
            if len(found) < AT_ONCE:
                return Proof(rows, before)


def _hash_of(entry: Entry) -> str:
    return _hash(entry.number, entry.at, entry.who, entry.action, entry.object, entry.detail, entry.before)


async def listed(database: Database, wish: Wish, *, most: int, below: int | None = None) -> list[Entry]:
    """Entries, the newest first; ``below`` goes on from the number of the last one seen."""
    wanted = select(audit).where(*_wished(wish)).order_by(desc(audit.c.number)).limit(most)
    if below is not None:
        wanted = wanted.where(audit.c.number < below)
    async with database.engine.connect() as connection:
        return [_entry(row) for row in (await connection.execute(wanted)).mappings()]


async def actions(database: Database) -> Sequence[str]:
    """Every action on record."""
    async with database.engine.connect() as connection:
        return list((await connection.execute(select(audit.c.action).distinct().order_by(audit.c.action))).scalars())


def _wished(wish: Wish) -> list[ColumnElement[bool]]:
    texts = (audit.c.who, audit.c.action, audit.c.object)
    asked = [or_(*(text.icontains(word, autoescape=True) for text in texts)) for word in wish.words.split()]
    exact = {audit.c.action: wish.action, audit.c.who: wish.who, audit.c.object: wish.object}
    asked += [column == value for column, value in exact.items() if value]
    if wish.since is not None:
        asked.append(audit.c.at >= wish.since)
    if wish.until is not None:
        asked.append(audit.c.at < wish.until)
    return [and_(*asked)] if asked else []


def _entry(row: RowMapping) -> Entry:
    return Entry(**{**row, "at": utc(row["at"])})
