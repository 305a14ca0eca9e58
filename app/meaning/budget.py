"""What the calls of today have cost, of all processes: above a limit no new ones are taken."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import structlog
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from app.store.database import Database
from app.store.tables import calls, costs

LOOK_EVERY_S = 15.0
LOOK_WITHIN_S = 10.0

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class DayBudget:
    """``limit_usd`` None is no limit. ``going_on`` is what the calls of this process that go on have cost."""

    database: Database
    limit_usd: float | None
    going_on: Callable[[], float]
    wall: Callable[[], datetime] = lambda: datetime.now(UTC)
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    _ended_usd: float = field(default=0.0, init=False)
    _was_spent: bool = field(default=False, init=False)

    def spent(self) -> bool:
        """Whether today's calls have cost as much as they may."""
        return self.limit_usd is not None and self._ended_usd + self.going_on() >= self.limit_usd

    async def run(self) -> None:
        """Add up what is on record, until cancelled; while the database is down, the last sum stands."""
        while self.limit_usd is not None:
            try:
                async with asyncio.timeout(LOOK_WITHIN_S):
                    await self.look()
            except (SQLAlchemyError, OSError) as error:  # TimeoutError is an OSError
                log.warning("budget not looked at", error=type(error).__name__, next="look at the database")
            await self.pause(LOOK_EVERY_S)

    async def look(self) -> None:
        """Add up the calls that began today."""
        midnight = self.wall().replace(hour=0, minute=0, second=0, microsecond=0)
        today = select(func.sum(costs.c.usd)).join(calls, calls.c.call_sid == costs.c.call_sid)
        async with self.database.engine.connect() as connection:
            total = await connection.scalar(today.where(calls.c.started_at >= midnight))
        self._ended_usd = float(total or 0.0)
        if self.spent() and not self._was_spent:
            log.error("budget of the day spent", usd=round(self._ended_usd, 2), next="raise FRONTLINE_COST_PER_DAY_USD")
        self._was_spent = self.spent()
