"""No Live session can be had: the greeting, "one moment", and then a way out by the line's wish; or Live comes."""

from dataclasses import replace

import pytest

from app.call import dispositions
from app.call.commands import HandOff, HangUp, Play, RenewSession, Say, TakeMessage
from app.call.events import (
    AssistantAudio,
    CallerReturned,
    GreetingFound,
    HandoffFailed,
    PhraseFound,
    SessionLost,
    SessionOpened,
    SpeechEnded,
    SpeechStarted,
    Transcribed,
)
from app.call.memory import State
from tests.playbook import RULES, STARTED, Scene, greeted, sound

WAITS = replace(
    RULES, greeting_cached=True, session_wait_s=8.0, unreachable=("hand_off", "voicemail", "callback", "apology")
)
HOLD = PhraseFound("one_moment", "en-US", sound(800))
BUSY = SessionLost(503, "busy")


def ringing(greeting_ms: int = 2_000, **changes: object) -> Scene:
    """The greeting is on its way to the ear, no session yet."""
    scene = Scene(replace(WAITS, **changes))  # type: ignore[arg-type]
    return scene.when(STARTED, GreetingFound(sound(greeting_ms)), HOLD)


def heard_ms(scene: Scene) -> float:
    """Sound that went out by the last step."""
    return sum(play.audio.ms for play in scene.of(Play))


# ---- one moment


def test_after_four_seconds_without_a_session_the_caller_is_asked_to_hold() -> None:
    scene = ringing().wait(3.9)
    assert heard_ms(scene.wait(0.05)) == 0
    assert heard_ms(scene.wait(0.1)) == 800
    assert scene.wait(3.0).of(Play) == []
    assert scene.turns == [("assistant", RULES.greeting, ""), ("assistant", "One moment.", "")]


def test_not_into_the_greeting() -> None:
    scene = ringing(greeting_ms=5_000).wait(5.4)
    assert sum(play.audio.ms for play in scene.ever(Play)) == 5_000
    assert heard_ms(scene.wait(0.4)) == 800


def test_nor_into_the_callers_own_words() -> None:
    scene = ringing().wait(3.0)
    scene.when(SpeechStarted()).wait(2.0)
    assert scene.of(Play) == []
    scene.when(SpeechEnded(2_000, 450))
    assert heard_ms(scene) == 800


def test_without_its_sound_there_is_silence_until_the_way_out() -> None:
    scene = Scene(WAITS).when(STARTED, GreetingFound(sound(2_000)))
    assert scene.wait(7.9).of(HandOff) == []
    assert len(scene.wait(0.2).of(HandOff)) == 1


def test_a_session_that_comes_within_four_seconds_hears_of_no_hold() -> None:
    scene = ringing().wait(3.0)
    scene.when(SessionOpened(3_000)).wait(6.0)
    assert [words for _, words, _ in scene.turns] == [RULES.greeting]


def test_a_session_that_comes_while_the_caller_holds_goes_on_with_the_call() -> None:
    scene = ringing().wait(6.0)
    scene.when(SpeechStarted()).wait(0.6)
    scene.when(SpeechEnded(600, 450), SessionOpened(7_000))
    assert scene.call.state is State.TALKING
    scene.when(Transcribed("caller", "Hello?"))
    scene.assistant_says("Hello, how can I help?").wait(4.0)
    assert not scene.ever(HandOff)
    assert not scene.ever(Say)
    assert scene.turns[-1] == ("assistant", "Hello, how can I help?", "")


def test_a_greeting_that_the_model_must_say_is_said_after_the_hold() -> None:
    scene = Scene(replace(WAITS, greeting_cached=False)).when(STARTED, HOLD).wait(5.0)
    scene.when(SessionLost(0, "no answer"), SessionOpened(200))
    (asked,) = scene.of(Say)
    assert RULES.greeting in asked.instruction
    assert scene.call._memory.holding
    scene.when(AssistantAudio(sound(400)))
    assert scene.call._memory.transcript.sounded == scene.call._memory.greeting


# ---- the way out


def test_after_eight_seconds_a_representative_is_dialled() -> None:
    scene = ringing().wait(7.9)
    assert not scene.ever(HandOff)
    assert scene.wait(0.2).of(HandOff) == [
        HandOff("+12025550100", "I am connecting you with a colleague now.", "en-US")
    ]
    scene.wait(40.0)
    assert scene.end.disposition == dispositions.HANDED_OFF
    assert scene.end.problem == "live_connect_failed: no Live session within 8 s"


