"""A receiver of a few lines: keeps what comes, and answers as it is told."""

import asyncio
import io
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http.client import parse_headers


@dataclass(frozen=True, slots=True)
class Got:
    """One request; header names are in lower case."""

    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class Listener:
    """``answers`` are statuses with headers, in turn; then 204."""

    port: int = 0
    got: list[Got] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line, _, head = (await reader.readuntil(b"\r\n\r\n")).partition(b"\r\n")
        headers = {name.lower(): value for name, value in parse_headers(io.BytesIO(head)).items()}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        self.got.append(Got(line.split()[1].decode(), headers, body))
        answer = self.answers.pop(0) if self.answers else "204 No Content"
        writer.write(f"HTTP/1.1 {answer}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()
        writer.close()


@asynccontextmanager
async def listening() -> AsyncIterator[Listener]:
    """One on this machine, for as long as the block lasts."""
    listener = Listener()
    async with await asyncio.start_server(listener.connected, "127.0.0.1", 0) as server:
        listener.port = server.sockets[0].getsockname()[1]
        yield listener
