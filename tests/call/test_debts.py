"""No word is lost when a session is: the caller's is heard or answered by the next, the assistant's goes on."""

import pytest

from app.call.commands import Listen, PauseListening, RecordTurn, RenewSession, Say
from app.call.events import (
    AssistantAudio,
    CallerHungUp,
    Event,
    GenerationCompleted,
    KeyPressed,
    PhraseFound,
    SessionEnding,
    SessionLost,
    SessionOpened,
    SessionRenewable,
    SpeechEnded,
    SpeechStarted,
    TextReceived,
    ToolCalled,
    ToolReturned,
    Transcribed,
    TurnCompleted,
)
from app.call.sessions import HOLD_WORD_S
from tests.call.test_listening import HYBRID, numbered, numbers
from tests.playbook import STARTED, Scene, frame, greeted, sound

RESUMED = SessionOpened(200, resumed=True)
OPENED = SessionOpened(200)
LOST = SessionLost(1006)
ASKED_AGAIN = Say('Say to the caller exactly: "Sorry, I lost you for a moment. Could you repeat that?"')


def speaking(words: str = "") -> Scene:
    """The caller is in the middle of a question: frames 0 to 99, of which speech is from about 60 on."""
    scene = greeted(HYBRID).when(SessionRenewable("h"), *numbered(65), SpeechStarted(), *numbered(35, 65))
    return scene.when(Transcribed("caller", words)) if words else scene


def unanswered(words: str) -> Say:
    return Say(f'The caller said, and has not been answered yet: "{words}"')


# ---- the caller's words


@pytest.mark.parametrize("next_session", [RESUMED, OPENED])
def test_a_question_cut_in_its_middle_is_heard_whole_by_the_next_session(next_session: SessionOpened) -> None:
    scene = speaking("Where is")
    scene.when(LOST, *numbered(30, 100)).then(RenewSession)
    scene.when(next_session)
    assert numbers(scene.done) == list(range(40, 130))
    scene.when(*numbered(10, 130))
    assert numbers(scene.done) == list(range(130, 140))


def test_a_fresh_session_is_not_told_half_the_words_it_is_about_to_hear() -> None:
    scene = greeted(HYBRID).when(*numbered(65), SpeechStarted(), *numbered(35, 65))
    scene.when(Transcribed("caller", "Where is"), LOST)
    assert scene.one(RenewSession).story == "You: Hello, this is the assistant."


def test_words_heard_twice_are_recorded_once() -> None:
    scene = speaking("Where is").when(LOST).when(RESUMED)
    scene.when(Transcribed("caller", "Where is my order?"), SpeechEnded(2_000, 450))
    scene.assistant_says("It was shipped.", ms=600).wait(2.0)
    assert [turn for turn in scene.turns if turn[0] == "caller"] == [("caller", "Where is my order?", "")]


def test_half_a_question_is_recorded_though_its_caller_hangs_up_before_it_is_heard_again() -> None:
    scene = speaking("Where is").when(LOST, CallerHungUp())
    assert scene.turns[-1] == ("caller", "Where is", "")


def test_a_question_that_ended_meanwhile_is_answered_at_once() -> None:
    scene = speaking().when(LOST, *numbered(30, 100), SpeechEnded(1_500, 450)).wait(1.0)
    scene.when(RESUMED)
    assert numbers(scene.done)[-1] == 129
    assert isinstance(scene.done[-1], PauseListening)


def test_sound_that_no_session_has_answered_yet_is_heard_by_the_one_after_the_next_too() -> None:
    scene = speaking().when(LOST).when(RESUMED).when(LOST).when(RESUMED)
    assert numbers(scene.done) == list(range(40, 100))


def test_words_that_are_known_whole_are_answered_without_being_heard_again() -> None:
    scene = greeted(HYBRID).caller_says("Where is my order?").wait(0.5).when(*numbered(5))
    scene.when(LOST).when(RESUMED).then(unanswered("Where is my order?"))
    assert not numbers(scene.done)


def test_a_renewal_that_cannot_wait_loses_no_word_either() -> None:
    scene = speaking("Where is").when(SessionEnding(0.0)).then(RenewSession("h"))
    scene.when(*numbered(10, 100)).when(RESUMED)
    assert numbers(scene.done) == list(range(40, 110))


def test_of_a_speech_longer_than_is_kept_the_end_is_heard_again() -> None:
    scene = greeted().when(SpeechStarted(), *numbered(700), LOST).when(RESUMED)
    assert numbers(scene.done) == list(range(200, 700))


def test_what_was_answered_is_not_heard_again() -> None:
    scene = speaking().when(SpeechEnded(500, 450), Transcribed("caller", "Where is it?"))
    scene.assistant_says("It was shipped.", ms=600).wait(2.0)
    scene.when(*numbered(10, 100), LOST).when(RESUMED).then()
    assert not numbers(scene.done)


def test_words_before_any_greeting_are_heard_again_after_it_is_owed() -> None:
    scene = Scene(HYBRID).when(STARTED, OPENED).wait(4.0)
    scene.when(*numbered(30), SpeechStarted(), *numbered(30, 30), LOST).when(OPENED)
    assert numbers(scene.done) == list(range(5, 60))
    assert "Greet the caller now" in scene.one(Say).instruction


# ---- 1007


def test_after_1007_the_sound_is_never_sent_again_and_its_words_are_told_as_far_as_they_are_known() -> None:
    scene = speaking("Where is my").when(SessionLost(1007, "Request contains an invalid argument."))
    assert scene.one(RenewSession).handle is None
    scene.when(OPENED).then(unanswered("Where is my"))
    assert not numbers(scene.done)


