"""Every end of a tool is an answer the model can go on with."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import orjson
import pytest
import structlog

from app.toolkit import Caller
from app.toolkit.house import HOUSE
from app.toolkit.loader import load_tools
from app.toolkit.runner import ANSWER_BYTES, ToolRunner, _leftovers

TOOLS = '''
"""Tools that end in every way."""

import asyncio
import datetime
import decimal
import math

from app.toolkit import Caller, ToolError, answer, not_found, tool


@tool
async def ends(how: str, caller: Caller) -> object:
    """End in some way.

    Args:
        how: The way.
    """
    match how:
        case "answer":
            return answer("Here it is.", left=3)
        case "not_found":
            return not_found("Nothing there.")
        case "mapping":
            return {"left": 3}
        case "text":
            return "Just words."
        case "nothing":
            return None
        case "list":
            return [1, 2]
        case "caller":
            return answer(caller.number)
        case "dates":
            return {"day": datetime.date(2026, 11, 23), "cost": decimal.Decimal("1.5"), "tags": {"b", "a"}}
        case "controls":
            return {"message": "one\\x00two\\x1b[31m\\nthree", "ke\\x07y": ["\\x9fx"]}
        case "object":
            return {"message": object()}
        case "large":
            return {"message": "x" * 9000}
        case "refused":
            raise ToolError("That cannot\\x00 be done.", retryable=True)
        case "broken":
            raise RuntimeError("the caller said 4111 1111")
        case "own_timeout":
            raise TimeoutError
        case "nan":
            return {"value": math.nan}
    return "?"


@tool(timeout_s=0.01)
async def hangs() -> str:
    """Hang."""
    await asyncio.Event().wait()
    return ""


@tool
async def waits() -> str:
    """Wait for ever."""
    await asyncio.Event().wait()
    return ""


released = asyncio.Event()


@tool(timeout_s=0.01)
async def goes_on() -> str:
    """Go on when told to stop."""
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        await released.wait()
    raise RuntimeError("the caller said 4111 1111")


@tool
async def gives_up() -> str:
    """Cancel itself."""
    raise asyncio.CancelledError


@tool
async def counts(number: int, kind: str = "all") -> dict[str, object]:
    """Count.

    Args:
        number: How many.
        kind: Of what.
    """
    return {"number": number, "kind": kind}
'''


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tools")
    (path / "ends.py").write_text(TOOLS, encoding="utf-8")
    return path


@pytest.fixture
def runner(folder: Path) -> ToolRunner:
    tools, errors = load_tools(folder)
    assert errors == []
    return ToolRunner(tools, Caller(number="+12125550147", language="en-US"))


async def end(runner: ToolRunner, how: str) -> tuple[Mapping[str, object], str]:
    response, status = await runner.run("ends", {"how": how})
    assert {"status", "retryable", "message"} <= response.keys()
    assert len(orjson.dumps(response)) <= ANSWER_BYTES
    return response, status


async def test_an_answer_goes_out_as_it_is(runner: ToolRunner) -> None:
    expected = {"status": "ok", "retryable": False, "message": "Here it is.", "left": 3}
    assert await end(runner, "answer") == (expected, "ok")


async def test_nothing_found_is_no_error(runner: ToolRunner) -> None:
    expected = {"status": "not_found", "retryable": False, "message": "Nothing there."}
    assert await end(runner, "not_found") == (expected, "ok")


@pytest.mark.parametrize(
    ("how", "part"),
    [
        ("mapping", {"left": 3}),
        ("text", {"message": "Just words."}),
        ("nothing", {"message": "Done."}),
        ("list", {"result": [1, 2]}),
        ("caller", {"message": "+12125550147"}),
        ("dates", {"day": "2026-11-23", "cost": 1.5, "tags": ["a", "b"]}),
        ("controls", {"message": "onetwo[31m three", "key": ["x"]}),
        ("nan", {"value": None}),
    ],
)
async def test_whatever_a_tool_returns_becomes_an_answer(
    runner: ToolRunner, how: str, part: Mapping[str, object]
) -> None:
    response, status = await end(runner, how)
    assert (status, response["status"]) == ("ok", "ok")
    assert part.items() <= response.items()


@pytest.mark.parametrize("how", ["object", "large", "broken", "own_timeout"])
async def test_what_goes_wrong_in_a_tool_becomes_a_polite_answer(runner: ToolRunner, how: str) -> None:
    expected = {"status": "error", "retryable": False, "message": "I'm sorry, I can't get to that right now."}
    assert await end(runner, how) == (expected, "error")


async def test_a_tool_error_says_what_the_assistant_may_say(runner: ToolRunner) -> None:
    expected = {"status": "error", "retryable": True, "message": "That cannot be done."}
    assert await end(runner, "refused") == (expected, "error")


async def test_a_tool_that_hangs_is_ended_at_its_time_limit(runner: ToolRunner) -> None:
    response, status = await runner.run("hangs", {})
    assert status == "timeout"
    assert response == {
        "status": "error",
        "retryable": False,
        "message": "I'm sorry, that is taking too long right now.",
    }


async def test_polite_answers_are_in_the_callers_language(folder: Path) -> None:
    tools, _ = load_tools(folder)
    response, _ = await ToolRunner(tools, Caller(language="es-US")).run("hangs", {})
    assert "demasiado" in str(response["message"])


async def test_a_caller_who_changes_the_language_is_answered_in_it(runner: ToolRunner) -> None:
    spanish, _ = await runner.run("hangs", {}, "es-MX")
    english, _ = await runner.run("hangs", {}, "")
    assert ("demasiado" in str(spanish["message"]), "too long" in str(english["message"])) == (True, True)


async def test_a_cancelled_tool_is_cancelled(runner: ToolRunner) -> None:
    async with asyncio.TaskGroup() as group:
        task = group.create_task(runner.run("waits", {}))
        await asyncio.sleep(0)
        task.cancel()
    assert task.cancelled()


async def test_a_tool_that_cancels_itself_is_a_broken_one_and_the_call_goes_on(runner: ToolRunner) -> None:
    response, status = await runner.run("gives_up", {})
    assert (status, response["message"]) == ("error", "I'm sorry, I can't get to that right now.")


async def test_the_time_limit_is_kept_when_a_tool_goes_on_and_its_end_is_logged(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.toolkit.runner.MOST_LEFTOVERS", 1)
    tools, _ = load_tools(folder)
    runner = ToolRunner(tools, Caller(language="en-US"))
    released = tools["goes_on"].function.__globals__["released"]
    with structlog.testing.capture_logs() as logs:
        async with asyncio.timeout(5):
            _, status = await runner.run("goes_on", {})
            refused, _ = await runner.run("counts", {"number": 1})
            released.set()
            await asyncio.wait(set(_leftovers))
            _, again = await runner.run("counts", {"number": 1})
    assert (status, refused["status"], again) == ("timeout", "error", "ok")
    assert [entry["event"] for entry in logs] == ["tool_timeout", "tool_refused", "tool_ended_late"]
    assert (logs[-1]["tool"], logs[-1]["error"]) == ("goes_on", "RuntimeError")
    assert "4111" not in str(logs)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ({}, "Missing: number (How many.). Ask the caller for it"),
        ({"number": None}, "Missing: number"),
        ({"number": "many"}, "number must be of type integer (How many.)"),
        ({"number": True}, "number must be of type integer"),
        ({"number": 1, "kind": ["a"]}, "kind must be of type string (Of what.)"),
    ],
)
async def test_wrong_arguments_are_told_to_the_model(runner: ToolRunner, args: dict[str, object], said: str) -> None:
    response, status = await runner.run("counts", args)
    assert (status, response["retryable"]) == ("error", True)
    assert said in str(response["message"])


@pytest.mark.parametrize("number", [7, 7.0, "7", " 7 "])
async def test_a_number_is_taken_in_every_form_the_model_gives_it(runner: ToolRunner, number: object) -> None:
    response, _ = await runner.run("counts", {"number": number, "kind": 12})
    assert (response["number"], response["kind"]) == (7, "12")


async def test_arguments_the_tool_does_not_have_are_dropped(runner: ToolRunner) -> None:
    response, status = await runner.run("counts", {"number": 1, "caller": "someone else"})
    assert status == "ok"
    assert response["kind"] == "all"


async def test_the_model_cannot_name_the_caller(runner: ToolRunner) -> None:
    response, _ = await runner.run("ends", {"how": "caller", "caller": {"number": "+19995550100"}})
    assert response["message"] == "+12125550147"


async def test_a_tool_that_is_not_there_is_answered(runner: ToolRunner) -> None:
    response, status = await runner.run("no_such\x00tool", {})
    assert status == "error"
    assert response["message"] == "There is no tool no_suchtool. Help the caller without it."


async def test_the_log_names_the_tool_and_no_word_of_the_caller(runner: ToolRunner) -> None:
    with structlog.testing.capture_logs() as logs:
        await runner.run("ends", {"how": "broken"})
    (entry,) = logs
    assert entry["tool"] == "ends"
    assert entry["error"] == "RuntimeError"
    assert "ends.py:" in entry["at"]
    assert "4111" not in str(entry)


def test_specs_are_those_asked_for_with_the_houses(runner: ToolRunner) -> None:
    names = [spec.name for spec in runner.specs(["counts", "hand_off", "nobody_knows", "end_call"])]
    assert names == ["counts", "hand_off", "end_call"]


def test_the_house_has_its_three_tools() -> None:
    assert set(HOUSE) == {"end_call", "hand_off", "press_keys"}
