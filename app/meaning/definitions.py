"""Every figure of many calls, defined once: its name, what it says, and how it is computed from the calls' figures.

``infra/metrics.md`` is made from this table. A *valid* call was answered, is over and lasted 5 s or more.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from prometheus_client import Counter, Histogram

from app.call.tool_end import WORKED
from app.meaning.call import CallFigures, Gap
from app.meaning.calls import called_again, resolved, valid
from app.meaning.samples import Measures, Parts, Rates, Sample, Total, measures, parts
from app.meaning.values import Amount, Value
from app.telemetry import metrics

DISCLOSED_WITHIN_S = 10.0
SILENT_AGENT_S = 5.0
Calls = Sequence[CallFigures]


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure. ``exported`` is the Prometheus metric that has the same as it happens, where there is one.

    ``good`` is whether callers and the house are better served by more of it or by less; empty where that depends.
    """

    name: str
    group: str
    unit: Literal["ms", "s", "usd", "count", ""]
    says: str
    sample: Callable[[Calls], Sample]
    exported: Counter | Histogram | None = None
    good: Literal["more", "less", ""] = ""

    def of(self, calls: Calls) -> Value:
        return self.sample(calls).value


def _gaps(calls: Calls, ms: Callable[[Gap], float | None], *, tools: bool | None = None) -> Measures:
    """Of each valid call, so many milliseconds of each gap, of those with or without tools alone where it is said."""
    wanted = ([gap for gap in call.gaps if tools is None or gap.with_tools == tools] for call in valid(calls))
    return Measures(tuple(tuple(one for gap in gaps if (one := ms(gap)) is not None) for gaps in wanted))


def _turns(calls: Calls, count: Callable[[CallFigures], int]) -> Parts:
    return Parts(tuple((count(call), call.turns) for call in valid(calls)))


def _uses(calls: Calls) -> Parts:
    return Parts(tuple((sum(use.status in WORKED for use in call.tools), len(call.tools)) for call in valid(calls)))


def _total_cost(calls: Calls) -> Total:
    known = [call.cost_usd for call in calls if call.cost_usd is not None]
    return Total(Amount(round(sum(known), 6) if known else None, _is_estimated(calls)))


def _cost(calls: Calls, per: Callable[[CallFigures], float]) -> Rates:
    known = any(call.cost_usd is not None for call in calls)
    return Rates(tuple((call.cost_usd or 0.0, per(call)) for call in calls), known, _is_estimated(calls))


def _is_estimated(calls: Calls) -> bool:
    return any(call.cost_estimated or call.cost_usd is None for call in calls)


def _cost_of_resolved(calls: Calls) -> Rates:
    found = {call.call_sid for call in resolved(calls)}
    return _cost(calls, lambda call: float(call.call_sid in found))


def _resolved(calls: Calls) -> Parts:
    found = {call.call_sid for call in resolved(calls)}
    return parts(call.call_sid in found for call in valid(calls))


def _again(calls: Calls) -> Parts:
    again = called_again(calls)
    return parts(call.call_sid not in again for call in valid(calls))


def _counting(calls: Calls) -> list[CallFigures]:
    return [call for call in calls if call.answered and call.disposition]


