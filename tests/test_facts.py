"""Facts about a caller are looked up while the phone rings: in a moment, or not at all."""

import asyncio
from pathlib import Path

import pytest

from app import facts
from app.facts import LookUps, look_up
from app.lines.published import Published
from app.prompts.line import Line
from app.toolkit import Caller, ToolError, answer
from app.toolkit.declare import Options
from app.toolkit.schema import LoadedTool
from app.toolkit.spec import ToolSpec

CALLER = "+12125550147"


class Customers:
    """A look-up by the caller's number: how it ends, a test says."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.fails = False

    async def __call__(self, caller: Caller) -> dict[str, object]:
        self.asked.append(caller.number)
        await self.may_answer.wait()
        if self.fails:
            raise ToolError("not now")
        return answer("", name="Maria", open_orders=1)

    def published(self, look_up: str | None = "caller_facts") -> Published:
        spec = ToolSpec("caller_facts", "Who calls.", {"type": "object", "properties": {}})
        tool = LoadedTool(spec, self, Options(), "caller", {}, Path("tools/orders.py"), 1)
        line = Line("store", "Northwind", ("*",), look_up=look_up, facts={"name": "", "open_orders": "0"})
        return Published(line, {"caller_facts": tool}, "v1", "p1")


@pytest.fixture
def customers() -> Customers:
    return Customers()


async def test_what_the_look_up_answers_besides_its_words_is_the_facts(customers: Customers) -> None:
    assert await look_up(customers.published(), "CA1", CALLER) == {"name": "Maria", "open_orders": 1}
    assert customers.asked == [CALLER]


async def test_a_line_without_a_look_up_asks_nobody(customers: Customers) -> None:
    assert await look_up(customers.published(None), "CA1", CALLER) == {}
    assert customers.asked == []


async def test_a_look_up_that_fails_leaves_the_call_without_facts(customers: Customers) -> None:
    customers.fails = True
    assert await look_up(customers.published(), "CA1", CALLER) == {}


async def test_one_that_takes_too_long_is_not_waited_for(customers: Customers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts, "WITHIN_S", 0.0)
    customers.may_answer.clear()
    assert await look_up(customers.published(), "CA1", CALLER) == {}


async def test_a_look_up_begun_with_the_ring_is_not_begun_again_with_the_stream(customers: Customers) -> None:
    async with asyncio.TaskGroup() as group:
        looks = LookUps(group.create_task)
        looks.begin(customers.published(), "CA1", CALLER)
        looks.begin(customers.published(), "CA1", CALLER)  # Twilio asks twice when it has not heard the answer
        assert await looks.of(customers.published(), "CA1", CALLER) == {"name": "Maria", "open_orders": 1}
    assert customers.asked == [CALLER]


async def test_a_stream_whose_ring_another_process_answered_is_looked_up_now(customers: Customers) -> None:
    async with asyncio.TaskGroup() as group:
        looks = LookUps(group.create_task)
        assert await looks.of(customers.published(), "CA1", CALLER) == {"name": "Maria", "open_orders": 1}


async def test_rings_whose_stream_never_comes_do_not_pile_up(
    customers: Customers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facts, "MOST_KEPT", 3)
    async with asyncio.TaskGroup() as group:
        looks = LookUps(group.create_task)
        for number in range(9):
            looks.begin(customers.published(), f"CA{number}", CALLER)
        assert len(looks._begun) == 3
