"""What a call must have left in the tools' sample databases, exactly once, or not at all."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

# Where the sample tools may keep their data instead of the drill's own folder: a drill must write nowhere else.
DATABASES = (
    *("ORDERS_URL", "RETURNS_URL", "CLINIC_URL", "CLINIC_PATIENTS_URL", "CLINIC_DESK_URL", "BANK_URL", "TUTOR_URL"),
    *("GAME_URL", "DEVICES_URL"),
)


@dataclass(frozen=True, slots=True)
class Effect:
    """So many rows of a call in a table of a SQLite file; ``where`` narrows them down, in SQL."""

    file: str
    table: str
    rows: int = 1
    where: str = "1"


EFFECTS: Mapping[str, Effect] = {
    "store.return": Effect("returns.db", "returns"),
    "store.no_return": Effect("returns.db", "returns", rows=0),
    "clinic.booked": Effect("clinic.db", "appointments", where="state = 'booked' AND slot LIKE '% 11:00'"),
    "clinic.moved": Effect("clinic.db", "changes", where="what = 'moved'"),
    "clinic.question": Effect("clinic_desk.db", "questions"),
    "bank.block": Effect("bank.db", "blocks"),
    "bank.no_block": Effect("bank.db", "blocks", rows=0),
    "tutor.note": Effect("tutor.db", "notes", where="level = 'B1'"),
    "tutor.no_note": Effect("tutor.db", "notes", rows=0),
    "game.ticket": Effect("game.db", "tickets"),
    "game.no_ticket": Effect("game.db", "tickets", rows=0),
    "device.service": Effect("devices.db", "services"),
    "device.no_service": Effect("devices.db", "services", rows=0),
}


def effect_problem(name: str, data: Path, call_sid: str) -> str:
    """What is wrong with an effect of a call; empty when it is there as often as it must be."""
    effect = EFFECTS[name]
    found = _rows(data / effect.file, effect, call_sid)
    return "" if found == effect.rows else f"{name}: {found} rows in {effect.table} of {effect.file}, not {effect.rows}"


def _rows(file: Path, effect: Effect, call_sid: str) -> int:
    """How many rows there are; a file or a table that nothing was ever written to has none."""
    if not file.is_file():
        return 0
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as database:
        tables = database.execute("SELECT name FROM sqlite_master WHERE name = ?", (effect.table,)).fetchall()
        if not tables:
            return 0
        query = f"SELECT count(*) FROM {effect.table} WHERE call_sid = ? AND {effect.where}"
        return int(database.execute(query, (call_sid,)).fetchone()[0])
