"""An answer that does not come: a nudge, a word to the caller, a fresh session, a representative.

Open sessions have been seen to fall silent after an interruption, after a tool's answer or for no reason at all, with
nothing on the wire to tell it by (https://github.com/google-gemini/gemini-live-api-examples/issues/54,
https://github.com/googleapis/python-genai/issues/2117). What tells is that somebody waits and nothing comes.
"""

from collections.abc import Callable

from app.call import flags
from app.call.commands import AnswerTool, Say
from app.call.events import SpeechEnded, TurnCompleted
from app.call.health import begin_afresh, flag, greet, hand_over, hear_phrase, tell
from app.call.listening import repeat_utterance, unanswered
from app.call.memory import Memory, State

PAUSE_S = 2.0  # a caller who speaks again within this had only paused
BREATH_S = 1.5  # into a silence shorter than this nothing is said
HEARD_OUT_MS = 300.0  # who speaks while more than this is to be heard still listens, and is not asking
SHORTEST_MS = 150  # speech of which no word is understood and that is shorter is a noise
UNCALLED_FOR_S = 3.0  # words that come so soon after the assistant's sound are late ones that it has answered
NUDGE = "The caller has spoken and waits. Answer now; if you did not understand, ask them to say it again."
REJECTED = "RESPONSE_REJECTED"  # https://ai.google.dev/api/live#turncompletereason
NOTE = "["  # an instruction that begins so is to be known, not answered

Step = Callable[[Memory, float], None]


# ---- who waits, and since when


def asked_by_caller(m: Memory, event: SpeechEnded, now: float) -> None:
    """The caller stopped speaking."""
    understood = m.transcript.caller is not None and m.transcript.caller.text.strip()
    if event.speech_ms < SHORTEST_MS and not understood:
        return
    if m.unanswered and m.playout.unplayed_ms(now) < HEARD_OUT_MS:
        ask(m, now - event.silence_ms / 1000.0)


def asked_in_words(m: Memory, now: float) -> None:
    """Words of the caller came whom our own detector did not hear."""
    quiet = m.speaking_since is None and m.playout.unplayed_ms(now) < 1.0 and m.transcript.open is None
    if quiet and now - m.playout.over_at() > UNCALLED_FOR_S:
        ask(m, now)


def ask(m: Memory, at: float, told: str = "") -> None:
    """From ``at`` on an answer is waited for, if none was before."""
    if m.health.asked_at is None:
        m.health.asked_at, m.health.told, m.health.steps = at, told, 0


def answered(m: Memory) -> None:
    """Sound came, or a tool is used."""
    h = m.health
    h.asked_at, h.told, h.steps, h.empties = None, "", 0, 0
    h.sounded = True


def watch(m: Memory, now: float) -> None:
    """After every event: have we asked for something, does the caller go on after all, is a greeting due?"""
    h = m.health
    if m.transcript.open is not None and any(isinstance(command, Say) for command in m.out):
        h.broke_in_at = now
    if m.state is State.TALKING:
        _watch(m, now)


def _watch(m: Memory, now: float) -> None:
    h = m.health
    for command in m.out:
        if isinstance(command, AnswerTool) and command.scheduling != "SILENT":
            h.asked_at = None
            ask(m, _when_heard(m, now))
        elif isinstance(command, Say) and not command.instruction.startswith(NOTE):
            ask(m, _when_heard(m, now), command.instruction)
    if m.speaking_since is not None:
        if h.asked_at is not None and not h.steps and not h.told and m.speaking_since - h.asked_at < PAUSE_S:
            h.asked_at = None
    elif m.holding and m.transcript.sounded < m.greeting and not h.steps:
        ask(m, m.opened_at, greet(m))


def _when_heard(m: Memory, now: float) -> float:
    """Now, or when what is being heard has been heard."""
    return now + m.playout.unplayed_ms(now) / 1000.0


# ---- the steps


