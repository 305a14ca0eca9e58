"""The fault matrix: every fault that is drilled, in its order, and the choice among them."""

from collections.abc import Sequence

from rich.table import Table

from app.drill import (
    matrix_clock,
    matrix_database,
    matrix_gemini,
    matrix_killed,
    matrix_pairs,
    matrix_phone,
    matrix_process,
    matrix_security,
    matrix_stream,
    matrix_tools,
)
from app.drill.row import Row
from app.drill.verdict import Verdict

_THEMES = (
    matrix_gemini,
    matrix_phone,
    matrix_stream,
    matrix_tools,
    matrix_database,
    matrix_process,
    matrix_killed,
    matrix_clock,
    matrix_security,
    matrix_pairs,
)
IDS = (
    *("G1", "G2", "G3", "G4", "G5", "G6"),
    *("T1", "T2", "T3", "T4", "T5", "T6", "T7", "T8", "T9"),
    *("O1", "O2", "O3", "O4"),
    *("D1", "D2", "D3", "D4"),
    *("P1", "P2", "P3", "P4"),
    *("C1", "C2", "C3"),
    *("S1", "X1"),
)
ROWS: tuple[Row, ...] = tuple(
    sorted((row for theme in _THEMES for row in theme.ROWS), key=lambda row: IDS.index(row.id))
)


def chosen(names: Sequence[str], *, short: bool) -> tuple[Row, ...]:
    """The rows to drill: those named, or all, or those of the short drill. Raises ValueError for another name."""
    unknown = [name for name in names if name not in IDS]
    if unknown:
        raise ValueError(f"There is no row {', '.join(unknown)}. There are {', '.join(IDS)}.")
    if names:
        return tuple(row for row in ROWS if row.id in names)
    return tuple(row for row in ROWS if row.short or not short)


def table(verdicts: Sequence[Verdict]) -> Table:
    """Promise, measured, pass."""
    shown = Table("row", "injected", "promise", "measured", "pass", show_lines=True)
    for each in verdicts:
        shown.add_row(each.row, each.injected, each.promise, each.measured, "✓" if each.ok else "✗")
    return shown


def failures(verdicts: Sequence[Verdict]) -> list[str]:
    """For each row that did not pass: what was heard, what was recorded, where the evidence is."""
    told: list[str] = []
    for each in verdicts:
        if not each.ok:
            told += [f"{each.row} did not pass: {each.measured}"]
            told += [f"  heard     {line}" for line in each.heard or ("nothing",)]
            told += [f"  recorded  {line}" for line in each.recorded or ("nothing",)]
            told += [f"  evidence  {each.evidence}"]
    return told
