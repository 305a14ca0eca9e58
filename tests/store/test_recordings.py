"""The recordings' rows, on both databases."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

from app.store.database import Database
from app.store.recordings import ERASED, KeptRecording, RecordingBook

AT = datetime(2026, 11, 30, 3, 0, tzinfo=UTC)
LATER = AT + timedelta(days=1)
FIRST = KeptRecording("a" * 32, "CA1", "store", AT, 0.0, 30.5, "wav", "k.wav", "k.peaks", 488_058, [[3.0, 4.5]])
SECOND = replace(FIRST, id="b" * 32, began_s=40.25)
OTHER = replace(FIRST, id="c" * 32, call_sid="CA2", line="bank", at=LATER)


async def test_rows_are_kept_once_and_read_in_order(database: Database) -> None:
    book = RecordingBook(database)
    for kept in (SECOND, FIRST, OTHER, replace(FIRST, at=AT.astimezone(timezone(timedelta(hours=5)))), SECOND):
        await book.save(kept)
    assert await book.of_call("CA1") == [FIRST, SECOND]
    assert await book.of_call("CA3") == []


async def test_calls_with_sound_are_found_by_time_and_line_until_it_is_erased(database: Database) -> None:
    book = RecordingBook(database)
    for kept in (OTHER, FIRST, SECOND):
        await book.save(kept)
    assert await book.calls_before(LATER) == ["CA1"]
    assert await book.calls_before(LATER + timedelta(seconds=1)) == ["CA1", "CA2"]
    assert await book.calls_before(LATER + timedelta(seconds=1), "bank") == ["CA2"]
    assert await book.erased("CA1") == 2
    assert await book.erased("CA1") == 0
    assert [(kept.state, kept.paused) for kept in await book.of_call("CA1")] == [(ERASED, []), (ERASED, [])]
    assert await book.calls_before(LATER) == []
    assert await book.erased("CA1", rows_too=True) == 2
    assert await book.of_call("CA1") == []
