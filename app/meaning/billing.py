"""What Twilio says later about a call's legs: how long each lasted takes the place of what we had to guess."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC

import structlog
from sqlalchemy.exc import SQLAlchemyError

from app.call.commands import RecordCost
from app.call.costs import minutes
from app.prices import Prices
from app.store.calls import call
from app.store.database import Database
from app.store.writer import RecordWriter

MOST_WAITING = 2_000
TRIES = 5
AGAIN_S = 3.0  # the call's row may not be there yet

log = structlog.get_logger(__name__)


class Billing:
    """Takes in how long legs lasted, and has them written beside everything else."""

    def __init__(
        self,
        database: Database,
        writer: RecordWriter,
        prices: Prices,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._database = database
        self._writer = writer
        self._prices = prices
        self._pause = pause
        self._told: asyncio.Queue[tuple[str, str, int]] = asyncio.Queue(MOST_WAITING)

    def lasted(self, call_sid: str, leg: str, seconds: int) -> None:
        """Twilio's own word on a leg: ``inbound``, ``handoff`` or ``recording``."""
        try:
            self._told.put_nowait((call_sid, leg, seconds))
        except asyncio.QueueFull:
            log.warning("a leg's minutes not written", call_sid=call_sid, why="full", next="look at the database")

    async def run(self) -> None:
        """Write what was told, until cancelled."""
        while True:
            await self.write(*await self._told.get())

    async def write(self, call_sid: str, leg: str, seconds: int) -> None:
        """Have one leg written; a call that no assistant led has no record, and no bill."""
        for _ in range(TRIES):
            try:
                row = await call(self._database, call_sid)
            except (SQLAlchemyError, OSError):
                row = None
            if row is not None:
                price = self._prices.of_leg(leg, row.start.started_at.astimezone(UTC).date())
                usd = None if price is None else round(price.usd["usd"] * minutes(seconds), 8)
                self._writer.records_of(row.start).cost(RecordCost(leg, minutes(seconds), "minute", usd))
                return
            await self._pause(AGAIN_S)
