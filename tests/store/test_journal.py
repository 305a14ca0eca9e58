"""Journals: everything a call did is in its file soon, and a new machine fed with it decides the same."""

import asyncio
import json
import threading
import typing
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import fields, replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from app.audio.pcm import MODEL_OUTPUT_RATE, PHONE_RATE, Audio, silence
from app.call.commands import (
    AnswerTool,
    CancelTool,
    ClearPlayout,
    CloseSession,
    Command,
    HandOff,
    HangUp,
    LeaveSession,
    Listen,
    OpenSession,
    PassOn,
    PauseListening,
    PauseRecording,
    Play,
    RecordConsent,
    RecordCost,
    RecordEnd,
    RecordFlag,
    RecordTool,
    RecordTurn,
    RenewSession,
    RunTool,
    Say,
    Show,
    SteerLanguage,
    TakeMessage,
    TellHeard,
)
from app.call.events import (
    AssistantAudio,
    AssistantInterrupted,
    CallerAudio,
    CallerHungUp,
    CallerReturned,
    CallResumed,
    CallStarted,
    DeadlinePassed,
    Draining,
    Event,
    GenerationCompleted,
    GreetingFound,
    HandoffAnswered,
    HandoffFailed,
    KeyPressed,
    LanguageDetected,
    MarkReached,
    PhotoReceived,
    PhraseFound,
    SessionEnding,
    SessionLost,
    SessionOpened,
    SessionRenewable,
    SourcesFound,
    SpeechEnded,
    SpeechStarted,
    SupervisorAsked,
    SupervisorSpoke,
    TextReceived,
    ToolCalled,
    ToolCancelled,
    ToolReturned,
    Transcribed,
    TurnCompleted,
    UsageReported,
    WorkerLost,
)
from app.call.image import Image
from app.call.machine import Call
from app.call.rules import Rules
from app.store import journal as journal_module
from app.store.disk import RETRY_S, Disk
from app.store.journal import (
    FLUSH_EVERY_S,
    REST_S,
    CallJournal,
    JournalFolder,
    NotAJournal,
    event_from,
    read,
    replay,
    rules_from,
)
from app.store.journal_lines import Entry, dumped, line_of, lines_of, plain
from tests.fakes import Clock, settled
from tests.playbook import RULES, STARTED, Scene, frame, sound

SOUND = silence(120, MODEL_OUTPUT_RATE)
PICTURE = Image(bytes(2_000), 64, 48)  # a journal has a picture's size alone
EVENTS: tuple[Event, ...] = (
    STARTED,
    CallerAudio(silence(20, PHONE_RATE)),
    SpeechStarted(),
    SpeechEnded(900, 450),
    KeyPressed("#"),
    MarkReached("g1:3"),
    CallerHungUp(False),
    CallerReturned("MZ2"),
    SessionOpened(240, resumed=True),
    AssistantAudio(SOUND),
    AssistantInterrupted(),
    Transcribed("caller", "¿Dónde está? «№ 1047» 📦", "es-US", finished=True),
    GenerationCompleted(),
    TurnCompleted("STOP"),
    ToolCalled("t1", "look_up_order", {"order_number": "1047", "deep": {"list": [1, None, True, 2.5]}}),
    ToolCancelled(("t1", "t2")),
    SessionEnding(9.5),
    SessionRenewable("handle"),
    SessionLost(1011, "internal"),
    UsageReported({"prompt.audio": 200}),
    ToolReturned("t1", {"status": "ok", "items": ["a"]}, "ok", 41),
    HandoffAnswered(),
    HandoffFailed("busy"),
    DeadlinePassed(),
    SupervisorAsked("say", "Hello."),
    SupervisorSpoke(SOUND),
    Draining(60.0, elsewhere=True),
    WorkerLost(),
    CallResumed("CA1", "MZ2", "+12025550143", "+12025550199", ("You: Hello.",), 1, 4.5, "en-US", ("book",)),
    TextReceived("order 1047", "typed"),
    PhotoReceived(PICTURE, "What is wrong with it?"),
    LanguageDetected("caller", "fr"),
    SourcesFound(({"title": "Tents", "uri": "https://example.com/tents"},)),
    GreetingFound(SOUND),
    PhraseFound("one_moment", "en-US", SOUND),
)
COMMANDS: tuple[Command, ...] = (
    Play(SOUND, "g1:1", last=True),
    ClearPlayout(),
    HandOff("+12025550100"),
    TakeMessage("voicemail", "Leave a message.", "en-US"),
    PassOn(),
    HangUp("Sorry.", "en-US"),
    OpenSession("Hello."),
    RenewSession("handle", "Caller: Hi", 0.5),
    PauseListening(),
    Listen(silence(20, PHONE_RATE)),
    Say("Say it."),
    TellHeard("[Heard.]"),
    AnswerTool("t1", "look_up_order", {"status": "ok"}, "SILENT"),
    LeaveSession(),
    CloseSession(),
    RunTool("t1", "look_up_order", {"order_number": "1047"}, "en-US"),
    CancelTool("t1"),
    RecordTurn(1, "assistant", "Hello,", "there", 0.5, 1.25, "en-US", 400, interrupted=True),
    RecordTool("t1", "look_up_order", {"order_number": "1047"}, {"status": "ok"}, "ok", 41, 3.25),
    RecordEnd("completed", "assistant", 9.5, 400, 1, 1, {"prompt.audio": 200}, "", 0.0123),
    SteerLanguage("fr-FR", live=True),
    Show(PICTURE),
    RecordFlag("disclosed", 3.5, "en-US"),
    RecordCost("inbound", 2.0, "minute", 0.017),
    RecordConsent("yes", "notice", 4.5, "en-US", "This call is recorded."),
    PauseRecording(True),
)


