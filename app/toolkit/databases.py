"""Databases for tools: an async SQLAlchemy engine by setting, SQLite when nothing is set."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from pathlib import Path
from types import MappingProxyType
from weakref import WeakSet

from sqlalchemy import URL, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

FirstUse = Callable[[AsyncConnection], Awaitable[None]]

_LOCK_WAIT_S = 2.0  # sqlite waits in a thread that cannot be stopped, so well below a tool's time limit
_POOL_SIZE = 5
_ASYNC_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+psycopg"}

_engines: WeakSet[AsyncEngine] = WeakSet()
_loading: ContextVar[Mapping[str, str]] = ContextVar("settings of the tools being loaded", default=MappingProxyType({}))


class Database:
    """One database of the tools. Opened at its first use; every use is a transaction of its own."""

    def __init__(self, url: Callable[[], URL], first_use: FirstUse | None) -> None:
        self._url = url
        self._first_use = first_use
        self._engine: AsyncEngine | None = None
        self._ready = False
        self._preparing = asyncio.Lock()

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[AsyncConnection]:
        """A connection inside a transaction: written at the end, taken back when the tool fails."""
        engine = await self._open()
        async with engine.begin() as connection:
            yield connection

    async def _open(self) -> AsyncEngine:
        if self._engine is None:
            self._engine = engine_for(self._url())
            _engines.add(self._engine)
        if not self._ready:
            await self._prepare(self._engine)
        return self._engine

    async def _prepare(self, engine: AsyncEngine) -> None:
        async with self._preparing:
            if self._ready:
                return
            await self._run_first_use(engine)
            self._ready = True

    async def _run_first_use(self, engine: AsyncEngine) -> None:
        if self._first_use is None:
            return
        if engine.dialect.name == "sqlite" and engine.url.database:
            await asyncio.to_thread(_make_folder, Path(engine.url.database).parent)
        try:
            await _first_use_in_transaction(engine, self._first_use)
        except DBAPIError:
            # Another process may have made the same tables at this moment: look once more.
            await _first_use_in_transaction(engine, self._first_use)


def database(setting: str | None, sqlite_file: str, *, first_use: FirstUse | None = None) -> Database:
    """The database whose SQLAlchemy URL stands in the environment as ``setting``.

    Not set (or no ``setting``): the SQLite file ``sqlite_file`` in the folder ``FRONTLINE_DATA`` (``data``).
    ``first_use`` runs once before anything else, alone, in a transaction; it must find out itself
    whether there is something to do.
    """
    settings = _loading.get()
    return Database(lambda: url_of(setting, sqlite_file, settings), first_use)


@contextmanager
def settings_for_tools(settings: Mapping[str, str]) -> Iterator[None]:
    """Databases declared in here read ``settings`` first (``ORDERS_URL``, ``FRONTLINE_DATA``), then the environment."""
    token = _loading.set(settings)
    try:
        yield
    finally:
        _loading.reset(token)


def url_of(setting: str | None, sqlite_file: str, settings: Mapping[str, str]) -> URL:
    """The database's URL, read now."""
    written = _value(setting, settings) if setting else ""
    if written:
        url = make_url(written)
        return url.set(drivername=_ASYNC_DRIVERS.get(url.drivername, url.drivername))
    folder = Path(_value("FRONTLINE_DATA", settings) or "data").absolute()
    return URL.create("sqlite+aiosqlite", database=str(folder / sqlite_file))


def _value(name: str, settings: Mapping[str, str]) -> str:
    return settings.get(name) or os.environ.get(name, "")


def engine_for(url: URL) -> AsyncEngine:
    """An engine. SQLite gets a connection per use, so that nothing stays open between calls."""
    if url.get_backend_name() == "sqlite":
        return create_async_engine(url, poolclass=NullPool, connect_args={"timeout": _LOCK_WAIT_S})
    return create_async_engine(url, pool_size=_POOL_SIZE, max_overflow=0, pool_timeout=_LOCK_WAIT_S, pool_pre_ping=True)


async def close_databases() -> None:
    """Close what the tools have open: for the end of the process."""
    for engine in list(_engines):
        await engine.dispose()


async def _first_use_in_transaction(engine: AsyncEngine, first_use: FirstUse) -> None:
    async with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            # Take the write lock before looking, so that of two processes the second finds all done.
            await connection.exec_driver_sql("BEGIN IMMEDIATE")
        await first_use(connection)
        await connection.commit()


def _make_folder(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
