"""Calls that come to this process from another: how they stand, and what they go on with here."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import structlog
from sqlalchemy.exc import SQLAlchemyError

from app.call.commands import HandOff, HangUp, PassOn, TakeMessage
from app.call.events import CallerReturned, CallResumed, CallStarted
from app.call.transcript import ASSISTANT, CALLER, STORY_TURNS
from app.elsewhere import Standing
from app.house import Past
from app.store.calls import CallRow, call, tool_uses_of, turns_of
from app.store.database import Database
from app.store.journal import NotAJournal, last_segment
from app.store.processes import Roll
from app.store.restored import Restored, restore

LOOK_UP_S = 1.0  # the database has so long to answer while a caller waits
NEWS_S = 1.2  # a process that lives may be about to tell how its call left the stream
NEWS_EVERY_S = 0.15
KEPT_S = 60.0  # a call restored when Twilio asked, for the stream that follows
MOST_KEPT = 200

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A call that came here: what it goes on with, and how that begins. ``at`` is when the call started."""

    past: Past
    started: CallStarted | CallResumed
    returned: CallerReturned | None
    at: datetime


class Comebacks:
    """Finds calls by their journals in this folder and by the records. Nothing here raises, or takes long."""

    def __init__(
        self,
        journals: Path,
        database: Database,
        roll: Roll,
        *,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._journals = journals
        self._database = database
        self._roll = roll
        self._pause = pause
        self._kept: OrderedDict[str, tuple[float, Restored]] = OrderedDict()

    # ---- for the webhooks

    async def is_gone(self, call_sid: str) -> bool:
        """Whether another process has a call of ours now. The database down, it is still ours."""
        row = await self._row(call_sid)
        return row is not None and row.process not in ("", self._roll.me.id)

    async def standing(self, call_sid: str) -> Standing | None:
        """How a call stands that this process does not have; None where nothing is known of it."""
        row = await self._news(call_sid)
        if row is not None and (row.end is not None or _leaving(row) is not None):
            return Standing(row.start.caller, row.start.called, _leaving(row), row.end is not None)
        restored = await self._restored(call_sid)
        if restored is not None:
            restored.lose_stream()
            self._keep(call_sid, restored)
        if row is None and restored is None:
            return None
        leaving = restored.leaving if restored is not None else None
        ended = restored is not None and restored.call.ended
        if row is not None:
            return Standing(row.start.caller, row.start.called, leaving, ended)
        assert restored is not None
        return Standing(restored.started.caller, restored.started.called, leaving, ended)

    async def _news(self, call_sid: str) -> CallRow | None:
        """The call's row. While its process lives, it is given the time to write how the call left its stream."""
        until = time.monotonic() + NEWS_S
        while True:
            row = await self._row(call_sid)
            if row is None or row.end is not None or row.leaving is not None:
                return row
            if time.monotonic() >= until or row.process == self._roll.me.id or not self._roll.lives(row.process):
                return row
            await self._pause(NEWS_EVERY_S)

    # ---- for the stream

    async def arrival(self, call_sid: str, stream_sid: str) -> Arrival | None:
        """What a call goes on with whose stream comes here; None for one of which nothing is known, or that is over."""
        restored = self._take_kept(call_sid) or await self._restored(call_sid)
        if restored is not None:
            restored.lose_stream()
            return None if restored.call.ended else self._from_journal(restored, stream_sid)
        row = await self._row(call_sid)
        if row is None or row.end is not None:
            return None
        return await self._from_records(row, stream_sid)

    def _from_journal(self, restored: Restored, stream_sid: str) -> Arrival:
        past = Past(
            restored.call,
            restored.clock(self._roll.me.host),
            restored.segment + 1,
            restored.steps,
            tuple(restored.taken),
            tuple(restored.uses.values()),
            tuple(restored.records),
            parts=restored.parts,
        )
        log.info("call restored", steps=restored.steps, segment=restored.segment + 1)
        return Arrival(past, restored.started, CallerReturned(stream_sid, elsewhere=True), restored.started_at)

    async def _from_records(self, row: CallRow, stream_sid: str) -> Arrival:
        """The journal is not at hand: the turns in words, as far as they are written."""
        segment = await asyncio.to_thread(last_segment, self._journals, row.start.call_sid) + 1
        past = Past(None, segment=segment, part=self._roll.me.id)
        began_s = max(0.0, (datetime.now(UTC) - row.start.started_at).total_seconds())
        story, turns, done = await self._told(row.start.call_sid)
        log.warning("call resumed from its records", turns=turns, next="let the processes share FRONTLINE_DATA")
        start = row.start
        resumed = CallResumed(
            *(start.call_sid, stream_sid, start.caller, start.called),
            story=story,
            turns=turns,
            began_s=began_s,
            spoken=start.language,
            done=done,
        )
        return Arrival(past, resumed, None, start.started_at)

    async def _told(self, call_sid: str) -> tuple[tuple[str, ...], int, tuple[str, ...]]:
        try:
            async with asyncio.timeout(LOOK_UP_S):
                turns = await turns_of(self._database, call_sid)
                uses = await tool_uses_of(self._database, call_sid)
        except (SQLAlchemyError, OSError):
            return (), 0, ()
        heard = [turn for turn in turns if turn.heard][-STORY_TURNS:]
        story = tuple(f"{CALLER if turn.side == 'caller' else ASSISTANT}{turn.heard}" for turn in heard)
        return story, max((turn.number for turn in turns), default=0), tuple(use.name for use in uses if use.effect)

    # ---- looking

    async def _row(self, call_sid: str) -> CallRow | None:
        try:
            async with asyncio.timeout(LOOK_UP_S):
                return await call(self._database, call_sid)
        except (SQLAlchemyError, OSError) as error:  # TimeoutError is an OSError
            log.warning("call not looked up", error=type(error).__name__, next="look at the database")
            return None

    async def _restored(self, call_sid: str) -> Restored | None:
        try:
            return await asyncio.to_thread(restore, self._journals, call_sid)
        except NotAJournal as error:
            log.error("journal cannot be gone on with", problem=str(error), next="replay it: frontline replay")
            return None

    def _keep(self, call_sid: str, restored: Restored) -> None:
        self._kept[call_sid] = time.monotonic(), restored
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)

    def _take_kept(self, call_sid: str) -> Restored | None:
        at, restored = self._kept.pop(call_sid, (0.0, None))
        return restored if time.monotonic() - at < KEPT_S else None


def _leaving(row: CallRow | None) -> HandOff | HangUp | TakeMessage | None:
    if row is None or row.leaving is None:
        return None
    told = {str(name): value for name, value in row.leaving.items()}
    kind = told.pop("to", "")
    if kind == TakeMessage.__name__:
        offer: Literal["voicemail", "callback"] = "callback" if told["kind"] == "callback" else "voicemail"
        return TakeMessage(offer, str(told["say"]), str(told["language"]))
    say = None if told.get("say") is None else str(told["say"])
    if kind == PassOn.__name__:
        return None  # it goes on where it is streamed to
    if kind == HandOff.__name__:
        return HandOff(str(told["number"]), say, str(told["language"]))
    apology = None if told.get("apology") is None else str(told["apology"])
    return HangUp(apology, str(told["language"]))
