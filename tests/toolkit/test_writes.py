"""A write is read back, done once, and never stopped in the middle."""

import asyncio
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import structlog

from app.call.tool_end import ToolEnd
from app.toolkit import Caller
from app.toolkit.leftovers import writes_ended
from app.toolkit.loader import load_tools
from app.toolkit.runner import ToolRunner
from app.toolkit.schema import LoadedTool
from tests.toolkit.using import use

TOOLS = '''
"""A shop where things are done."""

import asyncio

from app.toolkit import Caller, ToolError, answer, identified, not_found, tool

done: list[str] = []
begun: list[str] = []
gate = asyncio.Event()


@tool(write=True, confirm={"en": "Cancel order {order}, because {reason}. Is that right?", "es": "¿Cancelo {order}?"})
async def cancel(order: str, reason: str = "none", *, caller: Caller) -> dict[str, object]:
    """Cancel an order.

    Args:
        order: The order.
        reason: The reason.
    """
    done.append(order)
    return answer(f"Order {order} is cancelled.")


@tool(write=True, timeout_s=0.02)
async def book(day: str) -> dict[str, object]:
    """Book a day.

    Args:
        day: The day.
    """
    begun.append(day)
    await gate.wait()
    if day == "never":
        raise ToolError("There is nothing free.", retryable=True)
    if day == "broken":
        raise RuntimeError("the caller said 4111 1111")
    if day == "unsure":
        raise ToolError("It did not answer.", unsure=True)
    done.append(day)
    if day == "large":
        return answer("x" * 9000)
    if day == "nothing":
        done.remove(day)
        return not_found("There is no such day.")
    return {} if day == "empty" else answer(f"Booked for {day}.")


@tool(write=True, idempotent=True, retries=1)
async def note(text: str, caller: Caller) -> str:
    """Write a note.

    Args:
        text: The note.
    """
    begun.append(caller.key)
    if len(begun) < int(text):
        raise OSError
    done.append(text)
    return "Noted."


@tool(write=True, level="details")
async def block(caller: Caller) -> dict[str, object]:
    """Block the card of the caller."""
    done.append(caller.customer)
    return answer(f"The card of {caller.customer} is blocked.")


@tool(identifies="details")
async def verify(name: str) -> object:
    """Find out who.

    Args:
        name: The name.
    """
    return identified(name, "Thank you.")
'''


class Shop:
    """The tools of one test, with what they did."""

    def __init__(self, tools: Mapping[str, LoadedTool]) -> None:
        names = tools["book"].function.__globals__
        self.done: list[str] = names["done"]
        self.begun: list[str] = names["begun"]
        self.gate: asyncio.Event = names["gate"]
        self.runner = ToolRunner(tools, Caller(call_sid="CA1", language="en-US"))

    async def cancel(self, order: str = "1047", turn: int = 3, said: str = "Cancel it", **more: str) -> ToolEnd:
        return await self.runner.run(use("cancel", {"order": order, **more}, turn=turn, said=said))

    async def book(self, day: str = "Monday") -> ToolEnd:
        return await self.runner.run(use("book", {"day": day}))


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    (tmp_path / "shop.py").write_text(TOOLS, encoding="utf-8")
    tools, errors = load_tools(tmp_path)
    assert errors == []
    yield Shop(tools)


async def test_a_write_is_read_back_first_with_its_numbers_digit_by_digit(shop: Shop) -> None:
    end = await shop.cancel(reason="too late")
    assert (end.status, end.effect, shop.done) == ("confirm", False, [])
    assert end.response["status"] == "confirm"
    assert end.response["message"] == "Cancel order 1 0 4 7, because too late. Is that right?"
    spanish = await shop.runner.run(use("cancel", {"order": "1051"}, language="es-MX"))
    assert spanish.response["message"] == "¿Cancelo 1 0 5 1?"


async def test_agreed_to_in_a_later_turn_it_is_done(shop: Shop) -> None:
    await shop.cancel()
    end = await shop.cancel(turn=4, said="Yes, please.")
    assert (end.status, end.effect, shop.done) == ("ok", True, ["1047"])
    assert end.response["message"] == "Order 1047 is cancelled."
    assert len(end.key) == 64


