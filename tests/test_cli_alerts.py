"""`frontline alerts`, as ops use it."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from typer.testing import CliRunner, Result

from app.cli import app
from app.cli.ends import FAILED, WRONG_USE
from app.store.alerts import Alert, open_alert
from app.store.database import Database

AT = datetime.now(UTC)
ONE = Alert(UUID(int=7 << 100), "silent_turns", "warning", "open", "Calls: 7 %", 7.0, ("CA1",), AT, AT)


pytestmark = pytest.mark.usefixtures("in_a_data_folder")


@pytest.fixture
def _one_open(tmp_path: Path) -> None:
    async def keep() -> None:
        database = Database(f"sqlite+aiosqlite:///{tmp_path / 'frontline.db'}")
        await database.open()
        async with database.engine.begin() as connection:
            await open_alert(connection, ONE)
        await database.close()

    asyncio.run(keep())


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["alerts", *words])


def test_when_all_is_well_that_is_said() -> None:
    assert run("list").output == "All is well: no alert is open.\n"


@pytest.mark.usefixtures("_one_open")
def test_an_alert_is_shown_with_its_calls_and_who_sees_to_it() -> None:
    assert run("ack", ONE.id.hex[:6]).exit_code == WRONG_USE
    assert run("ack", "ffff", "--by", "Maria").exit_code == WRONG_USE
    assert run("ack", str(ONE.id)[:9], "--by", "Maria").output == "Maria sees to it: Calls: 7 %\n"
    shown = run("list").output
    assert "silent_turns  (open, Maria sees to it)\n    Calls: 7 %\n    frontline why CA1\n" in shown
    assert json.loads(run("list", "--json").output)[0]["acked_by"] == "Maria"


def test_the_rules_are_shown_where_they_stand_and_can_be_muted() -> None:
    assert "silent_turns     0 of 5 % (too few to tell: 0 of 20)\n" in run("rules").output
    assert run("mute", "silent_turn", "--by", "Maria").exit_code == WRONG_USE
    assert run("mute", "silent_turns", "--hours", "2", "--by", "Maria").output == "silent_turns is quiet for 2 hours.\n"
    assert "muted until" in run("rules").output
    assert run("mute", "silent_turns", "--hours", "0", "--by", "Maria").output == "silent_turns is told of again.\n"
    assert "muted until" not in run("rules").output


def test_rules_with_a_mistake_are_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.toml").write_text('[a]\nof = "flags"\nflags = ["tone"]\n', encoding="utf-8")
    monkeypatch.setenv("FRONTLINE_ALERT_RULES", str(tmp_path / "mine.toml"))
    shown = run("rules")
    assert (shown.exit_code, "a has no limit" in shown.output) == (WRONG_USE, True)


def test_every_channel_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("test").exit_code == WRONG_USE
    monkeypatch.setenv("FRONTLINE_ALERT_CHANNELS", "mailto:ops@example.com slack:http://127.0.0.1:9/x")
    shown = run("test")
    assert shown.exit_code == FAILED
    assert "✗ mail: there is no FRONTLINE_SMTP\n✗ slack: not reached: ConnectError\n" in shown.output
