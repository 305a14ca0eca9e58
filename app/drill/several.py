"""Several servers that share a folder and a database, behind one balancer: as a house with many processes is run."""

import asyncio
import contextlib
import os
import secrets
import socket
import sys
from asyncio.subprocess import STDOUT, Process
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from app.fittings import REHEARSAL_ACCOUNT, REHEARSAL_URL
from app.rehearsal.balancer import Balancer
from app.rehearsal.processes import end
from app.rehearsal.twilio_rest import TwilioRest
from app.settings import setting_names

READY_WITHIN_S = 120.0
STOP_WITHIN_S = 60.0
LOOK_EVERY_S = 0.1


@dataclass(frozen=True, slots=True)
class Server:
    """One of the servers."""

    port: int
    process: Process
    log: Path


@dataclass(slots=True)
class Several:
    """The servers, and the address of what stands before them."""

    base_url: str
    public_url: str
    auth_token: str
    rest: TwilioRest
    balancer: Balancer
    servers: list[Server]

    def most_at_work(self) -> Server:
        """The server with the most connections through the balancer."""
        at_work = {backend.port: backend.connections for backend in self.balancer.backends}
        return max(self.servers, key=lambda server: at_work[server.port])


class NotReady(Exception):
    """A server did not start; the message has the end of its log."""


@contextlib.asynccontextmanager
async def several(
    data: Path, count: int, show: Callable[[str], None], more: Mapping[str, str] | None = None
) -> AsyncIterator[Several]:
    """So many servers on one folder and database, for as long as the block lasts; ``more`` is told to each."""
    token = secrets.token_hex(16)
    rest = TwilioRest(REHEARSAL_ACCOUNT, token)
    async with contextlib.AsyncExitStack() as stack:
        rest_url = await stack.enter_async_context(rest.serving())
        environment = _environment(data, token, rest_url) | dict(more or {})
        servers = [await stack.enter_async_context(_server(data, environment, show)) for _ in range(count)]
        balancer = Balancer([server.port for server in servers])
        base_url = await stack.enter_async_context(balancer.serving())
        for server, backend in zip(servers, balancer.backends, strict=True):
            await _until_ready(server, lambda backend=backend: backend.ready)  # type: ignore[misc]
        yield Several(base_url, REHEARSAL_URL, token, rest, balancer, servers)


def _environment(data: Path, token: str, rest_url: str) -> dict[str, str]:
    none_of_twilio = {name: "" for name in setting_names() if name.startswith("TWILIO_")}
    return {**os.environ, **none_of_twilio} | {
        "FRONTLINE_DATA": str(data),
        "TWILIO_ACCOUNT_SID": REHEARSAL_ACCOUNT,
        "TWILIO_AUTH_TOKEN": token,
        "PUBLIC_URL": REHEARSAL_URL,
        "FRONTLINE_TWILIO_API_URL": rest_url,
    }


@contextlib.asynccontextmanager
async def _server(data: Path, environment: Mapping[str, str], show: Callable[[str], None]) -> AsyncIterator[Server]:
    port = _free_port()
    log = data / f"serve-{port}.log"
    show(f"starting Frontline on 127.0.0.1:{port} (log: {log})")
    with log.open("wb") as written:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "app", "serve", "--port", str(port), "--host", "127.0.0.1"),
            env=environment,
            stdout=written,
            stderr=STDOUT,
        )
    try:
        yield Server(port, process, log)
    finally:
        await end(process, STOP_WITHIN_S)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


async def _until_ready(server: Server, ready: Callable[[], bool]) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(READY_WITHIN_S):
            while server.process.returncode is None:
                if ready():
                    return
                await asyncio.sleep(LOOK_EVERY_S)
    raise NotReady("\n".join(server.log.read_text(encoding="utf-8", errors="replace").splitlines()[-12:]))
