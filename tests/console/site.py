"""The console alone, asked over ASGI as a browser asks: signed in, in a rehearsal on this machine."""

import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import cast
from uuid import uuid4

import httpx2
import pytest
from starlette.applications import Starlette

from app.alerts.rules import Rule
from app.bridge import Bridge
from app.console import passwords
from app.console.assets import Assets
from app.console.guard import Pages
from app.console.mount import PARTS, Console
from app.console.parts import Parts
from app.doctor import Finding
from app.feed import Feed
from app.fittings import bench_for, places_for, reader_for, shared_keys_for
from app.lines.live import LiveLines
from app.lines.proof import Proofs
from app.recording.reading import Sound
from app.settings import Settings, load
from app.softphone.booth import Booth
from app.store import accounts
from app.store import database as database_module
from app.store.accounts import Account
from app.store.database import Database
from app.supervision import Floor
from app.switchboard import Stream, Switchboard

HERE = "http://127.0.0.1:8000"
PASSWORD = "four words of mine"
OPENS_WITHIN_S = 90.0  # on a machine that does much else
OURS = {"Sec-Fetch-Site": "same-origin", "Origin": HERE}


@dataclass(slots=True)
class Site:
    """A console and a browser on it."""

    console: Console
    database: Database
    browser: httpx2.AsyncClient
    app: Starlette
    found: list[Finding] = field(default_factory=list)
    sounds: list[Sound] = field(default_factory=list)

    async def open(self, path: str, **headers: str) -> httpx2.Response:
        return await self.browser.get(path, headers=headers)

    async def send(self, path: str, **fields: str) -> httpx2.Response:
        return await self.browser.post(path, data=fields, headers=OURS)

    async def account(self, name: str = "Ana", role: str = "admin") -> Account:
        """An account that PASSWORD opens."""
        made = Account(uuid4(), name, role, "", await passwords.hashed(PASSWORD), datetime.now(UTC))
        await accounts.add_account(self.database, made)
        return made

    async def sign_in(self, name: str = "Ana", role: str = "admin") -> Account:
        account = await self.account(name, role)
        answer = await self.send("/console/sign-in", name=name, password=PASSWORD)
        assert answer.status_code == 303, answer.text
        return account

    @contextlib.asynccontextmanager
    async def another(self, base_url: str = HERE) -> AsyncIterator[httpx2.AsyncClient]:
        """Another browser."""
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=self.app), base_url=base_url) as browser:
            yield browser


@contextlib.asynccontextmanager
async def site(
    database: Database,
    folder: Path,
    pages: Sequence[Pages] = PARTS,
    rules: Sequence[Rule] = (),
    lines: object = None,
    **environ: str,
) -> AsyncIterator[Site]:
    """A console whose house has no calls, and no lines but those handed in, on a database of its own."""
    settings = load({"FRONTLINE_DATA": str(folder), **environ}, None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database_module, "OPEN_TIMEOUT_S", OPENS_WITHIN_S)
        await database.open()
    found: list[Finding] = []

    sounds: list[Sound] = []

    async def examine(_: Settings) -> list[Finding]:
        return found

    async def sounds_of(_: str) -> list[Sound]:
        return sounds

    # What no page of the frame touches: tests of pages that do hand in the real thing.
    nothing = SimpleNamespace(all=dict, states=list, tools=dict, mistakes=tuple)
    switchboard = Switchboard(_never, most=1, most_per_caller=1)
    parts = Parts(
        settings=settings,
        database=database,
        switchboard=switchboard,
        floor=Floor(switchboard),
        feed=Feed(switchboard.find),
        house=lambda: None,
        proofs=Proofs(bench_for(settings, database, reader_for(settings))),
        lines=cast(LiveLines, lines or nothing),
        reader=reader_for(settings),
        public_url=settings.public_url or "",
        control=None,
        booth=cast(Booth, nothing),
        rules=rules,
        sounds=sounds_of,
        keys=partial(shared_keys_for, settings),
        places=partial(places_for, settings, database),
        examine=examine,
    )
    console = Console(parts, pages, Assets(folder / "static"))
    app = Starlette(routes=console.routes())
    await console.look_for_people()
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url=HERE) as browser:
        yield Site(console, database, browser, app, found, sounds)


def _never(_: Stream) -> Bridge:
    raise AssertionError("no call comes here")
