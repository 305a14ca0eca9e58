"""A glance at a call says how it stands, and changes nothing."""

from app.call.events import SessionLost, SessionOpened, SpeechStarted, ToolCalled, Transcribed
from tests.playbook import STARTED, Scene, greeted


def test_a_call_that_has_just_begun_has_no_session_yet() -> None:
    scene = Scene().when(STARTED).wait(0.5)
    glance = scene.call.glance(scene.now)
    assert (glance.state, glance.age_s, glance.sessions) == ("connecting", 0.5, 0)


def test_it_has_the_words_of_turns_that_go_on_and_of_those_on_record() -> None:
    scene = greeted()
    scene.caller_says("Where is my order?")
    scene.assistant_says("It is on its way.", complete=False)
    glance = scene.call.glance(scene.now)
    assert glance.story == ("You: Hello, this is the assistant.",)
    assert glance.caller == "Where is my order?"
    assert glance.assistant == "It is on its way."
    assert glance.speaking == "assistant"


def test_it_tells_for_how_long_nobody_has_been_heard() -> None:
    scene = greeted().wait(3.0)
    glance = scene.call.glance(scene.now)
    assert glance.speaking == ""
    assert 3.0 < glance.quiet_s < 5.5
    scene.when(SpeechStarted())
    assert scene.call.glance(scene.now).quiet_s == 0.0


def test_it_tells_that_the_caller_waits_and_for_what() -> None:
    scene = greeted()
    scene.caller_says("Where is my order?").wait(1.0)
    assert scene.call.glance(scene.now).waits_s > 1.0
    scene.when(ToolCalled("a", "look_up_order")).wait(2.0)
    ((name, since_s),) = scene.call.glance(scene.now).tools
    assert (name, since_s) == ("look_up_order", 2.0)


def test_looking_changes_nothing() -> None:
    looked, not_looked = greeted(), greeted()
    for scene in (looked, not_looked):
        scene.when(
            SpeechStarted(), Transcribed("caller", "Hello? "), SessionLost(1006), SessionOpened(300, resumed=True)
        )
        for _ in range(40):
            scene.wait(0.25)
            if scene is looked:
                scene.call.glance(scene.now)
    assert looked.steps == not_looked.steps
