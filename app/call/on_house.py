"""What the call does when the house speaks."""

from app.call import dispositions, held
from app.call.commands import Say
from app.call.ending import FAREWELL, RETURN_S, finish, hang_up_with, hold, say_and_hand_off, say_and_leave
from app.call.events import (
    Draining,
    GreetingFound,
    HandoffAnswered,
    HandoffFailed,
    PhraseFound,
    SupervisorAsked,
)
from app.call.memory import Memory

DRAIN_WORD_S = 20.0  # callers are told this long before the process goes
PASS_WORD_S = 8.0  # and asked to hold this long before, where another process goes on


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
    """A person of ours has a word in the call."""
    match event.action:
        case "end":
            say_and_leave(m, now, *FAREWELL, dispositions.ENDED_BY_OPS)
        case "hand_off":
            if m.rules.handoff_number is not None:
                say_and_hand_off(m, now)
        case "hold" | "take_over":
            held.say_and_hold(m, now, "hold" if event.action == "hold" else "taken")
        case "say" | "note" | "listen":
            m.out.extend(Say(wish) for wish in held.wishes(m, event))
        case "resume":
            pass  # the assistant is there


def ask_later(m: Memory, event: SupervisorAsked, now: float) -> None:
    """The same while there is no session: the next is told, or Twilio says what is to be said."""
    match event.action:
        case "end":
            hang_up_with(m, now, *FAREWELL, dispositions.ENDED_BY_OPS)
        case "hand_off":
            held.hand_off(m, now)
        case "hold" | "take_over":
            hold(m, now, "hold" if event.action == "hold" else "taken")
        case "say" | "note" | "listen":
            m.owed.extend(held.wishes(m, event))
        case "resume":
            pass


def ask_early(m: Memory, event: SupervisorAsked, now: float) -> None:
    """And before there was one: a caller who was not greeted yet is not put on hold."""
    if event.action not in ("hold", "take_over"):
        ask_later(m, event, now)


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
