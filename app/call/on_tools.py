"""What the call does about tools: run them, do it itself, or say why not; every call answered or cancelled once."""

import json
from collections.abc import Mapping
from typing import Literal, cast

from app.call import consent, dispositions, health_answers, health_loops, house_tools, ledger
from app.call.commands import AnswerTool, CancelTool, RecordFlag, RecordTool, RunTool, Say
from app.call.ending import cancel_tool, leave, speaks
from app.call.events import ToolCalled, ToolCancelled, ToolReturned
from app.call.flags import TOOL_REPEATED
from app.call.language import switch
from app.call.memory import HeldTool, Memory, State, ToolInUse

TOOL_LOST_S = 65.0  # no tool may run longer than 60 s: what is not back by then never comes
SAME_TOOL = 3  # the same tool with the same arguments, in one call: the third time is not run any more
WORDS_LATE_S = 1.0  # the caller's words may come so long after the model has acted on them

Scheduling = Literal["INTERRUPT", "WHEN_IDLE", "SILENT"]


def called(m: Memory, event: ToolCalled, now: float) -> None:
    """Run the tool, do it ourselves, or say why not. The same call twice is one call."""
    if not _is_new(m, event):
        return
    m.active_at = now
    health_answers.answered(m)
    health_loops.tool_used(m)
    if event.name in house_tools.NAMES and event.name in m.rules.tools:
        _use_house_tool(m, event, now)
        return
    problem = _refusal(m, event, now)
    if problem:
        _answer_at_once(m, event, _error(problem), now)
        return
    m.tools[event.id] = ToolInUse(event.name, event.args, now, m.session)
    if m.speaking_since is None:
        m.utterance.close()  # the tool is what comes of it
    if event.name in m.rules.confirmed_tools and m.transcript.caller_turns and not m.transcript.said:
        m.held_tools.append(HeldTool(event.id, now + WORDS_LATE_S))
    else:
        _run(m, event.id, now)


def _run(m: Memory, id: str, now: float) -> None:
    tool = m.tools[id]
    turn, said = m.transcript.caller_turns, m.transcript.said
    heard = m.transcript.heard_lately(m.playout.heard_ms(now)) if tool.name in m.rules.confirmed_tools else None
    m.out.append(RunTool(id, tool.name, tool.args, m.language, turn, said, heard))


def held_at(m: Memory, now: float) -> float | None:
    """When a tool that waits for the caller's words is run: with them, or without when they do not come."""
    if not m.held_tools:
        return None
    return now if m.transcript.said else m.held_tools[0].until


def run_held(m: Memory, now: float) -> None:
    """Run every tool that has waited."""
    held, m.held_tools = m.held_tools, []
    for tool in held:
        if tool.id in m.tools:
            _run(m, tool.id, now)


def _is_new(m: Memory, event: ToolCalled) -> bool:
    if event.id in m.tools_seen:
        return False
    m.tools_seen.append(event.id)
    m.tools_used += 1
    if m.tools_turn != m.transcript.caller_turns:
        m.tools_turn, m.tools_in_turn = m.transcript.caller_turns, 0
    m.tools_in_turn += 1
    return True


def _refusal(m: Memory, event: ToolCalled, now: float) -> str:
    if event.name not in m.rules.tools:
        return f"There is no tool called {event.name}. Help the caller without it."
    if m.tools_used > m.rules.tools_per_call:
        return "Too many tools were used in this call. Offer the caller a representative instead."
    if m.tools_in_turn > m.rules.tools_per_turn:
        return "Too many tools for one question. Tell the caller what you know so far and ask how to go on."
    return _repeated(m, event, now)


def _repeated(m: Memory, event: ToolCalled, now: float) -> str:
    """The same question again and again has the same answer; a read-back and the yes to it are one question."""
    use = _use(event.name, event.args)
    times = m.same_tools[use] = m.same_tools.get(use, 0) + 1
    if times < SAME_TOOL:
        return ""
    if times == SAME_TOOL:
        m.out.append(RecordFlag(TOOL_REPEATED, round(now - m.started_at, 3), event.name))
    return (
        f"{event.name} was called with these arguments {times - 1} times. Do not call it again: say what you know, "
        f"apologise in one short sentence and {health_loops.way_out(m)}."
    )


def _use(name: str, args: Mapping[str, object]) -> str:
    return json.dumps([name, dict(args)], sort_keys=True, default=str)


