"""The parts of a call: its streams, its sessions, the moments that explain it, whoever reads the events."""

from collections.abc import Sequence
from pathlib import Path

from app.call.commands import Command
from app.call.events import (
    AssistantInterrupted,
    CallerHungUp,
    CallerReturned,
    Event,
    SessionLost,
    SessionOpened,
    SessionRenewable,
    SpeechStarted,
    WorkerLost,
)
from app.store.journal import JournalFolder
from app.store.parts import Mark, Part, Parts, Segment
from app.store.recorded import recorded
from app.store.restored import restore
from tests.playbook import RULES, Scene, greeted

MODELS = {"first": "gemini-3.8-live", "second": "gemini-3.1-flash-live-preview"}


def parts_of(steps: Sequence[tuple[Event, list[Command], float]]) -> list[Part]:
    parts = Parts(MODELS)
    return [part for step in steps for part in parts.saw(*step)]


def segments(found: Sequence[Part]) -> list[Segment]:
    return [part for part in found if isinstance(part, Segment)]


def marks(found: Sequence[Part]) -> list[str]:
    return [part.name for part in found if isinstance(part, Mark)]


def renewed() -> Scene:
    """A call whose first session is lost, and whose caller then hangs up."""
    scene = greeted()
    scene.when(SessionRenewable("handle-1")).caller_says("Where is my order?")
    scene.when(SessionLost(1011, "internal error")).wait(1.0).when(SessionOpened(210, resumed=True))
    return scene.wait(2.0).when(CallerHungUp())


def test_a_call_has_its_stream_and_its_session() -> None:
    found = parts_of(greeted().wait(3.0).when(CallerHungUp()).steps)
    session, stream = sorted(segments(found), key=lambda each: each.kind)
    assert (stream.kind, stream.number, stream.started_s, stream.reason) == ("stream", 1, 0.0, "stopped")
    assert stream.name
    assert (session.kind, session.route, session.model) == ("session", "first", MODELS["first"])
    assert session.opened_ms is not None
    assert session.code is None
    assert session.ended_s >= 3.0


def test_a_lost_session_says_how_and_the_next_one_that_it_was_resumed() -> None:
    found = parts_of(renewed().steps)
    first, second = [each for each in segments(found) if each.kind == "session"]
    assert (first.number, first.code, first.reason) == (1, 1011, "internal error")
    assert (second.number, second.resumed, second.opened_ms) == (2, True, 210)
    assert second.started_s >= first.ended_s
    assert marks(found)[:2] == ["session_lost", "renewal"]


def test_a_barge_in_is_a_moment() -> None:
    scene = greeted()
    scene.assistant_says("We have tents for two, for three and for four people.", ms=6_000, complete=False).wait(1.0)
    scene.when(SpeechStarted(), AssistantInterrupted())
    assert "barge_in" in marks(parts_of(scene.steps))


def test_dead_air_is_where_it_began() -> None:
    scene = greeted()
    scene.caller_says("Where is my order?").wait(3.5).assistant_says("It is on its way.").wait(5.0)
    (dead,) = [part for part in parts_of(scene.steps) if isinstance(part, Mark) and part.name == "dead_air"]
    assert int(dead.detail.split()[0]) >= 3_000
    assert dead.at_s > 0


def test_a_caller_who_comes_back_has_a_second_stream() -> None:
    scene = greeted()
    scene.when(CallerHungUp(clean=False)).wait(2.0).when(CallerReturned("MZ2")).wait(1.0).when(CallerHungUp())
    streams = [each for each in segments(parts_of(scene.steps)) if each.kind == "stream"]
    assert [(each.number, each.reason) for each in streams] == [(1, "broke"), (2, "stopped")]
    assert streams[1].name == "MZ2"


def test_what_goes_on_when_the_process_dies_ends_there() -> None:
    found = parts_of([*greeted().wait(1.0).steps, (WorkerLost(), [], 1_010.0)])
    assert {each.reason for each in segments(found)} == {"worker lost"}


def test_what_goes_on_has_no_end_yet() -> None:
    assert segments(parts_of(greeted().wait(3.0).steps)) == []


async def test_a_journal_tells_the_same(tmp_path: Path) -> None:
    journals = JournalFolder(tmp_path)
    scene = renewed()
    journal = journals.open("CA1", RULES, {"models": MODELS})
    for step in scene.steps:
        journal.wrote(*step)
    journal.close()
    await journals.flush()
    told = parts_of(scene.steps)
    assert [part for part in recorded(tmp_path, "CA1") if isinstance(part, Part)] == told
    restored = restore(tmp_path, "CA1")
    assert restored is not None
    assert [part for part in restored.records if isinstance(part, Part)] == told
