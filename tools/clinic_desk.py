"""The clinic's front desk: opening hours, and questions for the nurse. Nobody here gives medical advice.

Questions are kept in `CLINIC_DESK_URL`, or in a SQLite file.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal

from sqlalchemy import Column, DateTime, MetaData, String, Table, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.toolkit import Caller, answer, database, tool

tables = MetaData()
questions = Table(
    "questions",
    tables,
    Column("key", String(64), primary_key=True),  # of one use of the tool: the same use again adds nothing
    Column("call_sid", String(64), nullable=False),
    Column("callback_number", String(30), nullable=False),
    Column("question", String(1000), nullable=False),
    Column("asked_at", DateTime, nullable=False),
)

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

_WEEK = {
    "en": "We are open Monday to Thursday from nine to twelve and from two to five, and Friday from nine to one.",
    "es": "Abrimos de lunes a jueves de nueve a doce y de dos a cinco, y los viernes de nueve a una.",
}
_LONG_DAY = {
    "en": "On that day we are open from nine to twelve and from two to five.",
    "es": "Ese día abrimos de nueve a doce y de dos a cinco.",
}
_FRIDAY = {
    "en": "On Fridays we are open from nine to one.",
    "es": "Los viernes abrimos de nueve a una.",
}
_WEEKEND = {
    "en": "We are closed on Saturdays and Sundays.",
    "es": "Los sábados y domingos estamos cerrados.",
}
_DAYS: Mapping[str, Mapping[str, str]] = {"friday": _FRIDAY, "saturday": _WEEKEND, "sunday": _WEEKEND}
_ASKED = {
    "en": "I have passed your question on to the nurse, who will call you back today.",
    "es": "He pasado su pregunta a enfermería; le devolverán la llamada hoy.",
}


@tool
async def opening_hours(caller: Caller, weekday: Weekday | None = None) -> dict[str, object]:
    """Find out when the clinic is open: the opening hours of one day, or of the whole week.

    Args:
        weekday: The day of the week in question, only if the caller names one.
    """
    return answer(caller.hears(_WEEK if weekday is None else _DAYS.get(weekday, _LONG_DAY)))


@tool(write=True, idempotent=True, fields=())
async def ask_nurse(question: str, caller: Caller, callback_number: str | None = None) -> dict[str, object]:
    """Pass a medical question on to the nurse, who calls back: symptoms, pain, fever, medicine, results, advice.

    Args:
        question: The question for the nurse, in the caller's words.
        callback_number: The number to call back, only if it is not the one the caller phones from.
    """
    row = {
        "key": caller.key,
        "call_sid": caller.call_sid,
        "callback_number": (callback_number or caller.number)[:30],
        "question": question[:1000],
        "asked_at": datetime.now(UTC).replace(tzinfo=None),
    }
    try:
        async with desk.connect() as connection:
            await connection.execute(insert(questions).values(row))
    except IntegrityError:
        await _must_be_there(caller.key)
    return answer(caller.hears(_ASKED))


async def _must_be_there(key: str) -> None:
    """The question was passed on before, or something else is wrong with it."""
    async with desk.connect() as connection:
        (await connection.execute(select(questions.c.key).where(questions.c.key == key))).one()


async def _first_use(connection: AsyncConnection) -> None:
    await connection.run_sync(tables.create_all)


desk = database("CLINIC_DESK_URL", "clinic_desk.db", first_use=_first_use)
