"""Turns in words: merged, in order, heard and unheard apart, none lost."""

import pytest

from app.call.commands import RecordTurn, RenewSession
from app.call.events import (
    AssistantAudio,
    AssistantInterrupted,
    CallerHungUp,
    GenerationCompleted,
    SessionLost,
    SessionOpened,
    SpeechEnded,
    SpeechStarted,
    ToolCalled,
    ToolReturned,
    Transcribed,
    TurnCompleted,
)
from app.call.turns import AssistantTurn
from tests.playbook import STARTED, Scene, greeted, sound


def said(*fragments: str) -> list[Transcribed]:
    return [Transcribed("assistant", fragment) for fragment in fragments]


def spoken(ms: int) -> list[AssistantAudio]:
    return [AssistantAudio(sound(200))] * (ms // 200)


def turn_of(text: str, generated_ms: float) -> AssistantTurn:
    return AssistantTurn(1, 0.0, generated_ms=generated_ms, text=text)


# ---- words heard


@pytest.mark.parametrize(
    ("heard_ms", "heard", "unheard"),
    [
        (0, "", "Where is the order now?"),
        (100, "", "Where is the order now?"),
        (400, "Where is", "the order now?"),
        (599, "Where is the", "order now?"),
        (980, "Where is the order now?", ""),
        (1_000, "Where is the order now?", ""),
    ],
)
def test_words_are_parted_where_the_sound_was_cut(heard_ms: float, heard: str, unheard: str) -> None:
    assert turn_of("Where is  the order now? ", 1_000).split(heard_ms) == (heard, unheard)


@pytest.mark.parametrize(
    ("text", "heard", "unheard"),
    [
        ("ご注文は月曜日に発送", "ご注文は月", "曜日に発送"),
        ("สวัสดีครับผม", "สวัสดี", "ครับผม"),
        ("주문은 월요일에 발송", "주문은", "월요일에 발송"),
    ],
)
def test_words_are_parted_in_scripts_without_spaces_too(text: str, heard: str, unheard: str) -> None:
    assert turn_of(text, 1_000).split(500) == (heard, unheard)


def test_words_without_sound_were_not_heard() -> None:
    assert turn_of("Silence.", 0).split(0) == ("", "Silence.")
    assert turn_of("", 1_000).split(500) == ("", "")


# ---- words and sound in any order


@pytest.mark.parametrize(
    "events",
    [
        [*said("It was ", "shipped."), *spoken(800)],
        [*spoken(800), *said("It was ", "shipped.")],
        [*spoken(400), *said("It was "), *spoken(400), *said("shipped.")],
    ],
)
def test_words_belong_to_their_sound_whichever_comes_first(events: list[Transcribed | AssistantAudio]) -> None:
    scene = greeted()
    scene.when(*events, GenerationCompleted(), TurnCompleted()).wait(2.0)
    assert scene.turns[1:] == [("assistant", "It was shipped.", "")]


def test_words_that_come_late_while_the_turn_is_heard_are_its_own() -> None:
    scene = greeted()
    scene.when(*said("It was"), *spoken(2_000), GenerationCompleted(), TurnCompleted()).wait(0.5)
    scene.when(*said(" shipped.")).wait(4.0)
    assert scene.turns[1:] == [("assistant", "It was shipped.", "")]


def test_words_that_come_late_after_an_interruption_are_those_of_the_cut_turn() -> None:
    scene = greeted()
    scene.when(*said("It was shipped "), *spoken(4_000)).wait(1.9)
    scene.when(SpeechStarted(), AssistantInterrupted(), *said("on Monday"))
    scene.when(TurnCompleted()).wait(0.1)
    scene.when(*said(" by post.")).wait(2.5)
    assert scene.turns[1:] == [("assistant", "It was shipped", "on Monday by post.")]


def test_words_ahead_of_the_next_turns_sound_are_not_given_to_the_turn_before() -> None:
    scene = greeted()
    scene.when(*said("One moment."), *spoken(1_000), GenerationCompleted(), TurnCompleted()).wait(0.9)
    scene.when(*said("It was ")).wait(0.1)
    scene.when(*spoken(600), *said("shipped."), GenerationCompleted(), TurnCompleted()).wait(2.0)
    assert scene.turns[1:] == [("assistant", "One moment.", ""), ("assistant", "It was shipped.", "")]


def test_words_of_the_next_turn_right_after_a_cut_are_not_given_to_the_cut_one() -> None:
    scene = greeted()
    scene.when(*said("A long story."), *spoken(4_000)).wait(1.0)
    scene.when(SpeechStarted(), AssistantInterrupted(), TurnCompleted(), *said("You pressed ")).wait(0.2)
    scene.when(SpeechEnded(150, 50), *said("one."), *spoken(800), GenerationCompleted(), TurnCompleted()).wait(2.0)
    assert scene.turns[1:] == [("assistant", "A", "long story."), ("assistant", "You pressed one.", "")]


def test_a_turn_of_words_alone_is_recorded_as_not_heard_and_not_as_interrupted() -> None:
    scene = greeted()
    scene.when(*said("Nobody hears this."), TurnCompleted())
    assert scene.turns[-1] == ("assistant", "", "Nobody hears this.")
    assert not scene.one(RecordTurn).interrupted


def test_words_alone_do_not_count_as_the_first_sound_of_what_else_is_played() -> None:
    scene = greeted()
    scene.when(*spoken(3_000), GenerationCompleted(), TurnCompleted()).wait(0.2)
    scene.caller_says("And?", ms=300)
    scene.when(*said("Wait.")).wait(0.1)
    assert scene.call._memory.transcript.unheard[-1].first_sent_at is None


@pytest.mark.parametrize("blank", [Transcribed("assistant", "", finished=True), Transcribed("caller", "")])
def test_a_fragment_without_words_opens_no_turn(blank: Transcribed) -> None:
    scene = greeted()
    scene.when(blank).nothing()
    scene.when(CallerHungUp())
    assert len(scene.turns) == 1


def test_sound_without_words_is_recorded_all_the_same() -> None:
    scene = greeted()
    scene.when(*spoken(800), GenerationCompleted(), TurnCompleted()).wait(2.0)
    assert scene.turns[-1] == ("assistant", "", "")


# ---- turns that do not end as they should


def test_a_turn_that_is_generated_and_heard_but_never_over_is_recorded() -> None:
    scene = greeted()
    scene.when(*said("It was shipped."), *spoken(800), GenerationCompleted()).wait(3.5)
    assert scene.turns[-1] == ("assistant", "It was shipped.", "")


def test_a_turn_that_is_over_without_a_word_of_its_generation_is_recorded() -> None:
    scene = greeted()
    scene.when(*said("It was shipped."), *spoken(800), TurnCompleted()).wait(2.0)
    assert scene.turns[-1] == ("assistant", "It was shipped.", "")


def test_a_turn_that_just_stops_is_recorded_after_a_while() -> None:
    scene = greeted()
    scene.when(*said("It was"), *spoken(800))
    scene.wait(9.0)
    assert scene.turns[-1] == ("assistant", "It was", "")


# ---- the order of turns


def test_a_question_a_cut_answer_and_the_next_question_stay_three_turns_in_order() -> None:
    scene = greeted()
    scene.caller_says("Where is my order?")
    scene.assistant_says("It was shipped on Monday.", ms=4_000, complete=False).wait(1.0)
    scene.when(SpeechStarted()).wait(0.2)
    scene.when(AssistantInterrupted(), TurnCompleted()).wait(0.8)
    scene.when(Transcribed("caller", "No, the other one."), SpeechEnded(900, 450)).wait(0.3)
    scene.assistant_says("That one is here.", ms=1_000).wait(2.0)
    assert scene.turns[1:] == [
        ("caller", "Where is my order?", ""),
        ("assistant", "It was", "shipped on Monday."),
        ("caller", "No, the other one.", ""),
        ("assistant", "That one is here.", ""),
    ]
    numbers = [turn.number for turn in scene.ever(RecordTurn)]
    assert numbers == sorted(numbers)


def test_the_order_holds_when_our_detector_did_not_hear_the_interruption() -> None:
    scene = greeted()
    scene.when(Transcribed("caller", "Where is it?"))
    scene.assistant_says("It was shipped on Monday.", ms=4_000, complete=False).wait(1.0)
    scene.when(AssistantInterrupted(), TurnCompleted()).wait(0.2)
    scene.when(Transcribed("caller", "No, the other.")).wait(2.0)
    assert [side for side, _, _ in scene.turns] == ["assistant", "caller", "assistant"]


def test_a_word_between_two_turns_in_flight_stands_between_them() -> None:
    scene = greeted()
    scene.assistant_says("One moment.", ms=2_000).wait(0.5)
    scene.when(SpeechStarted()).wait(0.2)
    scene.when(Transcribed("caller", "Okay."), SpeechEnded(100, 100))
    scene.assistant_says("It was shipped.", ms=1_000, complete=False).wait(2.0)
    scene.when(GenerationCompleted(), TurnCompleted()).wait(1.0)
    assert [words for _, words, _ in scene.turns[1:]] == ["One moment.", "Okay.", "It was shipped."]


def test_a_question_with_a_pause_in_it_is_one_turn() -> None:
    scene = greeted()
    scene.caller_says("Where is", ms=600).wait(0.5)
    started_s = scene.now - scene.started_at - 1.55
    scene.caller_says(" my order?", ms=600)
    scene.assistant_says("Here.", ms=600).wait(1.5)
    assert scene.turns[1] == ("caller", "Where is my order?", "")
    assert scene.ever(RecordTurn)[1].started_s == pytest.approx(started_s, abs=0.01)


def test_a_noise_long_before_is_not_the_beginning_of_a_turn() -> None:
    scene = greeted()
    scene.caller_says("", ms=200).wait(4.0)
    started_s = scene.now - scene.started_at
    scene.caller_says("Where is my order?", ms=600)
    scene.when(CallerHungUp())
    assert scene.one(RecordTurn).started_s == pytest.approx(started_s)


def test_words_that_come_after_the_answer_began_are_the_callers_question() -> None:
    scene = greeted()
    scene.when(SpeechStarted()).wait(1.0)
    scene.when(SpeechEnded(550, 450))
    scene.assistant_says("It was shipped.", ms=2_000, complete=False)
    scene.when(Transcribed("caller", "Where is it?")).wait(0.5)
    scene.when(GenerationCompleted(), TurnCompleted()).wait(2.5)
    assert scene.turns[1:] == [("caller", "Where is it?", ""), ("assistant", "It was shipped.", "")]


def test_nothing_is_lost_when_the_caller_hangs_up_in_the_middle() -> None:
    scene = greeted()
    scene.caller_says("Where is my order?")
    scene.assistant_says("It was shipped on Monday.", ms=4_000, complete=False).wait(2.0)
    scene.when(Transcribed("caller", " Oh"), CallerHungUp())
    assert scene.turns[1:] == [
        ("caller", "Where is my order? Oh", ""),
        ("assistant", "It was", "shipped on Monday."),
    ]
    assert scene.of(RecordTurn)[-1].interrupted


# ---- the times of turns


def test_a_turn_ends_when_its_last_sound_was_heard_not_when_the_model_says_so() -> None:
    scene = greeted()
    at_s = scene.now - scene.started_at
    scene.when(*said("It was shipped."), *spoken(1_000), GenerationCompleted()).wait(2.5)
    scene.when(TurnCompleted())
    turn = scene.ever(RecordTurn)[-1]
    assert [turn.started_s, turn.ended_s] == pytest.approx([at_s, at_s + 1.0])


def test_a_cut_turn_ends_when_it_was_cut() -> None:
    scene = greeted()
    at_s = scene.now - scene.started_at
    scene.when(*said("It was shipped."), *spoken(4_000)).wait(1.5)
    scene.when(SpeechStarted(), AssistantInterrupted()).wait(3.0)
    assert scene.ever(RecordTurn)[-1].ended_s == pytest.approx(at_s + 1.5)


def test_the_callers_turn_ends_when_they_stopped_speaking() -> None:
    scene = greeted()
    at_s = scene.now - scene.started_at
    scene.caller_says("Where is it?", ms=1_000)
    scene.assistant_says("It was shipped.", ms=3_000).wait(3.5)
    turn = scene.ever(RecordTurn)[1]
    assert [turn.started_s, turn.ended_s] == pytest.approx([at_s, at_s + 1.0])


# ---- the gap between turns


def gap_of(scene: Scene) -> int | None:
    return scene.wait(4.0).ever(RecordTurn)[-1].gap_ms


def test_the_greeting_has_no_gap_even_if_the_caller_spoke_first() -> None:
    scene = Scene()
    scene.when(STARTED, SessionOpened(200), SpeechStarted()).wait(0.5)
    scene.when(SpeechEnded(50, 450)).wait(0.5)
    scene.assistant_says("Hello.", ms=600)
    assert gap_of(scene) is None


def test_an_answer_quicker_than_our_detector_has_its_gap_and_leaves_no_question_open() -> None:
    scene = greeted()
    scene.when(SpeechStarted()).wait(1.2)  # silent since 1.0
    scene.assistant_says("Yes.", ms=600).wait(0.25)
    scene.when(SpeechEnded(1_000, 450))
    assert gap_of(scene) == 200
    scene.assistant_says("Anything else?", ms=600)
    assert gap_of(scene) is None


def test_a_word_while_the_assistant_speaks_does_not_lengthen_the_gap_of_what_comes_next() -> None:
    scene = greeted()
    scene.caller_says("Where is it?", ms=500)
    scene.assistant_says("Let me look.", ms=3_000).wait(0.2)
    scene.when(SpeechStarted()).wait(0.2)
    scene.when(SpeechEnded(100, 100)).wait(2.7)  # "mhm"; the turn is heard at 3.0
    scene.when(ToolCalled("a", "look_up_order"), ToolReturned("a", {"status": "ok"})).wait(0.4)
    scene.assistant_says("It was shipped.", ms=600)
    assert gap_of(scene) == pytest.approx(500, abs=20)


def test_a_turn_that_follows_the_one_before_without_a_pause_has_no_gap_to_speak_of() -> None:
    scene = greeted()
    scene.caller_says("Where is it?", ms=500)
    scene.assistant_says("Let me look.", ms=1_000).wait(0.3)
    scene.when(SpeechStarted()).wait(0.2)
    scene.when(SpeechEnded(100, 100))
    scene.assistant_says("It was shipped.", ms=600)
    assert gap_of(scene) == 0


# ---- the story for a fresh session


def test_a_fresh_session_is_told_the_turns_of_both_sides_as_they_were_heard() -> None:
    scene = greeted()
    scene.caller_says("Where is it?")
    scene.assistant_says("It was shipped on Monday.", ms=2_000).wait(2.5)
    scene.assistant_says("Anything else I can do?", ms=4_000, complete=False).wait(2.0)
    scene.when(SpeechStarted(), AssistantInterrupted(), TurnCompleted()).wait(1.5)
    assert scene.when(SessionLost(1006)).one(RenewSession).story.splitlines() == [
        "You: Hello, this is the assistant.",
        "Caller: Where is it?",
        "You: It was shipped on Monday.",
        "You: Anything",
    ]


def test_a_fresh_session_is_told_what_is_not_recorded_yet_too() -> None:
    scene = greeted()
    scene.caller_says("Where is my order?")
    scene.assistant_says("It was shipped on Monday.", ms=2_000, complete=False).wait(1.0)
    story = scene.when(SessionLost(1006)).one(RenewSession).story
    assert story == "You: Hello, this is the assistant.\nCaller: Where is my order?\nYou: It was"
