"""What the model hears of the caller: told when they are done, and given again what it missed."""

from dataclasses import replace

import pytest

from app.audio.pcm import PHONE_RATE, Audio
from app.call.commands import Command, Listen, PauseListening, RenewSession, Say
from app.call.events import (
    AssistantAudio,
    CallerAudio,
    CallerHungUp,
    DeadlinePassed,
    SessionLost,
    SessionOpened,
    SpeechEnded,
    SpeechStarted,
    ToolCalled,
    ToolReturned,
    Transcribed,
    TurnCompleted,
)
from app.call.listening import REPEAT_AFTER_S, repeat_utterance
from app.call.speaking import play_phrase
from tests.playbook import RULES, STARTED, Scene, frame, greeted, sound

HYBRID = replace(RULES, end_of_speech_ms=700)


def numbered(count: int, first: int = 0) -> list[CallerAudio]:
    """Frames of 20 ms that can be told apart."""
    return [
        CallerAudio(Audio(number.to_bytes(2, "little") * 160, PHONE_RATE)) for number in range(first, first + count)
    ]


def numbers(commands: list[Command]) -> list[int]:
    pcm = b"".join(command.audio.pcm for command in commands if isinstance(command, Listen))
    return [int.from_bytes(pcm[at : at + 2], "little") for at in range(0, len(pcm), 320)]


def yes(scene: Scene, first: int = 0) -> Scene:
    """The caller says one short word after a pause: 100 frames, the word in those from 60 to 77."""
    scene.when(*numbered(65, first), SpeechStarted(), *numbered(35, first + 65))
    return scene.when(SpeechEnded(360, 450))


def given_again(scene: Scene) -> list[Command]:
    """What asking for the utterance once more leads to, at the edge of the machine."""
    scene.call._memory.out = []
    repeat_utterance(scene.call._memory, scene.now)
    return scene.call._memory.out


# ---- the end of speech


def test_the_model_is_told_the_end_of_speech_when_the_lines_patience_is_over() -> None:
    scene = greeted(HYBRID)
    yes(scene)
    assert not scene.of(PauseListening)
    scene.wait(0.24).then()
    scene.wait(0.02).then(PauseListening())
    assert scene.when(frame()).of(Listen)


def test_a_caller_who_goes_on_in_time_is_not_said_to_be_done() -> None:
    scene = yes(greeted(HYBRID))
    scene.wait(0.2).when(SpeechStarted())
    assert not scene.wait(3.0).of(PauseListening)


def test_where_the_service_has_answered_already_it_is_told_nothing() -> None:
    scene = yes(greeted(HYBRID))
    scene.assistant_says("Good.", ms=400)
    assert not scene.wait(1.0).of(PauseListening)


def test_among_the_digits_of_a_number_the_model_is_told_only_after_the_longer_patience() -> None:
    scene = greeted(HYBRID, digits_ms=1_500).caller_says("Where is my order?")
    scene.assistant_says("What is your order number?", ms=1_000).wait(2.0)
    scene.when(SpeechStarted(), *numbered(50), SpeechEnded(550, 450))
    assert not scene.wait(1.0).of(PauseListening)
    scene.wait(0.1)
    assert scene.of(Listen)
    assert isinstance(scene.done[-1], PauseListening)


def test_a_line_that_leaves_it_to_the_service_says_nothing() -> None:
    assert not yes(greeted()).wait(2.9).of(PauseListening)


def test_words_spoken_into_the_greeting_are_ended_as_soon_as_the_model_has_heard_them() -> None:
    scene = Scene(HYBRID).when(STARTED, SessionOpened(200))
    scene.assistant_says("Hello, this is the assistant.", ms=2_000)
    scene.when(SpeechStarted(), *numbered(20), SpeechEnded(300, 450))
    assert not scene.of(Listen)
    scene.wait(3.0)
    listens = [command for command in scene.done if isinstance(command, Listen | PauseListening)]
    assert isinstance(listens[-1], PauseListening)
    assert len(listens) > 1


# ---- given again


