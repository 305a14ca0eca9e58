"""When the call is patient with a caller's pauses: from a question for a number to its answer."""

from app.call.commands import Listen
from app.call.dictation import asks_for_digits
from app.call.memory import Memory


def asked(m: Memory, words: str) -> None:
    """The caller has heard a turn of the assistant: is a number to be expected?"""
    if not m.rules.digits_ms:
        return
    if asks_for_digits(words, m.spoken):
        m.dictation.on = True
    elif m.dictation.on:
        end(m)


def paused(m: Memory, now: float, silence_ms: int) -> None:
    """The caller has paused."""
    if m.dictation.on:
        m.dictation.paused = True
        m.dictation.until = now + max(0.0, m.rules.digits_ms - silence_ms) / 1000.0


def patience_at(m: Memory, now: float) -> float | None:
    """When the pause has lasted so long that the number is complete."""
    del now
    return m.dictation.until if m.dictation.paused else None


def out_of_patience(m: Memory, now: float) -> None:
    """The caller is done."""
    del now
    end(m)


def end(m: Memory) -> None:
    """No number is expected any more; what the model has not heard of the caller it hears now."""
    m.out.extend(Listen(audio) for audio in m.dictation.end())
