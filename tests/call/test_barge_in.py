"""The caller speaks into the assistant: what is cut, what is kept, what the model is told."""

import pytest

from app.call.commands import ClearPlayout, HangUp, Play, RecordEnd, RecordTurn, Say, TellHeard
from app.call.events import (
    AssistantAudio,
    AssistantInterrupted,
    CallerHungUp,
    GenerationCompleted,
    MarkReached,
    SessionLost,
    SessionOpened,
    SpeechEnded,
    SpeechStarted,
    SupervisorAsked,
    ToolCalled,
    Transcribed,
    TurnCompleted,
)
from app.call.memory import State
from tests.playbook import STARTED, Scene, greeted, sound

STORY = "One two three four five six seven eight nine ten."
SPOKEN = (SpeechStarted(), AssistantInterrupted())
INTERRUPTED = (AssistantInterrupted(), TurnCompleted())


def telling(ms: int = 5_000, *, complete: bool = False, heard_s: float = 1.0) -> Scene:
    """A scene in which the assistant is in the middle of a story."""
    scene = greeted()
    scene.caller_says("Tell me.")
    scene.assistant_says(STORY, ms=ms, complete=complete)
    return scene.wait(heard_s)


# ---- while the model generates


def test_a_barge_in_while_the_model_generates_clears_and_tells_what_was_heard() -> None:
    scene = telling()
    scene.when(SpeechStarted()).then(RecordTurn)
    scene.when(*INTERRUPTED).then(ClearPlayout(), TellHeard)
    assert scene.one(TellHeard).text == '[The caller interrupted. Of your last turn they heard only: "One two"]'
    scene.wait(1.0)
    assert scene.turns[-1] == ("assistant", "One two", "three four five six seven eight nine ten.")
    assert scene.one(RecordTurn).interrupted


def test_nothing_of_the_cut_turn_is_played_any_more() -> None:
    scene = telling()
    scene.when(*SPOKEN)
    assert not scene.of(Play)
    assert scene.wait(10.0).of(Play) == []


def test_late_sound_after_a_clear_is_dropped_and_that_of_the_next_turn_is_played() -> None:
    scene = telling()
    scene.when(*SPOKEN, AssistantAudio(sound(200)), GenerationCompleted())
    assert not scene.of(Play)
    scene.when(TurnCompleted(), AssistantAudio(sound(200)))
    assert scene.one(Play).audio.ms == 200


def test_a_turn_interrupted_and_never_said_to_be_over_does_not_swallow_the_next() -> None:
    scene = telling()
    scene.when(SpeechStarted(), AssistantInterrupted())
    scene.wait(0.9).when(AssistantAudio(sound(200)))
    assert not scene.of(Play)
    scene.wait(0.2).when(SpeechEnded(800, 450))
    scene.assistant_says("Certainly.", ms=400).wait(1.0)
    assert scene.turns[-2:] == [
        ("assistant", "One two", "three four five six seven eight nine ten."),
        ("assistant", "Certainly.", ""),
    ]


def test_a_second_interruption_of_the_same_turn_changes_nothing() -> None:
    scene = telling()
    scene.when(*SPOKEN)
    scene.when(AssistantInterrupted()).nothing()
    scene.when(TurnCompleted()).then()
    scene.when(AssistantInterrupted()).nothing()


@pytest.mark.parametrize("heard_s", [2.5, 30.0])
def test_an_interruption_with_nothing_playing_is_a_phantom(heard_s: float) -> None:
    scene = greeted(silence_s=1_000.0)
    scene.assistant_says(STORY, ms=2_000).wait(heard_s)
    scene.when(AssistantInterrupted()).nothing()
    assert scene.call.state is State.TALKING


def test_an_interruption_before_any_sound_of_the_turn_changes_nothing() -> None:
    scene = greeted()
    scene.when(Transcribed("assistant", "I was about"), AssistantInterrupted()).nothing()
    scene.when(TurnCompleted()).wait(3.0)
    assert scene.turns[-1] == ("assistant", "", "I was about")


