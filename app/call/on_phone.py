"""What the call does when something happens on the phone."""

from app.call import dispositions
from app.call.commands import Listen, OpenSession, RenewSession
from app.call.ending import finish
from app.call.events import (
    CallerAudio,
    CallerHungUp,
    CallerReturned,
    CallStarted,
    KeyPressed,
    MarkReached,
    SpeechEnded,
    SpeechStarted,
)
from app.call.memory import Memory, State
from app.call.playout import Playout
from app.call.speaking import exactly

LONGEST_KEYS = 32


def started(m: Memory, event: CallStarted, now: float) -> None:
    """The stream is up: open a session that greets."""
    del event
    m.started_at = m.active_at = m.sessions_asked_at = now
    m.transcript.started_at = now
    m.end_by = now + m.rules.longest_call_s
    m.state = State.CONNECTING
    m.out.append(OpenSession(m.rules.greeting))


def hear(m: Memory, event: CallerAudio, now: float) -> None:
    """The hot path: straight to the model, unless it is being held back."""
    del now
    if m.holding:
        m.kept.add(event.audio)
    else:
        m.out.append(Listen(event.audio))


def keep(m: Memory, event: CallerAudio, now: float) -> None:
    """No session can hear it now: keep it for the next."""
    del now
    m.kept.add(event.audio)


def speaking(m: Memory, event: SpeechStarted, now: float) -> None:
    """The caller speaks, by our own detector."""
    del event
    m.speaking_since = m.active_at = now
    m.silence_asked = 0
    m.kept.speech = True
    m.transcript.caller_turn(now)


def silent(m: Memory, event: SpeechEnded, now: float) -> None:
    """The caller fell silent."""
    m.speech_ended_at = m.active_at = now - event.silence_ms / 1000.0
    m.speaking_since = None
    m.unanswered = m.state is not State.CONNECTING


def key(m: Memory, event: KeyPressed, now: float) -> None:
    """Keys are gathered and told to the model together."""
    m.keys = (m.keys + event.key)[-LONGEST_KEYS:]
    m.keys_at = m.active_at = now
    m.silence_asked = 0


def mark(m: Memory, event: MarkReached, now: float) -> None:
    """Sound was heard, or swept out: the playout knows which."""
    m.playout.mark_reached(event.name, now)


def hung_up(m: Memory, event: CallerHungUp, now: float) -> None:
    """The stream is gone."""
    if m.leaving is not None:
        finish(m, now, m.leaving.disposition, "caller")
        return
    finish(m, now, dispositions.CALLER_HUNG_UP if event.clean else dispositions.STREAM_LOST, "caller")


def left(m: Memory, event: CallerHungUp, now: float) -> None:
    """While away the stream closes because we left it; when the caller hangs up, too, the webhooks say so."""
    del m, event, now


def returned(m: Memory, event: CallerReturned, now: float) -> None:
    """Nobody took the call over: go on where we were, on a new stream and a renewed session."""
    del event
    m.playout = Playout(queued_ms=m.playout.sent_ms, sent_ms=m.playout.sent_ms)
    m.playout.clear(now)
    m.state = State.RENEWING
    m.refused = False
    m.sessions_asked_at = m.active_at = now
    m.wants_opening = exactly(m.phrase("handoff_failed", "Nobody is free right now. How else can I help you?"))
    m.out.append(RenewSession(m.handle, "" if m.handle else m.transcript.story()))
