"""When a session is renewed on our own time: before its connection is cut, and before a chain of resumptions ends.

A connection lives for about ten minutes, with a GoAway before it is cut; sessions that were resumed one from the other
end after 58 minutes with 1011 "Deadline expired": https://ai.google.dev/gemini-api/docs/live-api/session-management
"""

from math import inf

from app.call.events import SessionEnding, SessionRenewable
from app.call.memory import Memory
from app.call.sessions import chain_is_old, renew
from app.call.speaking import quiet

GOAWAY_MARGIN_S = 5.0  # renew at the latest this long before the connection is cut
QUIET_S = 0.3  # a pause that nobody is about to end
RENEW_WITHIN_S = 40.0  # from the age at which a quiet moment is looked for
FRESH_WITHIN_S = 300.0


def ending(m: Memory, event: SessionEnding, now: float) -> None:
    """GoAway: renew at the next quiet moment, at the latest a little before the cut."""
    m.going = True
    m.renew_by = min(m.renew_by or inf, now + max(0.0, event.time_left_s - GOAWAY_MARGIN_S))


def renewable(m: Memory, event: SessionRenewable, now: float) -> None:
    """Remember the newest handle; while there is none for what is going on, the last one is behind."""
    m.handle_behind = event.handle is None
    if event.handle is not None:
        m.handle, m.handle_at = event.handle, now


def renew_at(m: Memory, now: float) -> float | None:
    """When the session is renewed: from its age on, or GoAway, at the first quiet moment; in time at the latest."""
    soonest, latest = _window(m)
    if latest == inf:
        return None
    if not quiet(m, now) or (_lags(m) and not chain_is_old(m, now)):
        return latest
    return min(latest, max(soonest, m.active_at + QUIET_S, m.playout.over_at() + QUIET_S))


def _window(m: Memory) -> tuple[float, float]:
    """From when, and until when."""
    windows = [(inf, inf)]
    if m.renew_by is not None:
        windows.append((0.0, m.renew_by))
    for since, after_s, within_s in (
        (m.opened_at, m.rules.renew_after_s, RENEW_WITHIN_S),
        (m.chain_at, m.rules.fresh_after_s, FRESH_WITHIN_S),
    ):
        if after_s is not None:
            windows.append((since + after_s, since + after_s + min(within_s, after_s / 2)))
    return min(soonest for soonest, _ in windows), min(latest for _, latest in windows)


def _lags(m: Memory) -> bool:
    """The handle leads back to before a tool's answer: a newer one is worth waiting for."""
    return m.handle is not None and (m.handle_behind or m.handle_at < m.tool_answered_at)


def renew_session(m: Memory, now: float) -> None:
    """It is time."""
    renew(m, now, fresh=chain_is_old(m, now))
