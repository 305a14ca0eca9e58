"""The switchboard: limits, places for ringing calls, one call's failure alone, returning callers, the drain."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from app import switchboard as switchboard_module
from app.bridge import Bridge
from app.call import dispositions
from app.call.commands import HandOff, HangUp
from app.call.events import (
    CallerHungUp,
    CallResumed,
    DeadlinePassed,
    Draining,
    HandoffFailed,
    SessionOpened,
    ToolCalled,
    Transcribed,
)
from app.call.machine import Call
from app.call.memory import State
from app.ports import Feed
from app.switchboard import RINGING_S, Comeback, Stream, Switchboard
from app.twilio.callers import NOBODY
from tests.fakes import Clock, FakeJournal, FakeModel, FakePhone, FakeRecords, FakeTools, Log, settled
from tests.playbook import RULES

CALLER = "+12025550143"


class Exchange:
    """A switchboard whose calls have stand-ins at all their ports."""

    def __init__(self, most: int = 10, most_per_caller: int = 10) -> None:
        self.log, self.clock = Log(), Clock()
        self.strain: str | None = None
        self.models: dict[str, FakeModel] = {}
        self.records: dict[str, FakeRecords] = {}
        self.journals: dict[str, FakeJournal] = {}
        self.group = asyncio.TaskGroup()
        limits = {"most": most, "most_per_caller": most_per_caller}
        self.board = Switchboard(self._open, **limits, strain=lambda: self.strain, clock=self.clock)

    def _open(self, stream: Stream) -> Bridge:
        self.records[stream.call_sid] = records = FakeRecords(self.log)
        self.journals[stream.call_sid] = journal = FakeJournal(self.log)

        def model(feed: Feed) -> FakeModel:
            self.models[stream.call_sid] = FakeModel(self.log, feed)
            return self.models[stream.call_sid]

        tools = FakeTools(self.log)
        return Bridge(Call(RULES), model=model, tools=tools, records=records, journal=journal, clock=self.clock)

    async def stream(self, call_sid: str = "CA1", caller: str = CALLER, stream_sid: str = "MZ1") -> FakePhone:
        """A stream comes in."""
        phone = FakePhone(self.log, call_sid, stream_sid, caller)
        self.serving = self.group.create_task(self.board.serve(phone))
        await settled()
        return phone

    async def talk(self, call_sid: str = "CA1", caller: str = CALLER) -> FakePhone:
        """A stream comes in and its session opens."""
        phone = await self.stream(call_sid, caller)
        self.models[call_sid].feed(SessionOpened(200))
        return phone

    async def hand_off(self, call_sid: str = "CA1") -> None:
        """The call leaves its stream for a representative."""
        self.models[call_sid].feed(ToolCalled("1", "hand_off"))
        await self.later(5.0, call_sid)
        assert self.bridge(call_sid).call.state is State.AWAY

    async def later(self, seconds: float, call_sid: str) -> None:
        """Time passes for a call."""
        self.clock.now += seconds
        self.board.tell(call_sid, DeadlinePassed())
        await settled()

    def bridge(self, call_sid: str) -> Bridge:
        bridge = self.board.find(call_sid)
        assert bridge is not None
        return bridge

    def dispositions(self, call_sid: str = "CA1") -> list[str]:
        return [end.disposition for end in self.records[call_sid].ends]


@asynccontextmanager
async def exchange(most: int = 10, most_per_caller: int = 10) -> AsyncIterator[Exchange]:
    """An exchange; when the block ends no call may be going on."""
    with capture_logs():
        exchange = Exchange(most, most_per_caller)
        async with asyncio.timeout(5), exchange.group:
            yield exchange
        assert len(exchange.board) == 0


def calls_now() -> float:
    return REGISTRY.get_sample_value("frontline_calls_now") or 0.0


# ---- who is taken


async def test_calls_are_taken_up_to_the_limit_and_again_when_one_has_ended() -> None:
    async with exchange(most=2) as house:
        assert house.board.refusal("CA1", CALLER) is None
        one = await house.talk("CA1")
        assert house.board.refusal("CA2", CALLER) is None
        assert house.board.full
        assert house.board.refusal("CA3", CALLER) == "full"
        one.hang_up()
        await settled()
        assert not house.board.full
        assert house.board.refusal("CA3", CALLER) is None


async def test_a_house_that_is_short_of_something_takes_no_new_calls_and_keeps_those_it_has() -> None:
    async with exchange() as house:
        phone = await house.talk("CA1")
        assert house.board.refusal("CA2", CALLER) is None
        house.strain = "disk"
        assert house.board.refusal("CA3", CALLER) == "disk"
        assert house.board.refusal("CA2", CALLER) is None, "it was answered already"
        assert house.board.find("CA1") is not None
        house.strain = None
        assert house.board.refusal("CA3", CALLER) is None
        phone.hang_up()


async def test_a_ringing_call_and_its_stream_are_one_call() -> None:
    async with exchange(most=2) as house:
        house.board.refusal("CA1", CALLER)
        one = await house.talk("CA1")
        assert not house.board.full
        assert len(house.board) == calls_now() == 1
        one.hang_up()
    assert calls_now() == 0


async def test_whoever_waits_for_a_call_knows_at_once_that_its_stream_is_here() -> None:
    async with exchange() as house, asyncio.TaskGroup() as group:
        assert not await house.board.arrived("CA1", 0.0)
        waiting = [group.create_task(house.board.arrived("CA1", 60.0)) for _ in range(2)]
        await settled()
        phone = await house.stream("CA1")
        assert [await one for one in waiting] == [True, True]
        assert await house.board.arrived("CA1", 60.0)
        phone.hang_up()


async def test_one_number_has_so_many_calls_and_no_more() -> None:
    async with exchange(most_per_caller=2) as house:
        house.board.refusal("CA1", CALLER)
        one = await house.talk("CA1")
        assert house.board.refusal("CA2", CALLER) is None
        assert house.board.refusal("CA3", CALLER) == "caller_limit"
        assert house.board.refusal("CA4", "+12025550144") is None
        one.hang_up()
        await settled()
        assert house.board.refusal("CA5", CALLER) is None


@pytest.mark.parametrize("caller", ["anonymous", "+266696687", "+7378742833"])
async def test_callers_without_a_number_are_not_one_caller(caller: str) -> None:
    async with exchange(most=5, most_per_caller=1) as house:
        answers = [house.board.refusal(f"CA{number}", caller) for number in range(6)]
        assert answers == [None] * 5 + ["full"]


@pytest.mark.parametrize("word", ["anonymous", "restricted", "blocked", "unknown", "unavailable"])
def test_the_numbers_that_are_none_spell_so_on_a_keypad(word: str) -> None:
    letters = ("abc", "def", "ghi", "jkl", "mno", "pqrs", "tuv", "wxyz")
    keys = {letter: key for key, group in enumerate(letters, 2) for letter in group}
    assert "+" + "".join(str(keys[letter]) for letter in word) in NOBODY


async def test_a_webhook_that_is_tried_again_takes_no_second_place() -> None:
    async with exchange(most=1, most_per_caller=1) as house:
        assert [house.board.refusal("CA1", CALLER) for _ in range(3)] == [None] * 3
        one = await house.talk("CA1")
        assert house.board.refusal("CA1", CALLER) is None
        one.hang_up()
        await settled()
        assert house.board.refusal("CA2", CALLER) is None


async def test_the_place_of_a_ringing_call_whose_stream_never_comes_is_given_away() -> None:
    async with exchange(most=1) as house:
        house.board.refusal("CA1", CALLER)
        house.clock.now += RINGING_S
        assert house.board.refusal("CA2", CALLER) == "full"
        house.clock.now += 0.1
        assert house.board.refusal("CA2", CALLER) is None


async def test_a_caller_who_hung_up_while_it_rang_does_not_fill_their_own_limit_for_ever() -> None:
    async with exchange(most_per_caller=1) as house:
        house.board.refusal("CA1", CALLER)
        assert house.board.refusal("CA2", CALLER) == "caller_limit"
        house.clock.now += RINGING_S + 0.1
        assert house.board.refusal("CA2", CALLER) is None


async def test_a_caller_who_is_known_to_have_hung_up_leaves_their_place_at_once() -> None:
    async with exchange(most_per_caller=1) as house:
        house.board.refusal("CA1", CALLER)
        house.board.rang_off("CA1")
        assert house.board.refusal("CA2", CALLER) is None


# ---- one call and its streams


async def test_a_second_stream_of_a_running_call_is_refused_and_the_first_goes_on() -> None:
    async with exchange() as house:
        one = await house.talk("CA1")
        await house.stream("CA1", stream_sid="MZ2")
        assert house.serving.done()
        assert house.log.did.count("phone runs") == 1
        assert house.bridge("CA1").call.state is State.TALKING
        one.hang_up()


async def test_a_caller_nobody_took_comes_back_on_a_new_stream() -> None:
    async with exchange() as house:
        await house.talk("CA1")
        await house.hand_off()
        assert house.board.left("CA1") == HandOff("+12025550100")
        house.board.tell("CA1", HandoffFailed("no-answer"))
        again = await house.stream("CA1", stream_sid="MZ2")
        assert not house.serving.done()
        assert house.bridge("CA1").call.state is State.RENEWING
        assert house.board.left("CA1") is None
        assert len(house.board) == 1
        again.hang_up()
        await settled()
        assert house.serving.done()
        assert house.dispositions() == [dispositions.CALLER_HUNG_UP]


async def test_a_caller_whose_stream_broke_comes_back_to_the_same_call() -> None:
    async with exchange() as house:
        one = await house.talk("CA1")
        one.hang_up(clean=False)
        await settled()
        assert (house.bridge("CA1").call.state, len(house.board)) == (State.AWAY, 1)
        again = await house.stream("CA1", stream_sid="MZ2")
        house.models["CA1"].feed(SessionOpened(300))
        assert house.bridge("CA1").call.state is State.TALKING
        again.hang_up()
        await settled()
        assert house.dispositions() == [dispositions.CALLER_HUNG_UP]


async def test_an_old_stream_still_open_is_left_when_its_caller_is_on_a_new_one() -> None:
    async with exchange() as house:
        one = await house.talk("CA1")
        house.board.tell("CA1", CallerHungUp(clean=False))
        again = await house.stream("CA1", stream_sid="MZ2")
        assert one._over.done()
        assert not house.bridge("CA1").call.ended
        again.hang_up()


async def test_a_call_is_known_from_its_stream_on_and_after_its_end() -> None:
    async with exchange() as house:
        assert not house.board.knows("CA1")
        one = await house.talk("CA1")
        assert house.board.knows("CA1")
        one.hang_up()
        await settled()
        assert house.board.knows("CA1")


async def test_an_event_for_a_call_that_is_over_is_dropped() -> None:
    async with exchange() as house:
        house.board.tell("CA1", HandoffFailed("busy"))
        assert house.board.find("CA1") is None


# ---- how a call left its stream


async def test_how_a_call_left_is_known_after_its_end() -> None:
    async with exchange() as house:
        await house.talk("CA1")
        house.models["CA1"].feed(ToolCalled("1", "end_call"))
        assert house.board.left("CA1") is None
        await house.later(5.0, "CA1")
        assert house.board.left("CA1") == HangUp()
        await settled()
        assert house.board.find("CA1") is None
        assert house.board.left("CA1") == HangUp()
        assert house.board.left("CA9") is None


async def test_only_so_many_ended_calls_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(switchboard_module, "LEFT_KEPT", 2)
    async with exchange() as house:
        for call_sid in ("CA1", "CA2", "CA3"):
            await house.talk(call_sid)
            house.models[call_sid].feed(ToolCalled("1", "end_call"))
            await house.later(5.0, call_sid)
        await settled()
        assert [house.board.left(call_sid) for call_sid in ("CA1", "CA2", "CA3")] == [None, HangUp(), HangUp()]


# ---- faults of ours


async def test_a_call_that_fails_has_one_end_and_the_others_do_not_notice() -> None:
    async with exchange(most=2) as house:
        one, other = await house.talk("CA1"), await house.talk("CA2")
        one.break_down()
        await settled()
        [end] = house.records["CA1"].ends
        assert (end.disposition, end.problem) == (dispositions.FAILED, "ZeroDivisionError")
        assert house.journals["CA1"].closed
        assert isinstance(house.board.left("CA1"), HangUp)
        assert house.bridge("CA2").call.state is State.TALKING
        assert house.board.refusal("CA3", CALLER) is None
        third = await house.talk("CA3")
        assert house.bridge("CA3").call.state is State.TALKING
        other.hang_up()
        third.hang_up()
    assert house.dispositions("CA2") == house.dispositions("CA3") == [dispositions.CALLER_HUNG_UP]


async def test_records_that_raise_while_a_call_fails_harm_nobody_else() -> None:
    async with exchange() as house:
        one, other = await house.talk("CA1"), await house.talk("CA2")
        house.models["CA1"].feed(Transcribed("caller", "Hello?"))
        house.records["CA1"].breaks = house.records["CA1"].breaks_again = True
        with capture_logs() as logs:
            one.break_down()
            await settled()
        assert [entry["event"] for entry in logs if entry["log_level"] == "error"][-1] == "call failed again"
        assert house.dispositions("CA1") == [dispositions.FAILED]
        assert len(house.board) == 1
        other.hang_up()
    assert house.dispositions("CA2") == [dispositions.CALLER_HUNG_UP]


async def test_what_an_event_of_the_house_brings_about_fails_the_call_and_not_the_house() -> None:
    async with exchange() as house:
        await house.talk("CA1")
        house.board.tell("CA1", SessionOpened(200))  # impossible while talking
        await settled()
        [end] = house.records["CA1"].ends
        assert (end.disposition, end.problem) == (dispositions.FAILED, "AssertionError")


async def test_a_failure_is_logged_with_its_traceback_and_what_to_do() -> None:
    with capture_logs() as logs:
        house = Exchange()
        async with asyncio.timeout(5), house.group:
            one = await house.talk("CA1")
            one.break_down()
    [line] = [line for line in logs if line["event"] == "call failed"]
    assert line["exc_info"]
    assert "frontline replay" in line["next"]


# ---- the drain


async def test_a_drain_takes_no_new_calls_and_waits_for_those_going_on() -> None:
    async with exchange() as house:
        one = await house.talk("CA1")
        draining = house.group.create_task(house.board.drain(60))
        await settled()
        assert house.board.refusal("CA2", CALLER) == "draining"
        assert [event for event, _ in house.journals["CA1"].events(Draining)] == [Draining(60)]
        assert not draining.done()
        one.hang_up()
        assert await draining


async def test_a_drain_waits_for_a_call_that_was_answered_and_whose_stream_is_still_to_come(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(switchboard_module, "LOOK_EVERY_S", 0.001)
    async with exchange() as house:
        assert house.board.refusal("CA1", CALLER) is None
        draining = house.group.create_task(house.board.drain(60))
        await settled()
        assert not draining.done()
        one = await house.talk("CA1")
        await settled()
        assert not draining.done()
        one.hang_up()
        assert await draining


async def test_a_call_that_cannot_be_opened_gets_an_apology_and_harms_no_other() -> None:
    async with exchange() as house:

        def broken(stream: Stream) -> Bridge:
            raise KeyError(stream.call_sid)

        house.board._open_bridge, opening = broken, house.board._open_bridge
        with capture_logs() as logs:
            await house.stream("CA1")
        assert [line["event"] for line in logs] == ["call not opened"]
        left = house.board.left("CA1")
        assert isinstance(left, HangUp)
        assert left.apology
        house.board._open_bridge = opening
        phone = await house.talk("CA2")
        phone.hang_up()


async def test_a_drain_of_an_empty_house_is_over_at_once() -> None:
    async with exchange() as house:
        assert await house.board.drain(60)


async def test_near_its_limit_a_draining_call_says_goodbye_and_counts_as_drained() -> None:
    async with exchange() as house:
        await house.talk("CA1")
        draining = house.group.create_task(house.board.drain(60))
        await settled()
        await house.later(39.0, "CA1")
        asked = [instruction for what, instruction, *_ in house.models["CA1"].asked if what == "say"]
        assert not any("Goodbye" in str(instruction) for instruction in asked)
        await house.later(1.0, "CA1")
        assert "Goodbye" in str(house.models["CA1"].asked[-1])
        await house.later(5.0, "CA1")
        assert await draining
        assert house.dispositions() == [dispositions.DRAINED]


async def test_near_its_limit_a_draining_call_is_passed_on_where_others_take_calls(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.switchboard.PASS_ON_S", 60.0)
    async with exchange() as house:
        await house.talk("CA1")
        draining = house.group.create_task(house.board.drain(60, lambda: True))
        await settled()
        await house.later(1.0, "CA1")
        assert "hold" in str(house.models["CA1"].asked[-1])
        await house.later(5.0, "CA1")
        assert house.board.passed_on() == ["CA1"]
        house.board.let_go("CA1")  # another process has it
        assert await draining
        assert house.dispositions() == []
        assert not house.board.knows("CA1")


async def test_calls_passed_on_that_nobody_has_taken_up_yet_do_not_keep_the_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.switchboard.PASS_ON_S", 0.05)
    async with exchange() as house:
        await house.talk("CA1")
        draining = house.group.create_task(house.board.drain(0.05, lambda: True))
        await settled()
        await house.later(1.0, "CA1")
        await house.later(5.0, "CA1")
        assert await draining
        assert house.dispositions() == []


async def test_a_call_from_another_process_goes_on_here() -> None:
    async with exchange() as house:
        phone = FakePhone(house.log, "CA1", "MZ2", CALLER)
        resumed = CallResumed("CA1", "MZ2", CALLER, "+12025550199", ("You: Hello.",), 1, 20.0)
        comeback = Comeback(house._open(phone), resumed)
        house.serving = house.group.create_task(house.board.serve(phone, comeback))
        await settled()
        assert house.bridge("CA1").call.state is State.RENEWING
        phone.hang_up()
        await settled()
        assert house.dispositions() == [dispositions.CALLER_HUNG_UP]


async def test_a_drain_gives_up_at_its_limit() -> None:
    async with exchange() as house:
        one = await house.talk("CA1")
        assert not await house.board.drain(0.005)
        assert len(house.board) == 1
        one.hang_up()


async def test_a_call_that_fails_when_told_of_the_drain_does_not_stop_it(monkeypatch: pytest.MonkeyPatch) -> None:
    async with exchange() as house:
        await house.talk("CA1")
        other = await house.talk("CA2")
        monkeypatch.setattr(house.bridge("CA1").call, "handle", _raise)
        draining = house.group.create_task(house.board.drain(60))
        await settled()
        assert list(house.journals["CA2"].events(Draining))
        assert house.dispositions("CA1") == [dispositions.FAILED]
        other.hang_up()
        assert await draining


def _raise(*_: object) -> None:
    raise ZeroDivisionError("of the machine")
