"""A least-connections balancer for rehearsals: asks /readyz, passes bytes through, survives a server that is killed."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

LOOK_EVERY_S = 0.2
LOOK_WITHIN_S = 1.0
HEAD_WITHIN_S = 10.0
LARGEST_BODY = 1_048_576
_PIECE = 65_536
_CONNECTION = re.compile(rb"\r\nconnection:[^\r\n]*", re.IGNORECASE)
_LENGTH = re.compile(rb"\r\ncontent-length:\s*(\d{1,9})", re.IGNORECASE)
_UPGRADE = re.compile(rb"\r\nupgrade:\s*websocket", re.IGNORECASE)
_NOBODY = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

_Pipe = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(slots=True)
class Backend:
    """One server behind the balancer."""

    port: int
    ready: bool = False
    held: bool = False  # a drill wants nobody to be sent there yet
    connections: int = 0
    served: int = 0


class Balancer:
    """Sends each request, and each WebSocket, to the ready server with the fewest connections."""

    def __init__(self, ports: Sequence[int]) -> None:
        self.backends = [Backend(port) for port in ports]

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        """Balance for as long as the block lasts; yields the address to call."""
        server = await asyncio.start_server(self._pass_through, "127.0.0.1", 0)
        async with asyncio.TaskGroup() as group:
            looking = group.create_task(self._keep_looking())
            try:
                yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            finally:
                looking.cancel()
                server.close()

    async def _keep_looking(self) -> None:
        while True:
            await asyncio.gather(*(self._look(backend) for backend in self.backends))
            await asyncio.sleep(LOOK_EVERY_S)

    async def _look(self, backend: Backend) -> None:
        try:
            async with asyncio.timeout(LOOK_WITHIN_S):
                status = await _asked(backend)
        except OSError:  # TimeoutError is an OSError
            status = b""
        backend.ready = b" 200 " in status

    async def _pass_through(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            async with asyncio.timeout(HEAD_WITHIN_S):
                head = await reader.readuntil(b"\r\n\r\n")
                length = _LENGTH.search(head)
                body = await reader.readexactly(min(int(length[1]), LARGEST_BODY)) if length else b""
            if not _UPGRADE.search(head):
                # One request a connection: the next may have to go to another server.
                head = _CONNECTION.sub(b"", head)[:-4] + b"\r\nConnection: close\r\n\r\n"
            await self._serve(head + body, (reader, writer))
        await _close(writer)

    async def _serve(self, request: bytes, client: _Pipe) -> None:
        # Where none says that it is ready, one that is only slow to say so may still serve.
        for backend in sorted(self.backends, key=lambda one: (not one.ready, one.connections)):
            server = None if backend.held else await _connected(backend)
            if server is None:
                continue
            backend.connections += 1
            backend.served += 1
            try:
                if await _answered(request, server, client):
                    return
                backend.ready = False
            finally:
                backend.connections -= 1
                await _close(server[1])
        client[1].write(_NOBODY)
        await client[1].drain()


async def _asked(backend: Backend) -> bytes:
    """The first line of what it answers when it is asked whether it is ready."""
    reader, writer = await asyncio.open_connection("127.0.0.1", backend.port)
    try:
        writer.write(b"GET /readyz HTTP/1.1\r\nHost: balancer\r\nConnection: close\r\n\r\n")
        return await reader.readline()
    finally:
        await _close(writer)


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


async def _connected(backend: Backend) -> _Pipe | None:
    try:
        return await asyncio.open_connection("127.0.0.1", backend.port)
    except OSError:
        backend.ready = False
        return None


async def _answered(request: bytes, server: _Pipe, client: _Pipe) -> bool:
    """Pass a request on, and what follows; False if the server is gone without a word, as one that is being killed."""
    answer = b""
    with suppress(OSError):
        server[1].write(request)
        answer = await server[0].read(_PIECE)
    if answer:
        client[1].write(answer)
        await _both_ways(client, server)
    return bool(answer)


async def _both_ways(one: _Pipe, other: _Pipe) -> None:
    """Until either side closes, or is killed."""
    await asyncio.gather(_one_way(one[0], other[1]), _one_way(other[0], one[1]))


async def _one_way(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while (piece := await reader.read(_PIECE)) and not writer.is_closing():  # the other way may have closed it
            writer.write(piece)
            await writer.drain()
    writer.close()
