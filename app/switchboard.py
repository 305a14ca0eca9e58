"""The calls going on now: take one, find one, refuse above the limit, drain."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol
from weakref import WeakValueDictionary

import structlog

from app.bridge import Bridge
from app.call.commands import HandOff, HangUp, TakeMessage
from app.call.events import CallerReturned, CallResumed, CallStarted, Draining, Event
from app.call.memory import State
from app.ports import Phone
from app.telemetry import metrics
from app.telemetry.logs import bind_call
from app.twilio.callers import hidden

log = structlog.get_logger(__name__)

RINGING_S = 20.0  # a call we answered whose stream has not come counts this long
LOOK_EVERY_S = 0.2
PASS_ON_S = 25.0  # before the drain limit: callers are asked to hold, streamed to another process, and are there
APOLOGY = "We are sorry, something went wrong. Please call again in a moment."
LEFT_KEPT = 2_000  # how many ended calls' next steps are remembered for late webhooks


Left = HandOff | HangUp | TakeMessage | None


class Stream(Phone, Protocol):
    """A phone that says whose it is."""

    @property
    def call_sid(self) -> str: ...
    @property
    def stream_sid(self) -> str: ...
    @property
    def caller(self) -> str: ...
    @property
    def called(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Comeback:
    """A call that another process had: the bridge it goes on with, how it had begun, and how it is told."""

    bridge: Bridge
    started: CallStarted | CallResumed
    returned: CallerReturned | None = None


class Switchboard:
    """Every call of this process, by CallSid."""

    def __init__(
        self,
        open_bridge: Callable[[Stream], Bridge],
        *,
        most: int,
        most_per_caller: int,
        strain: Callable[[], str | None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``strain`` says what this process is short of, so that it takes no more calls; None for nothing."""
        self.draining = False
        self.ended = 0  # calls, and streams of calls that went on elsewhere, since the start
        self._strain = strain
        self._open_bridge = open_bridge
        self._most = most
        self._most_per_caller = most_per_caller
        self._clock = clock
        self._calls: dict[str, tuple[Bridge, str]] = {}
        self._ringing: OrderedDict[str, tuple[float, str]] = OrderedDict()
        self._left: OrderedDict[str, Left] = OrderedDict()
        self._awaited: WeakValueDictionary[str, asyncio.Event] = WeakValueDictionary()  # by who waits for them
        self._empty = asyncio.Event()
        self._empty.set()

    def __len__(self) -> int:
        return len(self._calls)

    @property
    def full(self) -> bool:
        """One more call would be above the limit."""
        self._forget_ringing()
        return len(self._calls) + len(self._ringing) >= self._most

    @property
    def sessions(self) -> int:
        """Live sessions that are open, or will be in a moment; a call that is away has none."""
        self._forget_ringing()
        return len(self._ringing) + sum(bridge.call.state is not State.AWAY for bridge, _ in self._calls.values())

    @property
    def cost_usd(self) -> float:
        """What the calls going on have cost until now, in tokens."""
        return sum(bridge.call.cost_usd for bridge, _ in self._calls.values())

    def refusal(self, call_sid: str, caller: str) -> str | None:
        """Why a ringing call cannot be taken: ``draining``, ``full``, a strain or ``caller_limit``; None takes it."""
        if call_sid in self._ringing or call_sid in self._calls:
            return None
        if self.draining:
            return "draining"
        if self.full:
            return "full"
        if (strain := self._strain()) is not None:
            return strain
        theirs = [number for _, number in (*self._calls.values(), *self._ringing.values())].count(caller)
        if not hidden(caller) and theirs >= self._most_per_caller:
            return "caller_limit"
        self._ringing[call_sid] = (self._clock() + RINGING_S, caller)
        return None

    def rang_off(self, call_sid: str) -> None:
        """The caller hung up: if the call's stream had not come yet, it never will, and its place is free."""
        self._ringing.pop(call_sid, None)

    def _forget_ringing(self) -> None:
        now = self._clock()
        while self._ringing and next(iter(self._ringing.values()))[0] < now:
            self._ringing.popitem(last=False)

    def find(self, call_sid: str) -> Bridge | None:
        """The bridge of a call going on now."""
        found = self._calls.get(call_sid)
        return found[0] if found else None

    async def arrived(self, call_sid: str, within_s: float) -> bool:
        """Wait until a call's stream is here; False where it does not come in time."""
        coming = self._awaited.setdefault(call_sid, asyncio.Event())
        if self.find(call_sid) is None:
            with suppress(TimeoutError):
                async with asyncio.timeout(within_s):
                    await coming.wait()
        return self.find(call_sid) is not None

    def going_on(self) -> list[Bridge]:
        """The calls of this process, the oldest first."""
        return [bridge for bridge, _ in self._calls.values()]

    def calls_of(self, caller: str) -> list[tuple[str, str]]:
        """The calls of a caller that go on, CallSid and number called, the oldest first."""
        if hidden(caller):
            return []
        return [(sid, bridge.called) for sid, (bridge, number) in self._calls.items() if number == caller]

    def tell(self, call_sid: str, event: Event) -> None:
        """Hand an event of the house to a call, if it goes on; what that raises is the call's failure, not ours."""
        bridge = self.find(call_sid)
        if bridge is None:
            return
        try:
            bridge.feed(event)
        except Exception as error:  # noqa: BLE001 - the call's own task raises and logs it
            bridge.break_off(error)

    def left(self, call_sid: str) -> Left:
        """How a call left its last stream; None when it did not leave by itself."""
        bridge = self.find(call_sid)
        return bridge.leaving if bridge is not None else self._left.get(call_sid)

    def knows(self, call_sid: str) -> bool:
        """The call goes on here, or did not long ago."""
        return call_sid in self._calls or call_sid in self._left

    def let_go(self, call_sid: str) -> None:
        """Another process has the call now."""
        bridge = self.find(call_sid)
        if bridge is not None:
            log.info("call went on elsewhere", of_call=call_sid)
            bridge.let_go()
            del self._calls[call_sid]
            self._left.pop(call_sid, None)

    def passed_on(self) -> list[str]:
        """The calls that wait for their caller to be streamed to another process."""
        return [call_sid for call_sid, (bridge, _) in self._calls.items() if bridge.call.passed_on]

    async def serve(self, stream: Stream, comeback: Comeback | None = None) -> None:
        """Serve a stream to its end: the first of a call, or one on which a call comes back, here or to here."""
        bind_call(stream.call_sid, stream.stream_sid)
        self._ringing.pop(stream.call_sid, None)
        bridge = self.find(stream.call_sid)
        if comeback is not None and bridge is None:
            log.warning("call taken over", next="the process that had it is dead, drains, or was not the one asked")
            await self._lead(stream, comeback)
        elif bridge is None:
            await self._run(stream)
        elif bridge.call.state is State.AWAY:
            streaming = bridge.rejoin(stream)
            self.tell(stream.call_sid, CallerReturned(stream.stream_sid))
            await asyncio.wait([streaming])
        else:
            log.warning("second stream refused", next="one call has one stream; Twilio sent another start")

    async def _run(self, stream: Stream) -> None:
        bridge = self._bridge_for(stream)
        if bridge is None:
            return
        started = CallStarted(stream.call_sid, stream.stream_sid, stream.caller, stream.called)
        await self._lead(stream, Comeback(bridge, started))

    async def _lead(self, stream: Stream, call: Comeback) -> None:
        bridge = call.bridge
        self._calls[stream.call_sid] = (bridge, stream.caller)
        if (awaited := self._awaited.get(stream.call_sid)) is not None:
            awaited.set()
        self._empty.clear()
        metrics.calls_now.set(len(self._calls))
        try:
            await bridge.run(stream, call.started, call.returned)
        except Exception as error:
            log.exception("call failed", next="replay the journal: frontline replay")
            _fail(bridge, error)
        finally:
            self._forget(stream.call_sid, bridge)

    def _bridge_for(self, stream: Stream) -> Bridge | None:
        """A new call's bridge; None, and an apology as the next step, when something of ours raises over it."""
        try:
            return self._open_bridge(stream)
        except Exception:
            log.exception("call not opened", next="run frontline check; look at the error above")
            self._remember_leaving(stream.call_sid, HangUp(APOLOGY, "en-US"))
            return None

    def _remember_leaving(self, call_sid: str, leaving: Left) -> None:
        self._left[call_sid] = leaving
        while len(self._left) > LEFT_KEPT:
            self._left.popitem(last=False)

    def _forget(self, call_sid: str, bridge: Bridge) -> None:
        if self._calls.get(call_sid, (None,))[0] is bridge:
            del self._calls[call_sid]
        self.ended += 1
        if not bridge.gone:
            self._remember_leaving(call_sid, bridge.leaving)
        metrics.calls_now.set(len(self._calls))
        if not self._calls:
            self._empty.set()

    async def drain(self, within_s: float, others: Callable[[], bool] = lambda: False) -> bool:
        """Take no new calls and wait for those going on. True when none was cut.

        Near the limit they are told: passed on where ``others`` take calls, else asked to come to their end.
        """
        self.draining = True
        log.info("draining", calls=len(self._calls), within_s=within_s)
        pass_s = min(PASS_ON_S, within_s)
        if not others():
            self._tell_all(Draining(within_s))
        elif await self._emptied_within(within_s - pass_s):
            return True
        elif others():
            self._tell_all(Draining(pass_s, elsewhere=True))
            within_s = pass_s
        else:
            self._tell_all(Draining(pass_s))
            within_s = pass_s
        if await self._emptied_within(within_s):
            return True
        return self._end_what_is_left()

    def _end_what_is_left(self) -> bool:
        """Calls passed on go on without us; True when there are no others."""
        for call_sid in self.passed_on():
            self.let_go(call_sid)
        if not self._calls:
            return True
        log.warning("calls cut by the drain limit", calls=len(self._calls), next="raise FRONTLINE_DRAIN_S")
        self.cut()
        return False

    def _tell_all(self, event: Draining) -> None:
        for call_sid in list(self._calls):
            self.tell(call_sid, event)

    def cut(self) -> None:
        """There is no more time: every call ends here, with its record."""
        self._tell_all(Draining(0.0))

    async def _emptied_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self._emptied()
        except TimeoutError:
            return False
        return True

    async def _emptied(self) -> None:
        """No call is going on, and none that was answered is still on its way to its stream."""
        while True:
            await self._empty.wait()
            self._forget_ringing()
            if not self._ringing:
                return
            await asyncio.sleep(LOOK_EVERY_S)


def _fail(bridge: Bridge, error: Exception) -> None:
    """Give a call its end; what raises again on the way has kept nothing else from being done."""
    try:
        bridge.fail(_cause(error))
    except Exception:
        log.exception("call failed again", next="replay the journal: frontline replay")


def _cause(error: Exception) -> str:
    """The name of what was raised first, out of the groups that tasks wrap it in."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return type(error).__name__