def _use_house_tool(m: Memory, event: ToolCalled, now: float) -> None:
    turn = m.transcript.open
    spoken = turn is not None and speaks(m) and turn.generated_ms > 0
    outcome = house_tools.use(event.name, event.args, m, spoken=spoken)
    _answer_at_once(m, event, outcome.response, now, silent=outcome.silent)
    if outcome.consent:
        consent.decide(m, outcome.consent, "spoken", now)
    if outcome.language and outcome.language != m.spoken:
        switch(m, outcome.language, now)
    if outcome.leave == house_tools.HAND_OFF:
        leave(m, now, dispositions.HANDED_OFF, hand_off=True)
    elif outcome.leave is not None:
        leave(m, now, dispositions.COMPLETED)


def _answer_at_once(
    m: Memory, event: ToolCalled, response: dict[str, object], now: float, *, silent: bool = False
) -> None:
    m.out.append(AnswerTool(event.id, event.name, response, "SILENT" if silent else None))
    at_s = round(now - m.started_at, 3)
    m.out.append(RecordTool(event.id, event.name, event.args, response, str(response["status"]), 0, at_s))


def _error(message: str) -> dict[str, object]:
    return {"status": "error", "retryable": False, "message": message}


def too_late(m: Memory, event: ToolCalled, now: float) -> None:
    """We are going: nothing new is begun."""
    if _is_new(m, event):
        _answer_at_once(m, event, _error("The call is ending; say goodbye."), now, silent=True)


def cancelled(m: Memory, event: ToolCancelled, now: float) -> None:
    """The model does not want these any more. What changes something goes on, and the caller is told of it."""
    for id in event.ids:
        tool = m.tools.get(id)
        if tool is None:
            continue
        if tool.name in m.rules.writes and not any(held.id == id for held in m.held_tools):
            tool.unwanted = True
        else:
            cancel_tool(m, id, now)
    _note_all_answered(m)


def returned(m: Memory, event: ToolReturned, now: float) -> None:
    """Answer the model, in the session that asked or, when that is gone, in words to the one that took over."""
    tool = m.tools.pop(event.id, None)
    if tool is None:
        return
    _note_effect(m, tool, event, now)
    ledger.answered(m, tool.name, tool.args, event.response, event.status)
    if not tool.unwanted:
        _answer(m, tool, event)
    elif event.effect:
        _tell(m, _told(tool, event.response))
    at_s = round(tool.called_at - m.started_at, 3)
    m.out.append(
        RecordTool(
            *(event.id, tool.name, tool.args, event.response, event.status, event.took_ms, at_s),
            *(event.level, event.effect, event.key),
        )
    )
    if event.status == "ok":
        m.tool_uses[tool.name] = m.tool_uses.get(tool.name, 0) + 1
    m.active_at = m.tool_answered_at = now
    _note_all_answered(m)


def _note_effect(m: Memory, tool: ToolInUse, event: ToolReturned, now: float) -> None:
    """What was done, and what was said of it: what the assistant claims is held against both."""
    if event.effect:
        m.effects.update(m.rules.claims.get(tool.name, ()))
    if event.status == "confirm":
        m.same_tools[_use(tool.name, tool.args)] = 0
    m.tools_told.append(str(event.response.get("message", "")))
    for flag in event.flags:
        m.out.append(RecordFlag(flag, round(now - m.started_at, 3), tool.name))


def _answer(m: Memory, tool: ToolInUse, event: ToolReturned) -> None:
    told = _told(tool, event.response)
    scheduling = m.rules.scheduling.get(tool.name) if event.status == "ok" else None
    if m.state is not State.RENEWING and tool.session == m.session:
        named = cast("Scheduling | None", scheduling.upper() if scheduling else None)
        m.out.append(AnswerTool(event.id, tool.name, event.response, named))
    elif scheduling != "silent":
        _tell(m, told)
    if scheduling != "silent":
        m.unspoken.append(told)
        m.unspoken_from_ms = m.playout.queued_ms


def _tell(m: Memory, told: str) -> None:
    if m.state is State.RENEWING:
        m.owed.append(told)
    else:
        m.out.append(Say(told))


def _told(tool: ToolInUse, response: Mapping[str, object]) -> str:
    message = response.get("message", dict(response))
    return f"The tool {tool.name}, called before you were interrupted, answered: {message} Tell the caller."


def _note_all_answered(m: Memory) -> None:
    if not m.tools:
        m.fillers_said = 0


def lost_at(m: Memory, now: float) -> float | None:
    """When a tool that does not return is given up."""
    del now
    return min(tool.called_at for tool in m.tools.values()) + TOOL_LOST_S if m.tools else None


def give_up_lost(m: Memory, now: float) -> None:
    """A tool's runner promises an end within its limit; the caller must not wait for a promise not kept."""
    for id, tool in list(m.tools.items()):
        if now >= tool.called_at + TOOL_LOST_S:
            m.out.append(CancelTool(id))
            took_ms = round((now - tool.called_at) * 1000)
            returned(m, ToolReturned(id, _error("The tool did not answer."), "timeout", took_ms), now)
