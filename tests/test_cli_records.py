"""The commands that show calls on record, and those that keep or delete them."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli import app
from app.store.database import Database
from tests.store.test_keeping import ANA, BEN, NOW, House, places_in

HERE = CliRunner()
AWAY = {"TERM": "dumb", "COLUMNS": "200"}


def run(*words: str, code: int = 0) -> str:
    result = HERE.invoke(app, words, env=AWAY)
    assert result.exit_code == code, result.output
    return result.output


@pytest.fixture
def data(in_a_data_folder: Path) -> Path:
    """A house with a call of Ana's and one of Ben's."""

    async def fill() -> None:
        database = Database(f"sqlite+aiosqlite:///{in_a_data_folder / 'frontline.db'}")
        await database.open()
        house = House(places_in(database, in_a_data_folder), {})
        days = (datetime.now(UTC) - NOW).days
        await house.take("CA11", ANA, -days)
        await house.take("CA12", BEN, -days, "clinic")
        await database.close()

    asyncio.run(fill())
    return in_a_data_folder


def test_calls_are_listed_shown_noted_held_exported_and_erased(data: Path) -> None:
    assert [row.split()[2] for row in run("calls").splitlines()] == ["CA11", "CA12"]
    assert "CA12" not in run("calls", "--line", "shop", "--gap", "1.2", "--words", "hammock")
    assert run("calls", "--gap", "2") == "There is no such call on record.\n"
    assert [one["call_sid"] for one in json.loads(run("calls", "--line", "clinic", "--json"))] == ["CA12"]
    assert "Several calls begin with CA1" in run("show", "CA1", code=2)
    assert run("note", "CA11", "call her back", "--by", "mia") == "Noted on CA11.\n"
    assert run("tag", "CA11", "late", "--by", "mia") == "CA11 has the tag late.\n"
    told = run("show", "CA11")
    for words in ("A hammock, please.", "not heard: Of hammock.", "find ok in 20 ms", "call her back", "late, vip"):
        assert words in told
    assert json.loads(run("show", "CA11", "--json"))["turns"][1]["gap_ms"] == 1_200
    run("export", ANA, "--to", str(data / "out"))
    assert json.loads((data / "out" / "export.json").read_text())["calls"][0]["call_sid"] == "CA11"
    assert (data / "out" / "CA11.jsonl").exists()
    assert (data / "out" / "recordings-CA11-1.wav").read_bytes() == b"hammock"
    run("hold", "CA11", "--by", "mia", "--why", "the case")
    assert "by mia: the case" in run("hold")
    assert "on hold: CA11" in run("erase", ANA, "--yes", code=1)
    run("hold", "CA11", "--release", "--by", "mia")
    assert "1 calls" in run("erase", ANA, "--yes")
    assert "There is no call CA11" in run("show", "CA11", code=2)
    assert "erasure: 1 calls of somebody" in run("retain", "--proof")
    assert "Write the number" in run("erase", "143", code=2)


def test_a_fresh_house_has_nothing_to_delete(in_a_data_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRONTLINE_PROMPTS", str(in_a_data_folder))
    assert run("retain") == "Nothing was deleted.\n"
