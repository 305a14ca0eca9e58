"""What the call does when the house speaks."""

from app.call import dispositions
from app.call.commands import Say
from app.call.ending import RETURN_S, finish, hang_up_with, say_and_leave
from app.call.events import (
    Draining,
    GreetingFound,
    HandoffAnswered,
    HandoffFailed,
    PhraseFound,
    SupervisorAsked,
)
from app.call.memory import Memory
from app.call.speaking import exactly

DRAIN_WORD_S = 20.0  # callers are told this long before the process goes
PASS_WORD_S = 8.0  # and asked to hold this long before, where another process goes on
FAREWELL = "goodbye_longest", "Thank you for calling. Goodbye."


def greeting_found(m: Memory, event: GreetingFound, now: float) -> None:
    """The greeting is heard while the session is still being opened."""
    m.transcript.assistant_said(f"{m.rules.greeting} ", m.rules.language, now)  # whatever follows is another word
    turn = m.transcript.assistant_sounded(event.audio.ms, m.playout.queued_ms, now)
    assert turn is not None
    m.playout.queue(event.audio, turn.generation)
    m.playout.finish()
    m.transcript.complete()
    m.greeting = turn.generation
    m.active_at = now


def phrase_found(m: Memory, event: PhraseFound, now: float) -> None:
    """A sentence that can be heard without a session."""
    del now
    m.sounds[event.name, event.language] = event.audio


def answered(m: Memory, event: HandoffAnswered, now: float) -> None:
    """A representative has the caller."""
    del event
    if m.stream_lost:
        return  # a late word about a dial before
    finish(m, now, dispositions.HANDED_OFF, "assistant")


def nobody(m: Memory, event: HandoffFailed, now: float) -> None:
    """Nobody took the call: Twilio brings the caller back on a new stream."""
    del event
    if m.stream_lost:
        return  # a late word about a dial before
    m.refused = True
    m.refusals += 1
    m.away_until = now + RETURN_S


def ask(m: Memory, event: SupervisorAsked, now: float) -> None:
    """Ops or a manager has a word in the call."""
    if event.action == "end":
        say_and_leave(m, now, *FAREWELL, dispositions.ENDED_BY_OPS)
    else:
        m.out.append(Say(_wish(event)))


def ask_later(m: Memory, event: SupervisorAsked, now: float) -> None:
    """The same while there is no session: the next is told, or Twilio says goodbye."""
    if event.action == "end":
        hang_up_with(m, now, *FAREWELL, dispositions.ENDED_BY_OPS)
    else:
        m.owed.append(_wish(event))


def _wish(event: SupervisorAsked) -> str:
    if event.action == "say":
        return exactly(event.text)
    return f"[Note from a colleague, not for the caller's ear: {event.text}]"


def draining(m: Memory, event: Draining, now: float) -> None:
    """This process goes down: the call's own limit moves closer, or when there is no time left it ends here."""
    if event.elsewhere and event.within_s > 0:
        m.pass_by = now + max(0.0, event.within_s - PASS_WORD_S)
        return
    if event.within_s <= 0:
        hang_up_with(m, now, *FAREWELL, dispositions.DRAINED)
        return
    end_by = now + max(0.0, event.within_s - DRAIN_WORD_S)
    if end_by < m.end_by:
        m.end_by = end_by
        m.end_as = dispositions.DRAINED
