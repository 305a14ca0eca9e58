"""The ways out of a call: the last word heard whole, then hang-up or handoff; exactly one end."""

import json
from typing import Literal

from app.call.commands import (
    CancelTool,
    ClearPlayout,
    CloseSession,
    HandOff,
    HangUp,
    LeaveSession,
    PassOn,
    RecordEnd,
    RecordTool,
)
from app.call.costs import cost_usd, stream_ended
from app.call.dispositions import CALLER_HUNG_UP, DRAINED, HANDED_OFF, MEDIA_TIMEOUT, SILENT, STREAM_LOST
from app.call.memory import Held, Leaving, Memory, State, ToolInUse
from app.call.speaking import cut, record_caller, record_heard, say_phrase, sounding

LAST_WORD_S = 4.0  # the model has this long to begin its last word
LEAVING_S = 60.0  # and everything together at most this long
AFTER_LAST_SOUND_S = 0.4  # a breath between the last word and the click
TURN_OPEN_S = 2.0  # the model has not said that it generated all, but nothing more came for this long
SPEAKS_ON_S = 1.0  # a caller who speaks for so long after "goodbye" does not say goodbye
SPEAKS_AT_LAST_S = 0.25  # and one who is given up as silent has only to speak
NOISE_S = 3.0  # what had gone on for so long before is the line's noise
DIALLING_S = 35.0  # a representative who has not refused by then has answered
HOLD_S = 180.0  # a caller is kept on hold no longer
COME_S = 15.0  # and for a person who takes the call over, but is not heard, waits no longer
RETURN_S = 30.0  # after a handoff nobody took, or a lost stream, the caller's new stream is waited for this long
HANDING_OFF = "I am connecting you with a colleague now."
FAREWELL = "goodbye_longest", "Thank you for calling. Goodbye."
APOLOGY = "Sorry, something went wrong. Please call again."


def leave(m: Memory, now: float, disposition: str, *, hand_off: bool = False) -> None:
    """The assistant says its last word, in the turn that goes on or else in the next: let it be heard, then go.

    A caller who speaks on stays in the call; a handoff takes place all the same.
    """
    generation = m.transcript.generation + (not speaks(m))
    m.state = State.LEAVING
    m.leaving = Leaving(hand_off, disposition, "assistant", generation, now, now + LAST_WORD_S, final=hand_off)


def speaks(m: Memory) -> bool:
    """The assistant has a turn that goes on."""
    return m.transcript.open is not None and m.transcript.open.cut_ms is None


def say_and_hand_off(m: Memory, now: float) -> None:
    """Have the assistant say that a colleague takes over, then hand off."""
    say_and_leave(m, now, "handing_off", HANDING_OFF, HANDED_OFF)
    assert m.leaving is not None
    m.leaving.hand_off = True


def say_and_leave(m: Memory, now: float, name: str, fallback: str, disposition: str, *, final: bool = True) -> None:
    """Have the assistant say the call's last sentence, then go."""
    say_phrase(m, name, fallback)
    generation, sentence = m.transcript.generation + 1, m.phrase(name, fallback)
    m.state = State.LEAVING
    m.leaving = Leaving(False, disposition, "house", generation, now, now + LAST_WORD_S, final, sentence)


def go_at(m: Memory, now: float) -> float | None:
    """When the last word will have been heard, as far as one can tell now."""
    leaving, turn = m.leaving, m.transcript.open
    if leaving is None:
        return None
    over_at = m.playout.over_at()
    at = over_at + (AFTER_LAST_SOUND_S if turn is None or turn.generated else TURN_OPEN_S)
    if not _last_word_said(m, leaving):
        at = max(at, leaving.speak_by)
    stays_at = stay_at(m, now)
    if stays_at is not None:
        at = max(at, stays_at)
    return min(at, leaving.at + LEAVING_S)


def _last_word_said(m: Memory, leaving: Leaving) -> bool:
    return m.transcript.sounded >= leaving.generation


def go(m: Memory, now: float) -> None:
    """The last word has been heard, or was waited for long enough."""
    leaving = m.leaving
    assert leaving is not None
    if leaving.pass_on:
        pass_on(m, now)
        return
    if leaving.held:
        hold(m, now, leaving.held)
        return
    unsaid = "" if _last_word_said(m, leaving) else leaving.sentence
    if leaving.hand_off and m.rules.handoff_number is not None:
        hand_off(m, now, HandOff(m.rules.handoff_number, unsaid or None, m.phrase_language if unsaid else ""))
        return
    m.out.append(HangUp(unsaid, m.phrase_language) if unsaid else HangUp())
    finish(m, now, leaving.disposition, leaving.ended_by)


def stay_at(m: Memory, now: float) -> float | None:
    """When a caller who speaks instead of letting us go has spoken for long enough to be taken back."""
    del now
    leaving, since = m.leaving, m.speaking_since
    if leaving is None or leaving.final or since is None or since < leaving.at - NOISE_S:
        return None
    return max(since, leaving.at) + (SPEAKS_AT_LAST_S if leaving.disposition == SILENT else SPEAKS_ON_S)


