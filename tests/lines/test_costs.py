"""What a prompt costs, against what is live."""

from collections.abc import Mapping
from datetime import date

import pytest

from app.lines.costs import Cost, compared, cost_of, usd_per_min
from app.prices import shipped
from app.prompts.tokens import tokens
from tests.lines.house import House
from tests.prompts.planting import swapped

PRICES = {"prompt.text": 0.75, "prompt.audio": 3.0, "response.audio": 12.0}


def of_model(name: str) -> Mapping[str, float]:
    price = shipped().of_model(name, date(2026, 11, 30))
    assert price is not None
    return price.usd


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("", 0, 0),
        ("You answer the phone for a shop.", 6, 10),
        ("あなたはお店の電話に出ます。", 7, 14),
        ("您好，我是人工智能助手。", 6, 12),
        ("आप दुकान का फ़ोन उठाते हैं।", 8, 18),
        ("أنت تجيب على هاتف المتجر.", 7, 14),
    ],
)
def test_tokens_are_estimated_by_the_script(text: str, least: int, most: int) -> None:
    assert least <= tokens(text) <= most


def test_a_prompt_is_paid_for_at_every_turn() -> None:
    none, some = usd_per_min(0, PRICES), usd_per_min(1_000_000, PRICES)
    assert none is not None
    assert some is not None
    assert some - none == pytest.approx(4 * 0.75)
    assert 0.02 < none < 0.05  # the sound alone


def test_without_prices_nothing_is_claimed() -> None:
    assert usd_per_min(1000, {}) is None
    assert compared(Cost(1000, None), None) == "about 1,000 tokens of prompt and tools"


def test_a_cost_is_told_against_what_is_live() -> None:
    told = compared(Cost(1100, 0.0404), Cost(1000, 0.04))
    assert told == (
        "about 1,100 tokens of prompt and tools, $0.0404 a minute for the model (a call of 3 minutes); "
        "+100 tokens and +1.0 % against what is live"
    )


def test_the_model_of_the_house_goes_before_the_lines_own(house: House) -> None:
    one = house.lines().named("shop", "CA1")
    assert one is not None
    cost = cost_of(one)
    assert cost.usd_per_min == usd_per_min(cost.prompt_tokens, of_model(one.line.model))
    older = "gemini-2.5-flash-native-audio-preview-12-2025"
    assert cost_of(one, older).usd_per_min == usd_per_min(cost.prompt_tokens, of_model(older))


async def test_tools_are_part_of_the_prompt(house: House) -> None:
    lines = house.lines()
    with_tool = lines.named("shop", "CA1")
    house.edit("prompts/shop/line.toml", swapped(', "find_parcel"', ""))
    await lines.look()
    without = lines.named("shop", "CA1")
    assert with_tool and without
    assert cost_of(with_tool).prompt_tokens > cost_of(without).prompt_tokens
