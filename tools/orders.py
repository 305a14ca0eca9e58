"""Orders: where one is, whose it is, and who may be calling. Replace it with your own shop's.

Without `ORDERS_URL` it looks into a small SQLite database with sample customers and orders.
"""

import tomllib
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import (
    Column,
    Date,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    func,
    insert,
    inspect,
    select,
    update,
)
from sqlalchemy.engine import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from app.toolkit import (
    Caller,
    answer,
    database,
    heard_digits,
    identified,
    not_found,
    not_identified,
    spoken_day,
    spoken_digits,
    tool,
)

tables = MetaData()
customers = Table(
    "customers",
    tables,
    Column("id", Integer, primary_key=True),
    Column("name", String(200), nullable=False),
    Column("phone", String(20), index=True),
    Column("postcode", String(10)),
)
orders = Table(
    "orders",
    tables,
    Column("number", String(20), primary_key=True),
    Column("customer_id", ForeignKey("customers.id"), nullable=False, index=True),
    Column("state", String(20), nullable=False),
    Column("item", String(200), nullable=False),
    Column("carrier", String(100)),
    Column("ordered_on", Date, nullable=False),
    Column("moved_on", Date),  # the day it was shipped, delivered, cancelled or came back
    Column("expected_on", Date),
)
sample_day = Table("sample_day", tables, Column("day", Date, primary_key=True))

_MANY = 3  # orders read out in one answer
_OPEN = ("placed", "packed", "shipped", "delayed")

# What is said, by language: a language is added there.
_WORDS: Mapping[str, Mapping[str, str]] = tomllib.loads(
    (Path(__file__).parent / "words" / "orders.toml").read_text(encoding="utf-8")
)


@tool(fields=("order_number", "state"))
async def look_up_order(order_number: str, caller: Caller) -> dict[str, object]:
    """Find out where an order is: whether it was shipped, with whom, and when it should arrive.

    Use it whenever the caller gives the number of an order.

    Args:
        order_number: The number of the order as the caller said it, in digits, such as 1047.
    """
    number = heard_digits(order_number)
    async with shop.connect() as connection:
        found = (await connection.execute(select(orders).where(orders.c.number == number))).mappings().first()
    if found is None:
        return not_found(caller.hears(_WORDS["no_order"]))
    return answer(in_words(found, caller, date.today()), order_number=number, state=found["state"])


@tool(fields=("order_numbers",))
async def orders_of_caller(caller: Caller) -> dict[str, object]:
    """Find the orders that belong to the phone the caller is calling from.

    Use it when the caller asks about an order and does not know its number.
    """
    query = select(orders).join(customers).where(customers.c.phone == caller.number)
    async with shop.connect() as connection:
        newest_first = query.order_by(orders.c.ordered_on.desc(), orders.c.number.desc()).limit(_MANY + 1)
        found = (await connection.execute(newest_first)).mappings().all()
    if not found:
        return not_found(caller.hears(_WORDS["no_orders"]))
    said = [in_words(order, caller, date.today()) for order in found[:_MANY]]
    more = [caller.hears(_WORDS["more"])] if len(found) > _MANY else []
    return answer(" ".join(said + more), order_numbers=[order["number"] for order in found[:_MANY]])


@tool(identifies="details", fields=())
async def verify_order(order_number: str, postcode: str, caller: Caller) -> object:
    """Verify who is calling by an order and the postcode it went to. Needed before a return or a refund.

    Args:
        order_number: The number of one of the caller's orders, in digits, such as 1047.
        postcode: The postcode of the address the order was sent to, such as 10014.
    """
    query = select(customers.c.id, customers.c.phone, customers.c.postcode).join(orders)
    async with shop.connect() as connection:
        found = (await connection.execute(query.where(orders.c.number == heard_digits(order_number)))).first()
    if found is None or not found.postcode or not _same_postcode(postcode, found.postcode):
        return not_identified()
    return identified(found.id, caller.hears(_WORDS["verified"]), phone=found.phone)


@tool(fields=("name", "open_orders"), filler=False, timeout_s=1)
async def caller_facts(caller: Caller) -> dict[str, object]:
    """Find out, before the call is answered, the first name and the number of open orders of whoever phones.

    A number can be faked: what is here may be said to anyone who calls from it.
    """
    query = select(customers.c.id, customers.c.name).where(customers.c.phone == caller.number)
    async with shop.connect() as connection:
        known = (await connection.execute(query)).first()
        if known is None:
            return {}
        theirs = orders.c.customer_id == known.id, orders.c.state.in_(_OPEN)
        count = (await connection.execute(select(func.count()).select_from(orders).where(*theirs))).scalar_one()
    return {"name": str(known.name).split()[0], "open_orders": str(count)}


def _same_postcode(said: str, on_file: str) -> bool:
    """Letters and digits alone count; a postcode of digits may come in words."""
    plain = "".join(character for character in said.upper() if character.isalnum())
    return on_file.upper().replace(" ", "") in (plain, heard_digits(said))


