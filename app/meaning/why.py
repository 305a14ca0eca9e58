"""Why a call went as it did, in plain words with times: from its record and, while that is kept, its journal."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

from app.call import flags
from app.call.commands import RecordEnd, RecordTool, RecordTurn
from app.call.tool_end import WORKED
from app.meaning.call import TALK_OVER_MS, gap_of, silences
from app.meaning.record import CallRecord
from app.store.journal import Step, segment_path
from app.store.journal_search import lines_named

LONG_GAP_MS = 1_800  # a wait that callers notice
LONG_FIRST_MS = 1_000
SLOW_TOOL_MS = 2_000
SHOWN_LETTERS = 80  # of words that were not heard
_LINES = ("CallStarted", "CallResumed", "SessionOpened", "SessionLost", "SessionEnding", "CallerHungUp", "RenewSession")

_FLAGS = {
    flags.DISCLOSED: "the caller had heard that an AI speaks",
    flags.NO_ANSWER: "somebody waited for an answer and the model gave none",
    flags.EMPTY_TURN: "the model had a turn without sound",
    flags.SILENT_SOUND: "the model's sound was silence",
    flags.TONE: "the model's sound was a tone",
    flags.UNWORDED_SOUND: "the model's sound went on without words",
    flags.PHANTOM: "the model stopped as if interrupted, though nobody spoke",
    flags.SENTENCE_LOOP: "the assistant said the same again and again",
    flags.REFUSAL_LOOP: "the assistant refused again and again",
    flags.UNFOUNDED_CLAIM: "the assistant said that something was done which no tool had done",
    flags.TOOL_REPEATED: "the same tool was asked the same again and again",
    flags.COST_LIMIT: "the call had cost as much as it may",
    flags.COST_ESTIMATED: "the cost is an estimate",
}


@dataclass(frozen=True, slots=True)
class Moment:
    """Something worth telling. ``kind`` is ``wait``, ``silence``, ``speech``, ``tool``, ``session``, ``flag``, ``cost``
    or ``end``.
    """

    at_s: float
    kind: str
    text: str

    def as_json(self) -> dict[str, object]:
        return asdict(self)


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
    told = [
        *_beginning(record.end),
        *(moment for turn in record.turns if turn.side == "assistant" for moment in _turn(turn, record.tools)),
        *_silences(record),
        *(moment for tool in record.tools if (moment := _tool(tool)) is not None),
        *(Moment(flag.at_s, "flag", _flag(flag.name, flag.detail)) for flag in record.flags),
        *_sessions(steps),
    ]
    return [*sorted(told, key=lambda moment: moment.at_s), *_bill(record), *_end(record.end)]


def _beginning(end: RecordEnd | None) -> Iterator[Moment]:
    if end is None or not end.duration_s:
        return
    if end.first_sound_ms is None:
        yield Moment(0.0, "wait", "the caller heard nothing of the assistant")
    elif end.first_sound_ms > LONG_FIRST_MS:
        yield Moment(0.0, "wait", f"the caller waited {_s(end.first_sound_ms)} for the greeting")


def _turn(turn: RecordTurn, tools: Sequence[RecordTool]) -> Iterator[Moment]:
    if turn.gap_ms is not None and turn.gap_ms > LONG_GAP_MS:
        since_s = turn.started_s - turn.gap_ms / 1000
        used = [use for use in tools if since_s - 0.5 <= use.at_s <= turn.started_s and use.took_ms]
        yield Moment(
            max(0.0, since_s), "wait", f"the caller waited {_s(turn.gap_ms)} for an answer{_parts(turn, used)}"
        )
    if (turn.over_ms or 0) > TALK_OVER_MS:
        yield Moment(turn.started_s, "speech", f"the assistant began while the caller spoke on for {_s(turn.over_ms)}")
    if turn.interrupted:
        stop = "" if turn.stopped_ms is None else f"; its sound stopped {_s(turn.stopped_ms)} after they began"
        yield Moment(turn.ended_s, "speech", f"the caller interrupted the assistant{stop}")
    if turn.unheard:
        yield Moment(turn.ended_s, "speech", f'not heard: "{_short(turn.unheard)}"')


def _parts(turn: RecordTurn, used: Sequence[RecordTool]) -> str:
    gap = gap_of(turn)
    parts = []
    if gap.theirs_ms is not None and gap.ours_ms is not None:
        parts.append(f"{_s(gap.theirs_ms)} of it for the model, {_s(gap.ours_ms)} for us")
    parts += [f"{use.name} ran for {_s(use.took_ms)}" for use in used]
    return f": {'; '.join(parts)}" if parts else ""


def _silences(record: CallRecord) -> Iterator[Moment]:
    for one in silences(record):
        who = "the caller had spoken" if one.after == "caller" else "the assistant had spoken"
        known = ", and the caller had been told to wait" if one.announced else ""
        yield Moment(one.from_s, "silence", f"nobody was heard for {one.lasted_s:.1f} s, after {who}{known}")


def _tool(use: RecordTool) -> Moment | None:
    if use.status in WORKED and use.took_ms <= SLOW_TOOL_MS:
        return None
    slow = f", after {_s(use.took_ms)}" if use.took_ms else ""
    return Moment(use.at_s, "tool", f"{use.name} ended with {use.status}{slow}")


def _flag(name: str, detail: str) -> str:
    text = _FLAGS.get(name, name.replace("_", " "))
    return f"{text} ({detail})" if detail else text


def _sessions(steps: Sequence[Step]) -> Iterator[Moment]:
    """Sessions that ended and how, and how long the call was without one: only a journal knows."""
    began = next((step.at for step in steps if step.event["e"] in ("CallStarted", "CallResumed")), 0.0)
    without_since: float | None = None
    for step in steps:
        at_s, event = round(step.at - began, 3), step.event
        if event["e"] == "SessionLost":
            reason = f" ({event['reason']})" if event.get("reason") else ""
            yield Moment(at_s, "session", f"the session was lost: Live closed with {event['code']}{reason}")
        elif event["e"] == "SessionEnding":
            yield Moment(at_s, "session", f"Live said that it will cut the session in {event['time_left_s']:g} s")
        elif event["e"] == "CallerHungUp" and not event.get("clean", True):
            yield Moment(at_s, "session", "the stream broke without a goodbye")
        elif event["e"] == "SessionOpened" and without_since is not None:
            how = "was resumed" if event.get("resumed") else "began afresh"
            yield Moment(at_s, "session", f"a session {how}, {step.at - without_since:.1f} s after the one before")
            without_since = None
        elif event["e"] == "SessionOpened" and cast(int, event["took_ms"]) > LONG_FIRST_MS:
            yield Moment(at_s, "session", f"the first session took {_s(cast(int, event['took_ms']))} to open")
        if without_since is None and any(command["c"] == "RenewSession" for command in step.commands):
            without_since = step.at


def _bill(record: CallRecord) -> Iterator[Moment]:
    end = record.end
    at_s = end.duration_s if end else 0.0
    known = [cost for cost in record.costs if cost.usd]
    if known:
        total = sum(cost.usd or 0.0 for cost in known)
        dearest = sorted(known, key=lambda cost: -(cost.usd or 0.0))[:4]
        items = ", ".join(f"{cost.item} ${cost.usd:.4f}{' (estimated)' if cost.estimated else ''}" for cost in dearest)
        yield Moment(at_s, "cost", f"it cost ${total:.4f}: {items}")
    elif end is not None and end.cost_usd is not None:
        yield Moment(at_s, "cost", f"it cost ${end.cost_usd:.4f}")


def _end(end: RecordEnd | None) -> Iterator[Moment]:
    if end is None:
        yield Moment(0.0, "end", "it goes on, or its end is not on record yet")
        return
    problem = f": {end.problem}" if end.problem else ""
    ended = f"it ended as {end.disposition}, by the {end.ended_by}, after {end.duration_s:.1f} s{problem}"
    yield Moment(end.duration_s, "end", ended)


def _s(ms: int | None) -> str:
    return f"{(ms or 0) / 1000:.1f} s"


def _short(words: str) -> str:
    return words if len(words) <= SHOWN_LETTERS else f"{words[:SHOWN_LETTERS].rsplit(' ', 1)[0]} …"
