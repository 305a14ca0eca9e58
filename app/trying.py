"""What `frontline lines try` does: a conversation in writing with a line, by the same call as on the phone."""

import asyncio
import contextlib
import json
import tempfile
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import MappingProxyType

from app.audio.pcm import Audio
from app.audio.tape import Tape
from app.bridge import Bridge
from app.call.commands import (
    Command,
    Leaving,
    RecordConsent,
    RecordCost,
    RecordEnd,
    RecordFlag,
    RecordTool,
    RecordTurn,
    RunTool,
)
from app.call.events import (
    AssistantAudio,
    CallerHungUp,
    CallStarted,
    Event,
    MarkReached,
    SessionLost,
    TextReceived,
    ToolReturned,
    TurnCompleted,
)
from app.call.machine import Call
from app.facts import Facts, look_up
from app.fittings import Reader, live_client
from app.gemini.models import Backend
from app.gemini.session import LiveModel
from app.house import House, Overrides, Visit
from app.leading import rules_for, wish_for
from app.lines.published import Published
from app.ports import Feed
from app.rehearsal.launch import live_stand_in
from app.rehearsal.shipping import shipping_stand_in
from app.settings import Settings
from app.store.database import Database
from app.store.journal import JournalFolder
from app.store.writer import RecordWriter
from app.toolkit import Caller, close_databases
from app.toolkit.http import close_http
from app.toolkit.mcp import close_mcp
from app.toolkit.runner import ToolRunner

CALLER, CALLED, CALL_SID = "+12025550143", "+12025550199", "CA-a-trial"
ANSWER_WITHIN_S = 30.0
QUIET_S = 1.2  # nobody adds anything for so long: the assistant has answered

NO_FACTS: Facts = MappingProxyType({})

Show = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Trial:
    """What is tried: a state of a line, with tools that are not run but answer what they are told to."""

    published: Published
    fakes: Mapping[str, Mapping[str, object]]
    caller: str = CALLER


class Listener:
    """A phone without sound: what is sent to it is heard at once."""

    def __init__(self) -> None:
        self._feed: Feed = lambda event: None
        self._marks: deque[str] = deque()
        self._due = asyncio.Event()
        self._over = False

    def attach(self, feed: Feed) -> None:
        self._feed = feed

    def record(self, tape: Tape) -> None:
        """There is no sound."""

    async def run(self) -> None:
        while not self._over:
            await self._due.wait()
            self._due.clear()
            while self._marks:
                self._feed(MarkReached(self._marks.popleft()))
        self._feed(CallerHungUp())

    def play(self, audio: Audio, mark: str | None, last: bool) -> None:
        del audio, last
        if mark is not None:
            self._marks.append(mark)
            self._due.set()

    def clear(self) -> None:
        self._due.set()

    def leave(self) -> None:
        self._over = True
        self._due.set()


class Told:
    """Records that are shown, and kept nowhere; it knows when the assistant has answered."""

    def __init__(self, show: Show) -> None:
        self.show = show
        self.ended = asyncio.Event()
        self.news = asyncio.Event()
        self.answered = False
        self.problem = ""

    def turn(self, turn: RecordTurn) -> None:
        if turn.side == "assistant":
            self.show(f"assistant  {turn.heard or turn.unheard}")
            for source in turn.sources:
                self.show(f"   source  {source.get('title', '')} {source.get('uri', '')}")
            self.answered = True
        self.news.set()

    def tool(self, tool: RecordTool) -> None:
        self.show(f"     tool  {tool.name}({_json(tool.args)}) → {tool.status}: {_json(tool.response)}")
        self.news.set()

    def flag(self, flag: RecordFlag) -> None:
        self.show(f"     flag  {flag.name} {flag.detail}".rstrip())

    def cost(self, cost: RecordCost) -> None:
        """Told in one sum by whoever asks for it."""

    def consent(self, consent: RecordConsent) -> None:
        self.show(f"recording  {consent.answer}, {consent.how}")

    def claim(self) -> None:
        """A try has one stream."""

    def leaving(self, step: Leaving) -> None:
        """What Twilio would do next is shown by the end."""

    def end(self, end: RecordEnd) -> None:
        self.show(f"      end  {end.disposition}")
        self.problem = end.problem
        self.ended.set()
        self.news.set()


