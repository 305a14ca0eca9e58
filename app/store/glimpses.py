"""What a list of calls shows of each beside its row: turns, waits, tools that failed, flags, tags, score."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Select, case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.call.flags import UNWELL
from app.store.database import Database
from app.store.tables import analyses, flags, tags, tool_uses, turns

FAILED_TOOLS: Final = ("error", "timeout")


@dataclass(frozen=True, slots=True)
class Glimpse:
    """``gap_ms`` is the call's longest wait for an answer; ``unwell`` counts the times that the model was."""

    turns: int = 0
    gap_ms: int | None = None
    tools: int = 0
    tool_errors: int = 0
    unwell: int = 0
    flags: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    score: int | None = None
    resolution: str = ""
    summary: str = ""


async def glimpses_of(database: Database, call_sids: Sequence[str]) -> Mapping[str, Glimpse]:
    """Of each of these calls."""
    if not call_sids:
        return {}
    async with database.engine.connect() as connection:
        spoken = await _spoken(connection, call_sids)
        used = await _used(connection, call_sids)
        flagged = await _several(
            connection, select(flags.c.call_sid, flags.c.name).where(flags.c.call_sid.in_(call_sids))
        )
        tagged = await _several(connection, select(tags.c.call_sid, tags.c.tag).where(tags.c.call_sid.in_(call_sids)))
        judged = await _judged(connection, call_sids)
    found: dict[str, Glimpse] = {}
    for sid in call_sids:
        count, gap_ms = spoken.get(sid, (0, None))
        used_times, failed = used.get(sid, (0, 0))
        score, resolution, summary = judged.get(sid, (None, "", ""))
        names = flagged.get(sid, [])
        found[sid] = Glimpse(
            turns=count,
            gap_ms=gap_ms,
            tools=used_times,
            tool_errors=failed,
            unwell=sum(name in UNWELL for name in names),
            flags=tuple(sorted(set(names))),
            tags=tuple(sorted(tagged.get(sid, ()))),
            score=score,
            resolution=resolution,
            summary=summary,
        )
    return found


async def _spoken(connection: AsyncConnection, sids: Sequence[str]) -> Mapping[str, tuple[int, int | None]]:
    rows = select(turns.c.call_sid, func.count(), func.max(turns.c.gap_ms)).where(turns.c.call_sid.in_(sids))
    found = await connection.execute(rows.group_by(turns.c.call_sid))
    return {sid: (count, gap_ms) for sid, count, gap_ms in found}


async def _used(connection: AsyncConnection, sids: Sequence[str]) -> Mapping[str, tuple[int, int]]:
    failed = func.sum(case((tool_uses.c.status.in_(FAILED_TOOLS), 1), else_=0))
    rows = select(tool_uses.c.call_sid, func.count(), failed).where(tool_uses.c.call_sid.in_(sids))
    found = await connection.execute(rows.group_by(tool_uses.c.call_sid))
    return {sid: (count, int(errors)) for sid, count, errors in found}


async def _several(connection: AsyncConnection, rows: Select[str, str]) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in await connection.execute(rows):
        sid, name = str(row[0]), str(row[1])
        found.setdefault(sid, []).append(name)
    return found


async def _judged(connection: AsyncConnection, sids: Sequence[str]) -> Mapping[str, tuple[int | None, str, str]]:
    columns = analyses.c.call_sid, analyses.c.score, analyses.c.resolution, analyses.c.summary
    found = await connection.execute(select(*columns).where(analyses.c.call_sid.in_(sids)))
    return {sid: (score, resolution, summary) for sid, score, resolution, summary in found}


async def tags_in_use(database: Database, most: int = 100) -> list[str]:
    """The tags that people gave calls."""
    async with database.engine.connect() as connection:
        return list(
            (await connection.execute(select(tags.c.tag).distinct().order_by(tags.c.tag).limit(most))).scalars()
        )