def stay(m: Memory, now: float) -> None:
    """The caller is not done, so neither are we."""
    if sounding(m, now):
        cut(m, now)
    m.leaving = None
    m.state = State.TALKING


def hand_off(m: Memory, now: float, command: HandOff) -> None:
    """To the representative: the call is away until one has answered, or none has."""
    _close_records(m, now)
    m.out.append(command)
    _go_away(m, now, DIALLING_S)


def lose_stream(m: Memory, now: float) -> None:
    """The stream broke under a caller who may still be on the phone: Twilio asks, and can be told to stream again."""
    _close_records(m, now)
    m.stream_lost = True
    _go_away(m, now, RETURN_S)


def pass_on(m: Memory, now: float) -> None:
    """Another process goes on: the stream is left, and Twilio streams again to whoever takes calls."""
    _close_records(m, now)
    m.stream_lost = m.passed_on = True
    m.pass_by = None
    m.out.append(PassOn())
    _go_away(m, now, RETURN_S)


def hold(m: Memory, now: float, how: Held) -> None:
    """The assistant waits, its session left, while a person of ours has the caller on hold or talks to them."""
    _close_records(m, now)
    if sounding(m, now):
        m.out.append(ClearPlayout())
    m.playout.clear(now)
    m.out.append(LeaveSession())
    m.state, m.leaving = State.HELD, None
    m.held, m.held_until = how, now + (HOLD_S if how == "hold" else COME_S)


def _go_away(m: Memory, now: float, within_s: float) -> None:
    m.playout.clear(now)
    stream_ended(m, now)
    m.out.append(CloseSession())
    m.state = State.AWAY
    m.leaving = None
    m.away_until = now + within_s


def away_at(m: Memory, now: float) -> float | None:
    """When a call that is away is over for us."""
    del now
    return m.away_until


def away_over(m: Memory, now: float) -> None:
    """Nobody said no in time: the representative has the caller. Or nobody came back."""
    if m.passed_on:
        finish(m, now, DRAINED, "house")
    elif m.stream_lost:
        finish(m, now, MEDIA_TIMEOUT if m.stream_silent else STREAM_LOST, "caller")
    elif m.refused:
        finish(m, now, CALLER_HUNG_UP, "caller")
    else:
        finish(m, now, HANDED_OFF, "assistant")


def hang_up_with(m: Memory, now: float, name: str, fallback: str, disposition: str) -> None:
    """Without a session that could say it, Twilio speaks the last sentence."""
    m.out.append(HangUp(m.phrase(name, fallback), m.phrase_language))
    finish(m, now, disposition, "house")


def finish(m: Memory, now: float, disposition: str, ended_by: Literal["caller", "assistant", "house"]) -> None:
    """The one end of a call: every turn and tool recorded, the session closed."""
    if m.state is State.ENDED:
        return
    _close_records(m, now)
    if m.state not in (State.WAITING, State.AWAY, State.HELD):
        m.out.append(CloseSession())
    cost = cost_usd(m, now)
    m.out.append(
        RecordEnd(
            disposition=disposition,
            ended_by=ended_by,
            duration_s=round(now - m.started_at, 3),
            first_sound_ms=None if m.resumed else m.first_sound_ms,
            barge_ins=m.barge_ins,
            sessions=m.session,
            tokens=dict(m.tokens),
            problem=m.problem,
            cost_usd=cost,
        )
    )
    m.state = State.ENDED


def _close_records(m: Memory, now: float) -> None:
    """Record every turn and tool as far as it came."""
    record_caller(m, now, answered=True)
    record_heard(m, now, everything=True)
    record_caller(m, now)
    for id in list(m.tools):
        cancel_tool(m, id, now)


def cancel_tool(m: Memory, id: str, now: float) -> None:
    """Stop a tool in use and record that. One that changes something goes on to its end all the same."""
    tool = m.tools.pop(id)
    took_ms = round((now - tool.called_at) * 1000)
    m.out.append(CancelTool(id))
    begun = not any(held.id == id for held in m.held_tools)
    m.held_tools = [held for held in m.held_tools if held.id != id]
    status = "unfinished" if begun and tool.name in m.rules.writes else "cancelled"
    if status == "unfinished":
        m.unfinished.append(_told_unfinished(tool))
    m.out.append(RecordTool(id, tool.name, tool.args, {}, status, took_ms, round(tool.called_at - m.started_at, 3)))


def _told_unfinished(tool: ToolInUse) -> str:
    """The house keeps writes by what was asked: the same again is joined, or goes out under the same key."""
    args = json.dumps(dict(tool.args), ensure_ascii=False, default=str)
    return (
        f"The tool {tool.name} was begun with {args} when the line was lost; whether it was done is not known. "
        "Call it again with exactly these arguments, which does not do it twice, before you say how it ended."
    )
