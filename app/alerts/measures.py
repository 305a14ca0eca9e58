"""What a rule is about, measured over the calls of its window: counted in the database, few rows read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.alerts.rules import Rule
from app.call.tool_end import GUARDED
from app.meaning.values import rank
from app.store.database import Database
from app.store.tables import analyses, calls, flags, tool_uses, turns

SAMPLES: Final = 5  # calls to look at


@dataclass(frozen=True, slots=True)
class Measured:
    """``value`` in the rule's unit, of ``n`` calls, answers or uses; ``calls`` are some to look at, by CallSid."""

    value: float
    n: int
    calls: tuple[str, ...] = ()


async def measure(database: Database, rule: Rule, now: datetime) -> Measured:
    """A rule's value now, over the calls that began in its window and are over."""
    wanted = [calls.c.started_at >= now - timedelta(minutes=rule.window_min), calls.c.disposition.is_not(None)]
    if rule.line:
        wanted.append(calls.c.line == rule.line)
    async with database.engine.connect() as connection:
        match rule.of:
            case "flags":
                return await _flagged(connection, and_(*wanted), rule.names)
            case "dispositions":
                return await _ended(connection, and_(*wanted), rule.names)
            case "turn_gap":
                return await _waits(connection, and_(*wanted))
            case "tool_errors":
                return await _uses(connection, and_(*wanted))
            case "cost":
                return await _cost(connection, and_(*wanted))


async def _flagged(connection: AsyncConnection, window: ColumnElement[bool], names: Sequence[str]) -> Measured:
    one_of = select(flags.c.call_sid).where(flags.c.call_sid == calls.c.call_sid, flags.c.name.in_(names)).exists()
    return await _share(connection, window, one_of)


async def _ended(connection: AsyncConnection, window: ColumnElement[bool], names: Sequence[str]) -> Measured:
    return await _share(connection, window, calls.c.disposition.in_(names))


async def _share(connection: AsyncConnection, window: ColumnElement[bool], such: ColumnElement[bool]) -> Measured:
    n = (await connection.execute(select(func.count()).select_from(calls).where(window))).scalar_one()
    found = (await connection.execute(select(func.count()).select_from(calls).where(window, such))).scalar_one()
    latest = select(calls.c.call_sid).where(window, such).order_by(calls.c.started_at.desc()).limit(SAMPLES)
    samples = tuple((await connection.execute(latest)).scalars())
    return Measured(100 * found / n if n else 0.0, n, samples)


async def _waits(connection: AsyncConnection, window: ColumnElement[bool]) -> Measured:
    """The gap that 95 of 100 answers are within, and the calls of the longest."""
    answers = turns.join(calls, calls.c.call_sid == turns.c.call_sid)
    slow = select(turns.c.gap_ms, turns.c.call_sid).select_from(answers).where(window, turns.c.gap_ms.is_not(None))
    rows = (await connection.execute(slow.order_by(turns.c.gap_ms))).all()
    if not rows:
        return Measured(0.0, 0)
    at = rank(len(rows), 0.95)
    slowest = dict.fromkeys(call_sid for _, call_sid in reversed(rows[at:]))
    return Measured(float(rows[at][0]), len(rows), tuple(slowest)[:SAMPLES])


async def _uses(connection: AsyncConnection, window: ColumnElement[bool]) -> Measured:
    used = tool_uses.join(calls, calls.c.call_sid == tool_uses.c.call_sid)
    failed = tool_uses.c.status.not_in(GUARDED)
    n = (await connection.execute(select(func.count()).select_from(used).where(window))).scalar_one()
    found = (await connection.execute(select(func.count()).select_from(used).where(window, failed))).scalar_one()
    latest = select(calls.c.call_sid, func.max(calls.c.started_at)).select_from(used).where(window, failed)
    latest = latest.group_by(calls.c.call_sid).order_by(func.max(calls.c.started_at).desc()).limit(SAMPLES)
    samples = tuple(row[0] for row in await connection.execute(latest))
    return Measured(100 * found / n if n else 0.0, n, samples)


async def _cost(connection: AsyncConnection, window: ColumnElement[bool]) -> Measured:
    """What calls and their analyses cost, and the dearest calls."""
    spent = select(func.coalesce(func.sum(calls.c.cost_usd), 0.0), func.count()).where(window)
    usd, n = (await connection.execute(spent)).one()
    both = analyses.join(calls, calls.c.call_sid == analyses.c.call_sid)
    more = select(func.coalesce(func.sum(analyses.c.cost_usd), 0.0)).select_from(both).where(window)
    usd += (await connection.execute(more)).scalar_one()
    dear = select(calls.c.call_sid).where(window, calls.c.cost_usd.is_not(None)).order_by(calls.c.cost_usd.desc())
    samples = tuple((await connection.execute(dear.limit(SAMPLES))).scalars())
    return Measured(float(usd), n, samples)
