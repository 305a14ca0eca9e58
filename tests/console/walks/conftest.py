"""One console for all walks: a real house, somebody of every role in it, and a call on record."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Final, cast
from urllib.parse import urlencode

import pytest
import pytest_asyncio

from app import supervision
from app.console.mount import Console
from app.console.pages import entrance
from app.doctor import Finding
from app.feed import Feed
from app.main import Frontline
from app.settings import Settings
from app.store import database
from tests.console.walks.asking import HOST, Answer, Crew, Headers, ask
from tests.console.walks.asking import OURS as FROM_US
from tests.console.walks.marked import MARK, NAMES, Floor, Watched, write_marked
from tests.test_main import frontline_in

BEGINS_WITHIN_S: Final = 90.0  # on a machine that does much else


@dataclass(frozen=True, slots=True)
class Walk:
    """Whoever goes through the console. ``role`` ``""`` is nobody."""

    frontline: Frontline
    console: Console
    crew: Crew

    async def ask(
        self,
        path: str,
        role: str = "admin",
        *,
        method: str = "GET",
        query: str = "",
        headers: Headers = FROM_US,
        body: bytes = b"",
        host: str = HOST,
    ) -> Answer:
        given = (*headers, *await self.crew.cookie(role))
        app = self.frontline.app
        return await ask(app, path, method=method, headers=given, query=query, body=body, host=host)

    async def post(self, path: str, role: str = "admin", **fields: str) -> Answer:
        """A form, as a page of ours sends it."""
        form = (*FROM_US, ("content-type", "application/x-www-form-urlencoded"))
        return await self.ask(path, role, method="POST", headers=form, body=urlencode(fields).encode())


async def _examined(_: Settings) -> list[Finding]:
    return [Finding(MARK, False, MARK, MARK)]


async def _live(frontline: Frontline, begun: asyncio.Event, over: asyncio.Event) -> None:
    """A house that is open from its beginning to its end, in one task; nobody asks it over a socket."""
    async with frontline.app.router.lifespan_context(frontline.app):
        begun.set()
        await over.wait()


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def walk(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Walk]:
    """Names, words and all else in it are markup, where they can be."""
    entrance._guesses.storage.reset()
    frontline = frontline_in(tmp_path_factory.mktemp("walked"), "Hello.", FRONTLINE_ANALYSIS_SHARE="0")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "OPEN_TIMEOUT_S", BEGINS_WITHIN_S)
        await frontline.database.open()
    begun, over = asyncio.Event(), asyncio.Event()
    async with asyncio.timeout(BEGINS_WITHIN_S):
        living = asyncio.create_task(_live(frontline, begun, over))
        living.add_done_callback(lambda _: begun.set())
        await begun.wait()
    console = frontline.console
    parts = replace(console.parts, examine=_examined, floor=cast(supervision.Floor, Floor()))
    console.parts = replace(parts, feed=cast(Feed, Watched()))
    crew = Crew(frontline.database)
    await crew.hire(NAMES)
    await write_marked(frontline)
    yield Walk(frontline, console, crew)
    over.set()
    await asyncio.wait_for(living, BEGINS_WITHIN_S)
