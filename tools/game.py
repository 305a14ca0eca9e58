"""The game's hotline: hints that give away little by little, players' tickets, and how the servers are.

Without `GAME_URL` it keeps a small SQLite database with sample servers.
"""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal

from sqlalchemy import Column, DateTime, Integer, MetaData, String, Table, insert, inspect, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.toolkit import Caller, ToolError, answer, database, spoken_digits, tool

tables = MetaData()
servers = Table(
    "servers",
    tables,
    Column("name", String(50), primary_key=True),
    Column("state", String(20), nullable=False),
)
hints_given = Table(
    "hints_given",
    tables,
    Column("call_sid", String(64), primary_key=True),
    Column("quest", String(50), primary_key=True),
    Column("count", Integer, nullable=False),
)
tickets = Table(
    "tickets",
    tables,
    Column("number", String(20), primary_key=True),
    Column("key", String(64), nullable=False, unique=True),  # of one use of the tool: the same use again adds nothing
    Column("call_sid", String(64), nullable=False),
    Column("player_name", String(100), nullable=False),
    Column("problem", String(1000), nullable=False),
    Column("opened_at", DateTime, nullable=False),
)

Quest = Literal["lighthouse", "bridge", "library"]

_TRIES = 3

_HINTS: Mapping[str, tuple[Mapping[str, str], ...]] = {
    "lighthouse": (
        {
            "en": "Listen to the tide, traveller: the stairs show themselves only at low water.",
            "es": "Escucha la marea, viajero: la escalera solo aparece con el agua baja.",
        },
        {
            "en": "The lamp is not broken, it is hungry. Fishermen know what it eats.",
            "es": "La lámpara no está rota, tiene hambre. Los pescadores saben qué come.",
        },
        {
            "en": "Bring whale oil from the harbour master, climb at low water, and fill the lamp.",
            "es": "Pide aceite al capitán del puerto, sube con la marea baja y llena la lámpara.",
        },
    ),
    "bridge": (
        {
            "en": "The troll counts steps, not coins.",
            "es": "El trol cuenta pasos, no monedas.",
        },
        {
            "en": "Cross as the goats do: never on the third plank.",
            "es": "Cruza como las cabras: nunca por la tercera tabla.",
        },
    ),
    "library": (
        {
            "en": "The book you seek is the one that no shelf misses.",
            "es": "El libro que buscas es el que ningún estante echa de menos.",
        },
        {
            "en": "Look beneath the reading desk by the north window.",
            "es": "Mira bajo la mesa de lectura, junto a la ventana norte.",
        },
    ),
}
_LAST = {
    "en": "More I must not say, traveller, or the quest would be mine.",
    "es": "Más no debo decir, viajero, o la misión sería mía.",
}
_ALL_UP = {
    "en": "All our servers are up.",
    "es": "Todos nuestros servidores funcionan.",
}
_SERVER: Mapping[str, Mapping[str, str]] = {
    "maintenance": {
        "en": "{name} is in maintenance and will be back within the hour.",
        "es": "{name} está en mantenimiento y volverá en menos de una hora.",
    },
    "down": {
        "en": "{name} is down; our people are on it.",
        "es": "{name} no funciona; nuestro equipo está en ello.",
    },
}
_OTHERS_UP = {"en": "The others are up.", "es": "Los demás funcionan."}
_CONFIRM = {
    "en": "I would open a ticket for the player {player_name}. The problem: {problem} Is that right?",
    "es": "Voy a abrir un caso para {player_name}. El problema: {problem} ¿Es correcto?",
}
_OPENED = {
    "en": "Your ticket is {number}. The game masters will write to you within a day.",
    "es": "Su caso es el {number}. Los maestros del juego le escribirán en un día.",
}
_NOT_OPENED = {
    "en": "I could not open a ticket just now.",
    "es": "No he podido abrir un caso en este momento.",
}


@tool(fields=("step", "of"))
async def hint(quest: Quest, caller: Caller, step: int | None = None) -> dict[str, object]:
    """Find a hint for a quest the player is stuck in; each time one that gives away a little more.

    Args:
        quest: The quest the player is stuck in: lighthouse, bridge or library.
        step: The number of the hint, from 1, only to say one again.
    """
    hints = _HINTS[quest]
    wanted = step if step is not None else await _next_step(quest, caller)
    if not 1 <= wanted <= len(hints):
        return answer(caller.hears(_LAST), step=len(hints), of=len(hints))
    return answer(caller.hears(hints[wanted - 1]), step=wanted, of=len(hints))


@tool(fields=())
async def server_status(caller: Caller) -> dict[str, object]:
    """Find out whether the game's servers are up or down: lag, login or connection problems."""
    async with desk.connect() as connection:
        found = (await connection.execute(select(servers).order_by(servers.c.name))).mappings().all()
    troubled = [row for row in found if row["state"] in _SERVER]
    if not troubled:
        return answer(caller.hears(_ALL_UP))
    said = [caller.hears(_SERVER[row["state"]]).format(name=row["name"]) for row in troubled]
    return answer(" ".join([*said, caller.hears(_OTHERS_UP)]))


@tool(write=True, confirm=_CONFIRM, idempotent=True, fields=("ticket_number",))
async def player_ticket(player_name: str, problem: str, caller: Caller) -> dict[str, object]:
    """Open a ticket for a player: a bug, a lost item, a purchase, a ban, or another player's conduct.

    Args:
        player_name: The name of the player in the game, such as Falcon.
        problem: The problem, in one sentence, in the player's words.
    """
    number = await _ticket_of(player_name, problem, caller)
    return answer(caller.hears(_OPENED).format(number=spoken_digits(number)), ticket_number=number)


async def _next_step(quest: str, caller: Caller) -> int:
    """Count this call's hints for a quest."""
    this = hints_given.c.call_sid == caller.call_sid, hints_given.c.quest == quest
    async with desk.connect() as connection:
        counted = await connection.execute(update(hints_given).where(*this).values(count=hints_given.c.count + 1))
        if not counted.rowcount:
            await connection.execute(insert(hints_given).values(call_sid=caller.call_sid, quest=quest, count=1))
        return int((await connection.execute(select(hints_given.c.count).where(*this))).scalar_one())


async def _ticket_of(player_name: str, problem: str, caller: Caller) -> str:
    """The number of the ticket, opened once however often this use of the tool comes."""
    same = select(tickets.c.number).where(tickets.c.key == caller.key)
    row = {"key": caller.key, "call_sid": caller.call_sid, "player_name": player_name[:100], "problem": problem[:1000]}
    for _ in range(_TRIES):
        number = str(500_000 + secrets.randbelow(500_000))
        try:
            async with desk.connect() as connection:
                before: str | None = (await connection.execute(same)).scalar()
                if before is None:
                    await connection.execute(insert(tickets).values({**row, "number": number, "opened_at": _now()}))
                return before or number
        except IntegrityError:  # the same ticket a moment earlier, or another one with this number
            continue
    raise ToolError(caller.hears(_NOT_OPENED), retryable=True)


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


async def _first_use(connection: AsyncConnection) -> None:
    """Fill an empty database with the sample; leave one that has tables as it is."""
    names = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
    if "servers" in names:
        return
    await connection.run_sync(tables.create_all)
    await connection.execute(insert(servers), list(_SERVERS))


_SERVERS = (
    {"name": "Aurora", "state": "up"},
    {"name": "Borealis", "state": "maintenance"},
    {"name": "Cinder", "state": "up"},
)

desk = database("GAME_URL", "game.db", first_use=_first_use)
