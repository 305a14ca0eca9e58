"""uvicorn's WebSocket with a short way through it for a stream's own frames: from the socket to who hears, and back.

By uvicorn alone each frame passes a parser that is a generator, a queue and a task of its own, with reading stopped and
started again around it: more than all that is done with the sound in it. So a frame of the one usual shape, a whole
message of plain text, is read here; every other goes to uvicorn's own parser as it came, and order is kept.
"""

from collections.abc import Callable
from contextvars import copy_context
from typing import Final

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request
from websockets.speedups import apply_mask

from app.frames import MESSAGES, TEXT, WHOLE

SHORT_WAY: Final = "frontline.short_way"  # the ASGI extension whose "socket" offers it

MOST_AT_ONCE: Final = 16  # frames of one stream in one turn of the event loop

# https://www.rfc-editor.org/rfc/rfc6455#section-5.2
_MASKED, _LENGTH = 0x80, 0x7F
_SHORT, _MIDDLING = 125, 126  # the longest length of one byte, and what stands for one of two
_LONGEST_MIDDLING = 65_535

Hear = Callable[[bytes], object]


class ServedSocket(WebSocketsSansIOProtocol):
    """One WebSocket that a peer opened. ``fault`` is what ``hear`` raised, if that is why the socket is gone."""

    fault: Exception | None = None
    _hear: Hear | None = None
    _hearing = False
    _held = b""
    _by_uvicorn = False  # once a message came in several frames, or as none of ours

    def hear(self, hear: Hear) -> None:
        """Hand every whole message of ASCII text to ``hear``, as it comes, when none waits to be received before it."""
        # What is logged of it belongs to whoever asks, and not to the server that took the connection.
        context = copy_context()
        self._hear = lambda message: context.run(hear, message)

    def write(self, text: str) -> bool:
        """Send text at once; False when the peer has to read first, or is gone."""
        if not self.writable.is_set() or self.close_sent or self.disconnected or self.transport.is_closing():
            return False
        self.transport.write(framed(text.encode()))
        return True

    def handle_connect(self, event: Request) -> None:
        """Offer the short way to the app that the peer asks for."""
        super().handle_connect(event)
        if not self.close_sent:
            self.scope["extensions"][SHORT_WAY] = {"socket": self}

    def data_received(self, data: bytes) -> None:
        """Part what came into frames."""
        if self._by_uvicorn or not self.handshake_initiated:
            super().data_received(data)
            return
        self._held = self._held + data if self._held else data
        self._take_some()

    def _take_some(self) -> None:
        """So many frames that other calls do not wait for them: what a stalled network kept back comes all at once."""
        held, at, more = self._held, 0, True
        for _ in range(MOST_AT_ONCE):
            end = self._frame(held, at)
            if self._by_uvicorn:
                self._held = b""
                super().data_received(held[at:])
                return
            if not end:
                more = False
                break
            at = end
        self._held = held[at:]
        if more and not self.transport.is_closing():
            self.transport.pause_reading()
            self.loop.call_soon(self._take_more)

    def _take_more(self) -> None:
        if not self.transport.is_closing():
            self.transport.resume_reading()
            self._take_some()

    def connection_lost(self, exc: Exception | None) -> None:
        """A fault of ours that ended the connection is told to whoever receives."""
        if self._hearing:
            self.fault = exc
        self._hear = None
        super().connection_lost(exc)

    def _frame(self, data: bytes, at: int) -> int:
        """Take the frame that begins at ``at``; returns where it ends, 0 while it is not whole."""
        size = len(data)
        if size - at < 2:
            return 0
        first, second = data[at], data[at + 1]
        length, start = second & _LENGTH, at + 6
        if first not in WHOLE or not second & _MASKED or length > (_MIDDLING if first in MESSAGES else _SHORT):
            return self._leave_to_uvicorn()
        if length == _MIDDLING:
            if size - at < 4:
                return 0
            length, start = data[at + 2] << 8 | data[at + 3], at + 8
            if length > self.config.ws_max_size:
                return self._leave_to_uvicorn()
        end = start + length
        if end > size:
            return 0
        if first != TEXT or not self._heard(apply_mask(data[start:end], data[start - 4 : start])):
            super().data_received(data[at:end])
        return end

    def _leave_to_uvicorn(self) -> int:
        self._by_uvicorn = True
        return 0

    def _heard(self, message: bytes) -> bool:
        if self._hear is None or self.close_sent or not message.isascii() or not self.queue.empty():
            return False
        self._hearing = True  # and still is when ``hear`` raises: then the event loop ends the connection
        self._hear(message)
        self._hearing = False
        return True


def framed(text: bytes) -> bytes:
    """One whole message of text, as a server sends it."""
    length = len(text)
    if length <= _SHORT:
        return bytes((TEXT, length)) + text
    if length <= _LONGEST_MIDDLING:
        return b"\x81\x7e" + length.to_bytes(2, "big") + text
    return b"\x81\x7f" + length.to_bytes(8, "big") + text
