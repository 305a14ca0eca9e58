"""Test runs of tools on the console: what is sent, seen, held back, refused and kept; and what is not."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from app.console.pages import entrance
from app.console.pages.tool_trial import AT_ONCE, _masked, _running, fields_of, written_in
from app.rehearsal.shipping import ShippingStandIn, shipping_stand_in
from app.store import audit
from app.store.database import Database
from app.toolbench.inventory import Known
from app.toolkit.http import close_http
from app.toolkit.spec import ToolSpec
from tests.console.bench import ORDERS, bench
from tests.console.site import Site
from tests.toolkit.http.places import REDIRECT, TRACK, swapped

FILES = {"orders.py": ORDERS, "track.toml": TRACK, "redirect.toml": REDIRECT}
SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "size": {"type": "string", "enum": ["s", "l"]},
        "count": {"type": "integer"},
        "price": {"type": "number"},
        "gift": {"type": "boolean"},
        "notes": {"type": "array", "items": {"type": "string"}},
    },
}


@pytest.fixture(autouse=True)
def first_try() -> None:
    entrance._guesses.storage.reset()


@pytest_asyncio.fixture
async def records(tmp_path: Path) -> AsyncIterator[Database]:
    made = Database(f"sqlite+aiosqlite:///{tmp_path / 'frontline.db'}")
    yield made
    await made.close()


@pytest_asyncio.fixture
async def shipping(tmp_path: Path) -> AsyncIterator[ShippingStandIn]:
    async with shipping_stand_in(tmp_path / "certificates") as company:
        yield company
        await close_http()


async def text_of(here: Site, tool: str, **fields: str) -> str:
    answer = await here.send(f"/console/tools/{tool}/try", **fields)
    assert answer.status_code == 200
    return answer.text


async def tried(database: Database) -> list[audit.Entry]:
    return [one for one in await audit.listed(database, audit.Wish(), most=20) if one.action == "tool.tried"]


def test_a_form_is_made_of_the_schema_and_read_as_the_model_would_give_it() -> None:
    tool = Known(ToolSpec("order", "Order.", SCHEMA), "python")
    form = {"arg-name": " x ", "arg-count": "3", "arg-price": "2.5", "arg-gift": "true", "arg-notes": "a\n\n b "}
    kinds = [field.kind for field in fields_of(tool, form)]
    assert kinds == ["text", "choice", "number", "number", "boolean", "list"]
    assert written_in(form, tool) == {"name": " x ", "count": 3, "price": 2.5, "gift": True, "notes": ["a", "b"]}
    assert written_in({"arg-count": "many"}, tool) == {"count": "many"}


def test_a_secret_that_comes_back_is_not_shown() -> None:
    assert _masked('{"a": "se\\"cret-1"}', {"KEY": 'se"cret-1', "SHORT": "a"}) == '{"a": "••••"}'


async def test_an_http_tool_is_run_and_every_step_shown_but_no_secret(
    records: Database, tmp_path: Path, shipping: ShippingStandIn
) -> None:
    async with bench(records, tmp_path, FILES, shipping) as (here, _):
        await here.sign_in("Mia", "manager")
        assert "Not run yet" in (await here.open("/console/tools/track/try")).text
        text = await text_of(here, "track", **{"arg-number": "NP1047"})
        assert "GET https://shipping.rehearsal.example/v1/parcels/NP1047" in text
        assert "A service of this rehearsal." in text
        assert "Northwind Parcel" in text and "It is in_transit" in text
        assert "events[0].place" in text
        assert shipping.key not in text and "Bearer ••••" in text
        [kept] = await tried(records)
        assert kept.object == "track" and kept.detail["arguments"] == ["number"] and kept.detail["status"] == "ok"
        assert "NP1047" not in str(kept.detail)


async def test_what_is_only_shown_is_not_sent(records: Database, tmp_path: Path, shipping: ShippingStandIn) -> None:
    async with bench(records, tmp_path, FILES, shipping) as (here, _):
        await here.sign_in()
        text = await text_of(here, "track", dry="1", **{"arg-number": "NP1047"})
        assert "What would be sent" in text
        assert not shipping.seen


async def test_what_changes_something_is_done_only_when_really_asked_for(
    records: Database, tmp_path: Path, shipping: ShippingStandIn
) -> None:
    async with bench(records, tmp_path, FILES, shipping) as (here, _):
        await here.sign_in()
        fields = {"arg-number": "NP1047", "arg-place": "Boston"}
        text = await text_of(here, "redirect", **fields)
        assert "Nothing was done" in text and "What would be sent" in text
        assert not shipping.seen
        text = await text_of(here, "redirect", really="1", **fields)
        assert "It goes to Boston now." in text
        assert shipping.redirects == [("NP1047", "Boston")]
        text = await text_of(here, "cancel", **{"arg-number": "1047"})
        assert "Cancel order 1" in text and "It is cancelled." not in text
        assert "It is cancelled." in await text_of(here, "cancel", really="1", **{"arg-number": "1047"})


async def test_an_address_of_this_network_is_refused_and_said(records: Database, tmp_path: Path) -> None:
    inner = swapped(TRACK, "shipping.rehearsal.example", "localhost")
    other = swapped(TRACK, "shipping.rehearsal.example", "elsewhere.example")
    allowed = {"FRONTLINE_TOOL_HOSTS": "localhost", "TOOL_SECRET_SHIPPING_KEY": "a-key-of-ours"}
    async with bench(records, tmp_path, {"inner.toml": inner, "other.toml": other}, None, **allowed) as (here, _):
        await here.sign_in()
        text = await text_of(here, "inner", **{"arg-number": "1"})
        assert "Refused" in text and "127.0.0.1" in text
        assert "Northwind" not in text
        text = await text_of(here, "other", **{"arg-number": "1"})
        assert "Refused" in text and "the host is not allowed" in text


async def test_mistakes_of_whoever_tries_are_said(records: Database, tmp_path: Path) -> None:
    async with bench(records, tmp_path, FILES) as (here, _):
        await here.sign_in()
        assert "Missing: item" in await text_of(here, "stock")
        assert "the customer they are" in await text_of(here, "stock", level="details", **{"arg-item": "tent"})
        assert 'role="alert"' in await text_of(here, "stock", language="??", **{"arg-item": "tent"})
        assert not [one for one in await tried(records) if one.detail["level"] == "details"]


async def test_test_runs_leave_room_for_calls(records: Database, tmp_path: Path) -> None:
    async with bench(records, tmp_path, FILES) as (here, _):
        await here.sign_in()
        for _ in range(AT_ONCE):
            await _running.acquire()
        try:
            assert "Others are trying tools" in await text_of(here, "stock", **{"arg-item": "tent"})
        finally:
            for _ in range(AT_ONCE):
                _running.release()


async def test_who_may_not_run_tools_does_not(records: Database, tmp_path: Path) -> None:
    async with bench(records, tmp_path, FILES) as (here, _):
        await here.sign_in("Quin", "qa")
        assert (await here.open("/console/tools/stock/try")).status_code == 403
        assert (await here.send("/console/tools/stock/try", **{"arg-item": "tent"})).status_code == 403
        assert "/try" not in (await here.open("/console/tools/stock")).text


async def test_what_stands_in_no_file_is_not_tried(records: Database, tmp_path: Path) -> None:
    async with bench(records, tmp_path, FILES) as (here, _):
        await here.sign_in()
        for name in ("end_call", "nowhere"):
            assert (await here.open(f"/console/tools/{name}/try")).status_code == 404
            assert (await here.send(f"/console/tools/{name}/try")).status_code == 404
