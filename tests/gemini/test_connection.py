"""The short way of a session's messages is websockets' own way in all that either side can see."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.asyncio.client import ClientConnection
from websockets.client import ClientProtocol
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.frames import Frame, Opcode
from websockets.uri import parse_uri
from websockets.utils import accept_key

from app.gemini.connection import LONGEST, LiveConnection
from tests.fuzz import cases

SOUND = b'{"serverContent":{"modelTurn":{"parts":[]}}}'


def frame(payload: bytes = SOUND, opcode: Opcode = Opcode.BINARY, **more: Any) -> bytes:
    return Frame(opcode, payload, **more).serialize(mask=False)


class Transport(asyncio.Transport):
    """A connection that takes everything, and tells what it was; closed, it is lost in the next turn of the loop."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.lost: list[ClientConnection] = []
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += b"" if self.closed else bytes(data)

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            for connection in self.lost:
                asyncio.get_running_loop().call_soon(connection.connection_lost, None)

    abort = close

    def can_write_eof(self) -> bool:
        return False

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass


@dataclass
class Seen:
    """What came out at the client, and how it ended."""

    messages: list[bytes] = field(default_factory=list)
    short: int = 0
    end: str = ""
    pongs: int = 0


def connection_of(kind: type[ClientConnection]) -> tuple[ClientConnection, Transport]:
    transport = Transport()
    protocol = ClientProtocol(parse_uri("ws://live.example/x"), max_size=None)
    connection = kind(protocol, ping_interval=None, close_timeout=0.01)
    transport.lost.append(connection)
    connection.connection_made(transport)
    return connection, transport


async def connected(kind: type[ClientConnection], chunks: Sequence[bytes], answer: bytes = b"") -> Seen:
    """A client that is upgraded (or gets ``answer``), has its setup answered, and then hears these bytes."""
    seen = Seen()
    connection, transport = connection_of(kind)
    shaking = asyncio.create_task(connection.handshake())
    await asyncio.sleep(0)
    key = transport.written.split(b"Sec-WebSocket-Key: ")[1].split(b"\r\n")[0].decode()
    upgraded = (
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Accept: {accept_key(key)}\r\n\r\n"
    ).encode()
    connection.data_received(answer or upgraded)
    for chunk in chunks if answer else ():
        connection.data_received(chunk)
    if answer:
        connection.connection_lost(None)
    try:
        await shaking
    except (InvalidHandshake, EOFError) as refused:
        seen.end = repr(refused)
        return seen
    connection.data_received(frame(b"{}"))
    assert await connection.recv(decode=False) == b"{}"
    reading = asyncio.create_task(_read(connection, seen))
    await asyncio.sleep(0)
    for chunk in chunks:
        if not transport.closed:
            connection.data_received(chunk)
    for _ in range(5):
        await asyncio.sleep(0)
    if not transport.closed:
        connection.connection_lost(None)
    await reading
    return seen


async def _read(connection: ClientConnection, seen: Seen) -> None:
    def hear(message: bytes) -> None:
        seen.messages.append(message)
        seen.short += 1

    if isinstance(connection, LiveConnection):
        connection.hear(hear)
    try:
        while True:
            seen.messages.append(await connection.recv(decode=False))
    except ConnectionClosed as closed:
        seen.end = f"{closed.rcvd} {closed.sent} {type(closed.__cause__).__name__}"


def both(chunks: Sequence[bytes], answer: bytes = b"") -> Seen:
    """The same by websockets alone and by ours, which is returned."""

    async def compared() -> Seen:
        single = [bytes([one]) for chunk in chunks for one in chunk] if not answer else chunks
        theirs = await connected(ClientConnection, single, answer)
        ours = await connected(LiveConnection, chunks, answer)
        assert ours.messages == theirs.messages
        assert ours.end == theirs.end
        return ours

    return asyncio.run(compared())


def test_whole_messages_come_the_short_way() -> None:
    sizes = (1, 125, 126, 20_000)
    seen = both([b"".join(frame(b"x" * size) for size in sizes), frame(SOUND, Opcode.TEXT)])
    assert seen.short == len(sizes) + 1
    assert seen.end.startswith("None None")


