"""The drill: what calls leave is counted, what goes wrong is made to, and the table says whether that is enough."""

import asyncio
import json
import os
import sqlite3
from contextlib import closing
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from typer import Typer
from typer.testing import CliRunner

from app.cli.drill import drill, own_settings
from app.drill.effects import DATABASES, EFFECTS, effect_problem
from app.drill.lines import TROUBLES, Drilled, looked_after, promises, table
from app.drill.troubles import Journals, Trouble, Uses, disturb
from app.rehearsal.callers import Caller
from app.rehearsal.callers_lines import LINES, OTHERS
from app.rehearsal.listening import Figures
from app.rehearsal.report import CallReport
from app.store.database import Database
from tests.rehearsal.written_calls import ROOT, converse

REPORT = CallReport(
    caller="bank-card",
    call_sid="CA1",
    ok=True,
    problems=(),
    ended_by="app",
    duration_s=20.0,
    rang_ms=10,
    streams=1,
    figures=Figures(),
)
GOOD = Drilled("bank", REPORT, records=1)
EVERY = [caller for callers in LINES.values() for caller in callers]


@pytest.mark.parametrize("caller", EVERY, ids=lambda caller: caller.name)
async def test_a_caller_leaves_what_they_must(caller: Caller, tmp_path: Path) -> None:
    call = await converse(caller, tmp_path)
    (effect,) = caller.expects.effects
    assert effect_problem(effect, tmp_path, call.call_sid) == ""
    assert bool(effect_problem(effect, tmp_path, "CA2")) == (EFFECTS[effect].rows > 0)


def test_what_is_there_twice_is_a_problem(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "bank.db")) as database, database:
        database.execute("CREATE TABLE blocks (call_sid TEXT)")
        database.execute("INSERT INTO blocks VALUES ('CA1'), ('CA1')")
    assert effect_problem("bank.block", tmp_path, "CA1") == "bank.block: 2 rows in blocks of bank.db, not 1"
    assert effect_problem("bank.no_block", tmp_path, "CA2") == ""


def test_what_was_never_written_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "game.db").touch()
    assert "0 rows" in effect_problem("game.ticket", tmp_path, "CA1")
    assert "0 rows" in effect_problem("tutor.note", tmp_path, "CA1")
    assert not (tmp_path / "tutor.db").exists()


def test_every_effect_that_is_expected_is_known() -> None:
    assert {name for caller in EVERY for name in caller.expects.effects} <= set(EFFECTS)


def test_a_drill_writes_into_no_database_of_a_company() -> None:
    named = {
        line.split('"')[1]
        for file in (ROOT / "tools").glob("*.py")
        for line in file.read_text(encoding="utf-8").splitlines()
        if ' = database("' in line
    }
    assert named == set(DATABASES)


def test_on_every_line_something_goes_wrong_with_somebody() -> None:
    assert set(TROUBLES) == set(OTHERS) == set(LINES)
    for line, troubles in TROUBLES.items():
        assert troubles
        assert all(trouble.tool in caller.expects.tools for caller, trouble in zip(OTHERS[line], troubles, strict=True))


async def test_the_others_of_a_line_want_something_of_their_own(tmp_path: Path) -> None:
    for line, others in OTHERS.items():
        for caller in (*LINES[line], *others):
            call = await converse(caller, tmp_path, caller.name)
            assert [effect_problem(name, tmp_path, call.call_sid) for name in caller.expects.effects] == [""]


def test_promises_are_kept_by_calls_without_a_problem() -> None:
    troubled = replace(GOOD, trouble="session lost while block_card ran")
    kept = promises("bank", [GOOD, replace(GOOD), troubled])
    assert all(promise.ok for promise in kept)
    assert [promise.measured for promise in kept] == ["2 of 2", "2 of 2", "1 of 1", "3 of 3", "0 differences"]


@pytest.mark.parametrize(
    ("broken", "promise"),
    [
        (replace(GOOD, report=replace(REPORT, problems=("the caller heard nothing",))), "callers hear"),
        (replace(GOOD, problems=("bank.block: 2 rows",)), "exactly once"),
        (replace(GOOD, trouble="block_card ended with error", problems=("bank.block: 0 rows",)), "also when"),
        (replace(GOOD, records=0), "one record"),
        (replace(GOOD, differences=3), "replays"),
    ],
)
def test_a_promise_that_is_broken_is_named(broken: Drilled, promise: str) -> None:
    wrong = [each for each in promises("bank", [GOOD, broken]) if not each.ok]
    assert len(wrong) == 1
    assert promise in wrong[0].promise


