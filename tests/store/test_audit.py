"""The audit on both databases."""

import asyncio
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.store import audit
from app.store.audit import Wish
from app.store.database import Database


async def test_each_entry_is_bound_to_the_one_before_it(database: Database) -> None:
    await database.open()
    first = await audit.add(database, "Ana", "line.published", "main", {"note": "shorter", "id": uuid4()})
    second = await audit.add(database, "Bo", "call.heard", "CA1")
    assert (first.before, second.before) == (audit.BEGINNING, first.hash)
    proof = await audit.prove(database)
    assert (proof.rows, proof.last, proof.broken) == (2, second.hash, None)


async def test_many_at_once_make_one_chain(database: Database) -> None:
    await database.open()
    await asyncio.gather(*(audit.add(database, "Ana", "call.heard", f"CA{n}") for n in range(12)))
    assert (await audit.prove(database)).rows == 12


async def test_the_database_refuses_to_change_an_entry_or_to_take_one_out(database: Database) -> None:
    await database.open()
    await audit.add(database, "Ana", "call.heard", "CA1")
    for change in ("UPDATE audit SET who = 'Bo'", "DELETE FROM audit"):
        with pytest.raises(DBAPIError, match="only added to"):
            async with database.engine.begin() as connection:
                await connection.execute(text(change))


async def test_an_entry_that_was_changed_all_the_same_shows(database: Database) -> None:
    await database.open()
    for n in range(3):
        await audit.add(database, "Ana", "call.heard", f"CA{n}")
    drop = "DROP TRIGGER audit_no_update" if database.is_sqlite else "DROP TRIGGER audit_kept ON audit"
    async with database.engine.begin() as connection:
        await connection.execute(text(drop))
        await connection.execute(text("UPDATE audit SET who = 'Bo' WHERE number = 2"))
    assert (await audit.prove(database)).broken == 2


async def test_entries_are_found_by_words_action_person_and_object(database: Database) -> None:
    await database.open()
    for who, action, thing in (("Ana", "call.heard", "CA1"), ("Bo", "line.published", "main"), ("Ana", "x", "100%")):
        await audit.add(database, who, action, thing)
    wishes = [
        Wish(),
        Wish(words="ana"),
        Wish(action="line.published"),
        Wish(object="CA1"),
        Wish(words="%"),
        Wish(who="Bo"),
    ]
    found = [[entry.number for entry in await audit.listed(database, wish, most=10)] for wish in wishes]
    assert found == [[3, 2, 1], [3, 1], [2], [1], [3], [2]]
    assert [entry.number for entry in await audit.listed(database, Wish(), most=10, below=2)] == [1]
    assert await audit.actions(database) == ["call.heard", "line.published", "x"]
