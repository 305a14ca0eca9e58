"""Rows of the fault matrix: the database and the disk."""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

from app.drill.disk import Disk, full_disk
from app.drill.house import House
from app.drill.row import Row
from app.drill.scene import ANSWERED, ASKS, GOODBYE, ORDER, Scene, new_number
from app.drill.told import Told, looked_up
from app.drill.troubles import held
from app.drill.verdict import Check, equal, heard, records, true
from app.rehearsal.callers import Say, Step, Wait
from app.rehearsal.phone_faults import NO_FAULTS
from app.rehearsal.report import CallReport
from app.store import migrate
from app.store.database import Database

BOOKS = "frontline.db"
MID_CALL_S = 7.0
WRITTEN_WITHIN_S = 25.0  # a writer that has failed several times waits up to ten seconds for its next try
LOOK_EVERY_S = 0.5
STEPS: tuple[Step, ...] = (Wait(), Say(ASKS), ANSWERED, *GOODBYE)


async def _down_at_start(scene: Scene) -> list[Check]:
    """D1: the database is held from before the ring to after the goodbye."""
    async with scene.own_house() as house:
        async with held(house.data / BOOKS):
            report = await scene.placed(house, STEPS, NO_FAULTS, new_number())
            written = await asyncio.to_thread(_rows_of, house, report.call_sid)
        told = await _once_written(scene, house, report)
        return [*_kept(told), equal("rows while it was held", written, 0)]


async def _locked_in_mid_call(scene: Scene) -> list[Check]:
    """D2: the database is held from the middle of a call to its end."""
    async with scene.own_house() as house:
        report = await _held_in_mid_call(scene, house)
        told = await _once_written(scene, house, report)
        return [*_kept(told), equal("underruns", told.report.figures.underruns, 0)]


async def _held_in_mid_call(scene: Scene, house: House) -> CallReport:
    async with asyncio.TaskGroup() as group:
        calling = group.create_task(scene.placed(house, STEPS, NO_FAULTS, new_number()))
        await asyncio.sleep(MID_CALL_S)
        async with held(house.data / BOOKS):
            await asyncio.wait([calling])
    return calling.result()


async def _full_disk(scene: Scene) -> list[Check]:
    """D3: the disk of the data folder fills in mid-call."""
    orders = {"ORDERS_URL": f"sqlite+aiosqlite:///{scene.folder / 'orders.db'}"}  # a company's own are not on this disk
    async with full_disk(scene.folder / "disk") as disk, scene.own_house(data=disk.folder, environment=orders) as house:
        disk.limit(house.pid)
        async with asyncio.TaskGroup() as group:
            calling = group.create_task(scene.placed(house, STEPS, NO_FAULTS, new_number()))
            await asyncio.sleep(MID_CALL_S)
            await asyncio.to_thread(disk.fill)
            await asyncio.wait([calling])
            ready = await house.ready()
            await asyncio.to_thread(disk.free)
        told = await _once_written(scene, house, calling.result())
        ready_again = await _ready_again(house)
        return [*_kept(told), *_told_of(disk, ready, ready_again)]


def _told_of(disk: Disk, ready: int, ready_again: int) -> list[Check]:
    if not disk.mounted:  # only files cannot grow then: the house has room, and nothing to be unready about
        return [Check("/readyz", "not measured: no small disk can be mounted here", True)]
    return [equal("/readyz while it is full", ready, 503), equal("/readyz with room again", ready_again, 200)]


async def _ready_again(house: House) -> int:
    for _ in range(int(WRITTEN_WITHIN_S / LOOK_EVERY_S)):
        if await house.ready() == 200:
            break
        await asyncio.sleep(LOOK_EVERY_S)
    return await house.ready()


def _kept(told: Told) -> list[Check]:
    """The caller notices nothing, and nothing is missing once the database is back."""
    numbers = [turn.number for turn in told.turns]
    return [
        heard(told, ORDER, "the answer"),
        equal("disposition", told.disposition, "completed"),
        true("every turn is there, once", len(set(numbers)) == len(numbers) >= 4, f"{len(numbers)} turns"),
        true("the caller's words are kept", "1047" in told.said("caller"), told.said("caller")),
        equal("tools on record", [use.name for use in told.tools].count("look_up_order"), 1),
        *records([told]),
    ]


