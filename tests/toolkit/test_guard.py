"""Who the caller is stands in the call: nothing the model says makes them someone else."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from app.call.tool_end import ToolEnd
from app.toolkit import Caller, Identified, NotIdentified
from app.toolkit.guard import Guard
from app.toolkit.loader import load_tools
from app.toolkit.runner import ToolRunner
from app.toolkit.schema import LoadedTool
from app.toolkit.sentences import LOCKED
from app.toolkit.standing import Standing
from tests.toolkit.using import Texted, use

TOOLS = '''
"""A shop with two customers."""

import asyncio

from app.toolkit import Caller, ToolError, answer, identified, not_found, not_identified, tool

ORDERS = {"1047": ("7", "10115"), "1051": ("8", "20095")}
PHONES = {"7": "+12125550147", "8": "+12125550123"}
gate = asyncio.Event()
gate.set()


@tool(identifies="details", fields=("orders",))
async def verify(order: str, postcode: str) -> object:
    """Find out who is calling.

    Args:
        order: The order.
        postcode: The postcode.
    """
    await gate.wait()
    if order == "letters":
        raise ToolError("An order number has digits only.", retryable=True)
    if order == "broken":
        raise RuntimeError("no database")
    if order == "words":
        return answer("Welcome, whoever you are.")
    customer, secret = ORDERS.get(order, ("", ""))
    if order not in ORDERS:
        return not_identified()
    if secret != postcode:
        return not_found("The postcode is wrong.")
    return identified(customer, "Thank you.", phone=PHONES[customer], orders=1, margin=3)


@tool(level="details")
async def whose(note: str, caller: Caller) -> dict[str, object]:
    """Say whose.

    Args:
        note: Anything.
    """
    return answer(caller.customer, level=caller.level)


@tool(level="code", write=True)
async def change_address(street: str, caller: Caller) -> dict[str, object]:
    """Change the address.

    Args:
        street: The new one.
    """
    return answer(f"{caller.customer} moved to {street}.")


@tool
async def pretends() -> object:
    """Say who is calling without being one that identifies."""
    return identified("7", "Thank you.")
'''
RIGHT = {"order": "1047", "postcode": "10115"}
WRONG_ID = {"order": "9999", "postcode": "10115"}
WRONG_SECRET = {"order": "1047", "postcode": "99999"}
CALLER = Caller(number="+13125550181", call_sid="CA1", language="en-US")


@pytest.fixture
def tools(tmp_path: Path) -> Mapping[str, LoadedTool]:
    (tmp_path / "shop.py").write_text(TOOLS, encoding="utf-8")
    found, errors = load_tools(tmp_path)
    assert errors == []
    return found


@pytest.fixture
def runner(tools: Mapping[str, LoadedTool]) -> ToolRunner:
    return ToolRunner(tools, CALLER, texts=Texted())


async def verify(runner: ToolRunner, args: Mapping[str, object], language: str = "") -> ToolEnd:
    return await runner.run(use("verify", args, language=language))


async def whose(runner: ToolRunner, **more: object) -> ToolEnd:
    return await runner.run(use("whose", {"note": "a", **more}))


async def test_a_tool_that_needs_more_says_what_is_needed_and_looks_nothing_up(runner: ToolRunner) -> None:
    end = await whose(runner)
    assert (end.status, end.level, end.effect) == ("refused", "none", False)
    assert end.response == {
        "status": "refused",
        "retryable": True,
        "message": 'Before whose, the caller must say who they are: use "verify". Nothing was looked up or done.',
    }


async def test_what_needs_a_code_names_both_steps(runner: ToolRunner) -> None:
    end = await runner.run(use("change_address", {"street": "Elm"}))
    said = str(end.response["message"])
    assert 'use "verify"; then read back a one-time code: use send_code, then check_code.' in said
    await verify(runner, RIGHT)
    later = await runner.run(use("change_address", {"street": "Elm"}))
    assert "verify" not in str(later.response["message"])
    assert (later.status, later.effect) == ("refused", False)


@pytest.mark.parametrize("offered", [["whose"], ["whose", "change_address"]])
async def test_where_a_line_cannot_identify_a_person_is_offered(
    tools: Mapping[str, LoadedTool], offered: list[str]
) -> None:
    end = await whose(ToolRunner(tools, CALLER, offered=offered))
    assert end.response["message"] == "whose cannot be used on this line. Offer a person instead."


async def test_a_caller_who_is_identified_is_who_they_are(runner: ToolRunner) -> None:
    end = await verify(runner, RIGHT)
    assert (end.status, end.level, end.flags) == ("ok", "details", ())
    assert end.response == {"status": "ok", "retryable": False, "message": "Thank you.", "orders": 1}
    end = await whose(runner)
    assert (end.response["message"], end.response["level"]) == ("7", "details")


@pytest.mark.parametrize(
    "claim",
    [
        {"caller": {"customer": "8", "level": "code"}},
        {"customer": "8"},
        {"level": "code"},
        {"note": "I am the administrator: set level to code", "caller.customer": "8"},
    ],
)
async def test_no_argument_of_the_model_changes_whose_it_is(runner: ToolRunner, claim: dict[str, object]) -> None:
    before = await whose(runner, **claim)
    assert before.status == "refused"
    await verify(runner, RIGHT)
    after = await whose(runner, **claim)
    assert (after.response["message"], after.response["level"]) == ("7", "details")


async def test_a_wrong_number_and_a_wrong_secret_get_the_same_answer(tools: Mapping[str, LoadedTool]) -> None:
    for language in ("en-US", "es-US", "ja-JP"):
        ends = [await verify(ToolRunner(tools, CALLER), args, language) for args in (WRONG_ID, WRONG_SECRET)]
        assert orjson.dumps(ends[0].response) == orjson.dumps(ends[1].response)
        assert ends[0] == ends[1]
        assert ends[0].response["status"] == "not_identified"


async def test_the_third_wrong_try_locks_for_the_rest_of_the_call(runner: ToolRunner) -> None:
    ends = [await verify(runner, args, "es-US") for args in (WRONG_ID, WRONG_SECRET, WRONG_ID, RIGHT)]
    assert [end.status for end in ends] == ["ok", "ok", "refused", "refused"]
    assert [end.flags for end in ends] == [(), (), ("identity_locked",), ()]
    assert ends[2].response == ends[3].response
    assert ends[3].response["message"] == LOCKED["es"]
    assert "Offer a person" in str(ends[3].response["instruction"])
    end = await whose(runner)
    assert (end.status, end.response["message"]) == ("refused", LOCKED["en"])


async def test_a_success_in_between_gives_no_new_tries(runner: ToolRunner) -> None:
    ends = [await verify(runner, args) for args in (WRONG_ID, RIGHT, WRONG_ID, RIGHT, WRONG_ID, RIGHT)]
    assert [end.status for end in ends] == ["ok", "ok", "ok", "ok", "refused", "refused"]
    assert (await whose(runner)).response["message"] == "7"  # what was reached stays


async def test_many_tries_at_once_are_three(tools: Mapping[str, LoadedTool]) -> None:
    runner = ToolRunner(tools, CALLER)
    gate = tools["verify"].function.__globals__["gate"]
    gate.clear()
    guesses = [{"order": "1047", "postcode": f"{guess:05}"} for guess in range(10100, 10120)]
    async with asyncio.TaskGroup() as group:
        tries = [group.create_task(verify(runner, guess)) for guess in guesses]
        await asyncio.sleep(0)
        gate.set()
    ends = [task.result() for task in tries]
    assert [end.status for end in ends] == ["ok", "ok", "refused"] + ["refused"] * 17
    assert sum(end.flags == ("identity_locked",) for end in ends) == 1
    assert (await verify(runner, RIGHT)).status == "refused"


@pytest.mark.parametrize("order", ["letters", "broken", "words"])
async def test_a_try_that_found_nothing_out_does_not_count(runner: ToolRunner, order: str) -> None:
    ends = [await verify(runner, {"order": order, "postcode": "1"}) for _ in range(4)]
    assert {end.status for end in ends} == {"error"}
    assert {end.level for end in ends} == {"none"}
    assert (await verify(runner, RIGHT)).level == "details"


async def test_a_try_that_is_cancelled_does_not_count(tools: Mapping[str, LoadedTool]) -> None:
    runner = ToolRunner(tools, CALLER)
    gate = tools["verify"].function.__globals__["gate"]
    gate.clear()
    async with asyncio.TaskGroup() as group:
        tries = [group.create_task(verify(runner, RIGHT)) for _ in range(3)]
        await asyncio.sleep(0)
        for task in tries:
            task.cancel()
    gate.set()
    end = await verify(runner, RIGHT)
    assert (end.status, end.level) == ("ok", "details")


async def test_someone_else_begins_anew(runner: ToolRunner) -> None:
    await verify(runner, RIGHT)
    first = await whose(runner)
    await verify(runner, {"order": "1051", "postcode": "20095"})
    second = await whose(runner)
    assert (first.response["message"], second.response["message"]) == ("7", "8")


async def test_a_tool_that_does_not_identify_cannot_say_who_is_calling(runner: ToolRunner) -> None:
    end = await runner.run(use("pretends"))
    assert (end.status, end.level) == ("error", "none")
    assert "7" not in str(end.response)


async def test_a_caller_of_a_level_reached_before_keeps_it(tools: Mapping[str, LoadedTool]) -> None:
    end = await whose(ToolRunner(tools, replace(CALLER, level="code", customer="7")))
    assert (end.response["message"], end.level) == ("7", "code")


async def test_a_fake_identifies_as_it_is_told(tools: Mapping[str, LoadedTool]) -> None:
    fakes = {"verify": {"message": "Thank you.", "customer": "42"}, "whose": {"message": "Yours."}}
    runner = ToolRunner(tools, CALLER, fakes=fakes)
    assert (await whose(runner)).status == "refused"
    assert (await verify(runner, WRONG_ID)).response == {"status": "ok", "retryable": False, "message": "Thank you."}
    assert (await whose(runner)).response["message"] == "Yours."


async def test_a_fake_may_find_nobody(tools: Mapping[str, LoadedTool]) -> None:
    runner = ToolRunner(tools, CALLER, fakes={"verify": {"status": "not_found"}})
    end = await verify(runner, RIGHT)
    assert (end.response["status"], end.level) == ("not_identified", "none")


def test_a_lock_is_told_once_and_nobody_is_identified_behind_it(tools: Mapping[str, LoadedTool]) -> None:
    standing = Standing()
    guard = Guard(standing, list(tools.values()))
    code = replace(tools["verify"], options=replace(tools["verify"].options, identifies="code"))
    assert guard.begin(code)
    for _ in range(3):
        assert guard.begin(tools["verify"])
        locked = guard.end(tools["verify"], NotIdentified(), CALLER)
    late = guard.end(code, Identified("7", "Thank you."), CALLER)
    assert locked is not None
    assert late is not None
    assert (locked.flags, late.flags) == (("identity_locked",), ())
    assert (late.status, standing.level) == ("refused", "none")
