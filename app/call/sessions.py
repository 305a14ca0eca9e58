"""The Live sessions of a call, one after another: opened, lost, renewed, and what each still owes the caller."""

from app.call import dispositions, listening
from app.call.commands import RenewSession, Say, Show, SteerLanguage
from app.call.dictation import Dictation
from app.call.events import CallerReturned, CallResumed, SessionEnding, SessionLost, SessionOpened, SessionRenewable
from app.call.kept import Kept
from app.call.ladder import give_up
from app.call.memory import Memory, State
from app.call.recovery import BAD_CONFIG, HOPELESS, PAUSES_S, next_attempt
from app.call.speaking import phrase_said, release
from app.call.utterance import Utterance

GOAWAY_MARGIN_S = 3.0  # renew at the latest this long before the connection is cut
SESSION_S = 20.0  # a caller without a session is kept waiting for one no longer
SECOND_WAIT_S = 4.0  # nor one whom nobody took who was dialled for the want of it
FINISH_GREETING = (
    "The caller has heard the beginning of your greeting, then you were cut off. Do not greet again: "
    "finish now in one short sentence that asks how you can help."
)
STEADY_S = 10.0  # a session that lasted so long was a good one: attempts are counted anew


def opened(m: Memory, event: SessionOpened, now: float) -> None:
    """A session is ready: it hears what the caller said meanwhile, then what the call still owes them.

    Until the greeting is under way the caller's sound stays held back.
    """
    del event
    m.session += 1
    m.utterance.repeats = 0
    m.opened_at = m.active_at = now
    m.renew_by = None
    m.hold_asked_by = float("inf")
    m.given_up = False
    m.state = State.TALKING
    m.hold_by = now + m.rules.greeting_hold_s
    if not m.holding:
        release(m)
        listening.released(m)
    while m.photos:
        m.out.append(Show(m.photos.popleft()))
    if m.owed:
        m.out.append(Say("\n".join(m.owed)))
        m.owed.clear()


def lost(m: Memory, event: SessionLost, now: float) -> None:
    """The session is gone: try again in the manner its close code asks for, or give up."""
    if m.state is State.TALKING:
        _begin_outage(m, now)
    _note_what_is_owed(m)
    m.attempts += 1
    m.lost_by = f"Live closed with {event.code}: {event.reason}"
    has_story = bool(m.transcript.story(m.playout.heard_ms(now)))
    attempt = next_attempt(event.code, m.attempts, m.handle, has_story=has_story)
    if attempt is None and m.session == 0 and m.rules.unreachable:
        _wait_out(m, event, now)
        return
    if attempt is None:
        give_up(m, now, dispositions.SESSION_LOST, m.lost_by)
        return
    m.state = State.CONNECTING if m.session == 0 else State.RENEWING
    if not attempt.resume:
        m.handle = None
    _renew(m, now, attempt.after_s)


def _wait_out(m: Memory, event: SessionLost, now: float) -> None:
    """What the caller hears now is heard to its end, and Live may yet come before they have waited long enough."""
    if event.code in HOPELESS or event.code == BAD_CONFIG:
        m.session_by = min(m.session_by, now)
    else:
        _renew(m, now, PAUSES_S[-1])


def renew(m: Memory, now: float) -> None:
    """Break before make: a second connection is refused while the old one is open."""
    _begin_outage(m, now)
    _note_what_is_owed(m)
    m.state = State.RENEWING
    _renew(m, now)


def _renew(m: Memory, now: float, after_s: float = 0.0) -> None:
    abandon_turn(m)
    story = "" if m.handle else m.transcript.story(m.playout.heard_ms(now))
    m.out.append(RenewSession(m.handle, story, after_s))


def _begin_outage(m: Memory, now: float) -> None:
    if now - m.opened_at >= STEADY_S:
        m.attempts = 0
    m.renew_by = None
    m.session_by = now + SESSION_S
    m.kept.speech = True  # what is said now is nowhere else
    for audio in m.dictation.end():
        m.kept.add(audio)


def _note_what_is_owed(m: Memory) -> None:
    """A greeting not heard, or an answer that will not come; what a tool still running returns is told anyway.

    What was generated whole is played whole, whether or not the model said that its turn was over.
    """
    if m.owed:
        return
    half = m.transcript.open is not None and not m.transcript.open.generated
    if m.ungreeted or (m.holding and half):
        _owe_greeting(m)
        return
    m.holding = False
    m.greeted = True
    if m.unspoken:
        m.owed.extend(m.unspoken)
    elif (half or m.unanswered) and not m.tools:
        _owe_lost_the_line(m)


def _owe_greeting(m: Memory) -> None:
    m.held_first = ungreeted = m.ungreeted
    m.greeting = m.transcript.generation + 1
    m.owed.append(_greet(m) if ungreeted else FINISH_GREETING)


def _greet(m: Memory) -> str:
    return f'Greet the caller now. Say exactly: "{m.rules.greeting}"'


def _owe_lost_the_line(m: Memory) -> None:
    m.owed.append(phrase_said(m, "lost_the_line", "Sorry, I lost you for a moment. Could you repeat that?"))


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


def ending(m: Memory, event: SessionEnding, now: float) -> None:
    """GoAway: renew at the next quiet moment, at the latest a little before the cut."""
    m.renew_by = now + max(0.0, event.time_left_s - GOAWAY_MARGIN_S)


def renewable(m: Memory, event: SessionRenewable, now: float) -> None:
    """Remember the newest handle."""
    del now
    if event.handle is not None:
        m.handle = event.handle


def returned(m: Memory, event: CallerReturned, now: float) -> None:
    """Nobody took the call over, or its stream was lost: go on where we were, with a new stream and session."""
    if event.elsewhere:
        _moved(m)
    m.kept = Kept(speech=True)
    m.dictation = Dictation()
    m.utterance = Utterance()
    m.pause_at = None
    m.speaking_since = None
    m.keys = ""
    m.unanswered = m.holding = m.refused = False
    m.attempts = 0
    m.active_at = now
    m.session_by = now + SESSION_S
    if m.given_up:
        m.session_by, m.hold_asked_by, m.asked_to_hold = now + SECOND_WAIT_S, now, False
    m.state = State.RENEWING
    m.unspoken.clear()
    m.owed.clear()
    _owe_welcome_back(m)
    m.owed.extend(m.unfinished)
    m.unfinished.clear()
    m.stream_lost = m.stream_silent = m.passed_on = False
    m.pass_by = None
    if m.spoken != m.rules.language:
        m.out.append(SteerLanguage(m.spoken, live=False))
    _renew(m, now)


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
        _owe_greeting(m)
    else:
        m.greeted = True
        _owe_lost_the_line(m)