async def written(folder: JournalFolder, journal: CallJournal) -> list[dict[str, object]]:
    """The lines of a journal, its head apart."""
    await folder.flush()
    return [json.loads(line) for line in journal.path.read_text(encoding="utf-8").splitlines()][1:]


def journaled(scene: Scene, journal: CallJournal) -> Scene:
    """The same play; the journal gets every step of it."""
    handle = scene.call.handle

    def write(event: Event, now: float) -> list[Command]:
        commands = handle(event, now)
        journal.wrote(event, commands, now)
        return commands

    scene.call.handle = write  # type: ignore[method-assign]
    return scene


def play(journal: CallJournal, rules: Rules = RULES) -> Scene:
    """A whole call: greeting, question, tool, barge-in, keys, a lost session, a goodbye."""
    scene = journaled(Scene(rules), journal)
    scene.when(STARTED, frame(), SessionOpened(200), SessionRenewable("h1"))
    scene.assistant_says(rules.greeting, ms=1_600).wait(2.5)
    scene.caller_says("Where is order 1047?").when(*[frame()] * 10)
    scene.when(ToolCalled("t1", "look_up_order", {"order_number": "1047"})).wait(1.5)
    scene.when(ToolReturned("t1", {"status": "ok", "message": "Shipped.", "when": {"day": 3}}, "ok", 1_500))
    scene.assistant_says("It was shipped on Monday, and it will be with you tomorrow.", 4_000, complete=False)
    scene.wait(1.2).when(SpeechStarted(), frame(), AssistantInterrupted(), AssistantAudio(sound(200)), TurnCompleted())
    scene.when(SpeechEnded(600, 450), KeyPressed("1"), KeyPressed("#")).wait(0.3)
    scene.when(SessionLost(1011, "internal"), *[frame()] * 5, frame(40), frame()).wait(0.2)
    scene.when(SessionOpened(300, resumed=True), UsageReported({"prompt.audio": 200}))
    scene.assistant_says("Goodbye.", 800).when(ToolCalled("t2", "end_call")).wait(8.0)
    return scene


