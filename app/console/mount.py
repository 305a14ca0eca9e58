"""The console as ``main`` has it: its app under ``/console``, the pages of all parts, and the link to begin with."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from app.console.asked import Asked, Closing
from app.console.assets import Assets, read_assets
from app.console.frame import Frame
from app.console.guard import Guarded, GuardedSocket, Pages
from app.console.looks import Looks
from app.console.origins import Origins
from app.console.pages import (
    alerts,
    audit,
    call,
    call_import,
    call_keeping,
    call_sound,
    call_twilio,
    calls,
    entrance,
    lines,
    lines_differ,
    lines_edit,
    lines_heard,
    lines_publish,
    now,
    now_feed,
    now_sound,
    own,
    people,
    phone,
    provided,
    reports,
    start,
    tool,
    tool_draft,
    tool_edit,
    tool_new,
    tool_servers,
    tool_trial,
    tools,
)
from app.console.parts import Parts
from app.console.provider import provider_of
from app.console.sign_ins import SignIns
from app.console.words import LANGUAGES, Words, wished
from app.siblings.visitor import PASSED_ON
from app.store import accounts

PATH: Final = "/console"
OPEN_WITHIN_S: Final = 3.0  # the house starts without the console's database, too

# Every part of the console has its pages in a list of this; a new one is added here.
PARTS: Final[Sequence[Pages]] = (
    *(entrance.pages, provided.pages, own.pages, people.pages, audit.pages, phone.pages),
    *(now.pages, now_feed.pages, now_sound.pages, calls.pages, call_import.pages, call.pages, call_sound.pages),
    *(call_keeping.pages, call_twilio.pages),
    *(tools.pages, tool_new.pages, tool_servers.pages, tool_trial.pages, tool_edit.pages),
    *(tool_draft.pages, tool.pages),
    *(reports.pages, alerts.pages, start.pages),
    *(lines.pages, lines_edit.pages, lines_differ.pages, lines_publish.pages, lines_heard.pages),
)

log = structlog.get_logger(__name__)


class Console:
    """Made once with the house. ``first`` opens the way to the first account, in a rehearsal on this machine."""

    def __init__(self, parts: Parts, pages: Sequence[Pages] = PARTS, assets: Assets | None = None) -> None:
        self.parts = parts
        self.assets = read_assets() if assets is None else assets
        self.looks = Looks(self.assets)
        settings = parts.settings
        self.origins = Origins(settings.public_url or "", settings.rehearsing)
        self.sign_ins = SignIns(parts.database, self.origins)
        self.closing = Closing()
        self.first = ""
        self.provider = provider_of(settings)
        routes = [route for part in pages for route in part.routes]
        self.app = Starlette(
            routes=checked(routes),
            exception_handlers={404: self._lost, SQLAlchemyError: self._no_database, 500: _broken},
        )
        self.app.router.redirect_slashes = False
        self.app.state.opener = self.open
        self.app.state.console = self
        self.looks.lead_to(frozenset(f"{PATH}{route.path}" for route in routes if isinstance(route, Route)))

    def routes(self) -> list[BaseRoute]:
        framed = Frame(self.app, self.origins)
        return [Route(PATH, framed), Mount(PATH, framed)]

    @contextlib.asynccontextmanager
    async def open_doors(self) -> AsyncIterator[None]:
        """Pages are shown inside; on leaving, what is live on them ends, so that nothing waits for a browser."""
        await self.start()
        yield
        self.close()
        await self.parts.others.siblings.close()

    async def start(self) -> None:
        """Read the templates, so that no page is the first; see whether somebody can sign in yet."""
        await asyncio.to_thread(self.looks.compile)
        await self.look_for_people()

    async def look_for_people(self) -> None:
        """Where there is no account, have a link for the first one, if only this machine reaches the house."""
        settings = self.parts.settings
        if not settings.rehearsing or settings.host not in ("127.0.0.1", "localhost", "::1"):
            return
        try:
            async with asyncio.timeout(OPEN_WITHIN_S):
                await self.parts.database.open()
                if not await accounts.any_account(self.parts.database):
                    self.first = secrets.token_urlsafe(24)
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            log.warning("console database", error=type(error).__name__, next="look at the database: frontline doctor")

    def first_link(self, port: int) -> str:
        """The link for whoever started the house; empty where there is an account, or people may come from outside."""
        return f"http://127.0.0.1:{port}{PATH}/join/{self.first}" if self.first else ""

    def close(self) -> None:
        """The house ends: what is live on pages ends, so that nothing waits for a browser."""
        self.closing.event.set()

    async def open(self, connection: HTTPConnection) -> Asked:
        """Who asks, and in which language they are answered."""
        # What another process passes on was used there: by itself, a page that shows its calls asks again and again.
        person = await self.sign_ins.person(connection, used=PASSED_ON not in connection.headers)
        wish = person.account.language if person and person.account.language in LANGUAGES else ""
        words = Words(wish or wished(connection.headers.get("accept-language", "")))

        look = partial(self.sign_ins.person, connection, used=False)
        looks, assets, origins = self.looks, self.assets, self.origins
        return Asked(connection, self.parts, looks, assets, origins, words, self.closing, person, look)

    async def _lost(self, request: Request, _: Exception) -> Response:
        try:
            asked = await self.open(request)
        except SQLAlchemyError as error:
            return await self._no_database(request, error)
        return asked.show("frame/lost.html", 404)

    async def _no_database(self, request: Request, error: Exception) -> Response:
        log.warning("console database", error=type(error).__name__, next="look at the database: frontline doctor")
        words = Words(wished(request.headers.get("accept-language", "")))
        return PlainTextResponse(words("frame.no_database") + "\n", 503)


async def _broken(_: Request, error: Exception) -> Response:
    detail = error.detail if isinstance(error, HTTPException) else ""
    return PlainTextResponse(f"Something here is broken. Calls go on. {detail}\n", 500)


def checked(routes: Sequence[BaseRoute]) -> list[BaseRoute]:
    """The routes, every one behind what it needs: nothing else can be put into the console."""
    for route in routes:
        assert isinstance(getattr(route, "endpoint", None), Guarded | GuardedSocket), route
    return list(routes)
