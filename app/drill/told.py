"""What is known of one drilled call: what its caller heard, what its records hold, what its journal says."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.call.commands import RecordFlag, RecordTool, RecordTurn
from app.rehearsal.phone_recording import levels
from app.rehearsal.phone_sound import FRAME_MS, LOUD_RMS
from app.rehearsal.report import CallReport
from app.store.calls import CallRow, call, flags_of, tool_uses_of, turns_of
from app.store.database import Database
from app.store.journal import NotAJournal, replay

ENDED_WITHIN_S = 8.0  # after the call, its record is there
LOOK_EVERY_S = 0.2
_ASSISTANT = 1  # channel of the recording

Line = dict[str, object]


@dataclass(frozen=True, slots=True)
class Told:
    """One call, from all sides. ``differences``: steps of its journal that do not replay as they were."""

    report: CallReport
    row: CallRow | None = None
    turns: Sequence[RecordTurn] = ()
    tools: Sequence[RecordTool] = ()
    flags: Sequence[RecordFlag] = ()
    journal: Sequence[Line] = ()
    differences: int = 1

    @property
    def words(self) -> str:
        """All that the caller heard, in words."""
        return " ".join([*(stretch.text for stretch in self.report.heard), *self.report.spoken])

    @property
    def ended(self) -> bool:
        """There is one record, and it has its end."""
        return self.row is not None and self.row.end is not None

    @property
    def disposition(self) -> str:
        """How the call ended by its record; empty while it has none."""
        return self.row.end.disposition if self.row is not None and self.row.end is not None else ""

    def said(self, side: str) -> str:
        """What the record holds of one side."""
        return " ".join(turn.heard for turn in self.turns if turn.side == side)

    def entries(self, kind: str) -> list[Line]:
        """The events or commands of one kind in the journal."""
        return [line for line in self.journal if kind in (line.get("e"), line.get("c"))]

    def at_s(self, kind: str) -> list[float]:
        """When those were, in seconds since pick-up: the axis of the recording."""
        return [float(str(line["t"])) - self.report.picked_up_at for line in self.entries(kind)]


async def looked_up(report: CallReport, data: Path, database_url: str) -> Told:
    """The call with what it left behind; waits a little for the record's end."""
    database = Database(database_url)
    sid = report.call_sid
    try:
        row = await _row(database, sid)
        turns, tools = await turns_of(database, sid), await tool_uses_of(database, sid)
        flags = await flags_of(database, sid)
    finally:
        await database.close()
    journals = sorted((data / "journals").glob(f"{sid}*.jsonl"))  # a process that goes on with a call begins another
    lines = [line for path in journals for line in await asyncio.to_thread(journal_lines, path)]
    differences = await asyncio.to_thread(_differences, journals)
    return Told(report, row, turns, tools, flags, lines, differences)


async def _row(database: Database, sid: str) -> CallRow | None:
    """The record once it has its end, or as it is when that does not come."""
    for _ in range(int(ENDED_WITHIN_S / LOOK_EVERY_S)):
        row = await call(database, sid)
        if row is not None and row.end is not None:
            return row
        await asyncio.sleep(LOOK_EVERY_S)
    return await call(database, sid)


def journal_lines(path: Path) -> list[Line]:
    """The whole lines of a journal, also of one that is being written or was torn."""
    if not path.is_file():
        return []
    data = path.read_bytes()
    found = []
    for raw in data[: data.rfind(b"\n") + 1].splitlines():
        try:
            line = json.loads(raw)
        except ValueError:
            continue
        if isinstance(line, dict):
            found.append(line)
    return found


def _differences(journals: Sequence[Path]) -> int:
    """One for a journal that cannot be read, or is not there."""
    found = 0 if journals else 1
    for journal in journals:
        try:
            found += len(replay(journal)[1])
        except (OSError, NotAJournal):
            found += 1
    return found


def silence_ms(recording: Path | None, from_s: float, to_s: float) -> int | None:
    """The longest silence the caller heard between two moments of a recording; blocking."""
    if recording is None or not recording.is_file():
        return None
    first, last = max(0, int(from_s * 1000 / FRAME_MS)), int(to_s * 1000 / FRAME_MS)
    longest = run = 0
    for level in levels(recording, _ASSISTANT)[first:last]:
        run = 0 if level > LOUD_RMS else run + 1
        longest = max(longest, run)
    return longest * FRAME_MS


def first_sound_after_s(recording: Path | None, from_s: float) -> float | None:
    """When the caller next heard something; blocking."""
    if recording is None or not recording.is_file():
        return None
    first = max(0, int(from_s * 1000 / FRAME_MS))
    later = enumerate(levels(recording, _ASSISTANT)[first:], first)
    return next((number * FRAME_MS / 1000 for number, level in later if level > LOUD_RMS), None)
