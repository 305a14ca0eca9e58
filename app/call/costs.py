"""What a call costs, item by item: the tokens reported or, where none were, the sound there was; minutes; tools."""

import math
from collections.abc import Iterator, Mapping

from app.call.commands import RecordCost, RecordFlag
from app.call.flags import COST_ESTIMATED
from app.call.memory import Memory

TOKENS_PER_S = 25  # of sound, either way: https://ai.google.dev/gemini-api/docs/live-api/capabilities
# What a report counts once each; the total is their sum: https://ai.google.dev/api/live#usagemetadata
DIRECTIONS = ("prompt", "tool_use", "response")
UNNAMED = "unnamed"  # counted, but of no modality that was told: billed as text


def note_usage(m: Memory, tokens: Mapping[str, int]) -> None:
    """Tokens add up over the call: every turn bills its whole context again."""
    for kind, count in tokens.items():
        m.tokens[kind] = m.tokens.get(kind, 0) + count
    m.cost_usd += cost_of(tokens, _prices(m), tools=m.rules.bills)
    spent = m.spent.setdefault(m.route, {})
    for kind, count in billed(tokens).items():
        spent[kind] = spent.get(kind, 0) + count


def _prices(m: Memory) -> Mapping[str, float]:
    return m.rules.second_prices if m.rules.bills and m.route == "second" else m.rules.prices


def cost_of(tokens: Mapping[str, int], prices: Mapping[str, float], *, tools: bool = False) -> float:
    """US dollars for these tokens. Calls of before ``tools`` did not pay for the results of Google's own tools."""
    usd = 0.0
    for kind, count in billed(tokens).items():
        if tools or kind.split(".")[0] in ("prompt", "response", "thoughts"):
            usd += count * (usd_per_million(kind, prices)[0] or 0.0)
    return usd / 1_000_000


def billed(tokens: Mapping[str, int]) -> dict[str, int]:
    """What one report is to be paid for, each token once, by direction and modality.

    Details do not always add up to their total: https://discuss.ai.google.dev/t/188765
    """
    counts: dict[str, int] = {}
    for direction in DIRECTIONS:
        named = {kind: count for kind, count in tokens.items() if kind.startswith(f"{direction}.")}
        rest = tokens.get(direction, 0) - sum(named.values())
        counts |= named | ({f"{direction}.{UNNAMED}": rest} if rest > 0 else {})
    if tokens.get("thoughts"):
        counts["thoughts"] = tokens["thoughts"]
    return counts


def usd_per_million(kind: str, prices: Mapping[str, float]) -> tuple[float | None, bool]:
    """The price of a kind of tokens, and whether another kind's had to be taken."""
    if kind in prices:
        return prices[kind], False
    instead = "response.text" if kind == "thoughts" else f"{kind.split('.', maxsplit=1)[0]}.text"
    return prices.get(instead), True


def minutes(seconds: float) -> int:
    """Of a leg: every one that was begun."""
    return math.ceil(max(0.0, seconds) / 60.0)


# ---- at the call's end


def cost_usd(m: Memory, now: float) -> float | None:
    """US dollars; None where the model's prices are not known. Each item goes on record, an estimate is flagged."""
    if not m.rules.bills:
        return _cost_of_before(m, now)
    bill = list(items(m, now))
    m.out.extend(bill)
    if not m.tokens and m.session:
        m.out.append(RecordFlag(COST_ESTIMATED, round(now - m.started_at, 3), "no usage was reported"))
    known = [item.usd for item in bill if item.usd is not None]
    return round(sum(known), 6) if known else None


def so_far_usd(m: Memory, now: float) -> float:
    """What the call has cost until now."""
    if not m.rules.bills:
        return m.cost_usd
    return m.cost_usd + sum(item.usd or 0.0 for item in (*_legs(m, now), *_tools(m)))


def items(m: Memory, now: float) -> Iterator[RecordCost]:
    """The call's bill."""
    yield from _tokens(m) if m.tokens else _by_sound(m, now)
    yield from _legs(m, now)
    yield from _tools(m)


def _tokens(m: Memory) -> Iterator[RecordCost]:
    for route, spent in m.spent.items():
        prices = m.rules.second_prices if route == "second" else m.rules.prices
        model = m.rules.models.get(route, "model")
        for kind, count in spent.items():
            usd, instead = usd_per_million(kind, prices)
            estimated = instead or model in m.rules.guessed_prices
            yield RecordCost(f"{model} {kind}", count, "token", _usd(usd, count / 1_000_000), estimated)


def _by_sound(m: Memory, now: float) -> Iterator[RecordCost]:
    """Rather too low: every turn would have been billed for all that was before."""
    if not m.session:
        return
    model = m.rules.models.get(m.route, "model")
    for kind, seconds in (("prompt.audio", now - m.started_at), ("response.audio", m.playout.sent_ms / 1000)):
        tokens = round(seconds * TOKENS_PER_S)
        usd = _usd(_prices(m).get(kind), tokens / 1_000_000)
        yield RecordCost(f"{model} {kind}", tokens, "token", usd, estimated=True)


def _legs(m: Memory, now: float) -> Iterator[RecordCost]:
    """The legs that Twilio bills. How long the phone call lasts it says later: that may go on without us."""
    streamed = m.stream_minutes + (0 if m.stream_at is None else minutes(now - m.stream_at))
    for leg, counted in (("inbound", minutes(now - m.started_at)), ("stream", streamed)):
        usd = _usd(m.rules.minute_prices.get(leg), counted)
        yield RecordCost(leg, counted, "minute", usd, leg == "inbound" or leg in m.rules.guessed_prices)


def _tools(m: Memory) -> Iterator[RecordCost]:
    for name, times in m.tool_uses.items():
        if name in m.rules.tool_prices:
            usd = _usd(m.rules.tool_prices[name], times)
            yield RecordCost(f"tool {name}", times, "use", usd, name in m.rules.guessed_prices)


def _usd(price: float | None, quantity: float) -> float | None:
    return None if price is None else round(price * quantity, 8)


def _cost_of_before(m: Memory, now: float) -> float | None:
    """Of the tokens alone: calls whose journals are from before there were bills."""
    prices = m.rules.prices
    if not prices:
        return None
    if m.tokens or not m.session or not m.rules.estimates_cost:
        return round(m.cost_usd, 6)
    m.out.append(RecordFlag(COST_ESTIMATED, round(now - m.started_at, 3), "no usage was reported"))
    heard_s, spoken_s = now - m.started_at, m.playout.sent_ms / 1000
    tokens = heard_s * prices.get("prompt.audio", 0.0) + spoken_s * prices.get("response.audio", 0.0)
    return round(tokens * TOKENS_PER_S / 1_000_000, 6)


# ---- the stream's minutes


def stream_began(m: Memory, now: float) -> None:
    """A stream is up."""
    m.stream_at = now


def stream_ended(m: Memory, now: float) -> None:
    """It is gone: its minutes count for themselves."""
    if m.stream_at is not None:
        m.stream_minutes += minutes(now - m.stream_at)
        m.stream_at = None
