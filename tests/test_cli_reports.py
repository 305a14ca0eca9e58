"""`frontline report`, as people and programs use it."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from app.cli import app
from app.cli.ends import FAILED, OK, WRONG_USE
from app.cli.reports import since_of
from app.meaning.definitions import METRICS
from app.store.database import Database
from app.store.writer import RecordWriter
from tests.meaning.calls import CALLED, CALLER, assistant, caller, end

NOW = datetime.now(UTC)


@pytest.fixture(autouse=True)
def _three_calls(in_a_data_folder: Path) -> None:
    asyncio.run(_record(in_a_data_folder))


async def _record(folder: Path) -> None:
    """Three calls: one of a week ago, one of another line."""
    database = Database(f"sqlite+aiosqlite:///{folder / 'frontline.db'}")
    writer = RecordWriter(database)
    writing = asyncio.create_task(writer.run())
    for number, line, days in ((1, "store", 0), (2, "clinic", 0), (3, "store", 8)):
        at = NOW - timedelta(days=days, hours=1)
        records = writer.records_for(f"CA{number}", line, "en-US", CALLER, CALLED, at, version=f"v{number}")
        for turn in (assistant(1, 0.4, 2.0), caller(2, 2.5, 3.0), assistant(3, 4.0, 19.0, 100 * number)):
            records.turn(turn)
        records.end(end())
    assert await writer.drain(10.0)
    writing.cancel()
    await database.close()


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["report", *words])


def gaps(*words: str) -> list[float]:
    told = json.loads(run("--json", *words).output)
    assert set(told["figures"]) == {metric.name for metric in METRICS}
    gap = told["figures"]["turn_gap"]
    return [told["calls"], gap["p50"], gap["worst"]]


def test_the_figures_of_the_last_day_are_shown_in_groups() -> None:
    shown = run()
    assert shown.exit_code == OK
    assert shown.output.startswith("2 calls since ")
    assert "\nwaits\n" in shown.output
    assert "turn_gap                  p50 100 ms  p95 200 ms  p99 200 ms  worst 200 ms  (n=2)" in shown.output


def test_calls_are_chosen_by_line_time_and_version() -> None:
    assert gaps() == [2, 100, 200]
    assert gaps("--since", "30d") == [3, 200, 300]
    assert gaps("--since", "30d", "--line", "store") == [2, 100, 300]
    assert gaps("--since", "30d", "--version", "v3") == [1, 300, 300]


def test_a_time_that_cannot_be_read_is_said() -> None:
    assert run("--since", "yesterday").exit_code == WRONG_USE
    with pytest.raises(typer.BadParameter):
        since_of("5 years", NOW)


def test_a_time_is_a_span_or_a_date() -> None:
    now = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
    assert since_of("90m", now) == now - timedelta(minutes=90)
    assert since_of("2026-11-01", now) == datetime(2026, 11, 1, tzinfo=UTC)


def test_the_story_of_a_call_is_told_in_words_and_as_json() -> None:
    shown = CliRunner().invoke(app, ["why", "CA1"])
    assert shown.exit_code == OK
    assert shown.output.splitlines()[-1] == "  0:20.0  end      it ended as completed, by the assistant, after 20.0 s"
    told = json.loads(CliRunner().invoke(app, ["why", "CA1", "--json"]).output)
    assert [moment["kind"] for moment in told][-1] == "end"


def test_a_call_that_is_not_known_is_said() -> None:
    shown = CliRunner().invoke(app, ["why", "CA9"])
    assert shown.exit_code == WRONG_USE
    assert "There is no call CA9" in shown.output


@pytest.mark.parametrize("command", [("report",), ("why", "CA1")])
def test_a_database_that_cannot_be_read_is_said_in_words(
    command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "no-database").write_text("no database at all, but a text that is long enough to be looked at")
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'no-database'}")
    shown = CliRunner().invoke(app, list(command))
    assert shown.exit_code == FAILED
    assert "The database cannot be read (DatabaseError)" in shown.output
