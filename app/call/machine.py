"""The call as a state machine: one table, typed events in, typed commands out, time as an argument."""

from collections.abc import Callable
from typing import Any

from app.call import dispositions, held, moving, on_house, on_model, on_phone, on_tools, renewal, sessions
from app.call.commands import Command
from app.call.deadlines import go_on, goes_on, settle
from app.call.ending import APOLOGY, hang_up_with
from app.call.events import (
    AssistantAudio,
    AssistantInterrupted,
    CallerAudio,
    CallerHungUp,
    CallerReturned,
    CallResumed,
    CallStarted,
    DeadlinePassed,
    Draining,
    Event,
    GenerationCompleted,
    GreetingFound,
    HandoffAnswered,
    HandoffFailed,
    KeyPressed,
    LanguageDetected,
    MarkReached,
    PhotoReceived,
    PhraseFound,
    SessionEnding,
    SessionLost,
    SessionOpened,
    SessionRenewable,
    SourcesFound,
    SpeechEnded,
    SpeechStarted,
    SupervisorAsked,
    SupervisorSpoke,
    TextReceived,
    ToolCalled,
    ToolCancelled,
    ToolReturned,
    Transcribed,
    TurnCompleted,
    UsageReported,
    WorkerLost,
)
from app.call.glance import Glance, glance
from app.call.memory import Memory, State
from app.call.rules import Rules

# A handler takes its own kind of event; the table is what pairs them.
Handler = Callable[[Memory, Any, float], None]


def drop(m: Memory, event: Event, now: float) -> None:
    """Late and harmless in this state: late sound, late marks and late tools are normal."""
    del m, event, now


def impossible(m: Memory, event: Event, now: float) -> None:
    """Only a fault of ours brings this event about in this state."""
    del now
    raise AssertionError(f"{type(event).__name__} in {m.state.name}")


_ = drop
x = impossible
P, M, T, S, N, H, D, V = on_phone, on_model, on_tools, sessions, renewal, on_house, held, moving

STATES = tuple(State)

# fmt: off
ROWS: dict[type[Event], tuple[Handler, ...]] = {
    # event                WAITING    CONNECTING   TALKING      RENEWING     LEAVING      HELD         AWAY        ENDED
    CallStarted:          (P.started, x,           x,           x,           x,           x,           x,           x),
    CallerAudio:          (x,         P.keep,      P.hear,      P.keep,      P.hear,      _,           _,           _),
    SpeechStarted:        (x,         P.speaking,  P.speaking,  P.speaking,  P.speaking,  D.speaking,  _,           _),
    SpeechEnded:          (x,         P.silent,    P.silent,    P.silent,    P.silent,    D.silent,    _,           _),
    KeyPressed:           (x,         P.key,       P.key,       P.key,       _,           _,           _,           _),
    MarkReached:          (x,         P.mark,      P.mark,      P.mark,      P.mark,      P.mark,      _,           _),
    CallerHungUp:         (_,         P.hung_up,   P.hung_up,   P.hung_up,   P.hung_up,   P.hung_up,   P.left,      _),
    TextReceived:         (_,         P.text,      P.text,      P.text,      _,           P.text,      _,           _),
    PhotoReceived:        (_,         P.photo,     P.photo,     P.photo,     _,           P.photo,     _,           _),
    CallerReturned:       (x,         x,           x,           x,           x,           x,           S.returned,  _),
    CallResumed:          (S.resumed, x,           x,           x,           x,           x,           x,           x),
    SessionOpened:        (x,         S.opened,    x,           S.opened,    _,           _,           _,           _),
    AssistantAudio:       (x,         x,           M.sound,     _,           M.sound,     _,           _,           _),
    AssistantInterrupted: (x,         x,           M.barge_in,  _,           M.last_cut,  _,           _,           _),
    Transcribed:          (x,         x,           M.words,     _,           M.words,     _,           _,           _),
    LanguageDetected:     (x,         x,           M.language,  _,           M.language,  _,           _,           _),
    SourcesFound:         (x,         x,           M.sources,   _,           M.sources,   _,           _,           _),
    GenerationCompleted:  (x,         x,           M.generated, _,           M.generated, _,           _,           _),
    TurnCompleted:        (x,         x,           M.turn_over, _,           M.turn_over, _,           _,           _),
    ToolCalled:           (x,         x,           T.called,    _,           T.too_late,  _,           _,           _),
    ToolCancelled:        (x,         x,           T.cancelled, _,           T.cancelled, _,           _,           _),
    ToolReturned:         (x,         x,           T.returned,  T.returned,  T.returned,  _,           _,           _),
    SessionEnding:        (x,         x,           N.ending,    _,           N.ending,    _,           _,           _),
    SessionRenewable:     (x,         x,           N.renewable, N.renewable, N.renewable, _,           _,           _),
    SessionLost:          (x,         S.lost,      S.lost,      S.lost,      S.last_word, _,           _,           _),
    UsageReported:        (x,         x,           M.usage,     M.usage,     M.usage,     M.usage,     M.usage,     _),
    GreetingFound:        (x, H.greeting_found, x, x, x, x, x, x),
    PhraseFound:          (x, H.phrase_found, H.phrase_found, H.phrase_found, _, H.phrase_found, _, _),
    HandoffAnswered:      (_,         _,           _,           _,           _,           _,           H.answered,  _),
    HandoffFailed:        (_,         _,           _,           _,           _,           _,           H.nobody,    _),
    DeadlinePassed:       (_,         _,           _,           _,           _,           _,           _,           _),
    SupervisorAsked:      (_,         H.ask_early, H.ask,       H.ask_later, _,           D.asked,     _,           _),
    SupervisorSpoke:      (_,         _,           _,           _,           _,           D.spoke,     _,           _),
    Draining:             (_,         H.draining,  H.draining,  H.draining,  H.draining,  H.draining,  H.draining,  _),
    WorkerLost: (_, V.worker_lost, V.worker_lost, V.worker_lost, V.worker_lost, V.worker_lost, V.worker_lost, _),
}
# fmt: on

