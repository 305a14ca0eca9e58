"""The language tutor: notes on how far a learner is, and new words. Notes go by the phone, so they hold no secrets.

Without `TUTOR_URL` they are kept in a SQLite file.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal

from sqlalchemy import Column, DateTime, Integer, MetaData, String, Table, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.toolkit import Caller, answer, database, not_found, tool

tables = MetaData()
notes = Table(
    "notes",
    tables,
    Column("id", Integer, primary_key=True),
    Column("key", String(64), nullable=False, unique=True),  # of one use of the tool: the same use again adds nothing
    Column("call_sid", String(64), nullable=False),
    Column("learner", String(20), nullable=False, index=True),  # the phone the learner calls from
    Column("level", String(2), nullable=False),
    Column("note", String(500), nullable=False),
    Column("noted_at", DateTime, nullable=False),
)

Level = Literal["A1", "A2", "B1", "B2", "C1", "C2"]
Topic = Literal["travel", "food", "work", "weather", "family"]

_RECENT = 3

_NOTED = {"en": "Noted.", "es": "Anotado."}
_SO_FAR = {
    "en": "The learner was last at level {level}. Notes, the newest first: {notes}",
    "es": "El último nivel fue {level}. Notas, la más reciente primero: {notes}",
}
_NEW_LEARNER = {
    "en": "There are no notes yet: this is a first lesson.",
    "es": "Todavía no hay notas: es la primera clase.",
}
_WORDS: Mapping[str, str] = {
    "travel": "suitcase (la maleta), platform (el andén), ticket (el billete), delay (el retraso)",
    "food": "spoon (la cuchara), starter (el entrante), the bill (la cuenta), spicy (picante)",
    "work": "meeting (la reunión), deadline (el plazo), colleague (el compañero), raise (el aumento)",
    "weather": "cloudy (nublado), storm (la tormenta), breeze (la brisa), frost (la helada)",
    "family": "cousin (el primo), nephew (el sobrino), twins (los gemelos), wedding (la boda)",
}
_NEW_WORDS = {
    "en": "Four words to practise on {topic}: {words}.",
    "es": "Cuatro palabras para practicar: {words}.",
}


@tool(write=True, idempotent=True, scheduling="silent", filler=False, fields=())
async def level_note(level: Level, note: str, caller: Caller) -> dict[str, object]:
    """Note the learner's level and what they should practise next. Use it once, when the lesson ends.

    Args:
        level: The level the learner spoke at, from A1 to C2.
        note: The note for the next lesson, in one sentence, such as: mixes up past tenses.
    """
    row = {
        "key": caller.key,
        "call_sid": caller.call_sid,
        "learner": caller.number,
        "level": level,
        "note": note[:500],
        "noted_at": datetime.now(UTC).replace(tzinfo=None),
    }
    try:
        async with desk.connect() as connection:
            await connection.execute(insert(notes).values(row))
    except IntegrityError:
        async with desk.connect() as connection:
            (await connection.execute(select(notes.c.id).where(notes.c.key == caller.key))).one()
    return answer(caller.hears(_NOTED))


@tool(fields=("level",))
async def learner_notes(caller: Caller) -> dict[str, object]:
    """Find the notes of the learner's last lessons: their level and what to practise. Use it when a lesson begins."""
    if caller.number == "anonymous":
        return not_found(caller.hears(_NEW_LEARNER))
    query = select(notes).where(notes.c.learner == caller.number).order_by(notes.c.id.desc()).limit(_RECENT)
    async with desk.connect() as connection:
        found = (await connection.execute(query)).mappings().all()
    if not found:
        return not_found(caller.hears(_NEW_LEARNER))
    listed = " ".join(str(row["note"]) for row in found)
    return answer(caller.hears(_SO_FAR).format(level=found[0]["level"], notes=listed), level=found[0]["level"])


@tool(fields=("words",))
async def new_words(topic: Topic, caller: Caller) -> dict[str, object]:
    """Find new words to practise on a topic: vocabulary with translations.

    Args:
        topic: The topic to practise: travel, food, work, weather or family.
    """
    words = _WORDS[topic]
    return answer(caller.hears(_NEW_WORDS).format(topic=topic, words=words), words=words.split(", "))


async def _first_use(connection: AsyncConnection) -> None:
    await connection.run_sync(tables.create_all)


desk = database("TUTOR_URL", "tutor.db", first_use=_first_use)