class Watch:
    """A journal that is not kept: it only knows whether the assistant is in the middle of something."""

    def __init__(self) -> None:
        self._speaks = False
        self._tools = 0

    @property
    def busy(self) -> bool:
        """A turn has begun and is not over, or a tool runs."""
        return self._speaks or self._tools > 0

    def wrote(self, event: Event, commands: list[Command], now: float) -> None:
        del now
        if isinstance(event, AssistantAudio | TurnCompleted | SessionLost):
            self._speaks = isinstance(event, AssistantAudio)
        self._tools += sum(isinstance(command, RunTool) for command in commands)
        self._tools -= isinstance(event, ToolReturned)

    def close(self) -> None:
        pass


@dataclass(frozen=True, slots=True)
class ShownTexts:
    """Texts that go nowhere but onto the screen, one-time codes included."""

    show: Show

    async def send(self, to: str, body: str) -> None:
        self.show(f"     text  to {to}: {body}")


async def converse(settings: Settings, reader: Reader, trial: Trial, says: Iterator[str], show: Show) -> str:
    """Talk to a line in writing, sentence by sentence; returns what went wrong, if anything."""
    async with _house(settings, reader) as house:
        return await converse_in(house, trial, says, show)


async def converse_in(house: House, trial: Trial, says: Iterator[str], show: Show) -> str:
    """The same in a house that is there."""
    told, watch = Told(show), Watch()
    facts = await look_up(trial.published, CALL_SID, trial.caller)
    bridge = bridge_of(house, trial, told, watch, facts)
    started = CallStarted(CALL_SID, "MZ-a-trial", trial.caller, CALLED)
    async with asyncio.TaskGroup() as group:
        call = group.create_task(bridge.run(Listener(), started))
        await _talk(bridge, told, watch, says)
        if not told.ended.is_set():
            bridge.feed(CallerHungUp())
        await asyncio.wait([call], timeout=ANSWER_WITHIN_S)
    return told.problem


async def _talk(bridge: Bridge, told: Told, watch: Watch, says: Iterator[str]) -> None:
    await _answered(told, watch)
    # The next sentence may be one that somebody is typing: the call goes on meanwhile.
    while (words := await asyncio.to_thread(next, says, None)) is not None:
        if told.ended.is_set():
            return
        told.show(f"   caller  {words}")
        told.answered = False
        bridge.feed(TextReceived(words, "typed"))
        await _answered(told, watch)


async def _answered(told: Told, watch: Watch) -> None:
    """Wait until the assistant has answered and adds nothing more, or the call is over."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(ANSWER_WITHIN_S):
            while not told.ended.is_set():
                if await _quiet(told) and told.answered and not watch.busy:
                    return


async def _quiet(told: Told) -> bool:
    """Wait for what is added; True when nothing is."""
    told.news.clear()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(QUIET_S):
            return not await told.news.wait()
    return True


def bridge_of(house: House, trial: Trial, told: Told, watch: Watch, facts: Facts = NO_FACTS) -> Bridge:
    published = trial.published
    line, now = published.line, datetime.now(UTC)
    visit = Visit(CALL_SID, trial.caller, CALLED, facts, now)
    caller = Caller(trial.caller, CALL_SID, line.name, line.languages[0], version=published.version)
    tools, texts = published.tools, ShownTexts(told.show)
    runner = ToolRunner(tools, caller, texts=texts, links=line.links, fakes=trial.fakes, offered=line.tools)
    wish = partial(wish_for, line, runner, visit)
    return Bridge(
        Call(rules_for(house, line, tools, visit, cached=False)),
        model=lambda feed: LiveModel(house.client, wish(line.languages[0]), feed, backend=house.backend, wishes=wish),
        tools=runner,
        records=told,
        journal=watch,
    )


@contextlib.asynccontextmanager
async def _house(settings: Settings, reader: Reader) -> AsyncIterator[House]:
    """A house for one trial: nothing of it is kept."""
    async with contextlib.AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        live = None
        if settings.rehearsing:
            reader.rehearse(await stack.enter_async_context(shipping_stand_in(folder)))
            live = await stack.enter_async_context(live_stand_in(folder, settings.rehearsal_arguments))
        backend: Backend = settings.backend if live is None else "developer"
        database = Database("sqlite+aiosqlite://")
        for closing in (database.close, close_databases, close_http, close_mcp):
            stack.push_async_callback(closing)
        yield House(
            client=live_client(settings, live),
            backend=backend,
            writer=RecordWriter(database),
            journals=JournalFolder(folder),
            overrides=Overrides(settings.model, settings.longest_call_s, settings.silence_s),
        )


def _json(value: Mapping[str, object]) -> str:
    return json.dumps(dict(value), ensure_ascii=False, default=str)
