"""The database is brought to the tables this app wants: from nothing, from before, by several at once."""

import asyncio
import io
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError
from structlog.testing import capture_logs

import app.store.migrations
from app.call.commands import RecordEnd, RecordTool, RecordTurn
from app.store import database as database_module
from app.store import migrate
from app.store.calls import call, flags_of, tool_uses_of, turns_of
from app.store.database import Database
from app.store.schema import metadata

HOUSE = Path(__file__).parents[2]
NEWEST = migrate.steps().get_current_head()
# As `create_all` made them before there were migrations, in SQLite's words.
BEFORE = """
CREATE TABLE calls (
    call_sid VARCHAR(64) NOT NULL, line TEXT NOT NULL, language TEXT NOT NULL, caller TEXT NOT NULL,
    called TEXT NOT NULL, started_at DATETIME NOT NULL, duration_s FLOAT, disposition TEXT, ended_by TEXT,
    first_sound_ms INTEGER, barge_ins INTEGER, sessions INTEGER, tokens JSON, problem TEXT, PRIMARY KEY (call_sid)
);
CREATE INDEX calls_by_start ON calls (started_at);
CREATE TABLE turns (
    id CHAR(32) NOT NULL, call_sid VARCHAR(64) NOT NULL, number INTEGER NOT NULL, side TEXT NOT NULL,
    heard TEXT NOT NULL, unheard TEXT NOT NULL, started_s FLOAT NOT NULL, ended_s FLOAT NOT NULL, language TEXT,
    gap_ms INTEGER, interrupted BOOLEAN NOT NULL, PRIMARY KEY (id),
    FOREIGN KEY(call_sid) REFERENCES calls (call_sid) ON DELETE CASCADE
);
CREATE INDEX turns_by_call ON turns (call_sid, number);
CREATE TABLE tool_uses (
    id CHAR(32) NOT NULL, call_sid VARCHAR(64) NOT NULL, model_id TEXT NOT NULL, name TEXT NOT NULL,
    args JSON NOT NULL, response JSON NOT NULL, status TEXT NOT NULL, took_ms INTEGER NOT NULL, at_s FLOAT NOT NULL,
    PRIMARY KEY (id), FOREIGN KEY(call_sid) REFERENCES calls (call_sid) ON DELETE CASCADE
);
CREATE INDEX tool_uses_by_call ON tool_uses (call_sid, at_s);
INSERT INTO calls VALUES ('CA1', 'store', 'en-US', '+14155550100', '+18005550199', '2026-11-22 14:30:00.000000', 9.5,
    'completed', 'caller', 420, 1, 1, '{"prompt.audio": 200}', '');
INSERT INTO turns VALUES ('00000000000000000000000000000001', 'CA1', 1, 'caller', 'Hello?', '', 1.5, 3.25, 'en',
    NULL, 0);
INSERT INTO tool_uses VALUES ('00000000000000000000000000000002', 'CA1', 'fc-1', 'find_order', '{"number": "1047"}',
    '{"status": "ok"}', 'ok', 12, 3.3);
"""


THERE = {"DATETIME": "TIMESTAMP WITH TIME ZONE", "CHAR(32)": "UUID", "NULL, 0)": "NULL, false)"}


def before(database: Database) -> str:
    """The database of before in its own words."""
    sql = BEFORE
    for word, its in ({} if database.is_sqlite else THERE).items():
        sql = sql.replace(word, its)
    return sql


async def execute(database: Database, sql: str) -> None:
    async with database.engine.begin() as connection:
        for statement in filter(str.strip, sql.split(";")):
            await connection.execute(text(statement))


async def revision(database: Database) -> str:
    async with database.engine.connect() as connection:
        return str((await connection.execute(text("SELECT version_num FROM alembic_version"))).scalar_one())


def differences(connection: Connection) -> object:
    """All but the index of the turns' words, which each database has in its own way."""

    def is_declared(name: str | None, *_: object) -> bool:
        return not (name or "").startswith(("turn_docs", "turn_words"))

    options = {"compare_type": True, "compare_server_default": True, "include_name": is_declared}
    return compare_metadata(MigrationContext.configure(connection, opts=options), metadata)


async def test_the_steps_lead_to_the_tables_as_they_are_declared(database: Database) -> None:
    await database.open()
    async with database.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_a_database_of_before_keeps_its_rows(database: Database) -> None:
    await execute(database, before(database))
    with capture_logs() as logs:
        await database.open()
    assert [(log["before"], log["now"]) for log in logs] == [("0001", NEWEST)]
    row = await call(database, "CA1")
    assert row is not None
    assert (row.start.version, row.start.prompt_hash, row.start.model) == ("", "", "")
    assert row.end == RecordEnd("completed", "caller", 9.5, 420, 1, 1, {"prompt.audio": 200})
    assert await turns_of(database, "CA1") == [RecordTurn(1, "caller", "Hello?", "", 1.5, 3.25, "en")]
    used = RecordTool("fc-1", "find_order", {"number": "1047"}, {"status": "ok"}, "ok", 12, 3.3)
    assert await tool_uses_of(database, "CA1") == [used]
    assert await flags_of(database, "CA1") == []
    async with database.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_a_database_that_is_up_to_date_is_left_alone(database_url: str) -> None:
    for _ in range(2):
        database = Database(database_url)
        with capture_logs() as logs:
            await database.open()
            await database.open()
        assert logs == []
        assert await revision(database) == NEWEST
        await database.close()