# ---- after the model generated all of it


def test_a_barge_in_acts_when_all_is_generated_and_sound_is_unplayed() -> None:
    scene = telling()
    scene.when(GenerationCompleted()).wait(0.1)
    scene.when(*SPOKEN).then(RecordTurn, ClearPlayout(), TellHeard)


def test_the_model_does_not_interrupt_a_turn_it_thinks_is_over_so_our_own_ear_does() -> None:
    scene = telling(complete=True)
    scene.when(SpeechStarted())
    assert scene.wait(0.2).of(ClearPlayout) == []
    assert scene.wait(0.1).of(ClearPlayout) == [ClearPlayout()]
    assert scene.when(CallerHungUp()).one(RecordEnd).barge_ins == 1


def test_a_short_noise_is_no_barge_in() -> None:
    scene = telling(complete=True)
    scene.when(SpeechStarted()).wait(0.2)
    scene.when(SpeechEnded(60, 140)).wait(6.0)
    assert scene.ever(ClearPlayout) == []
    assert scene.turns[-1] == ("assistant", STORY, "")


def test_while_the_model_has_the_turn_our_own_ear_leaves_it_to_the_model() -> None:
    scene = telling()
    scene.when(SpeechStarted())
    assert scene.wait(2.0).of(ClearPlayout) == []


def test_sound_of_a_turn_that_follows_our_own_cut_is_played_at_once() -> None:
    scene = telling(complete=True)
    scene.when(SpeechStarted()).wait(0.3)
    scene.when(AssistantAudio(sound(200)))
    assert scene.of(Play)


def test_two_turns_in_flight_are_both_cut_and_both_recorded() -> None:
    scene = greeted()
    scene.assistant_says("First things come first.", ms=2_000)
    scene.assistant_says("And then the second.", ms=2_000)
    scene.wait(1.0).when(SpeechStarted()).wait(0.3)
    assert scene.one(TellHeard).text == '[The caller interrupted. Of your last turn they heard only: "First things"]'
    scene.wait(1.0)
    assert scene.turns[-2:] == [("assistant", "First things", "come first."), ("assistant", "", "And then the second.")]


def test_in_two_turns_in_flight_the_second_may_be_the_one_that_is_heard() -> None:
    scene = greeted()
    scene.assistant_says("First.", ms=1_000)
    scene.assistant_says("And then comes the second.", ms=2_000, complete=False)
    scene.wait(2.1).when(SpeechStarted(), *INTERRUPTED)
    assert scene.one(TellHeard).text.endswith('heard only: "And then comes"]')
    scene.wait(1.0)
    assert scene.turns[-2:] == [("assistant", "First.", ""), ("assistant", "And then comes", "the second.")]


# ---- what the model is told


def test_a_caller_who_speaks_before_anything_was_heard_is_said_to() -> None:
    scene = telling(heard_s=0.0)
    scene.when(*SPOKEN)
    assert scene.one(TellHeard).text == "[The caller spoke before hearing any of your last turn.]"


def test_what_was_heard_is_told_in_seconds_while_the_words_have_not_come() -> None:
    scene = greeted()
    scene.when(*[AssistantAudio(sound(200))] * 20).wait(2.1)
    scene.when(*SPOKEN)
    assert scene.one(TellHeard).text == (
        "[The caller interrupted. Of your last turn they heard only the first 2 seconds.]"
    )


def test_a_clear_right_at_the_end_leaves_nothing_to_tell() -> None:
    scene = telling(ms=2_000, heard_s=1.97)
    scene.when(*SPOKEN).then(RecordTurn, ClearPlayout())
    scene.when(TurnCompleted()).wait(1.0)
    assert scene.turns[-1] == ("assistant", STORY, "")


# ---- the marks


