"""The bank's desk: balance and payments after a code by text, a card's block after details. Nobody moves money here.

Without `BANK_URL` it keeps a small SQLite database with sample customers.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Column, Date, DateTime, ForeignKey, Integer, MetaData, String, Table, insert, inspect, select
from sqlalchemy.exc import IntegrityError
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
    tool,
)

tables = MetaData()
customers = Table(
    "customers",
    tables,
    Column("id", Integer, primary_key=True),
    Column("name", String(200), nullable=False),
    Column("postcode", String(10), nullable=False),
    Column("phone", String(20), nullable=False),
)
accounts = Table(
    "accounts",
    tables,
    Column("number", String(20), primary_key=True),
    Column("customer_id", ForeignKey("customers.id"), nullable=False, index=True),
    Column("balance_cents", Integer, nullable=False),
)
payments = Table(
    "payments",
    tables,
    Column("id", Integer, primary_key=True),
    Column("account_number", ForeignKey("accounts.number"), nullable=False, index=True),
    Column("paid_on", Date, nullable=False),
    Column("cents", Integer, nullable=False),
    Column("to", String(100), nullable=False),
)
cards = Table(
    "cards",
    tables,
    Column("id", Integer, primary_key=True),
    Column("customer_id", ForeignKey("customers.id"), nullable=False, index=True),
    Column("last_four", String(4), nullable=False),
)
# A card is blocked when it is in here, and nothing takes it out again.
blocks = Table(
    "blocks",
    tables,
    Column("card_id", ForeignKey("cards.id"), primary_key=True),
    Column("key", String(64), nullable=False, unique=True),
    Column("call_sid", String(64), nullable=False),
    Column("blocked_at", DateTime, nullable=False),
)

_READ_OUT = 3  # payments in one answer

_VERIFIED = {
    "en": "Thank you, I have found your account.",
    "es": "Gracias, he encontrado su cuenta.",
}
_BALANCE = {
    "en": "The balance of your account is {amount}.",
    "es": "El saldo de su cuenta es de {amount}.",
}
_AMOUNT = {"en": "{dollars} dollars and {cents} cents", "es": "{dollars} dólares con {cents} centavos"}
_WHOLE = {"en": "{dollars} dollars", "es": "{dollars} dólares"}
_PAYMENT = {"en": "{day} {amount} to {to}", "es": "{day} {amount} a {to}"}
_PAYMENTS = {"en": "Your latest payments: {payments}.", "es": "Sus últimos pagos: {payments}."}
_NO_PAYMENTS = {"en": "There are no payments in the last month.", "es": "No hay pagos en el último mes."}
_NO_ACCOUNT = {"en": "I can't find an account of yours.", "es": "No encuentro ninguna cuenta suya."}
_CONFIRM_BLOCK = {
    "en": "I would block the card for good. It cannot be used again. Shall I do that?",
    "es": "Voy a bloquear la tarjeta para siempre. No se podrá volver a usar. ¿Lo hago?",
}
_BLOCKED = {
    "en": "The card is blocked. A new one comes by post within five working days.",
    "es": "La tarjeta está bloqueada. Recibirá una nueva por correo en cinco días laborables.",
}
_NO_CARD = {
    "en": "I can't find a card of yours that ends in those four digits.",
    "es": "No encuentro ninguna tarjeta suya que termine en esas cuatro cifras.",
}
_BRANCHES = {
    "en": "Our branches are open Monday to Friday from nine to four, and closed at the weekend.",
    "es": "Nuestras oficinas abren de lunes a viernes de nueve a cuatro, y cierran el fin de semana.",
}


@tool
async def branch_hours(caller: Caller) -> dict[str, object]:
    """Find out when the branches are open: the opening hours of the bank."""
    return answer(caller.hears(_BRANCHES))


@tool(identifies="details", fields=())
async def verify_account(account_number: str, postcode: str, caller: Caller) -> object:
    """Verify who is calling by their account. Needed before anything about an account or a card.

    Args:
        account_number: The number of the account, six digits, such as 305719.
        postcode: The postcode of the address on file, five digits, such as 10014.
    """
    query = select(customers.c.id, customers.c.phone, customers.c.postcode).join(accounts)
    async with desk.connect() as connection:
        found = (await connection.execute(query.where(accounts.c.number == heard_digits(account_number)))).first()
    if found is None or not found.postcode or heard_digits(postcode) != found.postcode:
        return not_identified()
    return identified(found.id, caller.hears(_VERIFIED), phone=found.phone)


@tool(level="code", fields=())
async def balance(caller: Caller) -> dict[str, object]:
    """Find out the balance of the caller's own account: how much money is on it. Needs the code sent by text."""
    query = select(accounts.c.balance_cents).where(accounts.c.customer_id == _whose(caller))
    async with desk.connect() as connection:
        cents = (await connection.execute(query)).scalar()
    if cents is None:
        return not_found(caller.hears(_NO_ACCOUNT))
    return answer(caller.hears(_BALANCE).format(amount=_amount(cents, caller)))


