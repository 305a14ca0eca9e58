"""The short way of a stream's frames is uvicorn's own way in all that a peer or the app can see."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pytest
import uvicorn
from hypothesis import example, given
from hypothesis import strategies as st
from starlette.types import Message, Receive, Scope, Send
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.exceptions import InvalidState
from websockets.frames import Frame, Opcode

from app.server import MESSAGE_BYTES
from app.twilio.served import MOST_AT_ONCE, SHORT_WAY, ServedSocket, framed
from tests.fuzz import cases

REQUEST = (
    b"GET /media HTTP/1.1\r\nHost: phone.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
KINDS = (WebSocketsSansIOProtocol, ServedSocket)
WORD = b'{"event":"media","media":{"payload":"AAAA"}}'


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging.getLogger("uvicorn.error"), "disabled", True)


def text(payload: bytes = WORD, **more: Any) -> bytes:
    return Frame(Opcode.TEXT, payload, **more).serialize(mask=True)


def other(opcode: Opcode, payload: bytes = b"", **more: Any) -> bytes:
    return Frame(opcode, payload, **more).serialize(mask=True)


class Transport:
    """A connection that takes everything, and tells what it was."""

    def __init__(self) -> None:
        self.written = b""
        self.closed = False
        self.pauses = 0

    def write(self, data: bytes) -> None:
        self.written += b"" if self.closed else data

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None:
        self.pauses += 1

    def resume_reading(self) -> None:
        pass

    def get_extra_info(self, name: str, default: object = None) -> object:
        return default


@dataclass
class Seen:
    """What the app received, and what the peer was written."""

    messages: list[str | bytes | int] = field(default_factory=list)
    short: int = 0  # messages that came the short way
    written: bytes = b""
    closed: bool = False
    fault: bool = False
    parts: list[bytes] = field(default_factory=list)
    held: bytes = b""  # of a frame that is not whole


class Parted(ServedSocket):
    """Ours, with what it made of the stream: frames one by one, then what it left to uvicorn as it came."""

    def __init__(self, *args: Any, **more: Any) -> None:
        self.parts: list[bytes] = []
        super().__init__(*args, **more)

    def data_received(self, data: bytes) -> None:
        if self._by_uvicorn:
            self.parts.append(data)
        super().data_received(data)

    def _frame(self, data: bytes, at: int) -> int:
        self.parts.append(b"")
        end = super()._frame(data, at)
        self.parts[-1] = data[at:] if self._by_uvicorn else data[at:end]
        return end


async def served(kind: type[WebSocketsSansIOProtocol], chunks: Sequence[bytes], *, late: bool = False) -> Seen:
    """An app that accepts and receives, and takes the short way if there is one; ``late``: after the first message."""
    seen, transport, over = Seen(), Transport(), asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        if not late:
            listen(scope)
        while (message := await receive())["type"] == "websocket.receive":
            seen.messages.append(content(message))
            if len(seen.messages) == 1:
                listen(scope)
        seen.messages.append(message["code"])
        over.set()

    def listen(scope: Scope) -> None:
        def hear(message: bytes) -> None:
            seen.messages.append(message.decode())
            seen.short += 1

        if SHORT_WAY in scope["extensions"]:
            scope["extensions"][SHORT_WAY]["socket"].hear(hear)

    config = uvicorn.Config(app, ws=kind, ws_max_size=MESSAGE_BYTES, ws_per_message_deflate=False, log_config=None)
    config.load()
    socket = kind(config=config, server_state=ServerState(), app_state={}, _loop=asyncio.get_running_loop())
    socket.connection_made(transport)  # type: ignore[arg-type]
    socket.data_received(REQUEST)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    shaken = len(transport.written)
    fault = await fed(socket, transport, chunks)
    while getattr(socket, "_held", b"") and transport.pauses:
        before = len(seen.messages)
        await asyncio.sleep(0)
        if len(seen.messages) == before:
            break
    await asyncio.sleep(0)
    socket.connection_lost(fault)
    async with asyncio.timeout(5):
        await over.wait()
    await asyncio.sleep(0)
    seen.written, seen.closed, seen.fault = transport.written[shaken:], transport.closed, fault is not None
    seen.parts, seen.held = getattr(socket, "parts", []), getattr(socket, "_held", b"")
    return seen


async def fed(socket: WebSocketsSansIOProtocol, transport: Transport, chunks: Sequence[bytes]) -> Exception | None:
    """Give what comes, as the event loop does; returns the fault that ended the connection."""
    for chunk in chunks:
        try:
            socket.data_received(chunk)
        except InvalidState as fault:  # uvicorn's, of what comes together with a message it refuses
            transport.close()
            return fault
        await asyncio.sleep(0)
        if transport.closed:
            break
    return None


def content(message: Message) -> str | bytes:
    found: str | bytes = message["text"] if message.get("text") is not None else message["bytes"]
    return found


def both(chunks: Sequence[bytes], *, late: bool = False) -> Seen:
    """The same by ours, which is returned, and by uvicorn alone, given in the parts that ours gave it.

    For uvicorn it matters: of what comes together with a frame it refuses it forgets the messages before that.
    """

    async def compared() -> Seen:
        ours = await served(Parted, chunks, late=late)
        taken = b"".join(ours.parts) + ours.held
        assert b"".join(chunks).startswith(taken) if ours.closed else b"".join(chunks) == taken
        theirs = await served(WebSocketsSansIOProtocol, [part for part in ours.parts if part])
        assert ours.messages == theirs.messages
        assert ours.written == theirs.written
        assert (ours.closed, ours.fault) == (theirs.closed, theirs.fault)
        return ours

    return asyncio.run(compared())


def test_plain_messages_come_the_short_way() -> None:
    seen = both([text(), text(b"x" * 125) + text(b"y" * 126), text(b"z" * 655)])
    assert seen.short == 4
    assert seen.messages[-1] == 1005


def test_a_message_in_pieces_is_put_together() -> None:
    whole = text() + text(b"x" * 700)
    assert both([whole[at : at + 1] for at in range(len(whole))]).short == 2


def test_none_overtakes_one_that_came_before() -> None:
    seen = both([text(b"first") + text(b"second") + text(b"third"), text(b"fourth")], late=True)
    assert seen.messages[:-1] == ["first", "second", "third", "fourth"]


@pytest.mark.parametrize(
    "odd",
    [
        other(Opcode.PING, b"are you there"),
        other(Opcode.PONG),
        other(Opcode.BINARY, b"\x00\xff"),
        other(Opcode.BINARY, b"a", fin=False) + other(Opcode.CONT, b"b"),
        text(b"frag", fin=False) + other(Opcode.PING) + other(Opcode.CONT, b"mented"),
        text(b"frag", fin=False) + text(b"not the rest"),
        text("größer".encode()),
        text(b"\xff\xfe"),
        text(b""),
        text(b"x" * 65_537)[:400],
        Frame(Opcode.TEXT, b"no mask").serialize(mask=False),
        b"\xc1\x81aaaax",
        other(Opcode.CONT, b"of nothing"),
        other(Opcode.CLOSE, b"\x03\xe8bye"),
        other(Opcode.CLOSE),
        other(Opcode.CLOSE, b"\x00"),
        b"\x83\x80aaaa",
        b"\x89\xfe\x00\x7e" + bytes(130),
        bytes(40),
        b"GET / HTTP/1.1\r\n\r\n",
    ],
    ids=lambda odd: repr(odd[:24]),
)
def test_whatever_else_comes_is_uvicorns_to_judge(odd: bytes) -> None:
    both([text(), odd, text(b"after")])
    both([text() + odd + text(b"after")])


@cases(80)
@given(
    st.lists(
        st.builds(text, st.binary(max_size=300))
        | st.builds(text, st.text(max_size=50).map(str.encode))
        | st.builds(other, st.sampled_from([Opcode.PING, Opcode.BINARY, Opcode.CONT]), st.binary(max_size=100))
        | st.builds(other, st.just(Opcode.TEXT), st.binary(max_size=20), fin=st.booleans())
        | st.binary(max_size=12),
        max_size=8,
    ),
    st.lists(st.integers(0, 600), max_size=6),
)
@example([text(b"\x80", fin=False), other(Opcode.CONT), other(Opcode.CLOSE)], [])
@example([text(b"\x80", fin=False), other(Opcode.CONT), other(Opcode.PING)], [])
@example([text(b"", fin=False), b"\x80\x80", text(b"")], [])
def test_any_bytes_are_taken_as_uvicorn_takes_them(frames: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(frames)
    edges = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    both([stream[start:end] for start, end in pairwise(edges)])


@pytest.mark.parametrize("length", [65_535, 65_536, 65_537])
def test_the_longest_message_is_as_long_as_uvicorns(length: int) -> None:
    seen = [asyncio.run(served(kind, [text(), text(b"x" * length), text(b"after")])) for kind in KINDS]
    assert seen[0].messages == seen[1].messages
    assert (len(seen[0].messages) == 4) == (length <= MESSAGE_BYTES)


def test_a_flood_is_taken_a_few_frames_at_a_time() -> None:
    many = MOST_AT_ONCE * 5
    seen = asyncio.run(served(ServedSocket, [text() * many]))
    assert seen.short == many


@pytest.mark.parametrize("length", [0, 1, 125, 126, 65_535, 65_536])
def test_frames_are_written_as_websockets_would(length: int) -> None:
    assert framed(b"x" * length) == Frame(Opcode.TEXT, b"x" * length).serialize(mask=False)
