"""The tools' pages: what they show of each, the figures of the week and their calls, and what they never show."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import insert

from app.console.pages import entrance
from app.console.pages.tool import arguments_of, template_of
from app.console.pages.tools import calls_behind, first_sentence, week
from app.meaning.tool_week import Usage, usages
from app.store import tool_uses
from app.store.database import Database
from app.store.entries import row_id
from app.store.search import Wanted, page
from app.store.tables import calls
from app.store.tables import tool_uses as uses
from app.store.tool_uses import Tally
from app.toolkit.http.reading import read_http_file
from tests.console.bench import ORDERS, bench
from tests.toolkit.http.places import REDIRECT, TRACK, swapped, written

NOW = datetime.now(UTC)
XSS = "<img src=x onerror=alert(1)>"
FILES = {"orders.py": ORDERS, "track.toml": TRACK, "redirect.toml": REDIRECT}
SECRET = "do-not-show-this-key"


@pytest.fixture(autouse=True)
def first_try() -> None:
    entrance._guesses.storage.reset()


@pytest_asyncio.fixture
async def records(tmp_path: Path) -> AsyncIterator[Database]:
    made = Database(f"sqlite+aiosqlite:///{tmp_path / 'frontline.db'}")
    yield made
    await made.close()


async def used(database: Database, name: str, call: str, status: str, took_ms: int, at: datetime = NOW) -> None:
    """One use is on record, in a call of its own."""
    row = {"line": "store", "language": "en", "caller": "+12025550143", "called": "+12025550199", "started_at": at}
    use = {"id": row_id(call, "tool", name), "model_id": "t1", "name": name, "args": {}, "at_s": 2.0}
    async with database.engine.begin() as connection:
        await connection.execute(insert(calls).values(call_sid=call, **row))
        told = {"status": status, "took_ms": took_ms, "response": {"message": f"Sorry {XSS}"}}
        await connection.execute(insert(uses).values(call_sid=call, **use, **told))


# ---- figures


def test_a_percentile_is_a_time_that_was_measured() -> None:
    found = usages([Tally("a", False, 100, 94), Tally("a", False, 900, 5), Tally("a", True, 5_000, 1)])
    assert found == {"a": Usage(100, 1, 900)}
    assert usages([Tally("end_call", False, 0, 3)]) == {"end_call": Usage(3, 0, None)}


def test_a_week_is_today_and_the_six_days_before() -> None:
    assert week(datetime(2026, 11, 30, 17, tzinfo=UTC)) == datetime(2026, 11, 24, tzinfo=UTC)


async def test_uses_are_counted_from_a_day_on_and_the_calls_behind_them_found(database: Database) -> None:
    await database.open()
    await used(database, "stock", "CA1", "ok", 120)
    await used(database, "stock", "CA2", "timeout", 5_000)
    await used(database, "cancel", "CA3", "error", 90)
    await used(database, "stock", "CA4", "ok", 80, NOW - timedelta(days=9))
    found = usages(await tool_uses.tallies(database, week(NOW)))
    assert found["stock"] == Usage(2, 1, 5_000)
    assert set(usages(await tool_uses.tallies(database, week(NOW), "cancel"))) == {"cancel"}
    [failed] = await tool_uses.failures(database, "stock", week(NOW))
    assert (failed.call_sid, failed.status, failed.started_at.tzinfo) == ("CA2", "timeout", UTC)
    behind = await page(database, Wanted(tool="stock", tool_errors=True), 10)
    assert [one.call.start.call_sid for one in behind.calls] == ["CA2"]
    behind = await page(database, Wanted(tool="stock", tool_ms=100, since=week(NOW)), 10)
    assert {one.call.start.call_sid for one in behind.calls} == {"CA1", "CA2"}


def test_each_figure_has_an_address_of_its_own() -> None:
    behind = calls_behind("stock", Usage(2, 1, 1_250), datetime(2026, 11, 24, tzinfo=UTC))
    assert behind["uses"] == "/console/calls?tool=stock&since=2026-11-24"
    assert behind["failed"].endswith("&errors=1")
    assert behind["slow"].endswith("&took=1.25")


# ---- what is shown


def test_a_description_is_told_by_its_first_sentence() -> None:
    assert first_sentence("Find a parcel.\nUse it when asked.") == "Find a parcel."
    assert first_sentence("Find a parcel") == "Find a parcel"


def test_arguments_are_told_with_what_they_may_be() -> None:
    told = arguments_of(
        {
            "properties": {
                "a": {"type": "string", "enum": ["x", "y"], "description": "One."},
                "b": {"type": "array", "items": {"type": "string"}},
            },
            "required": ["a"],
        }
    )
    assert [(one.type, one.required, one.limits) for one in told] == [
        ("string", True, "x | y"),
        ("array of string", False, ""),
    ]


def test_a_request_is_shown_as_its_file_has_it(tmp_path: Path) -> None:
    shown = template_of(read_http_file(written(tmp_path, REDIRECT)))
    assert shown.startswith("POST https://shipping.rehearsal.example/v1/parcels/{number}/redirect\n")
    assert "Authorization: Bearer {secret.SHIPPING_KEY}" in shown
    assert "Idempotency-Key: {caller.key}" in shown
    assert '"place": "{place}"' in shown


async def test_the_list_shows_kinds_lines_figures_and_mistakes(records: Database, tmp_path: Path) -> None:
    files = {**FILES, "broken.toml": "description = 3"}
    async with bench(records, tmp_path, files) as (here, _):
        await used(records, "stock", "CA2", "error", 700)
        await here.sign_in("Vera", "viewer")
        text = (await here.open("/console/tools")).text
        for name in ("stock", "cancel", "track", "redirect", "end_call"):
            assert f'href="/console/tools/{name}"' in text
        assert "broken.toml:1" in text
        assert "tool=stock" in text and "errors=1" in text and "took=0.7" in text
        assert "/console/tools/new" not in text
        filtered = (await here.open("/console/tools?kind=http")).text
        assert 'href="/console/tools/track"' in filtered and 'href="/console/tools/stock"' not in filtered
        assert 'href="/console/tools/stock"' in (await here.open("/console/tools?line=store")).text
        assert "No tool is like this" in (await here.open("/console/tools?words=nowhere")).text


async def test_without_tools_the_next_step_is_told(records: Database, tmp_path: Path) -> None:
    async with bench(records, tmp_path, {}) as (here, _):
        await here.sign_in()
        text = (await here.open("/console/tools")).text
        assert "No tool yet" in text and "/console/tools/new" in text


async def test_a_python_tool_is_shown_and_cannot_be_edited(records: Database, tmp_path: Path) -> None:
    async with bench(records, tmp_path, FILES) as (here, _):
        await used(records, "stock", "CA2", "error", 700)
        await here.sign_in()
        text = (await here.open("/console/tools/stock")).text
        assert "The shop&#39;s town." in text
        assert "One moment, I look." in text
        assert "tools/orders.py:8" in text
        assert XSS not in text and "&lt;img" in text
        assert "/edit" not in text
        assert "Cancel order {number}?" in (await here.open("/console/tools/cancel")).text


async def test_an_http_tool_shows_its_request_and_of_secrets_only_names(records: Database, tmp_path: Path) -> None:
    other = swapped(TRACK, "secret.SHIPPING_KEY", "secret.OTHER_KEY")
    key = {"TOOL_SECRET_SHIPPING_KEY": SECRET}
    async with bench(records, tmp_path, {**FILES, "other.toml": other}, None, **key) as (here, _):
        await here.sign_in()
        track, elsewhere = (
            (await here.open("/console/tools/track")).text,
            (await here.open("/console/tools/other")).text,
        )
        assert "Bearer {secret.SHIPPING_KEY}" in track and ">set<" in track.replace("\n", "")
        assert "TOOL_SECRET_OTHER_KEY" in elsewhere and "other is off" in elsewhere
        file = await here.open("/console/tools/track/file")
        assert file.text.strip() == TRACK.strip() and "attachment" in file.headers["content-disposition"]
        for text in (track, elsewhere, file.text):
            assert SECRET not in text


async def test_what_is_no_tool_is_not_there(records: Database, tmp_path: Path) -> None:
    async with bench(records, tmp_path, FILES) as (here, _):
        (tmp_path / "secret.toml").write_text("key = 1", encoding="utf-8")
        await here.sign_in()
        for path in ("nowhere", "..%2Fsecret", "%2e%2e", "Track", "orders"):
            assert (await here.open(f"/console/tools/{path}")).status_code == 404, path
        for path in ("stock", "..%2Fsecret"):
            assert (await here.open(f"/console/tools/{path}/file")).status_code == 404, path


async def test_a_file_with_a_mistake_says_where(records: Database, tmp_path: Path) -> None:
    async with bench(records, tmp_path, {"broken.toml": 'description = "A tool."\nurl = "http://x"'}) as (here, _):
        await here.sign_in()
        text = (await here.open("/console/tools/broken")).text
        assert "broken.toml:2" in text and "/console/tools/broken/edit" in text


async def test_the_pages_speak_spanish(records: Database, tmp_path: Path) -> None:
    async with bench(records, tmp_path, FILES) as (here, _):
        await here.sign_in()
        text = (await here.open("/console/tools", **{"accept-language": "es"})).text
        assert "Servidores MCP" in text and "Solo lee" in text
