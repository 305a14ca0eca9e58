"""A call that a person of ours has in hand: the caller is on hold, or talks to them, and the assistant waits."""

from collections.abc import Iterator

from app.call import dispositions, ending, sessions
from app.call.commands import HandOff, Play
from app.call.events import SpeechEnded, SpeechStarted, SupervisorAsked, SupervisorSpoke
from app.call.memory import Held, Memory
from app.call.speaking import exactly, phrase_said

AHEAD_S = 1.0  # more sound of a person's than this is not kept: it came late, and they speak on
LISTENED_TO = "A colleague is listening to this call."
HOLD = "please_hold", "Please hold the line for a moment."
TAKEN = (
    "[A colleague of yours has just spoken to the caller, out of your hearing. You have the call again: say so in one "
    "short sentence, and ask whether there is anything else you can do.]"
)


def wishes(m: Memory, event: SupervisorAsked) -> Iterator[str]:
    """What the model is told for somebody who has a word in the call, or listens."""
    if event.action == "say":
        yield exactly(event.text)
    elif event.action == "note":
        yield f"[Note from a colleague, not for the caller's ear: {event.text}]"
    elif event.action == "listen" and m.rules.notice_of_listening and not m.listened:
        m.listened = True
        yield phrase_said(m, "colleague_listens", LISTENED_TO)


def say_and_hold(m: Memory, now: float, how: Held) -> None:
    """The caller is told to hold, or that a colleague takes over; then the assistant waits."""
    sentence = HOLD if how == "hold" else ("handing_off", ending.HANDING_OFF)
    ending.say_and_leave(m, now, *sentence, dispositions.ENDED_BY_OPS)
    assert m.leaving is not None
    m.leaving.held = how


def hand_off(m: Memory, now: float) -> None:
    """To a representative, by Twilio's word: no session could say it."""
    if m.rules.handoff_number is not None:
        said = m.phrase("handing_off", ending.HANDING_OFF)
        ending.hand_off(m, now, HandOff(m.rules.handoff_number, said, m.phrase_language))


def asked(m: Memory, event: SupervisorAsked, now: float) -> None:
    """Whoever has the call in hand wants something else."""
    match event.action:
        case "end":
            ending.hang_up_with(m, now, *ending.FAREWELL, dispositions.ENDED_BY_OPS)
        case "hand_off":
            hand_off(m, now)
        case "hold":
            m.held, m.held_until = "hold", now + ending.HOLD_S
        case "take_over":
            m.held, m.held_until = "taken", now + ending.COME_S
        case "resume":
            resume(m, now)
        case "say" | "note" | "listen":
            m.owed.extend(wishes(m, event))


def spoke(m: Memory, event: SupervisorSpoke, now: float) -> None:
    """A person's own voice, straight to the caller."""
    if m.held != "taken":
        return
    m.held_until = now + ending.COME_S
    if m.spoken_until - now > AHEAD_S:
        return
    m.spoken_until = max(m.spoken_until, now) + event.audio.ms / 1000.0
    m.out.append(Play(event.audio))


def speaking(m: Memory, event: SpeechStarted, now: float) -> None:
    """The caller speaks, and not to the assistant."""
    del event
    m.speaking_since = now


def silent(m: Memory, event: SpeechEnded, now: float) -> None:
    """They fell silent."""
    del event, now
    m.speaking_since = None


def resume_at(m: Memory, now: float) -> float | None:
    """When nobody has come for too long."""
    del now
    return m.held_until


def resume(m: Memory, now: float) -> None:
    """The assistant goes on, and says so."""
    welcome = phrase_said(m, "thanks_for_holding", "Thank you for holding. Please go on.")
    m.owed.append(TAKEN if m.held == "taken" else welcome)
    m.owed.extend(m.unfinished)
    m.unfinished.clear()
    sessions.start_over(m, now)
    sessions.reconnect(m, now)
