"""What many tests stand on: a data folder of their own; both databases of the records, for a test that takes
``database`` or ``database_url``.
"""

import gc
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from app.store.database import Database
from tests import postgres as server
from tests.postgres import Postgres

# No test is timed by the clock: a busy machine makes any example slow.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_collection_finish() -> None:
    """Thousands of tests and all that they import live to the end: no look for garbage need go through them."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def in_a_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Commands run in an empty folder, and their data are there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FRONTLINE_DATA", str(tmp_path))
    for name in ("DATABASE_URL", "FRONTLINE_PROMPTS"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with server.running() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database."""
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'records.db'}"
        return
    running: Postgres = request.getfixturevalue("postgres")
    with running.schema() as url:
        yield url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An empty database, not opened yet."""
    database = Database(database_url)
    yield database
    await database.close()
