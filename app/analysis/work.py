"""Which calls are analysed, and the job that does it: read what is on record, ask, check, keep."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from app.analysis.answer import NotAnAnswer, checked
from app.analysis.asking import asked, schema, told
from app.call.commands import RecordEnd
from app.call.dispositions import SHED
from app.gemini.texts import NotWritten, Written
from app.prices import Prices
from app.prompts.line import Line
from app.prompts.scorecard import Scorecard
from app.store import analyses
from app.store.analyses import Made
from app.store.calls import CallRow, CallStart, call, flags_of, share_of, tool_uses_of, turns_of
from app.store.database import Database
from app.store.outbox import Job, Wish
from app.store.worker import Again, Hopeless, Trade
from app.telemetry import metrics

KIND: Final = "analysis"
SHORTEST_S: Final = 5.0  # who hangs up sooner has said nothing
MOST_TOKENS: Final = 4_096
LIMIT_S: Final = 60.0

log = structlog.get_logger(__name__)

# Asks the model of this house: instruction, data, schema, tokens at most. Raises NotWritten.
Ask = Callable[[str, str, Mapping[str, object]], Awaitable[Written]]
# What follows from an analysis, for the same transaction.
Then = Callable[[AsyncConnection, CallRow, Made], Awaitable[None]]


def wishes(start: CallStart, what: object, share: Callable[[str], float]) -> Iterator[Wish]:
    """The job that a call's end brings with it, if it is among the line's ``share`` (percent, by the line's name)."""
    if not isinstance(what, RecordEnd) or what.disposition == SHED or what.duration_s < SHORTEST_S:
        return
    if share_of(start.call_sid, KIND) < share(start.line):
        yield Wish(KIND, start.call_sid, call_sid=start.call_sid)


@dataclass(frozen=True, slots=True)
class Analyst:
    """Does the analyses of one process. ``lines`` are those that answer now, by name."""

    database: Database
    model: str
    ask: Ask
    lines: Callable[[], Mapping[str, Line]]
    then: Then
    prices: Prices
    wall: Callable[[], datetime] = lambda: datetime.now(UTC)

    def trade(self) -> Trade:
        return Trade(KIND, self.work, at_once=2, limit_s=LIMIT_S, attempts=8, first_s=10, factor=4, most_s=3_600)

    async def work(self, job: Job) -> None:
        """Analyse the call of a job. Raises Again, Hopeless."""
        call_sid = job.call_sid or ""
        row = await call(self.database, call_sid)
        if row is None or row.end is None or await analyses.of_call(self.database, call_sid) is not None:
            return
        turns = await turns_of(self.database, call_sid)
        if not any(turn.side == "caller" and turn.heard.strip() for turn in turns):
            return
        line = self.lines().get(row.start.line)
        scorecard = line.scorecard if line is not None else Scorecard()
        business = line.business if line is not None else row.start.line
        tools, flags = await tool_uses_of(self.database, call_sid), await flags_of(self.database, call_sid)
        made = await self._made(call_sid, told(business, scorecard), asked(turns, tools, flags, row.end), scorecard)
        async with self.database.engine.begin() as connection:
            if await analyses.write(connection, made):
                await self.then(connection, row, made)
        about = {"model": self.model, "resolution": made.analysis.resolution, "cost_usd": made.cost_usd}
        log.info("call analysed", of_call=call_sid, line=row.start.line, **about)

    async def _made(self, call_sid: str, told: str, asked: str, scorecard: Scorecard) -> Made:
        try:
            answer = await self.ask(told, asked, schema(scorecard))
            cost = self._cost_usd(answer.tokens)
            metrics.analysis_usd.inc(cost or 0.0)
            analysis = checked(answer.document, scorecard)
        except NotWritten as failed:
            raise (Hopeless if failed.hopeless else Again)(failed.reason) from failed
        except NotAnAnswer as failed:
            raise Again(str(failed)) from failed
        return Made(call_sid, analysis, self.wall(), self.model, answer.tokens, cost)

    def _cost_usd(self, tokens: Mapping[str, int]) -> float | None:
        """What the tokens cost today; None for a model whose own prices are not known."""
        price = self.prices.of_model(self.model, self.wall().date())
        if price is None or price.estimated:
            return None
        sides = ((tokens.get(side, 0), price.usd.get(f"{side}.text", 0.0)) for side in ("prompt", "response"))
        return round(sum(many * usd for many, usd in sides) / 1_000_000, 6)