@pytest.mark.parametrize(
    ("turn", "said", "status"),
    [
        (3, "Yes.", "confirm"),  # the model answers for the caller
        (2, "Yes.", "confirm"),
        (4, "", "confirm"),
        (4, " … ", "confirm"),
        (4, "What would that cost me?", "confirm"),
        (4, "Yes, can you do that?", "ok"),
        (4, "No.", "refused"),
        (4, "No, wait, yes", "refused"),
        (4, "Espera, por favor", "refused"),
        (9, "Yes.", "confirm"),  # to something else, long after
        (4, "1", "ok"),
        (8, "Okay", "ok"),
    ],
)
async def test_only_a_caller_who_agrees_after_the_read_back_has_it_done(
    shop: Shop, turn: int, said: str, status: str
) -> None:
    await shop.cancel()
    end = await shop.cancel(turn=turn, said=said)
    assert end.status == status
    assert shop.done == (["1047"] if status == "ok" else [])


async def test_the_same_turn_however_often_is_no_agreement(shop: Shop) -> None:
    ends = [await shop.cancel() for _ in range(5)]
    assert {end.status for end in ends} == {"confirm"}
    assert (await shop.cancel(turn=4, said="Yes")).effect


@pytest.mark.parametrize("changed", [{"order": "1051"}, {"reason": "other"}])
async def test_changed_arguments_are_read_back_anew(shop: Shop, changed: dict[str, str]) -> None:
    await shop.cancel()
    end = await shop.cancel(**{"order": "1047", **changed}, turn=4, said="Yes")
    assert (end.status, shop.done) == ("confirm", [])
    back = await shop.cancel(turn=5, said="Yes")  # the first again: what was agreed to is the second
    assert (back.status, shop.done) == ("confirm", [])


async def test_the_order_of_the_arguments_and_their_form_change_nothing(shop: Shop) -> None:
    await shop.runner.run(use("cancel", {"order": "1047", "reason": "late"}, turn=3))
    end = await shop.runner.run(
        use("cancel", {"reason": " late ", "order": 1047.0, "confirmed": True}, turn=4, said="Yes")
    )
    assert (end.status, shop.done) == ("ok", ["1047"])


@pytest.mark.parametrize("extra", [{"confirm": True}, {"confirmed": "yes"}, {"turn": 9, "said": "yes"}])
async def test_no_argument_agrees_for_the_caller(shop: Shop, extra: dict[str, object]) -> None:
    ends = [await shop.runner.run(use("cancel", {"order": "1047", **extra}, turn=3, said="hm")) for _ in range(3)]
    assert ({end.status for end in ends}, shop.done) == ({"confirm"}, [])


async def test_after_a_no_it_is_read_back_again(shop: Shop) -> None:
    await shop.cancel()
    refused = await shop.cancel(turn=4, said="No")
    again = await shop.cancel(turn=5, said="Well, yes, do it")
    agreed = await shop.cancel(turn=6, said="Yes")
    assert [refused.status, again.status, agreed.status] == ["refused", "confirm", "ok"]


async def test_what_was_done_is_not_done_again(shop: Shop) -> None:
    shop.gate.set()
    ends = [await shop.book() for _ in range(3)]
    assert shop.done == ["Monday"]
    assert [end.effect for end in ends] == [True, False, False]
    assert ends[0].response == ends[1].response == ends[2].response
    assert len({end.key for end in ends}) == 1


async def test_done_and_asked_again_it_is_not_read_back_again(shop: Shop) -> None:
    await shop.cancel()
    await shop.cancel(turn=4, said="Yes")
    end = await shop.cancel(turn=5, said="No, it should be off")
    assert (end.status, end.effect, shop.done) == ("ok", False, ["1047"])


async def test_two_at_once_are_one(shop: Shop) -> None:
    async with asyncio.TaskGroup() as group:
        uses = [group.create_task(shop.book()) for _ in range(5)]
        await asyncio.sleep(0)
        shop.gate.set()
    ends = [task.result() for task in uses]
    assert (shop.begun, shop.done) == (["Monday"], ["Monday"])
    assert sorted(end.effect for end in ends) == [False, False, False, False, True]
    assert {str(end.response) for end in ends} == {str(ends[0].response)}


async def test_two_that_differ_are_two(shop: Shop) -> None:
    shop.gate.set()
    ends = await asyncio.gather(shop.book("Monday"), shop.book("Tuesday"))
    assert (sorted(shop.done), [end.effect for end in ends]) == (["Monday", "Tuesday"], [True, True])


async def test_a_write_that_nobody_waits_for_any_more_comes_to_its_end(shop: Shop) -> None:
    async with asyncio.TaskGroup() as group:
        task = group.create_task(shop.book())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
    assert (task.cancelled(), shop.done) == (True, [])
    shop.gate.set()
    assert await writes_ended(within_s=5)
    end = await shop.book()
    assert (shop.begun, shop.done) == (["Monday"], ["Monday"])
    assert (end.status, end.effect) == ("ok", True)  # told for the first time


