"""Calls under which their process is killed, or told to go: are they answered again, and is every record whole?"""

import asyncio
import os
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from app.calling import ANY_CALLED, CALLER_NUMBER
from app.drill.several import Server, Several, several
from app.rehearsal.callers import Caller, Say, Silence, Wait, WaitForEnd
from app.rehearsal.phone import Dialling, Phone
from app.rehearsal.phone_webhooks import Place
from app.rehearsal.prepared import Prepared, prepare_with
from app.store.calls import call, turns_of
from app.store.database import Database
from app.store.journal import NotAJournal, replay

# The stand-in hears from a script and speaks in tones, so that the house itself is what is measured.
STAND_IN = "--ears script --voice tones --script 'Where is my order 1047?|Where is my order 1047?|No thanks, goodbye.'"
GREETED_WITHIN_S = 40.0
KILLED_AFTER_S = 6.0
BACK_WITHIN_MS = 5_000
LONGEST_S = 180.0
OURS = (31903,)  # the stream that broke as its process was killed
LOOK_EVERY_S = 0.5
LEFT_BEHIND_S = 50.0  # the sweeper waits for callers, then closes

How = Literal["kill", "term"]


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of one call: streams it had, how soon it sounded again, and what its record lacks."""

    call_sid: str
    ended_by: str
    streams: int
    asked_ms: int | None  # from the stream's loss to the assistant's stream
    sounded_ms: int | None  # and to its first sound
    disposition: str
    turns: int
    differences: int
    problems: tuple[str, ...]


def caller(name: str = "kept") -> Caller:
    """Somebody who asks, and asks again after the line was lost."""
    steps = (
        *(Wait(), Say("Where is my order, please tell me?"), Wait(), Silence(6.0), Wait()),
        *(Say("Where is my order, please tell me?"), Wait(), Say("No thanks, goodbye."), WaitForEnd(40)),
    )
    return Caller(name, "asks, loses the line, asks again and says goodbye", steps)


async def kill_drill(
    data: Path, calls: int, how: How, show: Callable[[str], None], *, drain_s: float = 40.0
) -> list[Kept]:
    """Place calls on one server, end it when another is there, and look what became of each call."""
    told = {
        "FRONTLINE_REHEARSAL_OPTIONS": STAND_IN,
        "FRONTLINE_CALLS_PER_CALLER": "100",
        "FRONTLINE_DRAIN_S": str(drain_s),
    }
    prepared = await asyncio.to_thread(prepare_with, caller(), "tones")
    async with several(data, 2, show, told) as house:
        other = house.balancer.backends[1]
        other.held = True
        async with asyncio.TaskGroup() as group:
            phones = [_phone(house) for _ in range(calls)]
            placed = [group.create_task(_place(phone, prepared)) for phone in phones]
            await _until_all_greeted(phones)
            await asyncio.sleep(KILLED_AFTER_S)
            other.held = False
            ended = house.most_at_work()
            show(f"{how} {ended.port}: {[(one.port, one.connections) for one in house.balancer.backends]}")
            await _end(ended, how)
        if how == "term":
            show(f"exit {await ended.process.wait()}")
        await _until_all_ended(data, [task.result().phone.call_sid for task in placed])
    database = Database(f"sqlite+aiosqlite:///{data / 'frontline.db'}")
    try:
        return [await _looked_after(task.result(), data, database) for task in placed]
    finally:
        await database.close()


async def _end(server: Server, how: How) -> None:
    os.kill(server.process.pid, signal.SIGKILL if how == "kill" else signal.SIGTERM)
    if how == "kill":
        await server.process.wait()


@dataclass(slots=True)
class Watched:
    """A call on its way, and when its assistant was heard again on a second stream."""

    phone: Phone
    sounded_s: float | None = None

    async def act(self, prepared: Prepared) -> None:
        async with asyncio.TaskGroup() as group:
            watching = group.create_task(self._watch())
            await prepared.act(self.phone)
            watching.cancel()

    async def _watch(self) -> None:
        phone = self.phone
        await phone.until(lambda: phone.streams > 1 and phone.streaming, LONGEST_S)
        await phone.until(lambda: not phone.listening.sounding(phone.now), LONGEST_S)  # what was heard before
        await phone.until(lambda: phone.listening.sounding(phone.now), LONGEST_S)
        self.sounded_s = None if phone.over else phone.now


def _phone(house: Several) -> Watched:
    place = Place(house.base_url, house.public_url)
    watched = Watched(Phone(Dialling(place, house.auth_token, to=ANY_CALLED, from_=CALLER_NUMBER)))
    house.rest.attach(watched.phone)
    return watched


async def _place(watched: Watched, prepared: Prepared) -> Watched:
    await watched.phone.call(lambda _: watched.act(prepared))
    return watched


async def _until_all_greeted(calls: Sequence[Watched]) -> None:
    """Or until a machine that is very busy has had its time."""
    for _ in range(round(GREETED_WITHIN_S / LOOK_EVERY_S)):
        if all(call.phone.listening.figures.first_sound_ms is not None or call.phone.over for call in calls):
            return
        await asyncio.sleep(LOOK_EVERY_S)


async def _until_all_ended(data: Path, call_sids: Sequence[str]) -> None:
    """The server that is left writes what is to be written, and sweeps. What it does not, the report tells."""
    database = Database(f"sqlite+aiosqlite:///{data / 'frontline.db'}")
    for _ in range(round(LEFT_BEHIND_S / LOOK_EVERY_S)):
        rows = [await call(database, sid) for sid in call_sids]
        if all(row is not None and row.end is not None for row in rows):
            break
        await asyncio.sleep(LOOK_EVERY_S)
    await database.close()


async def _looked_after(watched: Watched, data: Path, database: Database) -> Kept:
    phone, sid = watched.phone, watched.phone.call_sid
    row = await call(database, sid)
    numbers = [turn.number for turn in await turns_of(database, sid)]
    asked_ms, sounded_ms = _gap(watched)
    problems = [f"{found.code}: {found.problem}" for found in phone.notes.violations if found.code not in OURS]
    problems += [] if row is not None and row.end is not None else ["no end on record"]
    problems += [] if numbers == list(range(1, len(numbers) + 1)) else [f"turns {numbers}"]
    problems += ["Twilio's voice: " + " ".join(phone.spoken)] if phone.spoken else []
    if asked_ms is not None and (sounded_ms is None or sounded_ms > BACK_WITHIN_MS):
        problems.append("not back in time")
    return Kept(
        sid,
        phone.ended_by or "nobody",
        phone.streams,
        asked_ms,
        sounded_ms,
        row.end.disposition if row is not None and row.end is not None else "",
        len(numbers),
        await asyncio.to_thread(_differences, data / "journals", sid),
        tuple(problems),
    )


def _gap(watched: Watched) -> tuple[int | None, int | None]:
    """From a stream that closed to the next that opened, and to its first sound, in ms."""
    happenings = watched.phone.notes.happenings
    closed = [one.at_s for one in happenings if one.what == "stream closed"]
    opened = [one.at_s for one in happenings if one.what == "stream opened"]
    if len(opened) < 2:
        return None, None
    sounded = watched.sounded_s
    return round((opened[1] - closed[0]) * 1000), None if sounded is None else round((sounded - closed[0]) * 1000)


def _differences(journals: Path, call_sid: str) -> int:
    found = 0
    for path in journals.glob(f"{call_sid}*.jsonl"):
        try:
            found += len(replay(path)[1])
        except (OSError, NotAJournal):
            found += 1
    return found


def figures(kept: Sequence[Kept], how: How) -> list[str]:
    """What was measured, a line each."""
    moved = [one for one in kept if one.asked_ms is not None]
    good = sum(not one.problems and not one.differences for one in kept)
    gaps = sorted(one.sounded_ms for one in moved if one.sounded_ms is not None)
    back = f"{gaps[len(gaps) // 2]} ms in the middle, {gaps[-1]} ms at most" if gaps else "none"
    return [
        f"{how}: {len(kept)} calls, {good} good, {len(moved)} moved to another process",
        f"streamed again within {max((one.asked_ms or 0 for one in moved), default=0)} ms; heard again: {back}",
        *(f"{one.call_sid}: {', '.join(one.problems)} {one.differences or ''}" for one in kept if one.problems),
    ]
