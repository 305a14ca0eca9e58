"""A phrase whose sound was made earlier is heard without a session, in the language the call is led in."""

from dataclasses import replace

from app.call.commands import Play
from app.call.events import CallerHungUp, DeadlinePassed, PhraseFound, SessionOpened
from app.call.speaking import play_phrase
from tests.playbook import RULES, STARTED, Scene, sound

FOUND = PhraseFound("one_moment", "en-US", sound(800))


def played(scene: Scene, name: str) -> bool:
    """Have the call play a phrase, as its waits do."""
    memory = scene.call._memory
    memory.out = []
    played = play_phrase(memory, name, scene.now)
    scene.done = list(memory.out)
    return played


def test_a_phrase_at_hand_is_heard_and_recorded_as_a_turn_of_its_own() -> None:
    scene = Scene().when(STARTED, FOUND, SessionOpened(200))
    assert played(scene, "one_moment")
    scene.when(DeadlinePassed())
    assert sum(play.audio.ms for play in scene.of(Play)) == 800
    scene.wait(3.0)
    scene.when(CallerHungUp())
    assert scene.turns == [("assistant", "One moment.", "")]


def test_a_phrase_that_is_not_at_hand_is_not_heard() -> None:
    scene = Scene().when(STARTED, SessionOpened(200))
    assert not played(scene, "one_moment")
    assert scene.when(DeadlinePassed()).of(Play) == []


def test_a_phrase_of_another_language_than_the_calls_is_not_heard() -> None:
    scene = Scene(replace(RULES, languages=("en-US", "es-US"))).when(STARTED, replace(FOUND, language="es-US"))
    assert not played(scene, "one_moment")
