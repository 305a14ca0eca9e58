"""What must hold with many calls at once: all sessions renewed, SIGTERM, kill -9, no database, a full console."""

import asyncio
import signal
from collections.abc import Sequence

from app.drill.crowd import ENVIRONMENT, OPTIONS, crowd, lost, said
from app.drill.house import House
from app.drill.matrix_killed import BACK_WITHIN_MS, back_ms, kill_the_first, two_servers
from app.drill.matrix_process import unready_ms
from app.drill.outage import OUTAGE_S, outage
from app.drill.renewals import renewals
from app.drill.row import Row
from app.drill.scene import Scene
from app.drill.told import Told
from app.drill.verdict import Check, at_most, equal, percentile, records, true
from app.drill.viewers import CALLS as VIEWED
from app.drill.viewers import viewers

CALLS, QUESTIONS = 25, 24  # a question takes about eight seconds
EVERY_S, FOR_S, NOTICE_S = 20.0, 180.0, 8.0  # GoAway to all, with so much time left
GAP_MS = 500
LATE_MS = 400
KILLED_CALLS, KILLED_AFTER_S = 10, 14.0
_GREETING = "thanks for calling"


async def _renewals(scene: Scene) -> list[Check]:
    """Every session is renewed again and again under all calls."""
    async with scene.own_house(options=OPTIONS, environment=ENVIRONMENT) as house, asyncio.TaskGroup() as group:
        calling = group.create_task(crowd(scene, house, CALLS, QUESTIONS))
        forcing = group.create_task(_renewing(house))
        told = await calling
        forcing.cancel()
    renewed = [one for call in told for one in await asyncio.to_thread(renewals, call)]
    gaps, outages = [one.gap_ms for one in renewed], [one.outage_ms for one in renewed]
    return [
        equal("calls lost", sum(one.disposition != "completed" for one in told), 0),
        equal("greeted twice", sum(one.said("assistant").lower().count(_GREETING) != 1 for one in told), 0),
        equal(f"words lost of {sum(len(said(one)) for one in told)}", len(lost(told)), 0),
        at_most(f"gap heard, p95 of {len(renewed)} renewals", percentile(gaps, 0.95) if gaps else None, GAP_MS),
        Check("gaps heard at all", f"{sum(ms > 0 for ms in gaps)}, the longest {max(gaps, default=0)} ms", True),
        Check("without a session", f"{percentile(outages, 0.5):g} ms, p95 {percentile(outages, 0.95):g} ms", True),
        machine_late(told),
        *records(told),
    ]


async def _renewing(house: House) -> None:
    for _ in range(int(FOR_S / EVERY_S)):
        await asyncio.sleep(EVERY_S)
        await house.ask(goaway_s=NOTICE_S)


async def _terminated(scene: Scene) -> list[Check]:
    """SIGTERM in the middle of all calls."""
    async with scene.own_house(options=OPTIONS, environment=ENVIRONMENT) as house:
        async with asyncio.TaskGroup() as group:
            calling = group.create_task(crowd(scene, house, CALLS, 3))
            await asyncio.sleep(16)
            at_work = await house.calls_now()
            house.kill(signal.SIGTERM)
            unready = await unready_ms(house)
            code = await house.exited(90)
        told = calling.result()
        return [
            equal("calls when it came", at_work, float(CALLS)),
            at_most("/readyz 503 after", unready, 1_000),
            *uncut(told),
            equal("exit code", code, 0),
        ]


async def _killed(scene: Scene) -> list[Check]:
    """kill -9 of the process that has most calls, another beside it."""
    async with two_servers(scene, OPTIONS) as (servers, house):
        async with asyncio.TaskGroup() as group:
            calling = group.create_task(crowd(scene, house, KILLED_CALLS, 4))
            await asyncio.sleep(KILLED_AFTER_S)
            at_work = servers.balancer.backends[0].connections
            kill_the_first(servers)
        told = calling.result()
        back = [await asyncio.to_thread(back_ms, one) for one in told]
        return [
            true(f"{KILLED_CALLS} calls were on it", at_work >= KILLED_CALLS, str(at_work)),
            equal("answered again", sum(ms is not None for ms in back), KILLED_CALLS),
            at_most("heard again, at most", max((ms for ms in back if ms is not None), default=None), BACK_WITHIN_MS),
            equal("greeted twice", sum(one.said("assistant").lower().count(_GREETING) > 1 for one in told), 0),
            equal("calls without a goodbye", sum(one.disposition != "completed" for one in told), 0),
            *records(told),
        ]


def machine_late(told: Sequence[Told]) -> Check:
    """A machine with too much to do is late by itself: its figures say nothing of the house."""
    return at_most("this machine was late by", max((one.report.clock_late_ms for one in told), default=None), LATE_MS)


def uncut(told: Sequence[Told]) -> list[Check]:
    """Every call was led to its goodbye, and everything said in it is kept."""
    return [
        equal("calls cut", sum(one.disposition != "completed" or one.report.figures.cut_off_ms > 0 for one in told), 0),
        equal(f"words lost of {sum(len(said(one)) for one in told)}", len(lost(told)), 0),
        *records(told),
    ]


PROOFS: dict[str, Row] = {
    "renewals": Row(
        "renewals",
        f"GoAway to the sessions of {CALLS} calls every {EVERY_S:.0f} s for {FOR_S / 60:.0f} minutes",
        f"no call lost, none greeted twice, no word lost, gap p95 at most {GAP_MS} ms",
        _renewals,
        place="own",
        limit_s=500.0,
    ),
    "sigterm": Row(
        "sigterm", f"SIGTERM under {CALLS} calls", "none is cut, every record is whole, exit code 0", _terminated, "own"
    ),
    "outage": Row(
        "outage",
        f"the database is held for {OUTAGE_S:.0f} s under {CALLS} recorded calls",
        "no call, no word and no recording is lost, none is there twice, and callers wait no longer than before",
        outage,
        "own",
        limit_s=500.0,
    ),
    "viewers": Row(
        "viewers",
        f"ten people at the console under {VIEWED} calls",
        "callers wait no longer than before, and what is said is shown within a second",
        viewers,
        "own",
        limit_s=500.0,
    ),
    "kill9": Row(
        "kill9",
        f"kill -9 under {KILLED_CALLS} calls, another process beside it",
        "all are answered again within 5 s, none is greeted twice, every record is whole",
        _killed,
        "own",
    ),
}


def proven(names: Sequence[str]) -> tuple[Row, ...]:
    """The proofs to be given. Raises ValueError for a name there is not."""
    unknown = [name for name in names if name not in PROOFS]
    if unknown:
        raise ValueError(f"There is no proof {', '.join(unknown)}. There are {', '.join(PROOFS)}.")
    return tuple(PROOFS[name] for name in names)
