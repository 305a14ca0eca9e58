"""A call on one axis of time: what is drawn where, from its record; and the parts of each wait."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from app.call.commands import RecordTurn
from app.meaning.record import CallRecord
from app.redaction.conversation import KEYED
from app.store.parts import BARGE_IN, DEAD_AIR, Mark, Segment

LANES: Final = ("caller", "assistant", "tools", "signs", "sessions")
SHORTEST_SHARE: Final = 0.35  # percent of the axis: what is shorter could not be seen, or pressed
TICKS: Final = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800)
MOST_TICKS: Final = 12
PARTS: Final = ("told", "model", "sent", "played")  # of a wait, each to where the next begins


@dataclass(frozen=True, slots=True)
class Region:
    """Something that takes its time, or a moment; ``at`` and ``width`` are percent of the axis, ``number`` a turn's.

    ``name`` is the house's own word for it, which the page has among its texts ``kind_of``.
    """

    lane: str
    kind: str
    from_s: float
    to_s: float
    detail: str = ""
    number: int | None = None
    kind_of: str = ""
    name: str = ""
    at: float = 0.0
    width: float = 0.0


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a wait: ``kind`` of PARTS; ``at`` and ``width`` are percent of the whole."""

    kind: str
    ms: int
    at: float
    width: float


@dataclass(frozen=True, slots=True)
class Axis:
    """The whole of it: how long, where a time is written, and what lies on it."""

    lasts_s: float
    ticks: Sequence[tuple[float, float]]  # seconds, percent
    regions: Sequence[Region]


def axis(record: CallRecord, segments: Sequence[Segment], marks: Sequence[Mark]) -> Axis:
    """Everything of a call, in its place."""
    found = [*_speech(record), *_tools(record), *_marks(marks), *_flags(record), *_sessions(segments)]
    lasts_s = max([record.end.duration_s if record.end else 0.0, *(one.to_s for one in found), 1.0])
    placed = [_placed(one, lasts_s) for one in sorted(found, key=lambda one: one.from_s)]
    step = next((each for each in TICKS if lasts_s / each <= MOST_TICKS), TICKS[-1])
    ticks = [(float(at), at / lasts_s * 100) for at in range(0, int(lasts_s) + 1, step)]
    return Axis(lasts_s, ticks, placed)


def _placed(one: Region, lasts_s: float) -> Region:
    width = max(SHORTEST_SHARE, (one.to_s - one.from_s) / lasts_s * 100)
    at = min(max(0.0, one.from_s / lasts_s * 100), 100.0 - width)
    return replace(one, at=round(at, 3), width=round(width, 3))


def _speech(record: CallRecord) -> Iterator[Region]:
    for turn in record.turns:
        kind = "keys" if turn.heard.startswith(KEYED) else ("cut" if turn.interrupted else "speech")
        words = f"{turn.heard} {turn.unheard}".strip()
        yield Region(turn.side, kind, turn.started_s, max(turn.started_s, turn.ended_s), words[:120], turn.number)


def _tools(record: CallRecord) -> Iterator[Region]:
    for tool in record.tools:
        kind = "tool" if tool.status == "ok" else "tool_bad"
        to_s = tool.at_s + tool.took_ms / 1000
        yield Region("tools", kind, tool.at_s, to_s, tool.name, kind_of="call.status_", name=tool.status)


def _marks(marks: Sequence[Mark]) -> Iterator[Region]:
    for mark in marks:
        lasts_s = float(mark.detail.split()[0]) / 1000 if mark.name == DEAD_AIR and mark.detail else 0.0
        kind = mark.name if mark.name in (BARGE_IN, DEAD_AIR) else "moment"
        to_s = mark.at_s + lasts_s
        yield Region("signs", kind, mark.at_s, to_s, mark.detail, kind_of="call.mark_", name=mark.name)


def _flags(record: CallRecord) -> Iterator[Region]:
    for flag in record.flags:
        yield Region("signs", "flag", flag.at_s, flag.at_s, flag.detail, kind_of="calls.flag_", name=flag.name)


def _sessions(segments: Sequence[Segment]) -> Iterator[Region]:
    for one in segments:
        if one.kind == "session":
            detail = ", ".join(part for part in (f"{one.number}: {one.model or one.route}", one.reason) if part)
            yield Region("sessions", "resumed" if one.resumed else "session", one.started_s, one.ended_s, detail)


# ---- a turn's wait


def wait_of(turn: RecordTurn) -> Sequence[Part]:
    """The caller stopped → the model was told → its first sound → the first sent → the first played."""
    points = (turn.told_ms, turn.model_ms, turn.gap_ms, turn.played_ms)
    if turn.gap_ms is None:
        return ()
    whole = max(point for point in points if point is not None) or 1
    parts, before = [], 0
    for kind, point in zip(PARTS, points, strict=True):
        if point is not None and point >= before:
            parts.append(Part(kind, point - before, before / whole * 100, (point - before) / whole * 100))
            before = point
    return parts


# ---- peaks


def outline(peaks: bytes, side: int, most: int = 1_500) -> str:
    """The path of one side's peaks, four signed bytes a tenth of a second, in a box ``most`` by 256."""
    low, high = peaks[side * 2 :: 4], peaks[side * 2 + 1 :: 4]
    count = min(len(low), len(high))
    if not count:
        return ""
    step = max(1, -(-count // most))
    tops = [max(_signed(value) for value in high[at : at + step]) for at in range(0, count, step)]
    bottoms = [min(_signed(value) for value in low[at : at + step]) for at in range(0, count, step)]
    scale = 1000 / len(tops)
    forth = " ".join(f"{at * scale:.1f},{128 - top}" for at, top in enumerate(tops))
    back = " ".join(f"{at * scale:.1f},{129 - bottom}" for at, bottom in reversed(list(enumerate(bottoms))))
    return f"M{forth} L{back} Z"


def _signed(value: int) -> int:
    return value - 256 if value > 127 else value
