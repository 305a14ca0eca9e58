"""Counts for the metrics what goes on record of a call, on its way to the records: labels hold no caller's words."""

from collections.abc import Collection
from dataclasses import replace

from app.call.commands import (
    Leaving,
    RecordConsent,
    RecordCost,
    RecordEnd,
    RecordFlag,
    RecordTool,
    RecordTurn,
    TakeMessage,
)
from app.meaning.call import TALK_OVER_MS, figures_of, gap_of
from app.meaning.record import CallRecord
from app.ports import Records
from app.store.calls import CallStart
from app.telemetry import metrics


class Counted:
    """The records of one call; what is told to them is counted, then handed on."""

    def __init__(self, records: Records, start: CallStart, tools: Collection[str]) -> None:
        self._records = records
        self._start = start
        self._tools = tools
        self._turns: list[RecordTurn] = []  # without their words
        self._used: list[RecordTool] = []
        self._left_message = False

    def turn(self, turn: RecordTurn) -> None:
        _count_turn(turn)
        self._turns.append(replace(turn, heard="", unheard="", sources=()))
        self._records.turn(turn)

    def tool(self, tool: RecordTool) -> None:
        # The model makes names up; a label must not.
        label = tool.name if tool.name in self._tools else "unknown"
        metrics.tool_s.labels(label, tool.status).observe(tool.took_ms / 1000)
        self._used.append(replace(tool, args={}, response={}))
        self._records.tool(tool)

    def flag(self, flag: RecordFlag) -> None:
        metrics.flags.labels(flag.name).inc()
        self._records.flag(flag)

    def cost(self, cost: RecordCost) -> None:
        metrics.cost_usd.labels(cost.unit).inc(cost.usd or 0.0)
        self._records.cost(cost)

    def consent(self, consent: RecordConsent) -> None:
        metrics.consents.labels(consent.how, consent.answer).inc()
        self._records.consent(consent)

    def claim(self) -> None:
        self._records.claim()

    def leaving(self, step: Leaving) -> None:
        self._left_message = isinstance(step, TakeMessage)
        self._records.leaving(step)

    def end(self, end: RecordEnd) -> None:
        metrics.calls_ended.labels(end.disposition).inc()
        if end.first_sound_ms is not None:
            metrics.first_sound_s.observe(end.first_sound_ms / 1000)
        self._count_call(self._record(end))
        self._records.end(end)

    def _record(self, end: RecordEnd) -> CallRecord:
        turns, used = tuple(self._turns), tuple(self._used)
        return CallRecord(self._start, end, turns, used, left_message=self._left_message)

    def _count_call(self, record: CallRecord) -> None:
        figures = figures_of(record)
        metrics.dead_air_s.observe(figures.dead_air_s)
        metrics.longest_wait_s.observe(figures.longest_wait_s)
        metrics.renewals.inc(max(0, figures.sessions - 1))
        if figures.counts:
            metrics.calls_counted.labels(_outcome(figures.transferred, figures.contained, figures.abandoned)).inc()


def _outcome(transferred: bool, contained: bool, abandoned: bool) -> str:
    if transferred:
        return "transferred"
    if not contained:
        return "message"
    return "abandoned" if abandoned else "contained"


def _count_turn(turn: RecordTurn) -> None:
    if turn.side != "assistant":
        return
    metrics.turns.inc()
    if turn.gap_ms is not None:
        gap = gap_of(turn)
        metrics.turn_gap_s.labels("yes" if gap.with_tools else "no").observe(gap.total_ms / 1000)
        shares = {"ours": gap.ours_ms, "model": gap.theirs_ms, "playout": gap.playout_ms}
        for name, ms in shares.items():
            if ms is not None:
                metrics.turn_gap_share_s.labels(name).observe(ms / 1000)
    if turn.stopped_ms is not None:
        metrics.barge_in_stop_s.observe(turn.stopped_ms / 1000)
    if (turn.over_ms or 0) > TALK_OVER_MS:
        metrics.talk_overs.inc()
