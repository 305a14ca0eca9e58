"""An answer that does not come: somebody waits, and is not left in dead air."""

from dataclasses import replace

import pytest

from app.call import dispositions
from app.call.commands import HandOff, HangUp, Play, RecordEnd, RecordFlag, RenewSession, Say
from app.call.events import (
    AssistantAudio,
    AssistantInterrupted,
    Event,
    PhraseFound,
    SessionLost,
    SessionOpened,
    SpeechEnded,
    SpeechStarted,
    TextReceived,
    ToolCalled,
    ToolReturned,
    Transcribed,
    TurnCompleted,
)
from app.call.flags import EMPTY_TURN, NO_ANSWER
from app.call.memory import State
from app.call.rules import Rules
from tests.playbook import RULES, STARTED, Scene, greeted, sound

NO_REPRESENTATIVE = replace(RULES, handoff_number=None)
OPENED = SessionOpened(200)
ONE_MOMENT = PhraseFound("one_moment", "en-US", sound(1_200))
NUDGE = Say('The caller said, and has not been answered yet: "Where is my order?"')


def asking(rules: Rules = RULES) -> Scene:
    """The caller has asked 0.45 s ago."""
    return greeted(rules).when(ONE_MOMENT).caller_says("Where is my order?")


def flags(scene: Scene, name: str = NO_ANSWER) -> list[str]:
    return [flag.detail for flag in scene.ever(RecordFlag) if flag.name == name]


# ---- the steps


def test_a_caller_who_gets_no_answer_is_nudged_for_hears_a_word_gets_a_fresh_session_and_then_a_person() -> None:
    scene = asking()
    assert not scene.wait(3.0).done
    assert scene.wait(0.1).of(Say) == [NUDGE]
    assert scene.wait(1.5).of(Play)
    assert scene.wait(4.0).one(RenewSession).handle is None
    scene.when(OPENED)
    assert scene.of(Say) == [NUDGE]
    assert not scene.wait(10.5).of(HandOff)
    assert scene.wait(1.0).of(HandOff)
    assert flags(scene) == ["3.5 s, nudged", "5.0 s, filler", "9.0 s, fresh session", "20.0 s, given up"]


def test_where_nobody_can_be_reached_it_is_an_apology() -> None:
    scene = greeted(NO_REPRESENTATIVE).caller_says("Hello?").wait(9.0)
    scene.when(OPENED).wait(11.5)
    assert scene.one(HangUp).apology
    assert scene.end.disposition == dispositions.SESSION_LOST
    assert scene.end.problem == "no answer for 20 s"


def test_the_fresh_session_answers_and_all_is_well() -> None:
    scene = asking().wait(9.0).when(OPENED)
    scene.assistant_says("It is on its way.", ms=1_000)
    assert not scene.wait(9.0).of(RecordFlag)
    assert scene.turns[-1] == ("assistant", "It is on its way.", "")


def test_the_word_of_ours_is_a_turn_on_record_and_answers_nothing() -> None:
    scene = asking().wait(7.0)
    assert scene.turns[-1] == ("assistant", "One moment.", "")
    scene.assistant_says("It is on its way.", ms=800).wait(2.0)
    assert scene.turns[-2:] == [("caller", "Where is my order?", ""), ("assistant", "It is on its way.", "")]


def test_without_its_sound_the_model_is_nudged_a_second_time() -> None:
    scene = greeted().caller_says("Where is my order?").wait(5.0)
    assert scene.of(Say) == [NUDGE, NUDGE]
    assert not scene.of(Play)


def test_the_word_is_heard_while_a_session_is_being_replaced_too() -> None:
    scene = asking().when(SessionLost(1006))
    assert scene.call.state is State.RENEWING
    assert scene.wait(5.0).of(Play)
    assert scene.wait(15.0).of(HandOff)  # nor is it waited for for ever


# ---- who waits


