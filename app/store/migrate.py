"""Brings a database to the tables this app wants: one process at a time, everything or nothing."""

import structlog
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

log = structlog.get_logger(__name__)

FIRST = "0001"  # the tables of databases made before migrations were kept
_LOCK = 0x66726F6E74  # any number, the same in every process of ours
_LOCK_WAIT = "5s"


def steps() -> ScriptDirectory:
    """The migrations that come with the app. Reads files: call it in a thread."""
    return ScriptDirectory.from_config(_config())


def upgrade(connection: Connection, steps: ScriptDirectory, to: str = "head") -> None:
    """Run the steps that the database does not have yet, up to one of them, in the connection's transaction.

    A database that a newer version of the app has changed already is left as it is.
    """
    _take_turns(connection)
    current = MigrationContext.configure(connection).get_current_revision()
    known = {step.revision for step in steps.walk_revisions()}
    if current == steps.get_current_head():
        return
    if current is not None and current not in known:
        log.warning("database is newer than this app", revision=current, newest_known=steps.get_current_head())
        return
    config = _config()
    config.attributes["connection"] = connection
    if current is None and inspect(connection).has_table("calls"):
        command.stamp(config, FIRST)
        current = FIRST
    command.upgrade(config, to)
    if current is not None:
        log.info("database upgraded", before=current, now=steps.get_current_head())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "app.store:migrations")
    config.set_main_option("path_separator", "os")
    return config


def _take_turns(connection: Connection) -> None:
    """Of several processes that start at once, one goes on here and the others wait until it is done."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        return
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{_LOCK_WAIT}'")
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
