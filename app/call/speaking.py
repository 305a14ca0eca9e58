"""The assistant's sound and words: playing, cutting, recording, and asking the model to speak."""

from collections.abc import Sequence

from app.call import consent, health_loops, shares
from app.call.claims import hold_against_ledger
from app.call.commands import ClearPlayout, Listen, Play, RecordFlag, RecordTurn, Say, TellHeard
from app.call.disclosure import said_in
from app.call.flags import DISCLOSED
from app.call.memory import Memory, State
from app.call.patience import asked
from app.call.turns import AssistantTurn

NOTICE_AFTER_S = 0.2  # of quiet
HEARD_SOMETHING_MS = 500.0  # of a turn no word of which is known to have been heard


def exactly(sentence: str, put_into: str = "") -> str:
    """The instruction that makes the model say one sentence of ours; ``put_into`` another language, if named."""
    into = f", put into {put_into}," if put_into else ""
    return f'Say to the caller{into} exactly: "{sentence}"'


def phrase_said(m: Memory, name: str, fallback: str) -> str:
    """The instruction to say a phrase; one that is not written in the call's language is translated by the model."""
    foreign = m.phrase_language.split("-")[0] != m.spoken.split("-")[0]
    return exactly(m.phrase(name, fallback), m.rules.language_names.get(m.spoken, m.spoken) if foreign else "")


def say_until_spoken_of(m: Memory, told: str) -> None:
    """Tell the model something that it must speak of: a session that is lost before it does leaves that to the next."""
    m.out.append(Say(told))
    m.unspoken.append(told)
    m.unspoken_from_ms = m.playout.queued_ms


def say_phrase(m: Memory, name: str, fallback: str) -> None:
    """Have the assistant say a phrase."""
    m.out.append(Say(phrase_said(m, name, fallback)))


def play_phrase(m: Memory, name: str, now: float) -> bool:
    """Have a phrase heard from sound made earlier, as a turn of its own; False when its sound is not at hand.

    The model says nothing of it and is told nothing: for times when there is no session, or none that speaks.
    """
    audio = m.sounds.get((name, m.spoken))
    if audio is None:
        return False
    m.playout.finish()
    m.transcript.complete()
    m.transcript.meanwhile.append(m.transcript.generation + 1)
    m.transcript.assistant_said(f"{m.phrase(name, '')} ", m.spoken, now)  # whatever follows is another word
    turn = m.transcript.assistant_sounded(audio.ms, m.playout.queued_ms, now)
    assert turn is not None
    m.playout.queue(audio, turn.generation)
    m.playout.finish()
    m.transcript.complete()
    return True


def pump(m: Memory, now: float) -> None:
    """Send what is due, and note when a turn's first sound went out."""
    dry_at = m.playout.dry_at()
    for play in m.playout.pump(now, m.rules.gather_ms):
        m.out.append(play)
        if play.audio.pcm:
            _note_first_sound(m, play, now, dry_at)
    if m.unspoken and m.playout.sent_ms > m.unspoken_from_ms + 0.5:
        m.unspoken.clear()


def _note_first_sound(m: Memory, play: Play, now: float, dry_at: float) -> None:
    sent_ms = m.playout.sent_ms - play.audio.ms
    for turn in m.transcript.unheard:
        if turn.first_sent_at is None and turn.generated_ms and sent_ms >= turn.start_ms - 0.5:
            turn.first_sent_at = now
            # The caller has waited since they spoke or, if they were still being spoken to then, since that was over.
            if m.unanswered and m.speech_ended_at is not None and m.first_sound_ms is not None:
                shares.waited(m, turn, max(m.speech_ended_at, dry_at))
            _note_answered(m, turn)
    if m.first_sound_ms is None:
        m.first_sound_ms = round((now - m.started_at) * 1000)


def _note_answered(m: Memory, turn: AssistantTurn) -> None:
    """A caller who speaks now may go on with what was answered too early."""
    m.unanswered = False
    if m.speaking_since is None and not m.holding and turn.generation not in m.transcript.meanwhile:
        m.utterance.close()
        m.pause_at = None


