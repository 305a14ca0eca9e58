"""What the call does when the model speaks, hears, or is done."""

from app.call import flags, health_answers, health_phantoms, health_sound
from app.call import language as languages
from app.call.commands import RecordFlag
from app.call.costs import note_usage, so_far_usd
from app.call.dispositions import COST_LIMIT
from app.call.ending import stay
from app.call.events import (
    AssistantAudio,
    AssistantInterrupted,
    GenerationCompleted,
    LanguageDetected,
    SourcesFound,
    Transcribed,
    TurnCompleted,
    UsageReported,
)
from app.call.memory import Memory
from app.call.speaking import cut, record_caller, sounding

LONGEST_AHEAD_MS = 300_000.0  # a model that is so far ahead of the ear has run away: more is not kept


def sound(m: Memory, event: AssistantAudio, now: float) -> None:
    """Sound of the assistant: into the playout, unless it belongs to a turn that was cut."""
    if m.playout.queued_ms - m.playout.sent_ms > LONGEST_AHEAD_MS:
        return
    turn = m.transcript.assistant_sounded(event.audio.ms, m.playout.queued_ms, now)
    if turn is None:
        return
    m.playout.queue(event.audio, turn.generation)
    m.active_at = now
    health_phantoms.sound_came(m)
    health_sound.heard(m, event, now)


def barge_in(m: Memory, event: AssistantInterrupted, now: float) -> None:
    """Barge-in by the model's ear. A phantom, with nothing on its way to the caller, changes nothing."""
    del event
    m.health.sounded = True  # that the turn ends without sound has its reason
    if not m.holding and sounding(m, now):
        health_phantoms.interrupted(m, now)


def last_cut(m: Memory, event: AssistantInterrupted, now: float) -> None:
    """The caller speaks into the last word: they are not done, so neither are we, unless nothing can be done."""
    del event
    if m.leaving is None or not sounding(m, now):
        return
    if not health_phantoms.heard_to_speak(m, now):
        m.health.phantom_at = now
        return
    if not m.leaving.final:
        stay(m, now)
    elif m.transcript.sounded < m.leaving.generation:
        cut(m, now)  # not the last word yet, which we asked for, is heard but what it broke into


def words(m: Memory, event: Transcribed, now: float) -> None:
    """Words, in fragments."""
    if not event.text:
        if event.side == "caller" and event.finished:
            m.transcript.caller_finished()
        return
    if event.side == "assistant":
        m.transcript.assistant_said(event.text, event.language, now)
        health_sound.words_came(m, now)
        return
    m.silence_asked = 0
    m.active_at = now
    m.language = _spoken_on_line(m, event.language) or m.language
    m.transcript.caller_said(event.text, event.language, now)
    if event.finished:
        m.transcript.caller_finished()
    health_phantoms.words_came(m, now)
    health_answers.asked_in_words(m, now)


def _spoken_on_line(m: Memory, language: str | None) -> str:
    """A caller's language that the line may be led in; in another one tools have no sentences to give."""
    if language is None or m.rules.language_policy in ("fixed", "ask"):
        return ""
    return language


def language(m: Memory, event: LanguageDetected, now: float) -> None:
    """The language of a turn that is over."""
    if event.side == "caller":
        languages.heard(m, event.language, now)
    else:
        languages.spoke(m, event.language, now)


def sources(m: Memory, event: SourcesFound, now: float) -> None:
    """Where the turn's facts are from."""
    del now
    m.transcript.found(event.sources)


def generated(m: Memory, event: GenerationCompleted, now: float) -> None:
    """All sound of the turn is here: its tail may go out after it."""
    del event, now
    m.playout.finish()
    m.transcript.generated()


def turn_over(m: Memory, event: TurnCompleted, now: float) -> None:
    """The model's turn is over; the caller's words that it answered are complete, too."""
    m.playout.finish()
    m.transcript.complete()
    record_caller(m, now, answered=True)
    health_sound.turn_over(m)
    health_answers.turn_over(m, event, now)


def usage(m: Memory, event: UsageReported, now: float) -> None:
    """What the model has counted, and whether the call may go on for what it has cost."""
    note_usage(m, event.tokens)
    limit_usd = m.rules.cost_limit_usd
    if limit_usd is None or m.end_as == COST_LIMIT:
        return
    cost_usd = so_far_usd(m, now)
    if cost_usd >= limit_usd:
        m.end_by, m.end_as = min(m.end_by, now), COST_LIMIT
        m.out.append(RecordFlag(flags.COST_LIMIT, round(now - m.started_at, 3), f"{cost_usd:.2f} USD"))
