"""Runs one call: hands events to the machine, carries its commands out in order, keeps its time."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from typing import Protocol, assert_never

import structlog

from app.about import About
from app.alarm import Alarm
from app.audio.pcm import Audio
from app.call.commands import (
    AnswerTool,
    CancelTool,
    ClearPlayout,
    CloseSession,
    Command,
    HandOff,
    HangUp,
    LeaveSession,
    Listen,
    OpenSession,
    PassOn,
    PauseListening,
    PauseRecording,
    Play,
    Record,
    RecordConsent,
    RecordCost,
    RecordEnd,
    RecordFlag,
    RecordTool,
    RecordTurn,
    RenewSession,
    RunTool,
    Say,
    Show,
    SteerLanguage,
    TakeMessage,
    TellHeard,
)
from app.call.events import (
    CallerHungUp,
    CallerReturned,
    CallResumed,
    CallStarted,
    DeadlinePassed,
    Event,
    GreetingFound,
    PhraseFound,
)
from app.call.glance import Glance
from app.call.joined import joined
from app.call.machine import Call
from app.ports import Feed, Model, Phone, Recording, Records, Tools
from app.redaction.spans import named
from app.telemetry import metrics
from app.tool_tasks import Spawn, ToolTasks

log = structlog.get_logger(__name__)

CLOSE_WITHIN_S = 5.0  # sockets of an ended call are closed politely for this long, then cut


Watcher = Callable[[Event, list[Command], float], None]


class Journal(Protocol):
    """Where every event and command of a call is written."""

    def wrote(self, event: Event, commands: list[Command], now: float) -> None: ...

    def close(self) -> None: ...


class Bridge:
    """One call on its way between a phone and a model.

    ``run`` returns when the call has ended and its sockets are closed; it raises only for faults of ours.
    """

    def __init__(
        self,
        call: Call,
        *,
        model: Callable[[Feed], Model],
        tools: Tools,
        records: Records,
        journal: Journal,
        greeting: Audio | None = None,
        phrases: Sequence[PhraseFound] = (),
        recording: Recording | None = None,
        hang_up: Callable[[], Awaitable[object]] | None = None,
        is_over: Callable[[], Awaitable[bool]] | None = None,
        clock: Callable[[], float] = time.monotonic,
        spawn: Spawn = asyncio.create_task,
        about: About | None = None,
    ) -> None:
        self.call = call
        self.call_sid = self.caller = self.called = ""
        self.leaving: HangUp | HandOff | TakeMessage | None = None
        self.gone = False  # another process has the call
        self.about = about or About()
        self._clock = clock
        self._make_model = model
        self._model = model(self.feed)
        self._tools = ToolTasks(tools, self.feed, self.break_off, clock, spawn)
        self._records = records
        self._journal = journal
        self._greeting = greeting  # its sound, when it is at hand
        self._phrases = phrases
        self._rest_hang_up, self._rest_is_over = hang_up, is_over
        self._recording = recording
        self._phone: Phone | None = None
        self._group: asyncio.TaskGroup | None = None
        self._edge_tasks: list[asyncio.Task[None]] = []
        self._ended = asyncio.Event()
        self._fault: Exception | None = None
        self._alarm = Alarm(lambda: self.call.deadline, clock)
        self._watchers: tuple[Watcher, ...] = ()  # of most calls there are none
        self._waiting: deque[Event] = deque()
        self._undone: Iterator[Command] = iter(())
        self._feeding = self._broken = False  # broken: something raised in the middle of an event

    async def run(
        self, phone: Phone, started: CallStarted | CallResumed, returned: CallerReturned | None = None
    ) -> None:
        """Run the call from its first stream to its end; one that another process began, from where it ``returned``."""
        self.call_sid, self.caller, self.called = started.call_sid, started.caller, started.called
        try:
            async with asyncio.TaskGroup() as group:
                self._group = group
                timer = group.create_task(self._alarm.run(self._pass_deadline))
                self._edge_tasks.append(group.create_task(self._model.run()))
                self._take_phone(phone)
                self.feed(returned or started)
                if self._greeting is not None:
                    self.feed(GreetingFound(self._greeting))
                for phrase in self._phrases:
                    self.feed(phrase)
                await self._ended.wait()
                if self._fault is not None:
                    raise self._fault
                timer.cancel()
                await self._close()
        finally:
            if self._recording is not None:
                self._recording.end()
            await self._tools.end(CLOSE_WITHIN_S)
        if self._fault is not None:
            raise self._fault  # a tool's, on its way out
        self._journal.close()

    def rejoin(self, phone: Phone) -> asyncio.Task[None]:
        """Make ready for a caller who comes back on a new stream; returns the task that serves it."""
        assert self._group is not None
        self.leaving = None
        self._records.claim()
        # The session was closed for good when the call was handed off.
        self._model = self._make_model(self.feed)
        self._edge_tasks.append(self._group.create_task(self._model.run()))
        left = self._phone
        streaming = self._take_phone(phone)
        if left is not None:
            left.leave()  # one that broke may not have noticed yet
        return streaming

    def watch(self, watcher: Watcher) -> None:
        """Have every step of the call told to a watcher, which returns at once and raises nothing."""
        self._watchers = (*self._watchers, watcher)

    def unwatch(self, watcher: Watcher) -> None:
        """Tell it no more."""
        self._watchers = tuple(other for other in self._watchers if other != watcher)

    def glance(self) -> Glance:
        """How the call stands now."""
        return self.call.glance(self._clock())

    def fail(self, problem: str) -> None:
        """Something of ours raised: give the call its end and its record all the same.

        Raises what raises again, when everything was tried.
        """
        now = self._clock()
        owed = [command for command in self._undone if isinstance(command, Record)]
        with ExitStack() as stack:  # it goes on with the next whatever raises, the last one in first
            stack.callback(self._journal.close)
            for command in reversed((*owed, *self.call.fail(now, problem))):
                stack.callback(self._carry_out, command, now)

    def let_go(self) -> None:
        """Another process has the call now, and writes its end: ``run`` returns."""
        self.gone = True
        self._ended.set()

    def break_off(self, fault: Exception) -> None:
        """An event that somebody else handed in raised: ``run`` raises it, as this call's failure."""
        self._fault = fault
        self._ended.set()

    def _take_phone(self, phone: Phone) -> asyncio.Task[None]:
        assert self._group is not None
        phone.attach(partial(self._hear, phone))
        if self._recording is not None:
            phone.record(self._recording.tape())
        self._phone = phone
        task = self._group.create_task(phone.run())
        self._edge_tasks.append(task)
        return task

    def _hear(self, phone: Phone, event: Event) -> None:
        """What a stream that was left still tells, after the caller came back on another, is of no interest."""
        if phone is not self._phone:
            return
        self.feed(event)
        silent = isinstance(event, CallerHungUp) and event.silent
        if silent and self._rest_is_over is not None and self._group is not None and not self.call.ended:
            self._edge_tasks.append(self._group.create_task(self._ask_whether_over(self._rest_is_over())))

    async def _ask_whether_over(self, asking: Awaitable[bool]) -> None:
        """A stream on which nothing comes: the phone call may be over without a word to us."""
        if await asking:
            self.feed(CallerHungUp(call_over=True))

    async def _close(self) -> None:
        if self._phone is not None:
            self._phone.leave()  # when a webhook brought the end, the stream is still up
        await _finish(self._edge_tasks)

    def feed(self, event: Event) -> None:
        """Hand one event in and carry the commands out. Synchronous; never one event inside another."""
        if self._feeding:
            self._waiting.append(event)
            return
        if self._broken:
            return  # this call is about to fail, and what it owes then is not to be lost over one more event
        self._feeding = self._broken = True
        try:
            self._feed(event)
            while self._waiting:
                self._feed(self._waiting.popleft())
            self._broken = False
        finally:
            self._feeding = False

    def _feed(self, event: Event) -> None:
        now = self._clock()
        commands: list[Command] = []
        try:
            commands = self.call.handle(event, now)
        finally:
            self._undone = joined(commands)
            self._journal.wrote(event, commands, now)  # the event that raises is the one a replay needs
        for watcher in self._watchers:
            watcher(event, commands, now)
        for command in self._undone:
            self._carry_out(command, now)
        self._alarm.moved(self.call.deadline)
        if self.call.ended:
            self._ended.set()

    def _carry_out(self, command: Command, now: float) -> None:  # noqa: C901, PLR0912, PLR0915 - one case a command
        match command:
            case Listen(audio):
                self._model.listen(audio)
            case Play(audio, mark, last):
                if self._phone is not None:
                    self._phone.play(audio, mark, last)
            case PauseListening():
                self._model.pause_listening()
            case ClearPlayout():
                self._clear(now)
            case Say(instruction):
                self._model.say(instruction)
            case TellHeard(text):
                self._model.tell_heard(text)
            case AnswerTool(id, name, response, scheduling):
                self._model.answer_tool(id, name, response, scheduling)
            case Show(image):
                self._model.show(image)
            case OpenSession(greeting, said):
                self._model.open(greeting, said)
            case SteerLanguage(language, live):
                self._model.steer(language, live)
            case RenewSession(handle, story, after_s, route):
                self._model.renew(handle, named(story), after_s, route)
            case LeaveSession():
                self._model.leave()
            case CloseSession():
                self._model.close()
            case RunTool():
                self._tools.run(command)
            case CancelTool(id):
                self._tools.cancel(id)
            case HandOff() | HangUp() | TakeMessage():
                self._leave(command)
            case PassOn():
                self._pass_on()
            case RecordTurn():
                self._records.turn(command)
            case RecordTool():
                self._records.tool(command)
            case RecordFlag():
                self._records.flag(command)
            case RecordCost():
                self._records.cost(command)
            case RecordConsent():
                self._record_consent(command)
            case PauseRecording(on):
                self._pause_recording(on)
            case RecordEnd():
                self._record_end(command)
            case _:
                assert_never(command)

    def _clear(self, now: float) -> None:
        if self._phone is not None:
            self._phone.clear()
        metrics.barge_ins.inc()
        metrics.clear_s.observe(self._clock() - now)

    def _leave(self, command: HangUp | HandOff | TakeMessage) -> None:
        """Leave the stream; Twilio then asks what is next. The REST hang-up is the second, sure way."""
        self.leaving = command
        self._records.leaving(command)
        if self._phone is not None:
            self._phone.leave()
        wants_rest = isinstance(command, HangUp) and command.apology is None
        if wants_rest and self._rest_hang_up is not None and self._group is not None:
            self._rest_task = self._group.create_task(_awaited(self._rest_hang_up()))

    def _pass_on(self) -> None:
        self._records.leaving(PassOn())
        if self._phone is not None:
            self._phone.leave()

    def _record_consent(self, consent: RecordConsent) -> None:
        self._records.consent(consent)
        if self._recording is not None:
            self._recording.consent(consent.answer == "yes")

    def _pause_recording(self, on: bool) -> None:
        if self._recording is not None:
            self._recording.pause(on)

    def _record_end(self, end: RecordEnd) -> None:
        level = log.error if end.disposition == "failed" else log.info
        level(
            "call ended",
            disposition=end.disposition,
            ended_by=end.ended_by,
            duration_s=end.duration_s,
            first_sound_ms=end.first_sound_ms,
            barge_ins=end.barge_ins,
            sessions=end.sessions,
            problem=end.problem,
        )
        self._records.end(end)

    def _pass_deadline(self) -> None:
        deadline = self.call.deadline
        if deadline is not None and deadline <= self._clock():
            self.feed(DeadlinePassed())


async def _awaited(waiting: Awaitable[object]) -> None:
    await waiting


async def _finish(tasks: list[asyncio.Task[None]]) -> None:
    """Give the edges time to close their sockets, then cut what is left."""
    running = [task for task in tasks if not task.done()]
    if not running:
        return
    _, late = await asyncio.wait(running, timeout=CLOSE_WITHIN_S)
    for task in late:
        task.cancel()
