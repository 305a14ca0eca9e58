"""A WebSocket to the console over ASGI, as a browser opens it: what it is sent, and how it is closed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from starlette.types import Message

from tests.console.site import HERE, Site


@dataclass(slots=True)
class Socket:
    """One socket: ``accepted`` or not, the ``sound`` that came, and the code it was closed with."""

    to_house: asyncio.Queue[Message] = field(default_factory=asyncio.Queue)
    sound: asyncio.Queue[bytes] = field(default_factory=asyncio.Queue)
    accepted: asyncio.Event = field(default_factory=asyncio.Event)
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    code: int = 0

    async def send(self, message: Message) -> None:
        match message["type"]:
            case "websocket.accept":
                self.accepted.set()
            case "websocket.send":
                self.sound.put_nowait(message["bytes"])
            case "websocket.close":
                self.code = message["code"]
                self.closed.set()

    def speak(self, pcm: bytes) -> None:
        self.to_house.put_nowait({"type": "websocket.receive", "bytes": pcm})

    def leave(self) -> None:
        self.to_house.put_nowait({"type": "websocket.disconnect", "code": 1001})


@asynccontextmanager
async def socket(site: Site, path: str, **headers: str) -> AsyncIterator[Socket]:
    """The socket of the browser's that is on the site; by the end the house has let go of it."""
    made = Socket()
    made.to_house.put_nowait({"type": "websocket.connect"})
    cookie = "; ".join(f"{name}={value}" for name, value in site.browser.cookies.items())
    given = {"host": "127.0.0.1:8000", "origin": HERE, "cookie": cookie, **headers}
    path, _, query = path.partition("?")
    scope = {
        "type": "websocket",
        "scheme": "ws",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "client": ("127.0.0.1", 1),
        "subprotocols": [],
        "headers": [(name.encode(), value.encode()) for name, value in given.items()],
    }
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        group.create_task(site.app(scope, made.to_house.get, made.send))
        yield made
        made.leave()