@asynccontextmanager
async def running(folder: JournalFolder) -> AsyncIterator[None]:
    task = asyncio.create_task(folder.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(true: Callable[[], bool], within_s: float) -> None:
    async with asyncio.timeout(within_s):
        while not true():  # noqa: ASYNC110 - a file tells nobody that it has grown
            await asyncio.sleep(0.005)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[JournalFolder]:
    folder = JournalFolder(tmp_path / "journals")
    yield folder
    folder._write_and_close([])


# ---- what is written


async def test_a_journal_begins_with_the_rules_of_its_call(folder: JournalFolder, tmp_path: Path) -> None:
    journal = folder.open("CA1", RULES)
    await folder.flush()
    assert journal.path == tmp_path / "journals" / "CA1.jsonl"
    head, steps = read(journal.path)
    assert (head["journal"], head["call_sid"], steps) == (1, "CA1", [])
    assert rules_from(typing.cast("dict[str, object]", head["rules"])) == RULES


async def test_an_event_is_followed_by_its_commands_with_their_time(folder: JournalFolder) -> None:
    journal = folder.open("CA1", RULES)
    journal.wrote(KeyPressed("1"), [], 1.0)
    journal.wrote(KeyPressed("#"), [Say("Keys."), CancelTool("t")], 1_234.567890123)
    assert await written(folder, journal) == [
        {"t": 1.0, "e": "KeyPressed", "key": "1"},
        {"t": 1_234.567890123, "e": "KeyPressed", "key": "#"},
        {"t": 1_234.567890123, "c": "Say", "instruction": "Keys."},
        {"t": 1_234.567890123, "c": "CancelTool", "id": "t"},
    ]


async def test_sound_is_kept_as_its_length(folder: JournalFolder) -> None:
    journal = folder.open("CA1", RULES)
    loud = Audio(b"\x12\x34" * 2_400, MODEL_OUTPUT_RATE)
    journal.wrote(AssistantAudio(loud), [Play(loud, "g1:1")], 2.0)
    assert await written(folder, journal) == [
        {"t": 2.0, "e": "AssistantAudio", "audio": {"ms": 100.0, "rate": 24_000}, "flaw": ""},
        {"t": 2.0, "c": "Play", "audio": {"ms": 100.0, "rate": 24_000}, "mark": "g1:1", "last": False},
    ]


async def test_the_callers_sound_is_one_line_for_each_run_of_frames(folder: JournalFolder) -> None:
    journal = folder.open("CA1", RULES)
    for number in range(50):
        journal.wrote(frame(), [Listen(frame().audio)] if number > 20 else [], number / 50)
    journal.wrote(frame(40), [Listen(frame(40).audio)], 1.0)
    journal.wrote(SpeechStarted(), [], 1.04)
    journal.wrote(frame(), [Listen(frame().audio)], 1.06)
    assert await written(folder, journal) == [
        {"t": 0.0, "e": "CallerAudio", "n": 50, "ms": 20.0},
        {"t": 1.0, "e": "CallerAudio", "n": 1, "ms": 40.0},
        {"t": 1.04, "e": "SpeechStarted"},
        {"t": 1.06, "e": "CallerAudio", "n": 1, "ms": 20.0},
    ]


# ---- when it is written


async def test_what_happens_is_on_disk_within_a_second(folder: JournalFolder) -> None:
    async with running(folder):
        journal = folder.open("CA1", RULES)
        journal.wrote(KeyPressed("7"), [], 1.0)
        await until(lambda: journal.path.is_file() and b"KeyPressed" in journal.path.read_bytes(), within_s=1.0)


async def test_nothing_is_written_twice(folder: JournalFolder) -> None:
    journal = folder.open("CA1", RULES)
    journal.wrote(KeyPressed("7"), [], 1.0)
    await folder.flush()
    await folder.flush()
    journal.wrote(KeyPressed("8"), [], 2.0)
    assert [line["key"] for line in await written(folder, journal)] == ["7", "8"]


async def test_a_closed_journal_is_written_to_its_end_and_then_forgotten(folder: JournalFolder) -> None:
    journal = folder.open("CA1", RULES)
    journal.wrote(KeyPressed("7"), [], 1.0)
    await folder.flush()
    journal.wrote(KeyPressed("8"), [], 2.0)
    journal.close()
    assert [line["key"] for line in await written(folder, journal)] == ["7", "8"]
    assert (folder._open, folder.disk._files) == ([], {})


async def test_when_the_process_goes_what_waits_is_written_and_every_file_closed(folder: JournalFolder) -> None:
    async with running(folder):
        journal = folder.open("CA1", RULES)
        await folder.flush()
        journal.wrote(KeyPressed("7"), [], 1.0)
    assert b"KeyPressed" in journal.path.read_bytes()
    assert folder.disk._files == {}


async def test_a_write_going_on_when_the_process_goes_stays_before_what_comes_after(
    folder: JournalFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "FLUSH_EVERY_S", 0.0)
    numbers = 0
    async with running(folder):
        journal = folder.open("CA1", RULES)
        for numbers in range(40):
            journal.wrote(KeyPressed(str(numbers)), [], float(numbers))
            await asyncio.sleep(0)
    steps = read(journal.path)[1]
    assert [step.event["key"] for step in steps] == [str(number) for number in range(numbers + 1)]


async def test_a_write_that_waits_for_its_turn_when_the_process_goes_is_not_lost(
    folder: JournalFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "FLUSH_EVERY_S", 0.0)
    slow_disk = threading.Event()
    folder._writing.submit(slow_disk.wait, 5)
    async with running(folder):
        journal = folder.open("CA1", RULES)
        journal.wrote(KeyPressed("1"), [], 1.0)
        await settled()
        journal.wrote(KeyPressed("2"), [], 2.0)
        threading.Timer(0.02, slow_disk.set).start()
    assert [step.event["key"] for step in read(journal.path)[1]] == ["1", "2"]


async def test_many_calls_are_written_each_into_its_own_file(folder: JournalFolder) -> None:
    journals = [folder.open(f"CA{number}", RULES) for number in range(60)]
    for step in range(30):
        for number, journal in enumerate(journals):
            journal.wrote(KeyPressed(f"{number}.{step}"), [Say(f"{number}.{step}")], float(step))
        if step % 10 == 0:
            await folder.flush()
    for journal in journals:
        journal.close()
    await folder.flush()
    for number, journal in enumerate(journals):
        head, steps = read(journal.path)
        assert head["call_sid"] == f"CA{number}"
        assert [step.event["key"] for step in steps] == [f"{number}.{step}" for step in range(30)]
        assert all(len(step.commands) == 1 for step in steps)


@pytest.mark.parametrize(("calls", "each_s"), [(1, REST_S), (25, REST_S), (500, FLUSH_EVERY_S / 1000)])
async def test_calls_that_talk_are_let_through_between_two_journals(tmp_path: Path, calls: int, each_s: float) -> None:
    rests: list[float] = []
    folder = JournalFolder(tmp_path / "journals", rest=rests.append)
    for number in range(calls):
        folder.open(f"CA{number}", RULES)
    await folder.flush()
    assert rests == [each_s] * calls
    folder._write_and_close(folder._taken())  # the process ends, and nobody talks any more
    assert rests == [each_s] * calls


# ---- when it cannot be written


async def test_a_folder_that_takes_nothing_is_logged_once_and_what_was_said_is_written_later(tmp_path: Path) -> None:
    clock = Clock()
    folder = JournalFolder(tmp_path / "journals", disk=Disk(tmp_path, clock=clock))
    (tmp_path / "journals").write_text("a file where the folder should be")
    journal = folder.open("CA1", RULES)
    with capture_logs() as logs:
        for _ in range(3):
            journal.wrote(KeyPressed("7"), [], 1.0)
            await folder.flush()
    assert [(line["event"], line["log_level"], line["file"]) for line in logs] == [
        ("journal not written", "error", "CA1.jsonl")
    ]
    (tmp_path / "journals").unlink()
    clock.now += RETRY_S
    journal.wrote(KeyPressed("8"), [], 2.0)
    assert [line["key"] for line in await written(folder, journal)] == ["7", "7", "7", "8"]
    folder._write_and_close([])


async def test_a_disk_error_in_one_journal_does_not_touch_another(folder: JournalFolder) -> None:
    (folder.folder / "CA1.jsonl").mkdir(parents=True)
    broken, whole = folder.open("CA1", RULES), folder.open("CA2", RULES)
    for journal in (broken, whole):
        journal.wrote(KeyPressed("7"), [], 1.0)
    with capture_logs() as logs:
        await folder.flush()
    assert [line["file"] for line in logs] == ["CA1.jsonl"]
    assert len(read(whole.path)[1]) == 1


async def test_what_waits_for_a_disk_that_does_not_answer_is_bounded(
    folder: JournalFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "MOST_ENTRIES", 10)
    journal = folder.open("CA1", RULES)
    with capture_logs() as logs:
        for number in range(30):
            journal.wrote(KeyPressed(str(number)), [], float(number))
    assert [(line["event"], line["why"]) for line in logs] == [("journal cut", "the disk does not answer")]
    assert [line["key"] for line in await written(folder, journal)] == [str(number) for number in range(10)]


@pytest.mark.parametrize("odd", ["half a pair \ud83d", 2**70, {"deep": [2**64, "\udc00"]}])
async def test_what_ordinary_json_has_no_room_for_is_written_too(folder: JournalFolder, odd: object) -> None:
    journal = folder.open("CA1", RULES)
    called = ToolCalled("t", "look_up_order", {"order_number": odd})
    journal.wrote(called, [], 1.0)
    journal.wrote(KeyPressed("7"), [], 2.0)
    await folder.flush()
    steps = read(journal.path)[1]
    assert [event_from(step.event) for step in steps] == [called, KeyPressed("7")]


# ---- what is read


def test_a_last_line_cut_short_by_a_crash_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "CA1.jsonl"
    path.write_bytes(b'{"journal":1}\n{"t":1.0,"e":"KeyPressed","key":"1"}\n{"t":2.0,"e":"KeyPr')
    assert [step.event["key"] for step in read(path)[1]] == ["1"]
    path.write_bytes(b'{"journal":1}\n{"t":1.0,"e":"KeyPressed","key":"1"}\n{"t":2.0,"e":"\xc3')
    assert [step.event["key"] for step in read(path)[1]] == ["1"]


@pytest.mark.parametrize("text", ["", "not JSON at all\n", "12\n", '{"t":1.0,"c":"Say","instruction":"x"}\n'])
def test_a_file_that_is_no_journal_is_called_so(tmp_path: Path, text: str) -> None:
    path = tmp_path / "notes.txt"
    path.write_text(text)
    with pytest.raises(NotAJournal, match=r"notes\.txt"):
        replay(path)


@pytest.mark.parametrize(
    "entry", [*((event, [], 1.25) for event in EVENTS), *((STARTED, [one], 2.5) for one in COMMANDS)]
)
def test_what_is_written_is_what_a_line_says(entry: Entry) -> None:
    event, commands, now = entry
    lines = [line_of("e", event, now), *(line_of("c", command, now) for command in commands)]
    if isinstance(event, CallerAudio):
        lines = [{"t": now, "e": "CallerAudio", "ms": event.audio.ms, "n": 1}]
    assert [json.loads(line) for line in lines_of([entry]).splitlines()] == [json.loads(dumped(one)) for one in lines]


def test_every_kind_of_event_and_command_is_tried_here() -> None:
    assert {type(event) for event in EVENTS} == set(typing.get_args(Event))
    assert {type(command) for command in COMMANDS} == set(typing.get_args(Command))
    kept = {field.name for item in (*EVENTS, *COMMANDS) for field in fields(item)}
    assert not kept & {"t", "e", "c", "n", "journal"}, "these words are the journal's own"


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
async def test_an_event_comes_back_from_its_line_as_it_was(folder: JournalFolder, event: Event) -> None:
    journal = folder.open("CA1", RULES)
    journal.wrote(event, [Say("so that no run of frames is made of it")], 1_700.25)
    [step] = read((await flushed(folder, journal)).path)[1]
    assert (step.at, event_from(step.event)) == (1_700.25, event)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: type(command).__name__)