def test_marks_swept_out_by_a_clear_count_for_nothing() -> None:
    scene = telling()
    pending = [name for _, name in scene.ear.marks]
    assert len(pending) > 2
    scene.when(*SPOKEN)
    heard_ms = scene.heard_ms
    scene.ear.marks.clear()
    scene.when(TurnCompleted(), *map(MarkReached, pending))
    assert scene.heard_ms == heard_ms
    scene.wait(2.0)
    assert scene.turns[-1][1] == "One two"


def test_marks_of_the_turn_before_do_not_move_the_next_one() -> None:
    scene = telling()
    swept = [name for _, name in scene.ear.marks]
    scene.when(SpeechStarted(), *INTERRUPTED)
    scene.ear.marks.clear()
    before_ms = scene.heard_ms
    scene.when(AssistantAudio(sound(200)), AssistantAudio(sound(200)), *map(MarkReached, swept))
    assert scene.heard_ms == before_ms


# ---- speech that is no barge-in


def test_a_quick_answer_into_the_end_of_the_callers_speech_is_not_cut() -> None:
    scene = greeted()
    scene.when(SpeechStarted()).wait(1.0)  # the last 400 ms of it are our detector's hangover
    scene.assistant_says("Yes.", ms=800).wait(0.05)
    scene.when(SpeechEnded(600, 450)).wait(1.5)
    assert scene.ever(ClearPlayout) == []
    assert scene.turns[-1] == ("assistant", "Yes.", "")


def test_a_caller_who_speaks_on_over_an_answer_is_given_the_floor() -> None:
    scene = greeted()
    scene.when(SpeechStarted()).wait(1.0)
    scene.assistant_says(STORY, ms=4_000)
    assert scene.wait(0.6).of(ClearPlayout) == []
    assert scene.wait(0.2).of(ClearPlayout) == [ClearPlayout()]


def test_a_caller_may_barge_in_on_the_rest_of_a_turn_while_the_session_is_renewed() -> None:
    scene = telling(complete=True)
    scene.when(SessionLost(1006), SpeechStarted())
    scene.wait(0.3).then(ClearPlayout())  # and nobody is there to be told


# ---- the greeting and the last word


def test_the_greeting_is_not_cut_by_our_own_ear_before_the_caller_means_it() -> None:
    scene = Scene()
    scene.when(STARTED, SessionOpened(200))
    scene.assistant_says("Hello, this is the assistant.", ms=4_000)
    scene.wait(0.5).when(SpeechStarted())
    assert scene.wait(0.7).of(ClearPlayout) == []
    assert scene.wait(0.2).of(ClearPlayout) == [ClearPlayout()]


def test_an_answer_that_the_last_sentence_breaks_into_is_cut_and_the_sentence_is_heard_whole() -> None:
    scene = telling()
    scene.when(SupervisorAsked("end")).then(Say)
    scene.when(*INTERRUPTED)
    assert scene.of(ClearPlayout)
    assert scene.wait(0.8).of(HangUp) == []
    scene.assistant_says("Thank you for calling. Goodbye.", ms=2_000)
    assert scene.wait(1.9).of(HangUp) == []
    assert scene.wait(1.0).of(HangUp) == [HangUp()]
    assert scene.turns[-1] == ("assistant", "Thank you for calling. Goodbye.", "")


def test_the_house_s_last_sentence_is_not_cut_by_the_caller() -> None:
    scene = greeted()
    scene.when(SupervisorAsked("end"))
    scene.assistant_says("Thank you for calling. Goodbye.", ms=2_000, complete=False).wait(0.5)
    scene.when(SpeechStarted(), *INTERRUPTED)
    assert not scene.of(ClearPlayout)
    assert scene.wait(1.4).of(HangUp) == []
    assert scene.wait(1.0).of(HangUp) == [HangUp()]


def test_a_phantom_interruption_before_the_goodbye_does_not_keep_the_call() -> None:
    scene = greeted()
    scene.when(ToolCalled("e", "end_call"), AssistantInterrupted())
    assert scene.call.state is State.LEAVING
