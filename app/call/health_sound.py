"""Sound of the model that is no speech: silence, a steady tone, or something that no words belong to.

Journals hold no sound: what each message sounds like is measured where it comes in (``app.audio.soundness``).
"""

from app.call import flags
from app.call.events import AssistantAudio
from app.call.health import begin_afresh, flag, hear_phrase, stop_sound
from app.call.health_answers import answered, ask
from app.call.memory import Memory, State

SILENT_MS = 1_500.0  # in a row; a pause between two sentences is half of it
TONE_MS = 2_000.0  # nobody holds a note for so long
UNWORDED_MS = 8_000.0  # sound of a session that does put it into words
WORDS_LATE_S = 2.0  # which may come so late


def heard(m: Memory, event: AssistantAudio, now: float) -> None:
    """Count what is wrong, and act when it is too much. The message is in the playout already."""
    h, ms = m.health, event.audio.ms
    h.silent_ms = h.silent_ms + ms if event.flaw == "silence" else 0.0
    h.tone_ms = h.tone_ms + ms if event.flaw == "tone" else 0.0
    h.unworded_ms += ms
    if not event.flaw:
        answered(m)
    elif m.unspoken:
        m.unspoken_from_ms = m.playout.queued_ms  # nobody has said it yet
    if m.state is State.TALKING:
        _act(m, now)


def _act(m: Memory, now: float) -> None:
    h = m.health
    if h.silent_ms >= SILENT_MS:
        _replace(m, now, flags.SILENT_SOUND, h.silent_ms)
    elif h.tone_ms >= TONE_MS:
        _replace(m, now, flags.TONE, h.tone_ms)
    elif h.worded and h.unworded_ms >= UNWORDED_MS and now - h.worded_at >= WORDS_LATE_S:
        _replace(m, now, flags.UNWORDED_SOUND, h.unworded_ms)


def _replace(m: Memory, now: float, name: str, spoilt_ms: float) -> None:
    """The caller hears no more of it, but a word of ours and then the answer from a fresh session."""
    flag(m, now, name, f"{spoilt_ms / 1000:.1f} s")
    stop_sound(m, now, spoilt_ms)
    ask(m, now)
    hear_phrase(m, "one_moment", now)
    begin_afresh(m, now, f"{name}: {spoilt_ms / 1000:.1f} s of it")


def words_came(m: Memory, now: float) -> None:
    """The assistant's sound is put into words."""
    h = m.health
    h.worded, h.worded_at, h.unworded_ms = True, now, 0.0


def turn_over(m: Memory) -> None:
    """The next turn's sound is another."""
    h = m.health
    h.silent_ms = h.tone_ms = h.unworded_ms = 0.0
