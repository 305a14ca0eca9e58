"""The alarm: it rings when the deadline has come, however that moves meanwhile, and wakes nobody before."""

import asyncio
from contextlib import suppress

import pytest

from app.alarm import Alarm

SOON_S, PATIENCE_S = 0.01, 5.0


class Wait:
    """Something with a deadline, and when it rang."""

    def __init__(self, deadline: float | None) -> None:
        self.loop = asyncio.get_running_loop()
        self.began = self.loop.time()
        self.deadline = None if deadline is None else self.began + deadline
        self.rang: list[float] = []
        self.heard = asyncio.Event()
        self.alarm = Alarm(lambda: self.deadline, self.loop.time)

    def ring(self) -> None:
        assert self.deadline is not None
        self.rang.append(self.loop.time() - self.deadline)
        self.deadline = None
        self.heard.set()

    def move(self, deadline: float | None) -> None:
        self.deadline = None if deadline is None else self.loop.time() + deadline
        self.alarm.moved(self.deadline)

    async def until_heard(self) -> None:
        async with asyncio.timeout(PATIENCE_S):
            await self.heard.wait()
        self.heard.clear()


async def ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_it_rings_when_the_deadline_has_come_and_not_before() -> None:
    wait = Wait(SOON_S)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(wait.alarm.run(wait.ring))
        await wait.until_heard()
        assert wait.rang[0] >= 0
        await ended(task)


async def test_a_deadline_that_comes_nearer_is_kept() -> None:
    wait = Wait(3_000.0)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(wait.alarm.run(wait.ring))
        await asyncio.sleep(0)
        wait.move(SOON_S)
        await wait.until_heard()
        wait.move(SOON_S)  # and again, when there was none for a while
        await wait.until_heard()
        assert len(wait.rang) == 2
        await ended(task)


async def test_a_deadline_that_has_moved_away_does_not_ring() -> None:
    wait = Wait(SOON_S)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(wait.alarm.run(wait.ring))
        await asyncio.sleep(0)
        wait.move(10 * SOON_S)
        await wait.until_heard()
        assert wait.loop.time() - wait.began >= 10 * SOON_S
        assert len(wait.rang) == 1
        await ended(task)


async def test_what_a_ring_raises_ends_it() -> None:
    wait = Wait(0.0)

    def broken() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await wait.alarm.run(broken)


async def test_after_its_end_nothing_rings_any_more() -> None:
    wait = Wait(3_000.0)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(wait.alarm.run(wait.ring))
        await asyncio.sleep(0)
        await ended(task)
    wait.move(0.0)
    await asyncio.sleep(SOON_S)
    assert not wait.rang
