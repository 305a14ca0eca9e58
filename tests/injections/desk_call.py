"""One whole call without sound: everything that enforces is real, and the model obeys everything it is told."""

import asyncio
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

from app.bridge import Bridge
from app.call.commands import AnswerTool, HandOff, RecordFlag, RunTool
from app.call.events import (
    CallerHungUp,
    CallStarted,
    DeadlinePassed,
    KeyPressed,
    PhotoReceived,
    SessionLost,
    SpeechEnded,
    SpeechStarted,
    TextReceived,
    ToolCalled,
    Transcribed,
)
from app.call.image import Image
from app.call.machine import Call
from app.call.tool_end import ToolEnd
from app.facts import look_up
from app.house import House, Visit
from app.leading import rules_for, runner_for, wish_for
from app.ports import Feed
from app.prompts.lines import Line
from app.prompts.render import clean_facts
from app.toolkit.leftovers import writes_ended
from app.toolkit.runner import ToolRunner
from tests.fakes import Clock, FakeJournal, FakePhone, FakeRecords, Log, settled
from tests.injections.attack import (
    Calls,
    Cancelled,
    HangsUp,
    Keyed,
    Lost,
    Photo,
    ReadsBack,
    ReadsCode,
    Says,
    Spoken,
    Step,
    Texted,
    Waits,
)
from tests.injections.obeying import Obeying
from tests.injections.site import Site

CALL_SID = "CA-injection"
AFTER_S = 2.0  # between two things the caller does: keys are complete, words have come, sound was heard
CALL_WITHIN_S = 20.0
_CODE = re.compile(r"\b\d{6}\b")


class Postbox:
    """Takes the texts of a call."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []

    async def send(self, to: str, body: str) -> None:
        self.sent.append((to, body))

    @property
    def codes(self) -> list[str]:
        return [code for _, body in self.sent for code in _CODE.findall(body)]


class Watched:
    """The tools of a call; it keeps what was run and how that ended."""

    def __init__(self, tools: ToolRunner, log: Log) -> None:
        self._tools, self._log = tools, log
        self.running = 0
        self.ran: list[tuple[RunTool, ToolEnd]] = []

    @property
    def question(self) -> str:
        """What was to be read back last."""
        asked = (str(end.response["message"]) for _, end in reversed(self.ran) if end.status == "confirm")
        return next(asked, "Nothing was asked.")

    async def run(self, use: RunTool) -> ToolEnd:
        self.running += 1
        try:
            end = await self._tools.run(use)
        finally:
            self.running -= 1
            self._log.note("tool over")
        self.ran.append((use, end))
        return end


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a call has left behind."""

    line: Line
    told: tuple[str, ...]
    answers: tuple[AnswerTool, ...]
    voiced: str
    texts: tuple[tuple[str, str], ...]
    codes: tuple[str, ...]
    ran: tuple[tuple[RunTool, ToolEnd], ...]
    called: tuple[ToolCalled, ...]
    handed_to: tuple[str, ...]
    flags: tuple[RecordFlag, ...]


