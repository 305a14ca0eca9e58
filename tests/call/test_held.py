"""A person of ours in a call: on hold, taken over, given back; nobody is kept waiting for ever."""

from dataclasses import replace

import pytest

from app.call import dispositions
from app.call.commands import (
    ClearPlayout,
    CloseSession,
    HandOff,
    HangUp,
    LeaveSession,
    Play,
    RecordEnd,
    RecordTool,
    RenewSession,
    Say,
)
from app.call.events import (
    CallerHungUp,
    SessionLost,
    SessionOpened,
    SpeechStarted,
    SupervisorAsked,
    SupervisorSpoke,
    ToolCalled,
)
from app.call.memory import State
from app.call.rules import Rules
from tests.playbook import RULES, STARTED, Scene, frame, greeted, sound

HOLD, TAKE, RESUME = SupervisorAsked("hold"), SupervisorAsked("take_over"), SupervisorAsked("resume")


def held(asked: SupervisorAsked = HOLD) -> Scene:
    """The caller was told, and the assistant waits."""
    scene = greeted()
    scene.when(asked).then(Say)
    scene.assistant_says("One moment please.", ms=1_000)
    scene.wait(3.0)
    assert scene.call.state is State.HELD
    return scene


def test_the_caller_is_told_before_they_are_on_hold() -> None:
    scene = greeted()
    assert "hold" in scene.when(HOLD).one(Say).instruction
    scene.assistant_says("Please hold the line.", ms=1_000)
    assert scene.call.state is State.LEAVING
    assert len(scene.wait(3.0).of(LeaveSession)) == 1


def test_on_hold_nobody_hears_the_caller_and_nobody_asks_whether_they_are_there() -> None:
    scene = held()
    scene.when(SpeechStarted(), *[frame()] * 20).nothing()
    scene.wait(60.0).nothing()


def test_the_assistant_comes_back_with_a_word_and_knows_the_call() -> None:
    scene = held()
    (renewed,) = scene.when(RESUME).of(RenewSession)
    assert "assistant" in renewed.story
    (told,) = scene.when(SessionOpened(200)).of(Say)
    assert "Thank you for holding" in told.instruction


def test_a_hold_that_is_forgotten_ends_by_itself() -> None:
    assert len(held().wait(181.0).of(RenewSession)) == 1


def test_whoever_takes_over_is_heard_by_the_caller() -> None:
    scene = held(TAKE)
    assert [play.audio.ms for play in scene.when(SupervisorSpoke(sound(100))).of(Play)] == [100.0]
    (renewed,) = scene.wait(5.0).when(RESUME).of(RenewSession)
    del renewed
    assert "colleague" in scene.when(SessionOpened(200)).one(Say).instruction


def test_sound_that_comes_late_in_a_heap_is_not_all_played() -> None:
    scene = held(TAKE)
    scene.when(*[SupervisorSpoke(sound(100))] * 50)
    assert len(scene.of(Play)) <= 12


def test_on_hold_nobody_of_ours_is_heard() -> None:
    held().when(SupervisorSpoke(sound(100))).nothing()
    greeted().when(SupervisorSpoke(sound(100))).nothing()


def test_one_who_takes_over_and_is_gone_gives_the_call_back() -> None:
    scene = held(TAKE)
    for _ in range(20):
        scene.when(SupervisorSpoke(sound(100))).wait(1.0)
    assert scene.call.state is State.HELD
    assert len(scene.wait(16.0).of(RenewSession)) == 1


def test_from_hold_one_can_take_over_hand_off_or_end() -> None:
    assert held().when(TAKE, SupervisorSpoke(sound(100))).of(Play)
    assert held().when(SupervisorAsked("hand_off")).of(HandOff)
    scene = held().when(SupervisorAsked("end"))
    assert scene.of(HangUp)
    assert not scene.of(CloseSession)
    assert scene.end.disposition == dispositions.ENDED_BY_OPS


def test_a_caller_who_hangs_up_on_hold_has_hung_up() -> None:
    scene = held().when(CallerHungUp())
    assert scene.end.disposition == dispositions.CALLER_HUNG_UP
    scene = greeted().when(HOLD, CallerHungUp())
    assert scene.end.disposition == dispositions.CALLER_HUNG_UP


def test_a_tool_that_runs_is_stopped_and_on_record() -> None:
    scene = greeted()
    scene.when(ToolCalled("a", "look_up_order"), HOLD)
    scene.assistant_says("One moment please.", ms=1_000).wait(3.0)
    assert [tool.status for tool in scene.ever(RecordTool)] == ["cancelled"]


def test_without_a_session_the_hold_begins_at_once() -> None:
    scene = greeted().when(SessionLost(1006), HOLD)
    assert scene.of(LeaveSession)
    assert scene.call.state is State.HELD


def test_a_caller_who_was_not_greeted_is_not_put_on_hold() -> None:
    Scene().when(STARTED).when(HOLD).nothing()


def test_the_longest_call_ends_on_hold_too() -> None:
    scene = held()
    for _ in range(12):
        scene.when(HOLD).wait(170.0)
    assert [end.disposition for end in scene.ever(RecordEnd)] == [dispositions.LONGEST_CALL]


def test_one_may_hand_off_and_only_where_somebody_is_there() -> None:
    scene = greeted().when(SupervisorAsked("hand_off"))
    assert scene.of(Say)
    assert scene.wait(5.0).of(HandOff)
    greeted(handoff_number=None).when(SupervisorAsked("hand_off")).nothing()


NOTICE = replace(RULES, notice_of_listening=True)


@pytest.mark.parametrize(("rules", "told"), [(RULES, 0), (NOTICE, 1)])
def test_the_caller_is_told_once_that_somebody_listens_where_the_line_says_so(rules: Rules, told: int) -> None:
    scene = greeted(rules)
    assert len(scene.when(SupervisorAsked("listen"), SupervisorAsked("listen")).of(Say)) == told


def test_what_is_said_to_the_model_meanwhile_reaches_the_next_session() -> None:
    scene = held().when(SupervisorAsked("note", "She is a regular."), RESUME, SessionOpened(200))
    assert "regular" in scene.of(Say)[0].instruction


def test_sound_that_is_left_when_nothing_can_be_waited_for_is_cleared() -> None:
    scene = greeted()
    scene.assistant_says("and so on " * 40, ms=90_000)
    scene.when(HOLD).wait(62.0)
    assert scene.of(ClearPlayout)
    assert scene.call.state is State.HELD
