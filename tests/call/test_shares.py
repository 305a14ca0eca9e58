"""What a caller's wait is made of, and who spoke over whom, as the records have it."""

from app.call.commands import RecordTurn
from app.call.events import AssistantInterrupted, SpeechEnded, SpeechStarted, Transcribed, TurnCompleted
from tests.playbook import Scene, greeted

WORDS = "It is on its way and comes tomorrow."


def asked(*, splits_gaps: bool = True, end_of_speech_ms: int = 0) -> Scene:
    """The caller has just been heard to be done; that took our detector 450 ms."""
    scene = greeted(splits_gaps=splits_gaps, end_of_speech_ms=end_of_speech_ms)
    return scene.caller_says("Where is my order?")


def answer(scene: Scene) -> RecordTurn:
    """The assistant's turn on record after the greeting."""
    return [turn for turn in scene.ever(RecordTurn) if turn.side == "assistant"][1]


def test_a_wait_is_split_into_what_the_model_took_what_we_took_and_the_way_to_the_ear() -> None:
    scene = asked()
    scene.ear.marks_take_s = 0.1
    scene.wait(0.35).assistant_says(WORDS).wait(4.0)
    turn = answer(scene)
    assert (turn.model_ms, turn.gap_ms, turn.told_ms) == (800, 800, None)
    assert turn.played_ms == 900


def test_the_time_until_the_model_is_told_that_the_caller_is_done_is_ours() -> None:
    scene = asked(end_of_speech_ms=600).wait(0.5).assistant_says(WORDS).wait(4.0)
    turn = answer(scene)
    assert (turn.told_ms, turn.model_ms, turn.gap_ms) == (600, 950, 950)


def test_an_answer_quicker_than_our_detector_has_its_parts_all_the_same() -> None:
    scene = greeted(splits_gaps=True)
    scene.when(SpeechStarted()).wait(1.0).when(Transcribed("caller", "Where is it?")).wait(0.2)
    scene.assistant_says(WORDS, ms=3_000).wait(0.25)
    scene.when(SpeechEnded(1_000, 450)).wait(5.0)
    turn = answer(scene)
    assert (turn.model_ms, turn.gap_ms, turn.played_ms) == (200, 200, 200)
    assert turn.over_ms is None


def test_an_assistant_that_begins_while_the_caller_speaks_is_on_record() -> None:
    scene = greeted(splits_gaps=True)
    scene.when(SpeechStarted()).wait(1.0).when(Transcribed("caller", "Where is ")).assistant_says(WORDS, ms=6_000)
    scene.wait(0.5).when(Transcribed("caller", "it?")).wait(0.15).when(SpeechEnded(1_200, 450)).wait(8.0)
    assert answer(scene).over_ms == 200


def test_how_long_the_caller_spoke_until_the_sound_stopped_is_on_record() -> None:
    scene = asked().assistant_says(WORDS, ms=8_000, complete=False).wait(1.0)
    scene.when(SpeechStarted()).wait(0.4).when(AssistantInterrupted(), TurnCompleted()).wait(2.0)
    assert answer(scene).stopped_ms == 400
    assert answer(scene).over_ms is None


def test_the_greeting_is_no_answer() -> None:
    greeting = greeted(splits_gaps=True).wait(1.0).ever(RecordTurn)[0]
    assert (greeting.gap_ms, greeting.model_ms, greeting.told_ms, greeting.played_ms) == (None, None, None, None)


def test_journals_of_before_have_the_gap_alone() -> None:
    turn = answer(asked(splits_gaps=False).wait(0.35).assistant_says(WORDS).wait(4.0))
    assert turn.gap_ms == 800
    assert (turn.model_ms, turn.told_ms, turn.played_ms, turn.over_ms, turn.stopped_ms) == (None,) * 5
