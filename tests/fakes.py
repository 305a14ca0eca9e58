"""Stand-ins for a bridge's ports: they note what they are asked, and do what a test tells them, when it tells them."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from app.audio.pcm import Audio
from app.audio.tape import Tape
from app.call.commands import (
    Command,
    Leaving,
    RecordConsent,
    RecordCost,
    RecordEnd,
    RecordFlag,
    RecordTool,
    RecordTurn,
    Route,
    RunTool,
)
from app.call.events import CallerHungUp, Event, MarkReached
from app.call.image import Image
from app.call.tool_end import ToolEnd
from app.ports import Feed

PATIENCE_S = 5.0
E = TypeVar("E")


@dataclass
class Clock:
    """A clock that stands until it is moved."""

    now: float = 1_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Log:
    """What was done, in order, at all ports; a test waits for it here."""

    did: list[str] = field(default_factory=list)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def note(self, what: str) -> None:
        self.did.append(what)
        self._changed.set()

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait for what something done brings about."""
        async with asyncio.timeout(PATIENCE_S):
            while not true():
                self._changed.clear()
                await self._changed.wait()

    async def until_did(self, what: str) -> None:
        await self.until(lambda: what in self.did)

    def since(self, what: str) -> list[str]:
        """What was done after the last time this was."""
        return self.did[len(self.did) - self.did[::-1].index(what) :]


async def settled() -> None:
    """Let every task that can run do so."""
    for _ in range(10):
        await asyncio.sleep(0)


class FakePhone:
    """One stream. It is over when the caller hangs up, or soon after ``leave`` unless it is ``stubborn``."""

    def __init__(self, log: Log, call_sid: str = "CA1", stream_sid: str = "MZ1", caller: str = "+12025550143") -> None:
        self.call_sid, self.stream_sid = call_sid, stream_sid
        self.caller, self.called = caller, "+12025550199"
        self.log = log
        self.played: list[tuple[Audio, str | None, bool]] = []
        self.stubborn = False
        self.was_cut = self.silent = False
        self.breaks_on: str = ""  # the method that raises
        self.feed: Feed = _nobody
        self.tape: Tape | None = None
        self._over: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    def attach(self, feed: Feed) -> None:
        self.feed = feed

    def record(self, tape: Tape) -> None:
        self.tape = tape

    async def run(self) -> None:
        self.log.note("phone runs")
        try:
            clean = await self._over
        except asyncio.CancelledError:
            self.was_cut = True
            raise
        finally:
            self.log.note("phone over")
        self.feed(CallerHungUp(clean, silent=self.silent))

    def hang_up(self, *, clean: bool = True, silent: bool = False) -> None:
        """The caller does, or nothing comes any more."""
        self.silent = silent
        if not self._over.done():
            self._over.set_result(clean)

    def return_marks(self) -> None:
        """All that was played has been heard."""
        marks = [mark for _, mark, _ in self.played if mark is not None]
        self.played.clear()
        for mark in marks:
            self.feed(MarkReached(mark))

    def break_down(self) -> None:
        """The stream's own code raises."""
        self._over.set_exception(ZeroDivisionError("of the phone"))

    def play(self, audio: Audio, mark: str | None, last: bool) -> None:
        self._asked("play")
        self.played.append((audio, mark, last))

    def clear(self) -> None:
        self._asked("clear")

    def leave(self) -> None:
        self._asked("leave")
        if not self.stubborn:
            self.hang_up()

    def _asked(self, what: str) -> None:
        self.log.note(what)
        if what == self.breaks_on:
            raise ZeroDivisionError(f"{what} of the phone")


class FakeModel:
    """The sessions of a call, up to ``close``; after it a ``stubborn`` one goes on."""

    def __init__(self, log: Log, feed: Feed) -> None:
        self.log = log
        self.feed = feed
        self.asked: list[tuple[object, ...]] = []  # method and arguments, listening apart
        self.heard: list[Audio] = []
        self.answers_at_once: Mapping[str, Event] = {}  # method to an event fed from within it
        self.stubborn = False
        self.was_cut = False
        self._closed = asyncio.Event()

    async def run(self) -> None:
        self.log.note("model runs")
        try:
            await self._closed.wait()
        except asyncio.CancelledError:
            self.was_cut = True
            raise
        finally:
            self.log.note("model over")

    def open(self, greeting: str, said: bool) -> None:
        self._asked("open", greeting, said)

    def renew(self, handle: str | None, story: str, after_s: float, route: Route = "first") -> None:
        self._asked("renew", handle, story, after_s, route)

    def listen(self, audio: Audio) -> None:
        self.heard.append(audio)
        self.log.note("listen")

    def pause_listening(self) -> None:
        self._asked("pause_listening")

    def steer(self, language: str, live: bool) -> None:
        self._asked("steer", language, live)

    def show(self, image: Image) -> None:
        self._asked("show", image)

    def say(self, instruction: str) -> None:
        self._asked("say", instruction)

    def tell_heard(self, text: str) -> None:
        self._asked("tell_heard", text)

    def answer_tool(
        self,
        id: str,
        name: str,
        response: Mapping[str, object],
        scheduling: Literal["INTERRUPT", "WHEN_IDLE", "SILENT"] | None,
    ) -> None:
        self._asked("answer_tool", id, name, response, scheduling)

    def leave(self) -> None:
        self._asked("leave session")

    def close(self) -> None:
        self._asked("close")
        if not self.stubborn:
            self._closed.set()

    def _asked(self, what: str, *details: object) -> None:
        self.asked.append((what, *details))
        self.log.note(what)
        if what in self.answers_at_once:
            self.feed(self.answers_at_once[what])


