"""The drill of the lines: every line's rehearsed callers phone it, and what they leave behind is counted."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

from rich.table import Table

from app.calling import ANY_CALLED, CALLER_NUMBER, JournalFollower, Target, target
from app.drill.effects import effect_problem
from app.drill.troubles import Trouble, disturb
from app.prompts.lines import ANY_NUMBER, load_lines
from app.rehearsal.callers import Caller, Say, Step, Wait
from app.rehearsal.callers_lines import LINES, OTHERS
from app.rehearsal.prepared import prepare_with
from app.rehearsal.report import CallReport, Ears, rehearse
from app.rehearsal.speech import load_recogniser
from app.settings import Settings
from app.store.calls import call
from app.store.database import Database
from app.store.journal import NotAJournal, replay

AT_ONCE = 2  # callers speaking at once that two cores can hear and answer without being late
_AGAIN: tuple[Step, ...] = (Say("Yes, please try again."), Wait())  # what a caller says whose tool has failed

# What goes wrong with the calls of each line's other callers, in their order.
TROUBLES: Mapping[str, tuple[Trouble, ...]] = {
    "store": (Trouble("session lost", "start_return", "returns.db"),),
    "clinic": (Trouble("session lost", "move_appointment", "clinic.db"),),
    "bank": (Trouble("tool fails", "block_card", "bank.db"),),
    "tutor": (Trouble("session lost", "level_note", "tutor.db", confirms=False),),
    "game": (Trouble("tool fails", "player_ticket", "game.db"),),
    "device": (
        Trouble("session lost", "run_check", confirms=False),
        Trouble("tool fails", "book_service", "devices.db"),
    ),
}


@dataclass(frozen=True, slots=True)
class Promise:
    """One thing a line promises, what was measured, and whether that is enough."""

    line: str
    promise: str
    measured: str
    ok: bool

    def as_json(self) -> dict[str, object]:
        """The promise in what JSON has."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Drilled:
    """One call of a drill: its report, what went wrong with it on purpose, and what it did not leave as it must."""

    line: str
    report: CallReport
    effects: tuple[str, ...] = ()
    trouble: str = ""
    problems: tuple[str, ...] = ()
    records: int = 0
    differences: int = 0


async def drill_lines(settings: Settings, names: Sequence[str], show: Callable[[str], None]) -> list[Promise]:
    """Phone each of the lines, with everything the calls leave in ``settings.data``, and measure what is promised.

    The server must be told by its rehearsal options to write ``live_ready(settings.data)``.
    """
    numbers = _numbers(settings, names)
    ears = await asyncio.to_thread(load_recogniser, ("en",))
    async with target(settings, None, show) as server:
        drill = _Drill(settings, server, ears, numbers, show)
        drilled = [one for name in names for one in await drill.line(name)]
    # The server has ended: everything it had to write is written.
    database = Database(f"sqlite+aiosqlite:///{settings.data / 'frontline.db'}")
    try:
        looked = [await looked_after(one, settings.data, database) for one in drilled]
    finally:
        await database.close()
    return [promise for name in names for promise in promises(name, [one for one in looked if one.line == name])]


def live_ready(data: Path) -> Path:
    """Where the Live API's stand-in says that it is ready, and at which port."""
    return data / "live-ready.json"


def _numbers(settings: Settings, names: Sequence[str]) -> dict[str, str]:
    lines, _ = load_lines(settings.prompts)
    known = {name: line.numbers for name, line in lines.items()}
    return {name: next((n for n in known.get(name, ()) if n != ANY_NUMBER), ANY_CALLED) for name in names}


