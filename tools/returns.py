"""Returns: send an order back, and how its refund stands. Only for a caller who was verified, and only their orders.

Orders are read where `orders.py` keeps them (`ORDERS_URL`); returns are kept in `RETURNS_URL`, or in a SQLite file.
"""

import secrets
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Column, Date, DateTime, Integer, MetaData, String, Table, insert, select
from sqlalchemy.engine import Row
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.toolkit import Caller, ToolError, answer, database, heard_digits, not_found, spoken_digits, tool

tables = MetaData()
returns = Table(
    "returns",
    tables,
    Column("number", String(20), primary_key=True),
    Column("key", String(64), nullable=False, unique=True),  # of one use of the tool: the same use again adds nothing
    Column("order_number", String(20), nullable=False, unique=True),
    Column("customer_id", Integer, nullable=False),
    Column("call_sid", String(64), nullable=False),
    Column("reason", String(500), nullable=False),
    Column("opened_at", DateTime, nullable=False),
)
# What this file needs of the shop's orders.
orders = Table(
    "orders",
    MetaData(),
    Column("number", String(20)),
    Column("customer_id", Integer),
    Column("state", String(20)),
    Column("item", String(200)),
    Column("moved_on", Date),
)

_RETURN_DAYS = 60
_TRIES = 3

_CONFIRM = {
    "en": "I would start a return of order {order_number}. Is that right?",
    "es": "Voy a iniciar la devolución del pedido {order_number}. ¿Es correcto?",
}
_STARTED = {
    "en": "The return of order {order} is started. Its number is {number}. A label comes by e-mail.",
    "es": "La devolución del pedido {order} está iniciada. Su número es {number}. La etiqueta llega por correo.",
}
_NOT_YOURS = {
    "en": "I can't find an order with that number among yours.",
    "es": "No encuentro ningún pedido suyo con ese número.",
}
_NOT_DELIVERED = {
    "en": "Order {order} has not been delivered, so there is nothing to send back yet.",
    "es": "El pedido {order} no ha sido entregado, así que todavía no hay nada que devolver.",
}
_TOO_LATE = {
    "en": "Order {order} was delivered more than sixty days ago; it can't be returned any more.",
    "es": "El pedido {order} fue entregado hace más de sesenta días; ya no se puede devolver.",
}
_REFUND: Mapping[str, Mapping[str, str]] = {
    "awaited": {
        "en": "The return of order {order} is started. The refund goes out once the parcel has reached us.",
        "es": "La devolución del pedido {order} está iniciada. El reembolso sale cuando nos llegue el paquete.",
    },
    "returned": {
        "en": "Order {order} has come back to us. The refund is on its way and takes up to five working days.",
        "es": "El pedido {order} nos ha llegado. El reembolso está en camino y tarda hasta cinco días laborables.",
    },
    "cancelled": {
        "en": "Order {order} was cancelled and the money has been paid back.",
        "es": "El pedido {order} fue cancelado y el dinero ha sido devuelto.",
    },
    "none": {
        "en": "There is no return of order {order}, so there is no refund.",
        "es": "No hay ninguna devolución del pedido {order}, así que no hay reembolso.",
    },
}
_NOT_STARTED = {
    "en": "I could not start the return just now.",
    "es": "No he podido iniciar la devolución en este momento.",
}


@tool(level="details", write=True, confirm=_CONFIRM, idempotent=True, fields=("return_number",))
async def start_return(order_number: str, reason: str, caller: Caller) -> dict[str, object]:
    """Start the return of an order that was delivered: send it back and get a refund. The caller must be verified.

    Args:
        order_number: The number of the order to return, in digits, such as 1032.
        reason: The reason for the return, in a few words, such as: too small.
    """
    wanted = heard_digits(order_number)
    order = await _own_order(wanted, caller)
    if order is None:
        return not_found(caller.hears(_NOT_YOURS))
    if order.state != "delivered":
        raise ToolError(caller.hears(_NOT_DELIVERED).format(order=spoken_digits(wanted)))
    if order.moved_on and order.moved_on < date.today() - timedelta(days=_RETURN_DAYS):
        raise ToolError(caller.hears(_TOO_LATE).format(order=spoken_digits(wanted)))
    number = await _return_of(wanted, reason, caller)
    said = caller.hears(_STARTED).format(order=spoken_digits(wanted), number=spoken_digits(number))
    return answer(said, return_number=number)


@tool(level="details", fields=("state",))
async def refund_state(order_number: str, caller: Caller) -> dict[str, object]:
    """Find out how the refund of an order stands. The caller must be verified.

    Args:
        order_number: The number of the order the refund is for, in digits, such as 1018.
    """
    wanted = heard_digits(order_number)
    order = await _own_order(wanted, caller)
    if order is None:
        return not_found(caller.hears(_NOT_YOURS))
    state = order.state if order.state in _REFUND else await _state_of_return(wanted)
    return answer(caller.hears(_REFUND[state]).format(order=spoken_digits(wanted)), state=state)


async def _own_order(number: str, caller: Caller) -> Row[tuple[str, int, str, str, date]] | None:
    """An order of the caller who was verified; another's order is as if it were not there."""
    if not caller.customer.isdecimal():
        return None
    query = select(orders).where(orders.c.number == number, orders.c.customer_id == int(caller.customer))
    async with shop.connect() as connection:
        return (await connection.execute(query)).first()


async def _state_of_return(order_number: str) -> str:
    query = select(returns.c.number).where(returns.c.order_number == order_number)
    async with desk.connect() as connection:
        return "none" if (await connection.execute(query)).first() is None else "awaited"


async def _return_of(order_number: str, reason: str, caller: Caller) -> str:
    """The number of an order's return, made once however often it is asked for."""
    same = select(returns.c.number).where(returns.c.order_number == order_number)
    for _ in range(_TRIES):
        try:
            async with desk.connect() as connection:
                number: str | None = (await connection.execute(same)).scalar()
                return number or await _insert(connection, order_number, reason, caller)
        except IntegrityError:  # the same return a moment earlier, or another one with this number
            continue
    raise ToolError(caller.hears(_NOT_STARTED), retryable=True)


async def _insert(connection: AsyncConnection, order_number: str, reason: str, caller: Caller) -> str:
    number = str(700_000 + secrets.randbelow(300_000))
    row = {
        "number": number,
        "key": caller.key,
        "order_number": order_number,
        "customer_id": int(caller.customer),
        "call_sid": caller.call_sid,
        "reason": reason[:500],
        "opened_at": datetime.now(UTC).replace(tzinfo=None),
    }
    await connection.execute(insert(returns).values(row))
    return number


async def _first_use(connection: AsyncConnection) -> None:
    await connection.run_sync(tables.create_all)


shop = database("ORDERS_URL", "orders.db")
desk = database("RETURNS_URL", "returns.db", first_use=_first_use)
