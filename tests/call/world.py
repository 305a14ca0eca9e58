"""The world around a call, as its edges promise it: what can really happen, in any order, at any time.

The promises: a stream feeds CallerHungUp once and last (the status webhook may say it once more). A connection to
the model feeds SessionOpened first, after SessionLost nothing, and nothing at all once it was closed or renewed.
A tool that was started returns once, unless it was cancelled in time. The caller comes back only to a call that is
away. After every event the promises of the call itself are looked at.
"""

from collections import Counter
from dataclasses import replace
from math import inf

from app.audio.soundness import Flaw
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
    Play,
    RecordEnd,
    RecordTool,
    RecordTurn,
    RenewSession,
    RunTool,
)
from app.call.events import (
    AssistantAudio,
    CallerHungUp,
    CallerReturned,
    DeadlinePassed,
    Event,
    GreetingFound,
    PhraseFound,
    SessionLost,
    SessionOpened,
    SpeechEnded,
    SpeechStarted,
    ToolCalled,
    ToolReturned,
    Transcribed,
)
from app.call.kept import LONGEST_MS
from app.call.listening import repeat_utterance
from app.call.machine import Call
from app.call.memory import State
from app.call.rules import LanguagePolicy, Rules
from tests.playbook import RULES, STARTED, sound

POLICIES: tuple[LanguagePolicy, ...] = ("fixed", "on_request", "follow", "ask")
MOST_LOOKS_A_SECOND = 60
SOME_LOOKS = 40
HEARING = (State.TALKING, State.LEAVING)
ENDS_WITHIN_S = 200.0  # beyond the longest call


