"""How a call stands at a moment, for whoever looks at it from outside: read from its memory, changes nothing."""

from dataclasses import dataclass
from typing import Literal

from app.call.costs import so_far_usd
from app.call.memory import Memory, State

STREAMING = (State.CONNECTING, State.TALKING, State.RENEWING, State.LEAVING, State.HELD)


@dataclass(frozen=True, slots=True)
class Glance:
    """Times are seconds: ``age_s`` since the call started, the others since what they tell of began.

    ``story`` has a line for each of the last turns on record; ``caller`` and ``assistant`` are the words of the turns
    that go on. ``quiet_s``: the caller has heard nothing and said nothing for so long. ``waits_s``: they wait for an
    answer. ``steps``: what was tried already against an answer that does not come.
    """

    state: str
    age_s: float
    language: str
    started_at: float = 0.0  # by the call's own clock
    story: tuple[str, ...] = ()
    caller: str = ""
    assistant: str = ""
    speaking: Literal["", "caller", "assistant"] = ""
    tools: tuple[tuple[str, float], ...] = ()
    quiet_s: float = 0.0
    waits_s: float = 0.0
    steps: int = 0
    cost_usd: float = 0.0
    sessions: int = 0
    barge_ins: int = 0
    held: str = ""  # ``hold``, or ``taken`` over by a person of ours
    hands_off: bool = False  # there is a representative to hand off to


def glance(m: Memory, now: float) -> Glance:
    """The call as it is ``now``."""
    waits_since = m.health.asked_at
    return Glance(
        state=m.state.name.lower(),
        age_s=round(now - m.started_at, 3) if m.state is not State.WAITING else 0.0,
        language=m.spoken,
        started_at=m.started_at,
        story=m.transcript.told,
        caller=m.transcript.caller.words if m.transcript.caller is not None else "",
        assistant=" ".join(turn.text.strip() for turn in m.transcript.unheard).strip(),
        speaking=_speaking(m, now),
        tools=tuple((tool.name, max(0.0, now - tool.called_at)) for tool in m.tools.values()),
        quiet_s=_quiet_s(m, now),
        waits_s=max(0.0, now - waits_since) if waits_since is not None else 0.0,
        steps=m.health.steps if waits_since is not None else 0,
        cost_usd=round(so_far_usd(m, now), 6),
        sessions=m.session,
        barge_ins=m.barge_ins,
        held=m.held,
        hands_off=m.rules.handoff_number is not None,
    )


def _speaking(m: Memory, now: float) -> Literal["", "caller", "assistant"]:
    if m.speaking_since is not None:
        return "caller"
    return "assistant" if m.playout.unplayed_ms(now) > 1.0 else ""


def _quiet_s(m: Memory, now: float) -> float:
    """Neither side has been heard for so long."""
    if m.state not in STREAMING or _speaking(m, now):
        return 0.0
    heard_at = m.playout.dry_at() if m.first_sound_ms is not None else m.started_at
    return max(0.0, now - max(heard_at, m.speech_ended_at or 0.0, m.started_at))
