"""Journals of calls in which secrets were said: none is in the file, and a replay finds no difference."""

import json
import re
from pathlib import Path

from app.call.commands import RunTool, Say
from app.call.events import (
    CallerHungUp,
    KeyPressed,
    SessionLost,
    SessionOpened,
    SpeechEnded,
    SpeechStarted,
    SupervisorAsked,
    TextReceived,
    ToolCalled,
    ToolReturned,
    Transcribed,
    TurnCompleted,
)
from app.redaction.hiding import Hiding
from app.store.journal import CallJournal, read, replay
from app.store.restored import restore
from tests.playbook import RULES, STARTED, Scene, frame

SPOKEN = "four five three nine, one four eight eight, zero three four three, six four six seven"
MAIL = "ravi dot kumar at example dot com"
HEAD = {"journal": 1, "call_sid": "CA1", "at": "2026-11-23T14:30:00+00:00", "t": 0.0}


def _scene() -> Scene:
    """A call in which everything there is is told: spoken, keyed, texted, given to a tool and given back by it."""
    scene = Scene(RULES)
    scene.when(STARTED, frame(), SessionOpened(200)).assistant_says(RULES.greeting, ms=1_600).wait(2.5)
    _caller_says(scene, "I want to pay for ", "order 1047 with ", "my card, it's ", *re.findall(r"\S+ ?", SPOKEN))
    scene.assistant_says("So it's 4539 1488 0343 6467. And your PIN?", 3_000).wait(4.0)
    scene.when(*map(KeyPressed, "4821#")).wait(0.5)
    scene.when(ToolCalled("t1", "look_up_order", {"order_number": "1047", "card_number": "4539148803436467"})).wait(0.5)
    told = {"status": "ok", "message": "Paid for order 1047.", "customer": {"email": "ravi.kumar@example.com"}}
    scene.when(ToolReturned("t1", told, "ok", 500, customer="c-17", phone="+12125550123", key="k1"))
    scene.assistant_says("It's paid, and your order 1047 is on its way. What's your e-mail?", 3_000).wait(4.0)
    scene.when(TextReceived("my password is sunflower99"), SupervisorAsked("note", "Their SSN is 536-90-4399."))
    _caller_says(scene, "it's ", *re.findall(r"\S+ ?", MAIL))
    scene.when(SessionLost(1011, "internal"), *[frame()] * 5).wait(1.0).when(SessionOpened(300)).wait(1.0)
    return scene.assistant_says("Goodbye.", 800).wait(3.0).when(CallerHungUp())


def _caller_says(scene: Scene, *fragments: str) -> None:
    scene.when(SpeechStarted())
    for fragment in fragments:
        scene.when(Transcribed("caller", fragment), frame()).wait(0.3)
    scene.when(SpeechEnded(3_000, 450), TurnCompleted()).wait(0.1)


def _journal(folder: Path, scene: Scene, every: int, *, cut: int | None = None) -> Path:
    """The scene's journal, written ``every`` so many steps; its process dies after ``cut``, where that is given."""
    path = folder / "CA1.jsonl"
    rules = {name: getattr(RULES, name) for name in ("line", "language", "greeting", "tools", "handoff_number")}
    head = json.dumps(HEAD | {"rules": rules | {"phrases": dict(RULES.phrases)}}).encode() + b"\n"
    journal = CallJournal(path, _head=head, _hiding=Hiding("en-US", known_by=_known_by))
    with path.open("wb") as file:
        for number, step in enumerate(scene.steps[:cut]):
            journal.wrote(*step)
            if number % every == 0:
                file.write(journal.take().lines())
        if cut is None:
            journal.close()
            file.write(journal.take().lines())
    return path


def _known_by(use: RunTool) -> str:
    return f"stands for {len(use.args)}"


def _leaks(text: str) -> list[str]:
    secrets = (SPOKEN, *SPOKEN.split(", "), MAIL, "ravi.kumar@", "4539148803436467", "4539 1488", "4821", "sunflower99")
    return [secret for secret in (*secrets, "536-90-4399", "2125550123", "kumar") if secret in text]


def test_no_secret_is_in_the_file_however_it_is_cut_into_batches(tmp_path: Path) -> None:
    scene = _scene()

    for every in (1, 7, 1_000):
        text = _journal(tmp_path, scene, every).read_text("utf-8")
        assert _leaks(text) == []
        assert re.findall(r'"key": ?"([^"])"', text) == ["ʘ"] * 4 + ["#"]


def test_a_replay_finds_no_difference(tmp_path: Path) -> None:
    scene = _scene()

    for every in (1, 7, 1_000):
        assert replay(_journal(tmp_path, scene, every))[1] == []


