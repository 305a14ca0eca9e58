"""What Twilio says later about a call's legs: how long each lasted takes the place of what we had to guess."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from app.call.commands import RecordCost
from app.call.costs import minutes
from app.prices import Prices
from app.store.calls import CallRow, call
from app.store.costs import insert_costs
from app.store.database import Database
from app.store.entries import Entry, flat_row, row_id
from app.store.outbox import Job, Wish, enqueue
from app.store.worker import Hopeless, Trade

KIND: Final = "leg"
MOST_WAITING: Final = 2_000
AGAIN_S: Final = 3.0  # the call's row may not be there yet, or the database
WAITED_FOR: Final = timedelta(minutes=5)  # a row, before the call is taken for one that no assistant led
WITHIN_S: Final = 10.0

log = structlog.get_logger(__name__)


class Billing:
    """Takes in how long legs lasted: each is a job, done by whichever process comes to it."""

    def __init__(
        self,
        database: Database,
        prices: Prices,
        *,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._database = database
        self.prices = prices
        self._wall = wall
        self._pause = pause
        self._told: asyncio.Queue[Wish] = asyncio.Queue(MOST_WAITING)

    def lasted(self, call_sid: str, leg: str, seconds: int) -> None:
        """Twilio's own word on a leg: ``inbound``, ``handoff`` or ``recording``."""
        # A job's own ``call_sid`` must have a row, which this one may not have yet.
        about = {"call": call_sid, "leg": leg, "seconds": seconds}
        try:
            self._told.put_nowait(Wish(KIND, f"{call_sid} {leg}", about))
        except asyncio.QueueFull:
            log.warning("a leg's minutes not written", call_sid=call_sid, why="full", next="look at the database")

    async def run(self) -> None:
        """Put what was told among the jobs, until cancelled."""
        while True:
            wishes = [await self._told.get()]
            while not self._told.empty():
                wishes.append(self._told.get_nowait())
            while not await self._kept(wishes):
                await self._pause(AGAIN_S)
            for _ in wishes:
                self._told.task_done()

    async def drain(self, within_s: float) -> None:
        """Wait until all that was told is among the jobs, for so long."""
        try:
            async with asyncio.timeout(within_s):
                await self._told.join()
        except TimeoutError:
            log.error("legs' minutes not written", legs=self._told.qsize(), next="look at the database")

    async def _kept(self, wishes: list[Wish]) -> bool:
        try:
            async with asyncio.timeout(WITHIN_S), self._database.engine.begin() as connection:
                await enqueue(connection, *wishes)
        except (SQLAlchemyError, OSError) as error:  # TimeoutError is an OSError
            log.warning("legs' minutes wait", legs=len(wishes), error=type(error).__name__, next="look at the database")
            return False
        return True

    # ---- the job

    def trade(self) -> Trade:
        return Trade(KIND, self.work)

    async def work(self, job: Job) -> float | None:
        """Have one leg on the bill of its call; a call that no assistant led has no record, and no bill."""
        row = await call(self._database, str(job.payload.get("call")))
        if row is None:
            return AGAIN_S if self._wall() - job.created_at < WAITED_FOR else None
        cost = self._cost(row, job)
        entry = Entry(row_id(row.start.call_sid, cost), row.start, cost)
        async with self._database.engine.begin() as connection:
            await insert_costs(connection, [flat_row(entry, cost)])
        return None

    def _cost(self, row: CallRow, job: Job) -> RecordCost:
        leg, seconds = job.payload.get("leg"), job.payload.get("seconds")
        if not isinstance(leg, str) or not isinstance(seconds, int):
            raise Hopeless("not a leg")
        price = self.prices.of_leg(leg, row.start.started_at.astimezone(UTC).date())
        usd = None if price is None else round(price.usd["usd"] * minutes(seconds), 8)
        return RecordCost(leg, minutes(seconds), "minute", usd)
