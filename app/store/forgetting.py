"""Takes out of the database what was said in calls, or all there is of calls."""

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import Table, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store.tables import (
    analyses,
    calls,
    corrections,
    costs,
    flags,
    holds,
    jobs,
    marks,
    messages,
    notes,
    segments,
    tags,
    tool_uses,
    turns,
)
from app.store.tables_recordings import consents, recordings

# Every table that has rows of a call; what hangs on ``calls`` by a key goes with it.
OF_CALLS: Final = (
    *(turns, tool_uses, flags, marks, segments, costs),
    *(analyses, corrections, notes, tags, holds, jobs, messages),
    *(recordings, consents),
)
# What holds words that were said, or was made of them, and what stands there when they are gone.
_EMPTY: Final[Mapping[Table, Mapping[str, object]]] = {
    turns: {"heard": "", "unheard": "", "sources": None},
    tool_uses: {"args": {}, "response": {}, "key": ""},
    flags: {"detail": ""},
    marks: {"detail": ""},
    analyses: {"summary": "", "reason": "", "criteria": [], "follow_ups": []},
    messages: {"transcript": "", "recording_url": ""},
}
_WORDED: Final = ("summary", "reason")  # of what people corrected


async def forget_words(connection: AsyncConnection, call_sids: Sequence[str]) -> None:
    """Nothing that was said in these calls is left; that they were, when, how long and how well, is."""
    for table, empty in _EMPTY.items():
        await connection.execute(update(table).where(table.c.call_sid.in_(call_sids)).values(**empty))
    worded = corrections.c.field.in_(_WORDED)
    for what in (
        delete(corrections).where(corrections.c.call_sid.in_(call_sids), worded),
        delete(notes).where(notes.c.call_sid.in_(call_sids)),
        delete(jobs).where(jobs.c.call_sid.in_(call_sids)),
        update(calls).where(calls.c.call_sid.in_(call_sids)).values(problem="", leaving=None),
    ):
        await connection.execute(what)


async def forget_calls(connection: AsyncConnection, call_sids: Sequence[str]) -> dict[str, int]:
    """Nothing of these calls is left; how many rows there were, by table."""
    gone = {}
    for table in (*OF_CALLS, calls):
        count = select(func.count()).select_from(table).where(table.c.call_sid.in_(call_sids))
        gone[table.name] = (await connection.execute(count)).scalar_one()
    for table in (messages, recordings, calls):
        await connection.execute(delete(table).where(table.c.call_sid.in_(call_sids)))
    return gone
