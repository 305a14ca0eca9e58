"""Asks the console as bytes come off a wire: what no browser would send, and for a part of what never ends."""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import NAMESPACE_DNS, uuid5

from starlette.routing import Route
from starlette.types import ASGIApp, Message

from app.console.guard import Guarded
from app.console.mount import PARTS
from app.console.permissions import ROLES
from app.store import accounts
from app.store.accounts import Account, SignIn, hashed
from app.store.database import Database

HOST: Final = "127.0.0.1:8000"
COOKIE: Final = "frontline-8000"
OURS: Final = (("sec-fetch-site", "same-origin"), ("origin", f"http://{HOST}"))
WITHIN_S: Final = 20.0  # of a machine that does much else
Headers = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; of server-sent events, the first of them."""

    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str:
        return next((value for given, value in self.headers if given == name), "")

    @property
    def text(self) -> str:
        return self.body.decode("utf-8")


@dataclass(slots=True)
class _Exchange:
    """One request, as the app sees it; whoever asks leaves once they have seen enough of what never ends."""

    body: bytes
    status: int = 0
    headers: list[tuple[str, str]] = field(default_factory=list)
    got: bytearray = field(default_factory=bytearray)
    left: asyncio.Event = field(default_factory=asyncio.Event)
    asked: bool = False

    async def receive(self) -> Message:
        if not self.asked:
            self.asked = True
            return {"type": "http.request", "body": self.body, "more_body": False}
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in message["headers"]]
            return
        self.got += message.get("body", b"")
        live = ("content-type", "text/event-stream; charset=utf-8") in self.headers
        if not message.get("more_body", False) or (live and b"data: " in self.got):
            self.left.set()


async def ask(
    app: ASGIApp,
    path: str,
    *,
    method: str = "GET",
    query: str = "",
    headers: Headers = OURS,
    body: bytes = b"",
    host: str = HOST,
) -> Answer:
    """One answer; fails where there is none in time, or where the app raises. ``path`` is as the app gets it."""
    exchange = _Exchange(body)
    given = [("host", host), *headers, *([("content-length", str(len(body)))] if body else [])]
    scope = {
        "type": "http",
        "method": method,
        "scheme": "http",
        "http_version": "1.1",
        "path": path,
        "raw_path": path.encode("utf-8", "surrogatepass"),
        "root_path": "",
        "query_string": query.encode("utf-8", "surrogatepass"),
        "headers": [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in given],
        "client": ("127.0.0.1", 4),
        "server": ("127.0.0.1", 8000),
    }
    async with asyncio.timeout(WITHIN_S):
        await app(scope, exchange.receive, exchange.send)
    return Answer(exchange.status, exchange.headers, bytes(exchange.got))


class Crew:
    """Somebody of every role, signed in whenever they ask, whatever they did to their sign-in before."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.tokens: dict[str, str] = {}
        self._accounts: dict[str, Account] = {}

    async def hire(self, names: Mapping[str, str]) -> None:
        """An account of each role, under the name for it."""
        for role in ROLES:
            made = Account(uuid5(NAMESPACE_DNS, role), names.get(role, role), role, "", "", datetime.now(UTC))
            await accounts.add_account(self.database, made)
            self._accounts[role], self.tokens[role] = made, secrets.token_urlsafe(16)

    async def cookie(self, role: str) -> tuple[tuple[str, str], ...]:
        """The header of somebody's browser; none of nobody's."""
        if role not in self.tokens:
            return ()
        id, now = hashed(self.tokens[role]), datetime.now(UTC)
        if await accounts.signed_in(self.database, id) is None:
            made = SignIn(id, self._accounts[role].id, now, now, now + timedelta(hours=1), "127.0.0.1", "a browser")
            await accounts.sign_in(self.database, made)
        return (("cookie", f"{COOKIE}={self.tokens[role]}"),)


def routes() -> list[tuple[Route, Guarded]]:
    """Every route of every part, and what stands before its handler."""
    found = [route for part in PARTS for route in part.routes if isinstance(route, Route)]
    return [(route, route.endpoint) for route in found if isinstance(route.endpoint, Guarded)]
