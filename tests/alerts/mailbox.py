"""A mail server of a few lines: takes every mail, or refuses as it is told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message


@dataclass(slots=True)
class Mailbox:
    """``mails`` are those taken; ``refuse`` is what the next recipient gets instead of 250."""

    port: int = 0
    mails: list[Message] = field(default_factory=list)
    refuse: str = ""

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._say(writer, "220 here")
        while line := (await reader.readline()).decode().strip().upper():
            if line.startswith("DATA"):
                await self._say(writer, "354 go on")
                self.mails.append(message_from_bytes(await reader.readuntil(b"\r\n.\r\n")))
                await self._say(writer, "250 taken")
            elif line.startswith("RCPT") and self.refuse:
                answer, self.refuse = self.refuse, ""
                await self._say(writer, answer)
            elif line.startswith("QUIT"):
                await self._say(writer, "221 bye")
                break
            else:
                await self._say(writer, "250 ok")
        writer.close()

    async def _say(self, writer: asyncio.StreamWriter, line: str) -> None:
        writer.write(f"{line}\r\n".encode())
        await writer.drain()


@asynccontextmanager
async def mailbox() -> AsyncIterator[Mailbox]:
    """One on this machine, for as long as the block lasts."""
    box = Mailbox()
    async with await asyncio.start_server(box.connected, "127.0.0.1", 0) as server:
        box.port = server.sockets[0].getsockname()[1]
        yield box