TABLE: dict[State, dict[type[Event], Handler]] = {
    state: {event: handlers[column] for event, handlers in ROWS.items()} for column, state in enumerate(STATES)
}


class Call:
    """One call. ``handle`` is called by one caller, one event at a time; ``deadline`` says when time itself matters."""

    def __init__(self, rules: Rules) -> None:
        self._memory = Memory(rules, language=rules.language, spoken=rules.language)
        self.deadline: float | None = None

    @property
    def ended(self) -> bool:
        """The call has had its one end."""
        return self._memory.state is State.ENDED

    @property
    def rules(self) -> Rules:
        """How the call is led."""
        return self._memory.rules

    @property
    def tools(self) -> tuple[str, ...]:
        """The tools that the call may use."""
        return self._memory.rules.tools

    @property
    def cost_usd(self) -> float:
        """What its tokens have cost until now."""
        return self._memory.cost_usd

    @property
    def stream_lost(self) -> bool:
        """The stream broke, and the caller may come back on another."""
        return self._memory.stream_lost

    @property
    def passed_on(self) -> bool:
        """Another process is to go on with the call, once Twilio has streamed again."""
        return self._memory.passed_on

    @property
    def consented(self) -> bool:
        """The caller may be recorded."""
        return self._memory.consent == "yes"

    @property
    def state(self) -> State:
        """Where the call stands."""
        return self._memory.state

    def glance(self, now: float) -> Glance:
        """How the call stands, for whoever looks at it; changes nothing."""
        return glance(self._memory, now)

    def handle(self, event: Event, now: float) -> list[Command]:
        """Take one event in; returns what is to be done, in order. Never waits, reads no clock."""
        m = self._memory
        m.out = []
        kind = type(event)
        TABLE[m.state][kind](m, event, now)
        if kind is CallerAudio:
            return m.out
        deadline = self.deadline
        # Most of what comes is sound, and the waits are many: they are looked at when there is one that may be over.
        if kind is AssistantAudio and deadline is not None and now < deadline and goes_on(m):
            self.deadline = go_on(m, now, deadline)
        else:
            self.deadline = settle(m, now)
        return m.out

    def fail(self, now: float, problem: str) -> list[Command]:
        """Something of ours raised: end this call, and only this one, with its own disposition."""
        m = self._memory
        m.out = []
        if m.state is not State.ENDED:
            m.problem = problem
            hang_up_with(m, now, "apology", APOLOGY, dispositions.FAILED)
        self.deadline = None
        return m.out
