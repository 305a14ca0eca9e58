"""What a lost session still owed the caller, for the next: a greeting, an answer, the rest of one; no word is lost."""

from app.call import listening
from app.call.commands import Listen
from app.call.memory import Memory
from app.call.speaking import phrase_said, release
from app.call.turns import AssistantTurn

FINISH_GREETING = (
    "The caller has heard the beginning of your greeting, then you were cut off. Do not greet again: "
    "finish now in one short sentence that asks how you can help."
)


def note_what_is_owed(m: Memory, now: float) -> None:
    """At a loss or a renewal, once until there is a session again.

    What was generated whole is played whole, whether or not the model said that its turn was over; what a tool still
    running returns is told anyway.
    """
    if m.debts_noted:
        return
    m.debts_noted = True
    half = m.transcript.open
    if half is not None and (half.generated or half.cut_ms is not None):
        half = None
    if m.ungreeted or (m.holding and half is not None):
        owe_greeting(m)
        if not m.holding and m.utterance.open:
            _owe_utterance(m, now)
        return
    m.holding = False
    m.greeted = True
    m.owed.extend(m.unspoken)
    if m.utterance.open:
        _owe_utterance(m, now)
    elif half is not None and not m.tools and not m.unspoken:
        _owe_the_rest(m, half)


def owe_greeting(m: Memory) -> None:
    """The caller was not greeted, or not to the end."""
    m.held_first = ungreeted = m.ungreeted
    m.greeting = m.transcript.generation + 1
    m.owed.appendleft(_greet(m) if ungreeted else FINISH_GREETING)


def _greet(m: Memory) -> str:
    return f'Greet the caller now. Say exactly: "{m.rules.greeting}"'


def owe_lost_the_line(m: Memory) -> None:
    """Nothing else is possible: the caller has to say it again."""
    m.owed.append(phrase_said(m, "lost_the_line", "Sorry, I lost you for a moment. Could you repeat that?"))


def _owe_utterance(m: Memory, now: float) -> None:
    """What the caller said and was not answered: its words where all are known, else its sound."""
    words = listening.words_of_utterance(m, now)
    if not words and m.utterance.ms:
        m.transcript.hear_again()
        m.repeat = True
        return
    m.transcript.take_as_heard()
    known = words or (m.transcript.caller.words if m.transcript.caller is not None else "")
    if known:
        m.owed.append(listening.unanswered(known))
    else:
        owe_lost_the_line(m)


def _owe_the_rest(m: Memory, turn: AssistantTurn) -> None:
    """A half-heard answer goes on where the caller heard it end, unless they break into it."""
    words = " ".join(turn.text.split())
    if not turn.generated_ms:
        return
    heard = f'The caller has heard: "{words}"' if words else f"The caller has heard {turn.generated_ms / 1000:.0f} s."
    m.rest = f"You were cut off in the middle of your answer. {heard} Go on from there, do not begin again."
    m.owed.append(m.rest)
    m.unspoken.append(m.rest)
    m.unspoken_from_ms = m.playout.queued_ms


def drop_refused_sound(m: Memory, now: float) -> None:
    """The service refused what it was sent: the sound that waits is not sent to it again, ever."""
    m.kept.drop()
    for _ in m.dictation.end():
        pass
    m.utterance.spoil()
    if m.repeat:
        m.repeat = False
        _owe_utterance(m, now)


def pay(m: Memory) -> None:
    """The new session hears what the caller said meanwhile or, from its onset, what the one before did not answer."""
    if m.repeat:
        m.kept.drop()
        m.out.extend(Listen(audio) for audio in m.utterance.sound())
        m.repeat = False
        listening.released(m)
    else:
        release(m)
        if m.speech_ended_at is not None and m.speech_ended_at >= m.lost_at:
            listening.released(m)
