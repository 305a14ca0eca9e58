"""A bridge hands events in one by one, carries commands out in order, keeps time, and leaves nothing behind."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import pairwise

import pytest
from structlog.testing import capture_logs

from app import bridge as bridge_module
from app.audio.pcm import MODEL_OUTPUT_RATE, Audio, silence
from app.bridge import Bridge
from app.call import dispositions, waits
from app.call.commands import HandOff, HangUp, PauseRecording, RunTool
from app.call.events import (
    AssistantAudio,
    AssistantInterrupted,
    CallerHungUp,
    CallerReturned,
    CallStarted,
    DeadlinePassed,
    Draining,
    Event,
    GreetingFound,
    HandoffFailed,
    KeyPressed,
    MarkReached,
    PhotoReceived,
    SessionLost,
    SessionOpened,
    SpeechStarted,
    ToolCalled,
    ToolCancelled,
    ToolReturned,
    Transcribed,
    TurnCompleted,
)
from app.call.image import Image
from app.call.machine import Call
from app.call.memory import State
from app.call.rules import Rules
from app.call.tool_end import ToolEnd
from app.ports import Feed
from tests.fakes import Clock, FakeJournal, FakeModel, FakePhone, FakeRecording, FakeRecords, FakeTools, Log, settled
from tests.playbook import RULES, STARTED, frame

SOUND = AssistantAudio(silence(200, MODEL_OUTPUT_RATE))
GREETED = (Transcribed("assistant", "Hello."), SOUND, TurnCompleted())


class House:
    """One call with stand-ins at all its ports."""

    def __init__(
        self,
        *,
        rest: bool = True,
        model: type[FakeModel] = FakeModel,
        rules: Rules = RULES,
        clock: Callable[[], float] | None = None,
        greeting: Audio | None = None,
        recording: FakeRecording | None = None,
    ) -> None:
        self.log, self.clock = Log(), Clock()
        self.over = False  # the phone call, by Twilio's word
        self._model_class = model
        self.models: list[FakeModel] = []
        self.phone = FakePhone(self.log)
        self.tools, self.records, self.journal = FakeTools(self.log), FakeRecords(self.log), FakeJournal(self.log)
        self.bridge = Bridge(
            Call(rules),
            model=self._model,
            tools=self.tools,
            records=self.records,
            journal=self.journal,
            greeting=greeting,
            recording=recording,
            hang_up=self._hang_up if rest else None,
            is_over=self._is_over if rest else None,
            clock=clock or self.clock,
        )

    @property
    def model(self) -> FakeModel:
        return self.models[-1]

    @property
    def call(self) -> Call:
        return self.bridge.call

    def _model(self, feed: Feed) -> FakeModel:
        self.models.append(self._model_class(self.log, feed))
        return self.model

    async def _is_over(self) -> bool:
        self.log.note("rest is asked")
        return self.over

    async def _hang_up(self) -> bool:
        self.log.note("rest hang-up")
        return True

    def when(self, *events: Event) -> None:
        """These happen at the model, one after another."""
        for event in events:
            self.model.feed(event)

    async def later(self, seconds: float) -> None:
        """Time passes, and the deadline with it."""
        self.clock.now += seconds
        self.bridge.feed(KeyPressed("0") if self.call.deadline is None else DeadlinePassed())
        await settled()

    async def run(self) -> None:
        await self.bridge.run(self.phone, STARTED)


@asynccontextmanager
async def talking(house: House | None = None) -> AsyncIterator[House]:
    """A call whose session is open; when the block ends the caller hangs up, if they did not before."""
    house = house or House()
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        running = group.create_task(house.run())
        await house.log.until_did("model runs")
        house.when(SessionOpened(200))
        yield house
        if not running.done():
            house.phone.hang_up()


async def greet(house: House) -> None:
    """The greeting is said and heard."""
    house.when(*GREETED)
    house.clock.now += 0.25
    house.phone.return_marks()
    await house.later(0.5)


async def leave(house: House, tool: str) -> None:
    """The assistant ends the call, or hands it off, and has nothing to say."""
    house.when(ToolCalled("1", tool))
    await house.later(5.0)


# ---- events and commands


async def test_a_call_begins_with_its_stream_and_its_greeting() -> None:
    async with talking() as house:
        assert house.model.asked == [("open", RULES.greeting, False)]
        assert [type(event) for event, _, _ in house.journal.steps] == [CallStarted, SessionOpened]
        assert (house.bridge.caller, house.bridge.called) == (STARTED.caller, STARTED.called)


async def test_a_greeting_whose_sound_is_at_hand_is_on_its_way_before_there_is_a_session() -> None:
    house = House(rules=replace(RULES, greeting_cached=True), greeting=silence(1_000, MODEL_OUTPUT_RATE))
    async with talking(house):
        kinds = [type(event) for event, _, _ in house.journal.steps]
        assert kinds[:2] == [CallStarted, GreetingFound]
        assert house.model.asked[0] == ("open", RULES.greeting, True)
        assert house.phone.played


async def test_a_photo_a_change_of_language_and_a_flag_reach_their_ports() -> None:
    rules = replace(RULES, languages=("en-US", "es-US"), language_policy="on_request", context_updates=True)
    house = House(rules=replace(rules, tools=(*RULES.tools, "switch_language")))
    async with talking(house):
        await greet(house)
        house.bridge.feed(PhotoReceived(Image(b"jpeg", 4, 3)))
        house.when(ToolCalled("1", "switch_language", {"language": "es"}))
        assert ("show", Image(b"jpeg", 4, 3)) in house.model.asked
        assert ("steer", "es-US", True) in house.model.asked
        assert [(flag.name, flag.detail) for flag in house.records.flags] == [("language_switched", "es-US")]


async def test_what_a_tool_ended_with_comes_back_whole() -> None:
    async with talking() as house:
        await greet(house)
        house.when(ToolCalled("1", "open_ticket", {"subject": "stove"}))
        await house.log.until_did("tool open_ticket runs")
        house.tools._running["open_ticket"].set_result(
            ToolEnd({"status": "ok", "message": "Opened."}, "ok", "details", True, "key-1")
        )
        await house.log.until_did("record tool")
        (tool,) = house.records.tools
        assert (tool.level, tool.effect, tool.key) == ("details", True, "key-1")


async def test_the_commands_of_an_event_are_carried_out_in_their_order_at_all_ports() -> None:
    async with talking() as house:
        await greet(house)
        house.when(SOUND, SpeechStarted(), AssistantInterrupted())
        assert house.log.since("AssistantInterrupted") == ["clear", "tell_heard"]
        house.when(Transcribed("caller", "Where is it?"), ToolCalled("t", "look_up_order", {"order_number": "1047"}))
        house.phone.hang_up()
        await house.log.until_did("record end caller_hung_up")
        assert house.log.since("CallerHungUp")[:4] == ["record turn", "record turn", "record tool", "close"]


async def test_sound_goes_straight_through_in_both_directions() -> None:
    async with talking() as house:
        house.when(SOUND)
        assert [(audio.ms, last) for audio, _, last in house.phone.played] == [(200, False)]
        await greet(house)
        sound = frame()
        house.phone.feed(sound)
        assert house.model.heard == [sound.audio]


async def test_an_event_fed_while_commands_are_carried_out_waits_its_turn() -> None:
    async with talking() as house:
        await greet(house)
        house.when(SOUND)
        house.model.answers_at_once = {"tell_heard": SpeechStarted()}
        clear = house.phone.clear

        def clear_and_return_marks() -> None:
            clear()
            house.phone.feed(MarkReached("g1:1"))

        house.phone.clear = clear_and_return_marks  # type: ignore[method-assign]
        house.when(SpeechStarted(), AssistantInterrupted())
        assert house.log.since("AssistantInterrupted") == ["clear", "tell_heard", "MarkReached", "SpeechStarted"]


# ---- time


async def test_a_deadline_is_handed_in_when_its_time_has_come_and_not_before() -> None:
    async with talking() as house:
        deadline = house.call.deadline
        assert deadline == 1_003.0  # the greeting is waited for no longer
        house.clock.now = deadline - 0.002
        await asyncio.sleep(0.01)  # the timer wakes, by its own clock too early
        assert not list(house.journal.events(DeadlinePassed))
        house.clock.now = deadline
        await house.log.until_did("DeadlinePassed")
        assert [at for _, at in house.journal.events(DeadlinePassed)] == [deadline]


async def test_an_earlier_deadline_is_kept_although_a_later_one_was_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waits, "KEYS_PAUSE_S", 0.01)
    async with talking(House(clock=time.monotonic)) as house:
        await settled()  # the timer waits three seconds
        house.phone.feed(KeyPressed("7"))
        async with asyncio.timeout(2):
            await house.log.until_did("say")
        assert house.model.asked[-1] == ("say", 'The caller pressed keys on the phone: "7".')


async def test_deadlines_follow_one_another_on_the_real_clock() -> None:
    rules = replace(RULES, silence_s=0.003, greeting_hold_s=0.001)
    async with talking(House(rules=rules, clock=time.monotonic)) as house:
        await house.log.until(lambda: house.log.did.count("say") == 3)  # asked twice, then goodbye
        times = [at for _, at in house.journal.events(DeadlinePassed)]
        assert all(later - sooner >= 0.003 for sooner, later in pairwise(times))
        house.phone.hang_up()


# ---- tools


async def test_a_tools_end_comes_back_with_the_time_it_took() -> None:
    async with talking() as house:
        house.when(ToolCalled("t", "look_up_order", {"order_number": "1047"}))
        await house.log.until_did("tool look_up_order runs")
        assert house.tools.used == [("look_up_order", {"order_number": "1047"}, "en-US")]
        house.clock.now += 0.75
        house.tools.end("look_up_order", {"status": "ok", "message": "Shipped."})
        await house.log.until_did("answer_tool")
        response = {"status": "ok", "message": "Shipped."}
        assert house.model.asked[-1] == ("answer_tool", "t", "look_up_order", response, None)
        assert [event for event, _ in house.journal.events(ToolReturned)] == [ToolReturned("t", response, "ok", 750)]
        assert [(tool.status, tool.took_ms) for tool in house.records.tools] == [("ok", 750)]


async def test_a_call_goes_on_while_a_tool_runs() -> None:
    async with talking() as house:
        house.when(ToolCalled("t", "look_up_order"))
        await house.log.until_did("tool look_up_order runs")
        house.when(SOUND)
        assert house.phone.played


async def test_a_cancelled_tool_is_stopped_and_says_no_more() -> None:
    async with talking() as house:
        house.when(ToolCalled("t", "look_up_order"))
        await house.log.until_did("tool look_up_order runs")
        house.when(ToolCancelled(("t",)))
        await house.log.until_did("tool look_up_order stopped")
        await settled()
        assert not list(house.journal.events(ToolReturned))
        assert [tool.status for tool in house.records.tools] == ["cancelled"]


async def test_a_tool_that_does_not_stop_is_let_go_with_a_word_about_which(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bridge_module, "CLOSE_WITHIN_S", 0.01)
    with capture_logs() as logs:
        async with talking() as house:
            house.tools.stubborn = True
            house.when(ToolCalled("1", "look_up_order"))
            await house.log.until_did("tool look_up_order runs")
    assert house.journal.closed
    assert [line["tool"] for line in logs if line["event"] == "tool does not stop"] == ["look_up_order"]
    house.tools.goes_on.set()  # its late end goes nowhere: the journal is closed
    await settled()
    assert not list(house.journal.events(ToolReturned))


async def test_a_tool_that_stops_on_its_own_terms_is_waited_for() -> None:
    with capture_logs() as logs:
        async with talking() as house:
            house.tools.stubborn = True
            house.tools.goes_on.set()
            house.when(ToolCalled("1", "look_up_order"))
            await house.log.until_did("tool look_up_order runs")
    assert not [line for line in logs if line["event"] == "tool does not stop"]


async def test_a_tool_cancelled_after_its_end_does_no_harm() -> None:
    async with talking() as house:
        house.when(ToolCalled("t", "look_up_order"))
        await house.log.until_did("tool look_up_order runs")
        house.tools.end("look_up_order", {"status": "ok"})
        await house.log.until_did("answer_tool")
        house.when(ToolCancelled(("t",)))
        assert [tool.status for tool in house.records.tools] == ["ok"]


# ---- the end


async def test_after_the_end_nothing_of_the_call_is_left() -> None:
    before = asyncio.all_tasks()
    async with talking() as house:
        house.when(ToolCalled("t", "look_up_order"))
        await house.log.until_did("tool look_up_order runs")
        house.phone.hang_up()
    assert asyncio.all_tasks() == before
    assert house.tools.stopped == ["look_up_order"]
    assert {"close", "model over", "phone over"} <= set(house.log.did)
    assert house.journal.closed
    assert [end.disposition for end in house.records.ends] == [dispositions.CALLER_HUNG_UP]


async def test_a_stream_that_is_still_up_at_the_end_is_told_to_close() -> None:
    async with talking() as house:
        house.bridge.feed(CallerHungUp())
        await house.log.until_did("phone over")
    assert not house.phone.was_cut
    assert "leave" in house.log.did


async def test_a_phone_that_does_not_close_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bridge_module, "CLOSE_WITHIN_S", 0.005)
    async with talking() as house:
        house.phone.stubborn = True
        await leave(house, "end_call")
        await house.log.until(lambda: house.phone.was_cut)
    assert not house.model.was_cut


async def test_a_model_that_does_not_close_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bridge_module, "CLOSE_WITHIN_S", 0.005)
    async with talking() as house:
        house.model.stubborn = True
        house.phone.hang_up()
    assert house.model.was_cut
    assert not house.phone.was_cut


async def test_edges_that_close_by_themselves_are_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bridge_module, "CLOSE_WITHIN_S", 60.0)
    async with talking() as house:
        house.phone.stubborn = True
        await leave(house, "end_call")
        assert "phone over" not in house.log.did
        house.phone.hang_up()
    assert not house.phone.was_cut


async def test_what_is_fed_after_the_end_is_harmless() -> None:
    async with talking() as house:
        house.phone.hang_up()
        await house.log.until_did("record end caller_hung_up")
        house.when(SOUND)
    assert not house.phone.played
    assert len(house.records.ends) == 1


# ---- hanging up


async def test_an_assistants_goodbye_hangs_up_by_rest_too() -> None:
    async with talking() as house:
        await leave(house, "end_call")
    assert house.log.did.count("rest hang-up") == 1
    assert house.bridge.leaving == HangUp()
    assert house.records.ends[0].disposition == dispositions.COMPLETED


async def test_without_an_account_leaving_the_stream_must_do() -> None:
    async with talking(House(rest=False)) as house:
        await leave(house, "end_call")
    assert "leave" in house.log.did


async def test_an_apology_is_left_to_twilios_voice_so_nothing_hangs_up_before_it() -> None:
    async with talking() as house:
        house.when(SessionLost(401, "API key not valid"))
    assert isinstance(house.bridge.leaving, HangUp)
    assert house.bridge.leaving.apology
    assert "leave" in house.log.did
    assert "rest hang-up" not in house.log.did


async def test_a_caller_who_hangs_up_needs_no_rest() -> None:
    async with talking() as house:
        house.phone.hang_up()
    assert "rest hang-up" not in house.log.did
    assert house.bridge.leaving is None


# ---- a handoff nobody took


async def test_a_call_handed_off_waits_without_stream_and_session() -> None:
    async with talking() as house:
        await leave(house, "hand_off")
        assert house.bridge.leaving == HandOff("+12025550100")
        await house.log.until_did("model over")
        assert house.call.state is State.AWAY
        assert {"phone over", "close"} <= set(house.log.did)
        assert "rest hang-up" not in house.log.did
        await house.later(40)
    assert house.records.ends[0].disposition == dispositions.HANDED_OFF


async def test_a_caller_who_comes_back_is_served_on_the_new_stream_by_a_new_model() -> None:
    async with talking() as house:
        await leave(house, "hand_off")
        await house.log.until_did("model over")
        house.bridge.feed(HandoffFailed("no-answer"))
        first, again = house.phone, FakePhone(house.log, stream_sid="MZ2")
        assert [type(step).__name__ for step in house.records.steps] == ["HandOff"]
        serving = house.bridge.rejoin(again)
        house.bridge.feed(CallerReturned("MZ2"))
        await settled()
        assert house.bridge.leaving is None
        assert house.records.steps == []  # what another process would be told is over, too
        assert len(house.models) == 2
        assert house.models[0].asked[-1] == ("close",)
        assert house.model.asked[0][0] == "renew"
        house.when(SessionOpened(200, resumed=False))
        assert house.call.state is State.TALKING
        assert house.model.asked[-1][0] == "say"
        house.when(SOUND)
        assert (len(first.played), len(again.played)) == (0, 1)
        again.hang_up()
        await asyncio.wait([serving])
    assert house.records.ends[0].disposition == dispositions.CALLER_HUNG_UP
    assert house.log.did.count("model over") == 2


async def test_what_the_stream_that_was_left_still_tells_does_not_end_the_call() -> None:
    async with talking() as house:
        house.phone.stubborn = True
        await leave(house, "hand_off")
        house.bridge.feed(HandoffFailed("busy"))
        again = FakePhone(house.log, stream_sid="MZ2")
        house.bridge.rejoin(again)
        house.bridge.feed(CallerReturned("MZ2"))
        house.phone.hang_up()
        await house.log.until_did("phone over")
        await settled()
        assert house.call.state is State.RENEWING
        again.hang_up()


async def test_a_left_stream_that_never_closed_is_cut_at_the_end_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bridge_module, "CLOSE_WITHIN_S", 0.005)
    async with talking() as house:
        house.phone.stubborn = True
        await leave(house, "hand_off")
        house.bridge.feed(HandoffFailed("busy"))
        again = FakePhone(house.log, stream_sid="MZ2")
        house.bridge.rejoin(again)
        house.bridge.feed(CallerReturned("MZ2"))
        await settled()
        again.hang_up()
        await house.log.until_did("record end caller_hung_up")
        await house.log.until(lambda: house.phone.was_cut)


# ---- faults of ours


async def failing(house: House) -> BaseException:
    """What a run that goes wrong raises, out of its groups; the call is then given its end."""
    with pytest.raises(ExceptionGroup) as caught:
        async with asyncio.timeout(5):
            await house.run()
    fault: BaseException = caught.value
    while isinstance(fault, BaseExceptionGroup):
        fault = fault.exceptions[0]
    house.bridge.fail(type(fault).__name__)
    return fault


async def _soon(house: House, *events: Event) -> None:
    await house.log.until_did("model runs")
    house.when(SessionOpened(200), *events)


def _ends(house: House) -> list[tuple[str, str, str]]:
    return [(end.disposition, end.ended_by, end.problem) for end in house.records.ends]


async def test_an_event_that_cannot_be_ends_the_call_with_one_record_and_an_apology() -> None:
    class Confused(FakeModel):
        async def run(self) -> None:
            self.feed(SessionOpened(200))
            self.feed(SessionOpened(200))

    house = House(model=Confused)
    assert isinstance(await failing(house), AssertionError)
    assert _ends(house) == [(dispositions.FAILED, "house", "AssertionError")]
    assert isinstance(house.bridge.leaving, HangUp)
    assert house.bridge.leaving.apology
    assert "rest hang-up" not in house.log.did
    assert house.phone.was_cut
    assert house.journal.closed
    assert isinstance(house.journal.steps[-1][0], SessionOpened), "the journal ends with the event that raised"
    house.bridge.fail("again")
    assert len(house.records.ends) == 1


@pytest.mark.parametrize("method", ["play", "clear"])
async def test_a_phone_that_raises_when_asked_ends_the_call_with_one_record(method: str) -> None:
    class Speaking(FakeModel):
        async def run(self) -> None:
            self.feed(SessionOpened(200))
            await greet(house)
            house.when(SOUND, SpeechStarted(), AssistantInterrupted())

    house = House(model=Speaking)
    house.phone.breaks_on = method
    assert isinstance(await failing(house), ZeroDivisionError)
    assert _ends(house) == [(dispositions.FAILED, "house", "ZeroDivisionError")]


async def test_a_stream_whose_own_code_raises_ends_the_call_with_one_record() -> None:
    house = House()
    house.phone.break_down()
    assert isinstance(await failing(house), ZeroDivisionError)
    assert _ends(house) == [(dispositions.FAILED, "house", "ZeroDivisionError")]
    assert house.model.was_cut


async def test_a_runner_that_raises_ends_the_call_with_one_record() -> None:
    house = House()
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        running = group.create_task(failing(house))
        await _soon(house, ToolCalled("t", "look_up_order"))
        await house.log.until_did("tool look_up_order runs")
        house.tools.break_down("look_up_order")
    assert isinstance(running.result(), ZeroDivisionError)
    assert [tool.status for tool in house.records.tools] == ["cancelled"]
    assert len(house.records.ends) == 1


async def _hang_up_while_a_tool_runs(house: House) -> None:
    await _soon(house, ToolCalled("t", "look_up_order"))
    await house.log.until_did("tool look_up_order runs")
    house.phone.hang_up()


async def test_a_runner_that_raises_when_it_is_stopped_is_not_passed_over() -> None:
    async def run(use: RunTool) -> ToolEnd:
        house.log.note(f"tool {use.name} runs")
        try:
            await asyncio.Event().wait()
        finally:
            raise ZeroDivisionError("of the runner")

    house = House()
    house.tools.run = run  # type: ignore[method-assign]
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        hanging_up = group.create_task(_hang_up_while_a_tool_runs(house))
        with pytest.raises(ZeroDivisionError):
            await house.run()
        await hanging_up
    assert [end.disposition for end in house.records.ends] == [dispositions.CALLER_HUNG_UP]


async def test_an_event_of_somebody_else_that_raised_is_this_calls_failure() -> None:
    house = House()
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        running = group.create_task(failing(house))
        await _soon(house)
        house.bridge.break_off(KeyError("a webhook's"))
    assert isinstance(running.result(), KeyError)
    assert _ends(house) == [(dispositions.FAILED, "house", "KeyError")]


async def test_records_that_were_owed_when_something_raised_are_written_all_the_same() -> None:
    house = House()
    house.records.breaks = True
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        group.create_task(failing(house))
        await _soon(house, Transcribed("caller", "Hello?"))
        house.phone.hang_up()
    assert [turn.heard for turn in house.records.turns] == ["Hello?"]
    assert [end.disposition for end in house.records.ends] == [dispositions.CALLER_HUNG_UP]


async def test_what_comes_between_a_failure_and_the_end_of_its_call_takes_nothing_from_what_is_owed() -> None:
    house = House()
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        group.create_task(failing(house))
        await _soon(house, Transcribed("caller", "Hello?"))
        house.records.breaks = True
        with pytest.raises(ZeroDivisionError) as raised:
            house.bridge.feed(Draining(0.0))
        house.bridge.break_off(raised.value)
        house.phone.hang_up()
    assert [end.disposition for end in house.records.ends] == [dispositions.DRAINED]


async def test_records_that_raise_again_and_again_keep_no_call_from_its_end() -> None:
    house = House()
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        running = group.create_task(house.run())
        await _soon(house, SOUND, Transcribed("assistant", "Hello."), Transcribed("caller", "Hello?"))
        house.records.breaks = house.records.breaks_again = True
        with pytest.raises(ZeroDivisionError):
            house.bridge.feed(Draining(0.0))
        with pytest.raises(ZeroDivisionError):
            house.bridge.fail("ZeroDivisionError")
        running.cancel()
    assert len(house.records.ends) == 1
    assert house.journal.closed


async def test_a_call_that_is_cancelled_leaves_no_task() -> None:
    before = asyncio.all_tasks()
    house = House()
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        running = group.create_task(house.run())
        await _soon(house)
        running.cancel()
    assert asyncio.all_tasks() == before
    assert house.phone.was_cut
    assert house.model.was_cut


# ---- a stream on which nothing comes


@pytest.mark.parametrize("over", [True, False])
async def test_twilio_is_asked_after_a_call_on_whose_stream_nothing_comes(over: bool) -> None:
    house = House()
    house.over = over
    async with talking(house):
        house.phone.hang_up(clean=False, silent=True)
        await house.log.until_did("rest is asked")
        await settled()
        assert house.call.ended is over
        if not over:
            await house.later(60.0)
    assert [end.disposition for end in house.records.ends] == ["media_timeout"]


async def test_twilio_is_not_asked_after_a_stream_that_broke() -> None:
    house = House()
    async with talking(house):
        house.phone.hang_up(clean=False)
        await settled()
        await house.later(60.0)
    assert "rest is asked" not in house.log.did
    assert [end.disposition for end in house.records.ends] == ["stream_lost"]


# ---- the recording


async def test_each_stream_has_a_tape_and_the_recording_ends_with_the_call() -> None:
    recording = FakeRecording()
    async with talking(House(recording=recording)) as house:
        assert house.phone.tape is recording.tapes[0]
    assert recording.did == ["tape", "end"]


async def test_what_the_caller_says_to_being_recorded_is_on_record_and_heeded() -> None:
    recording = FakeRecording()
    rules = replace(RULES, recording="ask", phrases={**RULES.phrases, "recording_question": "May we?"})
    async with talking(House(recording=recording, rules=rules)) as house:
        house.when(Transcribed("assistant", "Hello."), AssistantAudio(silence(200, 24_000)))
        house.phone.feed(KeyPressed("1"))
        house.bridge._carry_out(PauseRecording(True), 0.0)
        house.bridge._carry_out(PauseRecording(False), 0.0)
    assert [consent.answer for consent in house.records.consents] == ["yes"]
    assert recording.did == ["tape", "consent True", "pause True", "pause False", "end"]