class FakeTools:
    """Tools that run until a test ends them."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.used: list[tuple[str, Mapping[str, object], str]] = []
        self.stopped: list[str] = []
        self.stubborn = False  # goes on when it is cancelled
        self.goes_on = asyncio.Event()  # so long
        self._running: dict[str, asyncio.Future[ToolEnd]] = {}

    async def run(self, use: RunTool) -> ToolEnd:
        name = use.name
        self.used.append((name, use.args, use.language))
        self._running[name] = asyncio.get_running_loop().create_future()
        self.log.note(f"tool {name} runs")
        try:
            return await self._running[name]
        except asyncio.CancelledError:
            self.stopped.append(name)
            self.log.note(f"tool {name} stopped")
            if not self.stubborn:
                raise
            await self.goes_on.wait()
            return ToolEnd({"status": "ok"})

    def end(self, name: str, response: Mapping[str, object], status: str = "ok") -> None:
        """The tool comes to its end."""
        self._running[name].set_result(ToolEnd(response, status))

    def break_down(self, name: str) -> None:
        """The runner raises, which it never should."""
        self._running[name].set_exception(ZeroDivisionError("of the runner"))


class FakeRecords:
    """What was recorded; ``breaks`` raises at the first turn, ``breaks_again`` at every other, too."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.turns: list[RecordTurn] = []
        self.tools: list[RecordTool] = []
        self.flags: list[RecordFlag] = []
        self.costs: list[RecordCost] = []
        self.ends: list[RecordEnd] = []
        self.consents: list[RecordConsent] = []
        self.steps: list[Leaving] = []
        self.breaks = self.breaks_again = False

    def turn(self, turn: RecordTurn) -> None:
        self.turns.append(turn)
        self.log.note("record turn")
        if self.breaks:
            self.breaks = self.breaks_again
            raise ZeroDivisionError("of the records")

    def tool(self, tool: RecordTool) -> None:
        self.tools.append(tool)
        self.log.note("record tool")

    def flag(self, flag: RecordFlag) -> None:
        self.flags.append(flag)
        self.log.note(f"record flag {flag.name}")

    def cost(self, cost: RecordCost) -> None:
        self.costs.append(cost)

    def consent(self, consent: RecordConsent) -> None:
        self.consents.append(consent)
        self.log.note(f"record consent {consent.answer}")

    def claim(self) -> None:
        self.steps.clear()

    def leaving(self, step: Leaving) -> None:
        self.steps.append(step)

    def end(self, end: RecordEnd) -> None:
        self.ends.append(end)
        self.log.note(f"record end {end.disposition}")


class FakeTape:
    """Takes everything in."""

    def heard(self, mulaw: bytes, at_ms: int, now: float) -> None: ...

    def sent(self, mulaw: bytes, now: float) -> None: ...

    def marked(self, name: str) -> None: ...

    def returned(self, name: str) -> None: ...

    def cleared(self, now: float) -> None: ...

    def keyed(self) -> None: ...


class FakeRecording:
    """What was asked of a recording."""

    def __init__(self) -> None:
        self.did: list[str] = []
        self.tapes: list[FakeTape] = []

    def tape(self) -> FakeTape:
        self.did.append("tape")
        self.tapes.append(FakeTape())
        return self.tapes[-1]

    def consent(self, given: bool) -> None:
        self.did.append(f"consent {given}")

    def pause(self, on: bool) -> None:
        self.did.append(f"pause {on}")

    def end(self) -> None:
        self.did.append("end")


class FakeJournal:
    """Every step of a call; in the log an event stands under its class's name, before its commands are done."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.steps: list[tuple[Event, list[Command], float]] = []
        self.closed = False

    def wrote(self, event: Event, commands: list[Command], now: float) -> None:
        assert not self.closed, f"{event} after the end"
        self.steps.append((event, commands, now))
        self.log.note(type(event).__name__)

    def close(self) -> None:
        self.closed = True

    def events(self, kind: type[E]) -> Iterator[tuple[E, float]]:
        """The events of a kind, with their times."""
        return ((event, now) for event, _, now in self.steps if isinstance(event, kind))


def _nobody(event: Event) -> None:
    raise AssertionError(f"{event} before a receiver was attached")