def test_a_long_message_comes_whole_and_a_very_long_one_by_websockets() -> None:
    long, longer = (asyncio.run(connected(LiveConnection, [frame(b"x" * size)])) for size in (70_000, LONGEST + 1))
    assert [len(message) for message in (*long.messages, *longer.messages)] == [70_000, LONGEST + 1]
    assert (long.short, longer.short) == (1, 0)


def test_a_message_in_pieces_is_put_together() -> None:
    whole = frame() + frame(b"y" * 400)
    assert both([whole[at : at + 1] for at in range(len(whole))]).short == 2


@pytest.mark.parametrize(
    "odd",
    [
        frame(b"are you there", Opcode.PING),
        frame(b"", Opcode.PONG),
        frame(b"", Opcode.BINARY),
        frame(b"a", fin=False) + frame(b"b", Opcode.CONT),
        frame(b"a", fin=False) + frame(b"", Opcode.PING) + frame(b"b", Opcode.CONT) + frame(b"c"),
        frame(b"a", fin=False) + frame(b"not the rest"),
        frame(b"of nothing", Opcode.CONT),
        frame(b"\x03\xe8bye", Opcode.CLOSE),
        frame(b"\x03\xf0policy", Opcode.CLOSE) + frame(b"late"),
        frame(b"", Opcode.CLOSE),
        frame(b"\x00", Opcode.CLOSE),
        Frame(Opcode.BINARY, b"masked").serialize(mask=True),
        b"\xc2\x01x",
        b"\x83\x00",
        b"\x89\x7e\x00\x7e" + bytes(126),
        b"\x82\x7f",
        bytes(30),
    ],
    ids=lambda odd: repr(odd[:24]),
)
def test_whatever_else_comes_is_for_websockets_to_judge(odd: bytes) -> None:
    both([frame(), odd, frame(b"after")])
    both([frame() + odd + frame(b"after")])


@cases(80)
@given(
    st.lists(
        st.builds(frame, st.binary(max_size=300), st.sampled_from([Opcode.BINARY, Opcode.TEXT]))
        | st.builds(frame, st.binary(max_size=100), st.sampled_from([Opcode.PING, Opcode.PONG, Opcode.CONT]))
        | st.builds(frame, st.binary(max_size=20), fin=st.booleans())
        | st.binary(max_size=12),
        max_size=8,
    ),
    st.lists(st.integers(0, 600), max_size=6),
)
def test_any_bytes_are_taken_as_websockets_takes_them(frames: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(frames)
    edges = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    both([stream[start:end] for start, end in pairwise(edges)])


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n" + frame(),
        b"HTTP/1.0 200 OK\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"HT",
    ],
)
def test_a_refusal_is_told_as_websockets_tells_it(answer: bytes) -> None:
    both([b""], answer)


async def test_what_comes_with_the_upgrade_is_kept_for_recv() -> None:
    connection, transport = connection_of(LiveConnection)
    shaking = asyncio.create_task(connection.handshake())
    await asyncio.sleep(0)
    key = transport.written.split(b"Sec-WebSocket-Key: ")[1].split(b"\r\n")[0].decode()
    head = f"HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept_key(key)}\r\n"
    early = frame(b"early") + frame(b"half")
    connection.data_received(head.encode() + b"\r\n" + early[:-2])
    await shaking
    assert isinstance(connection, LiveConnection)
    assert connection.unheard == 1
    connection.data_received(early[-2:])
    assert [await connection.recv(decode=False) for _ in range(2)] == [b"early", b"half"]


async def test_a_fault_in_hearing_ends_the_connection_and_is_known() -> None:
    connection, transport = connection_of(LiveConnection)
    assert isinstance(connection, LiveConnection)
    shaking = asyncio.create_task(connection.handshake())
    await asyncio.sleep(0)
    key = transport.written.split(b"Sec-WebSocket-Key: ")[1].split(b"\r\n")[0].decode()
    head = f"HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept_key(key)}\r\n"
    connection.data_received(head.encode() + b"\r\n")
    await shaking

    def stumble(message: bytes) -> None:
        raise ZeroDivisionError(message)

    connection.hear(stumble)
    with pytest.raises(ZeroDivisionError) as fault:
        connection.data_received(frame())
    connection.connection_lost(fault.value)  # as the event loop does
    assert connection.fault is fault.value
