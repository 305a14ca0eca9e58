"""Lists of calls, a call and the calls going on: what is asked for, what is shown, and who may do what."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import event

from app.call.commands import Record, RecordEnd, RecordFlag, RecordTool, RecordTurn
from app.console.pages import entrance
from app.console.pages.call import rehearsal_of
from app.console.pages.calls import _safe
from app.console.pages.calls_wish import key_of, wish_of
from app.console.pages.shown import masked
from app.meaning.record import record_of
from app.store import audit
from app.store.calls import CallStart
from app.store.database import Database
from app.store.search import Key
from app.store.writer import RecordWriter
from tests.console.site import site

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
START = CallStart("CA0123456789abcdef0123456789abcdef", "store", "en-US", "+12025550143", "+12025550199", AT)
XSS = "<script>alert(1)</script>"
RECORDS = (
    RecordTurn(1, "assistant", "Hello, this is the store.", started_s=0.2, ended_s=1.9),
    RecordTurn(2, "caller", f"Where is my tent {XSS}?", started_s=2.4, ended_s=4.0),
    RecordTurn(
        *(3, "assistant", "It is on", "its way.", 6.1, 7.0, "en-US", 2_100, True),
        told_ms=400,
        model_ms=1_700,
        played_ms=2_200,
    ),
    RecordTool("t1", "look_up_order", {"note": XSS}, {"status": "ok"}, "error", 900, 4.4),
    RecordFlag("no_answer", 5.0, XSS),
    RecordEnd("caller_hung_up", "caller", 8.5, 400, 1, 1, {}, "", 0.0123),
)


async def written(database: Database, *records: Record) -> None:
    """One call is on record."""
    writer = RecordWriter(database)
    task = asyncio.create_task(writer.run())
    known = START.call_sid, START.line, START.language, START.caller, START.called, START.started_at
    call = writer.records_for(*known)
    for record in records:
        match record:
            case RecordTurn():
                call.turn(record)
            case RecordTool():
                call.tool(record)
            case RecordFlag():
                call.flag(record)
            case RecordEnd():
                call.end(record)
    assert await writer.drain(30)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


@pytest.fixture(autouse=True)
def first_try() -> None:
    """Nobody has tried to sign in before."""
    entrance._guesses.storage.reset()


# ---- what an address asks for


def test_a_number_is_a_caller_and_a_callsid_is_a_call() -> None:
    assert wish_of({"words": "+1 (202) 555-0143"}).wanted.caller == "+12025550143"
    assert wish_of({"words": "CA0123456789abcdef"}).call_sid == "CA0123456789abcdef"
    assert wish_of({"words": "tent"}).wanted.words == "tent"


def test_figures_and_days_are_read_and_what_cannot_be_is_said() -> None:
    wish = wish_of({"gap": "2,5", "cost": "0.1", "since": "2026-11-01", "until": "2026-11-02", "errors": "1"})
    assert wish.wanted.gap_ms == 2_500
    assert wish.wanted.tool_errors
    assert wish.wanted.since is not None
    assert wish.wanted.until is not None
    assert (wish.wanted.until - wish.wanted.since).days == 2
    assert wish_of({"gap": "soon"}).problem
    for odd in ({"gap": "inf"}, {"score": "nan"}, {"cost": "1e400"}, {"until": "9999-12-31"}, {"since": "0001-01-01"}):
        assert wish_of(odd).problem, odd
    assert key_of({"after": "0001-01-01T00:00:00+14:00|CA1"}) is None


def test_a_list_is_a_link_and_so_is_its_next_page() -> None:
    wish = wish_of({"line": "store", "words": " ", "unknown": "x"})
    assert wish.address == "line=store"
    key = Key(AT, "CA1")
    query = dict(part.split("=", 1) for part in wish.after(key).replace("%3A", ":").replace("%2B", "+").split("&"))
    assert key_of({"after": query["after"].replace("%7C", "|")}) == key
    assert key_of({"after": "nonsense"}) is None


@pytest.mark.parametrize(("number", "shown"), [("+12025550143", "+1•••43"), ("anonymous", "anonymous")])
def test_of_a_number_only_its_end_is_shown(number: str, shown: str) -> None:
    assert masked(number) == shown


@pytest.mark.parametrize("text", ["=1+1", "+12", "-1", "@x", " =1+1", "\t=1", "\n=1", "＝1+1"])
def test_a_spreadsheet_carries_nothing_out(text: str) -> None:
    assert _safe(text) == f"'{text}"
    assert _safe(3) == 3


# ---- pages


async def test_a_call_is_found_and_shown_and_nothing_in_it_is_markup(database: Database, tmp_path: Path) -> None:
    await written(database, *RECORDS)
    async with site(database, tmp_path) as here:
        await here.sign_in()
        listed = await here.open("/console/calls?words=tent")
        assert f"/console/calls/{START.call_sid}#turn-2" in listed.text
        page = await here.open(f"/console/calls/{START.call_sid}")
        for text in (listed.text, page.text):
            assert XSS not in text
        assert "&lt;script&gt;" in page.text
        assert "kind-tool_bad" in page.text
        assert "part-model" in page.text
        assert (await here.open("/console/calls/CA404")).status_code == 404


async def test_a_page_takes_one_connection_besides_that_of_the_sign_in(database: Database, tmp_path: Path) -> None:
    await written(database, *RECORDS)
    taken = list[object]()
    async with site(database, tmp_path) as here:
        await here.sign_in()
        await here.open(f"/console/calls/{START.call_sid}")
        event.listen(database.engine.sync_engine, "checkout", lambda *of: taken.append(of))
        await here.open(f"/console/calls/{START.call_sid}")
    assert len(taken) == 2


async def test_filters_of_figures_find_it_or_do_not(database: Database, tmp_path: Path) -> None:
    await written(database, *RECORDS)
    async with site(database, tmp_path) as here:
        await here.sign_in()
        for query in ("gap=2", "errors=1", "cost=0.01", "flag=no_answer", "longer=8"):
            assert START.call_sid in (await here.open(f"/console/calls?{query}")).text, query
        for query in ("gap=3", "cost=1", "score=50", "longer=9", "flag=tone"):
            assert START.call_sid not in (await here.open(f"/console/calls?{query}")).text, query


async def test_a_list_goes_away_as_csv_and_as_json_lines(database: Database, tmp_path: Path) -> None:
    await written(database, *RECORDS)
    async with site(database, tmp_path) as here:
        await here.sign_in()
        rows = (await here.open("/console/calls.csv")).text.splitlines()
        assert rows[0].startswith("call_sid,")
        assert START.call_sid in rows[1]
        assert START.caller not in rows[1]
        assert '"outcome": "caller_hung_up"' in (await here.open("/console/calls.jsonl")).text


async def test_what_was_taken_along_is_on_record_without_words_and_numbers(database: Database, tmp_path: Path) -> None:
    async with site(database, tmp_path) as here:
        await here.sign_in()
        await here.open("/console/calls.csv?line=store&caller=%2B12025550143&words=my+tent")
    [done] = await audit.listed(database, audit.Wish(action="calls.exported"), most=5)
    assert done.object == "words=%E2%80%A6&line=store&caller=%E2%80%A6"


async def test_nothing_is_added_to_a_call_that_is_not_on_record(database: Database, tmp_path: Path) -> None:
    async with site(database, tmp_path) as here:
        await here.sign_in()
        for path in ("notes", "tags"):
            assert (await here.send(f"/console/calls/CA404/{path}", text="x", tag="x")).status_code == 404


async def test_what_was_done_is_said_beside_the_place_it_was_done_at(database: Database, tmp_path: Path) -> None:
    await written(database, *RECORDS)
    async with site(database, tmp_path) as here:
        await here.sign_in()
        at = f"/console/calls/{START.call_sid}"
        answer = await here.send(f"{at}/notes", text="Called back.")
        assert answer.headers["location"] == f"{at}?told=call.told_noted#notes"


async def test_notes_tags_and_views_stay(database: Database, tmp_path: Path) -> None:
    await written(database, *RECORDS)
    async with site(database, tmp_path) as here:
        await here.sign_in()
        at = f"/console/calls/{START.call_sid}"
        await here.send(f"{at}/notes", text=XSS)
        await here.send(f"{at}/tags", tag="Refund")
        page = await here.open(at)
        assert XSS not in page.text
        assert "refund" in page.text
        await here.send(f"{at}/tags", gone="refund")
        assert "?tag=refund" not in (await here.open(at)).text
        await here.send("/console/calls/views", name="Bad ones", errors="1")
        assert "Bad ones" in (await here.open("/console/calls")).text
        await here.send("/console/calls/views/forget", name="Bad ones")
        assert "Bad ones" not in (await here.open("/console/calls")).text


async def test_who_may_only_look_adds_nothing_takes_nothing_along_and_has_no_word(
    database: Database, tmp_path: Path
) -> None:
    await written(database, *RECORDS)
    async with site(database, tmp_path) as here:
        await here.sign_in("Vera", "viewer")
        at = f"/console/calls/{START.call_sid}"
        assert (await here.open(at)).status_code == 200
        assert (await here.open("/console/now")).status_code == 200
        for path in ("/console/calls.csv", "/console/calls.jsonl", f"{at}/bundle.zip"):
            assert (await here.open(path)).status_code == 403, path
        now = f"/console/now/{START.call_sid}"
        for path in (f"{at}/notes", f"{at}/tags", f"{at}/analysis", f"{now}/assist", f"{now}/take"):
            assert (await here.send(path, text="x", action="end", reason="x")).status_code == 403, path


async def test_ending_a_call_needs_a_reason_and_a_call(database: Database, tmp_path: Path) -> None:
    async with site(database, tmp_path) as here:
        await here.sign_in()
        assert "Write a reason first" in (await here.send("/console/now/CA1/take", action="end")).text
        assert "The call is over" in (await here.send("/console/now/CA1/take", action="end", reason="rude")).text
        assert "Write something first" in (await here.send("/console/now/CA1/assist", action="note", text=" ")).text


async def test_a_rehearsal_says_what_the_caller_said(database: Database) -> None:
    await written(database, RecordTurn(1, "caller", "It's me", started_s=0.0, ended_s=1.0), RECORDS[-1])
    record = await record_of(database, START.call_sid)
    assert record is not None
    assert rehearsal_of(record) == f"frontline call --line {START.line} --say 'It'\\''s me'"
