"""Why a call went as it did, in plain words with times: from its record and, while that is kept, its journal."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from app.call.commands import RecordCost, RecordEnd, RecordTool, RecordTurn
from app.call.tool_end import WORKED
from app.meaning.call import TALK_OVER_MS, gap_of, silences
from app.meaning.record import CallRecord
from app.meaning.sentences import FLAG, Said, Telling, in_english, said
from app.store.journal import Step, segment_path
from app.store.journal_search import lines_named

LONG_GAP_MS = 1_800  # a wait that callers notice
LONG_FIRST_MS = 1_000
SLOW_TOOL_MS = 2_000
SHOWN_LETTERS = 80  # of words that were not heard
_LINES = ("CallStarted", "CallResumed", "SessionOpened", "SessionLost", "SessionEnding", "CallerHungUp", "RenewSession")


@dataclass(frozen=True, slots=True)
class Moment:
    """Something worth telling. ``kind`` is ``wait``, ``silence``, ``speech``, ``tool``, ``session``, ``flag``, ``cost``
    or ``end``; ``parts`` say what it is made of, ``detail`` is of whoever put it on record.
    """

    at_s: float
    kind: str
    said: Said
    parts: tuple[Said, ...] = ()
    detail: str = ""

    @property
    def text(self) -> str:
        return told(self, in_english)

    def as_json(self) -> dict[str, object]:
        return {"at_s": self.at_s, "kind": self.kind, "text": self.text}


def told(moment: Moment, telling: Telling) -> str:
    """The moment whole, its sentences told by ``telling``."""
    parts = (", " if moment.kind == "cost" else "; ").join(map(telling, moment.parts))
    detail = f" ({moment.detail})" if moment.detail else ""
    return f"{telling(moment.said)}{detail}{': ' if parts else ''}{parts}"


def steps_of(folder: Path, call_sid: str) -> list[Step]:
    """What ``why`` needs of a call's journal in this folder, through all its segments; nothing where it is not kept."""
    steps: list[Step] = []
    segment = 1
    while (path := segment_path(folder, call_sid, segment)).exists():
        steps += [_step(line) for line in lines_named(path, _LINES)]
        segment += 1
    return steps


def _step(line: Mapping[str, object]) -> Step:
    """A line as a step of its own: what it came with is not looked at."""
    at = float(cast(float, line["t"]))
    return Step(at, {"e": ""}, (dict(line),)) if "c" in line else Step(at, dict(line), ())


def why(record: CallRecord, steps: Sequence[Step] = ()) -> list[Moment]:
    """What happened that a person would ask about, in order."""
    found = [
        *_beginning(record.end),
        *(moment for turn in record.turns if turn.side == "assistant" for moment in _turn(turn, record.tools)),
        *_silences(record),
        *(moment for tool in record.tools if (moment := _tool(tool)) is not None),
        *(Moment(flag.at_s, "flag", said(f"{FLAG}{flag.name}"), detail=flag.detail) for flag in record.flags),
        *_sessions(steps),
    ]
    return [*sorted(found, key=lambda moment: moment.at_s), *_bill(record), *_end(record.end)]


def _beginning(end: RecordEnd | None) -> Iterator[Moment]:
    if end is None or not end.duration_s:
        return
    if end.first_sound_ms is None:
        yield Moment(0.0, "wait", said("heard_nothing"))
    elif end.first_sound_ms > LONG_FIRST_MS:
        yield Moment(0.0, "wait", said("greeting", waited_s=end.first_sound_ms / 1000))


def _turn(turn: RecordTurn, tools: Sequence[RecordTool]) -> Iterator[Moment]:
    if turn.gap_ms is not None and turn.gap_ms > LONG_GAP_MS:
        since_s = turn.started_s - turn.gap_ms / 1000
        used = [use for use in tools if since_s - 0.5 <= use.at_s <= turn.started_s and use.took_ms]
        waited = said("answer", waited_s=turn.gap_ms / 1000)
        yield Moment(max(0.0, since_s), "wait", waited, tuple(_parts(turn, used)))
    if turn.over_ms is not None and turn.over_ms > TALK_OVER_MS:
        yield Moment(turn.started_s, "speech", said("talked_over", over_s=turn.over_ms / 1000))
    if turn.interrupted and turn.stopped_ms is None:
        yield Moment(turn.ended_s, "speech", said("interrupted"))
    elif turn.interrupted and turn.stopped_ms is not None:
        yield Moment(turn.ended_s, "speech", said("interrupted_stopped", stopped_s=turn.stopped_ms / 1000))
    if turn.unheard:
        yield Moment(turn.ended_s, "speech", said("unheard", words=_short(turn.unheard)))