def in_words(order: RowMapping, caller: Caller, today: date) -> str:
    """How an order stands, as it is said on the phone."""
    sentence = caller.hears(_WORDS.get(str(order["state"]), _WORDS["unknown_state"]))
    unsure = caller.hears({"en": "soon", "es": "pronto"})

    def day(column: str) -> str:
        value = order[column]
        return spoken_day(value, caller.language, today) if isinstance(value, date) else unsure

    return sentence.format(
        number=spoken_digits(str(order["number"])),
        carrier=order["carrier"] or caller.hears({"en": "our carrier", "es": "nuestro transportista"}),
        moved=day("moved_on"),
        expected=day("expected_on"),
    )


async def _first_use(connection: AsyncConnection) -> None:
    """Fill an empty database with the sample; leave one that has tables as it is."""
    names = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
    if "sample_day" in names and not await _is_this_sample(connection):
        await connection.run_sync(tables.drop_all)
        names = []
    if not names:
        await _fill(connection, date.today())
    elif "sample_day" in names:
        await _move_on(connection, date.today())


async def _is_this_sample(connection: AsyncConnection) -> bool:
    """A sample of an earlier release has fewer columns; it is made anew."""
    columns = await connection.run_sync(lambda sync: inspect(sync).get_columns("customers"))
    return {"postcode"} <= {str(column["name"]) for column in columns}


async def _fill(connection: AsyncConnection, today: date) -> None:
    await connection.run_sync(tables.create_all)
    await connection.execute(insert(sample_day).values(day=today))
    await connection.execute(insert(customers), [{"id": key, **row} for key, row in enumerate(_CUSTOMERS, 1)])
    await connection.execute(insert(orders), [_sample_order(row, today) for row in _ORDERS])


async def _move_on(connection: AsyncConnection, today: date) -> None:
    """Move the sample's days along, so that what is on its way today still is next week."""
    then = (await connection.execute(select(sample_day.c.day))).scalar_one()
    if then == today:
        return
    moved = await connection.execute(update(sample_day).where(sample_day.c.day == then).values(day=today))
    if moved.rowcount != 1:
        return
    days = ("ordered_on", "moved_on", "expected_on")
    for order in (await connection.execute(select(orders))).mappings().all():
        later = {name: order[name] + (today - then) for name in days if order[name]}
        await connection.execute(update(orders).where(orders.c.number == order["number"]).values(later))


_CUSTOMERS = (
    {"name": "Maria Lopez", "phone": "+12125550147", "postcode": "10014"},
    {"name": "James Carter", "phone": "+12125550123", "postcode": "10025"},
    {"name": "Aisha Khan", "phone": "+13125550181", "postcode": "60614"},
    {"name": "Diego Fernández", "phone": "+13055550164", "postcode": "33135"},
    {"name": "Mei Chen", "phone": "+14155550119", "postcode": "94110"},
    {"name": "Oliver Brandt", "phone": "+491771780055", "postcode": "50667"},
)

SampleOrder = tuple[str, int, str, str, str | None, int, int | None, int | None]

# number, customer, state, item, carrier, days from today: ordered, moved, expected
_ORDERS: tuple[SampleOrder, ...] = (
    ("1047", 1, "shipped", "Trail running shoes", "Northwind Parcel", -5, -3, 2),
    ("1032", 1, "delivered", "Rain jacket", "Northwind Parcel", -30, -26, None),
    ("1051", 2, "packed", "Two person tent", "Bluebird Freight", -2, None, 4),
    ("1018", 2, "returned", "Hiking boots", "Northwind Parcel", -41, -6, None),
    ("1055", 3, "placed", "Down sleeping bag", None, -1, None, 6),
    ("1044", 3, "delayed", "Camping stove", "Bluebird Freight", -9, -6, 3),
    ("1060", 4, "shipped", "Climbing rope", "Northwind Parcel", -4, -2, 3),
    ("1029", 4, "cancelled", "Head lamp", None, -20, -19, None),
    ("1063", 5, "placed", "Water filter", None, 0, None, 5),
    ("1040", 5, "delivered", "Trekking poles", "Northwind Parcel", -12, -4, None),
    ("55029", 6, "shipped", "Backpack, sixty litres", "Alpine Post", -6, -4, 5),
    ("1038", 6, "delivered", "Merino shirt", "Alpine Post", -15, -5, None),
)


def _sample_order(row: SampleOrder, today: date) -> dict[str, object]:
    number, customer, state, item, carrier, *days = row
    ordered, moved, expected = (None if day is None else today + timedelta(days=day) for day in days)
    return {
        "number": number,
        "customer_id": customer,
        "state": state,
        "item": item,
        "carrier": carrier,
        "ordered_on": ordered,
        "moved_on": moved,
        "expected_on": expected,
    }


shop = database("ORDERS_URL", "orders.db", first_use=_first_use)
