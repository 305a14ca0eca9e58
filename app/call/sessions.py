"""The Live sessions of a call, one after another: opened, lost, renewed, and what each still owes the caller."""

from app.call import debts, dispositions, ledger
from app.call.commands import RenewSession, Say, Show, SteerLanguage
from app.call.costs import stream_began
from app.call.dictation import Dictation
from app.call.events import CallerReturned, CallResumed, SessionLost, SessionOpened
from app.call.kept import Kept
from app.call.ladder import give_up
from app.call.memory import Memory, State
from app.call.recovery import OLD_S, PAUSES_S, Chances, Signal, Way, next_attempt, signal_of
from app.call.speaking import phrase_said, play_phrase, sounding
from app.call.utterance import Utterance

SESSION_S = 20.0  # a caller without a session is kept waiting for one no longer
SECOND_WAIT_S = 4.0  # nor one whom nobody took who was dialled for the want of it
STEADY_S = 10.0  # a session that lasted so long was a good one: attempts are counted anew
HOLD_WORD_S = 2.0  # a caller who waits for an answer hears a word after so long without a session


def opened(m: Memory, event: SessionOpened, now: float) -> None:
    """A session is ready: it hears what the caller said meanwhile, then what the call still owes them.

    Until the greeting is under way the caller's sound stays held back.
    """
    m.session += 1
    m.utterance.repeats = 0
    m.opened_at = m.active_at = now
    if not event.resumed:
        m.chain_at = now
    m.renew_by = None
    m.hold_asked_by = float("inf")
    m.given_up = False
    m.going = m.debts_noted = False
    m.state = State.TALKING
    m.hold_by = now + m.rules.greeting_hold_s
    if not m.holding:
        debts.pay(m)
    while m.photos:
        m.out.append(Show(m.photos.popleft()))
    if m.owed:
        m.out.append(Say("\n".join(m.owed)))
        m.owed.clear()


def lost(m: Memory, event: SessionLost, now: float) -> None:
    """The session is gone: try again in the manner that the loss asks for, or give up."""
    open_before = m.state is State.TALKING
    planned = open_before and (m.going or now - m.opened_at >= OLD_S)
    signal = signal_of(event.code, event.reason, planned=planned)
    if open_before:
        _begin_outage(m, now)
    if signal is Signal.INVALID:
        debts.drop_refused_sound(m, now)
    debts.note_what_is_owed(m, now)
    attempt = next_attempt(signal, m.tried, _chances(m, now))
    m.lost_by = f"Live closed with {event.code}: {event.reason}"
    if attempt is None and m.session == 0 and m.rules.unreachable:
        _wait_out(m, signal, now)
        return
    if attempt is None:
        give_up(m, now, dispositions.SESSION_LOST, m.lost_by)
        return
    m.state = State.CONNECTING if m.session == 0 else State.RENEWING
    m.tried.append(attempt.way)
    if attempt.way is not Way.RESUME:
        m.handle = None
    if attempt.way is Way.SECOND:
        m.route = "second"
    reconnect(m, now, attempt.after_s)


def _wait_out(m: Memory, signal: Signal, now: float) -> None:
    """What the caller hears now is heard to its end, and Live may yet come before they have waited long enough."""
    if signal in (Signal.BAD_KEY, Signal.INVALID):
        m.session_by = min(m.session_by, now)
    else:
        reconnect(m, now, PAUSES_S[-1])


def _chances(m: Memory, now: float) -> Chances:
    """What the next session may be had with."""
    return Chances(
        handle=m.handle is not None and not chain_is_old(m, now),
        second=m.rules.second_route and m.route == "first",
        change=m.handle is not None or bool(ledger.story(m, now)),
    )


def chain_is_old(m: Memory, now: float) -> bool:
    """The sessions resumed one from the other will soon not be resumed any more."""
    return m.rules.fresh_after_s is not None and now >= m.chain_at + m.rules.fresh_after_s


def renew(m: Memory, now: float, *, fresh: bool = False) -> None:
    """Break before make: a second connection is refused while the old one is open."""
    if fresh:
        m.handle = None
    _begin_outage(m, now)
    debts.note_what_is_owed(m, now)
    m.state = State.RENEWING
    reconnect(m, now)


def reconnect(m: Memory, now: float, after_s: float = 0.0) -> None:
    """Open another connection, once the one before is closed."""
    abandon_turn(m)
    m.out.append(RenewSession(m.handle, "" if m.handle else ledger.story(m, now), after_s, m.route))


def _begin_outage(m: Memory, now: float) -> None:
    if now - m.opened_at >= STEADY_S:
        m.tried.clear()
    m.renew_by = m.pause_at = None
    m.lost_at = now
    m.hold_word_at = now + HOLD_WORD_S
    m.session_by = now + SESSION_S
    m.kept.speech = True  # what is said now is nowhere else
    for audio in m.dictation.end():
        m.kept.add(audio)


