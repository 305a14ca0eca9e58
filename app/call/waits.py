"""What the passing of time alone brings about while the call goes on: each when it is due, and what is done then."""

from app.call import consent, listening
from app.call.commands import Say
from app.call.dispositions import COST_LIMIT, SILENT
from app.call.ending import hang_up_with, say_and_hand_off, say_and_leave
from app.call.memory import Memory, ToolInUse
from app.call.speaking import cut, exactly, release, say_phrase, say_until_spoken_of, sounding

HELLO_S = 0.8  # a caller who speaks into the greeting for longer wants to be heard now
GREETING_OPEN_S = 1.0  # the greeting is not said to be over, but nothing more came for this long
OWN_BARGE_IN_S = 0.25  # speech into the sound of a turn that the model thinks is over
TALKED_OVER_S = 0.7  # the same when the assistant began to sound while the caller spoke
KEYS_PAUSE_S = 1.5  # no key for this long: the number is complete
TURN_STUCK_S = 8.0  # an open turn that adds nothing for this long is over ...
TURN_UNCLOSED_S = 2.0  # ... and so is one that was generated and heard whole
WORDS_FIRST_S = 1.0  # sound follows the words that come before it by less than this
FILLERS_AFTER_S = (0.0, 7.0, 19.0)  # beyond Rules.tool_filler_s, the words said while tools run


# ---- a turn that does not end


def turn_stuck_at(m: Memory, now: float) -> float | None:
    """When a turn that the model leaves open counts as over."""
    del now
    turn = m.transcript.open
    if turn is None:
        return None
    heard_at = m.playout.over_at()
    if turn.generated:
        return max(heard_at, m.active_at) + TURN_UNCLOSED_S
    return max(heard_at + TURN_UNCLOSED_S, m.active_at + TURN_STUCK_S)


def close_turn(m: Memory, now: float) -> None:
    """The model does not say that its turn is over."""
    del now
    m.playout.finish()
    m.transcript.complete()


def words_alone_at(m: Memory, now: float) -> float | None:
    """When words whose sound does not follow are taken for the end of the turn before."""
    del now
    return m.transcript.words_alone_at()


def join_words_alone(m: Memory, now: float) -> None:
    """Late words."""
    del now
    m.transcript.join_words_alone()


# ---- the caller speaks


def hold_until(m: Memory, now: float) -> float | None:
    """When the hold on the caller's sound ends: the greeting was heard or does not come, or the caller means it."""
    if not m.holding:
        return None
    if m.transcript.sounded < m.greeting:
        return m.hold_by
    turn = m.transcript.open
    heard_at = m.playout.over_at() + (GREETING_OPEN_S if turn is not None and not turn.generated else 0.0)
    if m.speaking_since is not None:
        return min(m.speaking_since + HELLO_S, heard_at)
    return heard_at


def early_hold_until(m: Memory, now: float) -> float | None:
    """The same before there is a session: only a caller who speaks into a greeting made earlier ends the hold."""
    del now
    if not m.holding or m.transcript.sounded < m.greeting or m.speaking_since is None:
        return None
    return m.speaking_since + HELLO_S


def end_early_hold(m: Memory, now: float) -> None:
    """The caller wants to be heard now: the session that opens hears all of it."""
    del now
    m.holding = False
    m.greeted = True


def end_hold(m: Memory, now: float) -> None:
    """From now on the model hears the caller."""
    del now
    m.holding = False
    m.greeted = True
    release(m)
    listening.released(m)


def own_barge_in_at(m: Memory, now: float) -> float | None:
    """The model does not interrupt a turn it has completed, though its sound is still being heard."""
    since = m.speaking_since
    if since is None or m.holding or m.transcript.open is not None or not sounding(m, now):
        return None
    # An answer may come quicker than our detector knows that the caller is done.
    return max(since + OWN_BARGE_IN_S, m.playout.began_at + (TALKED_OVER_S if since < m.playout.began_at else 0.0))


def own_barge_in(m: Memory, now: float) -> None:
    """Barge-in by our own ear."""
    cut(m, now)


def keys_at(m: Memory, now: float) -> float | None:
    """When the keys pressed are a whole number."""
    if not m.keys:
        return None
    return now if m.keys.endswith("#") else m.keys_at + KEYS_PAUSE_S


