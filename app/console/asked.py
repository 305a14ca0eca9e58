"""What a page is asked and by whom, and the ways to answer."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote, urlencode

from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import FormData, UploadFile
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse

from app.console.assets import Assets
from app.console.frame import NONCE
from app.console.looks import Looks
from app.console.origins import Origins
from app.console.parts import Parts
from app.console.permissions import Needs, Open, Permission, may
from app.console.words import Words
from app.store import audit
from app.store.accounts import Account, SignIn
from app.store.database import plain_text

LOOK_AGAIN_S: Final = 4.0  # so often, who watches something live is still signed in, and may still
MOST_UNKNOWN: Final = 8  # looks in a row that the database does not answer, before it counts as no
IN_ADDRESSES: Final = "%/?#[]@:!$&'()*+,;=~"  # what stays as it is in an address that is whole
MOST_FIELDS: Final = 500


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody signed in."""

    account: Account
    sign_in: SignIn

    @property
    def name(self) -> str:
        return self.account.name

    def may(self, permission: Permission) -> bool:
        return may(self.account.role, permission)


@dataclass(slots=True)
class Closing:
    """Set when the house ends: what is live on pages ends then, too."""

    event: asyncio.Event = field(default_factory=asyncio.Event)

    async def within(self, seconds: float) -> bool:
        """Wait so long; True as soon as the house ends."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.event.wait()
        return self.event.is_set()


@dataclass(slots=True)
class Asked:
    """One request. ``person`` is None only on pages that ask for no sign-in; ``look`` tells who they are by now."""

    connection: HTTPConnection
    parts: Parts
    looks: Looks
    assets: Assets
    origins: Origins
    words: Words
    closing: Closing
    person: Person | None = None
    look: Callable[[], Awaitable[Person | None]] | None = None
    needs: Needs = Permission.OWN
    unknown: int = 0

    # ---- what is asked

    @property
    def request(self) -> Request:
        assert isinstance(self.connection, Request)
        return self.connection

    @property
    def query(self) -> Mapping[str, str]:
        return {name: plain_text(value) for name, value in self.connection.query_params.items()}

    @property
    def path(self) -> Mapping[str, str]:
        """What the address holds in the place of ``{name}``."""
        return {name: plain_text(str(value)) for name, value in self.connection.path_params.items()}

    async def form(self) -> dict[str, str]:
        """The fields that are texts; the last of several of one name."""
        given = (await self.fields()).multi_items()
        return {name: plain_text(value) for name, value in given if isinstance(value, str)}

    async def fields(self) -> FormData:
        return await self.request.form(max_fields=MOST_FIELDS)

    async def file(self, name: str) -> UploadFile | None:
        found = (await self.fields()).get(name)
        return found if isinstance(found, UploadFile) else None

    @property
    def who(self) -> Person:
        """Who asks, on a page that needs a permission."""
        assert self.person is not None
        return self.person

    def may(self, permission: Permission) -> bool:
        return self.person is not None and self.person.may(permission)

    async def still(self) -> bool:
        """Whether who asked is signed in as before, and may still have what they are having."""
        if isinstance(self.needs, Open):
            return True
        try:
            person = await self.look() if self.look is not None else None
        except (SQLAlchemyError, OSError):
            self.unknown += 1
            return self.unknown < MOST_UNKNOWN
        self.unknown = 0
        return person is not None and person.may(self.needs)

    async def ended(self) -> None:
        """Wait until who asked may have it no longer, or the house ends."""
        while not await self.closing.within(LOOK_AGAIN_S) and await self.still():
            pass

    @property
    def partial(self) -> bool:
        """Whether htmx asks, for a part of a page."""
        return self.connection.headers.get("hx-request") == "true"

    # ---- answers

    def show(self, template: str, status: int = 200, /, **context: object) -> Response:
        """A page, or a part of one."""
        text = self.render(template, **context)
        return Response(text, status, media_type="text/html; charset=utf-8")

    def render(self, template: str, /, **context: object) -> str:
        given = {
            "asked": self,
            "t": self.words,
            "may": self._may_named,
            "nonce": self.connection.scope.get(NONCE, ""),
            "here": self.connection.url.path,
            "told": self._told(),
        }
        return self.looks.render(template, {**given, **context})

    def go(self, path: str, told: str = "") -> Response:
        """To another page of the console, which shows the text ``told``: its name's last part begins with ``told_``."""
        if told:
            path, hash, place = path.partition("#")
            path += ("&" if "?" in path else "?") + urlencode({"told": told}) + hash + place
        path = quote(path, safe=IN_ADDRESSES)
        if self.partial:
            return Response(status_code=204, headers={"HX-Redirect": path})
        return RedirectResponse(path, 303)

    def json(self, value: object, status: int = 200) -> Response:
        return JSONResponse(value, status)

    def live(self, look: Callable[[], Awaitable[str]], every_s: float = 0.5, event: str = "") -> Response:
        """Server-sent events: what ``look`` makes of the moment, whenever it has changed, until the page goes.

        All who watch look at the same moments, so that what they see alike is made once.

        In the page: ``<div hx-sse:connect="/console/…">``. With an ``event``, it comes as a DOM event of that name.
        """
        headers = {"X-Accel-Buffering": "no"}
        return StreamingResponse(self._moments(look, every_s, event), headers=headers, media_type="text/event-stream")

    async def _moments(self, look: Callable[[], Awaitable[str]], every_s: float, event: str) -> AsyncIterator[str]:
        last, waited = None, 0.0
        yield ": here\n\n"
        while True:
            now = await look()
            if now != last:
                last = now
                yield _event(now, event)
            if await self.closing.within(every_s - time.monotonic() % every_s):
                return
            waited += every_s
            if waited >= LOOK_AGAIN_S:
                waited = 0.0
                if not await self.still():
                    return
                yield ": still here\n\n"

    # ---- what stays

    async def audit(self, action: str, object: str = "", **detail: object) -> None:
        """Keep for good that this person did this. No word of a caller, nor a number, goes into ``detail``."""
        name = self.person.name if self.person else "nobody"
        await audit.add(self.parts.database, name, action, object, detail)

    def _may_named(self, permission: str) -> bool:
        return self.may(Permission(permission))

    def _told(self) -> str:
        name = self.query.get("told", "")
        return self.words(name) if name.rpartition(".")[2].startswith("told_") and self.words.has(name) else ""


def _event(text: str, event: str) -> str:
    lines = "".join(f"data: {line}\n" for line in text.splitlines() or [""])
    return (f"event: {event}\n" if event else "") + lines + "\n"
