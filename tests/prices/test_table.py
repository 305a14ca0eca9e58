"""Prices hold from a day on, the house's own before the shipped; a mistake in them is named with its line."""

from datetime import date
from pathlib import Path

import pytest

from app.edits import EditError
from app.gemini.models import MODELS
from app.prices import Price, own_prices, shipped
from app.prices.table import LEGS

DAY = date(2026, 11, 30)


def own(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "prices.toml"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize("name", MODELS)
def test_every_model_has_a_price_for_what_calls_are_made_of(name: str) -> None:
    price = shipped().of_model(name, DAY)
    assert price is not None
    usd = price.usd
    assert {"prompt.text", "prompt.audio", "prompt.image", "response.text", "response.audio", "thoughts"} <= set(usd)
    assert usd["response.audio"] > usd["prompt.audio"] > usd["prompt.text"] > 0


@pytest.mark.parametrize("leg", LEGS)
def test_every_leg_has_a_price(leg: str) -> None:
    price = shipped().of_leg(leg, DAY)
    assert price is not None
    assert 0 < price.usd["usd"] < 0.05


def test_a_price_holds_from_its_day_until_the_next(tmp_path: Path) -> None:
    rows = (
        '[[minutes]]\nleg = "inbound"\nfrom = 2027-01-01\nusd = 0.01',
        '[[minutes]]\nleg = "inbound"\nfrom = 2026-12-01\nusd = 0.009',
    )
    prices = own_prices(own(tmp_path, "\n".join(rows)))
    days = (DAY, date(2026, 12, 1), date(2026, 12, 31), date(2027, 1, 1))
    assert [prices.of_leg("inbound", day) for day in days] == [
        Price({"usd": usd}) for usd in (0.0085, 0.009, 0.009, 0.01)
    ]


def test_the_houses_own_price_of_the_same_day_goes_before_the_shipped(tmp_path: Path) -> None:
    text = '[[tools]]\nnames = ["send_text"]\nfrom = 2026-01-01\nusd = 0.05'
    prices = own_prices(own(tmp_path, text))
    assert prices.of_tool("send_text", DAY) == Price({"usd": 0.05})
    assert prices.of_tool("send_code", DAY) == shipped().of_tool("send_code", DAY)


def test_a_model_that_is_not_in_the_table_is_priced_as_others_are_and_marked() -> None:
    price = shipped().of_model("another-model", DAY)
    assert price is not None
    assert price.estimated


def test_what_nobody_has_priced_has_no_price() -> None:
    assert shipped().of_tool("look_up_order", DAY) is None
    assert shipped().of_leg("inbound", date(2020, 1, 1)) is None


@pytest.mark.parametrize(
    "text",
    [
        '[[models]]\nnames = ["m"]\nfrom = 2026-01-01',
        '[[models]]\nfrom = 2026-01-01\n"prompt.text" = 1',
        '[[models]]\nnames = ["m"]\nfrom = "soon"\n"prompt.text" = 1',
        '[[models]]\nnames = ["m"]\nfrom = 2026-01-01\n"prompt.text" = -1',
        '[[minutes]]\nleg = "outbound"\nfrom = 2026-01-01\nusd = 1',
        '[[tools]]\nnames = ["t"]\nfrom = 2026-01-01\nusd = true',
        "[prices]\nusd = 1",
        "models = 3",
    ],
)
def test_a_mistake_is_named_with_its_file_and_line(tmp_path: Path, text: str) -> None:
    file = own(tmp_path, text)
    with pytest.raises(EditError) as caught:
        own_prices(file)
    assert caught.value.file == file
    assert caught.value.line >= 1
