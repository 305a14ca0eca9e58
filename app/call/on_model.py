"""What the call does when something comes from the model."""

from app.call import dispositions, house_tools
from app.call.commands import AnswerTool, Listen, RecordTool, RenewSession, RunTool, Say
from app.call.ending import cancel_tool, give_up, leave
from app.call.events import (
    AssistantAudio,
    AssistantInterrupted,
    GenerationCompleted,
    SessionEnding,
    SessionLost,
    SessionOpened,
    SessionRenewable,
    ToolCalled,
    ToolCancelled,
    ToolReturned,
    Transcribed,
    TurnCompleted,
    UsageReported,
)
from app.call.memory import Memory, State, ToolInUse
from app.call.recovery import next_attempt
from app.call.speaking import LATE_S, cut, exactly, record_caller, sounding

GOAWAY_MARGIN_S = 3.0  # renew at the latest this long before the connection is cut


def opened(m: Memory, event: SessionOpened, now: float) -> None:
    """The first session is ready. The caller's sound stays held back until the greeting is under way."""
    del event
    m.session += 1
    m.attempts = 0
    m.state = State.TALKING
    m.active_at = now
    _open_with_what_is_owed(m)


def renewed(m: Memory, event: SessionOpened, now: float) -> None:
    """A session took over: what the caller said meanwhile goes first, then what the call still owes."""
    del event
    m.session += 1
    m.attempts = 0
    m.renew_by = None
    m.state = State.TALKING
    m.active_at = now
    m.holding = False
    kept = m.kept.release()
    if kept is not None:
        m.out.append(Listen(kept))
    _open_with_what_is_owed(m)


def _open_with_what_is_owed(m: Memory) -> None:
    if m.wants_opening:
        m.out.append(Say(m.wants_opening))
        m.wants_opening = ""


def lost(m: Memory, event: SessionLost, now: float) -> None:
    """The session is gone: try again in the manner its close code asks for, or give up."""
    _note_what_is_owed(m)
    m.attempts += 1
    attempt = next_attempt(event.code, m.attempts, m.handle)
    if attempt is None:
        give_up(m, now, dispositions.SESSION_LOST, f"Live closed with {event.code}: {event.reason}")
        return
    first = m.session == 0
    m.state = State.CONNECTING if first else State.RENEWING
    m.holding = m.holding and first
    _abandon_turn(m)
    if not attempt.resume:
        m.handle = None
    story = "" if attempt.resume else m.transcript.story()
    m.out.append(RenewSession(m.handle if attempt.resume else None, story, attempt.after_s))
    if first:
        m.wants_opening = f'Greet the caller now. Say exactly: "{m.rules.greeting}"'


def _note_what_is_owed(m: Memory) -> None:
    if m.session and not m.wants_opening and (m.transcript.open is not None or m.unanswered):
        m.wants_opening = exactly(m.phrase("lost_the_line", "Sorry, I lost you for a moment. Could you repeat that?"))


def _abandon_turn(m: Memory) -> None:
    """Nothing more comes of the turn that was being generated; what was received is still played."""
    m.playout.finish()
    m.transcript.complete()
    m.cut_at = None


def last_word(m: Memory, event: SessionLost, now: float) -> None:
    """The last word is all that was left: play what there is of it, then go."""
    del event, now
    _abandon_turn(m)
    if m.leaving is not None:
        m.leaving.speak_by = min(m.leaving.speak_by, m.playout.drained_at())


def ending(m: Memory, event: SessionEnding, now: float) -> None:
    """GoAway: renew at the next quiet moment, at the latest a little before the cut."""
    m.renew_by = now + max(0.0, event.time_left_s - GOAWAY_MARGIN_S)


def renew(m: Memory, now: float) -> None:
    """Break before make: a second connection is refused while the old one is open."""
    if m.transcript.open is not None:
        _note_what_is_owed(m)
    _abandon_turn(m)
    m.renew_by = None
    m.state = State.RENEWING
    m.sessions_asked_at = now
    m.kept.speech = True
    m.out.append(RenewSession(m.handle, "" if m.handle else m.transcript.story()))


def renewable(m: Memory, event: SessionRenewable, now: float) -> None:
    """Remember the newest handle."""
    del now
    if event.handle is not None:
        m.handle = event.handle


def sound(m: Memory, event: AssistantAudio, now: float) -> None:
    """Sound of the assistant: into the playout, unless it belongs to a turn that was cut."""
    if m.cut_at is not None:
        if now - m.cut_at < LATE_S:
            return
        m.cut_at = None
    turn = m.transcript.assistant_turn(now)
    if not turn.generated_ms:
        turn.start_ms = m.playout.queued_ms
    turn.generated_ms += event.audio.ms
    m.playout.queue(event.audio, turn.generation)
    m.active_at = now


def barge_in(m: Memory, event: AssistantInterrupted, now: float) -> None:
    """Barge-in by the model's ear. A phantom, with nothing on its way to the caller, changes nothing."""
    del event
    if m.holding or not sounding(m, now):
        return
    cut(m, now, by_model=True)


