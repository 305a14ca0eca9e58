"""What the model hears of the caller: when it is told that they are done, and what it is given once more.

The service's own ear drops short answers that follow a turn of the model, so ours tells it the end of speech, too:
https://github.com/googleapis/python-genai/issues/2903 and
https://ai.google.dev/gemini-api/docs/live-api/capabilities (automatic detection with audioStreamEnd).
"""

from app.call import patience
from app.call.commands import Listen, PauseListening, Say
from app.call.memory import Memory, State

SHORT_MS = 2_000  # an utterance that the service may have missed whole
REPEAT_AFTER_S = 2.0  # nothing came of one for so long after its end: it is given once more
WORDS_SETTLED_S = 0.3  # no more words came for so long after the caller fell silent: these are all


def ended(m: Memory, ended_at: float) -> None:
    """The caller fell silent then: when the model is told."""
    if not m.rules.end_of_speech_ms or not m.utterance.open:
        return
    m.pause_at = ended_at + m.rules.end_of_speech_ms / 1000.0
    if m.dictation.on:
        m.pause_at = max(m.pause_at, m.dictation.until)


def released(m: Memory) -> None:
    """The model has just heard what was kept back: the caller may have been done for a while."""
    if m.speaking_since is None and m.speech_ended_at is not None:
        ended(m, m.speech_ended_at)


def pause_at(m: Memory, now: float) -> float | None:
    """When the line's patience with a silence is over."""
    del now
    return m.pause_at


def pause(m: Memory, now: float) -> None:
    """The caller is done: the model need not wait, and hears what it would have taken for too short."""
    m.pause_at, m.told_done_at = None, now
    if m.dictation.on:
        patience.end(m)
    m.out.append(PauseListening())


def missed_at(m: Memory, now: float) -> float | None:
    """When a short utterance of which nothing came is given once more."""
    del now
    utterance, caller = m.utterance, m.transcript.caller
    missed = utterance.open and utterance.speech_ms <= SHORT_MS and not utterance.repeats and utterance.ms > 0
    if not m.rules.end_of_speech_ms or not missed or m.speech_ended_at is None or m.pause_at is not None:
        return None
    if not _may_repeat(m) or m.transcript.open is not None or (caller is not None and caller.words):
        return None
    return max(m.speech_ended_at, m.opened_at, m.playout.over_at()) + REPEAT_AFTER_S


def repeat_missed(m: Memory, now: float) -> None:
    """With all that led up to it."""
    repeat_utterance(m, now)


def repeat_utterance(m: Memory, now: float) -> bool:
    """Give the model once more what the caller said last and it did not answer; False when there is nothing to give.

    Its words where they are known, else its sound. A session is given the same utterance only once more.
    """
    if not m.utterance.open or not _may_repeat(m) or m.utterance.repeats:
        return False
    words = words_of_utterance(m, now)
    if not words and not m.utterance.ms:
        return False
    m.utterance.repeats += 1
    m.pause_at = None
    if words:
        m.out.append(Say(unanswered(words)))
        return True
    m.transcript.hear_again()
    give_again(m)
    m.out.append(PauseListening())
    return True


def _may_repeat(m: Memory) -> bool:
    return m.state is State.TALKING and not m.holding and m.speaking_since is None and not m.dictation.on


def give_again(m: Memory) -> None:
    """The sound of the utterance, from a little before its onset."""
    m.out.extend(Listen(audio) for audio in m.utterance.sound())


def words_of_utterance(m: Memory, now: float) -> str:
    """The words of the utterance if all of them are known, else nothing."""
    turn = m.transcript.caller
    if turn is None or not turn.text.strip() or m.speaking_since is not None or m.speech_ended_at is None:
        return ""
    settled = turn.words_at >= m.speech_ended_at and now >= turn.words_at + WORDS_SETTLED_S
    return turn.words if turn.finished or settled else ""


def unanswered(words: str) -> str:
    """The instruction that has the model answer words it knows only in writing."""
    return f'The caller said, and has not been answered yet: "{words}"'