def test_what_is_harmless_is_told(tmp_path: Path) -> None:
    _, steps = read(_journal(tmp_path, _scene(), 5))

    said = "".join(str(step.event["text"]) for step in steps if step.event["e"] == "Transcribed")
    assert "I want to pay for order 1047 with my card, it's ʘʘʘʘ ʘʘʘʘ" in said
    assert "your order 1047 is on its way" in said


def test_words_of_the_last_moments_before_a_crash_are_hidden_and_the_steps_are_all_there(tmp_path: Path) -> None:
    scene = _scene()
    cut = next(n for n, (event, _, _) in enumerate(scene.steps) if event == Transcribed("caller", "order 1047 with "))

    path = _journal(tmp_path, scene, 1, cut=cut + 1)

    _, steps = read(path)
    assert len(steps) == cut + 1
    assert [step.event["text"] for step in steps if step.event["e"] == "Transcribed"][-2:] == [
        "ʘ ʘʘʘʘ ʘʘ ʘʘʘ ʘʘʘ ",
        "ʘʘʘʘʘ ʘʘʘʘ ʘʘʘʘ ",
    ]
    assert replay(path)[1] == []


def test_a_call_comes_back_from_such_a_journal_with_its_records(tmp_path: Path) -> None:
    _journal(tmp_path, _scene(), 3)

    restored = restore(tmp_path, "CA1")

    assert restored is not None
    told = [record.heard for record in restored.records if hasattr(record, "heard")]
    assert "I want to pay for order 1047 with my card, it's [hidden]" in told
    assert restored.uses["t1"].args == {"order_number": "1047", "card_number": "ʘ" * 16}
    assert restored.uses["t1"].known_by == "stands for 2"


def test_arguments_with_nothing_to_hide_are_known_by_themselves() -> None:
    shown = Hiding("en-US", known_by=_known_by).command(RunTool("t", "look_up_order", {"order_number": "1047"}))

    assert shown == RunTool("t", "look_up_order", {"order_number": "1047"})


def test_the_words_of_a_turn_that_goes_on_are_told_once_a_second() -> None:
    hiding = Hiding("en-US")
    told = []
    for number in range(100):  # ten seconds of it
        hiding.event(Transcribed("caller", "word "), number / 10)
        told.append(hiding.told(number / 10))
    assert 6 <= len([words for words in told if words]) <= 9
    told.append(hiding.told())
    assert {int(n): text for words in told for n, text in words.items()} == dict.fromkeys(range(100), "word ")


def test_equal_values_are_hidden_alike_and_others_are_not(tmp_path: Path) -> None:
    hiding = Hiding("en-US")
    args = [{"pin": pin} for pin in ("4821", "1111", "4821")]

    shown = [hiding.event(ToolCalled("t", "verify", one), 0.0) for one in args]

    assert shown[0] == shown[2] != shown[1]


def test_a_number_word_that_opens_a_turn_is_told_unless_a_number_goes_on_with_it(tmp_path: Path) -> None:
    scene = Scene(RULES)
    scene.when(STARTED, frame(), SessionOpened(200)).assistant_says("One moment, please.", ms=1_600).wait(2.5)
    _caller_says(scene, "My card is ", "four five three nine")
    scene.assistant_says("Yes?", 800).wait(1.5)
    _caller_says(scene, "one four eight ", "eight and so on")
    scene.assistant_says("Thank you.", 800).wait(1.5)
    path = _journal(tmp_path, scene.when(CallerHungUp()), 1)

    said = "".join(str(step.event["text"]) for step in read(path)[1] if step.event["e"] == "Transcribed")
    assert "One moment, please." in said
    assert "four" not in said
    assert "one" not in said


def test_a_sentence_that_comes_again_and_again_is_counted_alike_in_a_replay(tmp_path: Path) -> None:
    scene = Scene(RULES).when(STARTED, frame(), SessionOpened(200))
    scene.assistant_says("One moment, let me look.", 1_600).wait(2.5)
    for _ in range(3):
        _caller_says(scene, "And now? ")
        scene.assistant_says("One moment, let me look.", 1_600).wait(2.5)
    path = _journal(tmp_path, scene.when(CallerHungUp()), 1)

    text = path.read_text("utf-8")
    assert '"sentence_loop"' in text
    assert "apologise in one short sentence" in text
    assert replay(path)[1] == []


def test_the_keys_that_the_model_is_told_of_are_hidden() -> None:
    told = Hiding("en-US").command(Say("The caller pressed the key 5. Answer in one sentence."))

    assert told == Say("The caller pressed the key ʘ. Answer in one sentence.")
