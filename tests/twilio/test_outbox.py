"""What waits to be written."""

import asyncio
import json

from app.twilio.outbox import MOST_MESSAGES, Outbox

SECOND = bytes(8_000)


async def drained(outbox: Outbox) -> list[str]:
    """Everything that waits, as event or event:mark."""
    outbox.close()
    said = []
    while (text := await outbox.next()) is not None:
        message = json.loads(text)
        said.append(message["mark"]["name"] if message["event"] == "mark" else message["event"])
    return said


async def test_things_go_out_in_order() -> None:
    outbox = Outbox("MZ1")
    outbox.sound(SECOND)
    outbox.mark("g1:1")
    outbox.sound(SECOND)
    assert await drained(outbox) == ["media", "g1:1", "media"]


async def test_a_clear_goes_before_all_and_takes_the_sound_but_no_mark() -> None:
    outbox = Outbox("MZ1")
    outbox.sound(SECOND)
    outbox.mark("g1:1")
    outbox.clear()
    outbox.sound(SECOND)
    assert await drained(outbox) == ["clear", "g1:1", "media"]


async def test_clears_do_not_pile_up() -> None:
    outbox = Outbox("MZ1")
    for _ in range(3):
        outbox.clear()
    assert await drained(outbox) == ["clear"]


async def test_more_than_three_seconds_of_sound_are_not_taken() -> None:
    outbox = Outbox("MZ1")
    assert [outbox.sound(SECOND) for _ in range(4)] == [True, True, True, False]
    outbox.clear()
    assert outbox.sound(SECOND)


async def test_what_was_written_makes_room() -> None:
    outbox = Outbox("MZ1")
    for _ in range(10):
        assert outbox.sound(SECOND)
        assert await outbox.next()


async def test_marks_have_a_bound_too() -> None:
    outbox = Outbox("MZ1")
    taken = [outbox.mark(f"g1:{n}") for n in range(MOST_MESSAGES + 1)]
    assert taken == [True] * MOST_MESSAGES + [False]


async def test_a_waiting_writer_is_woken() -> None:
    outbox = Outbox("MZ1")
    async with asyncio.TaskGroup() as tasks:
        writer = tasks.create_task(outbox.next())
        await asyncio.sleep(0)
        outbox.mark("g1:1")
    assert "g1:1" in str(writer.result())


async def test_a_closed_outbox_takes_nothing_and_wakes_its_writer() -> None:
    outbox = Outbox("MZ1")
    async with asyncio.TaskGroup() as tasks:
        writer = tasks.create_task(outbox.next())
        await asyncio.sleep(0)
        outbox.close()
    assert writer.result() is None
    assert outbox.sound(SECOND)
    assert await outbox.next() is None
