"""What a caller's wait for an answer is made of, and who spoke over whom: measured for the records, decides nothing."""

from app.call.memory import Memory
from app.call.turns import AssistantTurn


def waited(m: Memory, turn: AssistantTurn, since: float) -> None:
    """The turn's first sound went out to a caller who had waited ``since`` then."""
    assert turn.first_sent_at is not None
    turn.gap_ms = max(0, _ms(turn.first_sent_at - since))
    if not m.rules.splits_gaps:
        return  # journals of before have no parts
    turn.waited_from = since
    turn.tools = m.tools_in_turn if m.tools_turn == m.transcript.caller_turns else 0
    if m.told_done_at is not None and since <= m.told_done_at <= turn.came_at:
        turn.told_at = m.told_done_at


def heard(m: Memory, now: float) -> None:
    """A mark came back: where a turn's first sound lies before it, it has been played, so much earlier."""
    for turn in m.transcript.unheard:
        proven_ms = m.playout.proven_ms - turn.start_ms
        if turn.first_sent_at is not None and turn.played_at is None and proven_ms > 0:
            turn.played_at = max(now - proven_ms / 1000.0, turn.first_sent_at)


def fell_silent(m: Memory, since: float | None, ended_at: float) -> None:
    """The caller spoke from ``since`` on: a turn that began to sound meanwhile spoke over them."""
    for turn in m.transcript.unheard:
        began_at = turn.first_sent_at
        if m.rules.splits_gaps and since is not None and began_at is not None and since < began_at < ended_at:
            turn.over_ms = _ms(ended_at - began_at)


def cut(m: Memory, turns: list[AssistantTurn], now: float) -> None:
    """These turns were cut for a caller who speaks."""
    since = m.speaking_since
    fell_silent(m, since, now)
    for turn in turns:
        if m.rules.splits_gaps and since is not None and turn.first_sent_at is not None:
            turn.stopped_ms = _ms(now - max(since, turn.first_sent_at))


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
