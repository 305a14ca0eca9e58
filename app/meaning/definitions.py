"""Every figure of many calls, defined once: its name, what it says, and how it is computed from the calls' figures.

``infra/metrics.md`` is made from this table. A *valid* call was answered, is over and lasted 5 s or more.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from prometheus_client import Counter, Histogram

from app.call.tool_end import WORKED
from app.meaning.call import CallFigures, Gap
from app.meaning.calls import called_again, resolved, valid
from app.meaning.values import Amount, Share, Value, share, spread
from app.telemetry import metrics

DISCLOSED_WITHIN_S = 10.0
SILENT_AGENT_S = 5.0
Calls = Sequence[CallFigures]


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure. ``exported`` is the Prometheus metric that has the same as it happens, where there is one."""

    name: str
    group: str
    unit: Literal["ms", "s", "usd", "count", ""]
    says: str
    of: Callable[[Calls], Value]
    exported: Counter | Histogram | None = None


def _gaps(calls: Calls, *, tools: bool | None = None) -> Iterator[Gap]:
    for call in valid(calls):
        yield from (gap for gap in call.gaps if tools is None or gap.with_tools == tools)


def _turns(calls: Calls, count: Callable[[CallFigures], int]) -> Share:
    counted = valid(calls)
    return Share(sum(map(count, counted)), sum(call.turns for call in counted))


def _cost(calls: Calls, per: float) -> Amount:
    known = [call for call in calls if call.cost_usd is not None]
    estimated = any(call.cost_estimated for call in known) or len(known) < len(calls)
    total = sum(call.cost_usd or 0.0 for call in known)
    return Amount(round(total / per, 6) if known and per else None, estimated)


def _again(calls: Calls) -> Share:
    again = called_again(calls)
    return share(call.call_sid not in again for call in valid(calls))


def _counting(calls: Calls) -> list[CallFigures]:
    return [call for call in calls if call.answered and call.disposition]


