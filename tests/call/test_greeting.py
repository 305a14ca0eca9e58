"""A greeting whose sound was made earlier: heard at once, never twice, and proven."""

from dataclasses import replace

import pytest

from app.audio.pcm import Audio
from app.call.commands import ClearPlayout, Listen, OpenSession, Play, RecordFlag, RenewSession, Say
from app.call.events import (
    CallerHungUp,
    GreetingFound,
    SessionLost,
    SessionOpened,
    SpeechEnded,
    SpeechStarted,
    Transcribed,
)
from app.call.flags import DISCLOSED
from app.call.machine import Call
from app.call.memory import State
from tests.playbook import RULES, STARTED, Scene, frame, greeted, sound

CACHED = replace(RULES, greeting_cached=True)
GREETING = sound(2_000)


def ringing() -> Scene:
    """The greeting is on its way to the ear, no session yet."""
    return Scene(CACHED).when(STARTED, GreetingFound(GREETING))


def test_the_greeting_is_sent_before_there_is_a_session() -> None:
    scene = ringing()
    assert scene.of(OpenSession) == [OpenSession(RULES.greeting, said=True)]
    assert sum(play.audio.ms for play in scene.of(Play)) >= 1_000


def test_the_session_that_opens_meanwhile_is_not_asked_to_greet() -> None:
    scene = ringing().wait(0.4)
    scene.when(SessionOpened(400))
    assert not scene.of(Say)
    scene.wait(4.0)
    assert scene.turns == [("assistant", RULES.greeting, "")]
    assert not scene.ever(Say)


def test_a_hello_into_the_greeting_is_kept_and_does_not_cut_it() -> None:
    scene = ringing().wait(0.3)
    scene.when(SessionOpened(300), SpeechStarted(), *[frame()] * 20)
    assert scene.listened_ms == 0
    scene.wait(0.4).when(SpeechEnded(400, 450))
    assert not scene.ever(ClearPlayout)
    scene.wait(2.0)
    assert scene.listened_ms == 400


def test_a_caller_who_means_it_cuts_the_greeting_before_there_is_a_session_and_is_heard_by_it() -> None:
    scene = ringing().wait(0.3)
    scene.when(SpeechStarted(), *[frame()] * 40)
    scene.wait(0.85)
    assert len(scene.of(ClearPlayout)) == 1
    assert scene.call.state is State.CONNECTING
    scene.when(SessionOpened(1_000))
    assert sum(listen.audio.ms for listen in scene.of(Listen)) == 800


def test_a_session_that_is_lost_before_it_opens_is_not_asked_to_greet_again() -> None:
    scene = ringing().wait(0.2)
    scene.when(SessionLost(1011, "busy"))
    assert len(scene.of(RenewSession)) == 1
    scene.wait(2.5).when(SessionOpened(300))
    assert not scene.of(Say)


def test_silence_after_the_greeting_is_counted_from_its_end() -> None:
    scene = ringing().wait(0.2)
    scene.when(SessionOpened(200))
    assert scene.wait(11.5).of(Say) == []
    assert len(scene.wait(1.0).of(Say)) == 1


def test_the_first_sound_is_that_of_the_greeting() -> None:
    scene = ringing().wait(1.0)
    scene.when(CallerHungUp())
    assert scene.end.first_sound_ms == 0


# ---- the disclosure


def test_a_greeting_heard_whole_is_recorded_as_disclosed() -> None:
    scene = ringing().wait(0.2)
    scene.when(SessionOpened(200))
    scene.wait(3.0)
    (flag,) = scene.ever(RecordFlag)
    assert (flag.name, flag.detail) == (DISCLOSED, "en-US")
    assert flag.at_s == pytest.approx(2.0, abs=0.1)


def test_a_greeting_that_was_cut_is_not() -> None:
    scene = ringing().wait(0.3)
    scene.when(SessionOpened(300), SpeechStarted()).wait(1.0)
    scene.wait(3.0)
    assert scene.ever(ClearPlayout)
    assert not scene.ever(RecordFlag)


def test_nor_one_whose_marks_never_came_back() -> None:
    scene = Scene(CACHED)
    scene.ear.deaf = True
    scene.when(STARTED, GreetingFound(GREETING)).wait(0.2)
    scene.when(SessionOpened(200)).wait(8.0)
    assert scene.turns[0] == ("assistant", RULES.greeting, "")
    assert not scene.ever(RecordFlag)


def test_a_mark_that_comes_back_a_little_later_than_the_sound_was_over_proves_it_still() -> None:
    scene = Scene(CACHED)
    scene.ear.marks_take_s = 0.3
    scene.when(STARTED, GreetingFound(GREETING)).wait(0.2)
    scene.when(SessionOpened(200)).wait(5.0)
    assert [flag.name for flag in scene.ever(RecordFlag)] == [DISCLOSED]


def test_a_greeting_that_the_model_makes_is_proven_in_the_same_way() -> None:
    assert [flag.name for flag in greeted().ever(RecordFlag)] == [DISCLOSED]


def test_other_words_than_the_greeting_disclose_nothing() -> None:
    scene = Scene(RULES).when(STARTED, SessionOpened(200))
    scene.assistant_says("Good morning!", ms=800).wait(3.0)
    assert not scene.ever(RecordFlag)


def test_a_line_that_does_not_disclose_is_not_flagged() -> None:
    assert not greeted(discloses=False).ever(RecordFlag)


def test_the_greetings_sound_may_not_come_twice() -> None:
    call = Call(CACHED)
    call.handle(STARTED, 0.0)
    call.handle(SessionOpened(1), 0.1)
    with pytest.raises(AssertionError, match="GreetingFound in TALKING"):
        call.handle(GreetingFound(Audio(b"", 24_000)), 0.2)


def test_words_of_the_caller_into_the_greeting_are_a_turn_of_their_own() -> None:
    scene = ringing().wait(0.2)
    scene.when(SessionOpened(200), SpeechStarted()).wait(0.9)
    scene.when(Transcribed("caller", "Where is my order?"), SpeechEnded(900, 450))
    scene.assistant_says("One moment.", ms=600).wait(2.0)
    assert [side for side, _, _ in scene.turns] == ["assistant", "caller", "assistant"]


def test_words_that_follow_the_greeting_without_sound_are_words_of_their_own() -> None:
    scene = ringing().wait(0.4)
    scene.when(SessionOpened(400), Transcribed("assistant", "How are you?")).wait(5.0)
    assert scene.turns == [("assistant", f"{RULES.greeting} How are you?", "")]
