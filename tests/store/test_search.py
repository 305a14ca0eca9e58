"""Calls are found by what is known of them and by the words in them, page by page, alike in both databases."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, insert, update

from app.store import search
from app.store.database import Database
from app.store.entries import row_id
from app.store.search import Wanted, page
from app.store.tables import calls, flags, tags, tool_uses, turns
from app.store.words import Phrase, in_fts5, in_tsquery, phrases_of, says

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SAID = {
    1: ("Where is my order 1047?", "It is on its way, it's in Zürich."),
    2: ("Do you have tents for two?", "Yes: four-person tents, too."),
    3: ("¿Dónde está mi pedido?", "Está en camino."),
    4: ("My order is late, and the tent is torn.", "I am sorry. I will send you a new one."),
}

KNOWN: list[tuple[Wanted, list[int]]] = [
    (Wanted(), [4, 3, 2, 1]),
    (Wanted(line="casa"), [3]),
    (Wanted(language="en"), [4, 2, 1]),
    (Wanted(language="es-ES"), [3]),
    (Wanted(disposition="handed_off", ended_by="assistant"), [3]),
    (Wanted(version="2a"), [2]),
    (Wanted(version="%"), []),
    (Wanted(since=NOON + timedelta(minutes=2), until=NOON + timedelta(minutes=4)), [3, 2]),
    (Wanted(longer_s=120.0, shorter_s=240.0), [3, 2]),
    (Wanted(flag="no_answer"), [2]),
    (Wanted(tag="torn"), [4]),
    (Wanted(tool="find"), [4, 1]),
    (Wanted(tool_errors=True), [4]),
    (Wanted(caller="+12025550100"), []),
]
WORDS = [
    ("order", [4, 1]),
    ("ORDER 1047", [1]),
    ("tent", [4]),
    ("tent*", [4, 2]),
    ('"my order"', [4, 1]),
    ('"order my"', []),
    ("zurich", [1]),
    ("Donde", [3]),
    ("está", [3]),
    ("four person", [2]),
    ("it's", [1]),
    ("order sorry", []),  # not in one turn
    ("xylophone", []),
    ("?!", []),
    ("%' OR 1=1 --", []),
    ('"', []),
    ("tent* AND NOT", []),
]


def call_row(number: int, **changes: object) -> dict[str, object]:
    told = {"call_sid": f"CA{number}", "line": "shop", "language": "en-US", "caller": "+12025550143"}
    more = {"called": "+12025550199", "started_at": NOON + timedelta(minutes=number), "tokens": {}, "problem": ""}
    end = {"duration_s": 60.0 * number, "disposition": "completed", "ended_by": "caller", "barge_ins": 0, "sessions": 1}
    return {**told, **more, **end, "version": f"{number}abc", **changes}


def turn_row(call_sid: str, number: int, heard: str, unheard: str = "") -> dict[str, object]:
    about = {"id": row_id(call_sid, number, str(number)), "call_sid": call_sid, "number": number, "side": "caller"}
    return {**about, "heard": heard, "unheard": unheard, "started_s": 1.0, "ended_s": 2.0, "interrupted": False}


def use_row(call_sid: str, name: str, status: str) -> dict[str, object]:
    about = {"id": row_id(call_sid, 0, name), "call_sid": call_sid, "model_id": "t1", "name": name, "args": {}}
    return {**about, "response": {}, "status": status, "took_ms": 1, "at_s": 1.0}


@pytest.fixture
async def database(database: Database) -> AsyncIterator[Database]:
    await database.open()
    async with database.engine.begin() as connection:
        changed = {3: {"line": "casa", "language": "es-ES", "disposition": "handed_off", "ended_by": "assistant"}}
        await connection.execute(insert(calls), [call_row(n, **changed.get(n, {})) for n in SAID])
        rows = [turn_row(f"CA{n}", k, words) for n, said in SAID.items() for k, words in enumerate(said, 1)]
        await connection.execute(insert(turns), rows)
        await connection.execute(insert(tool_uses), [use_row("CA1", "find", "ok"), use_row("CA4", "find", "timeout")])
        flag = {"id": row_id("CA2", 0, "f"), "call_sid": "CA2", "name": "no_answer", "at_s": 1.0, "detail": ""}
        await connection.execute(insert(flags), [flag])
        await connection.execute(insert(tags), [{"call_sid": "CA4", "tag": "torn", "who": "ana", "at": NOON}])
    yield database


async def found(database: Database, wanted: Wanted) -> list[int]:
    return [int(each.call.start.call_sid[2:]) for each in (await page(database, wanted)).calls]


async def test_calls_are_found_by_what_is_known_of_them(database: Database) -> None:
    assert [await found(database, wanted) for wanted, _ in KNOWN] == [numbers for _, numbers in KNOWN]


@pytest.mark.parametrize("common", [1, 30_000], ids=["read one by one", "looked up"])
async def test_calls_are_found_by_their_words(database: Database, monkeypatch: pytest.MonkeyPatch, common: int) -> None:
    monkeypatch.setattr(search, "COMMON", common)
    monkeypatch.setattr(search, "STRETCH", 2)
    assert {words: await found(database, Wanted(words=words)) for words, _ in WORDS} == dict(WORDS)


async def test_the_turn_that_has_the_words_is_shown(database: Database) -> None:
    (one,) = (await page(database, Wanted(words="sorry", line="shop"))).calls
    assert one.turn is not None
    assert (one.turn.number, one.turn.heard) == (2, SAID[4][1])


async def test_what_was_made_and_not_heard_is_found_too(database: Database) -> None:
    async with database.engine.begin() as connection:
        await connection.execute(insert(turns), [turn_row("CA2", 3, "", "a hammock")])
    assert await found(database, Wanted(words="hammock")) == [2]


async def test_words_that_are_gone_or_others_now_are_not_found(database: Database) -> None:
    async with database.engine.begin() as connection:
        await connection.execute(delete(calls).where(calls.c.call_sid == "CA1"))
        await connection.execute(update(turns).where(turns.c.call_sid == "CA4").values(heard="[gone]"))
    assert await found(database, Wanted(words="order")) == []
    assert await found(database, Wanted(words="gone")) == [4]


async def test_pages_follow_each_other_whatever_comes_meanwhile(database: Database) -> None:
    async with database.engine.begin() as connection:
        await connection.execute(insert(calls), [call_row(n, started_at=NOON) for n in (5, 6, 7)])
    seen, after = [], None
    while True:
        some = await page(database, Wanted(), 2, after)
        seen += [each.call.start.call_sid for each in some.calls]
        if some.next is None:
            break
        after = some.next
        async with database.engine.begin() as connection:
            late = call_row(100 + len(seen), started_at=NOON + timedelta(days=1))
            await connection.execute(insert(calls), [late])
    assert seen == ["CA4", "CA3", "CA2", "CA1", "CA5", "CA6", "CA7"]


def test_what_people_type_is_words_phrases_and_beginnings() -> None:
    phrases = phrases_of('Café "my order" ten* x-y')
    assert phrases == [Phrase(("cafe",)), Phrase(("my", "order")), Phrase(("ten",), True), Phrase(("x", "y"))]
    assert in_fts5(phrases) == '"cafe" AND "my order" AND "ten" * AND "x y"'
    assert in_tsquery(phrases) == "('cafe') & ('my' <-> 'order') & ('ten':*) & ('x' <-> 'y')"
    assert says("The CAFÉ has my order: tents, x-y!", phrases)
    assert not says("The café has my order: attend x-y", phrases)