def test_a_short_answer_that_nothing_came_of_is_given_once_more_with_what_led_up_to_it() -> None:
    scene = yes(greeted(HYBRID)).wait(0.3)
    scene.wait(REPEAT_AFTER_S - 0.45 - 0.3 - 0.05).then()
    scene.wait(0.1).then(PauseListening())
    assert numbers(scene.done) == list(range(40, 100))
    assert not scene.wait(5.0).of(Listen)


def test_it_is_given_again_before_anybody_asks_whether_the_caller_is_there() -> None:
    scene = yes(greeted(HYBRID, silence_s=10.0)).wait(20.0)
    asked = next(at for at, command in enumerate(scene.done) if isinstance(command, Say))
    again = max(at for at, command in enumerate(scene.done) if isinstance(command, PauseListening))
    assert again < asked


@pytest.mark.parametrize(
    "came", [Transcribed("caller", "Yes."), AssistantAudio(sound(200)), ToolCalled("1", "open_ticket")]
)
def test_what_something_came_of_is_not_given_again(came: Transcribed | AssistantAudio | ToolCalled) -> None:
    scene = yes(greeted(HYBRID)).wait(0.5).when(came)
    assert not scene.wait(3.0).of(Listen)


def test_a_long_speech_is_not_taken_for_missed() -> None:
    scene = greeted(HYBRID).when(SpeechStarted(), *numbered(200), SpeechEnded(3_500, 450))
    assert not scene.wait(2.9).of(Listen)


def test_a_nudge_gives_the_words_where_they_are_known() -> None:
    scene = greeted(HYBRID).caller_says("Where is order 1047?").wait(1.0)
    assert given_again(scene) == [Say('The caller said, and has not been answered yet: "Where is order 1047?"')]
    assert given_again(scene) == []


def test_a_nudge_gives_the_sound_where_the_words_are_not_all_there_and_they_are_recorded_once() -> None:
    scene = greeted(HYBRID).when(SpeechStarted(), *numbered(150), Transcribed("caller", "Where is"))
    scene.wait(1.0).when(SpeechEnded(2_500, 450)).wait(0.5)
    again = given_again(scene)
    assert numbers(again) == list(range(150))
    assert again[-1] == PauseListening()
    scene.when(Transcribed("caller", "Where is "), Transcribed("caller", "my order?"))
    scene.assistant_says("It was shipped.", ms=600).wait(2.0)
    assert ("caller", "Where is my order?", "") in scene.turns


def test_half_understood_words_that_never_come_again_are_still_recorded() -> None:
    scene = greeted(HYBRID).when(SpeechStarted(), *numbered(150), Transcribed("caller", "Where is"))
    scene.wait(1.0).when(SpeechEnded(2_500, 450)).wait(0.5)
    assert given_again(scene)
    scene.when(CallerHungUp())
    assert scene.turns[-1] == ("caller", "Where is", "")


def test_there_is_nothing_to_give_again_when_nobody_spoke_or_all_was_answered() -> None:
    scene = greeted(HYBRID)
    assert given_again(scene) == []
    yes(scene).assistant_says("Good.", ms=400)
    assert given_again(scene) == []


def test_a_phrase_heard_meanwhile_is_no_answer() -> None:
    scene = yes(greeted(HYBRID)).wait(0.5)
    scene.call._memory.sounds["one_moment", "en-US"] = sound(400)
    assert play_phrase(scene.call._memory, "one_moment", scene.now)
    scene.when(DeadlinePassed()).wait(0.6)
    assert given_again(scene)[-1] == PauseListening()


def test_what_a_tool_is_busy_with_is_not_given_again() -> None:
    scene = greeted(HYBRID).caller_says("Where is order 1047?").when(ToolCalled("1", "look_up_order"))
    assert given_again(scene) == []
    scene.when(ToolReturned("1", {"status": "ok", "message": "Shipped."}), TurnCompleted())
    assert given_again(scene) == []


def test_without_a_session_nothing_is_given() -> None:
    scene = yes(greeted(HYBRID)).when(SessionLost(1006))
    assert scene.of(RenewSession)
    assert given_again(scene) == []


def test_an_utterance_without_a_sound_is_not_looked_for_again_and_again() -> None:
    scene = greeted(HYBRID).when(SpeechStarted(), SpeechEnded(360, 450)).wait(6.0)
    assert scene.deadlines < 20
