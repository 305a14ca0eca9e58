"""What the call does when the house speaks."""

from app.call import dispositions
from app.call.commands import Say
from app.call.ending import RETURN_S, finish, leave
from app.call.events import Draining, HandoffAnswered, HandoffFailed, SupervisorAsked
from app.call.memory import Memory
from app.call.speaking import exactly, say_phrase

DRAIN_WORD_S = 20.0  # callers are told this long before the process goes


def answered(m: Memory, event: HandoffAnswered, now: float) -> None:
    """A representative has the caller."""
    del event
    finish(m, now, dispositions.HANDED_OFF, "assistant")


def nobody(m: Memory, event: HandoffFailed, now: float) -> None:
    """Nobody took the call: Twilio brings the caller back on a new stream."""
    del event
    m.refused = True
    m.away_until = now + RETURN_S


def supervisor(m: Memory, event: SupervisorAsked, now: float) -> None:
    """Ops or a manager has a word in the call."""
    if event.action == "end":
        say_phrase(m, "goodbye_longest", "Thank you for calling. Goodbye.")
        leave(m, now, dispositions.ENDED_BY_OPS, ended_by="house", final=True)
    elif event.action == "say":
        m.out.append(Say(exactly(event.text)))
    else:
        m.out.append(Say(f"[Note from a colleague, not for the caller's ear: {event.text}]"))


def draining(m: Memory, event: Draining, now: float) -> None:
    """This process goes down: the call's own limit moves closer."""
    m.end_by = min(m.end_by, now + max(0.0, event.within_s - DRAIN_WORD_S))
    m.end_as = dispositions.DRAINED
