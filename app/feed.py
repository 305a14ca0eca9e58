"""What goes on in this process's calls, told to whoever watches: words, tools, keys, waits and ends, as they come.

    async with aclosing(feed.watch(call_sid)) as told:
        async for one in told:
            ...one.kind, one.at_s, one.about...

The first is ``now``: the call as it stands, its last turns and all. Then, at most ``BREATH_S`` behind:

* ``words``: side, text: the turn that goes on, each time the whole of it; empty once it is on record;
* ``turn``: number, side, heard, unheard, started_s, ended_s, interrupted, and the parts of its wait (``gap_ms``, ...);
* ``speech`` (on), ``barge_in``, ``key``, ``asked`` (action: by a person of ours), ``handoff``;
* ``tool``: id, name, status (``running``, then how it ended), args, response, took_ms;
* ``flag``: name, detail; ``session``: what (``opened``, ``lost``, ``renewed``);
* ``figures``: state, speaking, language, held, quiet_s, waits_s, cost_usd: after all else, each second at least;
* ``missed``: the watcher was too slow, what came between is not told; ``end``, the last: disposition, ended_by.

``about`` can be JSON. What must not be kept is not in it, and what may be a part of that is hidden until it is known
to be none. A call that does not go on here gives nothing. Calls that nobody watches pay nothing; those that are
watched put their steps into a bounded list, and no more.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable
from typing import Final

from app.bridge import Bridge
from app.call.commands import Command
from app.call.events import Event
from app.telling import Step, Telling, Told, figures, tells

BREATH_S: Final = 0.25  # what comes within it is told together
LOOK_EVERY_S: Final = 1.0  # so often at least the figures are told; an end that no step tells is noticed by then
MOST_WAITING: Final = 2_000  # steps not told yet
MOST_KEPT: Final = 1_000  # told already, for watchers that are a little behind


class Feed:
    """The watched ones of the calls that ``find`` finds."""

    def __init__(self, find: Callable[[str], Bridge | None]) -> None:
        self._find = find
        self._sources: dict[str, _Source] = {}

    async def watch(self, call_sid: str) -> AsyncGenerator[Told, None]:
        """What goes on in a call until it ends; nothing where it does not go on here. Close it when done."""
        bridge = self._find(call_sid)
        if bridge is None:
            return
        source = self._source(call_sid, bridge)
        woken = asyncio.Event()
        source.watchers.add(woken)
        try:
            standing, seen = await source.standing(), source.newest
            yield standing
            while True:
                await _woken(woken)
                await source.settle()
                news, seen = source.since(seen), source.newest
                for told in news:
                    yield told
                if news and news[-1].kind == "end":
                    return
                glance = bridge.glance()
                if self._find(call_sid) is bridge:
                    yield Told("figures", glance.age_s, figures(glance))
                else:
                    yield Told("end", glance.age_s, {"disposition": "", "ended_by": ""})
                    return
                await asyncio.sleep(BREATH_S)
        finally:
            source.watchers.discard(woken)
            self._let_go(call_sid, source)

    def _source(self, call_sid: str, bridge: Bridge) -> "_Source":
        source = self._sources.get(call_sid)
        if source is None or source.bridge is not bridge:
            source = self._sources[call_sid] = _Source(bridge)
            bridge.watch(source.saw)
        return source

    def _let_go(self, call_sid: str, source: "_Source") -> None:
        if source.watchers:
            return
        source.bridge.unwatch(source.saw)
        if self._sources.get(call_sid) is source:
            del self._sources[call_sid]


async def _woken(woken: asyncio.Event) -> None:
    """Something happened, or it is time to look whether the call goes on."""
    try:
        async with asyncio.timeout(LOOK_EVERY_S):
            await woken.wait()
    except TimeoutError:
        return
    woken.clear()


class _Source:
    """One watched call: its steps, told once for all who watch, each of whom has their own place among them."""

    def __init__(self, bridge: Bridge) -> None:
        self.bridge = bridge
        self.watchers: set[asyncio.Event] = set()
        self.newest = 0  # so many were told
        self._told: deque[Told] = deque(maxlen=MOST_KEPT)
        self._steps: deque[Step] = deque(maxlen=MOST_WAITING)
        self._telling: Telling | None = None
        self._one_at_a_time = asyncio.Lock()

    def saw(self, event: Event, commands: list[Command], now: float) -> None:
        """One step of the call."""
        if tells(event, commands):
            self._steps.append((event, commands, now))
            for woken in self.watchers:
                woken.set()

    async def standing(self) -> Told:
        """The call as it is now."""
        async with self._one_at_a_time:
            await self._settle()
            glance = self.bridge.glance()
            telling = Telling(self.bridge.about, glance.started_at)
            if self._telling is None:
                self._telling = telling
                self._steps.clear()
            return await asyncio.to_thread(telling.standing, glance)

    async def settle(self) -> None:
        """Tell what waits to be told."""
        async with self._one_at_a_time:
            await self._settle()

    async def _settle(self) -> None:
        if self._telling is None or not self._steps:
            return
        steps, glance = list(self._steps), self.bridge.glance()
        self._steps.clear()
        told = await asyncio.to_thread(lambda telling: list(telling.told(steps, glance)), self._telling)
        self._told.extend(told)
        self.newest += len(told)

    def since(self, seen: int) -> list[Told]:
        """What was told after the first ``seen``."""
        behind, kept = self.newest - seen, len(self._told)
        if behind <= kept:
            return list(self._told)[kept - behind :]
        return [Told("missed", self._told[0].at_s, {"count": behind - kept}), *self._told]