async def _once_written(scene: Scene, house: House, report: CallReport) -> Told:
    """The call once its record has its end."""
    for _ in range(int(WRITTEN_WITHIN_S / LOOK_EVERY_S)):
        if await asyncio.to_thread(_ended, house, report.call_sid):
            break
        await asyncio.sleep(LOOK_EVERY_S)
    told = await looked_up(report, house.data, house.database_url)
    scene.calls.append(told)
    return told


def _rows_of(house: House, call_sid: str) -> int:
    return _count(house, "SELECT count(*) FROM calls WHERE call_sid = ?", call_sid)


def _ended(house: House, call_sid: str) -> bool:
    return _count(house, "SELECT count(*) FROM calls WHERE disposition IS NOT NULL AND call_sid = ?", call_sid) == 1


def _count(house: House, query: str, call_sid: str) -> int:
    uri = f"{(house.data / BOOKS).absolute().as_uri()}?mode=ro"
    with contextlib.closing(sqlite3.connect(uri, uri=True, timeout=2)) as database:
        return int(database.execute(query, (call_sid,)).fetchone()[0])


async def _migrated(scene: Scene) -> list[Check]:
    """D4: a database of the first version is taken over while a process of then still writes into it."""
    folder = scene.folder / "house"
    folder.mkdir(parents=True, exist_ok=True)
    columns = await _of_the_first_version(folder / BOOKS)
    async with scene.own_house(data=folder) as house:
        async with asyncio.TaskGroup() as group:
            calling = group.create_task(scene.call(*STEPS, house=house))
            await asyncio.sleep(MID_CALL_S)
            await asyncio.to_thread(_as_then, house, columns, "CA-then-2")
        then = await asyncio.to_thread(_rows_of, house, "CA-then-1") + await asyncio.to_thread(
            _rows_of, house, "CA-then-2"
        )
        return [*_kept(calling.result()), equal("rows of the old version's process", then, 2)]


async def _of_the_first_version(file: Path) -> list[str]:
    """A database as the first version made it, with a call in it; the columns that version knows."""
    database = Database(f"sqlite+aiosqlite:///{file}")
    steps = await asyncio.to_thread(migrate.steps)
    async with database.engine.begin() as connection:
        await connection.run_sync(migrate.upgrade, steps, migrate.FIRST)
    await database.close()
    return await asyncio.to_thread(_first_row, file)


def _first_row(file: Path) -> list[str]:
    with contextlib.closing(sqlite3.connect(file)) as database:
        columns = [str(row[1]) for row in database.execute("PRAGMA table_info(calls)")]
        _insert(database, columns, "CA-then-1")
        database.commit()
    return columns


def _as_then(house: House, columns: list[str], call_sid: str) -> None:
    """Write as the first version does."""
    with contextlib.closing(sqlite3.connect(house.data / BOOKS, timeout=10)) as database:
        _insert(database, columns, call_sid)
        database.commit()


def _insert(database: sqlite3.Connection, columns: list[str], call_sid: str) -> None:
    at = datetime.now(UTC).replace(tzinfo=None).isoformat(" ")
    words = {"call_sid": call_sid, "line": "old", "language": "en-US", "caller": "+1", "called": "+1", "started_at": at}
    row = {name: words.get(name) for name in columns}
    places = ", ".join("?" for _ in row)
    database.execute(f"INSERT INTO calls ({', '.join(row)}) VALUES ({places})", tuple(row.values()))


@contextlib.asynccontextmanager
async def books_held(house: House) -> AsyncIterator[None]:
    """The records' database, held."""
    async with held(house.data / BOOKS):
        yield


ROWS = (
    Row(
        "D1",
        "the database is held from before the ring",
        "the call is answered and led as ever; once the database is back every row is there, once",
        _down_at_start,
        place="own",
    ),
    Row(
        "D2",
        "the database is held from the middle of a call on",
        "the caller notices nothing, no sound breaks; once it is back every row is there, once",
        _locked_in_mid_call,
        place="own",
        short=False,
    ),
    Row(
        "D3",
        "the disk of the data folder is full from the middle of a call on",
        "the caller notices nothing; /readyz says 503 and 200 again with room; transcript and journal are whole",
        _full_disk,
        place="own",
        short=False,
    ),
    Row(
        "D4",
        "the database is of the first version, and a process of then still writes",
        "it is upgraded at the start, the call's rows are all there, the old process's writes go in",
        _migrated,
        place="own",
        short=False,
    ),
)
