"""The fault matrix: every fault has its row, rows are chosen, and what did not pass is told."""

import json
from collections.abc import Callable, Coroutine
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from typer import Typer
from typer.testing import CliRunner

from app.cli.drill import drill
from app.drill.matrix import IDS, ROWS, chosen, failures, table
from app.drill.proofs import PROOFS, proven
from app.drill.row import Row
from app.drill.verdict import Check, Verdict
from app.settings import Settings

SHORT_S = 600.0
GOOD = Verdict("G2", "the socket drops", "resumed", (Check("gap", "300 ms", True),))
BAD = replace(
    GOOD,
    row="T1",
    checks=(Check("streams", "1, not 2", False),),
    heard=("0.1 s Thanks for calling.",),
    recorded=("CA1: stream_lost",),
    evidence=Path("/evidence/T1"),
)


def test_every_fault_has_one_row_in_the_order_of_the_matrix() -> None:
    assert tuple(row.id for row in ROWS) == IDS
    assert len(IDS) == 32


def test_a_row_says_what_is_injected_and_what_is_promised() -> None:
    assert all(row.injected and row.promise for row in (*ROWS, *PROOFS.values()))
    assert len({row.promise for row in ROWS}) == len(ROWS)


def test_rows_are_chosen_by_name_or_by_length() -> None:
    assert [row.id for row in chosen(["T1", "G2"], short=False)] == ["G2", "T1"]
    assert chosen([], short=False) == ROWS
    short = chosen([], short=True)
    assert set(short) < set(ROWS)
    assert len(short) >= 18


def test_a_row_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="There is no row Z9"):
        chosen(["G2", "Z9"], short=False)
    with pytest.raises(ValueError, match="There is no proof luck"):
        proven(["luck"])


def test_the_table_says_promise_measured_and_pass() -> None:
    console = Console(width=160, file=StringIO())
    console.print(table([GOOD, BAD]))
    assert isinstance(console.file, StringIO)
    shown = console.file.getvalue()
    assert (shown.count("✓"), shown.count("✗")) == (1, 2)
    assert "300 ms" in shown


def test_a_row_that_does_not_pass_says_what_was_heard_and_recorded_and_where_the_evidence_is() -> None:
    assert failures([GOOD]) == []
    assert failures([GOOD, BAD]) == [
        "T1 did not pass: ✗ streams: 1, not 2",
        "  heard     0.1 s Thanks for calling.",
        "  recorded  CA1: stream_lost",
        "  evidence  /evidence/T1",
    ]


Drilled = Callable[[Settings, tuple[Row, ...], Callable[[str], None]], Coroutine[object, object, list[Verdict]]]


def drilling(*verdicts: Verdict) -> Drilled:
    async def drilled(settings: Settings, rows: tuple[Row, ...], show: Callable[[str], None]) -> list[Verdict]:
        return list(verdicts)

    return drilled


@pytest.mark.parametrize(("verdicts", "code"), [((GOOD,), 0), ((GOOD, BAD), 1)])
def test_the_exit_code_is_0_only_if_every_row_passes(
    verdicts: tuple[Verdict, ...], code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("FRONTLINE_DATA", "FRONTLINE_REHEARSAL", "FRONTLINE_REHEARSAL_OPTIONS", "DATABASE_URL"):
        monkeypatch.setenv(name, "")  # the command changes them for the server it starts
    monkeypatch.setattr("app.drill.running.drill_matrix", drilling(*verdicts))
    app = Typer()
    app.command()(drill)
    result = CliRunner().invoke(app, ["--row", "G2", "--json", "--keep", str(tmp_path / "kept")])
    assert result.exit_code == code
    assert [row["ok"] for row in json.loads(result.stdout)] == [verdict.ok for verdict in verdicts]
    assert (tmp_path / "kept").is_dir()


@pytest.mark.parametrize("arguments", [["--row", "Z9"], ["--proof", "luck"]])
def test_a_drill_of_what_there_is_not_says_what_there_is(arguments: list[str]) -> None:
    app = Typer()
    app.command()(drill)
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2
    assert "There are " in result.output
