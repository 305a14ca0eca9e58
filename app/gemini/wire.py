"""A session's connection, twice: around the SDK's types for speed, and through them as the SDK means it.

Both put the same messages on the wire and give the same events; a test holds them to it. The first is the
one that runs: building and reading sound through the SDK costs about 130 µs a message, five times as much.
"""

import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Protocol, assert_never

from google.genai import types
from google.genai.live import AsyncSession
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed
from websockets.protocol import State
from websockets.speedups import apply_mask

from app.audio.pcm import MODEL_INPUT_RATE
from app.call.events import Event
from app.gemini import messages
from app.gemini.connection import LiveConnection
from app.gemini.outbox import Content, NewInstruction, Outgoing, Picture, RealtimeText, Sound, SoundEnd, ToolAnswer
from app.telemetry import metrics

UNSENT_BYTES = 16_384  # what the kernel may keep for a stalled network: the rest stays ours to drop
MASKS_AT_ONCE = 64
DEAD_AFTER_MS = 10_000  # unacknowledged for so long, the connection is dead; pings would not tell (client.py)


Take = Callable[[list[Event]], None]


class Wire(Protocol):
    """One open connection."""

    def write(self, message: Outgoing) -> bool:
        """Send at once if nothing is in the way; False if the message has to wait for ``ready``."""

    async def ready(self) -> None:
        """Wait until the connection takes more."""

    async def send(self, message: Outgoing) -> None:
        """Send, waiting for the connection. Raises what the connection ended with."""

    async def read(self, take: Take) -> None:
        """Hand the events of every message to ``take``. Raises what that raises, or what the connection ended with."""


def wire_of(session: AsyncSession, raw: bool) -> Wire:
    """The connection of an opened session."""
    _keep_alive(session._ws)
    return RawWire(session._ws) if raw else SdkWire(session)


class RawWire:
    """Frames of our own on the session's WebSocket."""

    def __init__(self, websocket: ClientConnection) -> None:
        self._websocket = websocket
        self._masks = _Masks()

    def write(self, message: Outgoing) -> bool:
        websocket = self._websocket
        if websocket.paused or websocket.state is not State.OPEN or websocket.transport.is_closing():
            return False
        # What websockets' own send() comes to, without its task switches and its state for fragments, never sent here.
        websocket.transport.write(masked(_frame(message), self._masks.next()))
        return True

    async def ready(self) -> None:
        await self._websocket.drain()

    async def send(self, message: Outgoing) -> None:
        await self._websocket.send(_frame(message), text=True)

    async def read(self, take: Take) -> None:
        """The short way, once nothing waits on the long one any more; the connection's end is told there."""
        websocket, received = self._websocket, 1  # by the SDK: that the setup is complete

        def hear(message: bytes) -> None:
            take(messages.parse(message))

        try:
            while True:
                if isinstance(websocket, LiveConnection) and websocket.unheard == received:
                    websocket.hear(hear)
                hear(await websocket.recv(decode=False))
                received += 1
        except ConnectionClosed:
            if isinstance(websocket, LiveConnection) and websocket.fault is not None:
                raise websocket.fault from None
            raise


class SdkWire:
    """The SDK's own methods: slow, and the measure of the other."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._turn: AsyncIterator[types.LiveServerMessage] | None = None

    def write(self, message: Outgoing) -> bool:
        return False

    async def ready(self) -> None:
        await self._session._ws.drain()

    async def send(self, message: Outgoing) -> None:
        match message:
            case Sound(pcm):
                blob = types.Blob(data=pcm, mime_type=f"audio/pcm;rate={MODEL_INPUT_RATE}")
                await self._session.send_realtime_input(audio=blob)
            case SoundEnd():
                await self._session.send_realtime_input(audio_stream_end=True)
            case RealtimeText(text):
                await self._session.send_realtime_input(text=text)
            case Content(text, turn_complete):
                turn = types.Content(role="user", parts=[types.Part(text=text)])
                await self._session.send_client_content(turns=turn, turn_complete=turn_complete)
            case Picture(jpeg):
                picture = types.Blob(data=jpeg, mime_type=messages.PICTURE_MIME)
                await self._session.send_realtime_input(video=picture)
            case NewInstruction(text):
                await self._session.send_context_update(system_instruction=text)
            case ToolAnswer():
                await self._session.send_tool_response(function_responses=_function_response(message))
            case _:
                assert_never(message)

    async def read(self, take: Take) -> None:
        while True:
            take(await self._receive())

    async def _receive(self) -> list[Event]:
        """``session.receive()`` is one turn long, and dies of messages it does not know; the session goes on."""
        while True:
            self._turn = self._turn or self._session.receive()
            try:
                message = await anext(self._turn, None)
            except (TypeError, ValueError, AttributeError):
                metrics.live_unknown.labels("sdk").inc()
                message = None
            if message is not None:
                return messages.events_of(message.model_dump(mode="json", by_alias=True, exclude_none=True))
            self._turn = None


class _Masks:
    """Masking keys as RFC 6455 §10.3 wants them, unpredictable, from the system's source a few hundred at a time."""

    def __init__(self) -> None:
        self._pool = b""

    def next(self) -> bytes:
        """Four bytes never used before."""
        if not self._pool:
            self._pool = os.urandom(MASKS_AT_ONCE * 4)
        key, self._pool = self._pool[:4], self._pool[4:]
        return key


def masked(text: bytes, key: bytes) -> bytes:
    """One whole text frame of a client: https://www.rfc-editor.org/rfc/rfc6455#section-5.2"""
    length = len(text)
    if length < 126:
        head = bytes((0x81, 0x80 | length))
    elif length < 65_536:
        head = b"\x81\xfe" + length.to_bytes(2, "big")
    else:
        head = b"\x81\xff" + length.to_bytes(8, "big")
    return b"".join((head, key, apply_mask(text, key)))


def _frame(message: Outgoing) -> bytes:  # noqa: PLR0911 - one case a message
    match message:
        case Sound(pcm):
            return messages.audio_frame(pcm)
        case SoundEnd():
            return messages.SOUND_END_FRAME
        case RealtimeText(text):
            return messages.text_frame(text)
        case Content(text, turn_complete):
            return messages.content_frame(text, turn_complete)
        case Picture(jpeg):
            return messages.picture_frame(jpeg)
        case NewInstruction(text):
            return messages.instruction_frame(text)
        case ToolAnswer(id, name, response, scheduling):
            return messages.tool_frame(id, name, response, scheduling)
        case _:
            assert_never(message)


def _function_response(answer: ToolAnswer) -> types.FunctionResponse:
    return types.FunctionResponse(
        id=messages.answer_id(answer.id),
        name=answer.name,
        response=dict(answer.response),
        scheduling=types.FunctionResponseScheduling(answer.scheduling) if answer.scheduling else None,
    )


def _keep_alive(websocket: ClientConnection) -> None:
    """Let TCP tell a dead network, and keep no more than we must where sound cannot be dropped any more."""
    connection = websocket.transport.get_extra_info("socket")
    for option, value in (("TCP_USER_TIMEOUT", DEAD_AFTER_MS), ("TCP_NOTSENT_LOWAT", UNSENT_BYTES)):
        if connection is not None and hasattr(socket, option):  # both are Linux's
            with suppress(OSError):
                connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
