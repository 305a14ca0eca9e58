"""What a line's prompt costs: its tokens, and the dollars a minute that it implies."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from app.lines.published import Published
from app.prices import Prices, shipped
from app.prompts.tokens import tokens
from app.toolkit.house import HOUSE
from app.toolkit.schema import LoadedTool

# Every turn pays for the whole context again, old sound too: https://ai.google.dev/gemini-api/docs/pricing
# So a minute's price depends on the call's length: this is the average minute of a call like this one.
CALL_MINUTES = 3
TURNS_A_MINUTE = 4
CALLER_TALKS, ASSISTANT_TALKS = 0.4, 0.45  # of the time
AUDIO_TOKENS_A_SECOND = 25  # https://ai.google.dev/gemini-api/docs/live-api/best-practices
_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Cost:
    """Of the language with the longest prompt. ``usd_per_min`` is the model's alone; None where no prices are known."""

    prompt_tokens: int
    usd_per_min: float | None

    def as_json(self) -> dict[str, object]:
        return {"prompt_tokens": self.prompt_tokens, "usd_per_min": self.usd_per_min}


def cost_of(one: Published, model_name: str | None = None, prices: Prices | None = None) -> Cost:
    """What this state of a line costs today, with its own model or ``model_name``; None: at the shipped prices."""
    tools = declared_tokens(one.line.tools, one.tools)
    told = max((tokens(text) for text in one.line.instructions.values()), default=0)
    price = (prices or shipped()).of_model(model_name or one.line.model, datetime.now(UTC).date())
    return Cost(told + tools, None if price is None else usd_per_min(told + tools, price.usd))


def declared_tokens(names: tuple[str, ...], tools: Mapping[str, LoadedTool]) -> int:
    """About how many tokens the declarations of these tools have."""
    known = {**{name: tool.spec for name, tool in tools.items()}, **HOUSE}
    specs = [known[name] for name in names if name in known]
    declared = [f"{spec.name} {spec.description} {json.dumps(spec.parameters, default=dict)}" for spec in specs]
    return sum(tokens(text) for text in declared)


def usd_per_min(prompt_tokens: int, prices: Mapping[str, float]) -> float | None:
    """The average minute's price of a call of CALL_MINUTES with a prompt of this length."""
    if not {"prompt.text", "prompt.audio", "response.audio"} <= prices.keys():
        return None
    turns = CALL_MINUTES * TURNS_A_MINUTE
    spoken = (CALLER_TALKS + ASSISTANT_TALKS) * 60 * AUDIO_TOKENS_A_SECOND / TURNS_A_MINUTE  # a turn, both sides
    heard = spoken * turns * (turns + 1) / 2  # each turn hears all turns before it again
    said = ASSISTANT_TALKS * 60 * AUDIO_TOKENS_A_SECOND * CALL_MINUTES
    total = (
        prompt_tokens * turns * prices["prompt.text"] + heard * prices["prompt.audio"] + said * prices["response.audio"]
    )
    return total / CALL_MINUTES / _MILLION


def compared(new: Cost, old: Cost | None) -> str:
    """The cost in words, against what is live."""
    told = f"about {new.prompt_tokens:,} tokens of prompt and tools"
    if new.usd_per_min is not None:
        told += f", ${new.usd_per_min:.4f} a minute for the model (a call of {CALL_MINUTES} minutes)"
    if old is None:
        return told
    more = new.prompt_tokens - old.prompt_tokens
    if new.usd_per_min is None or old.usd_per_min is None or old.usd_per_min == 0:
        return f"{told}; {more:+,} tokens against what is live"
    change = (new.usd_per_min / old.usd_per_min - 1) * 100
    return f"{told}; {more:+,} tokens and {change:+.1f} % against what is live"
