"""The life of calls, in any order of what can happen: one record and one end each, and nothing of them stays behind."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from structlog.testing import capture_logs

from app.audio.pcm import MODEL_OUTPUT_RATE, silence
from app.bridge import Bridge
from app.call.events import (
    AssistantAudio,
    CallerHungUp,
    DeadlinePassed,
    Draining,
    Event,
    GenerationCompleted,
    HandoffAnswered,
    HandoffFailed,
    KeyPressed,
    SessionEnding,
    SessionLost,
    SessionOpened,
    SpeechEnded,
    SpeechStarted,
    SupervisorAsked,
    TextReceived,
    ToolCalled,
    Transcribed,
    TurnCompleted,
)
from app.call.machine import Call
from app.call.memory import State
from app.ports import Feed
from app.switchboard import Stream, Switchboard
from tests.fakes import Clock, FakeJournal, FakeModel, FakePhone, FakeRecords, FakeTools, Log, settled
from tests.fuzz import cases
from tests.playbook import RULES, frame

CALLS = ("CA1", "CA2", "CA3")
T = TypeVar("T")

OF_THE_MODEL: tuple[Event, ...] = (
    AssistantAudio(silence(200, MODEL_OUTPUT_RATE)),
    Transcribed("assistant", "Hello."),
    Transcribed("caller", "Where is it?"),
    GenerationCompleted(),
    TurnCompleted(),
    SessionEnding(10.0),
)
OF_THE_PHONE: tuple[Event, ...] = (frame(), KeyPressed("1"), SpeechStarted(), SpeechEnded(300, 450))
OF_THE_HOUSE: tuple[Event, ...] = (
    HandoffAnswered(),
    HandoffFailed("busy"),
    CallerHungUp(call_over=True),
    TextReceived("1047"),
    SupervisorAsked("end"),
    SupervisorAsked("say", "We close soon."),
    Draining(30.0),
    Draining(0.0),
)


class Model(FakeModel):
    """A model that knows whether it was asked for a session and has one."""

    state = "none"  # or asked, open

    def _asked(self, what: str, *details: object) -> None:
        super()._asked(what, *details)
        if what in ("open", "renew"):
            self.state = "asked"
        if what == "close":
            self.state = "none"


class Party:
    """One call's stand-ins."""

    def __init__(self) -> None:
        self.log = Log()
        self.phones: list[FakePhone] = []
        self.models: list[Model] = []
        self.tools, self.records = FakeTools(self.log), FakeRecords(self.log)
        self.journals: list[FakeJournal] = []


