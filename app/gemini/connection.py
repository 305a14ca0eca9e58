"""The SDK's connection to a Live session, with a short way for the messages in it: from the socket to who reads them.

The SDK opens it, with its headers, certificates and proxies, through a hook of websockets for connections of one's own
(https://websockets.readthedocs.io/en/stable/reference/asyncio/client.html, ``create_connection``). By websockets alone
each message passes a parser that is a generator, a queue and a task switch. So once the session is set up a message of
the one usual shape, whole in one frame, is read here; every other frame goes to websockets as it came.
"""

from collections.abc import Callable
from typing import Final

from websockets.asyncio.client import ClientConnection

from app.frames import CLOSE, MESSAGES, WHOLE

LONGEST: Final = 1_048_576  # bytes; a message of sound has some twenty thousand

# https://www.rfc-editor.org/rfc/rfc6455#section-5.2
_SHORT, _MIDDLING, _LONG = 125, 126, 127  # the longest length of one byte, and what stands for those of two and eight

_HEAD_END = b"\r\n\r\n"
_UPGRADED = b"HTTP/1.1 101 "

Hear = Callable[[bytes], None]


class LiveConnection(ClientConnection):
    """One connection. ``fault`` is what ``hear`` raised, if that is why it is lost."""

    fault: Exception | None = None
    unheard = 0  # messages that went to websockets
    _hear: Hear | None = None
    _hearing = False
    _held = b""
    _upgraded = False
    _by_websockets = False  # once a message came in several frames, or as nothing we know

    def hear(self, hear: Hear) -> None:
        """Hand whole messages to ``hear``, as they come; what has come before is for ``recv``."""
        self._hear = hear

    def data_received(self, data: bytes) -> None:
        """Part what came into frames."""
        if self._by_websockets:
            super().data_received(data)
            return
        held, at = (self._held + data if self._held else data), 0
        if not self._upgraded:
            at = self._head(held)
        while not self._by_websockets and self._upgraded and (end := self._frame(held, at)):
            at = end
        self._held = b"" if self._by_websockets else held[at:]
        if self._by_websockets:
            super().data_received(held[at:])

    def connection_lost(self, exc: Exception | None) -> None:
        """A fault of ours that ended the connection is told to whoever receives."""
        if self._hearing:
            self.fault = exc
        self._hear = None
        super().connection_lost(exc)

    def _head(self, data: bytes) -> int:
        """Hand over the answer to the upgrade, without what may have come right behind it."""
        end = data.find(_HEAD_END) + len(_HEAD_END)
        self._by_websockets = not _UPGRADED.startswith(data[: len(_UPGRADED)])
        if self._by_websockets or end < len(_HEAD_END):
            return 0
        self._upgraded = True
        super().data_received(data[:end])
        return end

    def _frame(self, data: bytes, at: int) -> int:
        """Take the frame that begins at ``at``; returns where it ends, 0 while it is not whole."""
        size = len(data)
        if size - at < 2:
            return 0
        first, length, start = data[at], data[at + 1], at + 2
        if first not in WHOLE or length > (_LONG if first in MESSAGES else _SHORT):
            self._by_websockets = True
            return 0
        if length >= _MIDDLING:
            start += 2 if length == _MIDDLING else 8
            if size < start:
                return 0
            length = int.from_bytes(data[at + 2 : start], "big")
            self._by_websockets = length > LONGEST
        end = start + length
        if end > size or self._by_websockets:
            return 0
        if first == CLOSE:
            self._hear = None  # what comes behind it is nothing: https://www.rfc-editor.org/rfc/rfc6455#section-5.5.1
        if first not in MESSAGES or not self._heard(data[start:end]):
            self.unheard += first in MESSAGES
            super().data_received(data[at:end])
        return end

    def _heard(self, message: bytes) -> bool:
        if self._hear is None:
            return False
        self._hearing = True  # and still is when ``hear`` raises: then the event loop ends the connection
        self._hear(message)
        self._hearing = False
        return True
