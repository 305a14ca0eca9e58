"""What the call does about tools: run them, do it itself, or say why not; every call answered or cancelled once."""

from app.call import dispositions, house_tools
from app.call.commands import AnswerTool, CancelTool, RecordTool, RunTool, Say
from app.call.ending import cancel_tool, leave, speaks
from app.call.events import ToolCalled, ToolCancelled, ToolReturned
from app.call.memory import Memory, State, ToolInUse

TOOL_LOST_S = 65.0  # no tool may run longer than 60 s: what is not back by then never comes


def called(m: Memory, event: ToolCalled, now: float) -> None:
    """Run the tool, do it ourselves, or say why not. The same call twice is one call."""
    if not _is_new(m, event):
        return
    m.active_at = now
    if event.name in house_tools.NAMES and event.name in m.rules.tools:
        _use_house_tool(m, event, now)
        return
    problem = _refusal(m, event)
    if problem:
        _answer_at_once(m, event, _error(problem), now)
        return
    m.tools[event.id] = ToolInUse(event.name, event.args, now, m.session)
    m.out.append(RunTool(event.id, event.name, event.args, m.language))


def _is_new(m: Memory, event: ToolCalled) -> bool:
    if event.id in m.tools_seen:
        return False
    m.tools_seen.append(event.id)
    m.tools_used += 1
    return True


def _refusal(m: Memory, event: ToolCalled) -> str:
    if event.name not in m.rules.tools:
        return f"There is no tool called {event.name}. Help the caller without it."
    if m.tools_used > m.rules.tools_per_call:
        return "Too many tools were used in this call. Offer the caller a representative instead."
    return ""


def _use_house_tool(m: Memory, event: ToolCalled, now: float) -> None:
    turn = m.transcript.open
    spoken = turn is not None and speaks(m) and turn.generated_ms > 0
    outcome = house_tools.use(event.name, m.rules, spoken=spoken)
    _answer_at_once(m, event, outcome.response, now, silent=outcome.silent)
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
    """The model does not want these any more; a late end of theirs is dropped."""
    for id in event.ids:
        if id in m.tools:
            cancel_tool(m, id, now)
    _note_all_answered(m)


def returned(m: Memory, event: ToolReturned, now: float) -> None:
    """Answer the model, in the session that asked or, when that is gone, in words to the one that took over."""
    tool = m.tools.pop(event.id, None)
    if tool is None:
        return
    told = _told(tool, event)
    if m.state is State.RENEWING:
        m.owed.append(told)
    elif tool.session == m.session:
        m.out.append(AnswerTool(event.id, tool.name, event.response))
    else:
        m.out.append(Say(told))
    m.unspoken.append(told)
    m.unspoken_from_ms = m.playout.queued_ms
    at_s = round(tool.called_at - m.started_at, 3)
    m.out.append(RecordTool(event.id, tool.name, tool.args, event.response, event.status, event.took_ms, at_s))
    m.active_at = m.tool_answered_at = now
    _note_all_answered(m)


def _told(tool: ToolInUse, event: ToolReturned) -> str:
    message = event.response.get("message", dict(event.response))
    return f"The tool {tool.name}, called before the connection was renewed, answered: {message} Tell the caller."


def _note_all_answered(m: Memory) -> None:
    if not m.tools:
        m.filler_said = False


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
