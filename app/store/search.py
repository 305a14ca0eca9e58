"""Calls by what is known of them and by the words said in them, the newest first, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Dialect, Select, and_, column, exists, func, or_, select, table, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.call.commands import RecordTurn
from app.call.flags import EMPTY_TURN, SILENT_SOUND
from app.store.calls import CallRow, call_row, turn_of_row
from app.store.database import Database
from app.store.dialects import begins
from app.store.tables import analyses, calls, flags, tags, tool_uses, turns
from app.store.words import Phrase, in_fts5, in_tsquery, phrases_of, says

MOST: Final = 1_000  # calls on a page
# Where so many turns have the words, reading the calls from the newest on finds a page of them sooner.
COMMON: Final = 30_000
STRETCH: Final = 100
FAILED_TOOLS: Final = ("error", "timeout")
SILENT: Final = (EMPTY_TURN, SILENT_SOUND)

# SQLite's index of the turns' words.
_docs = table("turn_docs", column("number"), column("turn_id"), column("call_sid"))
_index = table("turn_words", column("rowid"))


@dataclass(frozen=True, slots=True)
class Key:
    """Where a page ended: the next begins after it, whatever calls came meanwhile."""

    started_at: datetime
    call_sid: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which calls; what is None or empty does not matter. Times have a time zone, ``until`` is not in it.

    ``version`` may be the beginning of one. ``words`` are looked for in what was said, heard or not: all of them in
    one turn, those in double quotes side by side; ``tent*`` is any word that begins so.
    """

    line: str = ""
    language: str = ""
    disposition: str = ""
    ended_by: str = ""
    version: str = ""
    caller: str = ""
    since: datetime | None = None
    until: datetime | None = None
    longer_s: float | None = None
    shorter_s: float | None = None
    flag: str = ""
    tag: str = ""
    tool: str = ""
    tool_errors: bool = False
    tool_ms: int | None = None  # a tool took so long
    gap_ms: int | None = None  # an answer was waited for so long
    dearer_usd: float | None = None
    score_below: int | None = None
    silent: bool = False  # the model had a turn that nobody could hear
    words: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A call, and the first turn that has the words."""

    call: CallRow
    turn: RecordTurn | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """``next`` is where the next page begins; None where this is the last."""

    calls: tuple[Found, ...]
    next: Key | None = None


async def page(database: Database, wanted: Wanted, most: int = 50, after: Key | None = None) -> Page:
    """The newest ``most`` of the calls wanted, or those that come after a page."""
    phrases = phrases_of(wanted.words)
    if wanted.words and not phrases:
        return Page(())
    most = min(most, MOST)
    async with database.engine.connect() as connection:
        if phrases and database.is_sqlite and await _is_common(connection, in_fts5(phrases)):
            found = await _walked(connection, wanted, phrases, most + 1, after)
        else:
            found = await _found(connection, wanted, phrases, most + 1, after)
    last = found[most - 1].call.start if len(found) > most else None
    return Page(tuple(found[:most]), Key(last.started_at, last.call_sid) if last else None)


async def _found(
    connection: AsyncConnection, wanted: Wanted, phrases: list[Phrase], most: int, after: Key | None
) -> list[Found]:
    chosen = _chosen(wanted, after, connection.dialect).limit(most)
    if phrases:
        here = connection.dialect.name == "sqlite"
        chosen = chosen.where(_said_here(in_fts5(phrases)) if here else _said_there(in_tsquery(phrases)))
    rows = [call_row(row) for row in (await connection.execute(chosen)).mappings()]
    said = await _turns_with(connection, phrases, rows) if phrases else {}
    return [Found(row, said.get(row.start.call_sid)) for row in rows]


async def _walked(
    connection: AsyncConnection, wanted: Wanted, phrases: list[Phrase], most: int, after: Key | None
) -> list[Found]:
    """The same, a stretch of calls after the other and each of them read: for words that most of them have."""
    found: list[Found] = []
    while len(found) < most:
        chosen = _chosen(wanted, after, connection.dialect).limit(STRETCH)
        rows = [call_row(row) for row in (await connection.execute(chosen)).mappings()]
        said = await _turns_with(connection, phrases, rows)
        found += [Found(row, said[row.start.call_sid]) for row in rows if row.start.call_sid in said]
        if len(rows) < STRETCH:
            break
        after = Key(rows[-1].start.started_at, rows[-1].start.call_sid)
    return found[:most]


def _chosen(wanted: Wanted, after: Key | None, dialect: Dialect) -> Select[tuple[object, ...]]:
    chosen = select(calls).order_by(calls.c.started_at.desc(), calls.c.call_sid)
    for condition in _conditions(wanted, dialect):
        chosen = chosen.where(condition)
    if after is not None:
        same = and_(calls.c.started_at == after.started_at, calls.c.call_sid > after.call_sid)
        # The first half by itself is what an index can be entered with.
        chosen = chosen.where(calls.c.started_at <= after.started_at, or_(calls.c.started_at < after.started_at, same))
    return chosen


def _conditions(wanted: Wanted, dialect: Dialect) -> list[ColumnElement[bool]]:
    equal = ("line", "disposition", "ended_by", "caller")
    found = [calls.c[name] == getattr(wanted, name) for name in equal if getattr(wanted, name)]
    if wanted.language:
        found.append(or_(calls.c.language == wanted.language, calls.c.language.startswith(f"{wanted.language}-")))
    if wanted.version:
        found.append(begins(calls.c.version, wanted.version, dialect))
    if wanted.since is not None:
        found.append(calls.c.started_at >= wanted.since.astimezone(UTC))
    if wanted.until is not None:
        found.append(calls.c.started_at < wanted.until.astimezone(UTC))
    if wanted.longer_s is not None:
        found.append(calls.c.duration_s >= wanted.longer_s)
    if wanted.shorter_s is not None:
        found.append(calls.c.duration_s < wanted.shorter_s)
    if wanted.dearer_usd is not None:
        found.append(calls.c.cost_usd > wanted.dearer_usd)
    return [*found, *_having(wanted)]


def _having(wanted: Wanted) -> list[ColumnElement[bool]]:
    """What hangs on other tables."""
    found: list[ColumnElement[bool]] = []
    if wanted.flag:
        found.append(calls.c.call_sid.in_(select(flags.c.call_sid).where(flags.c.name == wanted.flag)))
    if wanted.silent:
        found.append(calls.c.call_sid.in_(select(flags.c.call_sid).where(flags.c.name.in_(SILENT))))
    if wanted.tag:
        found.append(calls.c.call_sid.in_(select(tags.c.call_sid).where(tags.c.tag == wanted.tag)))
    if used := _used(wanted):
        found.append(calls.c.call_sid.in_(select(tool_uses.c.call_sid).where(*used)))
    if wanted.gap_ms is not None:
        found.append(_waited(wanted.gap_ms))
    if wanted.score_below is not None:
        judged = select(analyses.c.call_sid).where(analyses.c.score < wanted.score_below)
        found.append(calls.c.call_sid.in_(judged))
    return found


def _waited(gap_ms: int) -> ColumnElement[bool]:
    """By the longest wait, which a call has with its end; before that, by its turns."""
    going_on = exists().where(turns.c.call_sid == calls.c.call_sid, turns.c.gap_ms >= gap_ms)
    return or_(calls.c.longest_gap_ms >= gap_ms, and_(calls.c.longest_gap_ms.is_(None), going_on))


def _used(wanted: Wanted) -> list[ColumnElement[bool]]:
    """What one use of a tool must be: of that name, failed, slow; all of it at once."""
    found: list[ColumnElement[bool]] = []
    if wanted.tool:
        found.append(tool_uses.c.name == wanted.tool)
    if wanted.tool_errors:
        found.append(tool_uses.c.status.in_(FAILED_TOOLS))
    if wanted.tool_ms is not None:
        found.append(tool_uses.c.took_ms >= wanted.tool_ms)
    return found


# ---- words


async def _is_common(connection: AsyncConnection, words: str) -> bool:
    """SQLite does not know how common words are, and so not which way is shorter: it is asked first."""
    some = select(text("1")).select_from(_index).where(_matches(words)).limit(COMMON)
    return (await connection.execute(select(func.count()).select_from(some.subquery()))).scalar_one() >= COMMON


def _said_here(words: str) -> ColumnElement[bool]:
    """SQLite: the calls of all turns with the words."""
    having = select(_docs.c.call_sid).join(_index, _index.c.rowid == _docs.c.number).where(_matches(words))
    return calls.c.call_sid.in_(having)


def _matches(words: str) -> ColumnElement[bool]:
    return column("turn_words").op("MATCH", is_comparison=True)(words)


def _said_there(words: str) -> ColumnElement[bool]:
    """PostgreSQL, which weighs the words itself."""
    query = func.to_tsquery(text("'simple'"), words)
    has = column("turn_words").op("@@", is_comparison=True)(query)
    return exists().where(turns.c.call_sid == calls.c.call_sid, has)


async def _turns_with(
    connection: AsyncConnection, phrases: list[Phrase], rows: Sequence[CallRow]
) -> dict[str, RecordTurn]:
    """The first turn with the words, of each of these calls that has one."""
    of_calls = turns.c.call_sid.in_([row.start.call_sid for row in rows])
    said = select(turns.c.id, turns.c.call_sid, turns.c.number, turns.c.heard, turns.c.unheard).where(of_calls)
    first: dict[str, tuple[int, UUID]] = {}
    for id, call_sid, number, heard, unheard in await connection.execute(said):
        if (call_sid not in first or number < first[call_sid][0]) and says(f"{heard} {unheard}", phrases):
            first[call_sid] = number, id
    those = select(turns).where(turns.c.id.in_([id for _, id in first.values()]))
    return {row["call_sid"]: turn_of_row(row) for row in (await connection.execute(those)).mappings()}
