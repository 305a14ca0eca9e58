"""The figures of one call, from its record alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from app.call import dispositions, flags
from app.call.commands import RecordTool, RecordTurn
from app.call.house_tools import HAND_OFF
from app.meaning.record import CallRecord

DEAD_AIR_S = 3.0  # both are silent for longer
TALK_OVER_MS = 300  # the assistant began to sound, and the caller went on for longer
SHORT_S = 5.0  # a call as short as this tells nothing
ABANDONED_S = 15.0  # the caller hung up so soon ...
GAVE_UP_S = 5.0  # ... or after so long a wait for an answer
DIALLING_S = 10.0  # a silence that begins so soon after a handoff is the representative's telephone ringing
# After these the caller may have heard nothing for a while, but not from us.
_GONE = (dispositions.HANDED_OFF, dispositions.STREAM_LOST, dispositions.MEDIA_TIMEOUT, dispositions.WORKER_LOST)
_OURS = (*_GONE[1:], dispositions.SESSION_LOST, dispositions.FAILED, dispositions.DRAINED, dispositions.SHED)


@dataclass(frozen=True, slots=True)
class Gap:
    """One wait of the caller for an answer, in milliseconds from the end of their speech.

    ``total_ms`` to the first sound sent, ``ear_ms`` to the first sound played. Of it: ``ours_ms`` until the model was
    told that they are done, and from its first sound to what we sent; ``theirs_ms`` the model's; ``playout_ms`` from
    us to the ear. None where the record does not have it.
    """

    total_ms: int
    with_tools: bool = False
    ours_ms: int | None = None
    theirs_ms: int | None = None
    playout_ms: int | None = None
    ear_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Silence:
    """A stretch in which nobody was heard. ``announced``: the caller had been told that it takes a moment."""

    from_s: float
    to_s: float
    after: str  # who had spoken last: ``caller`` or ``assistant``
    announced: bool = False

    @property
    def lasted_s(self) -> float:
        return self.to_s - self.from_s


@dataclass(frozen=True, slots=True)
class CallFigures:
    """What one call was like. Times in the units of their names; a call that goes on has no ``disposition`` yet."""

    call_sid: str
    line: str
    caller: str
    started_at: datetime
    duration_s: float = 0.0
    disposition: str = ""
    first_sound_ms: int | None = None
    gaps: tuple[Gap, ...] = ()
    stops_ms: tuple[int, ...] = ()  # from where the caller broke in to the clear
    turns: int = 0  # of the assistant
    interrupted: int = 0
    talked_over: int = 0
    silent_turns: int = 0
    silences: tuple[Silence, ...] = ()
    tools: tuple[RecordTool, ...] = ()
    sessions: int = 0
    left_message: bool = False
    abandoned: bool = False
    disclosed_s: float | None = None
    unwell: bool = False
    cost_usd: float | None = None
    cost_estimated: bool = False
    language: str = ""
    version: str = ""

    @property
    def answered(self) -> bool:
        return self.disposition != dispositions.SHED

    @property
    def counts(self) -> bool:
        """It was answered, is over, and was long enough to tell something."""
        return bool(self.disposition) and self.answered and self.duration_s >= SHORT_S

    @property
    def transferred(self) -> bool:
        return self.disposition == dispositions.HANDED_OFF

    @property
    def contained(self) -> bool:
        """Nobody of the house had to take part."""
        return not self.transferred and not self.left_message

    @property
    def let_down(self) -> bool:
        """The caller gave up, or we did."""
        return self.abandoned or self.disposition in _OURS

    @property
    def dead_air_s(self) -> float:
        return sum([silence.lasted_s for silence in self.silences if not silence.announced])

    @property
    def longest_wait_s(self) -> float:
        """The longest silence after the caller had spoken that nothing announced."""
        waits = [one.lasted_s for one in self.silences if one.after == "caller" and not one.announced]
        return max(waits, default=0.0)


def figures_of(record: CallRecord) -> CallFigures:
    """The figures of a call, from its record."""
    end, answers = record.end, [turn for turn in record.turns if turn.side == "assistant"]
    named = [flag.name for flag in record.flags]
    return CallFigures(
        call_sid=record.start.call_sid,
        line=record.start.line,
        language=record.start.language,
        version=record.start.version,
        caller=record.start.caller,
        started_at=record.start.started_at,
        duration_s=end.duration_s if end else 0.0,
        disposition=end.disposition if end else "",
        first_sound_ms=end.first_sound_ms if end else None,
        gaps=tuple(gap_of(turn) for turn in answers if turn.gap_ms is not None),
        stops_ms=tuple(turn.stopped_ms for turn in answers if turn.stopped_ms is not None),
        turns=len(answers),
        interrupted=sum(turn.interrupted for turn in answers),
        talked_over=sum((turn.over_ms or 0) > TALK_OVER_MS for turn in answers),
        silent_turns=sum(name in (flags.EMPTY_TURN, flags.SILENT_SOUND) for name in named),
        silences=tuple(silences(record)),
        tools=record.tools,
        sessions=end.sessions if end else 0,
        left_message=record.left_message,
        abandoned=_abandoned(record),
        disclosed_s=next((flag.at_s for flag in record.flags if flag.name == flags.DISCLOSED), None),
        unwell=any(name in flags.UNWELL for name in named),
        cost_usd=_cost(record),
        cost_estimated=any(cost.estimated for cost in record.costs) or flags.COST_ESTIMATED in named,
    )


def gap_of(turn: RecordTurn) -> Gap:
    """The wait that a turn of the assistant with a gap ended."""
    total_ms, with_tools = turn.gap_ms or 0, bool(turn.tools)
    if turn.model_ms is None:
        return Gap(total_ms, with_tools)
    told_ms = turn.told_ms or 0
    playout_ms = None if turn.played_ms is None else max(0, turn.played_ms - total_ms)
    ours_ms = told_ms + total_ms - turn.model_ms
    return Gap(total_ms, with_tools, ours_ms, turn.model_ms - told_ms, playout_ms, turn.played_ms)


def silences(record: CallRecord) -> Iterator[Silence]:
    """The stretches of more than DEAD_AIR_S in which both were silent, from the first word to the end."""
    spoken = sorted(record.turns, key=lambda turn: turn.started_s)
    heard_to = 0.0
    for before, turn in pairwise(spoken):
        heard_to = max(heard_to, before.ended_s)
        if turn.started_s - heard_to > DEAD_AIR_S:
            yield _silence(record, heard_to, turn.started_s, before.side)
    end = record.end
    if not spoken or end is None or end.disposition in _GONE:
        return
    heard_to = max(heard_to, spoken[-1].ended_s)
    if end.duration_s - heard_to > DEAD_AIR_S:
        yield _silence(record, heard_to, end.duration_s, spoken[-1].side)


def _silence(record: CallRecord, from_s: float, to_s: float, after: str) -> Silence:
    return Silence(from_s, to_s, after, after == "assistant" and any(_runs(use, from_s, to_s) for use in record.tools))


def _runs(use: RecordTool, from_s: float, to_s: float) -> bool:
    """Whether a tool that a word was said for was in use, or a representative was being rung."""
    if use.name == HAND_OFF:
        return from_s - DIALLING_S <= use.at_s <= to_s
    return use.at_s <= to_s and use.at_s + use.took_ms / 1000.0 >= from_s and use.took_ms > 0


def _cost(record: CallRecord) -> float | None:
    """By its items, which may be better known by now than when the call ended."""
    known = [cost.usd for cost in record.costs if cost.usd is not None]
    if known:
        return round(sum(known), 6)
    return record.end.cost_usd if record.end else None


def _abandoned(record: CallRecord) -> bool:
    end = record.end
    if end is None or end.disposition != dispositions.CALLER_HUNG_UP:
        return False
    last = max(record.turns, key=lambda turn: turn.ended_s, default=None)
    waited = last is not None and last.side == "caller" and end.duration_s - last.ended_s > GAVE_UP_S
    return end.duration_s < ABANDONED_S or waited