async def test_a_write_out_of_time_may_have_been_done_and_is_joined(shop: Shop) -> None:
    first = await shop.book()
    assert (first.status, first.effect) == ("timeout", False)
    assert first.response["outcome"] == "unknown"
    assert "It may have been done." in str(first.response["message"])
    assert "do not do it again without checking" in str(first.response["instruction"])
    assert (await shop.book()).status == "timeout"
    shop.gate.set()
    assert await writes_ended(within_s=5)
    end = await shop.book()
    assert (end.status, end.effect) == ("ok", True)
    assert (shop.begun, shop.done) == (["Monday"], ["Monday"])


async def test_a_write_that_hangs_is_stopped_in_the_end_and_nobody_knows(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.toolkit.runner.WRITE_ON_S", 0.0)
    await shop.book()
    assert await writes_ended(within_s=5)
    end = await shop.book()
    assert (end.status, end.response["outcome"], shop.begun) == ("error", "unknown", ["Monday"])


@pytest.mark.parametrize("day", ["broken", "unsure"])
async def test_a_write_that_breaks_is_not_tried_again(shop: Shop, day: str) -> None:
    shop.gate.set()
    with structlog.testing.capture_logs() as logs:
        ends = [await shop.book(day) for _ in range(2)]
    assert [(end.status, end.response["outcome"], end.effect) for end in ends] == [("error", "unknown", False)] * 2
    assert shop.begun == [day]
    assert "4111" not in f"{logs}{ends}"


async def test_a_write_that_says_it_was_not_done_may_be_tried_again(shop: Shop) -> None:
    shop.gate.set()
    ends = [await shop.book("never") for _ in range(2)]
    assert [(end.status, end.response["message"]) for end in ends] == [("error", "There is nothing free.")] * 2
    assert shop.begun == ["never", "never"]


async def test_a_write_that_found_nothing_to_do_had_no_effect(shop: Shop) -> None:
    shop.gate.set()
    end = await shop.book("nothing")
    assert (end.status, end.response["status"], end.effect) == ("ok", "not_found", False)


@pytest.mark.parametrize("day", ["large", "empty"])
async def test_a_write_whose_answer_says_nothing_was_done_all_the_same(shop: Shop, day: str) -> None:
    shop.gate.set()
    end = await shop.book(day)
    assert (end.status, end.effect, end.response["message"]) == ("ok", True, "Done.")
    assert not (await shop.book(day)).effect
    assert shop.done == [day]


async def test_an_idempotent_write_is_begun_again_with_the_same_key(shop: Shop) -> None:
    end = await shop.runner.run(use("note", {"text": "2"}))
    assert (end.status, end.effect, len(shop.begun), set(shop.begun)) == ("ok", True, 2, {end.key})


async def test_an_idempotent_write_that_broke_may_be_tried_again(shop: Shop) -> None:
    first = await shop.runner.run(use("note", {"text": "3"}))
    assert (first.status, first.response["retryable"], first.response["outcome"]) == ("error", True, "unknown")
    second = await shop.runner.run(use("note", {"text": "3"}))
    assert (second.status, second.effect, shop.done) == ("ok", True, ["3"])


async def test_what_was_done_for_one_customer_was_not_done_for_another(shop: Shop) -> None:
    ends = []
    for name in ("7", "7", "8"):
        await shop.runner.run(use("verify", {"name": name}))
        ends.append(await shop.runner.run(use("block")))
    assert shop.done == ["7", "8"]
    assert [end.effect for end in ends] == [True, False, True]
    assert "8" in str(ends[2].response["message"])


async def test_above_the_limit_of_leftovers_no_write_is_begun(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.toolkit.leftovers.MOST_LEFTOVERS", 1)
    await shop.book()
    end = await shop.book("Tuesday")
    assert (end.status, "outcome" in end.response, shop.begun) == ("error", False, ["Monday"])
    joined = await shop.book()  # the one under way is joined all the same
    assert joined.response["outcome"] == "unknown"
    shop.gate.set()
    assert await writes_ended(within_s=5)


async def test_a_fake_write_is_read_back_and_done_once_too(shop: Shop, tmp_path: Path) -> None:
    tools, _ = load_tools(tmp_path)
    runner = ToolRunner(tools, Caller(), fakes={"cancel": {"message": "Cancelled, in a way."}})
    asked = await runner.run(use("cancel", {"order": "1047"}, turn=1))
    ends = [await runner.run(use("cancel", {"order": "1047"}, turn=2, said="Yes")) for _ in range(2)]
    assert asked.status == "confirm"
    assert [(end.response["message"], end.effect) for end in ends] == [
        ("Cancelled, in a way.", True),
        ("Cancelled, in a way.", False),
    ]