async def test_a_database_that_a_newer_app_has_changed_is_used_as_it_is(database_url: str, database: Database) -> None:
    await database.open()
    await execute(database, "UPDATE alembic_version SET version_num = '9999'")
    older = Database(database_url)
    with capture_logs() as logs:
        await older.open()
    assert [(log["event"], log["revision"]) for log in logs] == [("database is newer than this app", "9999")]
    assert await revision(older) == "9999"
    await older.close()


async def test_several_that_open_an_old_database_at_once_change_it_once(database_url: str, database: Database) -> None:
    await execute(database, before(database))
    others = [Database(database_url) for _ in range(6)]
    with capture_logs() as logs:
        await asyncio.gather(*(other.open() for other in others))
    assert [log["event"] for log in logs] == ["database upgraded"]
    assert await revision(database) == NEWEST
    for other in others:
        await other.close()


def test_two_processes_that_start_on_one_database_do_not_clash(database_url: str) -> None:
    script = f"""
import asyncio
from app.store.database import Database
async def main():
    database = Database({database_url!r})
    await database.open()
    await database.close()
asyncio.run(main())
"""
    started = [subprocess.Popen([sys.executable, "-c", script], cwd=HOUSE, stderr=subprocess.PIPE) for _ in range(2)]
    ended = [process.communicate(timeout=60)[1].decode() for process in started]
    assert [process.returncode for process in started] == [0, 0], ended


async def test_a_new_file_that_another_process_is_preparing_is_used_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "BUSY_MS", 10)
    other = sqlite3.connect(tmp_path / "records.db", isolation_level=None)
    other.execute("CREATE TABLE theirs (x)")
    other.execute("BEGIN IMMEDIATE")  # the file's mode cannot be switched now
    ours = Database(f"sqlite+aiosqlite:///{tmp_path / 'records.db'}")
    async with ours.engine.connect() as connection:
        assert (await connection.exec_driver_sql("PRAGMA foreign_keys")).scalar_one() == 1
        other.close()
        assert (await connection.exec_driver_sql("SELECT * FROM theirs")).all() == []
    await ours.close()


async def test_a_change_that_fails_half_way_leaves_the_database_as_it_was(database: Database) -> None:
    await execute(database, before(database) + "CREATE TABLE line_history (strange TEXT);")
    with pytest.raises(Exception, match=r"line_history.* already exists"):
        await database.open()
    async with database.engine.connect() as connection:
        columns = await connection.run_sync(lambda its: inspect(its).get_columns("calls"))
    assert "version" not in {column["name"] for column in columns}
    await execute(database, "DROP TABLE line_history")
    await database.open()
    assert await revision(database) == NEWEST


@pytest.mark.parametrize("table", ["line_versions", "line_history"])
async def test_the_database_itself_keeps_what_is_for_good(database: Database, table: str) -> None:
    await database.open()
    rows = {
        "line_versions": "('1', 'shop', '{}', 'ana', 'first', '2026-11-23 12:00:00', NULL)",
        "line_history": "(1, 'shop', 'ana', 'publish', 'files', '1', 'first', '2026-11-23 12:00:00')",
    }
    await execute(database, f"INSERT INTO {table} VALUES {rows[table]}")
    for change in (f"UPDATE {table} SET note = 'x'", f"DELETE FROM {table}"):
        with pytest.raises(DBAPIError, match="only added to"):
            await execute(database, change)


def test_postgresql_gets_the_same_steps_in_its_own_words() -> None:
    config = Config(output_buffer=(out := io.StringIO()))
    config.set_main_option("script_location", "app.store:migrations")
    config.set_main_option("path_separator", "os")
    command.upgrade(config, "head", sql=True)
    sql = out.getvalue()
    assert all(f"CREATE TABLE {table.name} (" in sql for table in metadata.sorted_tables)
    assert "started_at TIMESTAMP WITH TIME ZONE NOT NULL" in sql
    assert "CONSTRAINT calls_pkey PRIMARY KEY (call_sid)" in sql
    assert "BEFORE UPDATE OR DELETE ON line_versions" in sql


def test_the_steps_are_packages_so_that_an_installed_app_has_them() -> None:
    folder = Path(app.store.migrations.__file__).parent
    homes = {file.parent for file in folder.rglob("*.py")}
    assert homes == {folder, folder / "versions"}
    assert all((home / "__init__.py").is_file() for home in homes)
