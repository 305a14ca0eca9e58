"""What a call has cost: by the tokens that were reported or, where none were, by the sound there was."""

from app.call.commands import RecordFlag
from app.call.flags import COST_ESTIMATED
from app.call.memory import Memory

TOKENS_PER_S = 25  # of sound, either way: https://ai.google.dev/gemini-api/docs/live-api/capabilities


def cost_usd(m: Memory, now: float) -> float | None:
    """US dollars; None where the model's prices are not known. An estimate is flagged, and rather too low."""
    if not m.rules.prices:
        return None
    if m.tokens or not m.session or not m.rules.estimates_cost:
        return round(m.cost_usd, 6)
    m.out.append(RecordFlag(COST_ESTIMATED, round(now - m.started_at, 3), "no usage was reported"))
    heard_s, spoken_s = now - m.started_at, m.playout.sent_ms / 1000
    prices = m.rules.prices
    tokens = heard_s * prices.get("prompt.audio", 0.0) + spoken_s * prices.get("response.audio", 0.0)
    return round(tokens * TOKENS_PER_S / 1_000_000, 6)