METRICS = (
    Metric(
        "offered",
        "calls",
        "count",
        "Calls that reached a line, whether or not there was room for them.",
        lambda calls: Total(Amount(len(calls))),
        metrics.calls_offered,
    ),
    Metric(
        "answered",
        "calls",
        "",
        "Calls that were taken, of those offered; the others were shed for want of room.",
        lambda calls: parts(call.answered for call in calls),
        good="more",
    ),
    Metric(
        "short",
        "calls",
        "",
        "Calls of less than 5 s, of those answered and over. They are in no figure below but the costs.",
        lambda calls: parts(not call.counts for call in _counting(calls)),
        good="less",
    ),
    Metric(
        "duration",
        "calls",
        "s",
        "From the stream's start to the call's end, of valid calls.",
        lambda calls: measures(call.duration_s for call in valid(calls)),
    ),
    Metric(
        "first_sound",
        "waits",
        "ms",
        "Pick-up (the stream's start) to the greeting's first sound sent.",
        lambda calls: measures(call.first_sound_ms for call in valid(calls)),
        metrics.first_sound_s,
        good="less",
    ),
    Metric(
        "turn_gap",
        "waits",
        "ms",
        "End of the caller's speech, the detector's hangover taken off, to the answer's first sound sent.",
        lambda calls: _gaps(calls, lambda gap: gap.total_ms),
        metrics.turn_gap_s,
        good="less",
    ),
    Metric(
        "turn_gap_without_tools",
        "waits",
        "ms",
        "The turn gap of answers for which no tool ran.",
        lambda calls: _gaps(calls, lambda gap: gap.total_ms, tools=False),
        good="less",
    ),
    Metric(
        "turn_gap_with_tools",
        "waits",
        "ms",
        "The turn gap of answers for which a tool ran since the caller's speech ended.",
        lambda calls: _gaps(calls, lambda gap: gap.total_ms, tools=True),
        good="less",
    ),
    Metric(
        "turn_gap_ours",
        "waits",
        "ms",
        "Our share of the turn gap: until the model was told that the caller is done (0 where it knew by itself), and "
        "from its first sound to ours.",
        lambda calls: _gaps(calls, lambda gap: gap.ours_ms),
        metrics.turn_gap_share_s,
        good="less",
    ),
    Metric(
        "turn_gap_model",
        "waits",
        "ms",
        "The model's share of the turn gap, tools that it waited for included.",
        lambda calls: _gaps(calls, lambda gap: gap.theirs_ms),
        metrics.turn_gap_share_s,
        good="less",
    ),
    Metric(
        "playout",
        "waits",
        "ms",
        "First sound sent to first sound played: when its mark came back, less the sound before the mark.",
        lambda calls: _gaps(calls, lambda gap: gap.playout_ms),
        metrics.turn_gap_share_s,
        good="less",
    ),
    Metric(
        "ear_gap",
        "waits",
        "ms",
        "End of the caller's speech to the answer's first sound played, by its mark: the turn gap and the playout.",
        lambda calls: _gaps(calls, lambda gap: gap.ear_ms),
        good="less",
    ),
    Metric(
        "dead_air",
        "waits",
        "s",
        "Seconds a call in stretches of more than 3 s with both silent, from the first word to the end, without those "
        "that the caller was told of: a tool at work after a word of the assistant's, a representative being rung.",
        lambda calls: measures(call.dead_air_s for call in valid(calls)),
        metrics.dead_air_s,
        good="less",
    ),
    Metric(
        "silent_agent",
        "waits",
        "",
        "Valid calls in which the assistant was silent for more than 5 s after the caller had spoken, unannounced.",
        lambda calls: parts(call.longest_wait_s > SILENT_AGENT_S for call in valid(calls)),
        good="less",
    ),
    Metric(
        "barge_in_stop",
        "speech",
        "ms",
        "Where the caller breaks in, by our detector, to the clear.",
        lambda calls: Measures(tuple(call.stops_ms for call in valid(calls))),
        metrics.barge_in_stop_s,
        good="less",
    ),
    Metric(
        "interrupted",
        "speech",
        "",
        "Turns of the assistant that the caller cut, of all its turns.",
        lambda calls: _turns(calls, lambda call: call.interrupted),
        metrics.barge_ins,
    ),
    Metric(
        "talk_over",
        "speech",
        "",
        "Turns of the assistant that began to sound while the caller went on for more than 300 ms, of all its turns.",
        lambda calls: _turns(calls, lambda call: call.talked_over),
        metrics.talk_overs,
        good="less",
    ),
    Metric(
        "silent_turns",
        "speech",
        "",
        "Turns of the model without sound, or whose sound was silence, of all turns of the assistant.",
        lambda calls: _turns(calls, lambda call: call.silent_turns),
        metrics.flags,
        good="less",
    ),
    Metric(
        "containment",
        "outcome",
        "",
        "Valid calls that were not transferred and left no message or wish to be called back. Never shown without the "
        "next line.",
        lambda calls: parts(call.contained for call in valid(calls)),
    ),
    Metric(
        "autonomous_resolution",
        "outcome",
        "",
        "Valid calls that were contained, were neither given up by the caller nor by us, and whose number did not call "
        "the line again within 7 days, as far as that is known by now.",
        _resolved,
        good="more",
    ),
    Metric(
        "transfer",
        "outcome",
        "",
        "Valid calls that a representative took.",
        lambda calls: parts(call.transferred for call in valid(calls)),
        metrics.calls_ended,
    ),
    Metric(
        "abandon",
        "outcome",
        "",
        "Answered calls whose caller hung up within 15 s, or after waiting more than 5 s for an answer.",
        lambda calls: parts(call.abandoned for call in _counting(calls)),
        good="less",
    ),
    Metric(
        "first_contact_resolution",
        "outcome",
        "",
        "Valid calls after which the same number did not call the line again within 7 days.",
        _again,
        good="more",
    ),
    Metric(
        "unwell",
        "outcome",
        "",
        "Valid calls in which the model was unwell: silent, a tone, in circles.",
        lambda calls: parts(call.unwell for call in valid(calls)),
        metrics.flags,
        good="less",
    ),
    Metric(
        "disclosed",
        "outcome",
        "",
        "Valid calls in which the caller had heard within 10 s that an AI speaks, proven by a mark.",
        lambda calls: parts(
            call.disclosed_s is not None and call.disclosed_s <= DISCLOSED_WITHIN_S for call in valid(calls)
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
        lambda calls: Measures(tuple(tuple(use.took_ms for use in call.tools if use.took_ms) for call in valid(calls))),
        metrics.tool_s,
        good="less",
    ),
    Metric(
        "sessions",
        "sessions",
        "count",
        "Live sessions of a call.",
        lambda calls: measures(call.sessions for call in valid(calls)),
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
        lambda calls: measures(call.cost_usd for call in calls if call.disposition and call.answered),
        good="less",
    ),
    Metric(
        "cost_of_a_minute",
        "cost",
        "usd",
        "What all calls cost, by the minutes they lasted.",
        lambda calls: _cost(calls, lambda call: call.duration_s / 60),
        good="less",
    ),
    Metric(
        "cost_of_a_resolved_call",
        "cost",
        "usd",
        "What all calls cost, by those that were resolved autonomously.",
        _cost_of_resolved,
        good="less",
    ),
)


def report(calls: Calls) -> dict[str, Value]:
    """The figures of these calls, by name."""
    return {metric.name: metric.of(calls) for metric in METRICS}


def page() -> str:
    """The documentation of every figure, in Markdown."""
    rows = ["| figure | told as | what it says | good is | as it happens |", "| --- | --- | --- | --- | --- |"]
    for metric in METRICS:
        exported = "" if metric.exported is None else f"`{next(iter(metric.exported.describe())).name}`"
        rows.append(f"| `{metric.name}` | {_told_as(metric)} | {metric.says} | {metric.good} | {exported} |")
    return "\n".join(rows) + "\n"


def _told_as(metric: Metric) -> str:
    kind = type(metric.of(())).__name__
    told = {"Spread": "p50, p95, p99, worst", "Share": "share, n of all", "Amount": "sum"}[kind]
    unit = {"ms": ", ms", "s": ", s", "usd": ", USD"}.get(metric.unit, "")
    return told + unit