METRICS = (
    Metric(
        "offered",
        "calls",
        "count",
        "Calls that reached a line, whether or not there was room for them.",
        lambda calls: Amount(len(calls)),
        metrics.calls_offered,
    ),
    Metric(
        "answered",
        "calls",
        "",
        "Calls that were taken, of those offered; the others were shed for want of room.",
        lambda calls: share(call.answered for call in calls),
    ),
    Metric(
        "short",
        "calls",
        "",
        "Calls of less than 5 s, of those answered and over. They are in no figure below but the costs.",
        lambda calls: share(not call.counts for call in _counting(calls)),
    ),
    Metric(
        "duration",
        "calls",
        "s",
        "From the stream's start to the call's end, of valid calls.",
        lambda calls: spread(call.duration_s for call in valid(calls)),
    ),
    Metric(
        "first_sound",
        "waits",
        "ms",
        "Pick-up (the stream's start) to the greeting's first sound sent.",
        lambda calls: spread(call.first_sound_ms for call in valid(calls)),
        metrics.first_sound_s,
    ),
    Metric(
        "turn_gap",
        "waits",
        "ms",
        "End of the caller's speech, the detector's hangover taken off, to the answer's first sound sent.",
        lambda calls: spread(gap.total_ms for gap in _gaps(calls)),
        metrics.turn_gap_s,
    ),
    Metric(
        "turn_gap_without_tools",
        "waits",
        "ms",
        "The turn gap of answers for which no tool ran.",
        lambda calls: spread(gap.total_ms for gap in _gaps(calls, tools=False)),
    ),
    Metric(
        "turn_gap_with_tools",
        "waits",
        "ms",
        "The turn gap of answers for which a tool ran since the caller's speech ended.",
        lambda calls: spread(gap.total_ms for gap in _gaps(calls, tools=True)),
    ),
    Metric(
        "turn_gap_ours",
        "waits",
        "ms",
        "Our share of the turn gap: until the model was told that the caller is done (0 where it knew by itself), and "
        "from its first sound to ours.",
        lambda calls: spread(gap.ours_ms for gap in _gaps(calls)),
        metrics.turn_gap_share_s,
    ),
    Metric(
        "turn_gap_model",
        "waits",
        "ms",
        "The model's share of the turn gap, tools that it waited for included.",
        lambda calls: spread(gap.theirs_ms for gap in _gaps(calls)),
        metrics.turn_gap_share_s,
    ),
    Metric(
        "playout",
        "waits",
        "ms",
        "First sound sent to first sound played: when its mark came back, less the sound before the mark.",
        lambda calls: spread(gap.playout_ms for gap in _gaps(calls)),
        metrics.turn_gap_share_s,
    ),
    Metric(
        "ear_gap",
        "waits",
        "ms",
        "End of the caller's speech to the answer's first sound played, by its mark: the turn gap and the playout.",
        lambda calls: spread(gap.ear_ms for gap in _gaps(calls)),
    ),
    Metric(
        "dead_air",
        "waits",
        "s",
        "Seconds a call in stretches of more than 3 s with both silent, from the first word to the end, without those "
        "that the caller was told of: a tool at work after a word of the assistant's, a representative being rung.",
        lambda calls: spread(call.dead_air_s for call in valid(calls)),
        metrics.dead_air_s,
    ),
    Metric(
        "silent_agent",
        "waits",
        "",
        "Valid calls in which the assistant was silent for more than 5 s after the caller had spoken, unannounced.",
        lambda calls: share(call.longest_wait_s > SILENT_AGENT_S for call in valid(calls)),
    ),
    Metric(
        "barge_in_stop",
        "speech",
        "ms",
        "Where the caller breaks in, by our detector, to the clear.",
        lambda calls: spread(stop for call in valid(calls) for stop in call.stops_ms),
        metrics.barge_in_stop_s,
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
    ),
    Metric(
        "silent_turns",
        "speech",
        "",
        "Turns of the model without sound, or whose sound was silence, of all turns of the assistant.",
        lambda calls: _turns(calls, lambda call: call.silent_turns),
        metrics.flags,
    ),
    Metric(
        "containment",
        "outcome",
        "",
        "Valid calls that were not transferred and left no message or wish to be called back. Never shown without the "
        "next line.",
        lambda calls: share(call.contained for call in valid(calls)),
    ),
    Metric(
        "autonomous_resolution",
        "outcome",
        "",
        "Valid calls that were contained, were neither given up by the caller nor by us, and whose number did not call "
        "the line again within 7 days, as far as that is known by now.",
        lambda calls: Share(len(resolved(calls)), len(valid(calls))),
    ),
    Metric(
        "transfer",
        "outcome",
        "",
        "Valid calls that a representative took.",
        lambda calls: share(call.transferred for call in valid(calls)),
        metrics.calls_ended,
    ),
    Metric(
        "abandon",
        "outcome",
        "",
        "Answered calls whose caller hung up within 15 s, or after waiting more than 5 s for an answer.",
        lambda calls: share(call.abandoned for call in _counting(calls)),
    ),
    Metric(
        "first_contact_resolution",
        "outcome",
        "",
        "Valid calls after which the same number did not call the line again within 7 days.",
        _again,
    ),
    Metric(
        "unwell",
        "outcome",
        "",
        "Valid calls in which the model was unwell: silent, a tone, in circles.",
        lambda calls: share(call.unwell for call in valid(calls)),
        metrics.flags,
    ),
    Metric(
        "disclosed",
        "outcome",
        "",
        "Valid calls in which the caller had heard within 10 s that an AI speaks, proven by a mark.",
        lambda calls: share(
            call.disclosed_s is not None and call.disclosed_s <= DISCLOSED_WITHIN_S for call in valid(calls)
        ),
    ),
    Metric(
        "tools_ok",
        "tools",
        "",
        "Uses of tools that ended well, of all uses.",
        lambda calls: share(use.status in WORKED for call in valid(calls) for use in call.tools),
        metrics.tool_s,
    ),
    Metric(
        "tool_time",
        "tools",
        "ms",
        "How long tools ran, those of the house apart.",
        lambda calls: spread(use.took_ms for call in valid(calls) for use in call.tools if use.took_ms),
        metrics.tool_s,
    ),
    Metric(
        "sessions",
        "sessions",
        "count",
        "Live sessions of a call.",
        lambda calls: spread(call.sessions for call in valid(calls)),
        metrics.live_connect_s,
    ),
    Metric(
        "cost",
        "cost",
        "usd",
        "What all calls cost, short ones too.",
        lambda calls: _cost(calls, 1),
        metrics.cost_usd,
    ),
    Metric(
        "cost_of_a_call",
        "cost",
        "usd",
        "What a call costs.",
        lambda calls: spread(call.cost_usd for call in calls if call.disposition and call.answered),
    ),
    Metric(
        "cost_of_a_minute",
        "cost",
        "usd",
        "What all calls cost, by the minutes they lasted.",
        lambda calls: _cost(calls, sum(call.duration_s for call in calls) / 60),
    ),
    Metric(
        "cost_of_a_resolved_call",
        "cost",
        "usd",
        "What all calls cost, by those that were resolved autonomously.",
        lambda calls: _cost(calls, len(resolved(calls))),
    ),
)


def report(calls: Calls) -> dict[str, Value]:
    """The figures of these calls, by name."""
    return {metric.name: metric.of(calls) for metric in METRICS}


def page() -> str:
    """The documentation of every figure, in Markdown."""
    rows = ["| figure | told as | what it says | as it happens |", "| --- | --- | --- | --- |"]
    for metric in METRICS:
        exported = "" if metric.exported is None else f"`{next(iter(metric.exported.describe())).name}`"
        rows.append(f"| `{metric.name}` | {_told_as(metric)} | {metric.says} | {exported} |")
    return "\n".join(rows) + "\n"


def _told_as(metric: Metric) -> str:
    kind = type(metric.of(())).__name__
    told = {"Spread": "p50, p95, p99, worst", "Share": "share, n of all", "Amount": "sum"}[kind]
    unit = {"ms": ", ms", "s": ", s", "usd": ", USD"}.get(metric.unit, "")
    return told + unit
