"""What several people look at in one moment is made once, and made again for the next."""

import asyncio

import pytest

from app.console.moments import FRESH_S, Moments
from tests.fakes import Clock


async def test_ten_viewers_of_one_moment_have_it_made_once() -> None:
    made: list[str] = []
    moments = Moments(Clock())

    async def make() -> str:
        await asyncio.sleep(0)
        made.append("rows")
        return f"rows {len(made)}"

    assert await asyncio.gather(*(moments.look("en", make) for _ in range(10))) == ["rows 1"] * 10


async def test_the_next_moment_and_another_language_are_made_anew() -> None:
    clock = Clock()
    moments = Moments(clock)
    made: list[str] = []

    async def make() -> str:
        made.append("rows")
        return f"rows {len(made)}"

    assert await moments.look("en", make) == "rows 1"
    assert await moments.look("es", make) == "rows 2"
    clock.now += FRESH_S + 0.01
    assert await moments.look("en", make) == "rows 3"
    assert await moments.look("en", make) == "rows 3"


async def test_what_failed_for_one_is_tried_for_the_next() -> None:
    moments = Moments(Clock())

    async def fail() -> str:
        raise OSError

    async def make() -> str:
        return "rows"

    with pytest.raises(OSError):
        await moments.look("en", fail)
    assert await moments.look("en", make) == "rows"
