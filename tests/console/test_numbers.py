"""Connecting a number: what Twilio asks is shown, and changed by somebody's own will, with the audit."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from app.console.mount import PARTS
from app.console.pages import entrance
from app.rehearsal.twilio_rest import TwilioRest
from app.store import audit
from app.store.database import Database
from app.twilio.rest import CallControl
from tests.console.site import OURS, PASSWORD, Site, site

ACCOUNT, TOKEN = "AC" + "0" * 32, "x" * 32
HOME = "https://calls.example.com"
NUMBERS = "/console/start/numbers"
REAL = {"PUBLIC_URL": HOME, "TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": TOKEN}


@pytest.fixture
async def twilio() -> AsyncIterator[TwilioRest]:
    """Twilio's REST API, of an account with one number."""
    rest = TwilioRest(ACCOUNT, TOKEN)
    rest.numbers.buy("+12125550123", voice_url="https://demo.twilio.com/<b>", voice_application_sid="AP1")
    async with rest.serving():
        yield rest


@pytest_asyncio.fixture
async def here(tmp_path: Path, twilio: TwilioRest) -> AsyncIterator[Site]:
    """The console of a house that Twilio reaches, and Olga of ops in it."""
    entrance._guesses.storage.reset()
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'frontline.db'}")
    control = CallControl(ACCOUNT, TOKEN, base_url=twilio.url)
    async with site(database, tmp_path, PARTS, (), **REAL) as made:
        made.console.parts = replace(made.console.parts, control=control)
        await made.sign_in("Olga", "ops")
        yield made
    control.close()
    await database.close()


async def test_what_twilio_asks_is_shown_and_changed_with_consent(here: Site, twilio: TwilioRest) -> None:
    [sid] = twilio.numbers.owned
    assert 'hx-get="/console/start/numbers"' in (await here.open("/console/start")).text
    before = (await here.open(NUMBERS)).text
    assert "+12125550123" in before and "Not connected" in before
    assert "https://demo.twilio.com/&lt;b&gt;" in before and "AP1" in before

    refused = await here.send(f"{NUMBERS}/{sid}")
    assert "Say first" in refused.text and twilio.numbers.changes == []

    after = await here.send(f"{NUMBERS}/{sid}", consent="yes", fallback="https://handler.twilio.com/twiml/EH1")
    assert "+12125550123 is connected" in after.text and "Not connected" not in after.text
    assert (
        twilio.numbers.owned[sid]
        | {
            "voice_url": f"{HOME}/voice/incoming",
            "voice_method": "POST",
            "voice_application_sid": "",
            "status_callback": f"{HOME}/voice/status",
            "sms_url": f"{HOME}/sms/incoming",
            "voice_fallback_url": "https://handler.twilio.com/twiml/EH1",
        }
        == twilio.numbers.owned[sid]
    )
    done = [(one.action, one.object) for one in await audit.listed(here.database, audit.Wish(action=""), most=2)]
    assert done == [("number.connected", "+12125550123"), ("number.connecting", sid)]


async def test_a_fallback_that_was_there_stays_and_one_in_clear_is_refused(here: Site, twilio: TwilioRest) -> None:
    [sid] = twilio.numbers.owned
    refused = await here.send(f"{NUMBERS}/{sid}", consent="yes", fallback="http://evil.example")
    assert "must begin with https" in refused.text
    twilio.numbers.owned[sid]["voice_fallback_url"] = "https://other.example"
    await here.send(f"{NUMBERS}/{sid}", consent="yes")
    assert twilio.numbers.owned[sid]["voice_fallback_url"] == "https://other.example"


async def test_a_number_that_is_not_the_accounts_is_not_changed(here: Site, twilio: TwilioRest) -> None:
    for sid in ("PN" + "f" * 32, "PN1", "..%2FCalls"):
        assert (await here.send(f"{NUMBERS}/{sid}", consent="yes")).status_code == 404
    assert twilio.numbers.changes == []


async def test_what_twilio_answers_is_said(here: Site, twilio: TwilioRest) -> None:
    twilio.failing.extend([400, 400])
    assert "Twilio could not be asked" in (await here.open(NUMBERS)).text
    [sid] = twilio.numbers.owned
    assert "Twilio could not be asked" in (await here.send(f"{NUMBERS}/{sid}", consent="yes")).text


async def test_who_may_not_neither_sees_nor_changes_them(here: Site, twilio: TwilioRest) -> None:
    [sid] = twilio.numbers.owned
    await here.account("Mia", "manager")
    async with here.another() as other:
        await other.post("/console/sign-in", data={"name": "Mia", "password": PASSWORD}, headers=OURS)
        assert (await other.get(NUMBERS)).status_code == 403
        assert (await other.post(f"{NUMBERS}/{sid}", data={"consent": "yes"}, headers=OURS)).status_code == 403


async def test_without_an_account_the_addresses_are_there_to_copy(tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'frontline.db'}")
    async with site(database, tmp_path, PARTS, (), **REAL) as bare:
        await bare.sign_in()
        page = (await bare.open("/console/start")).text
        assert f"{HOME}/voice/incoming" in page and f"{HOME}/voice/status" in page
        assert NUMBERS not in page
        assert (await bare.open(NUMBERS)).status_code == 404
    await database.close()
