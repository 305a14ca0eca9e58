"""A browser's side of a call, without a browser: asks the booth, opens the stream, and speaks as the page does."""

import base64
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

LOUD = bytes([0x10, 0x90]) * 80  # a frame that is heard as speech
QUIET = b"\xff" * 160


@dataclass
class Stream:
    """An open stream; ``heard`` is the sound that came."""

    socket: ClientConnection
    call_sid: str
    stream_sid: str
    heard: bytearray = field(default_factory=bytearray)
    chunks: int = 0
    sequence: int = 0

    async def send(self, event: str, body: Mapping[str, object]) -> None:
        self.sequence += 1
        about = {"event": event, "sequenceNumber": str(self.sequence), event: body, "streamSid": self.stream_sid}
        await self.socket.send(json.dumps(about))

    async def start(self, joining: Mapping[str, object]) -> None:
        await self.socket.send(json.dumps({"event": "connected", "protocol": "Call", "version": "1.0.0"}))
        about = {
            "accountSid": joining["account_sid"],
            "streamSid": self.stream_sid,
            "callSid": self.call_sid,
            "tracks": ["inbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": joining["parameters"],
        }
        await self.send("start", about)

    async def say(self, frame: bytes) -> None:
        self.chunks += 1
        payload = base64.b64encode(frame).decode()
        at = str(171 + 20 * self.chunks)
        await self.send("media", {"track": "inbound", "chunk": str(self.chunks), "timestamp": at, "payload": payload})

    async def press(self, digit: str) -> None:
        await self.send("dtmf", {"track": "inbound_track", "digit": digit})

    async def hang_up(self) -> None:
        await self.send("stop", {"accountSid": "AC" + "0" * 32, "callSid": self.call_sid})

    async def until(self, true: Callable[["Stream"], bool]) -> None:
        """Play what comes, marks at once, until something is true or the stream is over."""
        async for raw in self.socket:
            message = json.loads(raw)
            if message["event"] == "media":
                self.heard += base64.b64decode(message["media"]["payload"])
            elif message["event"] == "mark":
                await self.send("mark", message["mark"])
            if true(self):
                return


@asynccontextmanager
async def stream(
    base_url: str,
    call_sid: str,
    joining: Mapping[str, object],
    *,
    origin: str = "",
    protocols: list[str] | None = None,
) -> AsyncIterator[Stream]:
    """The stream of a step that says to open one."""
    given = joining["protocols"] if protocols is None else protocols
    assert isinstance(given, list)
    async with connect(
        base_url.replace("http", "ws") + "/media",
        proxy=None,
        origin=Origin(origin or base_url),
        subprotocols=[Subprotocol(one) for one in given],
    ) as socket:
        opened = Stream(socket, call_sid, str(joining["stream_sid"]))
        await opened.start(joining)
        yield opened
