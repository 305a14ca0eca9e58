"""The phone's addresses in the console: who may ask, by account or by link, and what they are answered."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import uuid4

import httpx2
import pytest
import pytest_asyncio

from app.console import passwords
from app.store import accounts
from app.store.accounts import Account
from tests.test_main import PERSON, House, frontline_in, running

pytestmark = pytest.mark.asyncio(loop_scope="module")

PASSWORD = "four words of mine"
SHOP = {"line": "shop"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with running(frontline_in(tmp_path_factory.mktemp("house"), PERSON)) as house:
        for role in ("viewer", "qa", "manager"):
            made = Account(uuid4(), role, role, "", await passwords.hashed(PASSWORD), datetime.now(UTC))
            await accounts.add_account(house.frontline.database, made)
        yield house


def browser(house: House) -> httpx2.AsyncClient:
    ours = {"Sec-Fetch-Site": "same-origin", "Origin": house.base_url}
    return httpx2.AsyncClient(base_url=f"{house.base_url}/console", headers=ours, trust_env=False)


@asynccontextmanager
async def as_role(house: House, role: str) -> AsyncIterator[httpx2.AsyncClient]:
    async with browser(house) as client:
        answer = await client.post("/sign-in", data={"name": role, "password": PASSWORD})
        assert answer.status_code == 303, answer.text
        yield client


async def test_who_may_try_calls_sees_the_phone_and_the_lines(house: House) -> None:
    async with as_role(house, "qa") as client:
        page = await client.get("/phone")
        assert page.status_code == 200
        assert 'id="phone"' in page.text
        assert "data-shares" not in page.text  # links are for those who edit lines
        assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
        assert (await client.get("/phone/lines")).json()["lines"][0]["name"] == "shop"


async def test_who_may_not_gets_nothing(house: House) -> None:
    async with as_role(house, "viewer") as client:
        assert (await client.get("/phone")).status_code == 403
        assert (await client.post("/phone/calls", json=SHOP)).status_code == 403
    async with browser(house) as client:
        assert (await client.post("/phone/calls", json=SHOP)).status_code == 401


async def test_a_call_is_placed_and_hung_up_by_its_key(house: House) -> None:
    async with as_role(house, "qa") as client:
        placed = (await client.post("/phone/calls", json=SHOP)).json()
        assert placed["step"]["kind"] == "stream"
        over = f"/phone/calls/{placed['call_sid']}/over"
        assert (await client.post(over, json={})).status_code == 403
        async with as_role(house, "manager") as other:
            assert (await other.post(over, json={}, headers={"x-phone-key": placed["key"]})).status_code == 403
        assert (await client.post(over, json={}, headers={"x-phone-key": placed["key"]})).status_code == 200


async def test_what_cannot_be_granted_is_said_in_words(house: House) -> None:
    async with as_role(house, "qa") as client:
        wrong = await client.post("/phone/calls", json={"line": "nothing"})
        assert (wrong.status_code, wrong.json()) == (404, {"problem": "There is no line nothing."})
        assert (await client.post("/phone/calls", content=b"{")).json() == {"problem": "Send JSON."}
        assert (await client.post("/phone/calls", content=b"x" * 5_000)).status_code == 413


async def test_a_link_is_made_by_who_edits_lines_and_asks_for_no_account(house: House) -> None:
    async with as_role(house, "qa") as client:
        assert (await client.post("/phone/links", json={**SHOP, "hours": 1})).status_code == 403
    async with as_role(house, "manager") as client:
        assert (await client.post("/phone/links", json={**SHOP, "hours": 1_000})).status_code == 400
        made = (await client.post("/phone/links", json={**SHOP, "hours": 1})).json()["path"]
    path, _, word = made.partition("#")
    assert path == "/console/phone/link"
    async with browser(house) as client:
        page = await client.get("/phone/link")
        assert "frame-ancestors *" in page.headers["content-security-policy"]
        assert (await client.get("/phone/link/lines")).status_code == 403
        link = {"authorization": f"Bearer {word}"}
        assert (await client.get("/phone/link/lines", headers=link)).json()["lines"][0]["name"] == "shop"
        placed = (await client.post("/phone/link/calls", json={}, headers=link)).json()
        key = {"x-phone-key": placed["key"]}
        over = f"/phone/link/calls/{placed['call_sid']}/over"
        assert (await client.post(over, json={}, headers=key)).status_code == 403
        assert (await client.post(over, json={}, headers={**link, **key})).status_code == 200


async def test_an_account_is_no_link(house: House) -> None:
    async with as_role(house, "manager") as client:
        assert (await client.get("/phone/link/lines")).status_code == 403