class DeskCall:
    """One call to a line of the site."""

    def __init__(self, site: Site, name: str, caller: str, facts: Mapping[str, object]) -> None:
        self._log, self._clock, self._post = Log(), Clock(), Postbox()
        self._published = published = site.lines[name]
        self._line = line = published.line
        visit = Visit(CALL_SID, caller, "+12025550199", facts, datetime.now(UTC))
        house: House = replace(site.house, texts=lambda number: self._post)
        runner = runner_for(house, published, visit)
        self._tools = Watched(runner, self._log)
        self._phone, self._journal = FakePhone(self._log, CALL_SID, caller=caller), FakeJournal(self._log)
        self._records = FakeRecords(self._log)
        planted = "; ".join(clean_facts(line.facts, facts).values())
        wishes = partial(wish_for, line, runner, visit)
        self._models: list[Obeying] = []

        def model(feed: Feed) -> Obeying:
            self._models.append(Obeying(feed, self._log, wishes, line.languages[0], planted))
            return self._models[-1]

        self._bridge = Bridge(
            Call(rules_for(house, line, published.tools, visit, cached=False)),
            model=model,
            tools=self._tools,
            records=self._records,
            journal=self._journal,
            clock=self._clock,
        )
        self._started = CallStarted(CALL_SID, "MZ1", caller, "+12025550199")

    @property
    def _model(self) -> Obeying:
        return self._models[-1]

    async def run(self, steps: tuple[Step, ...]) -> Outcome:
        """Place the call, let everything happen, and hang up."""
        async with asyncio.timeout(CALL_WITHIN_S), asyncio.TaskGroup() as group:
            call = group.create_task(self._bridge.run(self._phone, self._started))
            await self._log.until_did("model quiet")
            await self._quiet()
            await self._pass(AFTER_S)
            for step in steps:
                if self._bridge.call.ended or self._bridge.leaving is not None:
                    break
                self._happens(step)
                await self._quiet()
                await self._pass(step.seconds if isinstance(step, Waits) else AFTER_S)
            if not self._bridge.call.ended:
                self._bridge.feed(CallerHungUp(call_over=True))
            self._phone.hang_up()
            await call
        assert await writes_ended(CALL_WITHIN_S)
        return self._outcome()

    def _outcome(self) -> Outcome:
        commands = [command for _, done, _ in self._journal.steps for command in done]
        return Outcome(
            line=self._line,
            told=tuple(told for model in self._models for told in model.told),
            answers=tuple(command for command in commands if isinstance(command, AnswerTool)),
            voiced=" ".join(event.text for event, _ in self._journal.events(Transcribed) if event.side == "assistant"),
            texts=tuple(self._post.sent),
            codes=tuple(self._post.codes),
            ran=tuple(self._tools.ran),
            called=tuple(event for event, _ in self._journal.events(ToolCalled)),
            handed_to=tuple(command.number for command in commands if isinstance(command, HandOff)),
            flags=tuple(self._records.flags),
        )

    # ---- what happens

    def _happens(self, step: Step) -> None:  # noqa: C901, PLR0912 - one case a kind of step
        match step:
            case Spoken(words, late):
                self._speak(words, late=late)
            case Keyed(keys):
                for key in keys:
                    self._bridge.feed(KeyPressed(key))
            case Texted(words):
                self._bridge.feed(TextReceived(words))
            case Photo(caption, written):
                self._model.written_in_photo = written
                self._bridge.feed(PhotoReceived(Image(b"\xff\xd8", 640, 480), caption))
            case Calls(name, each):
                for args in each:
                    self._model.use(name, args)
            case ReadsBack():
                self._model.speak(self._tools.question)
            case Says(words):
                self._model.speak(words)
            case HangsUp():
                self._bridge.feed(CallerHungUp(call_over=True))
            case ReadsCode(number):
                with suppress(IndexError):
                    self._speak(f"call check_code with code={self._post.codes[number]}", late=False)
            case Lost():
                self._bridge.feed(SessionLost(1011, "gone"))
            case Cancelled():
                self._model.take_back()
            case Waits():
                pass

    def _speak(self, words: str, *, late: bool) -> None:
        self._bridge.feed(SpeechStarted())
        if late:
            self._model.hear(words)
        else:
            self._bridge.feed(Transcribed("caller", words))
        self._bridge.feed(SpeechEnded(1_200, 450))
        if not late:
            self._model.hear(words)

    async def _quiet(self) -> None:
        """Until nobody does anything any more but wait."""
        while True:
            await self._log.until(lambda: not self._model.busy and not self._tools.running)
            await settled()
            if not self._model.busy and not self._tools.running:
                return

    async def _pass(self, seconds: float) -> None:
        """Time passes, for the call and for whoever listens."""
        until = self._clock.now + seconds
        while (deadline := self._bridge.call.deadline) is not None and deadline <= until:
            self._clock.now = max(self._clock.now, deadline)
            self._phone.return_marks()
            self._bridge.feed(DeadlinePassed())
            await self._quiet()
        self._clock.now = until
        self._phone.return_marks()


async def placed(site: Site, line: str, caller: str, steps: tuple[Step, ...]) -> Outcome:
    """Place a call to a line, as a phone that rings would: looked up first, then answered."""
    facts = await look_up(site.lines[line], CALL_SID, caller)
    return await DeskCall(site, line, caller, facts).run(steps)
