"""The thread beside the event loop: sees it stand still, says where, once, and calls twice in a minute too often."""

import asyncio
import threading
import time
from collections.abc import Sequence

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from app.telemetry.watchdog import HEAVY_S, NOTICED_S, SHED_S, TWICE_WITHIN_S, Watchdog, frames_of
from tests.fakes import Clock

PATIENCE_S = 5.0


def blocked() -> float:
    return REGISTRY.get_sample_value("frontline_loop_blocked_total") or 0.0


@pytest.fixture
def clock() -> Clock:
    return Clock()


def stand_still(watchdog: Watchdog, clock: Clock, seconds: float) -> None:
    clock.now += seconds
    watchdog.look()
    watchdog.beat()


def test_a_loop_that_turns_is_not_spoken_of(clock: Clock) -> None:
    watchdog, before = Watchdog(clock), blocked()
    with capture_logs() as logs:
        for _ in range(20):
            stand_still(watchdog, clock, NOTICED_S - 0.1)
    assert (logs, blocked()) == ([], before)
    assert not watchdog.sheds()


def test_a_stand_still_is_told_once_while_it_lasts(clock: Clock) -> None:
    watchdog, before = Watchdog(clock), blocked()
    with capture_logs() as logs:
        for _ in range(20):
            clock.now += 0.1
            watchdog.look()
        watchdog.beat()
    assert [line["event"] for line in logs] == ["event loop stands still", "event loop turns again"]
    assert 400 <= logs[0]["for_ms"] <= 500
    assert logs[1]["stood_ms"] == 2_000
    assert blocked() == before + 1


@pytest.mark.parametrize(
    ("stood_s", "apart_s", "sheds"),
    [(HEAVY_S + 0.1, 10.0, True), (HEAVY_S + 0.1, TWICE_WITHIN_S + 1, False), (HEAVY_S - 0.2, 10.0, False)],
)
def test_load_is_shed_when_it_happens_twice_within_a_minute(
    clock: Clock, stood_s: float, apart_s: float, sheds: bool
) -> None:
    watchdog = Watchdog(clock)
    stand_still(watchdog, clock, stood_s)
    assert not watchdog.sheds()
    for _ in range(round(apart_s / 0.1)):
        clock.now += 0.1
        watchdog.beat()
    stand_still(watchdog, clock, stood_s)
    assert watchdog.sheds() is sheds
    clock.now += SHED_S
    assert not watchdog.sheds()


async def test_a_real_loop_that_is_blocked_is_caught_in_the_act_and_the_thread_ends_with_the_watch() -> None:
    watchdog = Watchdog()
    told = threading.Event()
    with capture_logs() as logs:
        async with asyncio.TaskGroup() as tasks:
            watching = tasks.create_task(watchdog.run())
            await asyncio.sleep(0)
            hold_the_loop(logs, told)
            await asyncio.sleep(0)
            watching.cancel()
    assert told.is_set()
    places = logs[0]["at"]
    assert any("test_watchdog.py" in place and place.endswith("hold_the_loop") for place in places)
    assert not any(thread.name == "watchdog" for thread in threading.enumerate())


def hold_the_loop(logs: Sequence[object], told: threading.Event) -> None:
    """Block until that was seen."""
    until = time.monotonic() + PATIENCE_S
    secret = "what a caller said"
    while not logs and time.monotonic() < until:
        threading.Event().wait(0.02)
    assert secret not in str(logs)
    told.set()


def test_no_frames_of_a_thread_that_is_gone() -> None:
    assert frames_of(None) == []
