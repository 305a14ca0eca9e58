"""The roll of processes: who lives, told by beats and by nobody's clock."""

import os
import subprocess
from dataclasses import replace

from app.store.database import Database
from app.store.processes import BEAT_S, DEAD_S, Process, Roll, Sibling, runs, this_process
from tests.fakes import Clock

NOBODYS_PID = 2**22 + 1  # Linux gives none above 2**22
ELSEWHERE = Process("other", "another machine", 1)


async def pass_time(clock: Clock, seconds: float, *rolls: Roll) -> None:
    """So long passes, and these processes beat meanwhile."""
    for _ in range(round(seconds / BEAT_S)):
        clock.now += BEAT_S
        for roll in rolls:
            await roll.beat()


async def test_processes_see_each_other(database: Database) -> None:
    clock = Clock()
    one, two = Roll(database, this_process(), clock=clock), Roll(database, ELSEWHERE, clock=clock)
    await one.beat()
    assert one.others() == []
    await two.beat()
    await one.beat()
    assert one.others() == [ELSEWHERE]
    assert one.lives("other")
    assert one.lives(one.me.id)


async def test_one_that_drains_takes_no_calls_but_lives(database: Database) -> None:
    clock = Clock()
    one = Roll(database, this_process(), clock=clock)
    two = Roll(database, ELSEWHERE, clock=clock, draining=lambda: True)
    await two.beat()
    await one.beat()
    assert one.others() == []
    assert one.lives("other")


async def test_processes_tell_each_other_where_they_are_reached(database: Database) -> None:
    clock = Clock()
    one = Roll(database, this_process(), clock=clock)
    two = Roll(database, ELSEWHERE, clock=clock, draining=lambda: True)
    await two.beat()
    await one.beat()
    assert one.siblings() == [Sibling("other", "", sure=False)]  # it may have died before we looked
    two.address = "http://10.0.0.2:8000"
    await two.beat()
    await one.beat()
    assert one.siblings() == [Sibling("other", "http://10.0.0.2:8000", sure=True)]  # it drains, and has calls
    await pass_time(clock, DEAD_S + BEAT_S, one)
    assert one.siblings() == []


async def test_one_that_does_not_beat_is_dead_after_a_while_by_our_own_clock(database: Database) -> None:
    clock = Clock()
    one, two = Roll(database, this_process(), clock=clock), Roll(database, ELSEWHERE, clock=clock)
    await two.beat()
    await one.beat()
    await pass_time(clock, DEAD_S, one)
    assert one.others() == []
    assert one.lives("other")
    await pass_time(clock, BEAT_S, one)
    assert not one.lives("other")
    await two.beat()
    await one.beat()
    assert one.lives("other")


async def test_time_without_a_database_counts_against_nobody(database: Database) -> None:
    clock = Clock()
    one, two = Roll(database, this_process(), clock=clock), Roll(database, ELSEWHERE, clock=clock)
    await two.beat()
    await one.beat()
    clock.now += 600.0
    assert one.others() == []  # nothing is known that is new enough
    await one.beat()
    assert one.lives("other")


async def test_a_process_of_this_host_that_is_gone_is_dead_at_once(database: Database) -> None:
    me = this_process()
    one = Roll(database, me, clock=Clock())
    await Roll(database, replace(me, id="gone", pid=NOBODYS_PID)).beat()
    await Roll(database, replace(me, id="there", pid=os.getpid())).beat()
    await one.beat()
    assert not one.lives("gone")
    assert one.lives("there")


async def test_one_that_left_the_roll_is_dead_at_once(database: Database) -> None:
    one, two = Roll(database, this_process()), Roll(database, ELSEWHERE)
    await two.beat()
    await two.end()
    await one.beat()
    assert not one.lives("other")


async def test_a_name_not_on_the_roll_has_time_to_come_on_it(database: Database) -> None:
    clock = Clock()
    one = Roll(database, this_process(), clock=clock)
    assert one.lives("never seen")  # nothing was looked at yet
    await one.beat()
    assert one.lives("never seen")
    await pass_time(clock, DEAD_S, one)
    assert not one.lives("never seen")


def test_a_killed_process_that_nobody_waited_for_does_not_run() -> None:
    killed = subprocess.Popen(["sleep", "60"])
    assert runs(killed.pid)
    killed.kill()
    os.waitid(os.P_PID, killed.pid, os.WEXITED | os.WNOWAIT)
    assert not runs(killed.pid)
    killed.wait()
