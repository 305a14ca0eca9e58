"""Streams as they arrive: the call that begins with one, and the call that comes back on one."""

import asyncio
from datetime import UTC, datetime

from starlette.websockets import WebSocket

from app.bridge import Bridge
from app.comeback import Comebacks
from app.facts import Facts, LookUps
from app.fittings import Doors
from app.house import House, Visit
from app.lines.published import Published
from app.lines.trial import TriedLines
from app.opening import bridge_for
from app.softphone.exchange import Exchange
from app.switchboard import Comeback, Stream, Switchboard
from app.twilio.stream import POLICY, PhoneStream, admit
from app.twilio.watch import PAIR_MS

LET_GO_EVERY_S = 0.5


class Arrivals:
    """Takes streams in, and makes the bridges of their calls, once the house is open."""

    def __init__(
        self, answers: TriedLines, switchboard: Switchboard, comebacks: Comebacks, exchange: Exchange, doors: Doors
    ) -> None:
        self._answers = answers
        self._switchboard = switchboard
        self._comebacks = comebacks
        self._exchange = exchange
        self._doors = doors
        self._house: House | None = None
        self._look_ups: LookUps | None = None
        self._visits: dict[str, tuple[Published, Facts]] = {}  # of streams that are about to be served

    def open(self, house: House, look_ups: LookUps) -> None:
        """From now on streams come; ``look_ups`` finds what is known of their callers."""
        self._house, self._look_ups = house, look_ups

    def bridge(self, stream: Stream) -> Bridge:
        """The bridge of the call that begins with this stream."""
        assert self._house is not None
        published, facts = self._visits.pop(stream.call_sid)
        visit = Visit(stream.call_sid, stream.caller, stream.called, facts, datetime.now(UTC))
        return bridge_for(self._exchange.furnish(self._house, stream.call_sid), published, visit)

    async def media(self, ws: WebSocket) -> None:
        """One stream, to its end."""
        of_browser, lock = await self._exchange.let_in(ws)
        in_pairs = self._house is not None and self._house.uplink_ms % PAIR_MS == 0
        stream = await admit(ws, lock or self._doors.signatures, self._doors.stream_tokens, in_pairs=in_pairs)
        if stream is None:
            return
        if of_browser is not None and of_browser.call_sid != stream.call_sid:
            await ws.close(POLICY, "the pass of another call")
            return
        comeback = await self._comeback(stream) if stream.again else None
        if comeback is None:
            await self._visit(stream)
        try:
            await self._switchboard.serve(stream, comeback)
        finally:
            self._visits.pop(stream.call_sid, None)

    async def _comeback(self, stream: PhoneStream) -> Comeback | None:
        """A call that comes back on a new stream, and not to the process that had it."""
        call_sid = stream.call_sid
        if self._switchboard.find(call_sid) is not None:
            if not await self._comebacks.is_gone(call_sid):
                return None
            self._switchboard.let_go(call_sid)
        arrival = await self._comebacks.arrival(call_sid, stream.stream_sid)
        published = self._answers.answering(stream.called, call_sid)
        if arrival is None or published is None:
            return None
        assert self._house is not None
        assert self._look_ups is not None
        facts = await self._look_ups.of(published, call_sid, stream.caller)
        visit = Visit(call_sid, stream.caller, stream.called, facts, arrival.at)
        house = self._exchange.furnish(self._house, call_sid)
        return Comeback(bridge_for(house, published, visit, arrival.past), arrival.started, arrival.returned)

    async def _visit(self, stream: Stream) -> None:
        """What a call that begins now starts with, and what is known of its caller."""
        published = self._answers.answering(stream.called, stream.call_sid)
        if published is None or self._switchboard.find(stream.call_sid) is not None:
            return
        assert self._look_ups is not None
        facts = await self._look_ups.of(published, stream.call_sid, stream.caller)
        self._visits[stream.call_sid] = published, facts

    async def let_go_of_passed_on(self) -> None:
        """While we drain: the calls that others go on with keep us no longer. Runs until cancelled."""
        while True:
            for call_sid in self._switchboard.passed_on():
                if await self._comebacks.is_gone(call_sid):
                    self._switchboard.let_go(call_sid)
            await asyncio.sleep(LET_GO_EVERY_S)
