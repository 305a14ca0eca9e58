"""Every figure of many calls, defined once: its name, what it says, and how it is computed from the calls' figures.

``infra/metrics.md`` is made from this table. A *valid* call was answered, is over and lasted 5 s or more.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from prometheus_client import Counter, Histogram

from app.call.tool_end import WORKED
from app.meaning.call import CallFigures, Gap
from app.meaning.calls import Lot, lot_of
from app.meaning.samples import Measures, Parts, Rates, Sample, Total, measures, parts
from app.meaning.values import Amount, Value
from app.telemetry import metrics

DISCLOSED_WITHIN_S = 10.0
SILENT_AGENT_S = 5.0


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure. ``exported`` is the Prometheus metric that has the same as it happens, where there is one.

    ``good`` is whether callers and the house are better served by more of it or by less; empty where that depends.
    """

    name: str
    group: str
    unit: Literal["ms", "s", "usd", "count", ""]
    says: str
    sample: Callable[[Lot], Sample]
    exported: Counter | Histogram | None = None
    good: Literal["more", "less", ""] = ""

    def of(self, lot: Lot) -> Value:
        return self.sample(lot).value


def _gaps(lot: Lot, ms: Callable[[Gap], float | None], *, tools: bool | None = None) -> Measures:
    """Of each valid call, so many milliseconds of each gap, of those with or without tools alone where it is said."""

    def of(call: CallFigures) -> tuple[float, ...]:
        gaps = call.gaps if tools is None else [gap for gap in call.gaps if gap.with_tools == tools]
        return tuple([found for gap in gaps if (found := ms(gap)) is not None])

    return Measures(tuple(map(of, lot.valid)))


def _turns(lot: Lot, count: Callable[[CallFigures], int]) -> Parts:
    return Parts(tuple((count(call), call.turns) for call in lot.valid))


def _uses(lot: Lot) -> Parts:
    return Parts(tuple((sum(use.status in WORKED for use in call.tools), len(call.tools)) for call in lot.valid))


def _total_cost(lot: Lot) -> Total:
    known = [call.cost_usd for call in lot.calls if call.cost_usd is not None]
    return Total(Amount(round(sum(known), 6) if known else None, _is_estimated(lot)))


def _cost(lot: Lot, per: Callable[[CallFigures], float]) -> Rates:
    known = any(call.cost_usd is not None for call in lot.calls)
    return Rates(tuple((call.cost_usd or 0.0, per(call)) for call in lot.calls), known, _is_estimated(lot))


def _is_estimated(lot: Lot) -> bool:
    return any(call.cost_estimated or call.cost_usd is None for call in lot.calls)


