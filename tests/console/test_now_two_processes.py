"""Now, where the call is in another process: two whole apps on one folder, over real sockets, one rehearsed call."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest
from websockets.asyncio.client import connect

from app.console import passwords
from app.console.pages import entrance
from app.main import Frontline
from app.rehearsal.callers import Caller, Say, Silence, Wait, WaitForEnd
from app.siblings.visitor import PASSED_ON
from app.store import accounts, audit, calls, database, processes
from app.store.accounts import Account
from tests.console.site import PASSWORD
from tests.console.test_now_elsewhere import patient
from tests.test_main import GOODBYE, ORDER, House, frontline_in, running

STAYS = Caller("stays", "asks, then stays", (Wait(finished_ms=300), Say(ORDER), Silence(90.0), WaitForEnd(30)))
WITHIN_S = 60.0  # on a machine that does much else


@dataclass(frozen=True, slots=True)
class Two:
    """Two processes. Browsers reach ``one``; callers reach ``other``."""

    one: House
    other: House

    @asynccontextmanager
    async def browser(self, name: str, role: str) -> AsyncIterator[httpx2.AsyncClient]:
        """Somebody of this role, signed in."""
        made = Account(uuid4(), name, role, "", await passwords.hashed(PASSWORD), datetime.now(UTC))
        await accounts.add_account(self.one.frontline.database, made)
        ours = {"Sec-Fetch-Site": "same-origin", "Origin": self.one.base_url}
        client = httpx2.AsyncClient(base_url=self.one.base_url, headers=ours, trust_env=False, timeout=WITHIN_S)
        async with client as browser:
            answer = await browser.post("/console/sign-in", data={"name": name, "password": PASSWORD})
            assert answer.status_code == 303, answer.text
            yield browser


@asynccontextmanager
async def two_processes(folder: Path) -> AsyncIterator[Two]:
    entrance._guesses.storage.reset()
    first = frontline_in(folder, ORDER, GOODBYE)
    second = Frontline(first.settings)
    async with running(first, WITHIN_S) as one, running(second, WITHIN_S) as other:
        for house in (one, other):
            house.frontline.roll.address = house.base_url
        for house in (one, other, one):  # each has said where it is, and has seen that the other has
            await house.frontline.roll.beat()
        yield Two(one, other)


async def test_a_call_of_another_process_is_seen_heard_and_ended_as_one_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient(monkeypatch)
    monkeypatch.setattr(database, "OPEN_TIMEOUT_S", WITHIN_S)
    monkeypatch.setattr(processes, "BEAT_TIMEOUT_S", WITHIN_S)
    async with asyncio.timeout(3 * WITHIN_S), two_processes(tmp_path) as two, two.browser("Olga", "ops") as olga:
        async with asyncio.TaskGroup() as group:
            calling = group.create_task(two.other.phone(STAYS))
            sid = await listed(olga)
            assert len(two.one.frontline.switchboard) == 0
            at = f"/console/now/{sid}"
            page = await olga.get(at)
            assert page.status_code == 200
            assert f'data-feed="{at}/feed"' in page.text
            await words(olga, at, "1047")
            await listened(two, olga, at)
            assert "Write a reason first" in (await olga.post(f"{at}/take", data={"action": "end"})).text
            assert "The assistant knows it" in (await assisted(olga, at, "note", "They are a regular.")).text
            await refused(two, at)
            ended = await olga.post(f"{at}/take", data={"action": "end", "reason": "a test"})
            assert "The assistant says goodbye" in ended.text
            assert (await feed(olga, at, "end"))["disposition"] == "ended_by_ops"
        assert calling.result().call_sid == sid
        assert two.other.frontline.writer is not two.one.frontline.writer
        await two.other.written()
        row = await calls.call(two.one.frontline.database, sid)
        assert row is not None and row.end is not None
        assert row.end.disposition == "ended_by_ops"
        done = await audit.listed(two.one.frontline.database, audit.Wish(object=sid), most=20)
        told = sorted((one.who, one.action) for one in done)
        assert told == [("Olga", "call.ended"), ("Olga", "call.listened"), ("Olga", "call.whispered")]


async def listed(browser: httpx2.AsyncClient) -> str:
    """The CallSid of the call that the list has."""
    async with browser.stream("GET", "/console/now/rows") as rows:
        async for line in rows.aiter_lines():
            if 'id="now-CA' in line:
                return line.partition('id="now-')[2].partition('"')[0]
    raise AssertionError("the list ended")


async def feed(browser: httpx2.AsyncClient, at: str, kind: str) -> dict[str, object]:
    """The first of this kind that is told of the call."""
    async with browser.stream("GET", f"{at}/feed") as told:
        async for line in told.aiter_lines():
            if line.startswith("data: ") and (one := json.loads(line[6:]))["kind"] == kind:
                return dict(one)
    raise AssertionError("nothing more was told")


async def words(browser: httpx2.AsyncClient, at: str, said: str) -> None:
    async with browser.stream("GET", f"{at}/feed") as told:
        async for line in told.aiter_lines():
            if said in line:
                return
    raise AssertionError("nothing more was told")


async def assisted(browser: httpx2.AsyncClient, at: str, action: str, text: str) -> httpx2.Response:
    return await browser.post(f"{at}/assist", data={"action": action, "text": text})


async def listened(two: Two, browser: httpx2.AsyncClient, at: str) -> None:
    """Both sides' sound comes, through the process that has not got the call."""
    cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    url = two.one.base_url.replace("http", "ws") + at + "/listen"
    headers = {"Cookie": cookie, "Origin": two.one.base_url}
    async with connect(url, proxy=None, additional_headers=headers) as ear:
        for _ in range(5):
            part = await ear.recv()
            assert isinstance(part, bytes)
            assert part and len(part) % 1_600 == 0


async def refused(two: Two, at: str) -> None:
    """Who may only look ends nothing: the process that has the call says so, whoever passes it on."""
    async with two.browser("Vera", "viewer") as vera:
        passed = {PASSED_ON: two.other.frontline.process.id, "Host": two.one.base_url.removeprefix("http://")}
        form = {"action": "end", "reason": "x"}
        answer = await vera.post(two.other.base_url + f"{at}/take", data=form, headers=passed)
        assert answer.status_code == 403
        assert (await vera.post(f"{at}/take", data=form)).status_code == 403
        elsewhere = {**passed, "Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
        answer = await vera.post(two.other.base_url + f"{at}/take", data=form, headers=elsewhere)
        assert answer.status_code == 403
