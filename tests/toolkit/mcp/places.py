"""Files of MCP servers written for a test, and the servers they lead to."""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import mcp_types as types
import trustme
import uvicorn
from mcp.server.transport_security import TransportSecuritySettings
from starlette.types import ASGIApp, Receive, Scope, Send

from app.toolkit.declare import Caller
from app.toolkit.http import Hosts, Pinned
from app.toolkit.mcp.reading import read_mcp_server
from app.toolkit.mcp.server import Offered
from app.toolkit.mcp.writing import table_of
from app.toolkit.schema import LoadedTool
from tests.toolkit.mcp.server import Warehouse, reserve_tool, server_of, stock_tool

HOST = "warehouse.rehearsal.example"
URL = f'url = "https://{HOST}/mcp"\n'
SERVER = str(Path(__file__).with_name("server.py"))
OLD_SERVER = str(Path(__file__).with_name("old_server.py"))
CALLER = Caller(number="+12125550123", call_sid="CA1", line="store", language="en", key="k1")
SECRETS = {"WAREHOUSE_KEY": "key-of-the-warehouse"}


def offered(tool: types.Tool) -> Offered:
    return Offered(tool.name, tool.description or "", tool.input_schema)


def table(tool: types.Tool, *lines: str, write: bool = False) -> str:
    """The table of an allowed tool, with more lines in it."""
    more = "".join(f"{line}\n" for line in lines)
    return f"\n{table_of(offered(tool), '', write)}timeout_s = 20\n{more}"


STOCK = table(stock_tool())
RESERVE = table(reserve_tool(), 'level = "details"', 'arguments.customer = "{caller.customer}"', write=True)


def command(*args: str, script: str = SERVER) -> tuple[str, frozenset[str]]:
    """The ``command`` line of a file, and the setting that allows it."""
    line = [sys.executable, script, *args]
    return f"command = {line!r}\n".replace("'", '"'), frozenset({" ".join(line)})


def written(folder: Path, text: str, name: str = "warehouse.mcp.toml") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


async def ran(tool: LoadedTool, caller: Caller = CALLER, **args: object) -> Mapping[str, object]:
    function = cast(Callable[..., Awaitable[Mapping[str, object]]], tool.function)
    return await function(caller=caller, **args)


@dataclass(slots=True)
class Place:
    """A server that listens on this machine. ``requests`` are the methods and headers that came."""

    warehouse: Warehouse
    port: int
    ca_file: str
    redirecting: str = ""
    failing: int = 0
    headers: list[dict[str, str]] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)

    async def listed_again(self) -> None:
        """Until the list is fetched once more."""
        before = self.asked("tools/list")
        async with asyncio.timeout(30):
            while self.asked("tools/list") == before:
                self.came.clear()
                await self.came.wait()

    def asked(self, method: str) -> int:
        """How often a method was asked for: the server lists its tools for itself, too."""
        return sum(one.get("mcp-method") == method for one in self.headers)

    @property
    def hosts(self) -> Hosts:
        return Hosts(pinned={HOST: Pinned("127.0.0.1", self.port, self.ca_file)})

    def read(self, file: Path, secrets: Mapping[str, str] = SECRETS) -> dict[str, LoadedTool]:
        return {tool.spec.name: tool for tool in read_mcp_server(file, self.hosts, secrets)}


@asynccontextmanager
async def listening(folder: Path, warehouse: Warehouse) -> AsyncIterator[Place]:
    """The warehouse over HTTPS, for as long as the block lasts."""
    ca = trustme.CA()
    ca_file, key_file = folder / "ca.pem", folder / "key.pem"
    await asyncio.to_thread(ca.cert_pem.write_to_path, str(ca_file))
    await asyncio.to_thread(ca.issue_cert(HOST).private_key_and_cert_chain_pem.write_to_path, str(key_file))
    door = socket.create_server(("127.0.0.1", 0))  # whoever comes early waits
    place = Place(warehouse, door.getsockname()[1], str(ca_file))
    security = TransportSecuritySettings(enable_dns_rebinding_protection=False)
    app = server_of(warehouse).streamable_http_app(transport_security=security)
    config = uvicorn.Config(
        _watched(app, place),
        host="127.0.0.1",
        ssl_certfile=str(key_file),
        log_config=None,
        timeout_graceful_shutdown=2,
        lifespan="on",
    )
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    async with asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(server.serve(sockets=[door]))
        try:
            yield place
        finally:
            server.should_exit = True
            await asyncio.wait({serving}, timeout=5)


def _watched(app: ASGIApp, place: Place) -> ASGIApp:
    async def watched(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        place.headers.append({name.decode(): value.decode() for name, value in scope["headers"]})
        place.came.set()
        if not place.redirecting and not place.failing:
            await app(scope, receive, send)
            return
        status, headers = (
            (307, [(b"location", place.redirecting.encode())]) if place.redirecting else (place.failing, [])
        )
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    return watched
