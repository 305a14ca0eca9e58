"""A call that leaves its process: passed on to another that goes on with it, or left behind by one that died."""

from app.call import ending
from app.call.dispositions import DRAINED, WORKER_LOST
from app.call.events import WorkerLost
from app.call.memory import Memory, State
from app.call.renewal import QUIET_S
from app.call.speaking import quiet


def pass_at(m: Memory, now: float) -> float | None:
    """When the caller is asked to hold: at the first quiet moment, in time at the latest."""
    if m.pass_by is None or not quiet(m, now):
        return m.pass_by
    return min(m.pass_by, max(m.active_at, m.playout.over_at()) + QUIET_S)


def ask_to_hold(m: Memory, now: float) -> None:
    """The caller is told, then the stream is left."""
    m.pass_by = None
    ending.say_and_leave(m, now, "please_hold", "Please hold the line for a moment.", DRAINED)
    assert m.leaving is not None
    m.leaving.pass_on = True


def pass_by(m: Memory, now: float) -> float | None:
    """When a call without a session, in which nothing can be said, is passed on."""
    del now
    return m.pass_by


def pass_on(m: Memory, now: float) -> None:
    """At once: what the caller says is heard again in the other process."""
    ending.pass_on(m, now)


def worker_lost(m: Memory, event: WorkerLost, now: float) -> None:
    """The end of a call whose process died; one that had been passed on, or handed off, ends as it would have."""
    del event
    if m.state is State.AWAY and (m.passed_on or not m.stream_lost):
        ending.away_over(m, now)
    else:
        ending.finish(m, now, WORKER_LOST, "house")
