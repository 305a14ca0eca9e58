"""What is done about a model that is unwell: a word the caller hears, a fresh session, a way out."""

from app.call import dispositions
from app.call.commands import ClearPlayout, RecordFlag, Say
from app.call.debts import owe_lost_the_line
from app.call.ladder import give_up
from app.call.listening import unanswered
from app.call.memory import Memory
from app.call.sessions import renew
from app.call.speaking import play_phrase

MOST_AFRESH = 2  # sessions in a row that were begun afresh and were no better
MOST_AFRESH_EVER = 5  # and in one call


def flag(m: Memory, now: float, name: str, detail: str) -> None:
    """Put it on record."""
    m.out.append(RecordFlag(name, round(now - m.started_at, 3), detail))


def hear_phrase(m: Memory, name: str, now: float) -> bool:
    """A sentence of ours from sound made earlier, which a model that is unwell cannot spoil, if there is some.

    It takes the place of nothing: a greeting, or what a tool has answered, is owed as before.
    """
    greeted = m.transcript.sounded >= m.greeting
    if not play_phrase(m, name, now):
        return False
    if not greeted:
        m.held_first = True
        m.greeting = m.transcript.generation + 1
    m.unspoken_from_ms = m.playout.queued_ms
    return True


def stop_sound(m: Memory, now: float, spoilt_ms: float) -> None:
    """Forget what the caller has not heard yet; the last ``spoilt_ms`` of the sound were not speech."""
    sound_ms = m.playout.queued_ms - spoilt_ms
    heard_ms = m.playout.clear(now)
    m.out.append(ClearPlayout())
    m.transcript.cut(min(heard_ms, sound_ms), now)
    m.transcript.complete()
    m.unspoken_from_ms = min(m.unspoken_from_ms, heard_ms)


def begin_afresh(m: Memory, now: float, problem: str, first: str = "") -> None:
    """A new session, told the story and what the caller waits for; the handle would bring the old state back.

    ``first`` is what it is told to say instead. When fresh sessions are no better either, the call is given up.
    """
    h = m.health
    h.afresh += 1
    h.afresh_ever += 1
    if h.afresh > MOST_AFRESH or h.afresh_ever > MOST_AFRESH_EVER:
        hand_over(m, now, problem)
        return
    _owe_greeting(m)
    m.transcript.complete()  # nothing more comes of it
    forget_sound(m)
    renew(m, now, fresh=True)
    if not m.owed and not m.repeat:
        _owe(m, now, first)


def _owe_greeting(m: Memory) -> None:
    """One that did not begin, or whose sound was none."""
    if m.holding and not m.greeted:
        m.debts_noted = True
        m.greeting = m.transcript.generation + 1
        m.owed.append(greet(m))


def _owe(m: Memory, now: float, first: str) -> None:
    """What the session before is not known to have left undone, and what is waited for all the same."""
    if first or m.health.told:
        m.owed.append(first or m.health.told)
    elif m.transcript.said and m.health.asked_at is not None:
        m.owed.append(unanswered(m.transcript.said))
    elif hear_phrase(m, "lost_the_line", now):
        m.health.asked_at = None  # now the caller is
    else:
        owe_lost_the_line(m)


def greet(m: Memory) -> str:
    """The instruction to greet."""
    return f'Greet the caller now. Say exactly: "{m.rules.greeting}"'


def forget_sound(m: Memory) -> None:
    """What was measured of a session that is gone."""
    h = m.health
    h.silent_ms = h.tone_ms = h.unworded_ms = 0.0
    h.worded = h.sounded = h.go_on = False
    h.doubted_at = h.phantom_at = None


def hand_over(m: Memory, now: float, problem: str) -> None:
    """Out by the first of the line's ways that there is: a representative, a message, an apology."""
    give_up(m, now, dispositions.SESSION_LOST, problem)


def tell(m: Memory, instruction: str) -> None:
    """Tell the session."""
    m.out.append(Say(instruction))
