"""What waits to be written to a stream: bounded in sound and in messages, emptied by a clear."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

from app.twilio import messages

MOST_WAITING_MS: Final = 3_000  # the call sends about one second ahead, so this much means a peer that stopped reading
MOST_MESSAGES: Final = 1_000

_MULAW_BYTES_PER_MS = 8


class Outbox:
    """Texts for one writer, in order, each with the milliseconds of sound in it (0 for marks).

    ``write`` sends a text at once, or says no: only then does it wait for the writer.
    """

    def __init__(self, stream_sid: str, write: Callable[[str], bool] = lambda text: False) -> None:
        self._write = write
        self._stream_sid = stream_sid
        self._clear_text = messages.clear(stream_sid)
        self._waiting: deque[tuple[str, int]] = deque()
        self._waiting_ms = 0
        self._closed = False
        self._changed = asyncio.Event()

    def sound(self, mulaw: bytes) -> bool:
        """Take sound in; False when there is too much of it, and nothing was taken."""
        ms = len(mulaw) // _MULAW_BYTES_PER_MS
        if self._waiting_ms + ms > MOST_WAITING_MS and not self._closed:
            return False
        return self._add(messages.media(self._stream_sid, mulaw), ms)

    def mark(self, name: str) -> bool:
        """Take a mark in; False when too many messages wait."""
        return self._add(messages.mark(self._stream_sid, name), 0)

    def clear(self) -> None:
        """Drop the sound that waits and write a clear before all else.

        Marks stay, behind the clear: every mark comes back, as it does at Twilio.
        """
        marks = [(text, 0) for text, ms in self._waiting if ms == 0 and text != self._clear_text]
        self._waiting = deque([(self._clear_text, 0), *marks])
        self._waiting_ms = 0
        while self._waiting and self._write(self._waiting[0][0]):
            self._waiting.popleft()
        self._changed.set()

    def close(self) -> None:
        """Take nothing more; what waits is still written."""
        self._closed = True
        self._changed.set()

    async def next(self) -> str | None:
        """The next text to write; None when the outbox is closed and empty."""
        while not self._waiting:
            if self._closed:
                return None
            self._changed.clear()
            await self._changed.wait()
        text, ms = self._waiting.popleft()
        self._waiting_ms -= ms
        return text

    def _add(self, text: str, ms: int) -> bool:
        if self._closed:
            return True  # nobody listens any more, and that is nobody's fault
        if not self._waiting and self._write(text):
            return True
        if len(self._waiting) >= MOST_MESSAGES:
            return False
        self._waiting.append((text, ms))
        self._waiting_ms += ms
        self._changed.set()
        return True
