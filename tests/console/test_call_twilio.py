"""Twilio's own word on a call's page: asked when wanted, without numbers and keys, and clear where there is none."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
import stamina

from app.console.mount import PARTS
from app.console.pages import entrance
from app.rehearsal.twilio_calls import Noted, ToldCall
from app.rehearsal.twilio_rest import TwilioRest
from app.settings import load
from app.store import audit
from app.store.database import Database
from app.twilio.rest import CallControl
from tests.console.site import Site, site
from tests.console.test_calls import RECORDS, START, XSS, written

ACCOUNT, TOKEN = "AC" + "0" * 32, "x" * 32
AT = f"/console/calls/{START.call_sid}/twilio"
REAL = {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": TOKEN, "PUBLIC_URL": "https://calls.example.com"}
NOTED = (
    Noted(11200, f"{XSS} no answer for +12025550143", "502", "https://calls.example.com/voice/incoming?x=1"),
    Noted(99999, "Something new"),
)
TOLD = ToldCall(START.call_sid, START.caller, START.called, START.started_at, 9.0, NOTED, ("high_jitter",), 2.5)


@pytest.fixture(autouse=True)
def quickly() -> Iterator[None]:
    entrance._guesses.storage.reset()
    with stamina.set_testing(True, attempts=1):
        yield


@pytest.fixture
async def twilio() -> AsyncIterator[TwilioRest]:
    rest = TwilioRest(ACCOUNT, TOKEN)
    rest.told.tell(TOLD)
    async with rest.serving():
        yield rest


@pytest_asyncio.fixture
async def here(tmp_path: Path, twilio: TwilioRest) -> AsyncIterator[Site]:
    """The console of a house with an account, and one call on record."""
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'frontline.db'}")
    control = CallControl(ACCOUNT, TOKEN, base_url=twilio.url)
    async with site(database, tmp_path, PARTS, (), **REAL) as made:
        made.console.parts = replace(made.console.parts, control=control)
        await written(database, *RECORDS)
        await made.sign_in("Quentin", "qa")
        yield made
    control.close()
    await database.close()


async def test_it_is_asked_when_wanted_and_shown_with_what_to_do(here: Site, twilio: TwilioRest) -> None:
    page = (await here.open(f"/console/calls/{START.call_sid}")).text
    assert f'hx-get="{AT}"' in page
    assert not twilio.asked
    part = (await here.open(AT)).text
    assert "Completed" in part and "0:09" in part and "$0.0085" in part
    assert "PUBLIC_URL or token" in part and "HTTP 502" in part and "calls.example.com/voice/incoming" in part
    assert "Something new" in part and "errors/99999" in part
    assert "High jitter" in part and "2.5%" in part
    assert await audit.listed(here.database, audit.Wish(action="call"), most=5) == []


async def test_neither_numbers_nor_markup_nor_queries_come_through(here: Site) -> None:
    part = (await here.open(AT)).text
    assert XSS not in part and "&lt;script&gt;" in part
    assert START.caller not in part and "+1•••43" in part
    assert "?x=1" not in part


@pytest.mark.parametrize(
    ("kind", "status", "said"),
    [
        ("call", 401, "TWILIO_ACCOUNT_SID"),
        ("call", 429, "Twilio could not be asked"),
        ("call", 404, "does not know this call"),
        ("notifications", 404, "They could not be had"),
        ("summary", 403, "Advanced Features"),
        ("summary", 404, "there is no summary"),
        ("summary", 500, "could not be asked"),
    ],
)
async def test_what_cannot_be_had_is_said(here: Site, twilio: TwilioRest, kind: str, status: int, said: str) -> None:
    twilio.told.refusing[kind] = status
    answer = await here.open(AT)
    assert answer.status_code == 200
    assert said in answer.text


async def test_nothing_unusual_is_said_too(here: Site, twilio: TwilioRest) -> None:
    twilio.told.tell(replace(TOLD, noted=(), tags=()))
    part = (await here.open(AT)).text
    assert "None noted down" in part and "Nothing unusual" in part


async def test_a_rehearsal_without_an_account_asks_the_stand_in(database: Database, tmp_path: Path) -> None:
    await written(database, *RECORDS)
    async with site(database, tmp_path) as rehearsing:
        await rehearsing.sign_in()
        part = (await rehearsing.open(AT)).text
        assert "stand-in" in part and "Completed" in part and START.caller not in part
        assert (await rehearsing.open("/console/calls/CA404/twilio")).status_code == 404


async def test_without_keys_the_next_step_is_said(database: Database, tmp_path: Path) -> None:
    await written(database, *RECORDS)
    async with site(database, tmp_path) as real:
        settings = load({"FRONTLINE_DATA": str(tmp_path), "GEMINI_API_KEY": "none"}, None)
        real.console.parts = replace(real.console.parts, settings=settings)
        await real.sign_in()
        assert "set TWILIO_ACCOUNT_SID" in (await real.open(AT)).text


async def test_who_may_only_look_does_not_ask(database: Database, tmp_path: Path) -> None:
    await written(database, *RECORDS)
    async with site(database, tmp_path) as rehearsing:
        await rehearsing.sign_in("Vera", "viewer")
        assert (await rehearsing.open(AT)).status_code == 403
        assert "/twilio" not in (await rehearsing.open(f"/console/calls/{START.call_sid}")).text