def test_after_1007_without_a_word_known_the_caller_is_asked_to_repeat() -> None:
    scene = speaking().when(SpeechEnded(500, 450), SessionLost(1007)).when(OPENED)
    assert ASKED_AGAIN in scene.done
    assert not numbers(scene.done)


def test_1007_at_the_renewal_drops_what_was_kept_for_it() -> None:
    scene = speaking("Where is").when(LOST, *numbered(10, 100)).when(SessionLost(1007)).when(*numbered(3, 110))
    scene.when(OPENED).then(unanswered("Where is"))
    assert numbers(scene.done) == [110, 111, 112]


# ---- the assistant's words


def test_an_answer_cut_off_goes_on_from_where_the_caller_heard_it() -> None:
    scene = greeted().caller_says("Where is it?")
    scene.assistant_says("It was shipped on Monday and", ms=2_000, complete=False).wait(0.3)
    scene.when(LOST).when(RESUMED)
    told = scene.one(Say).instruction
    assert '"It was shipped on Monday and"' in told
    assert "Go on from there" in told


def test_an_answer_without_words_goes_on_by_its_length() -> None:
    scene = greeted().when(AssistantAudio(sound(2_000)), LOST).when(RESUMED)
    assert "heard 2 s" in scene.one(Say).instruction


def test_the_rest_is_asked_for_again_when_that_session_is_lost_too_and_not_once_it_is_spoken() -> None:
    scene = greeted().assistant_says("It was shipped on Monday and", ms=1_000, complete=False)
    scene.when(LOST).when(RESUMED).wait(0.2).when(LOST).when(RESUMED)
    assert "Go on from there" in scene.one(Say).instruction
    scene.assistant_says("it will be there on Friday.", ms=1_000).wait(3.0)
    scene.when(LOST).when(RESUMED).then()


def test_who_breaks_into_the_cut_off_answer_does_not_want_the_rest() -> None:
    scene = greeted(HYBRID).assistant_says("It was shipped on Monday and", ms=4_000, complete=False).wait(0.5)
    scene.when(LOST, *numbered(30), SpeechStarted(), *numbered(30, 30)).wait(1.0)
    scene.when(RESUMED)
    assert not scene.of(Say)
    assert scene.of(Listen)


def test_the_words_before_a_tool_are_not_gone_on_with() -> None:
    greeted().when(AssistantAudio(sound(400)), ToolCalled("1", "look_up_order"), LOST).when(RESUMED).then()


# ---- what tools did


def test_a_fresh_session_is_told_what_tools_have_done_and_what_is_begun() -> None:
    scene = greeted().caller_says("Where is order 1047?")
    scene.when(ToolCalled("1", "look_up_order", {"number": "1047"}))
    scene.when(ToolReturned("1", {"status": "ok", "message": "It was shipped."}))
    scene.assistant_says("It was shipped.", ms=600).wait(2.0)
    scene.when(ToolCalled("2", "open_ticket", {"about": "box"}), LOST)
    story = scene.one(RenewSession).story
    assert "- look up order (1047): It was shipped." in story
    assert "- open ticket (box): begun and not finished" in story


def test_what_a_refusal_told_the_model_to_do_next_is_not_in_the_story() -> None:
    scene = greeted().when(ToolCalled("1", "look_up_order"))
    scene.when(ToolReturned("1", {"status": "refused", "message": "Use open_ticket first."}, "refused"), LOST)
    assert "- look up order (): not done (refused)" in scene.one(RenewSession).story
    assert "open_ticket" not in scene.one(RenewSession).story


def test_a_resumed_session_is_told_no_story() -> None:
    scene = greeted().when(SessionRenewable("h"), ToolCalled("1", "look_up_order"), LOST)
    assert scene.one(RenewSession) == RenewSession("h", "")


# ---- a word meanwhile


@pytest.mark.parametrize("owed", [(), (SpeechStarted(), frame(), SpeechEnded(500, 450))])
def test_only_who_waits_for_an_answer_hears_that_it_takes_a_moment(owed: tuple[Event, ...]) -> None:
    scene = greeted().when(PhraseFound("one_moment", "en-US", sound(800)), *owed, LOST)
    scene.wait(HOLD_WORD_S - 0.1)
    assert not any(turn.heard == "One moment." for turn in scene.ever(RecordTurn))
    scene.wait(5.0)
    assert [turn.heard for turn in scene.ever(RecordTurn)].count("One moment.") == bool(owed)


def test_a_word_meanwhile_is_no_answer_to_the_question() -> None:
    scene = speaking("Where is").when(SpeechEnded(700, 450), PhraseFound("one_moment", "en-US", sound(800)), LOST)
    scene.wait(5.0).when(RESUMED)
    assert numbers(scene.done) == list(range(40, 100))
    scene.when(Transcribed("caller", "Where is it?"))
    scene.assistant_says("It was shipped.", ms=600).wait(2.0)
    assert ("caller", "Where is it?", "") in scene.turns


def test_a_whole_answer_is_played_to_its_end_and_nothing_is_owed() -> None:
    scene = greeted().caller_says("Where is it?")
    scene.assistant_says("It was shipped.", ms=2_000, complete=False)
    scene.when(GenerationCompleted(), TurnCompleted(), LOST).when(RESUMED).then()


# ---- what the caller wrote


def test_keys_and_texts_that_were_not_spoken_of_are_told_to_the_next_session() -> None:
    scene = greeted().when(TextReceived("1047")).when(LOST).when(RESUMED)
    assert scene.one(Say).instruction == 'The caller sent a text message: "1047"'
    scene.assistant_says("Thank you.", ms=600).wait(2.0).when(LOST).when(RESUMED).then()
    scene.when(KeyPressed("7"), KeyPressed("#")).when(LOST).when(RESUMED)
    assert scene.one(Say).instruction == 'The caller pressed keys on the phone: "7#".'
