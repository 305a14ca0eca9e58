"""What ended calls leave in circles is gathered at a steady pace, and by nobody else."""

import asyncio
import gc
import weakref

import pytest
from prometheus_client import REGISTRY

from app.telemetry.garbage import EVERY_S, NEVER, gather_garbage


class Circle:
    """Something that refers to itself, as an ended call does."""

    def __init__(self) -> None:
        self.itself = self


async def test_what_refers_to_itself_is_gone_after_the_next_look() -> None:
    before, looked = gc.get_threshold(), REGISTRY.get_sample_value("frontline_garbage_seconds_count") or 0.0
    pauses = 0
    left: list[weakref.ref[Circle]] = []
    given: list[int] = []

    async def pause(seconds: float) -> None:
        nonlocal pauses
        assert (seconds, gc.get_threshold()[2]) == (EVERY_S, NEVER)
        pauses += 1
        if pauses == 2:
            raise asyncio.CancelledError
        left.append(weakref.ref(Circle()))

    with pytest.raises(asyncio.CancelledError):
        await gather_garbage(pause=pause, give_back=lambda: given.append(pauses))
    assert left[0]() is None
    assert given == [1]
    assert REGISTRY.get_sample_value("frontline_garbage_seconds_count") == looked + 1
    assert gc.get_threshold() == before
