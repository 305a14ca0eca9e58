"""A small TLS server in the place of the Live service, played by the tests themselves."""

import asyncio
import json
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trustme
from google import genai
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from app.call.events import Event
from app.gemini.client import client_for

WITHIN_S = 10.0


class Peer:
    """The service's end of one connection."""

    def __init__(self, websocket: ServerConnection) -> None:
        self.websocket = websocket
        self.setup: dict[str, Any] = {}

    async def accept(self, answer: object = None) -> "Peer":
        self.setup = (await self.hear())["setup"]
        await self.say({"setupComplete": {}} if answer is None else answer)
        return self

    async def say(self, *messages: object) -> None:
        for message in messages:
            await self.websocket.send(json.dumps(message).encode())

    async def hear(self) -> Any:
        """The next frame of the client, which must be text."""
        frame = await self.websocket.recv()
        assert isinstance(frame, str)
        return json.loads(frame)

    async def hear_all(self) -> list[Any]:
        """Everything until the client closes."""
        heard = []
        try:
            while True:
                heard.append(await self.hear())
        except ConnectionClosed:
            return heard

    async def close(self, code: int = 1000, reason: str = "") -> None:
        await self.websocket.close(code, reason)


Play = Callable[[Peer], Awaitable[None]]


class Live:
    """Plays one part a connection, in order; the last one for all that follow."""

    def __init__(self) -> None:
        self.plays: list[Play] = []
        self.peers: list[Peer] = []
        self.paths: list[str] = []
        self.keys: list[str | None] = []
        self.refuse_with: int | None = None
        self.failures: list[BaseException] = []

    async def handle(self, websocket: ServerConnection) -> None:
        peer = Peer(websocket)
        self.peers.append(peer)
        try:
            await self.plays[min(len(self.peers), len(self.plays)) - 1](peer)
        except ConnectionClosed:
            return
        except (AssertionError, ValueError, LookupError) as failure:
            self.failures.append(failure)

    def upgrade(self, connection: ServerConnection, request: Request) -> Response | None:
        self.paths.append(request.path)
        self.keys.append(request.headers.get("x-goog-api-key"))
        return connection.respond(self.refuse_with, "no\n") if self.refuse_with else None


class Heard:
    """Collects what is fed, and wakes who waits for it."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.then: Callable[[Event], None] = lambda event: None
        self._changed = asyncio.Event()

    def __call__(self, event: Event) -> None:
        self.events.append(event)
        self.then(event)
        self._changed.set()

    def of(self, *kinds: type) -> list[Any]:
        return [event for event in self.events if isinstance(event, kinds)]

    async def until(self, kind: type, count: int = 1) -> Any:
        async with asyncio.timeout(WITHIN_S):
            while len(self.of(kind)) < count:
                self._changed.clear()
                await self._changed.wait()
        return self.of(kind)[count - 1]


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


@pytest.fixture(scope="session")
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def lean_client(port: int, ca_file: Path) -> Iterator[genai.Client]:
    """One whose connections are ours."""
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv("GOOGLE_API_KEY", raising=False)
        yield client_for("developer", "k", base_url=f"https://127.0.0.1:{port}", ca_file=str(ca_file))


@pytest.fixture(scope="session")
def plain_client(port: int, ca_file: Path) -> Iterator[genai.Client]:
    """One whose connections are the SDK's own."""
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv("GOOGLE_API_KEY", raising=False)
        yield client_for("developer", "k", base_url=f"https://127.0.0.1:{port}", ca_file=str(ca_file), lean=False)


@pytest.fixture(params=["lean", "raw", "sdk"])
def way(request: pytest.FixtureRequest) -> str:
    """Our frames on our connection, our frames on the SDK's, or all by the SDK."""
    return str(request.param)


@pytest.fixture
def raw(way: str) -> bool:
    return way != "sdk"


@pytest.fixture
def client(request: pytest.FixtureRequest, lean_client: genai.Client, plain_client: genai.Client) -> genai.Client:
    plain = "way" in request.fixturenames and request.getfixturevalue("way") != "lean"
    return plain_client if plain else lean_client


@asynccontextmanager
async def serving(live: Live, authority: trustme.CA, port: int) -> AsyncIterator[Server]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    async with serve(
        live.handle,
        "127.0.0.1",
        port,
        ssl=context,
        process_request=live.upgrade,
        ping_interval=None,
        close_timeout=0.2,
        compression="deflate",
    ) as server:
        yield server


@pytest.fixture
async def live(authority: trustme.CA, port: int, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Live]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    live = Live()
    async with serving(live, authority, port):
        yield live
    assert not live.failures


@pytest.fixture
def heard() -> Heard:
    return Heard()
