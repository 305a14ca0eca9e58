"""Listening in on a call: both sides as the caller hears them, for as long as somebody listens.

What the assistant says is on its way a second before it is heard, and may be cleared. So it waits here until as much of
the caller's sound has come: that comes at the pace of time, its gaps filled.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable
from typing import Final

import numpy as np

from app.audio.mulaw import SILENCE, encode
from app.audio.resample import PhoneEncoder
from app.bridge import Bridge
from app.call.commands import ClearPlayout, Command, Play
from app.call.events import CallerAudio, Event

TOGETHER: Final = 800  # samples of a side that go out together: a tenth of a second
MOST_WAITING: Final = 20  # times that: who does not take two seconds in time loses the oldest of it
MOST_AHEAD: Final = 8_000 * 3  # samples of the assistant's that wait to be heard
LOOK_EVERY_S: Final = 2.0


class Ear:
    """Takes the sound of one call in; ``next`` gives it: µ-law, 8 kHz, a byte of either side in turn."""

    def __init__(self) -> None:
        self._encoder = PhoneEncoder()
        self._assistant = bytearray()
        self._caller = bytearray()
        self._heard: deque[bytes] = deque(maxlen=MOST_WAITING)
        self._came = asyncio.Event()

    def saw(self, event: Event, commands: list[Command], now: float) -> None:
        """One step of the call: returns at once."""
        del now
        for command in commands:
            if isinstance(command, Play):
                self._sent(command)
            elif isinstance(command, ClearPlayout):
                self._encoder.reset()
                self._assistant.clear()
        if isinstance(event, CallerAudio):
            self._caller += encode(event.audio.pcm)
            while len(self._caller) >= TOGETHER:
                self._pair()

    def _sent(self, play: Play) -> None:
        self._assistant += self._encoder.process(play.audio.pcm)
        if play.last:
            self._assistant += self._encoder.flush()
        del self._assistant[:-MOST_AHEAD]

    def _pair(self) -> None:
        caller, assistant = self._caller[:TOGETHER], self._assistant[:TOGETHER]
        del self._caller[:TOGETHER], self._assistant[:TOGETHER]
        assistant += bytes([SILENCE]) * (TOGETHER - len(assistant))
        both = np.stack((np.frombuffer(caller, np.uint8), np.frombuffer(assistant, np.uint8)), axis=1)
        self._heard.append(both.tobytes())
        self._came.set()

    async def next(self) -> bytes:
        """What came since; waits for it a while, and is empty where nothing does."""
        try:
            async with asyncio.timeout(LOOK_EVERY_S):
                await self._came.wait()
        except TimeoutError:
            return b""
        self._came.clear()
        heard = b"".join(self._heard)
        self._heard.clear()
        return heard


async def listen(find: Callable[[str], Bridge | None], call_sid: str) -> AsyncGenerator[bytes, None]:
    """The sound of a call until it ends; nothing where it does not go on here. Close it when done."""
    bridge = find(call_sid)
    if bridge is None:
        return
    ear = Ear()
    bridge.watch(ear.saw)
    try:
        while find(call_sid) is bridge:
            heard = await ear.next()
            if heard:
                yield heard
    finally:
        bridge.unwatch(ear.saw)
