"""The recordings' rows: what is stored of which call, and where; and how it is forgotten."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import delete, select, update

from app.store.database import Database
from app.store.dialects import insert_into, utc
from app.store.objects import Objects
from app.store.tables_recordings import recordings

STORED, CUT, ERASED = "stored", "cut", "erased"  # ``cut``: it ends before its stream did
FOLDER: Final = "recordings"  # of the objects; a folder a call in it

_HELD = recordings.c.state != ERASED


@dataclass(frozen=True, slots=True)
class KeptRecording:
    """One stream of a call as it is stored. ``began_s`` of the call it begins, ``paused`` are spans within it.

    ``key`` and ``peaks_key`` name its objects; ``size`` is in bytes before sealing.
    """

    id: str
    call_sid: str
    line: str
    at: datetime
    began_s: float
    duration_s: float
    format: str
    key: str
    peaks_key: str
    size: int
    paused: Sequence[Sequence[float]]
    state: str = STORED


class RecordingBook:
    """Writes and reads the rows. Every method raises SQLAlchemyError and OSError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save(self, recording: KeptRecording) -> None:
        """Write its row; the same one again changes nothing."""
        row = {name: getattr(recording, name) for name in KeptRecording.__slots__}
        row |= {"at": recording.at.astimezone(UTC), "paused": [list(span) for span in recording.paused]}
        await self._database.open()
        insert = insert_into(recordings, self._database.engine.dialect)
        async with self._database.engine.begin() as connection:
            await connection.execute(insert.on_conflict_do_nothing(), [row])

    async def of_call(self, call_sid: str) -> list[KeptRecording]:
        """What there is of a call, in order; what was erased, too."""
        wanted = select(recordings).where(recordings.c.call_sid == call_sid).order_by(recordings.c.began_s)
        await self._database.open()
        async with self._database.engine.connect() as connection:
            rows = (await connection.execute(wanted)).mappings().all()
        kept = [{name: row[name] for name in KeptRecording.__slots__} for row in rows]
        return [KeptRecording(**{**row, "at": utc(row["at"])}) for row in kept]

    async def calls_before(self, at: datetime, line: str | None = None, at_most: int = 1_000) -> list[str]:
        """The calls with sound that began before a time, the oldest first; only a line's, where one is named."""
        wanted = select(recordings.c.call_sid).where(_HELD, recordings.c.at < at.astimezone(UTC))
        if line is not None:
            wanted = wanted.where(recordings.c.line == line)
        await self._database.open()
        async with self._database.engine.connect() as connection:
            rows = (await connection.execute(wanted.order_by(recordings.c.at).limit(at_most))).scalars()
            return list(dict.fromkeys(rows))

    async def erased(self, call_sid: str, *, rows_too: bool = False) -> int:
        """The call's objects are gone: its rows say that there was a recording, or go, too. How many there were."""
        of_it = recordings.c.call_sid == call_sid
        change = (
            delete(recordings).where(of_it)
            if rows_too
            else update(recordings).where(of_it, _HELD).values(state=ERASED, paused=[])
        )
        await self._database.open()
        async with self._database.engine.begin() as connection:
            return (await connection.execute(change)).rowcount


async def forget(book: RecordingBook, objects: Objects, call_sid: str, *, rows_too: bool = False) -> int:
    """Delete all sound of a call and what it is drawn from; how many recordings there were. Twice does no harm.

    For retention leave the rows: they say that there was a recording. For a caller who is to be forgotten take
    ``rows_too``. The objects go first, those without a row among them, so that whatever fails is found again the next
    time: `RecordingBook.calls_before` still names the call. A call that goes on, or whose end is not a minute old, may
    put its recording here afterwards: wait for it, or forget it again. Raises Unreachable, SQLAlchemyError, OSError.
    """
    found = [stored.name async for stored in objects.list(f"{FOLDER}/{call_sid}")]
    await objects.delete(*found)
    return await book.erased(call_sid, rows_too=rows_too)