def cut(m: Memory, now: float) -> None:
    """Barge-in: close the generations in flight, clear the playout, tell the model what was heard."""
    heard_ms = m.playout.clear(now)
    m.out.append(ClearPlayout())
    turns = m.transcript.cut(heard_ms, now)
    shares.cut(m, turns, now)
    note = _heard_note(turns)
    m.unspoken_from_ms = min(m.unspoken_from_ms, heard_ms)
    _forget_the_rest(m)
    m.barge_ins += 1
    if note and m.rules.context_notes and m.state is not State.RENEWING:
        m.out.append(TellHeard(note))


def _forget_the_rest(m: Memory) -> None:
    """The caller breaks into an answer that was cut off before: nobody goes on with it."""
    for told in (m.owed, m.unspoken):
        if m.rest in told:
            told.remove(m.rest)
    m.rest = ""


def _heard_note(turns: Sequence[AssistantTurn]) -> str:
    """What the model should know of the turns that were cut; nothing if they were heard whole."""
    parts = [turn.split(turn.heard_of(0.0)) for turn in turns]
    heard_ms = sum(turn.heard_of(0.0) for turn in turns)
    heard = " ".join(words for words, _ in parts if words)
    if heard and not any(unheard for _, unheard in parts):
        return ""
    if heard:
        return f'[The caller interrupted. Of your last turn they heard only: "{heard}"]'
    if heard_ms > HEARD_SOMETHING_MS:
        return f"[The caller interrupted. Of your last turn they heard only the first {heard_ms / 1000:.0f} seconds.]"
    return "[The caller spoke before hearing any of your last turn.]"


def record_heard(m: Memory, now: float, *, everything: bool = False) -> None:
    """Record the turns that are done with; ``everything`` that is not yet, at the call's end."""
    if not m.transcript.unheard:
        return
    for record in m.transcript.record_heard(m.playout, now, everything=everything):
        m.out.append(record)
        if record.side == "assistant":
            _heard_by_caller(m, record, now)


def _heard_by_caller(m: Memory, record: RecordTurn, now: float) -> None:
    """What follows from words that have reached the caller's ear."""
    hold_against_ledger(m, record.heard, now)
    health_loops.heard(m, record.heard, now)
    asked(m, record.heard)
    consent.heard(m, record.heard, now)
    if m.disclosing and m.transcript.whole_ms is not None and said_in(m.disclosing, record.heard):
        m.unproven_ms = m.transcript.whole_ms
        prove_disclosure(m, now)


def prove_disclosure(m: Memory, now: float) -> None:
    """That an AI speaks was heard to its end: by the clock, and now by the mark behind it."""
    if m.unproven_ms is None or m.playout.proven_ms < m.unproven_ms - 0.5:
        return
    m.out.append(RecordFlag(DISCLOSED, round(now - m.started_at, 3), m.disclosing_in))
    m.disclosing, m.unproven_ms = "", None


def notice_at(m: Memory, now: float) -> float | None:
    """When the caller is told that they are recorded, who did not hear it in the greeting."""
    if not consent.owed(m) or not quiet(m, now):
        return None
    return max(m.active_at, m.playout.over_at()) + NOTICE_AFTER_S


def say_notice(m: Memory, now: float) -> None:
    """The notice by itself."""
    m.notices_left -= 1
    m.active_at = now
    say_phrase(m, consent.NOTICE, "This call is being recorded.")


def record_caller(m: Memory, now: float, *, answered: bool = False) -> None:
    """Record the caller's turn, if there is one; only if it was ``answered``."""
    record = m.transcript.record_answered(now) if answered else m.transcript.record_caller(now)
    if record is not None:
        m.out.append(record)


def release(m: Memory) -> None:
    """Let the model hear what was kept back."""
    m.out.extend(Listen(audio) for audio in m.kept.release())


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
        and not m.unspoken
        and m.playout.drained(now)
    )
