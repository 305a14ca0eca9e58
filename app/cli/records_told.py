"""A call on record, as text for people."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.call.commands import RecordTurn
    from app.store.whole import Whole


def sheet(whole: "Whole") -> str:
    """Everything of a call, part by part; times are seconds of the call."""
    parts = (
        ("", _head(whole)),
        ("What was said", _said(whole)),
        ("Tools", _tools(whole)),
        ("Moments", (f"{_at(mark.at_s)}  {mark.name} {mark.detail}".rstrip() for mark in whole.marks)),
        ("Flags", (f"{_at(flag.at_s)}  {flag.name} {flag.detail}".rstrip() for flag in whole.flags)),
        ("Streams and sessions", _segments(whole)),
        ("Costs", _costs(whole)),
        ("Analysis", _analysis(whole)),
        ("Messages", (f"{one.kind}: {one.transcript or one.words}, {one.state}" for one in whole.messages)),
        ("Notes", (f"{one.at:%Y-%m-%d %H:%M}  {one.who}: {one.text}" for one in whole.added.notes)),
    )
    return "\n\n".join(told for title, rows in parts if (told := _part(title, rows)))


def _part(title: str, rows: Iterable[str]) -> str:
    lines = list(rows)
    return "\n".join([title, *(f"  {line}" for line in lines)] if title else lines) if lines else ""


def _head(whole: "Whole") -> Iterator[str]:
    start, end = whole.call.start, whole.call.end
    yield f"call         {start.call_sid}"
    yield f"line         {start.line}, {start.language}, version {start.version[:12] or 'none'}, {start.model}"
    yield f"from         {start.caller or 'unknown'} to {start.called}"
    yield f"began        {start.started_at:%Y-%m-%d %H:%M:%S} UTC"
    if end is None:
        yield "ended        goes on"
    else:
        yield f"ended        {end.disposition} by {end.ended_by} after {end.duration_s:.1f} s {end.problem}".rstrip()
        yield f"first sound  {'none' if end.first_sound_ms is None else f'{end.first_sound_ms} ms'}"
        yield f"barge-ins    {end.barge_ins}"
        yield f"tokens       {', '.join(f'{name} {n}' for name, n in end.tokens.items()) or 'none'}"
    if whole.call.longest_gap_ms is not None:
        yield f"longest gap  {whole.call.longest_gap_ms / 1000:.1f} s"
    if whole.added.tags:
        yield f"tags         {', '.join(whole.added.tags)}"
    if whole.hold is not None:
        yield f"held         since {whole.hold.at:%Y-%m-%d} by {whole.hold.who}: {whole.hold.why}"
    if whole.call.words_deleted_at is not None:
        yield f"words        deleted on {whole.call.words_deleted_at:%Y-%m-%d}"


def _said(whole: "Whole") -> Iterator[str]:
    for turn in whole.turns:
        yield f"{_at(turn.started_s)}  {turn.side}{_waited(turn)}: {turn.heard}".rstrip()
        if turn.unheard:
            yield f"           not heard: {turn.unheard}"


def _waited(turn: "RecordTurn") -> str:
    return "" if turn.gap_ms is None else f" (after {turn.gap_ms / 1000:.1f} s)"


def _tools(whole: "Whole") -> Iterator[str]:
    for tool in whole.tools:
        effect = ", with effect" if tool.effect else ""
        yield f"{_at(tool.at_s)}  {tool.name} {tool.status} in {tool.took_ms} ms (level {tool.level}{effect})"
        yield f"           {dict(tool.args)} -> {dict(tool.response)}"


def _segments(whole: "Whole") -> Iterator[str]:
    for one in whole.segments:
        code = "" if one.code is None else f", code {one.code}"
        about = one.name or f"{one.route} {one.model}".strip()
        yield f"{_at(one.started_s)} to {_at(one.ended_s)}  {one.kind} {one.number} {about}: {one.reason}{code}"


def _costs(whole: "Whole") -> Iterator[str]:
    for one in whole.costs:
        usd = "price not known" if one.usd is None else f"${one.usd:.5f}"
        yield f"{one.item}: {one.quantity:g} {one.unit}, {usd}{', estimated' * one.estimated}"


def _analysis(whole: "Whole") -> Iterator[str]:
    if whole.analysis is not None:
        made = whole.analysis.analysis
        yield from (made.summary, f"{made.reason}; solved: {made.resolution}; {made.sentiment}; score {made.score}")
    for said in whole.corrections:
        yield f"{said.who} says {said.field} = {said.value} {said.note}".rstrip()


def _at(at_s: float) -> str:
    return f"{int(at_s) // 60:3}:{at_s % 60:04.1f}"