async def test_a_command_is_written_with_all_it_says(folder: JournalFolder, command: Command) -> None:
    journal = folder.open("CA1", RULES)
    journal.wrote(SpeechStarted(), [command], 1.0)
    [step] = read((await flushed(folder, journal)).path)[1]
    assert step.commands == (line_of("c", command, 1.0),)
    told = {field.name: plain(getattr(command, field.name)) for field in fields(command)}
    assert step.commands[0] == {"t": 1.0, "c": type(command).__name__, **told}


async def flushed(folder: JournalFolder, journal: CallJournal) -> CallJournal:
    await folder.flush()
    return journal


# ---- replaying


async def test_a_journal_replays_without_a_difference(folder: JournalFolder) -> None:
    journal = folder.open("CA1", RULES)
    scene = play(journal)
    assert scene.end.disposition == "completed"
    await folder.flush()
    steps, differences = replay(journal.path)
    assert differences == []
    assert steps > 40


async def test_a_journal_written_in_pieces_replays_without_a_difference(folder: JournalFolder) -> None:
    whole, pieces = folder.open("CA1", RULES), folder.open("CA2", RULES)
    play(whole)
    for number, (event, commands, now) in enumerate(whole._entries):
        pieces.wrote(event, commands, now)
        if number % 7 == 0:
            await folder.flush()
    await folder.flush()
    assert replay(pieces.path)[1] == []


