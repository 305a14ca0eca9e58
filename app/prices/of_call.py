"""What the items of one call cost, as its rules have it."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TypedDict

from app.prices.table import LEGS, Prices


class Priced(TypedDict):
    """The fields of a call's rules that are about what it costs."""

    bills: bool
    models: Mapping[str, str]
    prices: Mapping[str, float]
    second_prices: Mapping[str, float]
    minute_prices: Mapping[str, float]
    tool_prices: Mapping[str, float]
    guessed_prices: tuple[str, ...]


def priced(prices: Prices, models: Mapping[str, str], tools: Sequence[str], day: date) -> Priced:
    """By the prices of that day; ``models`` by route. Those that are no vendor's own word are named."""
    of_models = {route: prices.of_model(name, day) for route, name in models.items()}
    legs = {leg: price for leg in LEGS if (price := prices.of_leg(leg, day)) is not None}
    used = {name: price for name in tools if (price := prices.of_tool(name, day)) is not None}
    guessed = {models[route] for route, price in of_models.items() if price is not None and price.estimated}
    guessed |= {name for name, price in (*legs.items(), *used.items()) if price.estimated}
    first, second = of_models["first"], of_models["second"]
    return Priced(
        bills=True,
        models=dict(models),
        prices=dict(first.usd) if first is not None else {},
        second_prices=dict(second.usd) if second is not None else {},
        minute_prices={leg: price.usd["usd"] for leg, price in legs.items()},
        tool_prices={name: price.usd["usd"] for name, price in used.items()},
        guessed_prices=tuple(sorted(guessed)),
    )
