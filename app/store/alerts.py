"""Alerts on record: opened once, resolved once, who has seen to them, and which rules are muted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import RowMapping, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store.database import Database
from app.store.dialects import insert_into, utc
from app.store.tables import alert_mutes, alerts

State = Literal["open", "resolved"]


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert. ``told`` is its sentence, ``seen_at`` when its rule was broken last. Times have a zone."""

    id: UUID
    rule: str
    severity: str
    state: State
    told: str
    value: float
    calls: tuple[str, ...]
    opened_at: datetime
    seen_at: datetime
    resolved_at: datetime | None = None
    acked_at: datetime | None = None
    acked_by: str = ""


async def open_alert(connection: AsyncConnection, alert: Alert) -> bool:
    """Keep a new alert, in the transaction of ``connection``; False where the rule has an open one."""
    row = {name: getattr(alert, name) for name in Alert.__slots__} | {"calls": list(alert.calls)}
    insert = insert_into(alerts, connection.dialect).values(row)
    wrote = await connection.execute(insert.on_conflict_do_nothing().returning(alerts.c.id))
    return wrote.first() is not None


async def seen(connection: AsyncConnection, alert: Alert, now: datetime, value: float, calls: Sequence[str]) -> None:
    """It is still so."""
    still = {"seen_at": now, "value": value, "calls": list(calls)}
    await connection.execute(update(alerts).where(alerts.c.id == alert.id).values(still))


async def resolve(connection: AsyncConnection, alert: Alert, now: datetime) -> bool:
    """It is over; False where it was already."""
    over = update(alerts).where(alerts.c.id == alert.id, alerts.c.state == "open")
    changed = await connection.execute(over.values(state="resolved", resolved_at=now))
    return changed.rowcount == 1


async def listed(database: Database, *, state: State | None = None, most: int = 100) -> list[Alert]:
    """Alerts, the newest first."""
    newest = select(alerts).order_by(alerts.c.opened_at.desc(), alerts.c.id).limit(most)
    if state is not None:
        newest = newest.where(alerts.c.state == state)
    async with database.engine.connect() as connection:
        return [_alert(row) for row in (await connection.execute(newest)).mappings()]


async def ack(database: Database, id: UUID, who: str, now: datetime) -> None:
    """Somebody sees to it."""
    async with database.engine.begin() as connection:
        await connection.execute(update(alerts).where(alerts.c.id == id).values(acked_at=now, acked_by=who))


async def mute(database: Database, rule: str, until: datetime, who: str) -> None:
    """Nobody is told of this rule until then; its alerts are on record all the same."""
    said = {"until": until, "who": who}
    insert = insert_into(alert_mutes, database.engine.dialect).values(rule=rule, **said)
    upsert = insert.on_conflict_do_update(index_elements=["rule"], set_=said)
    async with database.engine.begin() as connection:
        await connection.execute(upsert)


async def unmute(database: Database, rule: str) -> None:
    async with database.engine.begin() as connection:
        await connection.execute(delete(alert_mutes).where(alert_mutes.c.rule == rule))


async def muted(database: Database, now: datetime) -> dict[str, datetime]:
    """The rules that nobody is told of now, and until when."""
    now_muted = select(alert_mutes.c.rule, alert_mutes.c.until).where(alert_mutes.c.until > now)
    async with database.engine.connect() as connection:
        return {rule: utc(until) for rule, until in await connection.execute(now_muted)}


def _alert(row: RowMapping) -> Alert:
    told = {name: row[name] for name in Alert.__slots__}
    times = ("opened_at", "seen_at", "resolved_at", "acked_at")
    zoned = {name: None if row[name] is None else utc(row[name]) for name in times}
    return Alert(**{**told, **zoned, "calls": tuple(row["calls"])})
