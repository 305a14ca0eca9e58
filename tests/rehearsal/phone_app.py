"""A small app for a phone to call: answers webhooks with set documents and runs a set behaviour on the stream."""

import asyncio
import base64
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import numpy as np
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect
from twilio.request_validator import RequestValidator

from app.rehearsal.phone import Dialling, Representative
from app.rehearsal.phone_faults import NO_FAULTS, Faults
from app.rehearsal.phone_sound import RATE, encode
from app.rehearsal.phone_webhooks import Place

PUBLIC = "https://phone.example"
TOKEN = "a token"
STREAM = (
    '<Stream url="wss://phone.example/media" name="agent" statusCallback="https://phone.example/voice/stream-status">'
    '<Parameter name="token" value="t1"/></Stream>'
)
ANSWER = f'<Response><Connect action="/voice/after-stream">{STREAM}</Connect><Hangup/></Response>'
HANG_UP = "<Response><Hangup/></Response>"


def tone(ms: int, hertz: float = 440.0) -> bytes:
    """µ-law sound that can be heard."""
    at = np.arange(ms * RATE // 1000) / RATE
    return encode(np.asarray(8_000 * np.sin(2 * np.pi * hertz * at), np.int16))


class Stream:
    """The server's side of one stream, once its start has come."""

    def __init__(self, websocket: WebSocket, start: dict[str, object]) -> None:
        self.websocket = websocket
        self.start = start
        self.sid = str(start["streamSid"])

    async def send(self, event: str, **more: object) -> None:
        await self.websocket.send_text(json.dumps({"event": event, "streamSid": self.sid, **more}))

    async def play(self, codes: bytes) -> None:
        await self.send("media", media={"payload": base64.b64encode(codes).decode()})

    async def mark(self, name: str) -> None:
        await self.send("mark", mark={"name": name})

    async def until(self, event: str) -> dict[str, object]:
        """The next message of a kind; others are dropped."""
        while True:
            message = json.loads(await self.websocket.receive_text())
            if message["event"] == event:
                return dict(message)

    async def loud(self) -> None:
        """Until the caller is heard."""
        while True:
            media = (await self.until("media"))["media"]
            assert isinstance(media, dict)
            if set(base64.b64decode(media["payload"])) != {0xFF}:
                return


Behaviour = Callable[[Stream], Awaitable[None]]


@dataclass(slots=True)
class PhoneApp:
    """``documents`` by path, one after another, the last for ever; ``behaviours`` one for each stream."""

    behaviours: list[Behaviour] = field(default_factory=list)
    documents: dict[str, list[str]] = field(default_factory=dict)
    posts: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    unsigned: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    first: list[dict[str, object]] = field(default_factory=list)
    closes: list[int] = field(default_factory=list)
    streams: list[Stream] = field(default_factory=list)
    status: int = 200

    async def webhook(self, request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        path = request.url.path
        self.posts.append((path, form))
        validator = RequestValidator(TOKEN)
        if not validator.validate(PUBLIC + path, form, request.headers["x-twilio-signature"]):
            self.unsigned.append(path)
        waiting = self.documents.get(path, [ANSWER if path == "/voice/incoming" else HANG_UP])
        document = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        return Response(document, self.status, media_type="text/xml")

    async def media(self, websocket: WebSocket) -> None:
        self.headers.append(dict(websocket.headers))
        signed = websocket.headers["x-twilio-signature"]
        if not RequestValidator(TOKEN).validate("wss://phone.example/media", {}, signed):
            await websocket.close()
            return
        await websocket.accept()
        try:
            self.first += [json.loads(await websocket.receive_text()) for _ in range(2)]
            stream = Stream(websocket, self.first[-1])
            self.streams.append(stream)
            await self.behaviours.pop(0)(stream)
            await websocket.close()
        except WebSocketDisconnect as gone:
            self.closes.append(gone.code)

    def asked(self, path: str) -> list[dict[str, str]]:
        """The forms posted to a path."""
        return [form for posted, form in self.posts if posted == path]


@asynccontextmanager
async def served(app: PhoneApp) -> AsyncIterator[str]:
    """The app on 127.0.0.1 while the block runs; gives its address."""
    posts = [Route(path, app.webhook, methods=["POST"]) for path in ("/voice/{rest:path}", "/sms/incoming")]
    routes = [*posts, WebSocketRoute("/media", app.media)]
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(Starlette(routes=routes), log_level="error", ws="websockets-sansio", lifespan="off")
    server = uvicorn.Server(config)
    async with asyncio.TaskGroup() as group:
        with contextlib.closing(listener):
            serving = group.create_task(server.serve([listener]))
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
            server.should_exit = True
            await asyncio.wait_for(asyncio.shield(serving), 5)


def dialling(
    base_url: str,
    *,
    faults: Faults = NO_FAULTS,
    representative: Representative | None = None,
    longest_s: float = 5.0,
) -> Dialling:
    """A call to be placed to a served app; Twilio's own voice takes no time."""
    return Dialling(
        place=Place(base_url, PUBLIC),
        auth_token=TOKEN,
        to="+15550100",
        from_="+15550199",
        faults=faults,
        representative=representative or Representative(),
        longest_s=longest_s,
        pace=1_000.0,
    )
