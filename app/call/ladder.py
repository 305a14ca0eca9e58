"""The ladder of a call for which no Live session can be had: asked to hold, then a way out by the line's wish."""

from app.call.commands import HandOff, HangUp, TakeMessage
from app.call.ending import APOLOGY, finish, hand_off
from app.call.memory import Memory
from app.call.speaking import play_phrase

# From the best down: below the one a line wishes, the others are for when it cannot be had.
WAYS = ("hand_off", "voicemail", "callback", "apology")
HOLD_BREATH_S = 0.6  # between the end of a greeting and the sentence that follows it
ENGLISH = "en-US"
# Said where nobody has written the phrase.
VOICEMAIL = "I'm sorry, nobody can take your call right now. Please leave a message after the tone, then hang up."
CALLBACK = "I'm sorry, nobody can take your call right now. If you would like us to call you back, press 1."


def hold_at(m: Memory, now: float) -> float | None:
    """When a caller without a session is asked to hold: not into the greeting, nor into their own words."""
    del now
    if m.asked_to_hold or m.speaking_since is not None or ("one_moment", m.spoken) not in m.sounds:
        return None
    heard_at = m.playout.over_at() + HOLD_BREATH_S if m.first_sound_ms is not None else 0.0
    return max(m.hold_asked_by, heard_at)


def ask_to_hold(m: Memory, now: float) -> None:
    """The model cannot say it: its sound was made earlier."""
    m.asked_to_hold = True
    greeted = m.transcript.sounded >= m.greeting
    if play_phrase(m, "one_moment", now) and not greeted:
        m.held_first = True
        m.greeting = m.transcript.generation + 1  # the greeting is still to come


def give_up(m: Memory, now: float, disposition: str, problem: str) -> None:
    """No session can be had: out by the first of the line's ways that there is. Nobody is dialled twice for this."""
    m.problem = problem
    for way in m.rules.unreachable or _before_ways(m):
        if way == "hand_off" and m.rules.handoff_number is not None and not m.refusals:
            m.given_up = True
            said = m.phrase("handing_off", "I am connecting you with a colleague now.")
            hand_off(m, now, HandOff(m.rules.handoff_number, said, m.phrase_language))
            return
        if way == "voicemail":
            m.out.append(TakeMessage("voicemail", *written(m, "voicemail", VOICEMAIL)))
            break
        if way == "callback":
            m.out.append(TakeMessage("callback", *written(m, "callback_offer", CALLBACK)))
            break
    else:
        m.out.append(HangUp(m.phrase("apology", APOLOGY), m.phrase_language))
    finish(m, now, disposition, "house")


def _before_ways(m: Memory) -> tuple[str, ...]:
    """Journals of calls from before lines had a wish are led as they were."""
    return ("hand_off",) if m.greeted else ()


def written(m: Memory, name: str, fallback: str) -> tuple[str, str]:
    """A phrase for Twilio's voice and the language it is written in."""
    sentence = m.phrase(name, "")
    return (sentence, m.phrase_language) if sentence else (fallback, ENGLISH)