def stay(m: Memory, event: AssistantInterrupted, now: float) -> None:
    """The caller speaks into the last word: they are not done, so neither are we."""
    if not sounding(m, now):
        return
    barge_in(m, event, now)
    if m.leaving is not None and not m.leaving.final:
        m.leaving = None
        m.state = State.TALKING


def words(m: Memory, event: Transcribed, now: float) -> None:
    """Words, in fragments."""
    if event.side == "assistant":
        if m.cut_at is None or m.transcript.unheard:
            m.transcript.assistant_said(event.text, event.language, now)
        return
    m.silence_asked = 0
    m.active_at = now
    m.language = event.language or m.language
    m.transcript.caller_said(event.text, event.language, now)


def generated(m: Memory, event: GenerationCompleted, now: float) -> None:
    """All sound of the turn is here: its tail may go out after it."""
    del event, now
    m.playout.finish()


def turn_over(m: Memory, event: TurnCompleted, now: float) -> None:
    """The model's turn is over; the caller's words before it are complete, too."""
    del event
    m.playout.finish()
    m.transcript.complete()
    m.cut_at = None
    if m.speaking_since is None:
        record_caller(m, now)


def tool(m: Memory, event: ToolCalled, now: float) -> None:
    """Run the tool, do it ourselves, or say why not. The same call twice is one call."""
    if event.id in m.tools_seen:
        return
    m.tools_seen.add(event.id)
    m.active_at = now
    if event.name in house_tools.NAMES and event.name in m.rules.tools:
        _use_house_tool(m, event, now)
        return
    problem = _refusal(m, event)
    if problem:
        _answer_at_once(m, event, {"status": "error", "retryable": False, "message": problem}, now)
        return
    m.tools[event.id] = ToolInUse(event.name, event.args, now, m.session)
    m.out.append(RunTool(event.id, event.name, event.args, m.language))


def _refusal(m: Memory, event: ToolCalled) -> str:
    if event.name not in m.rules.tools:
        return f"There is no tool called {event.name}. Help the caller without it."
    if len(m.tools_seen) > m.rules.tools_per_call:
        return "Too many tools were used in this call. Offer the caller a representative instead."
    return ""


def _use_house_tool(m: Memory, event: ToolCalled, now: float) -> None:
    spoken = m.transcript.open is not None and m.transcript.open.generated_ms > 0
    outcome = house_tools.use(event.name, m.rules, spoken=spoken)
    _answer_at_once(m, event, outcome.response, now, silent=outcome.silent)
    if outcome.leave is None:
        return
    if outcome.leave == house_tools.HAND_OFF:
        leave(m, now, dispositions.HANDED_OFF, ended_by="assistant", hand_off=True)
    else:
        leave(m, now, dispositions.COMPLETED, ended_by="assistant")


def _answer_at_once(
    m: Memory, event: ToolCalled, response: dict[str, object], now: float, *, silent: bool = False
) -> None:
    m.out.append(AnswerTool(event.id, event.name, response, "SILENT" if silent else None))
    at_s = round(now - m.started_at, 3)
    m.out.append(RecordTool(event.id, event.name, event.args, response, str(response["status"]), 0, at_s))


def too_late(m: Memory, event: ToolCalled, now: float) -> None:
    """We are going: nothing new is begun."""
    if event.id in m.tools_seen:
        return
    m.tools_seen.add(event.id)
    message = "The call is ending; say goodbye."
    _answer_at_once(m, event, {"status": "error", "retryable": False, "message": message}, now, silent=True)


def tool_off(m: Memory, event: ToolCancelled, now: float) -> None:
    """The model does not want these any more; a late end of theirs is dropped."""
    for id in event.ids:
        if id in m.tools:
            cancel_tool(m, id, now)


def tool_done(m: Memory, event: ToolReturned, now: float) -> None:
    """Answer the model, in the session that asked or, when that is gone, in words to the one that took over."""
    tool = m.tools.get(event.id)
    if tool is None:
        return
    if m.state in (State.RENEWING, State.CONNECTING):
        m.wants_opening = _told(tool, event)
    elif tool.session == m.session:
        m.out.append(AnswerTool(event.id, tool.name, event.response))
    else:
        m.out.append(Say(_told(tool, event)))
    del m.tools[event.id]
    at_s = round(tool.called_at - m.started_at, 3)
    m.out.append(RecordTool(event.id, tool.name, tool.args, event.response, event.status, event.took_ms, at_s))
    m.active_at = now


def _told(tool: ToolInUse, event: ToolReturned) -> str:
    message = event.response.get("message", dict(event.response))
    return f"The tool {tool.name}, called before the connection was renewed, answered: {message} Tell the caller."


def usage(m: Memory, event: UsageReported, now: float) -> None:
    """Tokens add up over the call."""
    del now
    for kind, count in event.tokens.items():
        m.tokens[kind] = m.tokens.get(kind, 0) + count
