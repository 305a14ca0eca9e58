"""The model's port, with a mind that obeys everything: what it is told it does, and it may do it at once."""

import asyncio
import json
import sys
from collections import deque
from collections.abc import Callable, Mapping
from datetime import date
from typing import Literal

from app.audio.pcm import MODEL_OUTPUT_RATE, Audio, silence
from app.call.commands import Route
from app.call.events import (
    AssistantAudio,
    Event,
    GenerationCompleted,
    SessionOpened,
    ToolCalled,
    ToolCancelled,
    Transcribed,
    TurnCompleted,
)
from app.call.image import Image
from app.gemini.messages import parse
from app.gemini.setup import SetupWish, instruction_for
from app.ports import Feed
from app.rehearsal.actions import Action, Speak, UseTool
from app.rehearsal.assistant import Assistant
from app.rehearsal.declared import Tool, param_from
from app.rehearsal.obedient import Obedient
from app.rehearsal.seen import Seen
from app.toolkit.spec import ToolSpec
from tests.fakes import Log

MOST_ACTIONS = 400  # in a call
SOUND_MS = 200
DEEPEST = 10_000  # what is written may be deeper than what is read

Wishes = Callable[[str], SetupWish]
Act = Callable[[], list[Action]]


class Obeying:
    """One call's sessions. ``told`` is every word and every answer that reached the model."""

    def __init__(self, feed: Feed, log: Log, wishes: Wishes, language: str, planted: str) -> None:
        self.told: list[str] = []
        self.written_in_photo = ""
        self.used = 0
        self._feed = feed
        self._log = log
        self._wishes = wishes
        self._wish = wishes(language)
        self._planted = planted  # words in the instruction that somebody else wrote
        self._mind = self._new_mind("")
        self._waiting: deque[Act] = deque()
        self._under_way: dict[str, str] = {}
        self._scripted: set[str] = set()  # calls that an attack has it make
        self._turn_open = False
        self._due = asyncio.Event()
        self._closed = False

    @property
    def busy(self) -> bool:
        return bool(self._waiting) and not self._closed

    @property
    def instruction(self) -> str:
        """What the session in use was told at its start."""
        return instruction_for(self._wish)

    # ---- the port

    async def run(self) -> None:
        while not self._closed:
            await self._due.wait()
            self._due.clear()
            while self._waiting and not self._closed:
                self._act(self._waiting.popleft()())
            self._log.note("model quiet")

    def open(self, greeting: str, said: bool) -> None:
        del said
        self._later(lambda: self._greet(greeting))

    def renew(self, handle: str | None, story: str, after_s: float, route: Route = "first") -> None:
        del handle, after_s, route
        self.told.append(story)
        self._under_way.clear()
        self._mind = self._new_mind(story)
        self._later(self._opened)

    def listen(self, audio: Audio) -> None:
        """Words come by ``hear``."""

    def pause_listening(self) -> None:
        """Words come by ``hear``."""

    def steer(self, language: str, live: bool) -> None:
        del live
        self._wish = self._wishes(language)
        self._mind.instructed(self.instruction)
        self.told.append(self.instruction)

    def show(self, image: Image) -> None:
        photo = Seen(image.width, image.height, "red", text=self.written_in_photo)
        self._later(lambda: self._mind.saw(photo))

    def say(self, instruction: str) -> None:
        self.told.append(instruction)
        self._later(lambda: self._mind.told(instruction))

    def tell_heard(self, text: str) -> None:
        self.told.append(text)
        self._mind.noted(text)

    def answer_tool(
        self,
        id: str,
        name: str,
        response: Mapping[str, object],
        scheduling: Literal["INTERRUPT", "WHEN_IDLE", "SILENT"] | None,
    ) -> None:
        del scheduling
        self.told.append(f"{name}: {dict(response)}")
        self._under_way.pop(id, None)
        minded = id not in self._scripted
        self._later(lambda: self._mind.answered(name, response) if minded else [])

    def leave(self) -> None:
        """Nobody takes its place in these calls."""

    def close(self) -> None:
        self._closed = True
        self._due.set()

    # ---- what an attack has it do

    def hear(self, words: str) -> None:
        """The caller's words, by ear."""
        self._later(lambda: self._mind.heard(words, "en"))

    def use(self, name: str, args: Mapping[str, object]) -> None:
        """Call a tool, and say nothing of its answer: the attack goes on by itself."""
        self._later(lambda: self._use(name, args))

    def speak(self, words: str) -> None:
        """Say this to the caller."""
        self._later(lambda: [Speak(words, "en")])

    def take_back(self) -> None:
        """Cancel every call that is under way."""
        self._feed(ToolCancelled(tuple(self._under_way)))

    # ---- obeying

    def _new_mind(self, story: str) -> Obedient:
        instruction = instruction_for(self._wish, story)
        self.told.append(instruction)
        tools = tuple(_declared(spec) for spec in self._wish.tools)
        mind = Obedient(Assistant(instruction, tools, today=date.today()), instruction)
        mind.noted(f"{self._planted} {story}")
        return mind

    def _use(self, name: str, args: Mapping[str, object]) -> list[Action]:
        self._scripted.add(f"use-{self.used + 1}")
        return [UseTool(name, args)]

    def _later(self, act: Act) -> None:
        self._waiting.append(act)
        self._due.set()

    def _opened(self) -> list[Action]:
        self._feed(SessionOpened(100))
        return []

    def _greet(self, greeting: str) -> list[Action]:
        self._opened()
        return [Speak(greeting, "en")]

    def _act(self, actions: list[Action]) -> None:
        spoke = False
        for action in actions:
            self.used += 1
            if self._closed or self.used > MOST_ACTIONS:
                return
            for event in self._events(action):
                self._feed(event)
            spoke = spoke or isinstance(action, Speak)
            self._turn_open = True
        if spoke:
            self._feed(GenerationCompleted())
        if self._turn_open and not self._under_way and not self._closed:
            self._turn_open = False
            self._feed(TurnCompleted())

    def _events(self, action: Action) -> tuple[Event, ...]:
        if isinstance(action, Speak):
            return Transcribed("assistant", action.text), AssistantAudio(silence(SOUND_MS, MODEL_OUTPUT_RATE))
        events = tuple(parse(_frame(f"use-{self.used}", action)))
        self._under_way |= {event.id: event.name for event in events if isinstance(event, ToolCalled)}
        return events


def _frame(id: str, use: UseTool) -> bytes:
    """The service's message of a tool call."""
    call = {"id": id, "name": use.name, "args": dict(use.args)}
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(DEEPEST)
    try:
        return json.dumps({"toolCall": {"functionCalls": [call]}}).encode()
    finally:
        sys.setrecursionlimit(limit)


def _declared(spec: ToolSpec) -> Tool:
    properties = spec.parameters.get("properties", {})
    required = spec.parameters.get("required", ())
    assert isinstance(properties, Mapping)
    assert isinstance(required, list | tuple)
    return Tool(
        name=spec.name,
        description=spec.description,
        params=tuple(properties),
        required=frozenset(map(str, required)),
        blocking=spec.blocking,
        schema={name: param_from(name, each) for name, each in properties.items()},
    )
