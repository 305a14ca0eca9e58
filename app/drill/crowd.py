"""Many calls at once, cheap to hear: callers say numbers in pitches, so that every word they say is known."""

import asyncio
import re
from collections.abc import Sequence

from app.drill.house import House
from app.drill.scene import Scene, new_number
from app.drill.told import Told
from app.rehearsal.callers import Caller, Say, Step, Wait, WaitForEnd
from app.rehearsal.report import CallReport

OPTIONS = "--ears pitch --voice tones --script 'How is trail number {} today?|No thank you, goodbye.'"
ENVIRONMENT = {"FRONTLINE_CALLS_PER_CALLER": "100"}
APART_S = 0.25  # between one ring and the next
FIRST = 1000
_PER_CALLER = 40  # numbers


def steps(caller: int, questions: int) -> tuple[Step, ...]:
    """A caller who asks so often, each time about another trail, and says goodbye."""
    first = FIRST + caller * _PER_CALLER
    numbers = range(first, first + questions)
    asked = [step for number in numbers for step in (Say(f"How is trail number {number} today?"), Wait(15, 800))]
    return (Wait(), *asked, Say("No thanks, goodbye."), WaitForEnd(40))


async def crowd(scene: Scene, house: House, calls: int, questions: int = 1) -> list[Told]:
    """So many calls at once, all led to their end; what they left is looked at once all are over.

    All are prepared before the first one rings: that would make the others' clocks late.
    """
    callers = [Caller(scene.row, "", steps(caller, questions), number=new_number()) for caller in range(calls)]
    prepared = [await asyncio.to_thread(scene.prepared, caller, "pitched") for caller in callers]

    async def one(number: int) -> CallReport:
        await asyncio.sleep(number * APART_S)
        return await scene.rehearsed(house, prepared[number], voice="pitched")

    reports = await asyncio.gather(*(one(number) for number in range(calls)))
    return [await scene.look(house, report) for report in reports]


def said(told: Told) -> list[str]:
    """The numbers the caller said."""
    words = [one.detail for one in told.report.happenings if one.what in ("caller", "interrupted")]
    return [number for text in words for number in re.findall(r"\d{4}", text)]


def lost(calls: Sequence[Told]) -> list[str]:
    """The numbers that were said and are in no transcript."""
    return [number for told in calls for number in said(told) if number not in told.said("caller")]