def test_a_line_that_nobody_phoned_keeps_no_promise() -> None:
    assert not any(promise.ok for promise in promises("bank", [])[:3])


def test_the_table_has_a_row_for_each_promise() -> None:
    console = Console(width=120, file=StringIO())
    console.print(table(promises("bank", [GOOD, replace(GOOD, records=0)])))
    assert isinstance(console.file, StringIO)
    shown = console.file.getvalue()
    assert (shown.count("✓"), shown.count("✗")) == (3, 1)


def _wrote(data: Path, *lines: dict[str, object]) -> None:
    (data / "journals").mkdir(exist_ok=True)
    with (data / "journals" / "CA1.jsonl").open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(line) + "\n" for line in lines)


CALLED = {"t": 1.0, "e": "ToolCalled", "id": "1", "name": "block_card", "args": {}}
ENDED = {"t": 1.5, "c": "RecordTool", "id": "1", "name": "block_card", "status": "confirm"}


def test_a_tools_uses_are_read_as_the_journal_grows(tmp_path: Path) -> None:
    (tmp_path / "journals").mkdir()
    (tmp_path / "journals" / "CA0.jsonl").write_text(json.dumps(CALLED) + "\n")
    journals = Journals(tmp_path / "journals")
    assert journals.uses("block_card") == Uses(0, ())
    _wrote(tmp_path, CALLED)
    assert journals.uses("block_card") == Uses(1, ())
    _wrote(tmp_path, ENDED)
    with (tmp_path / "journals" / "CA1.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"t": 2, "e": "ToolCal')  # a line that is being written
    assert journals.uses("block_card") == Uses(1, ("confirm",))


async def test_a_database_is_held_until_the_tool_has_failed(tmp_path: Path) -> None:
    (tmp_path / "journals").mkdir()
    trouble = Trouble("tool fails", "block_card", "bank.db")
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        disturbing = group.create_task(disturb(trouble, tmp_path, tmp_path / "live.json"))
        await asyncio.sleep(0)  # it looks at the journals there are
        _wrote(tmp_path, CALLED, ENDED, CALLED)
        while not await asyncio.to_thread(_is_held, tmp_path / "bank.db"):
            pass
        _wrote(tmp_path, {**ENDED, "status": "error"})
    assert disturbing.result() == "block_card ended with error"
    assert not _is_held(tmp_path / "bank.db")


def _is_held(file: Path) -> bool:
    with closing(sqlite3.connect(file, timeout=0, isolation_level=None)) as database:
        try:
            database.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
    return False


async def test_a_call_without_a_record_or_a_journal_keeps_no_promise(tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'frontline.db'}")
    await database.open()
    lost = await looked_after(Drilled("bank", REPORT, ("bank.block",)), tmp_path, database)
    await database.close()
    assert (lost.records, lost.differences) == (0, 1)
    assert lost.problems == ("bank.block: 0 rows in blocks of bank.db, not 1",)


def test_a_drill_keeps_its_data_apart_and_uses_no_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*DATABASES, "DATABASE_URL"):
        monkeypatch.setenv(name, "sqlite:///elsewhere.db")
    monkeypatch.setenv("GEMINI_API_KEY", "a-real-key")
    monkeypatch.setenv("FRONTLINE_REHEARSAL", "auto")
    monkeypatch.setenv("DATABASE_URL_FILE", "")
    monkeypatch.setenv("FRONTLINE_DATA", str(tmp_path))
    monkeypatch.setenv("FRONTLINE_REHEARSAL_OPTIONS", "--life-s 300")
    settings = own_settings()
    assert settings.data.parent == tmp_path
    assert settings.rehearsing
    assert not [name for name in (*DATABASES, "DATABASE_URL") if os.environ[name]]
    assert os.environ["FRONTLINE_DATA"] == str(settings.data)
    assert os.environ["FRONTLINE_REHEARSAL_OPTIONS"] == f"--life-s 300 --ready-file {settings.data}/live-ready.json"


def test_a_line_that_nobody_calls_is_refused() -> None:
    app = Typer()
    app.command()(drill)
    result = CliRunner().invoke(app, ["--line", "nowhere"])
    assert result.exit_code == 2
    assert "There are store, clinic, bank, tutor, game, device." in result.output
