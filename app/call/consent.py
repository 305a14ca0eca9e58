"""Being recorded: the caller is told of it, or asked, and what they say to it decides."""

from typing import Literal

from app.call.commands import PauseRecording, RecordConsent
from app.call.disclosure import said_in
from app.call.memory import Answer, Memory

NOTICE, QUESTION = "recording_notice", "recording_question"
KEYS: dict[str, Literal["yes", "no"]] = {"1": "yes", "2": "no"}
_TOLD = {"notice": NOTICE, "ask": QUESTION}
KEY_WITHIN_S = 60.0  # of the call


def begun(m: Memory, now: float) -> None:
    """The call begins: who tries a line from a page may have agreed there."""
    if m.rules.recording == "agreed":
        decide(m, "yes", "page", now)


def heard(m: Memory, words: str, now: float) -> None:
    """The caller has heard these words: whoever stays on after the notice may be recorded."""
    if m.rules.recording == "notice" and not m.consent and said_in(m.phrase(NOTICE, ""), words):
        decide(m, "yes", "notice", now)


def decide(
    m: Memory, answer: Literal["yes", "no"], how: Literal["notice", "spoken", "key", "page"], now: float
) -> bool:
    """The caller may be recorded, or not; False where that changes nothing. A no stands, and undoes a yes."""
    if m.rules.recording == "off" or m.consent in (answer, "no"):
        return False
    m.consent = answer
    told = m.phrase(phrase, "") if (phrase := _TOLD.get(m.rules.recording)) else ""
    m.out.append(RecordConsent(answer, how, round(now - m.started_at, 3), m.spoken, told))
    return True


def pause(m: Memory, *, on: bool) -> None:
    """What comes now is not to be heard on the recording; or that is over."""
    if m.rules.recording != "off":
        m.out.append(PauseRecording(on))


def owed(m: Memory) -> bool:
    """The notice was not heard with the greeting: it is to be told by itself."""
    greeted = m.first_sound_ms is not None and not m.transcript.unheard
    return m.rules.recording == "notice" and not m.consent and greeted and m.notices_left > 0


def chosen_by_key(m: Memory, key: str, now: float) -> Answer:
    """What a key said to the question at the beginning of the call; nothing where it is another key."""
    asked = m.rules.recording == "ask" and not m.consent and m.first_sound_ms is not None
    if not asked or m.keys or key not in KEYS or now - m.started_at > KEY_WITHIN_S:
        return ""
    decide(m, KEYS[key], "key", now)
    return KEYS[key]
