"""What one more call needs: told short of, by name, before calls that go on would feel it."""

import resource
from dataclasses import dataclass, field

import pytest
from structlog.testing import capture_logs

from app.pressure import (
    LOOK_EVERY_S,
    Pressure,
    descriptors_now,
    memory_now,
    raise_descriptor_limit,
    reserved,
)
from tests.fakes import Clock

MB = 1_048_576


@dataclass
class Machine:
    """What a process has and uses."""

    used: int = 20
    limit: int = 1_024
    bytes: int = 100 * MB
    full: bool = False
    blocked: bool = False
    clock: Clock = field(default_factory=Clock)
    looks: int = 0

    def pressure(self) -> Pressure:
        return Pressure(
            disk_full=lambda: self.full,
            blocked=lambda: self.blocked,
            memory_mb=1_000,
            descriptors=self.descriptors,
            memory=lambda: self.bytes,
            clock=self.clock,
        )

    def descriptors(self) -> tuple[int, int]:
        self.looks += 1
        return self.used, self.limit


@pytest.mark.parametrize(
    ("machine", "reason"),
    [
        (Machine(), None),
        (Machine(full=True), "disk"),
        (Machine(blocked=True), "blocked"),
        (Machine(used=1_024 - 102), None),
        (Machine(used=1_024 - 101), "descriptors"),
        (Machine(bytes=900 * MB), None),
        (Machine(bytes=901 * MB), "memory"),
        (Machine(full=True, used=1_024), "disk"),
    ],
)
def test_the_first_thing_missing_is_named(machine: Machine, reason: str | None) -> None:
    assert machine.pressure().reason() == reason


def test_a_burst_of_calls_costs_one_look() -> None:
    machine = Machine()
    pressure = machine.pressure()
    assert [pressure.reason() for _ in range(50)] == [None] * 50
    assert machine.looks == 1
    machine.used = 1_000
    machine.clock.now += LOOK_EVERY_S
    assert pressure.reason() == "descriptors"


def test_it_is_said_once_with_what_to_do_and_once_when_it_is_over() -> None:
    machine = Machine(full=True)
    pressure = machine.pressure()
    with capture_logs() as logs:
        pressure.reason()
        pressure.reason()
        machine.full = False
        pressure.reason()
    assert [(line["event"], line.get("reason")) for line in logs] == [
        ("no new calls are taken", "disk"),
        ("new calls are taken again", None),
    ]
    assert "FRONTLINE_DATA" in logs[0]["next"]


@pytest.mark.parametrize(("limit", "kept"), [(100, 50), (256, 64), (1_024, 102), (1_000_000, 1_024)])
def test_some_descriptors_are_kept_for_the_calls_that_go_on(limit: int, kept: int) -> None:
    assert reserved(limit) == kept


def test_this_process_can_be_looked_at() -> None:
    used = descriptors_now()
    assert used is None or 0 < used[0] < used[1]
    assert (memory_now() or MB) >= MB


def test_the_limit_of_descriptors_is_raised_to_what_the_system_allows() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    soft, hard = before
    if hard == resource.RLIM_INFINITY or hard < 512:
        hard = soft
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(512, hard), before[1]))
        raise_descriptor_limit()
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] >= hard
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
