"""What time alone brings about: every wait has an end, none is too short, and nothing is looked at all the time."""

import pytest

from app.call import dispositions
from app.call.commands import (
    AnswerTool,
    CancelTool,
    ClearPlayout,
    CloseSession,
    HandOff,
    HangUp,
    Listen,
    Play,
    RecordEnd,
    RecordTool,
    RecordTurn,
    RenewSession,
    Say,
)
from app.call.events import (
    AssistantAudio,
    AssistantInterrupted,
    CallerHungUp,
    CallerReturned,
    Draining,
    Event,
    GenerationCompleted,
    HandoffFailed,
    SessionEnding,
    SessionLost,
    SessionOpened,
    SpeechEnded,
    SpeechStarted,
    SupervisorAsked,
    ToolCalled,
    ToolReturned,
    Transcribed,
    TurnCompleted,
)
from app.call.memory import State
from tests.playbook import STARTED, Scene, frame, greeted, sound, story

GENERATED = GenerationCompleted()
END_CALL = ToolCalled("e", "end_call")
HAND_OFF = ToolCalled("h", "hand_off")
LOOK_UP = ToolCalled("a", "look_up_order")
ARE_YOU_THERE = Say('Say to the caller exactly: "Are you there?"')
ONE_MOMENT = Say('Say to the caller exactly: "One moment."')


# ---- no call is busy with itself


def looks(scene: Scene, seconds: float) -> int:
    """How often the clock is looked at in so many seconds."""
    before = scene.deadlines
    scene.wait(seconds)
    return scene.deadlines - before


def test_a_long_turn_that_the_model_keeps_open_is_not_looked_at_all_the_time() -> None:
    scene = greeted()
    scene.when(*[AssistantAudio(sound(200))] * 150, GenerationCompleted())
    assert looks(scene, 29.0) < 29 * 5


@pytest.mark.parametrize("deaf", [False, True])
def test_an_open_turn_of_which_no_more_comes_is_not_looked_at_all_the_time(deaf: bool) -> None:
    scene = greeted()
    scene.ear.deaf = deaf
    scene.when(*[AssistantAudio(sound(200))] * 5)
    assert looks(scene, 15.0) < 15


def test_a_last_word_that_the_model_keeps_open_is_not_looked_at_all_the_time() -> None:
    scene = greeted()
    scene.when(END_CALL, Transcribed("assistant", "Good"), AssistantAudio(sound(200)))
    assert looks(scene, 6.0) < 12
    assert scene.call.ended


def test_a_greeting_that_the_model_keeps_open_is_not_looked_at_all_the_time() -> None:
    scene = Scene()
    scene.when(STARTED, SessionOpened(200), *[AssistantAudio(sound(200))] * 5)
    assert looks(scene, 9.0) < 12


# ---- every wait has an end