def hold_word_at(m: Memory, now: float) -> float | None:
    """When a caller who waits for an answer, and hears nothing, is told that it takes a moment."""
    waits = m.utterance.open or m.unspoken or m.tools
    if m.hold_word_at is None or m.ungreeted or not waits or m.speaking_since is not None or sounding(m, now):
        return None
    return max(m.hold_word_at, m.playout.over_at())


def say_hold_word(m: Memory, now: float) -> None:
    """Once, where its sound is at hand: nobody else can speak now."""
    m.hold_word_at = None
    play_phrase(m, "one_moment", now)


def abandon_turn(m: Memory) -> None:
    """Nothing more comes of the turn that was being generated; what was received is still played."""
    m.playout.finish()
    m.transcript.complete()


def session_by(m: Memory, now: float) -> float | None:
    """When a session that does not come is waited for no longer; a greeting is heard whole before that."""
    del now
    if m.session or not m.rules.unreachable or m.first_sound_ms is None:
        return m.session_by
    return max(m.session_by, m.playout.over_at())


def no_session(m: Memory, now: float) -> None:
    """The caller has waited long enough."""
    if m.session == 0 and m.rules.unreachable:
        nothing = f"no Live session within {m.rules.session_wait_s:.0f} s"
        give_up(m, now, dispositions.SESSION_LOST, f"live_connect_failed: {m.lost_by or nothing}")
        return
    give_up(m, now, dispositions.SESSION_LOST, f"no Live session within {SESSION_S:.0f} s")


def last_word(m: Memory, event: SessionLost, now: float) -> None:
    """The last word is all that was left: play what there is of it, then go."""
    del event
    abandon_turn(m)
    if m.leaving is not None:
        m.leaving.speak_by = now
        m.leaving.final = True


def returned(m: Memory, event: CallerReturned, now: float) -> None:
    """Nobody took the call over, or its stream was lost: go on where we were, with a new stream and session."""
    if event.elsewhere:
        _moved(m)
    stream_began(m, now)
    start_over(m, now)
    m.speaking_since = None
    m.refused = False
    if m.given_up:
        m.session_by, m.hold_asked_by, m.asked_to_hold = now + SECOND_WAIT_S, now, False
    m.owed.clear()
    _owe_welcome_back(m)
    m.owed.extend(m.unfinished)
    m.unfinished.clear()
    m.stream_lost = m.stream_silent = m.passed_on = False
    m.pass_by = None
    if m.spoken != m.rules.language:
        m.out.append(SteerLanguage(m.spoken, live=False))
    reconnect(m, now)


def start_over(m: Memory, now: float) -> None:
    """What was said before is done with; a new session goes on from here."""
    m.kept = Kept(speech=True)
    m.dictation = Dictation()
    m.utterance = Utterance()
    m.pause_at = m.hold_word_at = None
    m.keys = ""
    m.unanswered = m.holding = m.repeat = False
    m.tried.clear()
    m.unspoken.clear()
    m.active_at = now
    m.session_by = now + SESSION_S
    m.state, m.held = State.RENEWING, ""
    m.debts_noted = True


def _moved(m: Memory) -> None:
    """Another process has the call, from a journal, which holds no pictures and no sound."""
    m.photos.clear()
    m.sounds.clear()
    if m.end_as == dispositions.DRAINED:
        m.end_by, m.end_as = m.started_at + m.rules.longest_call_s, dispositions.LONGEST_CALL


def resumed(m: Memory, event: CallResumed, now: float) -> None:
    """A call came back of which only the records are left: a fresh session is told them."""
    m.resumed = m.greeted = True
    m.started_at = now - event.began_s
    m.end_by = m.started_at + m.rules.longest_call_s
    m.transcript.resume(m.started_at, event.story, event.turns)
    for name in event.done:
        m.effects.update(m.rules.claims.get(name, ()))
    m.spoken = m.language = event.spoken or m.rules.language
    m.first_sound_ms = 0
    m.stream_lost = True
    returned(m, CallerReturned(event.stream_sid), now)


def _owe_welcome_back(m: Memory) -> None:
    if m.passed_on:
        m.owed.append(phrase_said(m, "thanks_for_holding", "Thank you for holding. Please go on."))
    elif not m.stream_lost:
        m.owed.append(phrase_said(m, "handoff_failed", "Nobody is free right now. How else can I help you?"))
    elif m.ungreeted:
        m.holding = True
        debts.owe_greeting(m)
    else:
        m.greeted = True
        debts.owe_lost_the_line(m)