async def test_a_machine_that_decides_otherwise_is_shown_where_it_does(folder: JournalFolder) -> None:
    journal = folder.open("CA1", replace(RULES, greeting="Good morning."))
    play(journal, RULES)
    await folder.flush()
    _, [difference, undisclosed] = replay(journal.path)
    assert (difference.at, difference.event) == (1_000.0, CallStarted.__name__)
    assert [line["greeting"] for line in difference.journaled] == [RULES.greeting]
    assert [line["greeting"] for line in difference.replayed] == ["Good morning."]
    # What was said is not that greeting: nothing was disclosed.
    assert [line["c"] for line in undisclosed.journaled] == ["RecordTurn", "RecordFlag"]
    assert [line["c"] for line in undisclosed.replayed] == ["RecordTurn"]


async def test_a_journal_written_before_there_were_routes_and_ages_replays(folder: JournalFolder) -> None:
    journal, call = folder.open("CA1", RULES), Call(RULES)
    for event, now in ((STARTED, 1.0), (SessionOpened(200), 1.2), (SessionLost(1006), 2.0), (SessionOpened(300), 2.5)):
        journal.wrote(event, call.handle(event, now), now)
    path = (await flushed(folder, journal)).path
    new = {"renew_after_s", "fresh_after_s", "second_route", "end_of_speech_ms"}
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    lines[0]["rules"] = {name: value for name, value in lines[0]["rules"].items() if name not in new}
    for line in lines:
        line.pop("route", None)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert replay(path) == (4, [])
