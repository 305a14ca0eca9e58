"""The sample shop: orders by number and by the caller's phone, in the languages of the store."""

import asyncio
import re
import sqlite3
import tomllib
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

import pytest

from app.call.commands import RunTool
from app.call.tool_end import ToolEnd
from app.toolkit import Caller
from app.toolkit.loader import load_tools
from app.toolkit.runner import ToolRunner
from app.toolkit.schema import LoadedTool

TOOLS = Path(__file__).parents[2] / "tools"
MARIA = Caller(number="+12125550147", call_sid="CA1", line="store", language="en-US")
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("ORDERS_URL", raising=False)
    monkeypatch.setenv("FRONTLINE_DATA", str(tmp_path))
    return tmp_path


@pytest.fixture
def tools(data: Path) -> Mapping[str, LoadedTool]:
    loaded, errors = load_tools(TOOLS)
    assert errors == []
    return loaded


def files_under(folder: Path) -> list[str]:
    return [str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()]


async def used(tools: Mapping[str, LoadedTool], name: str, caller: Caller = MARIA, **args: object) -> ToolEnd:
    return await ToolRunner(tools, caller).run(RunTool("1", name, args, caller.language))


async def message(tools: Mapping[str, LoadedTool], number: str, caller: Caller = MARIA) -> str:
    end = await used(tools, "look_up_order", caller, order_number=number)
    assert end.status == "ok"
    return str(end.response["message"])


async def test_order_1047_was_shipped_and_is_said_for_the_ear(tools: Mapping[str, LoadedTool]) -> None:
    shipped = WEEKDAYS[(date.today() - timedelta(days=3)).weekday()]
    expected = WEEKDAYS[(date.today() + timedelta(days=2)).weekday()]
    assert await message(tools, "1047") == (
        f"Order 1 0 4 7 was shipped on {shipped} with Northwind Parcel and should arrive on {expected}."
    )


async def test_the_same_order_is_said_in_spanish(tools: Mapping[str, LoadedTool]) -> None:
    said = await message(tools, "1047", Caller(language="es-US"))
    assert said.startswith("El pedido 1 0 4 7 fue enviado el ")


@pytest.mark.parametrize("written", ["#1047", "1-0-4-7", "1 0 4 7", "order 1047", "ten forty seven", "१०४७"])
async def test_a_number_is_found_however_it_is_written(tools: Mapping[str, LoadedTool], written: str) -> None:
    assert "Order 1 0 4 7 was shipped" in await message(tools, written)


@pytest.mark.parametrize("wrong", ["9999", "104", "10470", "no idea", "' OR 1=1 --", "1047; DROP TABLE orders 1", "%"])
async def test_no_order_and_no_number_have_the_same_answer(tools: Mapping[str, LoadedTool], wrong: str) -> None:
    assert (await message(tools, wrong)).startswith("I can't find an order with that number.")


async def test_no_answer_names_a_customer_or_a_phone(tools: Mapping[str, LoadedTool]) -> None:
    said = [await message(tools, number) for number in ("1047", "1018", "1029", "1044", "55029")]
    assert not [word for word in ("Maria", "Lopez", "+1", "555 ") if any(word in sentence for sentence in said)]


async def test_the_callers_orders_are_those_of_the_callers_phone(tools: Mapping[str, LoadedTool]) -> None:
    response = (await used(tools, "orders_of_caller")).response
    assert response["order_numbers"] == ["1047", "1032"]
    assert "Order 1 0 3 2 was delivered" in str(response["message"])


@pytest.mark.parametrize("number", ["anonymous", "+12125550100", ""])
async def test_a_phone_nobody_knows_has_no_orders(tools: Mapping[str, LoadedTool], number: str) -> None:
    end = await used(tools, "orders_of_caller", Caller(number=number), number=MARIA.number)
    assert (end.status, end.response["status"]) == ("ok", "not_found")


async def test_every_sample_order_can_be_said_in_both_languages(tools: Mapping[str, LoadedTool], data: Path) -> None:
    await message(tools, "1047")
    with sqlite3.connect(data / "orders.db") as database:
        numbers = [row[0] for row in database.execute("SELECT number FROM orders")]
    database.close()
    assert len(numbers) == 12
    for language in ("en", "es"):
        said = [await message(tools, number, Caller(language=language)) for number in numbers]
        assert len(set(said)) == 12
        assert not [sentence for sentence in said if "{" in sentence or "None" in sentence]


async def test_twenty_first_callers_at_once_are_all_answered(data: Path) -> None:
    several = [load_tools(TOOLS)[0] for _ in range(4)]
    said = await asyncio.gather(*(message(several[turn % 4], "1047") for turn in range(20)))
    assert len(set(said)) == 1
    database = sqlite3.connect(data / "orders.db")
    assert database.execute("SELECT count(*) FROM orders").fetchone() == (12,)
    database.close()


