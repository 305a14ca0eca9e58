"""Calls that were never placed, for the drills to judge."""

from datetime import UTC, datetime
from pathlib import Path

from app.call.commands import RecordEnd, RecordTurn
from app.drill.told import Line, Told
from app.rehearsal.listening import Figures
from app.rehearsal.phone_notes import Happening
from app.rehearsal.report import CallReport, HeardStretch
from app.store.calls import CallRow, CallStart

START = CallStart("CA1", "drill", "en-US", "+1", "+2", datetime(2026, 11, 29, tzinfo=UTC))
TURN = RecordTurn(1, "caller", "Where is my order 1047?")


def report(
    *heard: str, spoken: tuple[str, ...] = (), happened: tuple[Happening, ...] = (), recording: Path | None = None
) -> CallReport:
    """What a caller's side has of a call that was picked up at 100 s of the machine's clock."""
    return CallReport(
        caller="T1",
        call_sid="CA1",
        ok=True,
        problems=(),
        ended_by="app",
        duration_s=20.0,
        rang_ms=10,
        streams=1,
        figures=Figures(),
        heard=tuple(HeardStretch(float(number), number + 0.5, text) for number, text in enumerate(heard)),
        spoken=spoken,
        happenings=happened,
        recording=recording,
        picked_up_at=100.0,
    )


def told(
    *heard: str,
    disposition: str = "completed",
    turns: tuple[RecordTurn, ...] = (TURN,),
    journal: tuple[Line, ...] = (),
    happened: tuple[Happening, ...] = (),
    recording: Path | None = None,
    differences: int = 0,
) -> Told:
    """A call from all sides; without a disposition its record has no end."""
    end = RecordEnd(disposition, "assistant", 20.0) if disposition else None
    row = CallRow(START, end)
    return Told(report(*heard, happened=happened, recording=recording), row, turns, (), (), journal, differences)
