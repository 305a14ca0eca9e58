"""A call that goes on in another process: who the caller is stays known, and no write is done twice."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from app.call.events import ToolReturned
from app.call.past import Used
from app.call.tool_end import ToolEnd
from app.toolkit import Caller
from app.toolkit.loader import load_tools
from app.toolkit.runner import ToolRunner
from app.toolkit.schema import LoadedTool
from tests.toolkit import using

TOOLS = '''
"""A shop."""

from app.toolkit import Caller, answer, identified, not_identified, tool

done: list[str] = []


@tool(write=True, confirm={"en": "Cancel order {order}?"})
async def cancel(order: str, *, caller: Caller) -> dict[str, object]:
    """Cancel an order.

    Args:
        order: The order.
    """
    done.append(caller.key)
    return answer(f"Order {order} is cancelled.")


@tool(write=True, level="details")
async def refund(order: str, *, caller: Caller) -> dict[str, object]:
    """Refund an order.

    Args:
        order: The order.
    """
    done.append(caller.key)
    return answer(f"Refunded for {caller.customer}.")


@tool(identifies="details")
async def verify(order: str) -> object:
    """Find out who is calling.

    Args:
        order: The order.
    """
    return identified("7", "Thank you.", phone="+12125550147") if order == "1047" else not_identified()
'''
CALLER = Caller(number="+12125550147", call_sid="CA1", line="shop", language="en")


@pytest.fixture
def tools(tmp_path: Path) -> Iterator[Mapping[str, LoadedTool]]:
    (tmp_path / "shop.py").write_text(TOOLS, encoding="utf-8")
    loaded, wrong = load_tools(tmp_path)
    assert wrong == []
    yield loaded


def done(tools: Mapping[str, LoadedTool]) -> list[str]:
    kept: list[str] = tools["cancel"].function.__globals__["done"]
    return kept


def before(name: str, end: ToolEnd | None, **args: object) -> Used:
    """A use in the process before, as its journal has it."""
    if end is None:
        return Used(name, args)
    told = (end.level, end.effect, end.key, end.flags, end.customer, end.phone)
    return Used(name, args, ToolReturned("t", end.response, end.status, 5, *told))


async def use(runner: ToolRunner, name: str, turn: int = 0, said: str = "", **args: object) -> ToolEnd:
    return await runner.run(using.use(name, args, turn=turn, said=said))


def next_runner(tools: Mapping[str, LoadedTool], *uses: Used) -> ToolRunner:
    runner = ToolRunner(tools, CALLER)
    runner.remember(uses)
    return runner


async def test_a_write_that_was_done_before_is_told_and_not_done_again(tools: Mapping[str, LoadedTool]) -> None:
    first = ToolRunner(tools, CALLER)
    asked = await use(first, "cancel", order="1047", turn=1)
    end = await use(first, "cancel", order="1047", turn=2, said="Yes, please.")
    assert end.effect
    after = next_runner(tools, before("cancel", asked, order="1047"), before("cancel", end, order="1047"))
    again = await use(after, "cancel", order="1047", turn=3)
    assert (again.response, again.status, again.effect) == (end.response, "ok", False)
    assert len(done(tools)) == 1


async def test_a_write_cut_off_goes_out_again_under_the_same_key(tools: Mapping[str, LoadedTool]) -> None:
    first = ToolRunner(tools, CALLER)
    asked = await use(first, "cancel", order="1047", turn=1)
    await use(first, "cancel", order="1047", turn=2, said="Yes, please.")
    after = next_runner(tools, before("cancel", asked, order="1047"), before("cancel", None, order="1047"))
    assert (await use(after, "cancel", order="1047", turn=2)).status == "ok"
    assert len(set(done(tools))) == 1


async def test_a_write_that_was_never_read_back_is_not_done_because_it_was_cut_off(
    tools: Mapping[str, LoadedTool],
) -> None:
    after = next_runner(tools, before("cancel", None, order="1047"))
    assert (await use(after, "cancel", order="1047", turn=2)).status == "confirm"
    assert done(tools) == []


async def test_who_the_caller_is_goes_with_the_call(tools: Mapping[str, LoadedTool]) -> None:
    shown = await use(ToolRunner(tools, CALLER), "verify", order="1047")
    after = next_runner(tools, before("verify", shown, order="1047"))
    assert (await use(after, "refund", order="1047")).response["message"] == "Refunded for 7."
    stranger = next_runner(tools)
    assert (await use(stranger, "refund", order="1047")).status == "refused"


async def test_a_write_is_known_by_the_customer_it_was_done_for(tools: Mapping[str, LoadedTool]) -> None:
    first = ToolRunner(tools, CALLER)
    shown = await use(first, "verify", order="1047")
    refunded = await use(first, "refund", order="1047")
    after = next_runner(tools, before("verify", shown, order="1047"), before("refund", refunded, order="1047"))
    assert (await use(after, "refund", order="1047")).response == refunded.response
    assert len(done(tools)) == 1


async def test_wrong_tries_are_counted_over_processes(tools: Mapping[str, LoadedTool]) -> None:
    wrong = await use(ToolRunner(tools, CALLER), "verify", order="1")
    after = next_runner(tools, *[before("verify", wrong, order="1")] * 2)
    assert "identity_locked" in (await use(after, "verify", order="1")).flags
    locked = next_runner(tools, *[before("verify", wrong, order="1")] * 3)
    assert (await use(locked, "verify", order="1047")).status == "refused"


async def test_a_tool_that_is_no_longer_there_is_forgotten(tools: Mapping[str, LoadedTool]) -> None:
    assert next_runner(tools, Used("gone", {}))


async def test_a_write_cut_off_whose_arguments_are_hidden_is_known_when_it_is_asked_for_again(
    tools: Mapping[str, LoadedTool],
) -> None:
    first = ToolRunner(tools, CALLER, secret=b"of the house")
    card, hidden = "4111 1111 1111 1111", "□□□□ □□□□ □□□□ □□□□"
    asked = await use(first, "cancel", order=card, turn=1)
    await use(first, "cancel", order=card, turn=2, said="Yes, please.")
    stands_for = first.known_by(using.use("cancel", {"order": f" {card}"}))
    after = ToolRunner(tools, CALLER, secret=b"of the house")
    after.remember([before("cancel", asked, order=hidden), Used("cancel", {"order": hidden}, known_by=stands_for)])
    assert (await use(after, "cancel", order="4111 1111 1111 1112", turn=3)).status == "confirm", "it is another"
    assert (await use(after, "cancel", order=card, turn=3)).status == "ok"
    assert len(set(done(tools))) == 1, "whoever keeps the orders sees one key"


def test_what_arguments_are_known_by_is_of_no_use_without_the_secret(tools: Mapping[str, LoadedTool]) -> None:
    wish = using.use("cancel", {"order": "4111 1111 1111 1111"})
    known = {ToolRunner(tools, CALLER, secret=secret).known_by(wish) for secret in (b"", b"one", b"another")}
    known.add(ToolRunner(tools, replace(CALLER, call_sid="CA2"), secret=b"one").known_by(wish))
    assert len(known) == 4
    assert ToolRunner(tools, CALLER).known_by(using.use("gone")) == ""


async def test_a_write_told_of_under_a_key_of_an_older_version_is_not_done_again(
    tools: Mapping[str, LoadedTool],
) -> None:
    end = ToolEnd({"status": "ok", "message": "Order 1047 is cancelled."}, effect=True, key="made otherwise")
    after = next_runner(tools, before("cancel", end, order="1047"))
    assert (await use(after, "cancel", order="1047", turn=3)).response == end.response
    assert done(tools) == []