ANSWERS: dict[str, tuple[Event, ...]] = {
    "sound": (AssistantAudio(sound(200)), TurnCompleted()),
    "a tool": (ToolCalled("a", "look_up_order"),),
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_who_is_answered_does_not_wait(answer: str) -> None:
    scene = asking(replace(RULES, tool_filler_s=1_000.0)).wait(2.0).when(*ANSWERS[answer])
    assert not scene.wait(9.0).of(RecordFlag)


def test_a_caller_who_says_hello_again_and_again_does_not_start_the_wait_anew() -> None:
    scene = asking()
    for _ in range(3):
        scene.wait(2.3).when(SpeechStarted()).wait(0.4)
        scene.when(SpeechEnded(300, 100))
    scene.wait(2.5)
    assert scene.ever(RenewSession)


def test_a_pause_in_a_sentence_is_no_question() -> None:
    scene = greeted()
    for _ in range(8):
        scene.when(SpeechStarted()).wait(1.0)
        scene.when(SpeechEnded(600, 450)).wait(1.0)
    assert not scene.unwell


def test_nobody_is_hurried_while_they_think_after_a_question() -> None:
    scene = asking().assistant_says("What is your order number?", ms=1_500).wait(0.5)
    scene.when(SpeechStarted()).wait(0.2)  # "mm-hm", while it still sounds
    scene.when(SpeechEnded(150, 50))
    assert not scene.wait(8.0).of(Say)


def test_a_click_on_the_line_is_no_question_and_a_short_word_is() -> None:
    scene = greeted().when(SpeechStarted()).wait(0.5).when(SpeechEnded(80, 450))
    assert not scene.wait(9.0).of(Say)
    scene = greeted().when(SpeechStarted()).wait(0.6).when(SpeechEnded(200, 450))
    assert scene.wait(3.2).of(Say)


def test_words_of_a_caller_whom_our_detector_cannot_hear_want_an_answer() -> None:
    scene = greeted(silence_s=1_000.0).wait(4.0).when(Transcribed("caller", "Hello, is anybody there?"))
    assert '"Hello, is anybody there?"' in scene.wait(3.6).one(Say).instruction


def test_a_late_transcript_of_what_was_answered_does_not() -> None:
    scene = greeted(silence_s=1_000.0).when(SpeechStarted()).wait(1.0).when(SpeechEnded(600, 400))
    scene.assistant_says("It was shipped.", ms=1_000).wait(1.5)
    scene.when(Transcribed("caller", "Where is it?"))
    assert not scene.wait(15.0).of(Say)


def test_an_answer_of_a_tool_that_leads_to_nothing_is_told_again_and_then_to_a_fresh_session() -> None:
    scene = asking().when(ToolCalled("a", "look_up_order"), ToolReturned("a", {"status": "ok", "message": "Shipped."}))
    assert "Shipped." in scene.wait(3.6).one(Say).instruction
    assert scene.wait(6.0).of(RenewSession)
    assert "Shipped." in scene.when(OPENED).one(Say).instruction


def test_something_we_told_the_model_to_say_is_told_again() -> None:
    scene = greeted(silence_s=1_000.0).when(TextReceived("1047"))
    told = scene.one(Say)
    assert scene.wait(3.6).of(Say) == [told]
    assert scene.wait(6.0).of(RenewSession)
    assert scene.when(OPENED).of(Say) == [told]


def test_a_greeting_that_never_begins_is_asked_for_again_by_the_next_session_and_heard() -> None:
    greet = Say(f'Greet the caller now. Say exactly: "{RULES.greeting}"')
    scene = Scene().when(STARTED, ONE_MOMENT, OPENED)
    assert scene.wait(3.6).of(Say) == [greet]
    assert scene.wait(1.5).of(Play)
    scene.wait(4.0)
    assert scene.ever(RenewSession)
    assert scene.when(OPENED).of(Say) == [greet]
    scene.assistant_says(RULES.greeting, ms=1_600).wait(2.5)
    assert [heard for _, heard, _ in scene.turns] == ["One moment.", RULES.greeting]


def test_a_greeting_that_no_session_says_ends_in_words() -> None:
    scene = Scene(NO_REPRESENTATIVE).when(STARTED, OPENED).wait(9.1)
    scene.when(OPENED).wait(11.0)
    assert scene.one(HangUp).apology


# ---- turns without anything in them


def test_an_empty_turn_is_asked_for_again_then_begun_afresh_then_given_up() -> None:
    scene = asking().when(TurnCompleted("RESPONSE_REJECTED"))
    assert scene.of(Say) == [NUDGE]
    scene.when(TurnCompleted())
    assert scene.one(RenewSession).handle is None
    assert scene.of(Play)
    scene.when(OPENED, TurnCompleted())
    assert scene.of(HandOff)
    assert flags(scene, EMPTY_TURN) == ["RESPONSE_REJECTED, 1 in a row", "no sound, 2 in a row", "no sound, 3 in a row"]


def test_an_answer_after_an_empty_turn_starts_the_count_anew() -> None:
    scene = asking().when(TurnCompleted())
    scene.assistant_says("It is on its way.", ms=600).wait(2.0)
    scene.caller_says("And the other?").when(TurnCompleted())
    assert scene.of(Say)
    assert not scene.ever(RenewSession)


NOT_EMPTY: dict[str, tuple[Event, ...]] = {
    "nobody waits": (TurnCompleted(),),
    "a tool": (ToolCalled("a", "look_up_order"), TurnCompleted()),
    "interrupted": (SpeechStarted(), SpeechEnded(300, 100), AssistantInterrupted(), TurnCompleted()),
}


@pytest.mark.parametrize("what", NOT_EMPTY)
def test_a_turn_that_has_its_reason_to_be_empty_is_left_alone(what: str) -> None:
    scene = greeted() if what == "nobody waits" else asking()
    scene.when(*NOT_EMPTY[what])
    assert not flags(scene, EMPTY_TURN)


def test_the_end_of_a_turn_that_sounded_is_not_empty_because_it_comes_after_the_callers_next_word() -> None:
    scene = asking().assistant_says("Is it the blue one?", ms=800, complete=False).wait(1.0)
    scene.when(SpeechStarted()).wait(0.3).when(SpeechEnded(250, 50), TurnCompleted())
    assert not flags(scene, EMPTY_TURN)


def test_a_call_that_ends_meanwhile_has_one_end() -> None:
    scene = asking(NO_REPRESENTATIVE).wait(30.0)
    assert len(scene.ever(RecordEnd)) == 1


def test_a_house_that_stood_still_takes_one_step_at_a_time() -> None:
    scene = asking().stall(60.0).wait(1.0)
    assert scene.ever(Say).count(NUDGE) == 1
    assert not scene.ever(RenewSession)
