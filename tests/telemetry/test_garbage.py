"""What ended calls leave in circles is gathered a few calls at a time, and by nobody else."""

import asyncio
import gc
import weakref
from collections.abc import Callable, Iterator

import pytest
from prometheus_client import REGISTRY

from app.telemetry.garbage import AT_MOST, ENDED, EVERY_S, NEVER, gather_garbage


class Circle:
    """Something that refers to itself, as an ended call does."""

    def __init__(self) -> None:
        self.itself = self


class Calls:
    """So many going on, so many ended."""

    def __init__(self, going_on: int = 1) -> None:
        self.going_on, self.ended = going_on, 0

    def __len__(self) -> int:
        return self.going_on


@pytest.fixture(autouse=True)
def nothing_else_is_gathered() -> Iterator[None]:
    frozen = gc.get_freeze_count()
    gc.disable()
    yield
    gc.enable()
    if gc.get_freeze_count() != frozen:
        gc.unfreeze()


def looked() -> int:
    return int(REGISTRY.get_sample_value("frontline_garbage_seconds_count") or 0)


async def gathering(calls: Calls, *between: Callable[[], object]) -> None:
    """One step of the test before each look, and then the end."""
    steps = iter(between)

    async def pause(seconds: float) -> None:
        assert (seconds, gc.get_threshold()[2]) == (EVERY_S, NEVER)
        step = next(steps, None)
        if step is None:
            raise asyncio.CancelledError
        step()

    with pytest.raises(asyncio.CancelledError):
        await gather_garbage(calls, pause=pause, give_back=lambda: None)


async def test_what_ten_ended_calls_leave_is_gone_after_the_next_look() -> None:
    before, calls, left = gc.get_threshold(), Calls(), weakref.ref(Circle())
    there: list[bool] = []

    def end(more: int) -> None:
        there.append(left() is not None)
        calls.ended += more

    await gathering(calls, lambda: end(ENDED - 1), lambda: end(1), lambda: end(0))
    assert there == [True, True, False]
    assert gc.get_threshold() == before


async def test_calls_that_go_on_are_not_kept_waiting_for_a_look_with_nothing_to_find() -> None:
    before, calls = looked(), Calls(25)
    await gathering(calls, *[lambda: None] * (AT_MOST - 1))
    assert looked() == before
    await gathering(calls, *[lambda: None] * 2 * AT_MOST)
    assert looked() == before + 2


async def test_the_room_of_what_was_gathered_is_given_back() -> None:
    calls, given, pauses = Calls(), [0], 0

    async def pause(seconds: float) -> None:
        nonlocal pauses
        pauses += 1
        if pauses == 3:
            raise asyncio.CancelledError
        calls.ended += ENDED

    with pytest.raises(asyncio.CancelledError):
        await gather_garbage(calls, pause=pause, give_back=lambda: given.append(pauses))
    assert given == [0, 1, 2]


async def test_what_lives_when_the_first_calls_are_over_is_not_gone_through_again() -> None:
    calls, kept = Calls(0), [Circle() for _ in range(100)]
    frozen = gc.get_freeze_count()

    def end() -> None:
        calls.ended += 1

    await gathering(calls, lambda: None)
    assert gc.get_freeze_count() == frozen
    await gathering(calls, end, lambda: None)
    assert gc.get_freeze_count() >= frozen + len(kept)


async def test_what_lives_while_somebody_calls_is_gone_through_later() -> None:
    calls, frozen = Calls(1), gc.get_freeze_count()
    calls.ended = 5
    await gathering(calls, *[lambda: None] * AT_MOST)
    assert gc.get_freeze_count() == frozen
