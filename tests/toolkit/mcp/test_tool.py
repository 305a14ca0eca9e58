"""MCP tools as they run: what is sent, what the model may see, and what is never told."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from app.call.commands import RunTool
from app.toolkit.declare import ToolError
from app.toolkit.runner import ToolRunner
from tests.toolkit.mcp.places import CALLER, RESERVE, STOCK, URL, Place, ran, table, written
from tests.toolkit.mcp.server import stock_tool


async def test_data_are_given_once_and_under_names_that_are_not_ours(tmp_path: Path, place: Place) -> None:
    tools = place.read(written(tmp_path, URL + STOCK))
    assert await ran(tools["stock_of"], item="tent") == {
        "status": "ok",
        "retryable": False,
        "message": "",
        "left": 4,
        "their_status": "low",
    }
    assert place.warehouse.calls == [("stock_of", {"item": "tent"})]


async def test_data_as_a_text_are_data_all_the_same(tmp_path: Path, place: Place) -> None:
    tools = place.read(written(tmp_path, URL + STOCK))
    answer = await ran(tools["stock_of"], item="json")
    assert answer["left"] == 4 and answer["their_status"] == "open" and answer["message"] == ""


async def test_what_cannot_be_said_is_left_out_and_noted(tmp_path: Path, place: Place) -> None:
    tools = place.read(written(tmp_path, URL + STOCK))
    answer = await ran(tools["stock_of"], item="picture")
    assert answer["message"] == "See."
    assert answer["left_out"] == "1 of what came cannot be said (image)"
    assert "aGk=" not in str(answer)


async def test_nothing_is_said_politely(tmp_path: Path, place: Place) -> None:
    tools = place.read(written(tmp_path, URL + STOCK))
    assert (await ran(tools["stock_of"], item="nothing"))["message"] == "I found nothing on that."


async def test_an_error_of_the_tool_is_told_in_its_words(tmp_path: Path, place: Place) -> None:
    tools = place.read(written(tmp_path, URL + STOCK))
    with pytest.raises(ToolError, match="There is no such item") as failed:
        await ran(tools["stock_of"], item="wrong")
    assert failed.value.retryable


async def test_an_error_of_the_server_is_told_in_ours(tmp_path: Path, place: Place) -> None:
    tools = place.read(written(tmp_path, URL + STOCK))
    with capture_logs() as logs, pytest.raises(ToolError, match="can't get to that") as failed:
        await ran(tools["stock_of"], item="refused")
    assert failed.value.retryable
    assert "secret words" not in f"{logs} {failed.value!r}"


async def test_whose_it_is_is_put_in_by_the_house(tmp_path: Path, place: Place) -> None:
    tool = place.read(written(tmp_path, URL + RESERVE))["reserve"]
    assert set(tool.spec.parameters["properties"]) == {"item", "phone"}  # type: ignore[call-overload]
    assert "caller" not in str(tool.spec.parameters)
    await ran(tool, replace(CALLER, level="details", customer="3"), item="tent")
    assert place.warehouse.calls == [("reserve", {"item": "tent", "customer": "3"})]
    with pytest.raises(ToolError, match="without a number"):
        await ran(tool, CALLER, item="tent")
    assert len(place.warehouse.calls) == 1


async def test_the_caller_is_not_passed_on_unless_the_file_says_so(tmp_path: Path, place: Place) -> None:
    headers = '[headers]\nAuthorization = "Bearer {secret.WAREHOUSE_KEY}"\n'
    tools = place.read(written(tmp_path, URL + headers + STOCK))
    await ran(tools["stock_of"], item="tent")
    seen = f"{place.headers} {place.warehouse.calls}"
    assert "12125550123" not in seen and "CA1" not in seen
    assert {one["authorization"] for one in place.headers} == {"Bearer key-of-the-warehouse"}
    assert all("cookie" not in one for one in place.headers)


async def test_a_secret_that_a_server_sends_back_does_not_reach_the_model(
    tmp_path: Path, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAREHOUSE_KEY", "key-of-the-warehouse")
    headers = '[headers]\nAuthorization = "Bearer {secret.WAREHOUSE_KEY}"\n'
    tools = place.read(written(tmp_path, URL + headers + STOCK))
    assert (await ran(tools["stock_of"], item="json"))["env"] == "••••"


async def test_two_uses_at_once_do_not_wait_for_each_other(tmp_path: Path, place: Place) -> None:
    place.warehouse.together = asyncio.Barrier(2)
    tools = place.read(written(tmp_path, URL + STOCK))
    answers = await asyncio.gather(ran(tools["stock_of"], item="tent"), ran(tools["stock_of"], item="stove"))
    assert [answer["left"] for answer in answers] == [4, 4]
    assert place.asked("tools/list") == 1


async def test_a_tool_that_hangs_takes_its_time_and_no_others(tmp_path: Path, place: Place) -> None:
    hanging = table(stock_tool()).replace("timeout_s = 20", "timeout_s = 0.5")
    tools = place.read(written(tmp_path, URL + STOCK))
    await ran(tools["stock_of"], item="tent")
    slow = place.read(written(tmp_path, URL + hanging))
    with pytest.raises(ToolError, match="taking too long"):
        await ran(slow["stock_of"], item="sleep")
    assert (await ran(tools["stock_of"], item="tent"))["left"] == 4


async def test_the_runner_guards_an_mcp_tool_as_it_guards_all_others(tmp_path: Path, place: Place) -> None:
    text = URL + STOCK + RESERVE + 'confirm.en = "Shall I put the {item} aside?"\n'
    runner = ToolRunner(place.read(written(tmp_path, text)), CALLER)
    refused = await runner.run(RunTool("1", "reserve", {"item": "tent"}, "en", turn=1, said="Put it aside."))
    assert refused.status == "refused" and place.headers == []
    end = await runner.run(RunTool("2", "stock_of", {"item": "tent", "colour": None, "more": 1}, "en", turn=1, said=""))
    assert end.status == "ok" and end.response["left"] == 4
    assert place.warehouse.calls == [("stock_of", {"item": "tent"})]
    wrong = await runner.run(RunTool("3", "stock_of", {}, "en", turn=1, said=""))
    assert wrong.status == "error" and "item" in str(wrong.response["message"])
