"""A call's story in plain words: from its journal, and from the records alone."""

import json
from dataclasses import replace
from pathlib import Path

from app.call.commands import RecordCost, RecordTool
from app.call.events import (
    AssistantInterrupted,
    CallerHungUp,
    SessionLost,
    SessionOpened,
    SpeechStarted,
    ToolCalled,
    ToolReturned,
    TurnCompleted,
    UsageReported,
)
from app.call.rules import Rules
from app.meaning.record import CallRecord, record_in
from app.meaning.why import steps_of, why
from app.store.journal import JournalFolder
from tests.meaning.calls import assistant, call, caller, end
from tests.playbook import RULES, STARTED, Scene

LED = replace(RULES, splits_gaps=True, bills=True, models={"first": "live"}, prices={"prompt.audio": 3.0})


async def recorded(scene: Scene, folder: Path, rules: Rules = LED) -> CallRecord:
    """The record that the journal of a played call holds."""
    journals = JournalFolder(folder)
    journal = journals.open("CA1", rules)
    for event, commands, now in scene.steps:
        journal.wrote(event, commands, now)
    journal.close()
    await journals.flush()
    record = record_in(folder, "CA1")
    assert record is not None
    return record


def troubled() -> Scene:
    """The greeting is late; a tool is slow; the answer is interrupted; the session is lost in between."""
    scene = Scene(LED).when(STARTED).wait(1.5).when(SessionOpened(1_500))
    scene.assistant_says("Hello, this is the assistant.", ms=1_600).wait(2.5)
    scene.caller_says("Where is my order?").when(ToolCalled("1", "look_up_order")).wait(2.6)
    scene.when(ToolReturned("1", {"status": "ok"}, "ok", 2_600)).wait(0.4)
    scene.assistant_says("It is on its way and comes tomorrow before noon.", ms=8_000, complete=False).wait(1.0)
    scene.when(SpeechStarted()).wait(0.4).when(AssistantInterrupted(), TurnCompleted()).wait(2.0)
    scene.when(SessionLost(1011, "internal")).wait(0.7).when(SessionOpened(600)).wait(0.5)
    return scene.when(UsageReported({"prompt.audio": 100_000})).wait(0.5).when(CallerHungUp())


async def test_the_story_of_a_call_tells_what_a_person_would_ask_about(tmp_path: Path) -> None:
    record = await recorded(troubled(), tmp_path)
    told = [f"{moment.kind}: {moment.text}" for moment in why(record, steps_of(tmp_path, "CA1"))]
    story = "\n".join(told)
    assert "wait: the caller waited 1.5 s for the greeting" in told
    assert "session: the first session took 1.5 s to open" in told
    assert "for the model, 0.0 s for us; look_up_order ran for 2.6 s" in story
    assert "tool: look_up_order ended with ok, after 2.6 s" in told
    assert "speech: the caller interrupted the assistant; its sound stopped 0.4 s after they began" in told
    assert 'speech: not heard: "way and comes tomorrow before noon."' in story or "speech: not heard: " in story
    assert "session: the session was lost: Live closed with 1011 (internal)" in told
    assert "session: a session began afresh, 0.7 s after the one before" in told
    assert "cost: it cost $0.3000: live prompt.audio $0.3000" in told
    assert told[-1].startswith("end: it ended as caller_hung_up, by the caller, after ")


async def test_moments_are_in_order_and_the_end_is_last(tmp_path: Path) -> None:
    moments = why(await recorded(troubled(), tmp_path), steps_of(tmp_path, "CA1"))
    times = [moment.at_s for moment in moments[:-2]]
    assert times == sorted(times)
    assert [moment.kind for moment in moments[-2:]] == ["cost", "end"]
    json.dumps([moment.as_json() for moment in moments])


def test_without_a_journal_the_records_tell_what_they_have() -> None:
    slow = RecordTool("1", "look_up_order", {}, {}, "timeout", 5_000, 3.2)
    record = replace(
        call(assistant(1, 0.4, 2.0), caller(2, 2.5, 3.0), assistant(3, 9.0, 19.0, 6_000)),
        tools=(slow,),
        costs=(RecordCost("stream", 1, "minute", 0.004, estimated=True),),
    )
    assert [(moment.at_s, moment.kind, moment.text) for moment in why(record)] == [
        (3.0, "wait", "the caller waited 6.0 s for an answer: look_up_order ran for 5.0 s"),
        (3.0, "silence", "nobody was heard for 6.0 s, after the caller had spoken"),
        (3.2, "tool", "look_up_order ended with timeout, after 5.0 s"),
        (20.0, "cost", "it cost $0.0040: stream $0.0040 (estimated)"),
        (20.0, "end", "it ended as completed, by the assistant, after 20.0 s"),
    ]


def test_a_call_of_which_nothing_is_wrong_has_little_to_tell() -> None:
    quiet = call(assistant(1, 0.4, 2.0), caller(2, 2.5, 3.0), assistant(3, 3.8, 19.0, 800))
    assert [moment.kind for moment in why(quiet)] == ["cost", "end"]


def test_a_call_that_nobody_answered_or_that_goes_on_says_so() -> None:
    unheard = call(ended=replace(end(), first_sound_ms=None))
    assert why(unheard)[0].text == "the caller heard nothing of the assistant"
    assert why(replace(unheard, end=None))[-1].kind == "end"


def test_a_journal_that_is_not_kept_any_more_has_no_steps(tmp_path: Path) -> None:
    assert steps_of(tmp_path, "CA1") == []
    assert record_in(tmp_path, "CA1") is None
