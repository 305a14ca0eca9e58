"""The assistant's sound and words: playing, cutting, recording, and asking the model to speak."""

from app.call.commands import ClearPlayout, Play, Say, TellHeard
from app.call.memory import Memory

LATE_S = 1.0  # sound of a cut turn that comes later than this belongs to a new one


def exactly(sentence: str) -> str:
    """The instruction that makes the model say one sentence of ours."""
    return f'Say to the caller exactly: "{sentence}"'


def say_phrase(m: Memory, name: str, fallback: str) -> None:
    """Have the assistant say a phrase."""
    m.out.append(Say(exactly(m.phrase(name, fallback))))


def pump(m: Memory, now: float) -> None:
    """Send what is due, and note when a turn's first sound went out."""
    for play in m.playout.pump(now):
        m.out.append(play)
        if play.audio.pcm:
            _note_first_sound(m, play, now)


def _note_first_sound(m: Memory, play: Play, now: float) -> None:
    if m.first_sound_ms is None:
        m.first_sound_ms = round((now - m.started_at) * 1000)
    sent_ms = m.playout.sent_ms - play.audio.ms
    for turn in m.transcript.unheard:
        if turn.first_sent_at is None and sent_ms >= turn.start_ms - 0.5:
            turn.first_sent_at = now
            if m.unanswered and m.speech_ended_at is not None:
                turn.gap_ms = round((now - m.speech_ended_at) * 1000)
            m.unanswered = False


def cut(m: Memory, now: float, *, by_model: bool) -> None:
    """Barge-in: close the generations in flight, clear the playout, tell the model what was heard."""
    heard_ms = m.playout.clear(now)
    m.out.append(ClearPlayout())
    words = m.transcript.cut(heard_ms)
    m.barge_ins += 1
    m.active_at = now
    m.cut_at = now if by_model else None
    if m.rules.context_notes:
        m.out.append(TellHeard(_heard_note(words)))


def _heard_note(words: str) -> str:
    if not words:
        return "[The caller spoke before hearing any of your last turn.]"
    return f'[The caller interrupted. Of your last turn they heard only: "{words}"]'


def record_heard(m: Memory, now: float) -> None:
    """Record the turns that are done with."""
    m.out.extend(m.transcript.record_heard(m.playout.heard_ms(now), now))


def record_caller(m: Memory, now: float) -> None:
    """Record the caller's turn, if there is one."""
    record = m.transcript.record_caller(now)
    if record is not None:
        m.out.append(record)


def sounding(m: Memory, now: float) -> bool:
    """Sound of the assistant is on its way or in the caller's ear."""
    return m.playout.unplayed_ms(now) > 1.0


def quiet(m: Memory, now: float) -> bool:
    """Nobody speaks, nothing is under way."""
    return (
        m.speaking_since is None
        and m.transcript.open is None
        and not m.tools
        and not m.unanswered
        and m.playout.drained(now)
    )
