"""Runs the fault matrix: rows that share a house beside each other, the others one after another."""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import httpx2
from sqlalchemy.exc import SQLAlchemyError
from websockets.exceptions import WebSocketException

from app.calling import CannotCall
from app.drill.house import House, opened_house
from app.drill.row import Row
from app.drill.scene import Scene, Speech, load_speech
from app.drill.told import Told
from app.drill.verdict import Check, Verdict
from app.settings import Settings

AT_ONCE = 3  # rows; how many of their callers speak at once is the scene's business
# What a house that is disturbed may do to its drill, besides what is measured.
_FAILURES = (CannotCall, OSError, ValueError, LookupError, httpx2.HTTPError, SQLAlchemyError, WebSocketException)


async def drill_matrix(settings: Settings, rows: Sequence[Row], show: Callable[[str], None]) -> list[Verdict]:
    """Play the rows; everything they leave is in ``settings.data``, a folder a row."""
    speech = await asyncio.to_thread(load_speech)
    drill = _Drill(settings, speech, show)
    together = [row for row in rows if row.place != "own"]
    verdicts: list[Verdict] = []
    if together:
        folder = settings.data / "shared"
        folder.mkdir(parents=True, exist_ok=True)
        async with opened_house(settings, folder, show) as house:
            verdicts += await drill.beside_each_other([row for row in together if row.place == "shared"], house)
            verdicts += [await drill.play(row, house) for row in together if row.place == "alone"]
    verdicts += [await drill.play(row, None) for row in rows if row.place == "own"]
    order = [row.id for row in rows]
    return sorted(verdicts, key=lambda verdict: order.index(verdict.row))


class _Drill:
    """What all rows are played with."""

    def __init__(self, settings: Settings, speech: Speech, show: Callable[[str], None]) -> None:
        self._settings, self._speech, self._show = settings, speech, show

    async def beside_each_other(self, rows: Sequence[Row], house: House | None) -> list[Verdict]:
        """As many at once as this machine can speak with."""
        room = asyncio.Semaphore(AT_ONCE)

        async def one(row: Row) -> Verdict:
            async with room:
                return await self.play(row, house)

        return list(await asyncio.gather(*(one(row) for row in rows)))

    async def play(self, row: Row, house: House | None) -> Verdict:
        """One row, to its verdict, whatever happens in it."""
        folder = self._settings.data / row.id
        folder.mkdir(parents=True, exist_ok=True)
        scene = Scene(row.id, self._settings, folder, self._speech, self._show, house)
        self._show(f"{row.id}: {row.injected}")
        began = time.monotonic()
        try:
            async with asyncio.timeout(row.limit_s):
                checks = tuple(await row.play(scene))
        except _FAILURES as problem:
            checks = (Check("the drill", f"{type(problem).__name__} {problem}".strip(), False),)
        verdict = judged(row, checks, scene.calls, folder, time.monotonic() - began)
        self._show(f"{row.id}: {'passes' if verdict.ok else 'DOES NOT PASS'} ({verdict.took_s} s): {verdict.measured}")
        return verdict


def judged(row: Row, checks: tuple[Check, ...], calls: Iterable[Told], folder: Path, took_s: float) -> Verdict:
    """The verdict, with what was heard and recorded in words."""
    known = list(calls)
    return Verdict(
        row.id,
        row.injected,
        row.promise,
        checks,
        heard=tuple(_heard(one) for one in known),
        recorded=tuple(_recorded(one) for one in known),
        evidence=folder,
        took_s=round(took_s, 1),
    )


def _heard(told: Told) -> str:
    stretches = " | ".join(f"{stretch.start_s:.1f} s {stretch.text}" for stretch in told.report.heard)
    spoken = " | ".join(f"(Twilio) {sentence}" for sentence in told.report.spoken)
    dialled = " | ".join(f"(dialled {number}: {ended})" for number, ended in told.report.dialled)
    return " | ".join(filter(None, (stretches, spoken, dialled))) or "nothing"


def _recorded(told: Told) -> str:
    if told.row is None:
        return f"{told.report.call_sid}: no record"
    end = told.row.end
    tools = ", ".join(f"{use.name} {use.status}" for use in told.tools) or "no tool"
    flags = ", ".join(flag.name for flag in told.flags) or "no flag"
    how = "no end" if end is None else f"{end.disposition} after {end.duration_s:.1f} s, {end.sessions} sessions"
    problem = f" ({end.problem})" if end is not None and end.problem else ""
    return f"{told.report.call_sid}: {how}{problem}; {len(told.turns)} turns; {tools}; {flags}"
