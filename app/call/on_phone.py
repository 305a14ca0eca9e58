"""What the call does when something happens on the phone."""

from app.call import consent, dispositions, health_answers, listening, patience, shares
from app.call.commands import Listen, OpenSession, Show
from app.call.costs import stream_began
from app.call.ending import finish, go, lose_stream
from app.call.events import (
    CallerAudio,
    CallerHungUp,
    CallStarted,
    KeyPressed,
    MarkReached,
    PhotoReceived,
    SpeechEnded,
    SpeechStarted,
    TextReceived,
)
from app.call.language import chosen_by_key
from app.call.memory import Memory, State
from app.call.speaking import prove_disclosure, say_until_spoken_of

LONGEST_KEYS = 32
LONGEST_TEXT = 1_600  # characters, of a text message: https://www.twilio.com/docs/glossary/what-sms-character-limit


def started(m: Memory, event: CallStarted, now: float) -> None:
    """The stream is up: open a session that greets."""
    del event
    m.started_at = m.active_at = m.transcript.started_at = now
    stream_began(m, now)
    m.session_by = now + m.rules.session_wait_s
    m.hold_asked_by = now + m.rules.hold_s
    m.end_by = now + m.rules.longest_call_s
    m.state = State.CONNECTING
    if m.rules.discloses:
        m.disclosing, m.disclosing_in = m.rules.greeting, m.rules.language
    consent.begun(m, now)
    m.out.append(OpenSession(m.rules.greeting, m.rules.greeting_cached))


def hear(m: Memory, event: CallerAudio, now: float) -> None:
    """The hot path: straight to the model, unless it is being held back."""
    del now
    m.utterance.add(event.audio)
    if m.holding:
        m.kept.add(event.audio)
    elif m.dictation.on:
        m.out.extend(Listen(audio) for audio in m.dictation.add(event.audio))
    else:
        m.out.append(Listen(event.audio))


def keep(m: Memory, event: CallerAudio, now: float) -> None:
    """No session can hear it now: keep it for the next."""
    del now
    m.utterance.add(event.audio)
    m.kept.add(event.audio)


def speaking(m: Memory, event: SpeechStarted, now: float) -> None:
    """The caller speaks, by our own detector."""
    del event
    m.speaking_since = m.active_at = now
    m.silence_asked = 0
    m.kept.speech = True
    m.pause_at = None
    m.utterance.begin()
    m.dictation.go_on()
    record = m.transcript.caller_began(now)
    if record is not None:
        m.out.append(record)


def silent(m: Memory, event: SpeechEnded, now: float) -> None:
    """The caller fell silent. A quick answer may have begun before our detector could tell."""
    ended_at = now - event.silence_ms / 1000.0
    shares.fell_silent(m, m.speaking_since, ended_at)
    m.speaking_since = None
    m.speech_ended_at = ended_at
    m.utterance.end(event.speech_ms)
    m.active_at = max(m.active_at, ended_at)
    m.transcript.caller_ended(ended_at)
    if m.holding:
        return  # the model has not heard it
    patience.paused(m, now, event.silence_ms)
    m.unanswered = True
    health_answers.asked_by_caller(m, event, now)
    for turn in m.transcript.unheard:
        if turn.cut_ms is None and turn.first_sent_at is not None and turn.first_sent_at >= ended_at:
            m.unanswered = False
            m.utterance.close()
            if turn.gap_ms is None:
                shares.waited(m, turn, ended_at)
    listening.ended(m, ended_at)


def key(m: Memory, event: KeyPressed, now: float) -> None:
    """Keys are gathered and told to the model together."""
    m.active_at = now
    m.silence_asked = 0
    if chosen_by_key(m, event.key, now) or _consented(m, event.key, now):
        return
    if not m.keys:
        consent.pause(m, on=True)  # it may be the number of a card
    m.keys = (m.keys + event.key)[-LONGEST_KEYS:]
    m.keys_at = now


def _consented(m: Memory, key: str, now: float) -> bool:
    """A key answered whether the call may be recorded: the model asks what they call for."""
    answer = consent.chosen_by_key(m, key, now)
    if answer:
        said = "agree to be recorded" if answer == "yes" else "do not want to be recorded, and are not"
        _tell(m, f"The caller pressed {key}: they {said}. Say that in a few words, and ask how you can help.")
    return bool(answer)


def text(m: Memory, event: TextReceived, now: float) -> None:
    """Written words: a turn of the caller's, and never an instruction of the house's.

    Whoever can forge a number can text: a message is told, but nothing is confirmed by it.
    """
    typed = event.by == "typed"
    _wrote(m, event.text, "" if typed else "text message", now, proven=typed)
    _tell(m, _of_text(event))


def _of_text(event: TextReceived) -> str:
    words = event.text[:LONGEST_TEXT]
    return words if event.by == "typed" else f'The caller sent a text message: "{words}"'


def photo(m: Memory, event: PhotoReceived, now: float) -> None:
    """A photo is shown to the model, now or as soon as one can see it."""
    _wrote(m, event.text, "photo", now, proven=False)
    if m.state is State.TALKING:
        m.out.append(Show(event.image))
    else:
        m.photos.append(event.image)
    words = f' with the words "{event.text[:LONGEST_TEXT]}"' if event.text else ""
    _tell(m, f"The caller sent a photo{words}: you can see it now. Say what you see of what they asked about.")


def _wrote(m: Memory, words: str, note: str, now: float, *, proven: bool) -> None:
    m.active_at = now
    m.silence_asked = 0
    m.out.extend(m.transcript.caller_wrote(words[:LONGEST_TEXT], now, note, proven=proven))


def _tell(m: Memory, told: str) -> None:
    """Tell the session, or the one that opens next."""
    if m.state is State.TALKING:
        say_until_spoken_of(m, told)
    else:
        m.owed.append(told)


def mark(m: Memory, event: MarkReached, now: float) -> None:
    """Sound was heard, or swept out: the playout knows which."""
    if m.playout.mark_reached(event.name, now):
        shares.heard(m, now)
        prove_disclosure(m, now)


def hung_up(m: Memory, event: CallerHungUp, now: float) -> None:
    """The stream is gone. A last word that was under way decides how that counts, but for a handoff not made."""
    goes_on = m.leaving is None or m.leaving.pass_on or bool(m.leaving.held)
    if goes_on and not event.clean:
        m.stream_silent = event.silent
        lose_stream(m, now)
    elif m.leaving is not None and m.leaving.hand_off and not event.clean:
        go(m, now)  # the caller may still be there: Twilio asks, and dials
    elif m.leaving is not None and not m.leaving.hand_off and not goes_on:
        finish(m, now, m.leaving.disposition, "caller")
    else:
        finish(m, now, dispositions.CALLER_HUNG_UP if event.clean else dispositions.STREAM_LOST, "caller")


def left(m: Memory, event: CallerHungUp, now: float) -> None:
    """While away the stream closes because we left it. One that was thought to be lost may have its ``stop`` late.

    When the phone call itself is over, a representative who is being dialled has no caller any more.
    """
    if event.call_over or (m.stream_lost and event.clean and not m.passed_on):
        finish(m, now, dispositions.MEDIA_TIMEOUT if m.stream_silent else dispositions.CALLER_HUNG_UP, "caller")
