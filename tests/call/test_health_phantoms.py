"""Interruptions: those the caller made stop the sound at once, those nobody made do not."""

import pytest

from app.call.commands import ClearPlayout, Play, RecordFlag, RenewSession, Say, TellHeard
from app.call.events import (
    AssistantAudio,
    AssistantInterrupted,
    GenerationCompleted,
    SessionOpened,
    SpeechEnded,
    SpeechStarted,
    SupervisorAsked,
    ToolCalled,
    Transcribed,
    TurnCompleted,
)
from app.call.flags import PHANTOM
from app.call.memory import State
from tests.playbook import Scene, greeted, sound

STORY = "One two three four five six seven eight nine ten."
INTERRUPTED = (AssistantInterrupted(), TurnCompleted())


def telling(ms: int = 5_000, heard_s: float = 1.0) -> Scene:
    """The assistant is in the middle of a story, and generates more of it."""
    scene = greeted().caller_says("Tell me.").wait(1.0)
    return scene.assistant_says(STORY, ms=ms, complete=False).wait(heard_s)


def phantoms(scene: Scene) -> list[str]:
    return [flag.detail for flag in scene.ever(RecordFlag) if flag.name == PHANTOM]


# ---- nobody spoke


def test_what_is_here_is_heard_to_its_end_and_the_rest_is_asked_for() -> None:
    scene = telling().when(*INTERRUPTED)
    assert not scene.wait(0.9).of(Say)
    told = scene.wait(0.3).one(Say).instruction
    assert 'Go on right after your words "One two' in told
    assert 'nine ten."' in told
    assert phantoms(scene) == ["3.9 s left to hear"]
    scene.assistant_says("Eleven twelve.", ms=1_000).wait(6.0)
    assert scene.turns[-2:] == [("assistant", STORY, ""), ("assistant", "Eleven twelve.", "")]
    assert not scene.ever(ClearPlayout)
    assert len([gap for gap in scene.ear.ran_dry_s if gap < 0.5]) == 0


def test_where_little_is_left_to_hear_the_rest_is_asked_for_at_once() -> None:
    scene = telling(ms=1_600).when(*INTERRUPTED)
    assert scene.wait(0.15).of(Say)


def test_of_a_turn_that_is_generated_whole_there_is_no_rest() -> None:
    scene = telling().when(GenerationCompleted(), *INTERRUPTED)
    assert not scene.wait(6.0).of(Say)
    assert scene.turns[-1] == ("assistant", STORY, "")


def test_a_model_that_goes_on_by_itself_is_not_asked_to() -> None:
    scene = telling().when(AssistantInterrupted()).wait(0.2)
    scene.when(AssistantAudio(sound(200)))
    assert scene.of(Play) or not scene.wait(2.0).of(Say)
    assert not scene.ever(Say)


def test_after_the_third_a_fresh_session_tells_the_rest() -> None:
    scene = telling()
    for _ in range(2):
        scene.when(*INTERRUPTED).wait(1.5)
        scene.assistant_says("And more of it comes.", ms=5_000, complete=False).wait(1.0)
    scene.when(*INTERRUPTED).wait(0.2)
    assert scene.one(RenewSession).handle is None
    assert not scene.of(ClearPlayout)
    assert "Go on right after" in scene.when(SessionOpened(200)).one(Say).instruction
    assert len(phantoms(scene)) == 3


def test_the_question_itself_is_not_what_its_answer_was_interrupted_by() -> None:
    scene = greeted().caller_says("Tell me.").assistant_says(STORY, ms=3_000, complete=False).wait(0.3)
    scene.when(*INTERRUPTED)
    assert not scene.ever(ClearPlayout)
    assert scene.wait(1.3).of(Say)


def test_a_phantom_into_the_goodbye_does_not_keep_the_call() -> None:
    scene = telling().when(ToolCalled("e", "end_call"), *INTERRUPTED).wait(0.5)
    assert scene.call.state is State.LEAVING


# ---- somebody spoke


def test_with_the_caller_speaking_the_sound_stops_with_the_interruption() -> None:
    scene = telling().when(SpeechStarted()).wait(0.05)
    scene.when(AssistantInterrupted())
    assert scene.of(ClearPlayout)
    assert scene.of(TellHeard)


@pytest.mark.parametrize("late_s", [0.0, 0.05, 0.09, 0.3, 0.9])
def test_a_caller_whom_our_detector_hears_a_little_later_is_given_the_floor_at_once(late_s: float) -> None:
    scene = telling().when(*INTERRUPTED).wait(late_s)
    assert not scene.of(ClearPlayout)
    scene.when(SpeechStarted())
    assert scene.of(ClearPlayout)
    assert not scene.wait(3.0).of(Say)


def test_a_word_that_was_over_when_the_model_noticed_was_one() -> None:
    scene = telling().when(SpeechStarted()).wait(0.3).when(SpeechEnded(200, 100))
    scene.wait(0.5).when(AssistantInterrupted())
    assert scene.of(ClearPlayout)


@pytest.mark.parametrize("late_s", [0.05, 0.5, 2.0])
def test_a_caller_too_quiet_for_our_detector_is_believed_by_their_words(late_s: float) -> None:
    scene = telling().when(*INTERRUPTED).wait(late_s)
    scene.when(Transcribed("caller", "Stop, please."))
    assert scene.of(ClearPlayout)


def test_an_instruction_of_ours_that_breaks_into_a_turn_is_no_phantom() -> None:
    scene = telling().when(SupervisorAsked("say", "We close soon.")).wait(0.3)
    scene.when(AssistantInterrupted())
    assert scene.of(ClearPlayout)
    assert not scene.wait(1.0).of(RecordFlag)