class _Drill:
    """The calls of a drill, to one server."""

    def __init__(
        self,
        settings: Settings,
        server: Target,
        ears: Ears,
        numbers: Mapping[str, str],
        show: Callable[[str], None],
    ) -> None:
        self._data, self._server, self._ears, self._numbers, self._show = settings.data, server, ears, numbers, show
        self._follower = JournalFollower(settings.data / "journals", lambda _: None)

    async def line(self, name: str) -> list[Drilled]:
        """All calls of one line: two at a time, then those that something goes wrong with, alone."""
        room = asyncio.Semaphore(AT_ONCE)

        async def one(caller: Caller) -> Drilled:
            async with room:
                return Drilled(name, await self._place(caller, name), caller.expects.effects)

        drilled = list(await asyncio.gather(*(one(caller) for caller in LINES[name])))
        others = zip(OTHERS[name], TROUBLES[name], strict=True)
        return drilled + [await self._troubled(name, caller, trouble) for caller, trouble in others]

    async def _troubled(self, name: str, caller: Caller, trouble: Trouble) -> Drilled:
        steps = caller.steps
        if trouble.kind == "tool fails":
            steps = (*steps[:-2], *_AGAIN, *steps[-2:])
        async with asyncio.TaskGroup() as group:
            disturbing = group.create_task(_disturbed(trouble, self._data))
            report = await self._place(replace(caller, steps=steps), name)
            disturbing.cancel()
        done = "" if disturbing.cancelled() else disturbing.result()
        problems = () if done else (f"{trouble.tool} never ran, so nothing went wrong",)
        return Drilled(name, report, caller.expects.effects, done or trouble.kind, problems)

    async def _place(self, caller: Caller, line: str) -> CallReport:
        prepared = await asyncio.to_thread(prepare_with, caller)
        self._show(f"{caller.name}: {caller.what}")
        report = await rehearse(
            self._server.base_url,
            self._server.public_url,
            self._server.auth_token,
            prepared,
            record_to=self._data / "recordings" / f"{caller.name}-{datetime.now():%H%M%S}.wav",
            rest=self._server.rest,
            to=self._numbers[line],
            from_=caller.number or CALLER_NUMBER,
            tools_used=self._follower.tools_of,
            recogniser=self._ears,
        )
        self._show(f"{caller.name}: {'; '.join(report.problems) or 'got what they called for'}")
        return report


async def _disturbed(trouble: Trouble, data: Path) -> str:
    try:
        return await disturb(trouble, data, live_ready(data))
    except TimeoutError:
        return ""


async def looked_after(one: Drilled, data: Path, database: Database) -> Drilled:
    """A call with what it left behind: its effects, its record, its journal."""
    sid = one.report.call_sid
    problems = [
        problem for name in one.effects if (problem := await asyncio.to_thread(effect_problem, name, data, sid))
    ]
    row = await call(database, sid)
    differences = await asyncio.to_thread(_differences, data / "journals" / f"{sid}.jsonl")
    records = int(row is not None and row.end is not None)
    return replace(one, problems=(*one.problems, *problems), records=records, differences=differences)


def _differences(journal: Path) -> int:
    """Steps of a journal that do not replay as they were; one for a journal that cannot be read."""
    try:
        return len(replay(journal)[1])
    except (OSError, NotAJournal):
        return 1


def promises(line: str, drilled: Sequence[Drilled]) -> list[Promise]:
    """What a line promises, measured by its calls."""
    plain, troubled = [one for one in drilled if not one.trouble], [one for one in drilled if one.trouble]
    rows = [
        _counted(line, "callers hear what they called for", plain, lambda one: one.report.problems),
        _counted(line, "tools leave their effects, exactly once", plain, lambda one: one.problems),
        *(_counted(line, f"also when: {one.trouble}", [one], _all_problems) for one in troubled),
        _counted(line, "a call has one record", drilled, lambda one: () if one.records == 1 else (one.report.caller,)),
    ]
    differences = sum(one.differences for one in drilled)
    return [*rows, Promise(line, "a journal replays as it was", f"{differences} differences", not differences)]


def _all_problems(one: Drilled) -> Sequence[str]:
    return (*one.report.problems, *one.problems)


def _counted(
    line: str, promise: str, drilled: Sequence[Drilled], problems: Callable[[Drilled], Sequence[str]]
) -> Promise:
    wrong = [f"{one.report.caller}: {problem}" for one in drilled for problem in problems(one)]
    good = sum(not problems(one) for one in drilled)
    measured = f"{good} of {len(drilled)}" + "".join(f"; {problem}" for problem in wrong)
    return Promise(line, promise, measured, bool(drilled) and not wrong)


def table(promised: Sequence[Promise]) -> Table:
    """The promises as they are shown."""
    shown = Table("line", "promise", "measured", "pass")
    for each in promised:
        shown.add_row(each.line, each.promise, each.measured, "✓" if each.ok else "✗")
    return shown
