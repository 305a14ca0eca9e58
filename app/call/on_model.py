"""What the call does when the model speaks, hears, or is done."""

from app.call.ending import stay
from app.call.events import (
    AssistantAudio,
    AssistantInterrupted,
    GenerationCompleted,
    Transcribed,
    TurnCompleted,
    UsageReported,
)
from app.call.memory import Memory
from app.call.speaking import cut, record_caller, sounding


def sound(m: Memory, event: AssistantAudio, now: float) -> None:
    """Sound of the assistant: into the playout, unless it belongs to a turn that was cut."""
    turn = m.transcript.assistant_sounded(event.audio.ms, m.playout.queued_ms, now)
    if turn is None:
        return
    m.playout.queue(event.audio, turn.generation)
    m.active_at = now


def barge_in(m: Memory, event: AssistantInterrupted, now: float) -> None:
    """Barge-in by the model's ear. A phantom, with nothing on its way to the caller, changes nothing."""
    del event
    if not m.holding and sounding(m, now):
        cut(m, now)


def last_cut(m: Memory, event: AssistantInterrupted, now: float) -> None:
    """The caller speaks into the last word: they are not done, so neither are we, unless nothing can be done."""
    del event
    if m.leaving is None or not sounding(m, now):
        return
    if not m.leaving.final:
        stay(m, now)
    elif m.transcript.sounded < m.leaving.generation:
        cut(m, now)  # not the last word yet, which we asked for, is heard but what it broke into


def words(m: Memory, event: Transcribed, now: float) -> None:
    """Words, in fragments."""
    if not event.text:
        return
    if event.side == "assistant":
        m.transcript.assistant_said(event.text, event.language, now)
        return
    m.silence_asked = 0
    m.active_at = now
    m.language = event.language or m.language
    m.transcript.caller_said(event.text, event.language, now)


def generated(m: Memory, event: GenerationCompleted, now: float) -> None:
    """All sound of the turn is here: its tail may go out after it."""
    del event, now
    m.playout.finish()
    m.transcript.generated()


def turn_over(m: Memory, event: TurnCompleted, now: float) -> None:
    """The model's turn is over; the caller's words that it answered are complete, too."""
    del event
    m.playout.finish()
    m.transcript.complete()
    record_caller(m, now, answered=True)


def usage(m: Memory, event: UsageReported, now: float) -> None:
    """Tokens add up over the call."""
    del now
    for kind, count in event.tokens.items():
        m.tokens[kind] = m.tokens.get(kind, 0) + count
