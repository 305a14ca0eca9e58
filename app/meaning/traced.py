"""The spans of a call, made of what goes on its record: where time went, without words unless they are wished for.

Names follow the conventions for generative AI as far as these go; `frontline.…` is our own.
https://github.com/open-telemetry/semantic-conventions-genai/tree/main/docs/gen-ai
"""

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Final

from app.call import dispositions
from app.call.commands import RecordEnd, RecordFlag, RecordTool, RecordTurn
from app.call.tool_end import GUARDED
from app.store.calls import CallStart
from app.store.database import plain_text
from app.store.parts import Mark, Segment
from app.telemetry.trace_ids import trace_of
from app.telemetry.traces import Traces, Value, moment

FAULTS: Final = frozenset(
    {
        *(dispositions.FAILED, dispositions.SESSION_LOST, dispositions.STREAM_LOST),
        *(dispositions.MEDIA_TIMEOUT, dispositions.WORKER_LOST),
    }
)
GOOD_CLOSES: Final = (1000, 1001)
PROVIDERS: Final[Mapping[str, str]] = {"developer": "gcp.gemini", "vertex": "gcp.vertex_ai"}


class Traced:
    """The trace of one call; ``saw`` is told what goes on record, after redaction."""

    def __init__(self, traces: Traces, start: CallStart, backend: str, tools: Collection[str]) -> None:
        self._traces = traces
        self._tools = tools
        self._model = start.model
        self._began = start.started_at.timestamp()
        self._every: dict[str, Value] = {
            "gen_ai.provider.name": PROVIDERS[backend],
            "gen_ai.conversation.id": start.call_sid,
            "gen_ai.request.model": start.model,
        }
        about = {
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.agent.name": start.line,
            "gen_ai.agent.version": start.version,
        }
        self._call = traces.begin(
            trace_of(start.call_sid), f"invoke_agent {start.line}", self._began, self._with(about)
        )

    def saw(self, what: object) -> None:
        """One record."""
        match what:
            case RecordTurn(side="assistant"):
                self._answer(what)
            case RecordTurn():
                self._question(what)
            case RecordTool():
                self._tool(what)
            case Segment(kind="session"):
                self._session(what)
            case Segment():
                about = {"frontline.stream.id": what.name, "frontline.stream.ended": what.reason}
                self._add("stream", what.started_s, what.ended_s, about)
            case Mark():
                moment(self._call, what.name, self._at(what.at_s), {"frontline.kind": "mark"})
            case RecordFlag():
                moment(self._call, what.name, self._at(what.at_s), {"frontline.kind": "flag"})
            case RecordEnd():
                self._end(what)
            case _:
                pass

    def _answer(self, turn: RecordTurn) -> None:
        """A turn of the assistant, from where the model was told that the caller is done."""
        told_ms = turn.told_ms or 0
        about = {
            "gen_ai.operation.name": "chat",
            "gen_ai.output.type": "speech",
            **(
                {}
                if turn.model_ms is None
                else {"gen_ai.response.time_to_first_chunk": (turn.model_ms - told_ms) / 1000}
            ),
            **_of_turn(turn),
            **self._words("gen_ai.output.messages", "assistant", turn),
        }
        began_s = max(0.0, turn.started_s - max(0, (turn.gap_ms or 0) - told_ms) / 1000)
        self._add(f"chat {self._model}", began_s, turn.ended_s, about, to_peer=True)

    def _session(self, session: Segment) -> None:
        # Why it was closed is the vendor's sentence: it stays on record.
        told: dict[str, Value | None] = {
            "number": session.number,
            "route": session.route,
            "resumed": session.resumed,
            "opened_ms": session.opened_ms,
            "close_code": session.code,
        }
        about: dict[str, Value] = {
            f"frontline.session.{name}": value for name, value in told.items() if value is not None
        }
        if session.model:
            about["gen_ai.request.model"] = session.model
        self._add("session", session.started_s, session.ended_s, about, to_peer=True, fault=_fault_of(session))

    def _question(self, turn: RecordTurn) -> None:
        about = {**_of_turn(turn), **self._words("gen_ai.input.messages", "user", turn)}
        self._add("caller", turn.started_s, turn.ended_s, about)

    def _tool(self, tool: RecordTool) -> None:
        # The model makes names up; what shows traces groups by them.
        name = tool.name if tool.name in self._tools else "unknown"
        about: dict[str, Value] = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": name,
            "gen_ai.tool.type": "function",
            "frontline.tool.status": tool.status,
            "frontline.tool.level": tool.level,
            "frontline.tool.effect": tool.effect,
        }
        if self._traces.words:
            about["gen_ai.tool.call.arguments"] = _json(tool.args)
            about["gen_ai.tool.call.result"] = _json(tool.response)
        fault = "" if tool.status in GUARDED else tool.status
        self._add(f"execute_tool {name}", tool.at_s, tool.at_s + tool.took_ms / 1000, about, fault=fault)

    def _end(self, end: RecordEnd) -> None:
        for name, value in _of_end(end):
            self._call.set_attribute(name, value)
        fault = end.disposition if end.disposition in FAULTS else ""
        self._traces.end(self._call, self._at(end.duration_s), fault)

    def _add(
        self,
        name: str,
        from_s: float,
        to_s: float,
        about: Mapping[str, Value],
        *,
        to_peer: bool = False,
        fault: str = "",
    ) -> None:
        times = self._at(from_s), self._at(to_s)
        self._traces.add(self._call, name, *times, self._with(about), to_peer=to_peer, fault=fault)

    def _words(self, name: str, role: str, turn: RecordTurn) -> dict[str, Value]:
        if not self._traces.words:
            return {}
        return {name: _json([{"role": role, "parts": [{"type": "text", "content": turn.heard}]}])}

    def _with(self, about: Mapping[str, Value]) -> dict[str, Value]:
        return {**self._every, **about}

    def _at(self, seconds: float) -> float:
        return self._began + seconds


def _fault_of(session: Segment) -> str:
    """The close code, of one that did not end as sessions do: by us, by a goodbye, at the end of its time."""
    code = session.code
    return "" if code in (None, *GOOD_CLOSES) else str(code)


def _of_turn(turn: RecordTurn) -> dict[str, Value]:
    told = {
        "side": turn.side,
        "number": turn.number,
        "language": turn.language,
        "interrupted": turn.interrupted,
        "gap_ms": turn.gap_ms,
        "told_ms": turn.told_ms,
        "model_ms": turn.model_ms,
        "played_ms": turn.played_ms,
        "over_ms": turn.over_ms,
        "stopped_ms": turn.stopped_ms,
        "tools": turn.tools,
    }
    return {f"frontline.turn.{name}": value for name, value in told.items() if value is not None}


def _of_end(end: RecordEnd) -> Iterator[tuple[str, Value]]:
    yield "frontline.disposition", end.disposition
    yield "frontline.ended_by", end.ended_by
    yield "frontline.sessions", end.sessions
    yield "frontline.barge_ins", end.barge_ins
    if end.first_sound_ms is not None:
        yield "frontline.first_sound_ms", end.first_sound_ms
    if end.cost_usd is not None:
        yield "frontline.cost_usd", end.cost_usd
    for theirs, ours in (("input", "prompt"), ("output", "response")):
        split = sum(count for kind, count in end.tokens.items() if kind.startswith(f"{ours}."))
        yield f"gen_ai.usage.{theirs}_tokens", end.tokens.get(ours, split)


def _json(value: object) -> str:
    return plain_text(json.dumps(value, ensure_ascii=False, default=str))