class Life(RuleBasedStateMachine):
    """A switchboard, and up to three callers who do what they like."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.logs = capture_logs()
        self.logs.__enter__()
        self.clock = Clock()
        self.parties: dict[str, Party] = {}
        self.board = self.do(self._board())
        self.serving: list[asyncio.Task[None]] = []
        self.failed: set[str] = set()

    def do(self, work: Coroutine[object, object, T]) -> T:
        """Run something on the house's loop, and let everything that can go on do so."""
        result = self.loop.run_until_complete(work)
        self.loop.run_until_complete(settled())
        return result

    def happen(self, what: Callable[[], object]) -> None:
        """Something happens on the house's loop."""

        async def happening() -> None:
            what()

        self.do(happening())

    def edge(self, sid: str, feed: Feed, event: Event) -> None:
        """An edge of a call feeds an event in its own task: what that raises ends the call."""

        def feeding() -> None:
            try:
                feed(event)
            except ZeroDivisionError as fault:
                bridge = self.board.find(sid)
                assert bridge is not None and sid in self.failed
                bridge.break_off(fault)

        self.happen(feeding)

    async def _board(self) -> Switchboard:
        return Switchboard(self._open, most=3, most_per_caller=3, clock=self.clock)

    def _open(self, stream: Stream) -> Bridge:
        party = self.parties[stream.call_sid]
        party.journals.append(FakeJournal(party.log))

        def model(feed: Feed) -> FakeModel:
            party.models.append(Model(party.log, feed))
            return party.models[-1]

        return Bridge(
            Call(RULES),
            model=model,
            tools=party.tools,
            records=party.records,
            journal=party.journals[-1],
            clock=self.clock,
        )

    # ---- what can happen

    @rule(sid=st.sampled_from(CALLS))
    def ring_and_stream(self, sid: str) -> None:
        """A new call, or a second stream of one."""
        if sid not in self.parties:
            if self.board.refusal(sid, "+12025550143") is not None:
                return
            self.parties[sid] = Party()
        elif self.board.find(sid) is None:
            return  # one call, one life
        self.do(self._stream(sid))

    async def _stream(self, sid: str) -> None:
        party = self.parties[sid]
        phone = FakePhone(party.log, sid, f"MZ{len(party.phones)}")
        party.phones.append(phone)
        self.serving.append(self.loop.create_task(self.board.serve(phone)))

    @rule(sid=st.sampled_from(CALLS), clean=st.booleans(), silent=st.booleans())
    def hang_up(self, sid: str, clean: bool, silent: bool) -> None:
        phone = self._phone(sid)
        if phone is not None:
            self.happen(partial(phone.hang_up, clean=clean, silent=silent and not clean))

    @rule(sid=st.sampled_from(CALLS), event=st.sampled_from(OF_THE_PHONE))
    def phone(self, sid: str, event: Event) -> None:
        phone = self._phone(sid)
        if phone is not None:
            self.edge(sid, phone.feed, event)

    @rule(sid=st.sampled_from(CALLS))
    def open_session(self, sid: str) -> None:
        model = self._model(sid)
        if model is not None and model.state == "asked":
            model.state = "open"
            self.edge(sid, model.feed, SessionOpened(100))

    @rule(sid=st.sampled_from(CALLS), code=st.sampled_from([0, 429, 1000, 1006, 1007, 1011]))
    def lose_session(self, sid: str, code: int) -> None:
        model = self._model(sid)
        if model is not None and model.state != "none":
            model.state = "none"
            self.edge(sid, model.feed, SessionLost(code))

    @rule(sid=st.sampled_from(CALLS), event=st.sampled_from(OF_THE_MODEL))
    def model(self, sid: str, event: Event) -> None:
        model = self._model(sid)
        if model is not None and model.state == "open":
            self.edge(sid, model.feed, event)

    @rule(sid=st.sampled_from(CALLS), name=st.sampled_from([*RULES.tools, "unheard_of"]), id=st.integers(0, 3))
    def call_tool(self, sid: str, name: str, id: int) -> None:
        self.model(sid, ToolCalled(f"t{id}", name))

    @rule(sid=st.sampled_from(CALLS), breaks=st.booleans())
    def end_tool(self, sid: str, breaks: bool) -> None:
        running = self.parties[sid].tools._running if sid in self.parties else {}
        for name in [name for name, future in running.items() if not future.done()][:1]:
            if breaks:
                self.happen(partial(self.parties[sid].tools.break_down, name))
                self.failed.add(sid)
            else:
                self.happen(partial(self.parties[sid].tools.end, name, {"status": "ok", "message": "Done."}))

    @rule(sid=st.sampled_from(CALLS), event=st.sampled_from(OF_THE_HOUSE))
    def house(self, sid: str, event: Event) -> None:
        self.happen(partial(self.board.tell, sid, event))

    @rule(sid=st.sampled_from(CALLS))
    def records_break(self, sid: str) -> None:
        """Something of ours raises at the next turn: that call fails, and only that."""
        if sid in self.parties:
            self.parties[sid].records.breaks = True
            self.failed.add(sid)

    @rule(seconds=st.sampled_from([0.1, 0.5, 2.0, 5.0, 20.0, 40.0]))
    def time_passes(self, seconds: float) -> None:
        self.clock.now += seconds
        for sid in self.parties:
            self.happen(partial(self.board.tell, sid, DeadlinePassed()))

    # ---- what always holds

    def _phone(self, sid: str) -> FakePhone | None:
        """The stream of a call that is up."""
        bridge = self.board.find(sid)
        phone = None if bridge is None else bridge._phone
        return phone if isinstance(phone, FakePhone) and not phone._over.done() else None

    def _model(self, sid: str) -> Model | None:
        if self.board.find(sid) is None or not self.parties[sid].models:
            return None
        return self.parties[sid].models[-1]

    @invariant()
    def a_call_has_one_end_at_most_and_is_known_until_then(self) -> None:
        for sid, party in self.parties.items():
            assert len(party.records.ends) <= 1
            bridge = self.board.find(sid)
            assert bridge is not None or len(party.records.ends) == 1, f"{sid} is gone without an end"
            assert bridge is None or bridge.call.state is not State.WAITING

    def teardown(self) -> None:
        """Everybody hangs up, and nothing is left."""
        try:
            self._wind_up()
        finally:
            self.logs.__exit__(None, None, None)
            self.loop.close()

    def _wind_up(self) -> None:
        for party in self.parties.values():
            for phone in party.phones:
                self.happen(phone.hang_up)
        for _ in range(3):
            self.time_passes(60.0)
        assert len(self.board) == 0
        assert all(task.done() and task.exception() is None for task in self.serving)
        assert asyncio.all_tasks(self.loop) == set(), "a task stays behind"
        for sid, party in self.parties.items():
            assert len(party.records.ends) == 1, sid
            assert party.records.ends[0].disposition != "failed" or sid in self.failed
            assert [journal.closed for journal in party.journals] == [True]
            assert party.log.did.count("phone over") == party.log.did.count("phone runs")
            assert party.log.did.count("model over") == party.log.did.count("model runs")


TestLife = Life.TestCase
TestLife.settings = settings(cases(150), stateful_step_count=50)