@tool(level="code", fields=())
async def recent_payments(caller: Caller) -> dict[str, object]:
    """Find the latest payments from the caller's own account. Needs the code sent by text."""
    query = select(payments).join(accounts).where(accounts.c.customer_id == _whose(caller))
    async with desk.connect() as connection:
        newest_first = query.order_by(payments.c.paid_on.desc(), payments.c.id).limit(_READ_OUT)
        found = (await connection.execute(newest_first)).mappings().all()
    if not found:
        return not_found(caller.hears(_NO_PAYMENTS))
    said = [
        caller.hears(_PAYMENT).format(
            day=spoken_day(row["paid_on"], caller.language, date.today()),
            amount=_amount(row["cents"], caller),
            to=row["to"],
        )
        for row in found
    ]
    return answer(caller.hears(_PAYMENTS).format(payments="; ".join(said)))


@tool(level="details", write=True, confirm=_CONFIRM_BLOCK, idempotent=True, fields=())
async def block_card(card_last_four: str, caller: Caller) -> dict[str, object]:
    """Block a card of the caller that is lost or stolen. The caller must be verified.

    Args:
        card_last_four: The last four digits of the card, such as 8812; never more of its number.
    """
    theirs = cards.c.customer_id == _whose(caller), cards.c.last_four == heard_digits(card_last_four)
    async with desk.connect() as connection:
        card = (await connection.execute(select(cards.c.id).where(*theirs))).scalar()
    if card is None:
        return not_found(caller.hears(_NO_CARD))
    await _block_once(card, caller)
    return answer(caller.hears(_BLOCKED))


async def _block_once(card: int, caller: Caller) -> None:
    """Block a card; one that is blocked stays as it is."""
    row = {"card_id": card, "key": caller.key, "call_sid": caller.call_sid, "blocked_at": _now()}
    try:
        async with desk.connect() as connection:
            await connection.execute(insert(blocks).values(row))
    except IntegrityError:
        async with desk.connect() as connection:
            (await connection.execute(select(blocks.c.key).where(blocks.c.card_id == card))).one()


def _whose(caller: Caller) -> int:
    """The customer who was verified in this call; nobody's number where there is none."""
    return int(caller.customer) if caller.customer.isdecimal() else 0


def _amount(cents: int, caller: Caller) -> str:
    sentence = caller.hears(_AMOUNT if cents % 100 else _WHOLE)
    return sentence.format(dollars=cents // 100, cents=cents % 100)


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


async def _first_use(connection: AsyncConnection) -> None:
    """Fill an empty database with the sample; leave one that has tables as it is."""
    names = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
    if "customers" in names:
        return
    await connection.run_sync(tables.create_all)
    for table, rows in _SAMPLE.items():
        await connection.execute(insert(tables.tables[table]), list(rows))


def _ago(days: int) -> date:
    return date.today() - timedelta(days=days)


_SAMPLE: Mapping[str, tuple[dict[str, object], ...]] = {
    "customers": (
        {"id": 1, "name": "Maria Lopez", "postcode": "10014", "phone": "+12025550143"},
        {"id": 2, "name": "James Carter", "postcode": "10025", "phone": "+12125550123"},
        {"id": 3, "name": "Aisha Khan", "postcode": "60614", "phone": "+13125550181"},
    ),
    "accounts": (
        {"number": "305719", "customer_id": 1, "balance_cents": 128_450},
        {"number": "418826", "customer_id": 2, "balance_cents": 96_100},
        {"number": "772043", "customer_id": 3, "balance_cents": 5_275},
    ),
    "payments": (
        {"id": 1, "account_number": "305719", "paid_on": _ago(1), "cents": 4_200, "to": "Harbour Grocery"},
        {"id": 2, "account_number": "305719", "paid_on": _ago(3), "cents": 6_550, "to": "City Power"},
        {"id": 3, "account_number": "305719", "paid_on": _ago(8), "cents": 90_000, "to": "Elm Street Rentals"},
        {"id": 4, "account_number": "418826", "paid_on": _ago(2), "cents": 1_999, "to": "Corner Books"},
    ),
    "cards": (
        {"id": 1, "customer_id": 1, "last_four": "8812"},
        {"id": 2, "customer_id": 2, "last_four": "3307"},
        {"id": 3, "customer_id": 3, "last_four": "5590"},
    ),
}

desk = database("BANK_URL", "bank.db", first_use=_first_use)
