"""Rows are played to a verdict, whatever happens in them."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from app.drill import running
from app.drill.house import House, laid_out
from app.drill.row import Row
from app.drill.running import _Drill, judged
from app.drill.scene import Scene, Speech
from app.drill.verdict import Check, Verdict
from app.rehearsal.speech import load_voice
from app.settings import Settings, load
from tests.drill.calls import told
from tests.rehearsal.written_calls import ROOT

PASSED = Check("gap", "200 ms", True)


class NoEars:
    def transcribe(self, pcm: bytes, rate: int, languages: Sequence[str]) -> str:
        return ""


def drill_in(folder: Path, shown: list[str]) -> _Drill:
    settings = load({"FRONTLINE_DATA": str(folder)}, None)
    return _Drill(settings, Speech({"tones": load_voice("tones")}, NoEars(), asyncio.Semaphore(1)), shown.append)


def row(id: str, play: Callable[[Scene], object], limit_s: float = 5.0) -> Row:
    async def played(scene: Scene) -> Sequence[Check]:
        play(scene)
        return [PASSED]

    return Row(id, "a fault", "a promise", played, limit_s=limit_s)


async def test_a_row_has_a_folder_of_its_own_and_its_verdict_names_it(tmp_path: Path) -> None:
    shown: list[str] = []
    verdict = await drill_in(tmp_path, shown).play(row("T1", lambda scene: scene.calls.append(told("Hello."))), None)
    assert verdict.ok
    assert verdict.evidence == tmp_path / "T1"
    assert (tmp_path / "T1").is_dir()
    assert verdict.heard == ("0.0 s Hello.",)
    assert verdict.recorded == ("CA1: completed after 20.0 s, 0 sessions; 1 turns; no tool; no flag",)
    assert "T1: passes" in shown[1]


async def test_a_row_whose_house_breaks_down_does_not_pass(tmp_path: Path) -> None:
    def breaks(_: Scene) -> None:
        raise ConnectionResetError("gone")

    verdict = await drill_in(tmp_path, []).play(row("T1", breaks), None)
    assert not verdict.ok
    assert verdict.measured == "✗ the drill: ConnectionResetError gone"


async def test_a_row_that_takes_too_long_does_not_pass(tmp_path: Path) -> None:
    async def waits(_: Scene) -> Sequence[Check]:
        await asyncio.Event().wait()
        return [PASSED]

    slow = Row("T1", "a fault", "a promise", waits, limit_s=0.01)
    assert not (await drill_in(tmp_path, []).play(slow, None)).ok


async def test_no_more_rows_play_at_once_than_the_machine_can_speak(tmp_path: Path) -> None:
    at_once = most = 0

    async def plays(_: Scene) -> Sequence[Check]:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0)
        at_once -= 1
        return [PASSED]

    rows = [Row(f"T{number}", "a fault", "a promise", plays) for number in range(6)]
    house: House | None = None
    verdicts: list[Verdict] = await drill_in(tmp_path, []).beside_each_other(rows, house)
    assert [verdict.row for verdict in verdicts] == [row.id for row in rows]
    assert most == running.AT_ONCE


def test_a_call_without_a_record_is_told_so(tmp_path: Path) -> None:
    lost = judged(row("T1", lambda _: None), (PASSED,), [told(disposition="")], tmp_path, 1.0)
    assert "no end" in lost.recorded[0]


def test_the_drills_line_stands_among_the_houses_rules_and_tools(tmp_path: Path) -> None:
    settings: Settings = load(
        {
            "FRONTLINE_DATA": str(tmp_path),
            "FRONTLINE_PROMPTS": str(ROOT / "prompts"),
            "FRONTLINE_TOOLS": str(ROOT / "tools"),
        },
        None,
    )
    told_of = laid_out(settings, tmp_path)
    prompts, tools = Path(told_of["FRONTLINE_PROMPTS"]), Path(told_of["FRONTLINE_TOOLS"])
    assert {path.name for path in prompts.iterdir()} == {"house", "phrases", "drill"}
    assert (tools / "drill_tools.py").is_file()
    assert (tools / "orders.py").is_file()


def test_the_drills_line_has_no_mistakes(tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from app.cli import app

    settings = load({"FRONTLINE_PROMPTS": str(ROOT / "prompts"), "FRONTLINE_TOOLS": str(ROOT / "tools")}, None)
    environment = laid_out(settings, tmp_path) | {"FRONTLINE_DATA": str(tmp_path), "FRONTLINE_REHEARSAL": "on"}
    result = CliRunner().invoke(app, ["check"], env=environment)
    assert result.exit_code == 0, result.output


@pytest.fixture(autouse=True)
def _no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here may start one."""
    monkeypatch.setattr(running, "opened_house", None)
