"""Plays: what happens to a call, and what it then does, told in order against a simulated clock and ear.

The ear is Twilio as its documents tell: sound is heard in real time, a mark comes back when what was sent
before it has been heard, and a clear sends every pending mark back at once.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from app.audio.pcm import MODEL_OUTPUT_RATE, PHONE_RATE, Audio, silence
from app.call.commands import ClearPlayout, Command, Listen, Play, RecordEnd, RecordFlag, RecordTurn
from app.call.events import (
    AssistantAudio,
    CallerAudio,
    CallStarted,
    DeadlinePassed,
    Event,
    GenerationCompleted,
    MarkReached,
    SessionOpened,
    SpeechEnded,
    SpeechStarted,
    Transcribed,
    TurnCompleted,
)
from app.call.flags import UNWELL
from app.call.machine import Call
from app.call.rules import Rules

C = TypeVar("C")

RULES = Rules(
    line="store",
    language="en-US",
    greeting="Hello, this is the assistant.",
    phrases={"are_you_there": "Are you there?", "goodbye_silence": "Goodbye then.", "one_moment": "One moment."},
    tools=("look_up_order", "open_ticket", "end_call", "hand_off", "press_keys"),
    handoff_number="+12025550100",
)
STARTED = CallStarted("CA1", "MZ1", "+12025550143", "+12025550199")


def sound(ms: int) -> Audio:
    """Sound of the assistant."""
    return silence(ms, MODEL_OUTPUT_RATE)


def frame(ms: int = 20) -> CallerAudio:
    """Sound of the caller."""
    return CallerAudio(silence(ms, PHONE_RATE))


def story(ms: int) -> list[Event]:
    """A long turn of the assistant, its words with its sound."""
    return [Transcribed("assistant", "and so on "), AssistantAudio(sound(200))] * (ms // 200)


STEPS_AT_MOST = 2_000  # marks and deadlines in one wait


class Ear:
    """Plays what is sent in real time and says when marks are due."""

    def __init__(self) -> None:
        self.busy_until = 0.0
        self.marks: deque[tuple[float, str]] = deque()
        self.marks_take_s = 0.0  # from the ear back to us
        self.deaf = False  # marks never come back
        self.ran_dry_s: list[float] = []  # silences between two sounds
        self.lead_s = 0.0  # the most that ever waited here

    def take(self, command: Command, now: float) -> None:
        match command:
            case Play(audio, mark, _):
                if audio.pcm and 0.0 < self.busy_until < now - 0.001:
                    self.ran_dry_s.append(now - self.busy_until)
                self.busy_until = max(self.busy_until, now) + audio.ms / 1000.0
                self.lead_s = max(self.lead_s, self.busy_until - now)
                if mark is not None:
                    self.marks.append((self.busy_until + self.marks_take_s, mark))
            case ClearPlayout():
                self.busy_until = now
                self.marks = deque((now + self.marks_take_s, name) for _, name in self.marks)
            case _:
                pass


class Scene:
    """A play going on. Times are seconds since the call started."""

    def __init__(self, rules: Rules = RULES) -> None:
        self.call = Call(rules)
        self.now = 1000.0
        self.started_at = self.now
        self.ear = Ear()
        self.done: list[Command] = []  # by the last ``when``, ``wait`` or ``until``
        self.all: list[Command] = []
        self.steps: list[tuple[Event, list[Command], float]] = []  # what a journal would have
        self.deadlines = 0  # handed in so far

    def when(self, *events: Event) -> "Scene":
        """These happen now, one after another."""
        self.done = []
        for event in events:
            self._hand_in(event)
        return self

    def wait(self, seconds: float) -> "Scene":
        """Time passes: marks come back, deadlines are handed in."""
        self.done = []
        end = self.now + seconds
        for _ in range(STEPS_AT_MOST):
            at, event = self._next()
            if at > end:
                break
            self.now = max(self.now, at)
            self.deadlines += event is DeadlinePassed
            self._hand_in(event())
        else:
            raise AssertionError(f"the call is busy with itself: deadline {self.call.deadline}, now {self.now}")
        self.now = end
        return self

    def stall(self, seconds: float) -> "Scene":
        """Time passes in which we do nothing; what was due is handed in late by the next ``wait``."""
        self.done = []
        self.now += seconds
        return self

    def _next(self) -> tuple[float, Callable[[], Event]]:
        deadline = self.call.deadline if self.call.deadline is not None else float("inf")
        if self.ear.marks and not self.ear.deaf and self.ear.marks[0][0] <= deadline:
            return self.ear.marks[0][0], self._mark
        return deadline, DeadlinePassed

    def _mark(self) -> Event:
        return MarkReached(self.ear.marks.popleft()[1])

    def _hand_in(self, event: Event) -> None:
        commands = self.call.handle(event, self.now)
        self.steps.append((event, commands, self.now))
        for command in commands:
            self.ear.take(command, self.now)
            self.done.append(command)
            self.all.append(command)

    def then(self, *expected: Command | type) -> "Scene":
        """Exactly these commands came, sound to play and to listen to apart; a class stands for any of its kind."""
        seen = [command for command in self.done if not isinstance(command, Play | Listen)]
        assert len(seen) == len(expected), f"expected {expected}, saw {seen}"
        for wanted, command in zip(expected, seen, strict=True):
            assert isinstance(command, wanted) if isinstance(wanted, type) else command == wanted, (wanted, command)
        return self

    def nothing(self) -> "Scene":
        """No command came at all."""
        assert self.done == [], self.done
        return self

    # ---- what plays ask

    def of(self, kind: type[C]) -> list[C]:
        """Commands of a kind among those of the last step."""
        return [command for command in self.done if isinstance(command, kind)]

    def ever(self, kind: type[C]) -> list[C]:
        """Commands of a kind since the beginning."""
        return [command for command in self.all if isinstance(command, kind)]

    def one(self, kind: type[C]) -> C:
        """The one command of a kind of the last step."""
        (command,) = self.of(kind)
        return command

    @property
    def listened_ms(self) -> float:
        """Sound given to the model by the last step."""
        return sum(command.audio.ms for command in self.of(Listen))

    @property
    def heard_ms(self) -> float:
        """What the call believes the caller has heard."""
        return self.call._memory.playout.heard_ms(self.now)

    @property
    def end(self) -> RecordEnd:
        """The call's one end."""
        (end,) = self.ever(RecordEnd)
        return end

    @property
    def unwell(self) -> list[tuple[str, str]]:
        """Flags that the model was unwell: name, detail."""
        return [(flag.name, flag.detail) for flag in self.ever(RecordFlag) if flag.name in UNWELL]

    @property
    def turns(self) -> list[tuple[str, str, str]]:
        """Recorded turns: side, heard, unheard."""
        return [(turn.side, turn.heard, turn.unheard) for turn in self.ever(RecordTurn)]

    # ---- what happens often

    def assistant_says(self, words: str, ms: int = 2_000, *, complete: bool = True) -> "Scene":
        """The model makes a turn faster than real time, in messages of 200 ms, words before sound."""
        pieces = max(1, ms // 200)
        cuts = [len(words) * k // pieces for k in range(pieces + 1)]
        events: list[Event] = []
        for k in range(pieces):
            if words[cuts[k] : cuts[k + 1]]:
                events.append(Transcribed("assistant", words[cuts[k] : cuts[k + 1]]))
            events.append(AssistantAudio(sound(200)))
        if complete:
            events += [GenerationCompleted(), TurnCompleted()]
        return self.when(*events)

    def caller_says(self, words: str, ms: int = 1_000) -> "Scene":
        """The caller speaks for ``ms``; our detector and the model hear it."""
        self.when(SpeechStarted())
        self.wait(ms / 1000.0)
        self.when(Transcribed("caller", words))
        self.wait(0.45)
        return self.when(SpeechEnded(ms, 450))


def greeted(rules: Rules = RULES, **changes: object) -> Scene:
    """A scene in which the greeting has been heard and the caller may speak."""
    scene = Scene(replace(rules, **changes))  # type: ignore[arg-type]
    scene.when(STARTED, SessionOpened(took_ms=200))
    scene.assistant_says("Hello, this is the assistant.", ms=1_600)
    return scene.wait(2.5)