METRICS = (
    Metric(
        "offered",
        "calls",
        "count",
        "Calls that reached a line, whether or not there was room for them.",
        lambda lot: Total(Amount(len(lot.calls))),
        metrics.calls_offered,
    ),
    Metric(
        "answered",
        "calls",
        "",
        "Calls that were taken, of those offered; the others were shed for want of room.",
        lambda lot: parts(call.answered for call in lot.calls),
        good="more",
    ),
    Metric(
        "short",
        "calls",
        "",
        "Calls of less than 5 s, of those answered and over. They are in no figure below but the costs.",
        lambda lot: parts(not call.counts for call in lot.over),
        good="less",
    ),
    Metric(
        "duration",
        "calls",
        "s",
        "From the stream's start to the call's end, of valid calls.",
        lambda lot: measures(call.duration_s for call in lot.valid),
    ),
    Metric(
        "first_sound",
        "waits",
        "ms",
        "Pick-up (the stream's start) to the greeting's first sound sent.",
        lambda lot: measures(call.first_sound_ms for call in lot.valid),
        metrics.first_sound_s,
        good="less",
    ),
    Metric(
        "turn_gap",
        "waits",
        "ms",
        "End of the caller's speech, the detector's hangover taken off, to the answer's first sound sent.",
        lambda lot: _gaps(lot, lambda gap: gap.total_ms),
        metrics.turn_gap_s,
        good="less",
    ),
    Metric(
        "turn_gap_without_tools",
        "waits",
        "ms",
        "The turn gap of answers for which no tool ran.",
        lambda lot: _gaps(lot, lambda gap: gap.total_ms, tools=False),
        good="less",
    ),
    Metric(
        "turn_gap_with_tools",
        "waits",
        "ms",
        "The turn gap of answers for which a tool ran since the caller's speech ended.",
        lambda lot: _gaps(lot, lambda gap: gap.total_ms, tools=True),
        good="less",
    ),
    Metric(
        "turn_gap_ours",
        "waits",
        "ms",
        "Our share of the turn gap: until the model was told that the caller is done (0 where it knew by itself), and "
        "from its first sound to ours.",
        lambda lot: _gaps(lot, lambda gap: gap.ours_ms),
        metrics.turn_gap_share_s,
        good="less",
    ),
    Metric(
        "turn_gap_model",
        "waits",
        "ms",
        "The model's share of the turn gap, tools that it waited for included.",
        lambda lot: _gaps(lot, lambda gap: gap.theirs_ms),
        metrics.turn_gap_share_s,
        good="less",
    ),
    Metric(
        "playout",
        "waits",
        "ms",
        "First sound sent to first sound played: when its mark came back, less the sound before the mark.",
        lambda lot: _gaps(lot, lambda gap: gap.playout_ms),
        metrics.turn_gap_share_s,
        good="less",
    ),
    Metric(
        "ear_gap",
        "waits",
        "ms",
        "End of the caller's speech to the answer's first sound played, by its mark: the turn gap and the playout.",
        lambda lot: _gaps(lot, lambda gap: gap.ear_ms),
        good="less",
    ),
    Metric(
        "dead_air",
        "waits",
        "s",
        "Seconds a call in stretches of more than 3 s with both silent, from the first word to the end, without those "
        "that the caller was told of: a tool at work after a word of the assistant's, a representative being rung.",
        lambda lot: measures(call.dead_air_s for call in lot.valid),
        metrics.dead_air_s,
        good="less",
    ),
    Metric(
        "silent_agent",
        "waits",
        "",
        "Valid calls in which the assistant was silent for more than 5 s after the caller had spoken, unannounced.",
        lambda lot: parts(call.longest_wait_s > SILENT_AGENT_S for call in lot.valid),
        good="less",
    ),
    Metric(
        "barge_in_stop",
        "speech",
        "ms",
        "Where the caller breaks in, by our detector, to the clear.",
        lambda lot: Measures(tuple(call.stops_ms for call in lot.valid)),
        metrics.barge_in_stop_s,
        good="less",
    ),
    Metric(
        "interrupted",
        "speech",
        "",
        "Turns of the assistant that the caller cut, of all its turns.",
        lambda lot: _turns(lot, lambda call: call.interrupted),
        metrics.barge_ins,
    ),
    Metric(
        "talk_over",
        "speech",
        "",
        "Turns of the assistant that began to sound while the caller went on for more than 300 ms, of all its turns.",
        lambda lot: _turns(lot, lambda call: call.talked_over),
        metrics.talk_overs,
        good="less",
    ),
    Metric(
        "silent_turns",
        "speech",
        "",
        "Turns of the model without sound, or whose sound was silence, of all turns of the assistant.",
        lambda lot: _turns(lot, lambda call: call.silent_turns),
        metrics.flags,
        good="less",
    ),
    Metric(
        "containment",
        "outcome",
        "",
        "Valid calls that were not transferred and left no message or wish to be called back. Never shown without the "
        "next line.",
        lambda lot: parts(call.contained for call in lot.valid),
    ),
    Metric(
        "autonomous_resolution",
        "outcome",
        "",
        "Valid calls that were contained, were neither given up by the caller nor by us, and whose number did not call "
        "the line again within 7 days, as far as that is known by now.",
        lambda lot: parts(call.call_sid in lot.resolved for call in lot.valid),
        good="more",
    ),
    Metric(
        "transfer",
        "outcome",
        "",
        "Valid calls that a representative took.",
        lambda lot: parts(call.transferred for call in lot.valid),
        metrics.calls_ended,
    ),
    Metric(
        "abandon",
        "outcome",
        "",
        "Answered calls whose caller hung up within 15 s, or after waiting more than 5 s for an answer.",
        lambda lot: parts(call.abandoned for call in lot.over),
        good="less",
    ),
    Metric(
        "first_contact_resolution",
        "outcome",
        "",
        "Valid calls after which the same number did not call the line again within 7 days.",
        lambda lot: parts(call.call_sid not in lot.again for call in lot.valid),
        good="more",
    ),
    Metric(
        "unwell",
        "outcome",
        "",
        "Valid calls in which the model was unwell: silent, a tone, in circles.",
        lambda lot: parts(call.unwell for call in lot.valid),
        metrics.flags,
        good="less",
    ),
    Metric(
        "disclosed",
        "outcome",
        "",
        "Valid calls in which the caller had heard within 10 s that an AI speaks, proven by a mark.",
        lambda lot: parts(
            call.disclosed_s is not None and call.disclosed_s <= DISCLOSED_WITHIN_S for call in lot.valid
        ),
        good="more",
    ),
    Metric(
        "tools_ok",
        "tools",
        "",
        "Uses of tools that ended well, of all uses.",
        _uses,
        metrics.tool_s,
        good="more",
    ),
    Metric(
        "tool_time",
        "tools",
        "ms",
        "How long tools ran, those of the house apart.",
        lambda lot: Measures(tuple(tuple(use.took_ms for use in call.tools if use.took_ms) for call in lot.valid)),
        metrics.tool_s,
        good="less",
    ),
    Metric(
        "sessions",
        "sessions",
        "count",
        "Live sessions of a call.",
        lambda lot: measures(call.sessions for call in lot.valid),
        metrics.live_connect_s,
    ),
    Metric(
        "cost",
        "cost",
        "usd",
        "What all calls cost, short ones too.",
        _total_cost,
        metrics.cost_usd,
    ),
    Metric(
        "cost_of_a_call",
        "cost",
        "usd",
        "What a call costs.",
        lambda lot: measures(call.cost_usd for call in lot.over),
        good="less",
    ),
    Metric(
        "cost_of_a_minute",
        "cost",
        "usd",
        "What all calls cost, by the minutes they lasted.",
        lambda lot: _cost(lot, lambda call: call.duration_s / 60),
        good="less",
    ),
    Metric(
        "cost_of_a_resolved_call",
        "cost",
        "usd",
        "What all calls cost, by those that were resolved autonomously.",
        lambda lot: _cost(lot, lambda call: float(call.call_sid in lot.resolved)),
        good="less",
    ),
)


def report(calls: Sequence[CallFigures]) -> dict[str, Value]:
    """The figures of these calls, by name."""
    lot = lot_of(calls)
    return {metric.name: metric.of(lot) for metric in METRICS}


def page() -> str:
    """The documentation of every figure, in Markdown."""
    rows = ["| figure | told as | what it says | good is | as it happens |", "| --- | --- | --- | --- | --- |"]
    for metric in METRICS:
        exported = "" if metric.exported is None else f"`{next(iter(metric.exported.describe())).name}`"
        rows.append(f"| `{metric.name}` | {_told_as(metric)} | {metric.says} | {metric.good} | {exported} |")
    return "\n".join(rows) + "\n"


def _told_as(metric: Metric) -> str:
    kind = type(metric.of(lot_of(()))).__name__
    told = {"Spread": "p50, p95, p99, worst", "Share": "share, n of all", "Amount": "sum"}[kind]
    unit = {"ms": ", ms", "s": ", s", "usd": ", USD"}.get(metric.unit, "")
    return told + unit
