"""What the call allows its tools: how often, after which words, and what becomes of a write nobody waits for."""

from dataclasses import replace

import pytest

from app.call.commands import AnswerTool, CancelTool, RecordFlag, RecordTool, RunTool, Say
from app.call.events import (
    CallerHungUp,
    KeyPressed,
    SessionLost,
    SessionOpened,
    SpeechEnded,
    SpeechStarted,
    ToolCalled,
    ToolCancelled,
    ToolReturned,
    Transcribed,
)
from app.call.flags import IDENTITY_LOCKED, TOOL_REPEATED
from tests.playbook import RULES, Scene, greeted

WRITING = replace(
    RULES,
    tools=(*RULES.tools, "book"),
    writes=("book",),
    confirmed_tools=("book",),
    fillers={"en": {"look_up_order": ("Looking it up.", "Still looking.")}},
    scheduling={"open_ticket": "silent"},
)


def booking() -> Scene:
    """The caller has asked for something that changes something."""
    return greeted(WRITING).caller_says("Please book it.")


def returned(id: str, status: str = "ok", *, effect: bool = False, flags: tuple[str, ...] = ()) -> ToolReturned:
    level, key = ("details", "k") if effect else ("none", "")
    return ToolReturned(id, {"status": status, "message": "Done."}, status, 0, level, effect, key, flags)


# ---- how often


def test_the_same_tool_with_the_same_arguments_is_run_twice_and_then_flagged() -> None:
    scene = greeted().caller_says("Where is it?")
    for number in range(7):
        scene.when(ToolCalled(f"t{number}", "look_up_order", {"number": "1047", "deep": True}))
        if scene.of(RunTool):
            scene.when(returned(f"t{number}"))
    assert len(scene.ever(RunTool)) == 2
    assert [flag.detail for flag in scene.ever(RecordFlag) if flag.name == TOOL_REPEATED] == ["look_up_order"]
    refused = scene.ever(AnswerTool)[-1].response
    assert refused["retryable"] is False
    assert "Do not call it again" in str(refused["message"])
    assert "offer to connect the caller with a colleague" in str(refused["message"])


def test_a_read_back_and_the_yes_to_it_are_one_question() -> None:
    scene = booking()
    for number in range(4):
        scene.when(ToolCalled(f"t{number}", "look_up_order"), returned(f"t{number}", status="confirm"))
    assert len(scene.ever(RunTool)) == 4


def test_the_order_of_arguments_makes_no_other_call() -> None:
    scene = greeted()
    for number in range(5):
        args = {"a": 1, "b": 2} if number % 2 else {"b": 2, "a": 1}
        scene.when(ToolCalled(f"t{number}", "look_up_order", args))
    assert len(scene.ever(RunTool)) == 2


def test_another_argument_is_another_call() -> None:
    scene = greeted()
    for number in range(6):
        scene.when(ToolCalled(f"t{number}", "look_up_order", {"number": str(number)}))
    assert len(scene.ever(RunTool)) == 6


def test_one_question_takes_so_many_tools_and_the_next_as_many_again() -> None:
    scene = greeted(tools_per_turn=2).caller_says("Everything, please.")
    for number in range(3):
        scene.when(ToolCalled(f"t{number}", "look_up_order", {"number": str(number)}))
    assert len(scene.ever(RunTool)) == 2
    assert "Too many tools for one question" in str(scene.one(AnswerTool).response["message"])
    scene.assistant_says("Here it is.", ms=400).wait(2.0)
    scene.caller_says("And this?")
    scene.when(ToolCalled("t9", "look_up_order", {"number": "9"}))
    assert len(scene.of(RunTool)) == 1


# ---- after which words


def test_a_tool_is_told_the_callers_turn_and_its_words() -> None:
    scene = booking().when(ToolCalled("1", "look_up_order"))
    assert (scene.one(RunTool).turn, scene.one(RunTool).said) == (1, "Please book it.")
    scene.assistant_says("Shall I?", ms=400).wait(2.0)
    scene.caller_says("Yes.").when(ToolCalled("2", "look_up_order"))
    assert (scene.one(RunTool).turn, scene.one(RunTool).said) == (2, "Yes.")


def test_keys_are_a_turn_too() -> None:
    scene = booking().assistant_says("Press one to confirm.", ms=400).wait(2.0)
    scene.when(KeyPressed("1")).wait(2.0)
    scene.when(ToolCalled("2", "book"))
    assert (scene.one(RunTool).turn, scene.one(RunTool).said) == (2, "1")
    assert ("caller", "[keys] 1", "") in scene.turns


def test_a_tool_that_needs_the_callers_word_waits_for_words_that_come_late() -> None:
    scene = booking().assistant_says("Shall I?", ms=400).wait(2.0)
    scene.when(SpeechStarted()).wait(0.5)
    scene.when(SpeechEnded(500, 450), ToolCalled("2", "book"))
    assert not scene.of(RunTool)
    scene.wait(0.3).when(Transcribed("caller", "Yes, please."))
    assert scene.one(RunTool).said == "Yes, please."


def test_and_no_longer_than_a_second() -> None:
    scene = booking().assistant_says("Shall I?", ms=400).wait(2.0)
    scene.when(SpeechStarted()).wait(0.5)
    scene.when(SpeechEnded(500, 450), ToolCalled("2", "book"))
    scene.wait(1.1)
    assert scene.one(RunTool).said == ""


