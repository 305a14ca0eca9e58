"""What callers left: written once however often it is told, also after the database was away; claimed by one."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from app.store import messages as module
from app.store.database import Database
from app.store.messages import Message, MessageBook, claim, done, latest, not_transcribed, of_call, transcribed, write

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
LEFT = Message(
    "CA1", "voicemail", "store", "+12025550143", "+12025550199", AT, "en-US", "RE1", "https://t/RE1", 7, "wanted"
)


@pytest.fixture
async def database(database: Database) -> Database:
    await database.open()
    return database


async def test_a_message_is_read_as_it_was_written(database: Database) -> None:
    assert await write(database, LEFT)
    assert await latest(database, 10) == [LEFT]
    assert await of_call(database, "CA") == [LEFT]
    assert await of_call(database, "CB") == await of_call(database, "%") == []


async def test_told_twice_it_is_kept_once_and_what_is_known_later_is_added(database: Database) -> None:
    bare = Message("CA1", "voicemail", "", "", "", AT, "", "RE1", "https://t/RE1", 0, "wanted")
    assert await write(database, bare)
    assert not await write(database, LEFT)
    assert not await write(database, bare)
    assert await latest(database, 10) == [LEFT]


async def test_nothing_that_is_done_is_undone_by_hearing_of_it_again(database: Database) -> None:
    await write(database, LEFT)
    await transcribed(database, LEFT, "Please call me.")
    await done(database, LEFT)
    await write(database, LEFT)
    assert await latest(database, 10) == [replace(LEFT, words="there", transcript="Please call me.", state="done")]


async def test_the_newest_come_first_and_those_that_are_done_can_be_left_out(database: Database) -> None:
    wish = Message("CA2", "callback", "store", "+12025550143", "+12025550199", AT + timedelta(hours=1))
    for message in (LEFT, wish):
        await write(database, message)
    assert [message.call_sid for message in await latest(database, 10)] == ["CA2", "CA1"]
    assert [message.call_sid for message in await latest(database, 1)] == ["CA2"]
    await done(database, wish)
    assert [message.call_sid for message in await latest(database, 10, state="new")] == ["CA1"]


async def test_only_one_gets_a_message_to_transcribe_until_it_has_had_the_time(database: Database) -> None:
    await write(database, LEFT)
    both = await asyncio.gather(claim(database, AT, 60.0, 5), claim(database, AT, 60.0, 5))
    assert sorted(len(claimed) for claimed in both) == [0, 1]
    assert await claim(database, AT + timedelta(seconds=59), 60.0, 5) == []
    (again,) = await claim(database, AT + timedelta(seconds=61), 60.0, 5)
    assert again.attempts == 1


async def test_what_was_tried_often_enough_is_left_alone(database: Database) -> None:
    await write(database, LEFT)
    await claim(database, AT, 60.0, 5)
    await not_transcribed(database, LEFT, AT + timedelta(seconds=5))
    assert len(await claim(database, AT + timedelta(seconds=6), 60.0, 5)) == 1
    await not_transcribed(database, LEFT, None)
    assert await claim(database, AT + timedelta(days=1), 60.0, 5) == []
    assert (await latest(database, 1))[0].words == "failed"


async def test_a_wish_to_be_called_back_has_nothing_to_transcribe(database: Database) -> None:
    await write(database, Message("CA2", "callback", "store", "+12025550143", "+12025550199", AT))
    assert await claim(database, AT, 60.0, 5) == []


async def test_a_database_that_is_down_is_tried_until_it_takes_the_message(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    paused: list[float] = []

    async def pause(seconds: float) -> None:
        paused.append(seconds)
        if len(paused) == 2:
            monkeypatch.setattr(module, "write", write)

    async def down(_: Database, __: Message) -> bool:
        raise OperationalError("insert", {}, Exception("locked"))

    monkeypatch.setattr(module, "write", down)
    book = MessageBook(database, pause=pause)
    with capture_logs() as logs:
        task = asyncio.create_task(book.run())
        book.keep(LEFT)
        assert await book.drain(5.0)
        task.cancel()
    assert paused == [0.2, 0.4]
    assert await latest(database, 10) == [LEFT]
    assert [line["event"] for line in logs] == ["message not written yet", "message not written yet", "message left"]
    assert LEFT.caller not in str(logs)


async def test_a_message_without_room_is_told_of_and_not_waited_for(database: Database) -> None:
    book = MessageBook(database, room=1)
    with capture_logs() as logs:
        book.keep(LEFT)
        book.keep(replace(LEFT, call_sid="CA2"))
    assert [line["event"] for line in logs] == ["message not kept"]
