"""A client of the Live stand-in for tests: raw frames over TLS, and a server in the test's own loop."""

import asyncio
import base64
import json
import ssl
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from app.rehearsal.live_connections import Connections, Speech
from app.rehearsal.live_ears import Understanding
from app.rehearsal.live_server import HOST, certificate, serving
from app.rehearsal.voice import tones

MODEL = "models/gemini-3.8-live"
PATH = "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent"
KEY = {"x-goog-api-key": "k"}
WAIT_S = 8.0
MS_PER_LETTER = 25  # quicker than anybody speaks: turns are played in real time
ORDER_TOOL: dict[str, object] = {
    "name": "look_up_order",
    "description": "Look up where an order is.",
    "parameters": {"type": "OBJECT", "properties": {"order_number": {"type": "STRING"}}, "required": ["order_number"]},
}


def setup(model: object = MODEL, **body: object) -> dict[str, object]:
    """A setup frame."""
    return {"setup": {"model": model, "generationConfig": {"responseModalities": ["AUDIO"]}, **body}}


def tone(ms: int, level: int = 8000) -> bytes:
    """Loud sound, 16 kHz PCM16."""
    seconds = np.arange(ms * 16) / 16_000
    return np.asarray(level * np.sin(2 * np.pi * 220 * seconds), np.int16).tobytes()


def quiet(ms: int) -> bytes:
    """Silence, 16 kHz PCM16."""
    return bytes(ms * 32)


@dataclass(slots=True)
class LiveCaller:
    """One raw connection. ``seen`` is everything that came."""

    socket: ClientConnection
    seen: list[dict[str, object]] = field(default_factory=list)

    async def send(self, message: Mapping[str, object]) -> None:
        await self.socket.send(json.dumps(message))

    async def text(self, text: str) -> None:
        await self.send({"realtime_input": {"text": text}})

    async def sound(self, pcm: bytes, rate: int = 16_000) -> None:
        """Send sound in 20 ms frames, as fast as it goes."""
        step = rate // 25
        for start in range(0, len(pcm), step):
            data = base64.urlsafe_b64encode(pcm[start : start + step]).decode()
            await self.send({"realtime_input": {"audio": {"data": data, "mime_type": f"audio/pcm;rate={rate}"}}})

    async def answer(self, call: Mapping[str, object], response: Mapping[str, object], **more: object) -> None:
        one = {"id": call["id"], "name": call["name"], "response": response, **more}
        await self.send({"toolResponse": {"functionResponses": [one]}})

    async def next(self) -> dict[str, object]:
        async with asyncio.timeout(WAIT_S):
            frame = await self.socket.recv(decode=False)
        message = json.loads(frame)
        assert isinstance(message, dict)
        self.seen.append(message)
        return message

    async def until(self, *names: str) -> dict[str, object]:
        """Read up to the first message with one of these keys, at the top or in its serverContent."""
        while True:
            message = await self.next()
            content = message.get("serverContent", {})
            assert isinstance(content, dict)
            if any(name in message or name in content for name in names):
                return message

    async def call(self) -> dict[str, object]:
        """The next tool call."""
        found = await self.until("toolCall")
        assert isinstance(found["toolCall"], dict)
        first = found["toolCall"]["functionCalls"][0]
        assert isinstance(first, dict)
        return first

    async def ended(self) -> tuple[int, str]:
        """The code and reason of the close that comes."""
        try:
            while True:
                await self.next()
        except ConnectionClosed:
            return self.socket.close_code or 0, self.socket.close_reason or ""

    def words(self, side: str = "outputTranscription") -> str:
        """Everything transcribed of one side."""
        contents = [message.get("serverContent", {}) for message in self.seen]
        return "".join(c[side]["text"] for c in contents if isinstance(c, dict) and side in c)

    def sound_bytes(self) -> int:
        """How much sound has come."""
        contents = [message.get("serverContent", {}) for message in self.seen]
        parts = [c["modelTurn"]["parts"][0] for c in contents if isinstance(c, dict) and "modelTurn" in c]
        return sum(len(base64.b64decode(part["inlineData"]["data"])) for part in parts)


@dataclass(slots=True)
class LiveHouse:
    """A Live stand-in in this loop, with scripted ears and tones for a voice."""

    port: int
    tls: ssl.SSLContext
    ca_file: Path
    connections: Connections

    @asynccontextmanager
    async def connected(self, path: str = PATH, headers: Mapping[str, str] | None = None) -> AsyncIterator[LiveCaller]:
        url = f"wss://{HOST}:{self.port}{path}"
        async with connect(
            url, ssl=self.tls, additional_headers=KEY if headers is None else headers, proxy=None, close_timeout=1
        ) as socket:
            yield LiveCaller(socket)

    @asynccontextmanager
    async def talking(self, **body: object) -> AsyncIterator[LiveCaller]:
        """A connection whose setup has been answered."""
        async with self.connected() as caller:
            await caller.send(setup(**body))
            await caller.until("setupComplete")
            yield caller


@asynccontextmanager
async def live_house(
    folder: Path, *script: str, api_key: str = "", life_s: float = 600.0, languages: tuple[str, ...] = ("en",)
) -> AsyncIterator[LiveHouse]:
    """Start one; ``script`` is what the ears of each session hear."""
    with ThreadPoolExecutor(1) as ears, ThreadPoolExecutor(1) as voice:
        speech = Speech(None, script, tones(MS_PER_LETTER), languages, Understanding(ears, scripted=True), voice)
        connections = Connections(speech, api_key, life_s)
        context, ca_file = certificate(folder, HOST)
        async with await serving(connections, context, HOST, 0) as server:
            port = server.sockets[0].getsockname()[1]
            yield LiveHouse(port, ssl.create_default_context(cafile=str(ca_file)), ca_file, connections)
