"""A call that leaves its process: passed on, come back from a journal or from records, or left behind."""

from dataclasses import replace

import pytest

from app.call import dispositions
from app.call.commands import (
    CancelTool,
    CloseSession,
    Listen,
    PassOn,
    RecordEnd,
    RecordTool,
    RecordTurn,
    RenewSession,
    RunTool,
    Say,
    SteerLanguage,
)
from app.call.events import (
    CallerHungUp,
    CallerReturned,
    CallResumed,
    DeadlinePassed,
    Draining,
    Event,
    HandoffFailed,
    PhotoReceived,
    SessionLost,
    SessionOpened,
    SessionRenewable,
    ToolCalled,
    WorkerLost,
)
from app.call.image import Image
from app.call.memory import State
from tests.playbook import RULES, STARTED, Scene, frame, greeted

HOLD = Say('Say to the caller exactly: "Please hold the line for a moment."')
THANKS = Say('Say to the caller exactly: "Thank you for holding. Please go on."')
LOST = 'Say to the caller exactly: "Sorry, I lost you for a moment. Could you repeat that?"'
OPENED = SessionOpened(took_ms=200)
ELSEWHERE = CallerReturned("MZ2", elsewhere=True)
BOOK = ToolCalled("b", "book", {"day": "Monday"})
WRITES = replace(RULES, tools=(*RULES.tools, "book"), writes=("book",))


def passed_on() -> Scene:
    scene = greeted()
    scene.when(SessionRenewable("h-1"), Draining(30.0, elsewhere=True)).wait(0.5)
    scene.assistant_says("Please hold the line for a moment.", ms=1_400)
    return scene.wait(2.5)


# ---- passed on


def test_at_a_quiet_moment_the_caller_is_asked_to_hold_and_then_the_stream_is_left() -> None:
    scene = greeted()
    scene.when(Draining(30.0, elsewhere=True)).then(HOLD)
    scene.assistant_says("Please hold the line for a moment.", ms=1_400)
    assert scene.wait(1.0).of(PassOn) == []
    scene.wait(1.5).then(RecordTurn, PassOn(), CloseSession())
    assert (scene.call.state, scene.call.passed_on, scene.ever(RecordEnd)) == (State.AWAY, True, [])


def test_a_caller_who_speaks_is_let_finish_while_there_is_time() -> None:
    scene = greeted()
    scene.caller_says("Where is my order?")
    assert scene.when(Draining(10.0, elsewhere=True)).wait(1.5).of(Say) == []
    assert HOLD in scene.wait(1.0).done


def test_without_a_session_nothing_can_be_said_and_the_stream_is_left_in_time() -> None:
    scene = greeted()
    scene.when(SessionLost(1006), Draining(10.0, elsewhere=True))
    assert scene.wait(3.0).of(PassOn)


def test_passed_on_the_caller_goes_on_with_the_same_session_and_is_thanked() -> None:
    scene = passed_on()
    scene.when(CallerHungUp()).nothing()  # our own leaving, seen from the stream
    scene.wait(2.0).when(ELSEWHERE).then(RenewSession("h-1"))
    scene.when(OPENED).then(THANKS)
    assert not scene.call.passed_on


def test_one_passed_on_who_never_came_back_was_drained() -> None:
    scene = passed_on()
    scene.wait(31.0)
    assert (scene.end.disposition, scene.end.ended_by) == (dispositions.DRAINED, "house")


def test_who_hangs_up_instead_of_holding_has_hung_up() -> None:
    scene = greeted()
    scene.when(Draining(30.0, elsewhere=True)).wait(0.5)
    scene.when(CallerHungUp())
    assert scene.end.disposition == dispositions.CALLER_HUNG_UP


def test_a_stream_that_breaks_while_the_caller_is_asked_to_hold_is_waited_for() -> None:
    scene = greeted()
    scene.when(Draining(30.0, elsewhere=True)).wait(0.5)
    scene.when(CallerHungUp(clean=False))
    assert (scene.call.state, scene.call.stream_lost) == (State.AWAY, True)


def test_the_drain_of_the_process_before_does_not_end_the_call_in_the_next() -> None:
    scene = greeted()
    scene.when(Draining(25.0), CallerHungUp(clean=False), ELSEWHERE, OPENED)
    scene.assistant_says("Sorry, I lost you.").wait(8.0)
    assert scene.call.state is State.TALKING


# ---- come back


