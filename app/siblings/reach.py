"""Reaches the other processes of the house, with what somebody asked this one: nothing waits long, nothing is kept."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from socket import create_connection
from typing import Final
from urllib.parse import urlsplit

import httpx2
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Origin

from app.siblings.visitor import Visitor
from app.store.processes import Sibling

CONNECT_S: Final = 1.0
ANSWER_S: Final = 5.0  # for something to be done
SILENT_S: Final = 5.0  # a stream that tells nothing for so long is lost: its figures come each second
PING_S: Final = 4.0
LARGEST: Final = 2_000_000  # bytes of an answer
LARGEST_MESSAGE: Final = 65_536  # of a WebSocket
MOST_CONNECTIONS: Final = 500


class NotReached(Exception):
    """A process did not answer, or not as one of the house does."""


class Refused(Exception):
    """It answered that this visitor may not, or not so; ``status`` is HTTP's."""

    def __init__(self, status: int) -> None:
        super().__init__(f"status {status}")
        self.status = status


@dataclass(frozen=True, slots=True)
class Answer:
    """What a process answered, whole."""

    status: int
    kind: str  # its Content-Type
    body: bytes


@dataclass(slots=True)
class Siblings:
    """The others, as ``living`` knows them. No proxy is used, no redirect followed, no cookie kept."""

    living: Callable[[], Sequence[Sibling]] = tuple
    transport: httpx2.AsyncBaseTransport | None = None  # for tests
    _trust: ssl.SSLContext = field(default_factory=lambda: ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    _trusting: bool = False
    _client: httpx2.AsyncClient | None = None

    async def ask(
        self, sibling: Sibling, path: str, visitor: Visitor, *, body: bytes | None = None, within_s: float | None = None
    ) -> Answer:
        """Have something looked up, or with a ``body`` done, as the visitor. Raises NotReached."""
        try:
            async with asyncio.timeout(within_s or ANSWER_S), self._asked(sibling, path, visitor, body) as answer:
                return Answer(answer.status_code, answer.headers.get("content-type", ""), await _whole(answer))
        except (httpx2.HTTPError, OSError) as error:  # TimeoutError is an OSError
            raise NotReached(type(error).__name__) from error

    async def lines(self, sibling: Sibling, path: str, visitor: Visitor) -> AsyncGenerator[bytes, None]:
        """What is told line by line, for as long as something comes. Raises NotReached, Refused; close it when done."""
        try:
            async with self._asked(sibling, path, visitor, None) as answer:
                if answer.status_code != 200:
                    raise Refused(answer.status_code)
                held = b""
                async for part in answer.aiter_bytes():
                    *lines, held = (held + part).split(b"\n")  # and at no other of the characters that part lines
                    for line in lines:
                        yield line
                    if len(held) > LARGEST:
                        raise NotReached("too much")
        except (httpx2.HTTPError, OSError) as error:
            raise NotReached(type(error).__name__) from error

    @asynccontextmanager
    async def socket(self, sibling: Sibling, path: str, visitor: Visitor) -> AsyncIterator[ClientConnection]:
        """A WebSocket to a process, as the visitor. Raises NotReached."""
        try:
            connection = await self._connected(sibling, path, visitor)
        except (WebSocketException, OSError, ValueError) as error:
            raise NotReached(type(error).__name__) from error
        try:
            yield connection
        finally:
            await connection.close()

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()

    # ---- connections

    @asynccontextmanager
    async def _asked(
        self, sibling: Sibling, path: str, visitor: Visitor, body: bytes | None
    ) -> AsyncIterator[httpx2.Response]:
        await self._know(sibling)
        method = "GET" if body is None else "POST"
        headers = visitor.headers(sibling) | {"host": visitor.host, "accept-encoding": "identity"}
        async with self._open().stream(method, sibling.address + path, headers=headers, content=body) as answer:
            yield answer

    def _open(self) -> httpx2.AsyncClient:
        if self._client is None:
            self._client = httpx2.AsyncClient(
                verify=self._trust,
                trust_env=False,
                follow_redirects=False,
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),  # nobody's cookie becomes another's
                timeout=httpx2.Timeout(SILENT_S, connect=CONNECT_S),
                limits=httpx2.Limits(max_connections=MOST_CONNECTIONS, max_keepalive_connections=20),
                transport=self.transport,
            )
        return self._client

    async def _connected(self, sibling: Sibling, path: str, visitor: Visitor) -> ClientConnection:
        await self._know(sibling)
        there = urlsplit(sibling.address)
        secure = there.scheme == "https"
        port = there.port or (443 if secure else 80)
        origin = visitor.along.get("origin")
        headers = {name: value for name, value in visitor.headers(sibling).items() if name != "origin"}
        # The address has the visitor's host, for the header that tells it; the connection goes to the process. One that
        # is there already is led nowhere else: https://websockets.readthedocs.io/en/stable/reference/asyncio/client.html
        way = await asyncio.to_thread(create_connection, (there.hostname, port), CONNECT_S)
        way.setblocking(False)
        return await connect(
            f"{'wss' if secure else 'ws'}://{visitor.host}{path}",
            sock=way,
            ssl=self._trust if secure else None,
            server_hostname=there.hostname if secure else None,
            origin=None if origin is None else Origin(origin),
            additional_headers=headers,
            user_agent_header=None,
            compression=None,
            proxy=None,
            open_timeout=ANSWER_S,
            close_timeout=CONNECT_S,
            ping_interval=PING_S,
            ping_timeout=PING_S,
            max_size=LARGEST_MESSAGE,
        )

    async def _know(self, sibling: Sibling) -> None:
        """Which certificates are trusted is read when first needed. Raises NotReached for one without an address."""
        if not sibling.address:
            raise NotReached("no address")
        if sibling.address.startswith("https:") and not self._trusting:
            await asyncio.to_thread(self._trust.load_default_certs)
            self._trusting = True


async def _whole(answer: httpx2.Response) -> bytes:
    parts, size = list[bytes](), 0
    async for part in answer.aiter_bytes():
        size += len(part)
        if size > LARGEST:
            raise NotReached("too much")
        parts.append(part)
    return b"".join(parts)