async def test_the_sample_moves_along_with_the_calendar(tools: Mapping[str, LoadedTool], data: Path) -> None:
    today = await message(tools, "1047")
    database = sqlite3.connect(data / "orders.db")
    with database:
        for column in ("ordered_on", "moved_on", "expected_on"):
            database.execute(f"UPDATE orders SET {column} = date({column}, '-40 days')")
        database.execute("UPDATE sample_day SET day = date(day, '-40 days')")
    database.close()
    again, _ = load_tools(TOOLS)
    assert await message(again, "1047") == today


async def test_a_companys_own_database_is_used_and_left_as_it_is(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = sqlite3.connect(data / "own.db")
    with own:
        own.execute("CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, phone TEXT)")
        own.execute(
            "CREATE TABLE orders (number TEXT, customer_id INTEGER, state TEXT, item TEXT, carrier TEXT,"
            " ordered_on DATE, moved_on DATE, expected_on DATE)"
        )
        own.execute("INSERT INTO orders VALUES ('77', 1, 'lost at sea', 'Kayak', NULL, '2026-01-01', NULL, NULL)")
    monkeypatch.setenv("ORDERS_URL", f"sqlite:///{data}/own.db")
    tools, _ = load_tools(TOOLS)
    assert "Order 7 7 is in our books" in await message(tools, "77")
    assert "can't find" in await message(tools, "1047")
    tables = own.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
    own.close()
    assert tables == [("customers",), ("orders",)]


async def test_tools_loaded_with_settings_of_their_own_keep_to_them(data: Path) -> None:
    tools, _ = load_tools(TOOLS, {"FRONTLINE_DATA": str(data / "own")})
    await message(tools, "1047")
    assert files_under(data) == ["own/orders.db"]


async def test_a_database_that_is_not_there_is_a_polite_answer(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (data / "file").write_text("no database, and no folder", encoding="utf-8")
    monkeypatch.setenv("ORDERS_URL", f"sqlite:///{data}/file")
    tools, _ = load_tools(TOOLS)
    end = await used(tools, "look_up_order", order_number="1047")
    assert (end.status, end.response["message"]) == ("error", "I'm sorry, I can't get to that right now.")


@pytest.mark.parametrize(
    ("number", "facts"),
    [
        ("+12125550147", {"name": "Maria", "open_orders": "1"}),
        ("+13125550181", {"name": "Aisha", "open_orders": "2"}),
        ("+12125550100", {}),
        ("anonymous", {}),
        ("", {}),
    ],
)
async def test_the_facts_of_a_phone_are_a_first_name_and_a_count(
    tools: Mapping[str, LoadedTool], number: str, facts: Mapping[str, str]
) -> None:
    response = (await used(tools, "caller_facts", Caller(number=number))).response
    found = {name: value for name, value in response.items() if name not in ("status", "retryable", "message")}
    assert found == facts


async def test_a_sample_of_an_earlier_release_is_made_anew(tools: Mapping[str, LoadedTool], data: Path) -> None:
    database = sqlite3.connect(data / "orders.db")
    with database:
        database.execute("CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, phone TEXT)")
        database.execute("CREATE TABLE sample_day (day DATE)")
    database.close()
    assert "Order 1 0 4 7 was shipped" in await message(tools, "1047")


async def test_a_company_without_postcodes_identifies_nobody(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = sqlite3.connect(data / "own.db")
    with own:
        own.execute("CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, phone TEXT, postcode TEXT)")
        own.execute("CREATE TABLE orders (number TEXT, customer_id INTEGER, state TEXT)")
        own.execute("INSERT INTO customers VALUES (1, 'Ann', '+1', NULL), (2, 'Bob', '+2', '')")
        own.execute("INSERT INTO orders VALUES ('77', 1, 'shipped'), ('78', 2, 'shipped')")
    own.close()
    monkeypatch.setenv("ORDERS_URL", f"sqlite:///{data}/own.db")
    tools, _ = load_tools(TOOLS)
    for number in ("77", "78"):
        end = await used(tools, "verify_order", order_number=number, postcode="")
        assert (end.status, end.level) == ("ok", "none")


@pytest.mark.parametrize("language", ["en", "es", "fr", "de", "pt", "hi", "ja", "ar", "zh", "pl"])
def test_every_sentence_is_there_in_the_languages_of_the_store_with_the_same_gaps(language: str) -> None:
    words = tomllib.loads((TOOLS / "words" / "orders.toml").read_text(encoding="utf-8"))
    for name, sentences in words.items():
        gaps = sorted(re.findall(r"{\w+}", sentences["en"]))
        assert sorted(re.findall(r"{\w+}", sentences[language])) == gaps, name