WAYS: dict[str, tuple[Event, ...]] = {
    "connecting": (),
    "opened": (SessionOpened(200),),
    "in a turn": (SessionOpened(200), AssistantAudio(sound(400))),
    "asked": (SessionOpened(200), SpeechStarted(), SpeechEnded(500, 450)),
    "caller speaks": (SessionOpened(200), SpeechStarted()),
    "tool runs": (SessionOpened(200), AssistantAudio(sound(400)), TurnCompleted(), LOOK_UP),
    "session lost": (SessionOpened(200), SessionLost(1006)),
    "going away": (SessionOpened(200), SessionEnding(10.0)),
    "leaving": (SessionOpened(200), END_CALL),
    "handing off": (SessionOpened(200), HAND_OFF),
    "draining": (SessionOpened(200), Draining(0.0)),
    "ended by ops": (SessionOpened(200), SupervisorAsked("end")),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("deaf", [False, True])
def test_a_call_in_which_nothing_comes_any_more_ends_by_itself(way: str, deaf: bool) -> None:
    scene = Scene()
    scene.ear.deaf = deaf
    scene.when(STARTED, *WAYS[way]).wait(1_300.0)
    assert scene.call.ended
    assert scene.call.deadline is None
    assert scene.deadlines < 200
    limit_s = 1_230.0 if way == "caller speaks" else 130.0
    assert scene.end.duration_s < limit_s


def test_a_call_that_came_back_and_gets_no_session_ends_by_itself() -> None:
    scene = greeted()
    scene.when(HAND_OFF).wait(4.5)
    scene.when(HandoffFailed("busy"), CallerReturned("MZ2")).wait(21.0)
    assert scene.of(HangUp)[0].apology
    assert scene.end.disposition == dispositions.SESSION_LOST


# ---- the hold on the caller's sound


def test_a_slow_session_does_not_shorten_the_hold() -> None:
    scene = Scene()
    scene.when(STARTED, SpeechStarted(), frame()).wait(5.0)
    scene.when(SessionOpened(5_000)).nothing()
    assert scene.wait(2.9).of(Listen) == []
    assert scene.wait(0.2).of(Listen)


def test_the_hold_ends_soon_after_a_greeting_that_the_model_keeps_open() -> None:
    scene = Scene()
    scene.when(STARTED, SessionOpened(200), *[AssistantAudio(sound(200))] * 5, frame())
    assert scene.wait(1.0).of(Listen) == []
    assert scene.wait(1.1).of(Listen)


def test_the_hold_ends_with_a_greeting_that_was_generated_and_heard() -> None:
    scene = Scene()
    scene.when(STARTED, SessionOpened(200), *[AssistantAudio(sound(200))] * 5, GenerationCompleted(), frame())
    assert scene.wait(0.9).of(Listen) == []
    assert scene.wait(0.2).of(Listen)


# ---- silence


def test_nobody_is_asked_while_a_long_answer_is_being_heard() -> None:
    scene = greeted()
    scene.assistant_says("A very long story indeed.", ms=60_000)
    assert scene.wait(69.0).of(Say) == []
    assert scene.wait(1.5).of(Say) == [ARE_YOU_THERE]


def test_silence_begins_when_the_caller_stopped_speaking() -> None:
    scene = greeted()
    scene.when(SpeechStarted()).wait(9.0)
    scene.when(SpeechEnded(8_550, 450), AssistantAudio(sound(20)), TurnCompleted())
    assert scene.wait(9.5).of(Say) == []
    assert scene.wait(0.6).of(Say) == [ARE_YOU_THERE]


def test_a_caller_given_up_as_silent_has_only_to_speak() -> None:
    scene = greeted(silence_prompts=0)
    scene.wait(11.0)
    scene.when(SpeechStarted()).wait(0.3)
    assert scene.call.state is State.TALKING
    scene.when(SpeechEnded(200, 450))
    assert scene.wait(8.0).of(HangUp) == []


# ---- tools


def test_two_slow_tools_are_bridged_by_one_filler() -> None:
    scene = greeted()
    scene.when(LOOK_UP, ToolCalled("b", "open_ticket"))
    assert scene.wait(4.0).of(Say) == [ONE_MOMENT]


def test_a_filler_waits_for_the_caller_to_finish() -> None:
    scene = greeted()
    scene.when(LOOK_UP, SpeechStarted())
    assert scene.wait(3.0).of(Say) == []
    scene.when(SpeechEnded(2_550, 450))
    assert scene.wait(0.7).of(Say) == []
    assert scene.wait(0.2).of(Say) == [ONE_MOMENT]


def test_a_filler_waits_until_what_was_said_is_heard() -> None:
    scene = greeted()
    scene.when(LOOK_UP)
    scene.assistant_says("Let me look that up for you.", ms=2_000)
    assert scene.wait(3.1).of(Say) == []
    assert scene.wait(0.2).of(Say) == [ONE_MOMENT]


def test_no_filler_is_said_over_an_answer_that_just_came() -> None:
    scene = greeted()
    scene.when(LOOK_UP, ToolCalled("b", "open_ticket")).wait(1.1)
    scene.when(ToolReturned("a", {"status": "ok"}))
    assert scene.wait(1.0).of(Say) == []
    scene.when(Transcribed("assistant", "It was"))
    assert scene.wait(0.9).of(Say) == []


def test_the_next_slow_tool_has_its_own_filler() -> None:
    scene = greeted()
    scene.when(LOOK_UP).wait(2.0)
    scene.when(ToolReturned("a", {"status": "ok"})).wait(2.0)
    scene.when(ToolCalled("b", "open_ticket"))
    assert scene.wait(1.3).of(Say) == [ONE_MOMENT]


def test_a_tool_that_never_returns_is_answered_for_and_the_caller_is_not_left_alone() -> None:
    scene = greeted()
    scene.when(LOOK_UP)
    scene.wait(66.0)
    assert [type(command) for command in scene.done] == [Say, CancelTool, AnswerTool, RecordTool]
    assert scene.one(RecordTool).status == "timeout"
    assert scene.one(AnswerTool).response["status"] == "error"
    scene.when(ToolReturned("a", {"status": "ok"})).nothing()
    assert "The tool did not answer" in scene.wait(3.0).one(Say).instruction


# ---- the last word


def hung_up_after_s(scene: Scene, most_s: float = 5.0) -> float:
    """Seconds from the end of the last sound at the ear to the hang-up."""
    while not scene.wait(0.05).of(HangUp):
        assert scene.now < scene.ear.busy_until + most_s
    return scene.now - scene.ear.busy_until


@pytest.mark.parametrize("marks_take_s", [0.0, 0.15])
@pytest.mark.parametrize(
    "over", [(GenerationCompleted(), TurnCompleted()), (GenerationCompleted(),), (TurnCompleted(),)]
)
def test_we_hang_up_a_breath_after_the_last_word_was_heard(marks_take_s: float, over: tuple[Event, ...]) -> None:
    scene = greeted()
    scene.ear.marks_take_s = marks_take_s
    scene.assistant_says("Thank you for calling. Goodbye!", ms=3_000, complete=False)
    scene.when(END_CALL, *over)
    assert 0.35 < hung_up_after_s(scene) < 0.75
    assert scene.turns[-1] == ("assistant", "Thank you for calling. Goodbye!", "")


def test_a_goodbye_behind_a_long_answer_is_heard_too() -> None:
    scene = greeted()
    scene.assistant_says("A long answer. " * 20 + "Goodbye!", ms=40_000, complete=False)
    scene.when(END_CALL, GenerationCompleted(), TurnCompleted())
    scene.wait(39.9)
    assert not scene.of(HangUp)
    assert hung_up_after_s(scene) < 0.75


def test_a_last_word_without_end_is_not_listened_to_for_ever() -> None:
    scene = greeted()
    scene.when(*story(100_000), END_CALL)
    assert scene.wait(59.0).of(HangUp) == []
    assert scene.wait(1.5).of(HangUp) == [HangUp()]


def test_words_of_the_goodbye_that_come_before_its_sound_do_not_cut_it_off() -> None:
    scene = greeted()
    scene.when(END_CALL).wait(3.9)
    scene.when(Transcribed("assistant", "Goodbye!")).wait(0.05)
    scene.when(*[AssistantAudio(sound(200))] * 5, GenerationCompleted())
    assert scene.wait(0.9).of(HangUp) == []
    assert scene.wait(0.6).of(HangUp) == [HangUp()]


def test_something_said_before_is_not_taken_for_the_goodbye() -> None:
    scene = greeted()
    scene.assistant_says("All right.", ms=800).wait(0.5)
    scene.when(END_CALL).wait(1.5)
    scene.assistant_says("Goodbye!", ms=1_000)
    assert scene.wait(0.9).of(HangUp) == []
    assert scene.wait(0.6).of(HangUp) == [HangUp()]


def test_lost_marks_delay_the_hang_up_but_do_not_prevent_it() -> None:
    scene = greeted()
    scene.ear.deaf = True
    scene.assistant_says("Goodbye!", ms=1_000, complete=False)
    scene.when(END_CALL, TurnCompleted())
    assert hung_up_after_s(scene) < 2.6


def test_a_goodbye_by_the_caller_does_not_keep_the_call() -> None:
    scene = greeted()
    scene.assistant_says("Goodbye!", ms=1_000, complete=False)
    scene.when(END_CALL, GenerationCompleted(), TurnCompleted()).wait(1.2)
    scene.when(SpeechStarted())
    assert scene.wait(0.8).of(HangUp) == []
    scene.when(SpeechEnded(350, 450))
    assert scene.of(HangUp) == [HangUp()]


def test_a_caller_who_speaks_on_after_the_goodbye_keeps_the_call() -> None:
    scene = greeted()
    scene.assistant_says("Goodbye!", ms=1_000, complete=False)
    scene.when(END_CALL, GenerationCompleted(), TurnCompleted()).wait(1.2)
    scene.when(SpeechStarted())
    assert scene.wait(1.1).of(HangUp) == []
    assert scene.call.state is State.TALKING
    assert scene.wait(5.0).of(HangUp) == []


def test_a_line_that_was_noisy_before_does_not_keep_the_call() -> None:
    scene = greeted()
    scene.when(SpeechStarted()).wait(20.0)
    scene.assistant_says("Goodbye!", ms=1_000, complete=False)
    scene.when(END_CALL, GenerationCompleted(), TurnCompleted())
    assert scene.wait(1.6).of(HangUp) == [HangUp()]


def test_a_caller_who_was_about_to_say_more_when_the_assistant_ended_the_call_keeps_it() -> None:
    scene = greeted()
    scene.when(SpeechStarted()).wait(0.4)
    scene.when(END_CALL).wait(1.1)
    assert scene.call.state is State.TALKING


def test_an_assistant_that_ends_the_call_after_it_was_interrupted_still_owes_a_goodbye() -> None:
    scene = greeted()
    scene.assistant_says("A long story.", ms=4_000, complete=False).wait(1.0)
    scene.when(SpeechStarted(), AssistantInterrupted(), END_CALL, TurnCompleted())
    assert scene.one(AnswerTool).scheduling is None
    assert scene.wait(3.0).of(HangUp) == []


def test_thanks_for_a_handoff_do_not_undo_it() -> None:
    scene = greeted()
    scene.when(HAND_OFF)
    scene.assistant_says("I am connecting you.", ms=2_000, complete=False).wait(1.0)
    scene.when(SpeechStarted(), AssistantInterrupted(), TurnCompleted())
    assert not scene.of(ClearPlayout)
    assert scene.wait(2.5).of(HandOff) == [HandOff("+12025550100")]


def test_a_last_sentence_that_the_model_never_says_is_spoken_by_twilio() -> None:
    scene = greeted(silence_prompts=0)
    scene.wait(10.5)
    assert scene.wait(4.5).of(HangUp) == [HangUp("Goodbye then.", "en-US")]


def test_the_longest_call_that_has_no_session_at_its_end_is_ended_by_twilio() -> None:
    scene = greeted(longest_call_s=30.0, handoff_number=None)
    scene.wait(22.0)
    scene.when(SessionLost(1006)).wait(6.0)
    assert scene.one(HangUp).apology
    assert scene.end.disposition == dispositions.LONGEST_CALL


def test_draining_does_not_rename_the_end_of_a_call_that_is_as_long_as_it_may_be() -> None:
    scene = greeted(longest_call_s=30.0, silence_s=1_000.0)
    scene.when(Draining(600.0)).wait(40.0)
    assert scene.end.disposition == dispositions.LONGEST_CALL


def test_a_call_that_drains_during_its_last_word_knows_it_when_the_caller_stays() -> None:
    scene = greeted(silence_s=1_000.0)
    scene.assistant_says("Goodbye!", ms=3_000, complete=False)
    scene.when(END_CALL, Draining(30.0)).wait(1.0)
    scene.when(SpeechStarted(), AssistantInterrupted(), TurnCompleted()).wait(0.5)
    scene.when(SpeechEnded(500, 450)).wait(20.0)
    assert scene.end.disposition == dispositions.DRAINED


def test_a_caller_who_hangs_up_before_the_handoff_was_not_handed_off() -> None:
    scene = greeted()
    scene.when(HAND_OFF, CallerHungUp())
    assert scene.end.disposition == "caller_hung_up"


def test_a_stream_that_breaks_before_the_handoff_does_not_keep_it_from_the_caller() -> None:
    scene = greeted()
    scene.when(HAND_OFF, CallerHungUp(clean=False))
    assert scene.of(HandOff)
    assert scene.wait(40.0).one(RecordEnd).disposition == "handed_off"


# ---- away


def test_tools_that_run_when_the_call_is_handed_off_are_stopped() -> None:
    scene = greeted()
    scene.when(LOOK_UP, HAND_OFF)
    scene.assistant_says("I am connecting you.", ms=1_000).wait(2.0)
    assert [type(command) for command in scene.done if not isinstance(command, Play)] == [
        RecordTurn,
        CancelTool,
        RecordTool,
        HandOff,
        CloseSession,
    ]
    scene.when(ToolReturned("a", {"status": "ok"})).nothing()


def test_a_caller_who_comes_back_is_not_taken_for_one_who_speaks_or_waits_for_a_tool() -> None:
    scene = greeted()
    scene.when(LOOK_UP, HAND_OFF).wait(1.0)
    scene.when(SpeechStarted()).wait(4.0)
    assert scene.call.state is State.AWAY
    scene.when(HandoffFailed("no-answer"), CallerReturned("MZ2")).then(RenewSession)
    scene.when(SessionOpened(200)).then(Say)
    scene.assistant_says("Nobody is free.", ms=800)
    assert scene.wait(11.5).of(Say) == [ARE_YOU_THERE]


def test_nothing_is_played_while_the_call_is_away() -> None:
    scene = greeted()
    scene.when(*story(100_000), HAND_OFF).wait(61.0)
    assert scene.call.state is State.AWAY
    assert scene.wait(10.0).of(Play) == []
