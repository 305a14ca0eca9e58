"""The database of the records: opened, prepared and closed."""

import asyncio
import json
import math
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from app.store import migrate

BUSY_MS = 5_000  # how long SQLite waits for another writer's lock
CACHE_KB = 256  # of each connection, where 2 MB would fill as the file grows; the system keeps its pages, too
KEPT = 2  # SQLite connections, each with a thread and three descriptors; a busy moment's others are closed again
MORE = 10  # of those others at once; SQLite itself keeps a descriptor of each for the next: it has locks on the file
OPEN_TIMEOUT_S = 12.0  # below the writer's own limit, which tries again


class Database:
    """An engine and its tables. ``url`` names an async driver: ``sqlite+aiosqlite:///data/frontline.db``."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        # Parameters are callers' words and numbers: they stay out of exceptions, and so out of the logs.
        kept = {"pool_size": KEPT, "max_overflow": MORE} if self._is_file else {}
        # A connection to a server may be gone when it is used again; a file is always there.
        pinged = not self.is_sqlite
        self.engine: AsyncEngine = create_async_engine(
            self.url, hide_parameters=True, pool_pre_ping=pinged, json_serializer=_as_json, **kept
        )
        if self.is_sqlite:
            event.listen(self.engine.sync_engine, "connect", _prepare_sqlite)
        self._opening = asyncio.Lock()
        self._is_open = False

    @property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    @property
    def _is_file(self) -> bool:
        return self.is_sqlite and self.url.database not in (None, "", ":memory:")

    async def open(self) -> None:
        """Make what is missing: the folder of an SQLite file, the tables. Raises SQLAlchemyError, OSError.

        Any part of the house that needs the database may ask for it: what is open already is left alone.
        """
        async with self._opening:
            if not self._is_open:
                async with asyncio.timeout(OPEN_TIMEOUT_S):
                    await self._prepare()
                self._is_open = True

    async def _prepare(self) -> None:
        if self._is_file:
            folder = Path(str(self.url.database)).parent
            await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        steps = await asyncio.to_thread(migrate.steps)
        async with self.engine.begin() as connection:
            await connection.run_sync(migrate.upgrade, steps)

    async def close(self) -> None:
        self._is_open = False
        await self.engine.dispose()


Source = Database | AsyncConnection  # what is read from: whoever reads several things hands in one connection for all


@asynccontextmanager
async def reading(source: Source) -> AsyncIterator[AsyncConnection]:
    """The connection that was handed in, or one of the database's own for as long as the block runs."""
    if isinstance(source, AsyncConnection):
        yield source
        return
    async with source.engine.connect() as connection:
        yield connection


def _prepare_sqlite(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    """Readers do not wait for the writer, writers wait for each other, and foreign keys are kept."""
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    # Not even the busy timeout helps when another process switches a new file at this moment; the mode is the file's,
    # so then it is as good as done: https://www.sqlite.org/wal.html#persistence_of_wal_mode
    with suppress(sqlite3.OperationalError):
        cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.execute(f"PRAGMA cache_size = -{CACHE_KB}")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def plain_text(text: str) -> str:
    """Text that any database takes: no NUL, no half of a surrogate pair."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def _as_json(value: object) -> str:
    return json.dumps(_plain(value), default=str)


def _plain(value: object) -> object:
    """JSON that any database takes: SQLite keeps what it is given, PostgreSQL refuses numbers that are none."""
    match value:
        case str():
            return plain_text(value)
        case float():
            return value if math.isfinite(value) else None
        case Mapping():
            return {plain_text(str(key)): _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case _:
            return value
