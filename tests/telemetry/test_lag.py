"""The watch on the event loop: how late timers come."""

import asyncio
from collections.abc import Callable

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from app.telemetry.lag import watch_lag


def observed() -> float:
    return REGISTRY.get_sample_value("frontline_loop_lag_seconds_sum") or 0.0


def late_by(seconds: float) -> tuple[Callable[[], float], Callable[[float], asyncio.Future[None]]]:
    """A clock, and a pause that lasts ``seconds`` longer than asked, once."""
    now = 100.0
    pauses = 0

    async def pause(asked: float) -> None:
        nonlocal now, pauses
        pauses += 1
        if pauses > 1:
            raise asyncio.CancelledError
        now += asked + seconds

    return (lambda: now), lambda asked: asyncio.ensure_future(pause(asked))


@pytest.mark.parametrize(("late_s", "logged"), [(0.004, []), (0.3, [300])])
async def test_lag_is_measured_and_said_when_a_caller_would_hear_it(late_s: float, logged: list[int]) -> None:
    clock, pause = late_by(late_s)
    before = observed()
    with capture_logs() as logs, pytest.raises(asyncio.CancelledError):
        await watch_lag(0.5, clock, pause)
    assert observed() - before == pytest.approx(late_s)
    assert [log["late_ms"] for log in logs] == logged


async def test_a_timer_that_comes_early_is_no_lag() -> None:
    clock, pause = late_by(-0.001)
    before = observed()
    with pytest.raises(asyncio.CancelledError):
        await watch_lag(0.5, clock, pause)
    assert observed() == before