def test_a_tool_that_waits_and_is_cancelled_is_never_run() -> None:
    scene = booking().assistant_says("Shall I?", ms=400).wait(2.0)
    scene.when(SpeechStarted(), ToolCalled("2", "book"), ToolCancelled(("2",)))
    assert scene.one(RecordTool).status == "cancelled"
    scene.when(Transcribed("caller", "Yes.")).wait(2.0)
    assert not scene.ever(RunTool)


# ---- writes


def test_a_write_that_is_cancelled_goes_on_and_the_caller_is_told_what_it_did() -> None:
    scene = booking().when(ToolCalled("1", "book", {"day": "Monday"}))
    scene.when(ToolCancelled(("1",))).then()
    scene.when(returned("1", effect=True))
    assert not scene.of(CancelTool)
    assert "answered: Done." in scene.one(Say).instruction
    record = scene.one(RecordTool)
    assert (record.status, record.effect, record.level, record.key) == ("ok", True, "details", "k")


def test_one_that_did_nothing_is_not_spoken_of() -> None:
    scene = booking().when(ToolCalled("1", "book"), ToolCancelled(("1",)))
    scene.when(returned("1", status="confirm")).then(RecordTool)


def test_a_read_that_is_cancelled_is_stopped() -> None:
    scene = booking().when(ToolCalled("1", "look_up_order"), ToolCancelled(("1",)))
    assert scene.of(CancelTool) == [CancelTool("1")]
    assert scene.one(RecordTool).status == "cancelled"


def test_a_write_under_way_at_the_end_is_recorded_as_unfinished() -> None:
    scene = booking().when(ToolCalled("1", "book"), ToolCalled("2", "look_up_order"))
    scene.when(CallerHungUp())
    assert {record.id: record.status for record in scene.of(RecordTool)} == {"1": "unfinished", "2": "cancelled"}


def test_what_a_tool_flags_is_recorded() -> None:
    scene = booking().when(ToolCalled("1", "look_up_order"))
    scene.when(returned("1", status="refused", flags=(IDENTITY_LOCKED,)))
    assert [(flag.name, flag.detail) for flag in scene.of(RecordFlag)] == [(IDENTITY_LOCKED, "look_up_order")]


# ---- what is said of them


def test_an_answer_that_is_not_to_be_spoken_is_silent() -> None:
    scene = booking().when(ToolCalled("1", "open_ticket"))
    assert scene.when(returned("1")).one(AnswerTool).scheduling == "SILENT"


def test_unless_it_went_wrong() -> None:
    scene = booking().when(ToolCalled("1", "open_ticket"))
    assert scene.when(returned("1", status="error")).one(AnswerTool).scheduling is None


def test_a_tool_that_takes_long_has_several_things_to_say() -> None:
    scene = booking().when(ToolCalled("1", "look_up_order"))
    scene.wait(1.5)
    assert scene.of(Say) == [Say('Say to the caller exactly: "Looking it up."')]
    scene.assistant_says("Looking it up.", ms=600).wait(5.0)
    assert not scene.of(Say)
    scene.wait(3.0)
    assert scene.of(Say) == [Say('Say to the caller exactly: "Still looking."')]
    scene.assistant_says("Still looking.", ms=600)
    assert not scene.wait(15.0).of(Say)


@pytest.mark.parametrize("silent", [True, False])
def test_an_answer_to_a_session_that_is_gone_is_told_to_the_next_unless_it_is_silent(silent: bool) -> None:
    scene = booking().when(ToolCalled("1", "open_ticket" if silent else "look_up_order"))
    scene.when(SessionLost(1011), SessionOpened(100))
    scene.when(returned("1"))
    assert bool(scene.of(Say)) is not silent


# ---- what the caller agrees to


READ_BACK = "Shall I book Monday the third at ten for you?"


def asked_back(heard_s: float = 2.5) -> Scene:
    """The caller is being asked whether it is to be booked."""
    scene = greeted(WRITING).caller_says("Book Monday at ten.").when(ToolCalled("1", "book"))
    scene.when(ToolReturned("1", {"status": "confirm", "message": READ_BACK}, "confirm"))
    return scene.assistant_says(READ_BACK, ms=2_000).wait(heard_s)


def test_a_tool_that_needs_the_callers_word_is_told_what_they_have_heard_turn_by_turn() -> None:
    scene = asked_back().caller_says("Yes.").when(ToolCalled("2", "book"))
    assert scene.one(RunTool).heard == (RULES.greeting, READ_BACK, "")


def test_of_a_question_that_was_cut_off_only_what_was_heard() -> None:
    scene = asked_back(1.0).when(SpeechStarted()).wait(0.4)
    scene.when(Transcribed("caller", "Yes."), ToolCalled("2", "book"))
    heard = scene.one(RunTool).heard
    assert heard is not None
    assert READ_BACK.startswith(heard[1])
    assert 5 < len(heard[1]) < len(READ_BACK) - 5


def test_what_is_said_after_their_word_is_not_what_it_was_given_to() -> None:
    scene = greeted(WRITING).caller_says("Yes.")
    scene.assistant_says(READ_BACK, ms=2_000).wait(2.5).when(ToolCalled("2", "book"))
    assert scene.one(RunTool).heard == (RULES.greeting, READ_BACK)


def test_other_tools_are_told_nothing_of_it() -> None:
    assert asked_back().when(ToolCalled("2", "look_up_order")).one(RunTool).heard is None
