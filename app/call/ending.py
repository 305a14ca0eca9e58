"""The ways out of a call: the last word heard whole, then hang-up or handoff; exactly one end."""

from typing import Literal

from app.call.commands import CancelTool, CloseSession, HandOff, HangUp, RecordEnd, RecordTool
from app.call.memory import Leaving, Memory, State
from app.call.speaking import record_caller, sounding

LAST_WORD_S = 4.0  # the model has this long to begin its last word
LEAVING_S = 25.0  # and everything together at most this long
AFTER_LAST_SOUND_S = 0.4  # a breath between the last word and the click
TURN_OPEN_S = 2.0  # the model's turn is not said to be over, but nothing more came for this long
DIALLING_S = 35.0  # a representative who has not refused by then has answered
RETURN_S = 15.0  # after a handoff nobody took, the caller's new stream is waited for this long


def leave(
    m: Memory,
    now: float,
    disposition: str,
    *,
    ended_by: Literal["assistant", "house"],
    hand_off: bool = False,
    final: bool = False,
) -> None:
    """Let the last word be heard, then go."""
    if m.state is State.LEAVING:
        return
    m.state = State.LEAVING
    m.leaving = Leaving(hand_off, disposition, ended_by, now + LAST_WORD_S, now + LEAVING_S, final)
    m.renew_by = None


def settle_leaving(m: Memory, now: float) -> None:
    """Go when the last word has been heard, or when it has been waited for long enough."""
    leaving = m.leaving
    if leaving is None or not (_last_word_heard(m, leaving, now) or now >= leaving.limit_at):
        return
    if leaving.hand_off and m.rules.handoff_number is not None:
        _hand_off(m, now, m.rules.handoff_number)
        return
    m.out.append(HangUp())
    finish(m, now, leaving.disposition, leaving.ended_by)


def leaving_deadline(m: Memory, now: float) -> float:
    """When to look again whether the last word was heard."""
    leaving = m.leaving
    if leaving is None:
        return now
    if sounding(m, now) or not m.playout.drained(now):
        return min(leaving.limit_at, max(now, m.playout.drained_at()) + AFTER_LAST_SOUND_S)
    quiet_at = m.playout.drained_at() + (TURN_OPEN_S if m.transcript.open else AFTER_LAST_SOUND_S)
    return min(leaving.limit_at, max(quiet_at, leaving.speak_by if not _spoken(m, leaving) else now))


def _spoken(m: Memory, leaving: Leaving) -> bool:
    """Something was said since we decided to leave, or was still being said then."""
    return m.playout.drained_at() > leaving.speak_by - LAST_WORD_S - 0.5


def _last_word_heard(m: Memory, leaving: Leaving, now: float) -> bool:
    if not m.playout.drained(now):
        return False
    heard_at = m.playout.drained_at()
    if m.transcript.open is not None:
        return now >= max(heard_at + TURN_OPEN_S, leaving.speak_by)
    return now >= heard_at + AFTER_LAST_SOUND_S and (_spoken(m, leaving) or now >= leaving.speak_by)


def _hand_off(m: Memory, now: float, number: str) -> None:
    record_caller(m, now)
    m.out.extend(m.transcript.record_heard(m.playout.heard_ms(now), now, everything=True))
    m.out.append(HandOff(number))
    m.out.append(CloseSession())
    m.state = State.AWAY
    m.leaving = None
    m.away_until = now + DIALLING_S


def give_up(m: Memory, now: float, disposition: str, problem: str) -> None:
    """No session can be had: to a representative if there is one, else an apology spoken by Twilio."""
    if m.rules.handoff_number is not None and m.greeted:
        _hand_off(m, now, m.rules.handoff_number)
        return
    m.out.append(HangUp(m.phrase("apology", "Sorry, something went wrong. Please call again."), m.rules.language))
    finish(m, now, disposition, "house", problem)


def finish(
    m: Memory, now: float, disposition: str, ended_by: Literal["caller", "assistant", "house"], problem: str = ""
) -> None:
    """The one end of a call: every turn and tool recorded, the session closed."""
    if m.state is State.ENDED:
        return
    record_caller(m, now)
    m.out.extend(m.transcript.record_heard(m.playout.heard_ms(now), now, everything=True))
    for id in list(m.tools):
        cancel_tool(m, id, now)
    if m.session or m.sessions_asked_at:
        m.out.append(CloseSession())
    m.out.append(
        RecordEnd(
            disposition=disposition,
            ended_by=ended_by,
            duration_s=round(now - m.started_at, 3),
            first_sound_ms=m.first_sound_ms,
            barge_ins=m.barge_ins,
            sessions=m.session,
            tokens=dict(m.tokens),
            problem=problem,
        )
    )
    m.state = State.ENDED


def cancel_tool(m: Memory, id: str, now: float) -> None:
    """Stop a tool in use and record that."""
    tool = m.tools.pop(id)
    took_ms = round((now - tool.called_at) * 1000)
    m.out.append(CancelTool(id))
    m.out.append(
        RecordTool(id, tool.name, tool.args, {}, "cancelled", took_ms, round(tool.called_at - m.started_at, 3))
    )
