"""A call from its journal is the call it was: it decides as the one would have that went on."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.call.commands import Command, HandOff, RecordEnd, RecordTurn, RenewSession
from app.call.events import (
    AssistantInterrupted,
    CallerHungUp,
    CallerReturned,
    CallResumed,
    Draining,
    Event,
    GenerationCompleted,
    HandoffFailed,
    KeyPressed,
    MarkReached,
    SessionOpened,
    SessionRenewable,
    ToolCalled,
    ToolReturned,
    TurnCompleted,
    WorkerLost,
)
from app.call.memory import State
from app.call.past import Used
from app.call.rules import LanguagePolicy, Rules
from app.store.journal import JournalFolder, NotAJournal, replay
from app.store.journal_lines import line_of
from app.store.restored import LONGEST_GAP_S, Restored, restore
from tests.call.world import POLICIES, World, rules_for
from tests.playbook import RULES, STARTED, Scene, frame, greeted

HOST = "here/boot-1/7"
ACTIONS: dict[str, Callable[[World], None]] = {
    "connect": World.connect,
    "lose the session": lambda world: world.lose(1006),
    "the assistant speaks": lambda world: world.say("assistant", 240, words=True),
    "much": lambda world: world.say("assistant", 3_000, words=True),
    "the caller is understood": lambda world: world.say("caller", 0, words=True),
    "speech": World.speech,
    "sound": lambda world: world.phone(frame()),
    "a key": lambda world: world.phone(KeyPressed("1")),
    "a mark": lambda world: world.phone(MarkReached(world.marks.pop(0))) if world.marks else None,
    "generated": lambda world: world.model(GenerationCompleted()),
    "turn over": lambda world: world.model(TurnCompleted()),
    "interrupted": lambda world: world.model(AssistantInterrupted()),
    "a handle": lambda world: world.model(SessionRenewable("h-1")),
    "a tool": lambda world: world.call_tool("look_up_order", again=False),
    "a write": lambda world: world.call_tool("book", again=False),
    "hand off": lambda world: world.call_tool("hand_off", again=False),
    "tool ends": World.end_tool,
    "the stream breaks": lambda world: world.hang_up(clean=False, by_webhook=False),
    "back": World.come_back,
    "nobody": lambda world: world.feed(HandoffFailed("busy")),
    "pass on": lambda world: world.feed(Draining(28.0, elsewhere=True)),
    "a moment": lambda world: world.pass_time(0.3),
    "a while": lambda world: world.pass_time(4.0),
}


Steps = Sequence[tuple[Event, list[Command], float]]


def journal(folder: Path, steps: Steps, rules: Rules = RULES, segment: int = 1, **more: object) -> Path:
    """A journal of these steps, of a process of another host unless ``more`` says otherwise."""
    about = {"t": steps[0][2], "offset": 0.0, "process": {"id": "p1", "host": HOST, "pid": 7}, **more}
    journals = JournalFolder(folder)
    written = journals.open("CA1", rules, about, segment=segment)
    for step in steps:
        written.wrote(*step)
    written.close()
    asyncio.run(journals.flush())
    return written.path


def restored(folder: Path) -> Restored:
    found = restore(folder, "CA1")
    assert found is not None
    return found


def lines(commands: Sequence[Command]) -> list[dict[str, object]]:
    """Commands as a journal has them: their sound is its length."""
    return [line_of("c", command, 0.0) for command in commands]


@given(
    doing=st.lists(st.sampled_from(sorted(ACTIONS)), min_size=4, max_size=60),
    cut=st.floats(0.0, 1.0),
    policy=st.sampled_from(POLICIES),
    handoff=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_restored_at_any_point_a_call_decides_as_the_one_that_went_on(
    doing: list[str], cut: float, policy: LanguagePolicy, handoff: bool
) -> None:
    rules = rules_for(handoff=handoff, short=False, policy=policy, cached=False, updates=False)
    world = World(rules)
    for name in doing:
        ACTIONS[name](world)
    kept = 1 + int(cut * (len(world.steps) - 1))
    with TemporaryDirectory() as folder:
        journal(Path(folder), world.steps[:kept], rules)
        call = restored(Path(folder)).call
    for event, commands, at in world.steps[kept:]:
        assert lines(call.handle(event, at)) == lines(commands)


def test_a_call_that_was_killed_comes_back_as_one_whose_stream_broke(tmp_path: Path) -> None:
    scene = greeted()
    scene.when(SessionRenewable("h-1")).assistant_says("It is on its way to you.", ms=3_000).wait(1.0)
    journal(tmp_path, scene.steps)
    found = restored(tmp_path)
    found.lose_stream()
    scene.now = found.at  # what sounded after the last step was never heard
    same = scene.when(CallerHungUp(clean=False))
    assert lines(found.taken[0][1]) == lines(same.done)
    back = found.call.handle(CallerReturned("MZ2", elsewhere=True), scene.now + 2.0)
    assert back == [RenewSession("h-1")]
    assert [record.number for record in found.records if isinstance(record, RecordTurn)] == [1, 2]


def test_what_the_tools_did_is_known(tmp_path: Path) -> None:
    scene = greeted()
    end = ToolReturned("t1", {"status": "ok"}, "ok", 5, key="k")
    scene.when(ToolCalled("t1", "look_up_order", {"number": "1"}), end, ToolCalled("t2", "open_ticket"))
    journal(tmp_path, scene.steps)
    uses = list(restored(tmp_path).uses.values())
    assert uses == [Used("look_up_order", {"number": "1"}, end), Used("open_ticket", {})]


def test_how_the_call_left_its_stream_is_known_until_it_is_on_another(tmp_path: Path) -> None:
    scene = greeted()
    scene.when(ToolCalled("h", "hand_off"))
    scene.assistant_says("I am connecting you.", ms=1_000).wait(2.0)
    journal(tmp_path, scene.steps)
    found = restored(tmp_path)
    found.lose_stream()
    assert (found.leaving, found.call.state, found.taken) == (HandOff("+12025550100"), State.AWAY, [])
    scene.when(HandoffFailed("busy"), CallerReturned("MZ2"))
    journal(tmp_path / "again", scene.steps)
    assert restored(tmp_path / "again").leaving is None


def test_killed_before_the_handoff_was_made_the_representative_is_dialled_all_the_same(tmp_path: Path) -> None:
    scene = greeted()
    scene.when(ToolCalled("h", "hand_off"))
    journal(tmp_path, scene.steps)
    found = restored(tmp_path)
    found.lose_stream()
    assert found.leaving == HandOff("+12025550100")


# ---- segments


def test_a_call_that_went_on_elsewhere_is_restored_through_all_its_segments(tmp_path: Path) -> None:
    first = greeted()
    journal(tmp_path, [*first.steps, (KeyPressed("9"), [], first.now)])  # the last step came too late to be taken over
    found = restored(tmp_path)
    steps = found.steps - 1
    second = Scene()
    second.call, second.now = first.call, first.now
    second.when(CallerHungUp(clean=False), CallerReturned("MZ2", elsewhere=True), SessionOpened(200))
    second.assistant_says("Sorry, I lost you.", ms=600).wait(1.5)
    path = journal(tmp_path, second.steps, segment=2, after=steps)
    assert replay(path) == (len(second.steps), [])
    again = restored(tmp_path)
    assert (again.segment, again.steps, again.at) == (2, len(second.steps), second.steps[-1][2])
    assert [record.heard for record in again.records if isinstance(record, RecordTurn)] == [
        "Hello, this is the assistant.",
        "Sorry, I lost you.",
    ]
    assert lines(again.call.handle(CallerHungUp(), second.now)) == lines(second.when(CallerHungUp()).done)


def test_a_segment_without_one_before_stands_alone(tmp_path: Path) -> None:
    scene = Scene()
    scene.when(CallResumed("CA1", "MZ2", "+1", "+2", ("You: Hello.",), 1, 9.0), SessionOpened(200))
    path = journal(tmp_path, scene.steps, segment=2)
    (tmp_path / "CA1.jsonl").write_bytes(b"of another version\n")
    assert replay(path) == (len(scene.steps), [])
    assert restored(tmp_path).call.state is State.TALKING


# ---- torn, damaged, missing


def test_the_last_step_of_a_process_that_died_as_it_wrote_is_made_whole(tmp_path: Path) -> None:
    scene = greeted()
    scene.when(CallerHungUp())
    path = journal(tmp_path, scene.steps)
    whole = path.read_bytes().splitlines(keepends=True)
    assert b"RecordEnd" in whole[-1]
    path.write_bytes(b"".join(whole[:-1]) + whole[-1][:20])
    assert replay(path) == (len(scene.steps), [])
    found = restored(tmp_path)
    assert found.call.ended
    assert sum(isinstance(record, RecordEnd) for record in found.records) == 1


def test_no_journal_is_no_call(tmp_path: Path) -> None:
    assert restore(tmp_path, "CA1") is None


@pytest.mark.parametrize("text", ["", "nonsense", '{"journal":1,"at":"2026-11-23T14:30:00+00:00","call_sid":"CA1"}\n'])
def test_a_damaged_journal_is_called_so(tmp_path: Path, text: str) -> None:
    (tmp_path / "CA1.jsonl").write_text(text)
    with pytest.raises(NotAJournal):
        restore(tmp_path, "CA1")


def test_a_journal_on_which_this_machine_stumbles_is_called_so(tmp_path: Path) -> None:
    journal(tmp_path, [*Scene().when(STARTED).steps, (GenerationCompleted(), [], 1_001.0)])
    with pytest.raises(NotAJournal, match="AssertionError"):
        restore(tmp_path, "CA1")


# ---- time


def test_on_the_same_boot_the_clock_goes_on_exactly(tmp_path: Path) -> None:
    scene = greeted()
    journal(tmp_path, scene.steps, offset=50.0)
    clock = restored(tmp_path).clock(HOST, wall=lambda: 0.0, monotonic=lambda: 2_000.0)
    assert clock() == 2_050.0


@pytest.mark.parametrize(("passed_s", "counted_s"), [(5.0, 5.0), (-3_600.0, 0.0), (86_400.0, LONGEST_GAP_S)])
def test_on_another_machine_it_goes_on_by_the_wall_clock_which_may_have_been_set(
    tmp_path: Path, passed_s: float, counted_s: float
) -> None:
    scene = greeted()
    journal(tmp_path, scene.steps, at="2026-11-23T14:30:00+00:00")
    found = restored(tmp_path)
    since_s = found.at - found.first_at
    wall = datetime(2026, 11, 23, 14, 30, tzinfo=UTC).timestamp() + since_s + passed_s
    clock = found.clock("there/boot-2/7", wall=lambda: wall, monotonic=lambda: 5.0)
    assert clock() == pytest.approx(found.at + counted_s)


def test_a_call_left_behind_has_its_end_at_its_last_step(tmp_path: Path) -> None:
    scene = greeted()
    journal(tmp_path, scene.steps)
    found = restored(tmp_path)
    found.take(WorkerLost(), found.at)
    (end,) = (record for record in found.records if isinstance(record, RecordEnd))
    assert end.disposition == "worker_lost"
    assert end.duration_s == pytest.approx(found.at - found.first_at, abs=0.001)
