"""Interruptions that nobody made: the model stops in the middle of an answer, though the caller has not spoken.

Noise on the line, an echo or nothing at all has been seen to make the service say ``interrupted``
(https://github.com/googleapis/python-genai/issues/2333). What is here already is played on, and the rest asked for.
"""

from app.call import flags
from app.call.ending import stay
from app.call.health import begin_afresh, flag, tell
from app.call.memory import Memory, State
from app.call.speaking import cut, sounding

SURE_S = 0.1  # our own detector may know of a caller's word so much later than the model
NEAR_S = 1.0  # speech so close to an interruption was what made it
OURS_S = 2.0  # an instruction of ours breaks into a turn, too
WORDS_S = 1.0  # words of a caller whom our detector cannot hear are waited for, where there is sound for so long
WORDS_LATE_S = 3.0  # and believed when they come later
BEFORE_DRY_S = 0.7  # the rest is asked for so long before the ear runs dry
MOST = 3  # then a session is replaced
WORDS_TOLD = 12
GO_ON = (
    'Nobody has interrupted you: the caller did not speak. Go on right after your words "{words}", saying only what is '
    "left to say."
)


def interrupted(m: Memory, now: float) -> None:
    """The model says it was interrupted, with sound on its way: at once or, if nobody was heard, soon decided."""
    h, turn = m.health, m.transcript.open
    if heard_to_speak(m, now):
        h.doubted_at = None
        cut(m, now)
    elif h.doubted_at is None:
        h.doubted_at = now
        h.go_on = turn is not None and not turn.generated and turn.cut_ms is None


def heard_to_speak(m: Memory, now: float) -> bool:
    """Our own ear says that there was something to be interrupted by: not what the answer that is heard answers."""
    if m.speaking_since is not None or now - m.health.broke_in_at <= OURS_S:
        return True
    ended_at = m.speech_ended_at
    return ended_at is not None and now - ended_at <= NEAR_S and ended_at > m.playout.began_at


def doubt_until(m: Memory, now: float) -> float | None:
    """When it is known whether the caller spoke."""
    h = m.health
    if h.doubted_at is None:
        return None
    return now if m.speaking_since is not None else h.doubted_at + SURE_S


def end_doubt(m: Memory, now: float) -> None:
    """They did, or it was nothing."""
    h = m.health
    h.doubted_at = None
    if m.speaking_since is not None:
        _cut(m, now)
        return
    h.phantom_at = now
    h.phantoms += 1
    flag(m, now, flags.PHANTOM, f"{m.playout.unplayed_ms(now) / 1000:.1f} s left to hear")
    if h.phantoms >= MOST:
        rest = _rest(m) if h.go_on else ""
        h.phantoms = 0
        begin_afresh(m, now, "phantom interruptions", rest)


def late_at(m: Memory, now: float) -> float | None:
    """When a caller who began to speak right after what seemed a phantom is given the floor: at once."""
    h = m.health
    if h.phantom_at is None or m.speaking_since is None or not sounding(m, now):
        return None
    return now if 0.0 <= m.speaking_since - h.phantom_at <= NEAR_S else None


def real_after_all(m: Memory, now: float) -> None:
    """Somebody had spoken."""
    _cut(m, now)


def _cut(m: Memory, now: float) -> None:
    m.health.phantom_at, m.health.go_on = None, False
    if sounding(m, now):
        cut(m, now)


def go_on_at(m: Memory, now: float) -> float | None:
    """When the model is asked for the rest: in time for the ear, but not before a caller's words could have come."""
    h = m.health
    if not h.go_on or h.phantom_at is None or m.speaking_since is not None or m.tools:
        return None
    dry_at = now + m.playout.unplayed_ms(now) / 1000.0
    return max(h.phantom_at, min(h.phantom_at + WORDS_S, dry_at - BEFORE_DRY_S))


def ask_for_the_rest(m: Memory, now: float) -> None:
    """The caller hears the answer to its end."""
    del now
    m.health.go_on = False
    tell(m, _rest(m))


def _rest(m: Memory) -> str:
    turns = [turn.text for turn in m.transcript.unheard if turn.text.strip()]
    return GO_ON.format(words=" ".join(turns[-1].split()[-WORDS_TOLD:]) if turns else "")


def sound_came(m: Memory) -> None:
    """The model has gone on by itself."""
    if m.health.phantom_at is not None:
        m.health.go_on = False


def words_came(m: Memory, now: float) -> None:
    """The caller's words: whoever was too quiet for our detector was there all the same."""
    h = m.health
    since = h.doubted_at if h.doubted_at is not None else h.phantom_at
    if since is None or now - since > WORDS_LATE_S or not sounding(m, now):
        return
    h.doubted_at = h.phantom_at = None
    h.go_on = False
    if m.state is not State.LEAVING:
        cut(m, now)
    elif m.leaving is not None and not m.leaving.final:
        stay(m, now)
