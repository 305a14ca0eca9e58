"""All that is kept of a phone number: shown to whoever may have it, or deleted, with the proof."""

import asyncio
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sqlalchemy import delete, select

from app.store import holds
from app.store.database import Database
from app.store.deletions import Deletion, note
from app.store.dialects import insert_into
from app.store.files import drop_journals, journals_in, recordings_in
from app.store.forgetting import forget_calls
from app.store.messages import Message, from_caller
from app.store.objects import Objects
from app.store.tables import calls, erased_calls, messages
from app.store.whole import Whole, whole_call

AT_ONCE: Final = 200
HEAD_LINES: Final = 3  # of a journal: its head, and the call's beginning


@dataclass(frozen=True, slots=True)
class Places:
    """Where calls leave something: the database, this host's journals, the store of recordings."""

    database: Database
    journals: Path
    objects: Objects


@dataclass(frozen=True, slots=True)
class Theirs:
    """What there is of a number. ``journals`` and ``recordings`` are names."""

    number: str
    calls: Sequence[Whole] = ()
    messages: Sequence[Message] = ()
    journals: Sequence[str] = ()
    recordings: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Erased:
    """What went, by kind; and what stays: the calls on hold, and those that go on."""

    count: Mapping[str, int] = field(default_factory=dict)
    held: Sequence[str] = ()
    going_on: Sequence[str] = ()


async def export(places: Places, number: str) -> Theirs:
    """Everything of a number, as ``+12025550143``. Raises SQLAlchemyError, Unreachable, OSError."""
    sids = await _sids(places, number)
    whole = [found for sid in sids if (found := await whole_call(places.database, sid)) is not None]
    files = [file for sid in sids for file in await asyncio.to_thread(journals_in, places.journals, sid)]
    sounds = [file for sid in sids for file in await recordings_in(places.objects, sid)]
    left = await from_caller(places.database, number)
    return Theirs(number, whole, left, [file.name for file in files], [file.name for file in sounds])


async def erase(places: Places, number: str) -> Erased:
    """Delete everything of a number but what is on hold or goes on. Raises as ``export``; may be asked again.

    Files go first: a call is not taken for erased while something of it is left here. Of journals on other hosts the
    list of erased calls tells their retention.
    """
    sids = await _sids(places, number)
    held = [one.call_sid for one in await holds.held(places.database, sids)]
    going_on = await _going_on(places.database, sids)
    free = [sid for sid in sids if sid not in held and sid not in going_on]
    gone: Counter[str] = Counter()
    for first in range(0, len(free), AT_ONCE):
        gone += await _erase(places, free[first : first + AT_ONCE])
    gone["messages"] += await _messages_of(places.database, number, held)
    subject = places.objects.keys.pseudonym(number)
    at = datetime.now(UTC)
    async with places.database.engine.begin() as connection:
        await note(connection, *(Deletion(at, "erasure", kind, n, "", subject) for kind, n in gone.items()))
    return Erased(dict(gone), held, going_on)


async def erase_call(places: Places, call_sid: str) -> Erased:
    """Delete everything of one call, unless it is on hold or goes on. Raises as ``export``; may be asked again."""
    held = [one.call_sid for one in await holds.held(places.database, [call_sid])]
    going_on = await _going_on(places.database, [call_sid])
    if held or going_on:
        return Erased({}, held, going_on)
    gone = await _erase(places, [call_sid])
    subject = places.objects.keys.pseudonym(call_sid)
    at = datetime.now(UTC)
    async with places.database.engine.begin() as connection:
        await note(connection, *(Deletion(at, "erasure", kind, n, "", subject) for kind, n in gone.items()))
    return Erased(dict(gone))


async def _erase(places: Places, sids: Sequence[str]) -> Counter[str]:
    gone: Counter[str] = Counter()
    for sid in sids:
        sounds = [file.name for file in await recordings_in(places.objects, sid)]
        await places.objects.delete(*sounds)
        gone["sounds"] += len(sounds)
    marks = [{"call_sid": sid, "at": datetime.now(UTC)} for sid in sids]
    insert = insert_into(erased_calls, places.database.engine.dialect).on_conflict_do_nothing()
    async with places.database.engine.begin() as connection:
        await connection.execute(insert, marks)
        gone += Counter(await forget_calls(connection, sids))
    for sid in sids:
        files = [file.name for file in await asyncio.to_thread(journals_in, places.journals, sid)]
        await asyncio.to_thread(drop_journals, places.journals, files)
        gone["journals"] += len(files)
    return gone


async def _messages_of(database: Database, number: str, held: Sequence[str]) -> int:
    """Those of calls that were not taken."""
    theirs = delete(messages).where(messages.c.caller == number, messages.c.call_sid.not_in(held))
    async with database.engine.begin() as connection:
        return len((await connection.execute(theirs.returning(messages.c.call_sid))).all())


async def _sids(places: Places, number: str) -> list[str]:
    """The number's calls: by their rows, their messages, or a journal that has no row yet."""
    async with places.database.engine.connect() as connection:
        rows = await connection.execute(select(calls.c.call_sid).where(calls.c.caller == number))
        left = await connection.execute(select(messages.c.call_sid).where(messages.c.caller == number))
        known = [*rows.scalars(), *left.scalars()]
    return sorted({*known, *await asyncio.to_thread(_journals_of, places.journals, number)})


async def _going_on(database: Database, sids: Sequence[str]) -> list[str]:
    unended = select(calls.c.call_sid).where(calls.c.call_sid.in_(sids), calls.c.disposition.is_(None))
    async with database.engine.connect() as connection:
        return list((await connection.execute(unended)).scalars())


def _journals_of(folder: Path, number: str) -> list[str]:
    return [file.call_sid for file in journals_in(folder) if _is_of(folder / file.name, number)]


def _is_of(path: Path, number: str) -> bool:
    """Whether a journal begins with a call of this number."""
    try:
        with path.open("rb") as file:
            lines = [json.loads(line) for _, line in zip(range(HEAD_LINES), file, strict=False)]
    except (OSError, ValueError):
        return False
    return any(isinstance(line, dict) and line.get("caller") == number for line in lines)
