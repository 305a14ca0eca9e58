"""What the passing of time alone brings about, and when to look next."""

from app.call import dispositions
from app.call.commands import Listen, Say
from app.call.ending import finish, leave, leaving_deadline, settle_leaving
from app.call.memory import Memory, State, ToolInUse
from app.call.on_model import renew
from app.call.speaking import cut, pump, quiet, record_heard, say_phrase, sounding

HELLO_S = 0.8  # a caller who speaks into the greeting for longer wants to be heard now
OWN_BARGE_IN_S = 0.25  # speech into the sound of a turn that the model thinks is over
KEYS_PAUSE_S = 1.5  # no key for this long: the number is complete
SOONEST_S = 0.005  # two looks at the clock are at least this far apart
TURN_STUCK_S = 8.0  # an open turn that adds nothing for this long is over


def settle(m: Memory, now: float) -> None:
    """Do what is due. Run after every event but the caller's sound."""
    if m.state in (State.WAITING, State.ENDED):
        return
    pump(m, now)
    record_heard(m, now)
    if m.state is State.TALKING:
        _settle_talking(m, now)
    if m.state is State.LEAVING:
        settle_leaving(m, now)
    elif m.state is State.AWAY and now >= m.away_until:
        _settle_away(m, now)


def _settle_away(m: Memory, now: float) -> None:
    """Nobody said no in time: the representative has the caller. Or nobody came back after a no."""
    if m.refused:
        finish(m, now, dispositions.CALLER_HUNG_UP, "caller")
    else:
        finish(m, now, dispositions.HANDED_OFF, "assistant")


def _settle_talking(m: Memory, now: float) -> None:
    _close_stuck_turn(m, now)
    _settle_greeting(m, now)
    _settle_own_barge_in(m, now)
    _settle_keys(m, now)
    _settle_tools(m, now)
    if now >= m.end_by:
        say_phrase(m, "goodbye_longest", "I have to end this call now. Please call again. Goodbye.")
        leave(m, now, m.end_as, ended_by="house", final=True)
        return
    if m.renew_by is not None and (now >= m.renew_by or quiet(m, now)):
        renew(m, now)
        return
    _settle_silence(m, now)


def _close_stuck_turn(m: Memory, now: float) -> None:
    if m.transcript.open is not None and m.playout.drained(now) and now >= m.active_at + TURN_STUCK_S:
        m.transcript.complete()


def _settle_greeting(m: Memory, now: float) -> None:
    """End the hold on the caller's sound when the greeting was heard, or when the caller means it."""
    if not m.holding or now < _hold_until(m, now):
        return
    m.holding = False
    m.greeted = True
    kept = m.kept.release()
    if kept is not None:
        m.out.append(Listen(kept))


def _hold_until(m: Memory, now: float) -> float:
    if m.first_sound_ms is None:
        return m.sessions_asked_at + m.rules.greeting_hold_s
    if m.speaking_since is not None:
        return min(m.speaking_since + HELLO_S, _greeting_over(m, now))
    return _greeting_over(m, now)


def _greeting_over(m: Memory, now: float) -> float:
    if m.transcript.open is not None or sounding(m, now):
        return max(now + 0.05, m.playout.drained_at())
    return now


def _settle_own_barge_in(m: Memory, now: float) -> None:
    due = _own_barge_in_at(m, now)
    if due is not None and now >= due:
        cut(m, now, by_model=False)


def _own_barge_in_at(m: Memory, now: float) -> float | None:
    """The model does not interrupt a turn it has completed, though its sound is still being heard."""
    if m.holding or m.speaking_since is None or m.transcript.open is not None or not sounding(m, now):
        return None
    return m.speaking_since + OWN_BARGE_IN_S


def _settle_keys(m: Memory, now: float) -> None:
    if not m.keys or not (m.keys.endswith("#") or now >= m.keys_at + KEYS_PAUSE_S):
        return
    m.out.append(Say(f'The caller pressed keys on the phone: "{m.keys}".'))
    m.keys = ""


def _settle_tools(m: Memory, now: float) -> None:
    """The caller should not hear nothing while a slow tool runs."""
    for tool in m.tools.values():
        if now >= _filler_at(m, tool, now) and not tool.filler_said:
            tool.filler_said = True
            say_phrase(m, "one_moment", "One moment, please.")


def _filler_at(m: Memory, tool: ToolInUse, now: float) -> float:
    heard_until = m.playout.drained_at() if sounding(m, now) else 0.0
    return max(tool.called_at, heard_until) + m.rules.tool_filler_s


def _settle_silence(m: Memory, now: float) -> None:
    due = _silence_at(m, now)
    if due is None or now < due:
        return
    m.active_at = now
    m.unanswered = False
    if m.silence_asked < m.rules.silence_prompts:
        m.silence_asked += 1
        say_phrase(m, "are_you_there", "Are you still there?")
        return
    say_phrase(m, "goodbye_silence", "I cannot hear you, so I will end the call. Goodbye.")
    leave(m, now, dispositions.SILENT, ended_by="house")


def _silence_at(m: Memory, now: float) -> float | None:
    if m.speaking_since is not None or m.tools:
        return None
    heard_until = m.playout.drained_at() if m.first_sound_ms is not None else 0.0
    return max(m.active_at, heard_until) + m.rules.silence_s


def next_deadline(m: Memory, now: float) -> float | None:
    """When to hand in DeadlinePassed next; None when nothing waits for time."""
    if m.state in (State.WAITING, State.ENDED):
        return None
    candidates: list[float | None] = [m.playout.refill_at(now)]
    if m.transcript.unheard and sounding(m, now):
        candidates.append(m.playout.drained_at())
    if m.state is State.TALKING:
        candidates += _talking_deadlines(m, now)
    elif m.state is State.LEAVING:
        candidates.append(leaving_deadline(m, now))
    elif m.state is State.AWAY:
        candidates.append(m.away_until)
    due = [at for at in candidates if at is not None]
    return max(min(due), now + SOONEST_S) if due else None


def _talking_deadlines(m: Memory, now: float) -> list[float | None]:
    return [
        m.end_by,
        m.renew_by,
        _silence_at(m, now),
        _hold_until(m, now) if m.holding else None,
        _own_barge_in_at(m, now),
        m.keys_at + KEYS_PAUSE_S if m.keys else None,
        m.active_at + TURN_STUCK_S if m.transcript.open is not None else None,
        *(_filler_at(m, tool, now) for tool in m.tools.values() if not tool.filler_said),
    ]
