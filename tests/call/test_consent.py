"""Being recorded: told and staying on, asked and saying yes, refusing at any time; and what is never kept."""

from dataclasses import replace

import pytest

from app.call.commands import AnswerTool, RecordConsent, Say
from app.call.events import (
    AssistantAudio,
    AssistantInterrupted,
    GenerationCompleted,
    GreetingFound,
    KeyPressed,
    SessionOpened,
    SpeechEnded,
    SpeechStarted,
    ToolCalled,
    Transcribed,
    TurnCompleted,
)
from app.call.rules import Rules
from tests.playbook import RULES, STARTED, Scene, sound

NOTICE, QUESTION = "This call is recorded.", "May we record this call?"
PHRASES = {**RULES.phrases, "recording_notice": NOTICE, "recording_question": QUESTION}
TOLD = replace(
    RULES,
    recording="notice",
    phrases=PHRASES,
    greeting=f"{NOTICE} Hello, this is the assistant.",
    greeting_cached=True,
    tools=(*RULES.tools, "allow_recording"),
)
ASKED = replace(TOLD, recording="ask", greeting=f"Hello, this is the assistant. {QUESTION}")


def ringing(rules: Rules) -> Scene:
    return Scene(rules).when(STARTED, GreetingFound(sound(4_000))).wait(0.2)


def greeted(rules: Rules) -> Scene:
    return ringing(rules).when(SessionOpened(200)).wait(5.0)


def says(scene: Scene, words: str) -> Scene:
    return scene.when(SpeechStarted()).wait(1.0).when(SpeechEnded(600, 400), Transcribed("caller", words))


def answer(scene: Scene) -> str:
    return str(scene.one(AnswerTool).response["message"])


# ---- told


def test_who_has_heard_the_notice_to_its_end_is_recorded_from_then_on() -> None:
    (consent,) = greeted(TOLD).ever(RecordConsent)
    assert (consent.answer, consent.how, consent.language, consent.text) == ("yes", "notice", "en-US", NOTICE)
    assert consent.at_s == pytest.approx(4.0, abs=0.2)


def test_a_notice_that_was_heard_counts_though_the_greeting_was_cut_after_it() -> None:
    scene = ringing(TOLD).when(SessionOpened(200)).wait(2.8)
    scene.when(SpeechStarted()).wait(1.0).when(AssistantInterrupted()).wait(3.0)
    assert [consent.how for consent in scene.ever(RecordConsent)] == ["notice"]


def test_a_notice_that_was_talked_over_is_said_again_by_itself() -> None:
    scene = ringing(TOLD).when(SessionOpened(200)).wait(0.4)
    scene.when(SpeechStarted()).wait(1.0).when(AssistantInterrupted())
    scene.when(SpeechEnded(900, 400), Transcribed("caller", "where is my order")).wait(0.5)
    scene.when(Transcribed("assistant", "It is on its way."), AssistantAudio(sound(1_000)), GenerationCompleted())
    scene.when(TurnCompleted()).wait(3.0)
    assert scene.ever(RecordConsent) == []
    assert [say for say in scene.ever(Say) if NOTICE in say.instruction] != []
    scene.when(Transcribed("assistant", NOTICE), AssistantAudio(sound(1_500)), GenerationCompleted(), TurnCompleted())
    scene.wait(3.0)
    assert [consent.how for consent in scene.ever(RecordConsent)] == ["notice"]


def test_it_is_not_said_again_for_ever() -> None:
    scene = ringing(TOLD).when(SessionOpened(200)).wait(0.4)
    scene.when(SpeechStarted()).wait(1.0).when(AssistantInterrupted(), SpeechEnded(900, 400))
    for _ in range(5):
        scene.when(Transcribed("assistant", "Yes?"), AssistantAudio(sound(500)), GenerationCompleted(), TurnCompleted())
        scene.wait(2.0)
    assert len([say for say in scene.ever(Say) if NOTICE in say.instruction]) == 2
    assert scene.ever(RecordConsent) == []


def test_who_was_told_may_still_refuse_and_that_stands() -> None:
    scene = greeted(TOLD)
    says(scene, "I do not want to be recorded").when(ToolCalled("t1", "allow_recording", {"allowed": False}))
    assert [(consent.answer, consent.how) for consent in scene.of(RecordConsent)] == [("no", "spoken")]
    assert "nothing of it is kept" in answer(scene)
    scene.when(ToolCalled("t2", "allow_recording", {"allowed": True}))
    assert scene.of(RecordConsent) == []
    assert "unrecorded" in answer(scene)


# ---- asked


def test_who_was_asked_and_says_nothing_of_it_is_not_recorded() -> None:
    scene = greeted(ASKED)
    says(scene, "where is my order").wait(5.0)
    assert scene.ever(RecordConsent) == []


@pytest.mark.parametrize(("allowed", "said"), [(True, "yes"), ("true", "yes"), (False, "no"), (None, "no")])
def test_the_model_notes_what_the_caller_says(allowed: object, said: str) -> None:
    scene = greeted(ASKED)
    says(scene, "hm").when(ToolCalled("t1", "allow_recording", {"allowed": allowed}))
    (consent,) = scene.of(RecordConsent)
    assert (consent.answer, consent.how, consent.text) == (said, "spoken", QUESTION)


def test_the_model_cannot_answer_for_a_caller_who_has_said_nothing() -> None:
    scene = greeted(ASKED).when(ToolCalled("t1", "allow_recording", {"allowed": True}))
    assert scene.of(RecordConsent) == []
    assert "not answered yet" in answer(scene)


@pytest.mark.parametrize(("key", "said"), [("1", "yes"), ("2", "no")])
def test_a_key_answers_also_while_the_question_is_being_asked(key: str, said: str) -> None:
    scene = ringing(ASKED).wait(2.0).when(KeyPressed(key))
    (consent,) = scene.of(RecordConsent)
    assert (consent.answer, consent.how) == (said, "key")
    scene.when(SessionOpened(200)).wait(5.0)
    assert any(f"pressed {key}" in say.instruction for say in scene.ever(Say))


def test_later_or_other_keys_are_what_they_always_are() -> None:
    scene = greeted(ASKED).when(KeyPressed("7"))
    assert scene.of(RecordConsent) == []
    scene.wait(100.0).when(KeyPressed("1"))
    assert scene.ever(RecordConsent) == []


# ---- not recorded at all


def test_on_a_line_that_does_not_record_nobody_is_told_or_asked() -> None:
    rules = replace(TOLD, recording="off", greeting="Hello, this is the assistant.")
    scene = says(greeted(rules), "hm").when(ToolCalled("t1", "allow_recording", {"allowed": True}))
    assert "not recorded" in answer(scene)
    scene.wait(3.0).when(KeyPressed("1"))
    assert scene.ever(RecordConsent) == []


def test_who_has_agreed_on_the_page_they_phone_from_is_recorded_from_the_start_and_may_still_say_no() -> None:
    scene = Scene(replace(TOLD, recording="agreed", greeting="Hello.")).when(STARTED)
    (consent,) = scene.ever(RecordConsent)
    assert (consent.answer, consent.how, consent.at_s, consent.text) == ("yes", "page", 0.0, "")

    scene.when(GreetingFound(sound(4_000)), SessionOpened(200)).wait(5.0)
    says(scene, "do not record me").when(ToolCalled("t1", "allow_recording", {"allowed": False}))

    assert [one.answer for one in scene.ever(RecordConsent)] == ["yes", "no"]
