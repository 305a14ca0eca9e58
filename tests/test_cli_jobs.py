"""`frontline jobs`, as ops and programs use it."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from app.cli import app
from app.cli.ends import OK, WRONG_USE
from app.store.database import Database
from app.store.outbox import Wish, claim, enqueue, failed

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
WISHES = (Wish("event", "a", run_at=AT), Wish("event", "b", run_at=AT))


pytestmark = pytest.mark.usefixtures("in_a_data_folder")


@pytest.fixture
def _two_failed(tmp_path: Path) -> None:
    async def keep() -> None:
        database = Database(f"sqlite+aiosqlite:///{tmp_path / 'frontline.db'}")
        await database.open()
        async with database.engine.begin() as connection:
            await enqueue(connection, *WISHES)
        for job in await claim(database, "event", "w", AT, 60, 9):
            await failed(database, job, AT, "status 503")
        await database.close()

    asyncio.run(keep())


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def states() -> list[str]:
    return sorted(job["state"] for job in json.loads(run("jobs", "list", "--state", "all", "--json").output))


def test_when_nothing_failed_that_is_said() -> None:
    shown = run("jobs", "list")
    assert (shown.exit_code, shown.output) == (OK, "There are no failed jobs.\n")


@pytest.mark.usefixtures("_two_failed")
def test_what_failed_is_shown_with_its_reason() -> None:
    rows = run("jobs", "list").output.splitlines()
    assert len(rows) == 2
    assert all(row.endswith("status 503") for row in rows)
    assert run("jobs", "list", "--kind", "analysis").output == "There are no failed jobs.\n"


@pytest.mark.usefixtures("_two_failed")
def test_one_is_done_again_by_the_beginning_of_its_id_and_all_by_wish() -> None:
    assert run("jobs", "again", str(WISHES[0].id)[:13]).output == "1 to be done again.\n"
    assert states() == ["failed", "waiting"]
    assert run("jobs", "again", "--all").output == "1 to be done again.\n"
    assert states() == ["waiting", "waiting"]
    assert run("jobs", "again", "--all").output == "Nothing to be done again.\n"


@pytest.mark.usefixtures("_two_failed")
def test_what_cannot_be_meant_is_refused() -> None:
    for words in ((), ("--all", "abc"), ("zz",)):
        assert run("jobs", "again", *words).exit_code == WRONG_USE
    assert states() == ["failed", "failed"]