def test_a_write_cut_off_in_the_middle_is_told_to_the_session_that_goes_on() -> None:
    scene = greeted(WRITES)
    scene.when(BOOK).then(RunTool)
    scene.when(CallerHungUp(clean=False)).then(CancelTool("b"), RecordTool, CloseSession)
    scene.when(ELSEWHERE, OPENED)
    (said,) = scene.of(Say)
    assert said.instruction.startswith(LOST)
    assert 'The tool book was begun with {"day": "Monday"}' in said.instruction
    assert "exactly these arguments" in said.instruction


def test_what_was_looked_up_when_the_line_was_lost_is_simply_asked_again() -> None:
    scene = greeted(WRITES)
    scene.when(ToolCalled("l", "look_up_order"), CallerHungUp(clean=False), ELSEWHERE, OPENED)
    assert scene.of(Say) == [Say(LOST)]


@pytest.mark.parametrize(("back", "shown"), [(CallerReturned("MZ2"), 1), (ELSEWHERE, 0)])
def test_pictures_that_no_session_saw_are_shown_only_where_they_still_are(back: Event, shown: int) -> None:
    scene = greeted()
    scene.when(SessionLost(1006), PhotoReceived(Image(b"jpeg", 4, 3)), CallerHungUp(clean=False), back, OPENED)
    assert [type(command).__name__ for command in scene.done].count("Show") == shown


def test_the_language_of_the_call_goes_with_it() -> None:
    rules = replace(RULES, languages=("en-US", "es-US"), language_keys={"2": "es-US"}, language_policy="ask")
    scene = greeted(rules)
    scene.call._memory.spoken = "es-US"
    scene.when(CallerHungUp(clean=False), ELSEWHERE)
    assert SteerLanguage("es-US", live=False) in scene.done


def test_of_a_call_whose_journal_is_not_at_hand_a_fresh_session_is_told_the_records() -> None:
    scene = Scene(WRITES)
    story = ("You: Hello.", "Caller: Where is order 1047?", "You: It is on its way.")
    resumed = CallResumed("CA1", "MZ2", "+1", "+2", story, turns=3, began_s=60.0, done=("book",))
    scene.when(resumed).then(RenewSession(None, "\n".join(story)))
    scene.when(OPENED).then(Say(LOST))
    scene.assistant_says("Sorry, I lost you.", ms=800).wait(1.5)
    scene.when(CallerHungUp())
    (turn,) = scene.ever(RecordTurn)
    assert turn.number == 4
    assert turn.started_s >= 60.0
    assert (scene.end.first_sound_ms, scene.end.duration_s >= 60.0) == (None, True)


def test_nothing_the_caller_says_before_a_session_is_there_is_lost() -> None:
    scene = Scene()
    scene.when(CallResumed("CA1", "MZ2", "+1", "+2", ("You: Hello.",), 1, 10.0), frame(), frame(), OPENED)
    assert scene.listened_ms == 40


# ---- left behind


@pytest.mark.parametrize("before", [(), (CallerHungUp(clean=False),), (SessionLost(1006),), (BOOK,)])
def test_a_call_whose_process_died_gets_its_end(before: tuple[Event, ...]) -> None:
    scene = greeted(WRITES)
    scene.when(*before, WorkerLost())
    assert (scene.end.disposition, scene.end.ended_by) == (dispositions.WORKER_LOST, "house")
    scene.when(WorkerLost(), DeadlinePassed()).nothing()


def test_a_call_that_was_handed_off_before_its_process_died_was_handed_off() -> None:
    scene = greeted()
    scene.when(ToolCalled("h", "hand_off"))
    scene.assistant_says("I am connecting you.", ms=1_000).wait(2.0)
    scene.when(WorkerLost())
    assert scene.end.disposition == dispositions.HANDED_OFF


def test_a_handoff_refused_in_another_process_brings_the_caller_back() -> None:
    scene = greeted()
    scene.when(ToolCalled("h", "hand_off"))
    scene.assistant_says("I am connecting you.", ms=1_000).wait(2.0)
    scene.when(HandoffFailed("busy"), ELSEWHERE, OPENED)
    assert "Nobody is free" in scene.one(Say).instruction
    scene.when(frame())
    assert scene.of(Listen)


def test_a_call_passed_on_by_a_process_that_died_was_drained() -> None:
    scene = passed_on()
    scene.when(WorkerLost())
    assert scene.end.disposition == dispositions.DRAINED


def test_a_call_that_never_began_has_nothing_to_end() -> None:
    Scene().when(WorkerLost()).nothing()
    scene = Scene()
    scene.when(STARTED, WorkerLost())
    assert scene.end.disposition == dispositions.WORKER_LOST