@pytest.mark.parametrize(
    ("ways", "kind"), [(("voicemail", "apology"), "voicemail"), (("callback", "apology"), "callback")]
)
def test_or_a_message_is_taken_as_the_line_wishes(ways: tuple[str, ...], kind: str) -> None:
    scene = ringing(unreachable=ways).wait(8.1)
    (left,) = scene.ever(TakeMessage)
    assert (left.kind, left.language) == (kind, "en-US")
    assert not scene.ever(HandOff)
    assert scene.end.disposition == dispositions.SESSION_LOST


def test_a_phrase_is_spoken_by_twilio_in_the_language_it_is_written_in() -> None:
    said = {"voicemail": "Deje un mensaje."}
    scene = ringing(unreachable=("voicemail",), language="es-US", phrases=said, phrases_written_in={"es-US": "es"})
    (left,) = scene.wait(8.1).ever(TakeMessage)
    assert (left.say, left.language) == ("Deje un mensaje.", "es")


def test_or_there_is_an_apology() -> None:
    scene = ringing(unreachable=("apology",)).wait(8.1)
    (left,) = scene.ever(HangUp)
    assert left.apology
    assert scene.end.disposition == dispositions.SESSION_LOST


def test_without_a_representative_the_next_way_is_taken() -> None:
    assert ringing(handoff_number=None).wait(8.1).ever(TakeMessage)[0].kind == "voicemail"


def test_live_that_refuses_is_tried_again_until_the_caller_has_waited_long_enough() -> None:
    scene = ringing()
    for _ in range(6):
        scene.when(BUSY).wait(1.0)
    assert len(scene.ever(RenewSession)) == 6
    assert not scene.ever(HandOff)
    scene.when(SessionOpened(200))
    assert scene.call.state is State.TALKING


def test_what_live_said_is_on_record() -> None:
    scene = ringing(unreachable=("apology",)).wait(0.2)
    for _ in range(6):
        scene.when(BUSY)
    scene.wait(8.0)
    assert scene.end.problem == "live_connect_failed: Live closed with 503: busy"


def test_where_there_is_no_hope_nothing_more_is_waited_for_than_the_greetings_end() -> None:
    scene = ringing().wait(0.3)
    scene.when(SessionLost(401, "the key is wrong"))
    assert not scene.ever(HandOff)
    scene.wait(2.0)
    assert len(scene.ever(HandOff)) == 1
    assert scene.turns == [("assistant", RULES.greeting, "")]


def test_a_greeting_longer_than_the_wait_is_heard_whole() -> None:
    scene = ringing(greeting_ms=10_000).wait(9.5)
    assert not scene.ever(HandOff)
    assert len(scene.wait(1.5).of(HandOff)) == 1
    assert scene.turns[0] == ("assistant", RULES.greeting, "")


# ---- nobody takes the call either


def nobody_took_it() -> Scene:
    scene = ringing().wait(20.0)
    return scene.when(HandoffFailed("no-answer"), CallerReturned("MZ2"))


def test_whom_nobody_took_is_asked_to_hold_and_leaves_a_message_soon() -> None:
    scene = nobody_took_it()
    assert heard_ms(scene) == 800
    assert scene.wait(3.9).of(TakeMessage) == []
    assert scene.wait(0.2).one(TakeMessage).kind == "voicemail"
    assert len(scene.ever(HandOff)) == 1
    assert scene.end.disposition == dispositions.SESSION_LOST


def test_live_that_is_back_by_then_takes_the_call() -> None:
    scene = nobody_took_it().wait(1.0)
    scene.when(SessionOpened(900))
    assert scene.call.state is State.TALKING
    assert scene.wait(10.0).of(TakeMessage) == []


# ---- in the middle of a call


def test_in_the_middle_of_a_call_the_lines_wish_counts_too() -> None:
    scene = greeted(unreachable=("callback", "apology"))
    scene.when(SessionLost(401))
    assert scene.one(TakeMessage).kind == "callback"


def test_calls_of_old_journals_go_on_as_they_did() -> None:
    scene = Scene().when(STARTED)
    for _ in range(5):
        scene.when(BUSY)
    assert scene.ever(HangUp)[0].apology
    assert Scene().when(STARTED).wait(19.0).of(HangUp) == []
