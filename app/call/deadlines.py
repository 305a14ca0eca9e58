"""What is due now, and when to look next: one table of waits, each with its time and what is done then."""

from collections.abc import Callable

from app.call import (
    ending,
    health_answers,
    health_phantoms,
    held,
    ladder,
    language,
    listening,
    moving,
    on_tools,
    patience,
    renewal,
    sessions,
    speaking,
    waits,
)
from app.call.memory import Memory, State
from app.call.speaking import pump, record_heard, sounding

SOONEST_S = 0.005  # two looks at the clock are at least this far apart
MOST_AT_ONCE = 8  # waits that one event can bring to their end

At = Callable[[Memory, float], float | None]
Then = Callable[[Memory, float], None]

OWN_BARGE_IN = (waits.own_barge_in_at, waits.own_barge_in)
PASS_ON = (moving.pass_by, moving.pass_on)

# In order: of what is due at the same time the first is done first.
WAITS: dict[State, tuple[tuple[At, Then], ...]] = {
    State.WAITING: (),
    State.CONNECTING: (
        (waits.early_hold_until, waits.end_early_hold),
        OWN_BARGE_IN,
        (ladder.hold_at, ladder.ask_to_hold),
        PASS_ON,
        (sessions.session_by, sessions.no_session),
        (waits.end_at, waits.end_without_session),
    ),
    State.TALKING: (
        (waits.turn_stuck_at, waits.close_turn),
        (waits.words_alone_at, waits.join_words_alone),
        (waits.hold_until, waits.end_hold),
        (health_phantoms.doubt_until, health_phantoms.end_doubt),
        (health_phantoms.late_at, health_phantoms.real_after_all),
        OWN_BARGE_IN,
        (patience.patience_at, patience.out_of_patience),
        (listening.pause_at, listening.pause),
        (listening.missed_at, listening.repeat_missed),
        (waits.keys_at, waits.tell_keys),
        (on_tools.held_at, on_tools.run_held),
        (on_tools.lost_at, on_tools.give_up_lost),
        (waits.filler_at, waits.say_filler),
        (waits.end_at, waits.end_in_words),
        (health_phantoms.go_on_at, health_phantoms.ask_for_the_rest),
        (health_answers.step_at, health_answers.take_step),
        (moving.pass_at, moving.ask_to_hold),
        (renewal.renew_at, renewal.renew_session),
        (language.disclose_at, language.say_disclosure),
        (speaking.notice_at, speaking.say_notice),
        (waits.silence_at, waits.break_silence),
    ),
    State.RENEWING: (
        OWN_BARGE_IN,
        (ladder.hold_at, ladder.ask_to_hold),
        PASS_ON,
        (sessions.hold_word_at, sessions.say_hold_word),
        (health_answers.step_at, health_answers.take_outage_step),
        (sessions.session_by, sessions.no_session),
        (waits.end_at, waits.end_without_session),
    ),
    State.LEAVING: (
        (ending.stay_at, ending.stay),
        (ending.go_at, ending.go),
    ),
    State.HELD: (
        (held.resume_at, held.resume),
        PASS_ON,
        (waits.end_at, waits.end_without_session),
    ),
    State.AWAY: ((ending.away_at, ending.away_over),),
    State.ENDED: (),
}


def settle(m: Memory, now: float) -> float | None:
    """Do what is due; returns when to hand in DeadlinePassed, None when nothing waits for time.

    Run after every event but the caller's sound.
    """
    if m.state is State.WAITING:
        return None
    for _ in range(MOST_AT_ONCE):
        if m.state is State.ENDED:
            return None
        pump(m, now)
        record_heard(m, now)
        health_answers.watch(m, now)
        soonest, act = _next(m, now)
        if act is None:
            return _look_again(m, now, soonest)
        act(m, now)
    return now + SOONEST_S


def goes_on(m: Memory) -> bool:
    """Whether sound that has just been taken in is only more of a turn that is being heard: nothing waits for that.

    Then no wait can have come nearer, and ``settle`` would find nothing to do before the deadline it has found last.
    """
    turn = m.transcript.open
    return (
        m.state is State.TALKING
        and turn is not None
        and turn.first_sent_at is not None
        and len(m.transcript.unheard) == 1
        and not (m.out or m.holding or m.unspoken)
        and m.health.phantom_at is None
    )


def go_on(m: Memory, now: float, deadline: float) -> float:
    """Send what is due of sound that ``goes_on``; returns the next deadline, at the latest that before."""
    pump(m, now)
    refill_at = m.playout.refill_at(now)
    if refill_at is None and sounding(m, now):
        refill_at = m.playout.over_at()
    return deadline if refill_at is None else min(deadline, max(refill_at, now + SOONEST_S))


def _next(m: Memory, now: float) -> tuple[float, Then | None]:
    """The first wait that is over, or when the soonest will be."""
    soonest = float("inf")
    for at, then in WAITS[m.state]:
        due = at(m, now)
        if due is None:
            continue
        if due <= now:
            return due, then
        soonest = min(soonest, due)
    return soonest, None


def _look_again(m: Memory, now: float, soonest: float) -> float | None:
    """The soonest wait, or earlier if there is sound to send or a turn to record."""
    refill_at = m.playout.refill_at(now)
    if refill_at is not None:
        soonest = min(soonest, refill_at)
    elif m.transcript.unheard and sounding(m, now):
        soonest = min(soonest, m.playout.over_at())
    record_at = m.transcript.record_at()
    if record_at is not None:
        soonest = min(soonest, record_at)
    return max(soonest, now + SOONEST_S)
