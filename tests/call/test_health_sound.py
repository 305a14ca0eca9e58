"""Sound of the model that is no speech: the caller hears no more of it, a word of ours, and the answer."""

import pytest

from app.audio.soundness import Flaw
from app.call import flags
from app.call.commands import ClearPlayout, HandOff, Play, RenewSession, Say
from app.call.events import (
    AssistantAudio,
    Event,
    GenerationCompleted,
    PhraseFound,
    SessionOpened,
    ToolCalled,
    ToolReturned,
    Transcribed,
    TurnCompleted,
)
from tests.playbook import RULES, STARTED, Scene, greeted, sound, story

OPENED = SessionOpened(200)
ONE_MOMENT = PhraseFound("one_moment", "en-US", sound(1_200))


def messages(ms: int, flaw: Flaw = "") -> list[Event]:
    return [AssistantAudio(sound(240), flaw)] * round(ms / 240)


def asked() -> Scene:
    return greeted().when(ONE_MOMENT).caller_says("Where is my order?")


SPOILT: dict[str, tuple[Flaw, int, str]] = {
    flags.SILENT_SOUND: ("silence", 1_680, "1.7 s"),
    flags.TONE: ("tone", 2_160, "2.2 s"),
}


@pytest.mark.parametrize("name", SPOILT)
def test_it_is_cleared_a_word_is_heard_and_a_fresh_session_answers(name: str) -> None:
    flaw, ms, detail = SPOILT[name]
    scene = asked().when(*messages(ms, flaw))
    assert scene.unwell == [(name, detail)]
    assert scene.of(ClearPlayout)
    assert sum(play.audio.ms for play in scene.of(Play)) > 900  # "one moment"
    assert scene.one(RenewSession).handle is None
    assert "Caller: Where is my order?" in scene.one(RenewSession).story
    scene.wait(0.5).when(OPENED)
    assert 'yet: "Where is my order?"' in scene.one(Say).instruction
    scene.assistant_says("It is on its way.", ms=800).wait(3.0)
    assert [heard for side, heard, _ in scene.turns if side == "assistant" and heard][1:] == [
        "One moment.",
        "It is on its way.",
    ]


@pytest.mark.parametrize(("flaw", "ms"), [("silence", 1_200), ("tone", 1_680)])
def test_a_pause_or_a_held_note_between_words_is_speech(flaw: Flaw, ms: int) -> None:
    scene = asked()
    for _ in range(4):
        scene.when(*messages(960), *messages(ms, flaw), Transcribed("assistant", "and so on ")).wait(2.0)
    assert not scene.unwell


def test_silence_at_the_end_of_a_turn_and_at_the_beginning_of_the_next_are_not_one() -> None:
    scene = asked().when(*messages(480), *messages(960, "silence"), TurnCompleted(), *messages(960, "silence"))
    assert not scene.unwell


def test_words_whose_sound_was_silence_were_not_heard() -> None:
    scene = asked().when(Transcribed("assistant", "It is on its way."), *messages(1_680, "silence"))
    scene.wait(2.0)
    assert ("assistant", "", "It is on its way.") in scene.turns


def test_a_silent_answer_to_a_tool_is_still_owed() -> None:
    scene = asked().when(ToolCalled("a", "look_up_order"), ToolReturned("a", {"status": "ok", "message": "Shipped."}))
    for message in messages(1_680, "silence"):
        scene.when(message).wait(0.1)
    scene.when(OPENED)
    assert "Shipped." in scene.one(Say).instruction


def test_a_greeting_that_is_silent_is_said_by_the_next_session() -> None:
    scene = Scene().when(STARTED, ONE_MOMENT, OPENED, *messages(1_680, "silence"))
    scene.when(OPENED)
    assert scene.one(Say).instruction == f'Greet the caller now. Say exactly: "{RULES.greeting}"'
    scene.assistant_says(RULES.greeting, ms=1_600).wait(4.0)
    assert scene.turns[-1] == ("assistant", RULES.greeting, "")


def test_silence_is_no_answer() -> None:
    scene = asked().when(*messages(960, "silence"), TurnCompleted())
    assert [name for name, _ in scene.unwell] == [flags.EMPTY_TURN]


# ---- sound without words


def test_sound_that_goes_on_while_its_words_have_stopped_is_replaced() -> None:
    scene = asked().when(Transcribed("assistant", "It is on its "), *messages(4_800)).wait(2.0)
    assert not scene.unwell
    scene.when(*messages(3_600))
    assert scene.unwell == [(flags.UNWORDED_SOUND, "8.2 s")]
    assert scene.one(RenewSession).handle is None


def test_a_long_turn_with_words_is_not() -> None:
    scene = asked().when(*story(60_000)).wait(30.0)
    scene.when(GenerationCompleted(), TurnCompleted()).wait(32.0)
    assert not scene.unwell


def test_nor_one_of_a_session_that_never_puts_its_sound_into_words() -> None:
    scene = greeted()
    scene.call._memory.health.worded = False
    for _ in range(10):
        scene.when(*messages(2_400)).wait(2.4)
    assert not scene.unwell


# ---- when it does not help


def test_a_third_session_that_is_no_better_is_given_up() -> None:
    scene = asked()
    for _ in range(3):
        scene.when(*messages(1_680, "silence"), OPENED) if not scene.of(HandOff) else None
    assert scene.ever(HandOff)
    assert len(scene.ever(RenewSession)) == 2