class World:
    """A call and what is around it."""

    def __init__(self, rules: Rules = RULES, now: float = 1_000.0) -> None:
        self.rules = rules
        self.call = Call(rules)
        self.thorough = Call(rules)  # the same call by a machine that looks at every wait after every event
        self.now = now
        self.stream_up = True
        self.speaking = False
        self.connection = "none"  # or asked, open
        self.route = "first"
        self.invalid = False  # the last session was lost with 1007
        self.marks: list[str] = []  # set and not come back
        self.tools: set[str] = set()  # started, not returned
        self.called: set[str] = set()  # asked for by the model
        self.told: Counter[str] = Counter()  # tool calls by how often they were recorded
        self.answers: Counter[str] = Counter()
        self.words = 0
        self.owed_words: set[str] = set()
        self.recorded_words: Counter[str] = Counter()
        self.turns = 0
        self.ends: list[RecordEnd] = []
        self.left = False  # we hung up or handed off
        self.heard_ms = 0.0
        self.looks = 0
        self.steps: list[tuple[Event, list[Command], float]] = []  # what a journal would have
        self.feed(STARTED)
        if rules.greeting_cached:
            self.feed(GreetingFound(sound(2_000)))
            for name in ("one_moment", "lost_the_line"):
                self.feed(PhraseFound(name, "en-US", sound(1_200)))

    # ---- what can happen

    def feed(self, event: Event) -> None:
        """One event, then what the call promises."""
        ended = self.call.ended
        commands = self.call.handle(event, self.now)
        self.thorough.deadline = None
        assert commands == self.thorough.handle(event, self.now), "a wait was passed over"
        assert (self.call.deadline or inf) <= (self.thorough.deadline or inf)
        self.steps.append((event, commands, self.now))
        assert not (ended and commands), f"after the end {event} led to {commands}"
        for command in commands:
            self._take(command)
        self._look_at_promises()

    def phone(self, event: Event) -> None:
        """Something on the stream."""
        if self.stream_up:
            self.feed(event)

    def model(self, event: Event) -> None:
        """Something on the open connection."""
        if self.connection == "open":
            self.feed(event)

    def speech(self) -> None:
        """Our detector changes its mind."""
        self.phone(SpeechEnded(300, 450) if self.speaking else SpeechStarted())
        self.speaking = not self.speaking

    def hang_up(self, *, clean: bool, by_webhook: bool) -> None:
        """The caller is gone, by the webhook's word or by the stream's."""
        if by_webhook:
            self.feed(CallerHungUp(call_over=True))
        elif self.stream_up and not by_webhook:
            self.stream_up = False
            self.feed(CallerHungUp(clean))

    def come_back(self) -> None:
        """The caller is on a new stream."""
        if self.call.state is State.AWAY:
            self.stream_up, self.speaking, self.left = True, False, False
            self.marks.clear()
            self.feed(CallerReturned("MZ2"))

    def connect(self, *, resumed: bool = False) -> None:
        """The connection that was asked for opens."""
        if self.connection == "asked":
            self.connection = "open"
            self.feed(SessionOpened(200, resumed))

    def lose(self, code: int) -> None:
        """The connection is refused or lost."""
        if self.connection != "none":
            self.connection, self.invalid = "none", code == 1007
            self.feed(SessionLost(code))

    def say(self, side: str, ms: int, *, words: bool, flaw: Flaw = "") -> None:
        """Words of either side, and sound of the assistant."""
        if words and self.connection == "open":
            self.words += 1
            word = f"w{self.words}"
            if self.call.state in HEARING:
                self.owed_words.add(word)
            if side == "caller" and (turn := self.call._memory.transcript.caller) is not None and turn.half:
                word = f"{turn.half} {word}"  # heard again
            asks = "which number? " if self.words % 4 == 0 else ""
            self.feed(Transcribed("assistant" if side == "assistant" else "caller", f"{word} {asks}"))
        if ms and side == "assistant":
            self.model(AssistantAudio(sound(ms), flaw))

    def nudge(self) -> None:
        """The model is given again what it did not answer."""
        commands, thorough = (self._given_again(call) for call in (self.call, self.thorough))
        assert commands == thorough
        for command in commands:
            self._take(command)

    def _given_again(self, call: Call) -> list[Command]:
        memory = call._memory
        memory.out = []
        repeat_utterance(memory, self.now)
        return memory.out

    def call_tool(self, name: str, again: bool) -> None:
        """The model calls a tool, or repeats itself."""
        id = f"t{len(self.called) - (1 if again and self.called else 0)}"
        if self.connection == "open":
            if self.call.state in HEARING:
                self.called.add(id)
            self.feed(ToolCalled(id, name))

    def end_tool(self) -> None:
        """A tool comes to its end."""
        if self.tools:
            id = min(self.tools)
            self.tools.discard(id)
            self.feed(ToolReturned(id, {"status": "ok", "message": "Done."}))

    def pass_time(self, seconds: float) -> None:
        """Deadlines are handed in when they are due, and there are not many of them."""
        end, looks = self.now + seconds, self.looks
        while self.call.deadline is not None and self.call.deadline <= end:
            self.now = max(self.now, self.call.deadline)
            self.looks += 1
            assert self.looks - looks <= SOME_LOOKS + seconds * MOST_LOOKS_A_SECOND, "busy with itself"
            self.feed(DeadlinePassed())
        self.now = end

    def stand_still(self, seconds: float) -> None:
        """The process did not run for a while."""
        self.now += seconds
        self.feed(DeadlinePassed())

    def wind_up(self) -> None:
        """Nothing comes any more: the call ends by itself, with all that is owed to the records."""
        self.pass_time(self.rules.longest_call_s + ENDS_WITHIN_S)
        assert self.call.ended
        assert len(self.ends) == 1
        assert {id: self.told[id] for id in self.called} == dict.fromkeys(self.called, 1)
        assert {word: self.recorded_words[word] for word in self.owed_words} == dict.fromkeys(self.owed_words, 1)

    # ---- what the call does

    def _take(self, command: Command) -> None:
        match command:
            case Play(_, mark, _):
                assert not self.left, "sound for a stream that was left"
                self.marks += [mark] if mark is not None else []
            case ClearPlayout():
                self.heard_ms = 0.0
            case Listen() | PauseListening():
                # A last word that has lost its session needs no ears.
                assert self.connection == "open" or self.call.state is State.LEAVING, "sound for nobody"
            case OpenSession():
                self.connection = "asked"
            case RenewSession(handle, story, _, route):
                assert not (handle and story), "a resumed session is not told the story"
                assert route == "first" or self.rules.second_route
                assert route == "second" or self.route == "first", "a call stays on the second route"
                assert not handle or not self.invalid, "a handle is not used again after 1007"
                self.connection, self.route, self.invalid = "asked", route, False
            case CloseSession() | LeaveSession():
                self.connection = "none"
            case RunTool(id):
                self.tools.add(id)
            case CancelTool(id):
                self.tools.discard(id)
            case AnswerTool(id):
                self.answers[id] += 1
                assert self.answers[id] == 1, f"{id} answered twice"
            case HangUp() | HandOff() | PassOn():
                self.left = True
            case RecordTurn() | RecordTool() | RecordEnd():
                self._record(command)
            case _:
                pass

    def _record(self, record: RecordTurn | RecordTool | RecordEnd) -> None:
        assert not self.ends, "recorded after the end"
        match record:
            case RecordTurn():
                self.turns += 1
                assert record.number == self.turns
                assert record.ended_s >= record.started_s
                assert record.gap_ms is None or 0 <= (record.model_ms or 0) <= record.gap_ms
                self.recorded_words.update(f"{record.heard} {record.unheard}".split())
            case RecordTool(id):
                self.told[id] += 1
            case RecordEnd():
                self.ends.append(record)

    def _look_at_promises(self) -> None:
        memory = self.call._memory
        playout, deadline = memory.playout, self.call.deadline
        heard_ms = playout.heard_ms(self.now)
        assert playout.queued_ms + 0.001 >= playout.sent_ms >= heard_ms - 0.001
        assert heard_ms >= self.heard_ms - 0.001, "what was heard stays heard"
        self.heard_ms = heard_ms
        assert memory.kept.ms <= LONGEST_MS
        assert memory.utterance.ms <= LONGEST_MS
        assert (deadline is None) == self.call.ended
        assert deadline is None or self.now < deadline < self.now + self.rules.longest_call_s + ENDS_WITHIN_S
        if self.call.ended:
            assert len(self.ends) == 1


def rules_for(
    *, handoff: bool, short: bool, policy: LanguagePolicy, cached: bool, updates: bool, aged: bool = False
) -> Rules:
    """Rules of many kinds: with and without a representative, for a short and a long call, in every policy."""
    return replace(
        RULES,
        handoff_number=RULES.handoff_number if handoff else None,
        longest_call_s=40 if short else 600,
        tools=(*RULES.tools, "book", "switch_language"),
        writes=("book",),
        confirmed_tools=("book",),
        languages=("en-US", "es-US"),
        language_policy=policy,
        language_keys={"1": "en-US", "2": "es-US"},
        phrases_in={"en-US": RULES.phrases, "es-US": {"disclosure": "Soy una IA."}},
        greeting_cached=cached,
        context_updates=updates,
        prices={"response.audio": 12.0},
        splits_gaps=True,
        gather_ms=200.0 if updates else 0.0,
        bills=True,
        models={"first": "live", "second": "other"},
        minute_prices={"inbound": 0.0085, "stream": 0.004},
        cost_limit_usd=1.0,
        digits_ms=1_200,
        end_of_speech_ms=500,
        renew_after_s=20.0 if aged else None,
        fresh_after_s=60.0 if aged else None,
        second_route=aged,
    )
