"""Calls that are kept whatever their age, and whoever asks for them to be erased: by whom, since when, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import delete, select

from app.store.database import Database, Source, plain_text, reading
from app.store.dialects import insert_into, utc
from app.store.tables import holds


@dataclass(frozen=True, slots=True)
class Hold:
    """``why``: the case it is kept for."""

    call_sid: str
    who: str
    at: datetime
    why: str


async def hold(database: Database, call_sid: str, who: str, why: str) -> None:
    """Keep a call; one that is held already stays as it is."""
    row = {"call_sid": call_sid, "who": plain_text(who), "at": datetime.now(UTC), "why": plain_text(why)}
    async with database.engine.begin() as connection:
        await connection.execute(insert_into(holds, database.engine.dialect).values(row).on_conflict_do_nothing())


async def release(database: Database, call_sid: str) -> bool:
    """Let it go the way of all calls; False for one that was not held."""
    async with database.engine.begin() as connection:
        gone = await connection.execute(delete(holds).where(holds.c.call_sid == call_sid).returning(holds.c.call_sid))
        return gone.first() is not None


async def held(source: Source, call_sids: Sequence[str] | None = None) -> list[Hold]:
    """Those of these calls that are held, or all there are; the oldest first."""
    chosen = select(holds).order_by(holds.c.at)
    if call_sids is not None:
        chosen = chosen.where(holds.c.call_sid.in_(call_sids))
    async with reading(source) as connection:
        rows = (await connection.execute(chosen)).mappings()
        return [Hold(**{**row, "at": utc(row["at"])}) for row in rows]
