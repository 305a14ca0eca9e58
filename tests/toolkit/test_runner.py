"""Every end of a tool is an answer the model can go on with."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
import structlog

from app.toolkit import Caller
from app.toolkit.answers import ANSWER_BYTES
from app.toolkit.house import HOUSE
from app.toolkit.leftovers import writes_ended
from app.toolkit.loader import load_tools
from app.toolkit.runner import ToolRunner
from tests.toolkit.using import Texted, run, use

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
        case "empty_text":
            return ""
        case "empty_list":
            return []
        case "empty_mapping":
            return {}
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


@tool(fields=("state", "day"))
async def shows_some() -> dict[str, object]:
    """Show some of it."""
    return answer("Here.", state="shipped", margin=0.4, supplier="secret")


tries: list[int] = []


@tool(retries=2)
async def fails_first(times: int) -> str:
    """Fail at first.

    Args:
        times: How often.
    """
    tries.append(times)
    if times < 0:
        raise ToolError("That cannot be done.")
    if len(tries) <= times:
        raise OSError("the caller said 4111 1111")
    return "Here."


@tool
async def shows_key(a: str, b: str, caller: Caller) -> str:
    """Show the key.

    Args:
        a: One.
        b: Two.
    """
    return caller.key
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
    response, status = await run(runner, "ends", {"how": how})
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
    response, status = await run(runner, "hangs", {})
    assert status == "timeout"
    assert response == {
        "status": "error",
        "retryable": False,
        "message": "I'm sorry, that is taking too long right now.",
    }


async def test_polite_answers_are_in_the_callers_language(folder: Path) -> None:
    tools, _ = load_tools(folder)
    response, _ = await run(ToolRunner(tools, Caller(language="es-US")), "hangs", {})
    assert "demasiado" in str(response["message"])


async def test_a_caller_who_changes_the_language_is_answered_in_it(runner: ToolRunner) -> None:
    spanish, _ = await run(runner, "hangs", {}, language="es-MX")
    english, _ = await run(runner, "hangs", {})
    assert ("demasiado" in str(spanish["message"]), "too long" in str(english["message"])) == (True, True)


async def test_a_cancelled_tool_is_cancelled(runner: ToolRunner) -> None:
    async with asyncio.TaskGroup() as group:
        task = group.create_task(runner.run(use("waits")))
        await asyncio.sleep(0)
        task.cancel()
    assert task.cancelled()


async def test_a_tool_that_cancels_itself_is_a_broken_one_and_the_call_goes_on(runner: ToolRunner) -> None:
    response, status = await run(runner, "gives_up", {})
    assert (status, response["message"]) == ("error", "I'm sorry, I can't get to that right now.")


async def test_the_time_limit_is_kept_when_a_tool_goes_on_and_its_end_is_logged(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.toolkit.leftovers.MOST_LEFTOVERS", 1)
    tools, _ = load_tools(folder)
    runner = ToolRunner(tools, Caller(language="en-US"))
    released = tools["goes_on"].function.__globals__["released"]
    with structlog.testing.capture_logs() as logs:
        async with asyncio.timeout(5):
            _, status = await run(runner, "goes_on", {})
            refused, _ = await run(runner, "counts", {"number": 1})
            released.set()
            assert await writes_ended(within_s=5)
            _, again = await run(runner, "counts", {"number": 1})
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
    response, status = await run(runner, "counts", args)
    assert (status, response["retryable"]) == ("error", True)
    assert said in str(response["message"])


@pytest.mark.parametrize("number", [7, 7.0, "7", " 7 "])
async def test_a_number_is_taken_in_every_form_the_model_gives_it(runner: ToolRunner, number: object) -> None:
    response, _ = await run(runner, "counts", {"number": number, "kind": 12})
    assert (response["number"], response["kind"]) == (7, "12")


async def test_arguments_the_tool_does_not_have_are_dropped(runner: ToolRunner) -> None:
    response, status = await run(runner, "counts", {"number": 1, "caller": "someone else"})
    assert status == "ok"
    assert response["kind"] == "all"


async def test_the_model_cannot_name_the_caller(runner: ToolRunner) -> None:
    response, _ = await run(runner, "ends", {"how": "caller", "caller": {"number": "+19995550100"}})
    assert response["message"] == "+12125550147"


async def test_a_tool_that_is_not_there_is_answered(runner: ToolRunner) -> None:
    response, status = await run(runner, "no_such\x00tool", {})
    assert status == "error"
    assert response["message"] == "There is no tool no_suchtool. Help the caller without it."


async def test_the_log_names_the_tool_and_no_word_of_the_caller(runner: ToolRunner) -> None:
    with structlog.testing.capture_logs() as logs:
        await run(runner, "ends", {"how": "broken"})
    (entry,) = logs
    assert entry["tool"] == "ends"
    assert entry["error"] == "RuntimeError"
    assert "ends.py:" in entry["at"]
    assert "4111" not in str(entry)


def test_specs_are_those_asked_for_with_the_houses(runner: ToolRunner) -> None:
    names = [spec.name for spec in runner.specs(["counts", "hand_off", "nobody_knows", "end_call"])]
    assert names == ["counts", "hand_off", "end_call"]


def test_what_needs_texts_is_offered_where_there_are_texts(folder: Path) -> None:
    tools, _ = load_tools(folder)
    names = ["send_code", "check_code", "send_text", "counts"]
    without, with_texts = ToolRunner(tools, Caller()), ToolRunner(tools, Caller(), texts=Texted())
    assert [spec.name for spec in without.specs(names)] == ["counts"]
    assert [spec.name for spec in with_texts.specs(names)] == names


def test_a_tool_that_is_off_is_not_told_to_the_model(folder: Path) -> None:
    tools, _ = load_tools(folder)
    runner = ToolRunner({"counts": replace(tools["counts"], off="not allowed")}, Caller())
    assert runner.specs(["counts"]) == ()


def test_the_houses_tools_are_these() -> None:
    by_the_call = {"end_call", "hand_off", "press_keys", "switch_language", "allow_recording"}
    assert set(HOUSE) == by_the_call | {"send_code", "check_code", "send_text"}


async def test_only_the_fields_a_tool_names_are_shown(runner: ToolRunner) -> None:
    response, _ = await run(runner, "shows_some")
    assert response == {"status": "ok", "retryable": False, "message": "Here.", "state": "shipped"}


@pytest.mark.parametrize("how", ["empty_text", "empty_list", "empty_mapping"])
async def test_nothing_at_all_is_said_in_words(runner: ToolRunner, how: str) -> None:
    expected = {"status": "not_found", "retryable": False, "message": "I found nothing on that."}
    assert await end(runner, how) == (expected, "ok")


@pytest.mark.parametrize(("failing", "status", "begun"), [(2, "ok", 3), (3, "error", 3)])
async def test_a_read_is_begun_again_as_often_as_it_may(folder: Path, failing: int, status: str, begun: int) -> None:
    tools, _ = load_tools(folder)
    tries = tools["fails_first"].function.__globals__["tries"]
    tries.clear()
    _, ended = await run(ToolRunner(tools, Caller()), "fails_first", {"times": failing})
    assert (ended, len(tries)) == (status, begun)


async def test_what_cannot_be_done_is_not_begun_again(folder: Path) -> None:
    tools, _ = load_tools(folder)
    tries = tools["fails_first"].function.__globals__["tries"]
    tries.clear()
    response, _ = await run(ToolRunner(tools, Caller()), "fails_first", {"times": -1})
    assert (response["message"], len(tries)) == ("That cannot be done.", 1)


async def test_trying_again_ends_at_the_time_limit(folder: Path) -> None:
    tools, _ = load_tools(folder)
    hasty = replace(tools["fails_first"], options=replace(tools["fails_first"].options, timeout_s=0.01))
    _, status = await run(ToolRunner({"fails_first": hasty}, Caller()), "fails_first", {"times": 3})
    assert status == "timeout"


async def test_a_fake_answers_instead_of_the_tool(folder: Path) -> None:
    tools, _ = load_tools(folder)
    runner = ToolRunner(tools, Caller(), fakes={"counts": {"message": "Three hundred.", "number": 300}})
    response, status = await run(runner, "counts", {"number": 1})
    assert (response["message"], response["number"], status) == ("Three hundred.", 300, "ok")


@pytest.mark.parametrize("number", [10**30, -(10**30)])
async def test_a_number_of_any_size_is_answered(runner: ToolRunner, number: int) -> None:
    response, _ = await run(runner, "counts", {"number": number, "kind": number})
    assert response["status"] == "error"  # JSON for the model has no such numbers


async def test_every_use_has_its_own_key_and_the_same_use_the_same(folder: Path) -> None:
    tools, _ = load_tools(folder)
    keys = []
    for call_sid, args in [("CA1", {"a": "1", "b": "2"}), ("CA1", {"b": "2", "a": "1"}), ("CA2", {"a": "1", "b": "2"})]:
        response, _ = await run(ToolRunner(tools, Caller(call_sid=call_sid)), "shows_key", args)
        keys.append(response["message"])
    assert keys[0] == keys[1] != keys[2]
    assert len(str(keys[0])) == 64


@pytest.mark.parametrize(
    "parameters",
    [
        {"type": "object", "properties": {"number": True}},
        {"type": "object", "properties": {"number": {"type": "wholenumber"}}},
        {"type": "object", "properties": {"number": {"$ref": "#/$defs/nowhere"}}},
        {"type": "object", "properties": {"number": {"type": "integer", "pattern": "("}}, "$ref": "other"},
    ],
)
async def test_a_tool_that_came_with_a_broken_schema_is_answered(folder: Path, parameters: dict[str, object]) -> None:
    tools, _ = load_tools(folder)
    odd = replace(tools["counts"], spec=replace(tools["counts"].spec, parameters=parameters))
    response, status = await run(ToolRunner({"counts": odd}, Caller()), "counts", {"number": 1})
    assert (status, response["message"]) == ("error", "I'm sorry, I can't get to that right now.")


@pytest.mark.parametrize(
    ("schema", "given", "said"),
    [
        ({"type": "integer", "enum": [1, 2], "description": "Which."}, 3, "number must be one of 1, 2 (Which.)"),
        (
            {"type": "integer", "maximum": 9, "description": "Which."},
            10,
            "10 is greater than the maximum of 9 (Which.)",
        ),
        ({"type": "string", "pattern": "^[A-Z]$", "description": "Which."}, "a\x00b", "'ab' does not match"),
    ],
)
async def test_arguments_that_do_not_fit_a_richer_schema_are_told(
    folder: Path, schema: dict[str, object], given: object, said: str
) -> None:
    tools, _ = load_tools(folder)
    spec = replace(tools["counts"].spec, parameters={"type": "object", "properties": {"number": schema}})
    runner = ToolRunner({"counts": replace(tools["counts"], spec=spec)}, Caller())
    response, status = await run(runner, "counts", {"number": given})
    assert (status, said in str(response["message"])) == ("error", True)