def _parts(turn: RecordTurn, used: Sequence[RecordTool]) -> Iterator[Said]:
    gap = gap_of(turn)
    if gap.theirs_ms is not None and gap.ours_ms is not None:
        yield said("shares", model_s=gap.theirs_ms / 1000, house_s=gap.ours_ms / 1000)
    for use in used:
        yield said("tool_ran", tool=use.name, took_s=use.took_ms / 1000)


def _silences(record: CallRecord) -> Iterator[Moment]:
    for one in silences(record):
        name = f"silent_{one.after}{'_announced' if one.announced else ''}"
        yield Moment(one.from_s, "silence", said(name, lasted_s=one.lasted_s))


def _tool(use: RecordTool) -> Moment | None:
    if use.status in WORKED and use.took_ms <= SLOW_TOOL_MS:
        return None
    ended = said("tool", tool=use.name, status=use.status)
    if use.took_ms:
        ended = said("tool_after", tool=use.name, status=use.status, took_s=use.took_ms / 1000)
    return Moment(use.at_s, "tool", ended)


def _sessions(steps: Sequence[Step]) -> Iterator[Moment]:
    """Sessions that ended and how, and how long the call was without one: only a journal knows."""
    began = next((step.at for step in steps if step.event["e"] in ("CallStarted", "CallResumed")), 0.0)
    without_since: float | None = None
    for step in steps:
        at_s, event = round(step.at - began, 3), step.event
        if event["e"] == "SessionLost":
            lost = said("session_lost", code=str(event["code"]))
            yield Moment(at_s, "session", lost, detail=str(event.get("reason") or ""))
        elif event["e"] == "SessionEnding":
            yield Moment(at_s, "session", said("session_ending", seconds=float(cast(float, event["time_left_s"]))))
        elif event["e"] == "CallerHungUp" and not event.get("clean", True):
            yield Moment(at_s, "session", said("stream_broke"))
        elif event["e"] == "SessionOpened" and without_since is not None:
            how = "session_resumed" if event.get("resumed") else "session_afresh"
            yield Moment(at_s, "session", said(how, after_s=step.at - without_since))
            without_since = None
        elif event["e"] == "SessionOpened" and (took_ms := cast(int, event["took_ms"])) > LONG_FIRST_MS:
            yield Moment(at_s, "session", said("session_slow", took_s=took_ms / 1000))
        if without_since is None and any(command["c"] == "RenewSession" for command in step.commands):
            without_since = step.at


def _bill(record: CallRecord) -> Iterator[Moment]:
    end = record.end
    at_s = end.duration_s if end else 0.0
    known = [cost for cost in record.costs if cost.usd]
    if known:
        total = sum(cost.usd or 0.0 for cost in known)
        dearest = sorted(known, key=lambda cost: -(cost.usd or 0.0))[:4]
        yield Moment(at_s, "cost", said("cost", total_usd=total), tuple(map(_item, dearest)))
    elif end is not None and end.cost_usd is not None:
        yield Moment(at_s, "cost", said("cost", total_usd=end.cost_usd))


def _item(cost: RecordCost) -> Said:
    return said("cost_item_estimated" if cost.estimated else "cost_item", item=cost.item, usd=cost.usd or 0.0)


def _end(end: RecordEnd | None) -> Iterator[Moment]:
    if end is None:
        yield Moment(0.0, "end", said("no_end"))
        return
    ended = said(f"ended_{end.ended_by}", disposition=end.disposition, lasted_s=end.duration_s)
    problem = (said("problem", problem=end.problem),) if end.problem else ()
    yield Moment(end.duration_s, "end", ended, problem)


def _short(words: str) -> str:
    return words if len(words) <= SHOWN_LETTERS else f"{words[:SHOWN_LETTERS].rsplit(' ', 1)[0]} …"