def tell_keys(m: Memory, now: float) -> None:
    """Keys are told to the model together, and are a turn of the caller's."""
    m.out.extend(m.transcript.caller_wrote(m.keys, now, "keys"))
    say_until_spoken_of(m, f'The caller pressed keys on the phone: "{m.keys}".')
    m.keys = ""
    consent.pause(m, on=False)


# ---- nobody speaks


def filler_at(m: Memory, now: float) -> float | None:
    """When the caller has heard nothing for too long because of tools: once, and again if the tool has more to say."""
    waited_for = _waited_for(m)
    if waited_for is None or m.speaking_since is not None:
        return None
    if m.fillers_said and m.fillers_said >= min(len(_fillers(m, waited_for)), len(FILLERS_AFTER_S)):
        return None
    called_at = waited_for.called_at
    heard_at = m.playout.over_at() if m.first_sound_ms is not None else 0.0
    since = max(called_at, heard_at, m.tool_answered_at, m.speech_ended_at or 0.0)
    turn = m.transcript.open
    begins_at = turn.opened_at + WORDS_FIRST_S if turn is not None and not turn.generated_ms else 0.0
    del now
    again_at = called_at + FILLERS_AFTER_S[m.fillers_said] if m.fillers_said else 0.0
    return max(since + m.rules.tool_filler_s, begins_at, again_at)


def _waited_for(m: Memory) -> ToolInUse | None:
    """The tool in use that the caller has waited for longest."""
    heard_of = [tool for tool in m.tools.values() if tool.name not in m.rules.quiet_tools and not tool.unwanted]
    return min(heard_of, key=lambda tool: tool.called_at, default=None)


def _fillers(m: Memory, tool: ToolInUse) -> tuple[str, ...]:
    """What the tool itself has to say while it runs, in the call's language."""
    for tag in (m.spoken, m.spoken.split("-")[0]):
        if tag in m.rules.fillers:
            return tuple(m.rules.fillers[tag].get(tool.name, ()))
    return ()


def say_filler(m: Memory, now: float) -> None:
    """The caller should not hear nothing while a slow tool runs."""
    del now
    waited_for = _waited_for(m)
    fillers = _fillers(m, waited_for) if waited_for is not None else ()
    if fillers:
        m.out.append(Say(exactly(fillers[m.fillers_said % len(fillers)])))
    else:
        say_phrase(m, "one_moment", "One moment, please.")
    m.fillers_said += 1


def silence_at(m: Memory, now: float) -> float | None:
    """When nobody has said anything for too long."""
    del now
    if m.speaking_since is not None or m.tools:
        return None
    heard_at = m.playout.over_at() if m.first_sound_ms is not None else 0.0
    return max(m.active_at, heard_at) + m.rules.silence_s


def break_silence(m: Memory, now: float) -> None:
    """Ask whether the caller is there; after that was asked often enough, say goodbye."""
    m.active_at = now
    m.unanswered = False
    m.utterance.close()
    if m.silence_asked < m.rules.silence_prompts:
        m.silence_asked += 1
        say_phrase(m, "are_you_there", "Are you still there?")
        return
    sentence = "I cannot hear you, so I will end the call. Goodbye."
    say_and_leave(m, now, "goodbye_silence", sentence, SILENT, final=False)


# ---- limits


LONGEST = "goodbye_longest", "I have to end this call now. Please call again. Goodbye."
TOO_DEAR = "goodbye_cost", "I cannot go on with this call any longer. Please call again. Goodbye."


def end_at(m: Memory, now: float) -> float | None:
    """When the call has gone on for as long as it may."""
    del now
    return m.end_by


def end_in_words(m: Memory, now: float) -> None:
    """The assistant says so; a call that has cost too much may end at a representative."""
    if m.end_as == COST_LIMIT and m.rules.cost_way == "hand_off" and m.rules.handoff_number and not m.refusals:
        say_and_hand_off(m, now)
    else:
        say_and_leave(m, now, *_last_sentence(m), m.end_as)


def end_without_session(m: Memory, now: float) -> None:
    """Twilio says so."""
    hang_up_with(m, now, *_last_sentence(m), m.end_as)


def _last_sentence(m: Memory) -> tuple[str, str]:
    return TOO_DEAR if m.end_as == COST_LIMIT and m.rules.cost_way else LONGEST
