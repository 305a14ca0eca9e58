"""Texts and photos in the middle of a call, and the sources of what the assistant says."""

from app.call.commands import RecordTurn, RunTool, Say, Show
from app.call.events import (
    PhotoReceived,
    SessionLost,
    SessionOpened,
    SourcesFound,
    TextReceived,
    ToolCalled,
)
from app.call.image import Image
from tests.playbook import STARTED, Scene, greeted

PHOTO = Image(b"jpeg", 640, 480)


def test_a_text_is_told_to_the_model_as_the_callers_words_and_recorded_as_their_turn() -> None:
    scene = greeted().when(TextReceived("1047"))
    assert scene.one(Say).instruction == 'The caller sent a text message: "1047"'
    assert (scene.one(RecordTurn).side, scene.one(RecordTurn).heard) == ("caller", "[text message] 1047")


def test_nothing_is_confirmed_by_a_text_or_a_photo_since_a_number_can_be_forged() -> None:
    scene = greeted().caller_says("Send it back.").when(TextReceived("yes"), PhotoReceived(PHOTO, "yes"))
    scene.when(ToolCalled("1", "look_up_order"))
    assert (scene.one(RunTool).turn, scene.one(RunTool).said) == (1, "Send it back.")


def test_what_is_typed_into_a_trial_is_said_as_it_stands_and_is_a_turn_of_its_own() -> None:
    scene = greeted().when(TextReceived("Where is order 1047?", "typed"))
    assert scene.one(Say) == Say("Where is order 1047?")
    scene.when(ToolCalled("1", "look_up_order"))
    assert (scene.one(RunTool).turn, scene.one(RunTool).said) == (1, "Where is order 1047?")


def test_a_text_while_there_is_no_session_is_told_to_the_next() -> None:
    scene = greeted().when(SessionLost(1011), TextReceived("1047"))
    assert not scene.of(Say)
    assert 'text message: "1047"' in scene.when(SessionOpened(200)).one(Say).instruction


def test_a_text_before_the_greeting_is_kept_for_the_first_session() -> None:
    scene = Scene().when(STARTED, TextReceived("1047"), SessionOpened(200))
    assert 'text message: "1047"' in scene.one(Say).instruction


def test_a_photo_is_shown_and_asked_about() -> None:
    scene = greeted().when(PhotoReceived(PHOTO, "this part"))
    assert scene.of(Show) == [Show(PHOTO)]
    assert 'sent a photo with the words "this part"' in scene.one(Say).instruction


def test_photos_without_a_session_wait_for_the_next_the_newest_five() -> None:
    scene = greeted().when(SessionLost(1011))
    photos = [Image(b"x", 1, height) for height in range(7)]
    scene.when(*(PhotoReceived(photo) for photo in photos)).then(*[RecordTurn] * 7)
    scene.when(SessionOpened(200))
    assert [show.image for show in scene.of(Show)] == photos[2:]


def test_a_long_text_is_cut_to_what_a_message_may_have() -> None:
    scene = greeted().when(TextReceived("x" * 5_000))
    assert len(scene.one(Say).instruction) < 1_700


def test_a_text_breaks_the_silence() -> None:
    scene = greeted().wait(9.0).when(TextReceived("hello"))
    assert not scene.wait(3.0).of(Say)


def test_sources_are_kept_with_the_turn_they_are_of() -> None:
    source = {"title": "Weather", "uri": "https://example.com/weather"}
    scene = greeted().caller_says("Will it rain?")
    scene.assistant_says("It will be dry.", ms=600, complete=False)
    scene.when(SourcesFound((source,)), SourcesFound((source,)))
    scene.assistant_says("", ms=200).wait(3.0)
    turns = scene.ever(RecordTurn)
    assert [turn.sources for turn in turns] == [(), (), (source,)]