def step_at(m: Memory, now: float) -> float | None:
    """When the next step is due: not while the caller speaks or a tool runs, nor into a pause that may go on."""
    del now
    h = m.health
    if h.asked_at is None or h.steps >= len(STEPS) or m.speaking_since is not None or m.tools or m.dictation.paused:
        return None
    at_s, before_s = STEPS[h.steps][0], STEPS[h.steps - 1][0] if h.steps else 0.0
    due = max(h.asked_at + at_s, h.stepped_at + (at_s - before_s) / 2)  # not all at once when we have stood still
    return due if m.speech_ended_at is None else max(due, m.speech_ended_at + BREATH_S, m.dictation.until + BREATH_S)


def take_step(m: Memory, now: float) -> None:
    """The next of STEPS."""
    step = STEPS[m.health.steps][1]
    m.health.steps += 1
    m.health.stepped_at = now
    step(m, now)


def take_outage_step(m: Memory, now: float) -> None:
    """While a session is being replaced there is a word for who waits already; nobody is kept for ever."""
    if STEPS[m.health.steps][1] is _hand_over:
        take_step(m, now)
    else:
        m.health.steps += 1
        m.health.stepped_at = now


def _nudge(m: Memory, now: float) -> None:
    _flag(m, now, "nudged")
    by_us = m.unspoken or m.health.told
    if by_us or not repeat_utterance(m, now):
        tell(m, _reminder(m))


def _reminder(m: Memory) -> str:
    """What is waited for, once more."""
    if m.unspoken:
        return "\n".join(m.unspoken)
    if m.health.told:
        return m.health.told
    said = m.transcript.said
    return unanswered(said) if said and not _answered_before(m) else NUDGE


def _answered_before(m: Memory) -> bool:
    """The last words that were understood are of a turn that has had its answer."""
    return m.transcript.caller is None or m.transcript.caller.answered_by is not None


def _filler(m: Memory, now: float) -> None:
    """One that the model would have to say itself is no better than a second nudge."""
    _flag(m, now, "filler")
    if not hear_phrase(m, "one_moment", now) and m.state is State.TALKING:
        tell(m, _reminder(m))


def _afresh(m: Memory, now: float) -> None:
    _flag(m, now, "fresh session")
    begin_afresh(m, now, "no answer")


def _hand_over(m: Memory, now: float) -> None:
    _flag(m, now, "given up")
    hand_over(m, now, f"no answer for {now - (m.health.asked_at or now):.0f} s")


def _flag(m: Memory, now: float, done: str) -> None:
    waited_s = now - (m.health.asked_at if m.health.asked_at is not None else now)
    flag(m, now, flags.NO_ANSWER, f"{waited_s:.1f} s, {done}")


STEPS: tuple[tuple[float, Step], ...] = ((3.5, _nudge), (5.0, _filler), (9.0, _afresh), (20.0, _hand_over))


# ---- turns without anything in them


def turn_over(m: Memory, event: TurnCompleted, now: float) -> None:
    """A turn that the caller waited for and that held neither sound nor a tool: nudge, begin afresh, hand over."""
    h = m.health
    sounded, h.sounded = h.sounded, False
    if sounded:
        h.afresh = 0
    if (
        sounded
        or m.state is not State.TALKING
        or (h.asked_at is None and event.reason != REJECTED)
        or m.speaking_since is not None
        or m.tools
    ):
        return
    h.empties += 1
    flag(m, now, flags.EMPTY_TURN, f"{event.reason or 'no sound'}, {h.empties} in a row")
    if h.empties == 1:
        h.steps = max(h.steps, 1)
        tell(m, _reminder(m))
    elif h.empties == 2:
        h.steps = max(h.steps, 3)
        hear_phrase(m, "one_moment", now)
        begin_afresh(m, now, "empty turns")
    else:
        hand_over(m, now, f"{h.empties} empty turns in a row")
