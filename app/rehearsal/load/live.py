"""A Live service that only keeps time, in a process of its own: it talks, is interrupted by bursts, and notes when.

Its first line on stdout says where it listens; each line on stdin is answered with all that was noted since the last.
"""

import argparse
import asyncio
import json
import random
import ssl
import sys
import time
from base64 import b64encode
from binascii import a2b_base64
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import numpy as np
import orjson
import trustme
import uvloop
from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport, WSUpgradeRequest, ws_create_server

from app.rehearsal.load import signals

RATE = 24_000
CHUNK_MS = 40  # of a message
LEAD_MS = 200  # sent at once as a turn begins; the rest faster than it is spoken
SPEED = 3
TURN_MS = 5_000
PAUSE_S = 0.3
DEAF_S = 0.5  # after a burst
WORDS_EVERY = 5  # messages


def encoded(message: object) -> bytes:
    """As the service writes JSON: with indentation, in binary frames."""
    return json.dumps(message, indent=2).encode()


def sound_message(pcm: bytes) -> bytes:
    """One message of sound."""
    blob = {"mimeType": f"audio/pcm;rate={RATE}", "data": b64encode(pcm).decode()}
    return encoded({"serverContent": {"modelTurn": {"parts": [{"inlineData": blob}]}}})


READY = encoded({"setupComplete": {}})
INTERRUPTED = encoded({"serverContent": {"interrupted": True}})
GENERATED = encoded({"serverContent": {"generationComplete": True}})
USAGE = {"promptTokenCount": 812, "responseTokenCount": 104, "totalTokenCount": 916}
COMPLETE = encoded({"serverContent": {"turnComplete": True}, "usageMetadata": USAGE})
HEARD = encoded({"serverContent": {"inputTranscription": {"text": " excuse me"}}})
WORD = encoded({"serverContent": {"outputTranscription": {"text": " certainly"}}})


def pieces(samples: signals.Samples) -> list[bytes]:
    """Whole messages of sound; the last is filled up with silence."""
    step = RATE * CHUNK_MS // 1000
    padded = np.concatenate([samples, np.zeros(-len(samples) % step, np.int16)])
    return [sound_message(padded[at : at + step].tobytes()) for at in range(0, len(padded), step)]


@dataclass
class Notes:
    """What happened in one session: when bursts were heard, turns began and were interrupted."""

    bursts: list[float] = field(default_factory=list)
    turns: list[float] = field(default_factory=list)
    interrupted: list[float] = field(default_factory=list)


class Session(WSListener):
    """One session."""

    def __init__(self, identity: int, voice: list[bytes], notes: Notes) -> None:
        self.notes = notes
        self._opening = pieces(signals.header(RATE, identity))
        self._voice = voice
        self._queue: list[bytes] = []
        self._words = False
        self._talking = self._open = False
        self._began = self._deaf_until = 0.0
        self._sent = 0
        self._timer: asyncio.TimerHandle | None = None

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Wait for the setup."""
        self._transport, self._open = transport, True

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """Nobody listens any more."""
        self._open = False
        self._stop()

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Take one message of the bridge."""
        if frame.msg_type == WSMsgType.CLOSE:
            transport.send_close(WSCloseCode.OK)
            transport.disconnect()
        elif frame.msg_type in (WSMsgType.TEXT, WSMsgType.BINARY):
            self._take(orjson.loads(frame.get_payload_as_bytes()), time.monotonic())

    def _take(self, message: dict[str, dict[str, dict[str, str]]], now: float) -> None:
        said = message.get("realtime_input") or message.get("realtimeInput") or {}
        if "audio" in said:
            self._hear(a2b_base64(said["audio"]["data"].replace("-", "+").replace("_", "/")), now)
        elif "setup" in message:
            self._words = "outputAudioTranscription" in message["setup"]
            self._send(READY)
            self._later(PAUSE_S, self._talk)

    def _hear(self, pcm: bytes, now: float) -> None:
        if now < self._deaf_until or signals.onset(pcm) < 0:
            return
        self._deaf_until = now + DEAF_S
        self.notes.bursts.append(now)
        if self._words:
            self._send(HEARD)
        if self._talking:
            self._stop()
            self.notes.interrupted.append(time.monotonic())
            self._send(INTERRUPTED)
            self._send(COMPLETE)
        if not self._talking:
            self._later(PAUSE_S, self._talk)

    def _talk(self) -> None:
        self._talking = True
        start = random.randrange(len(self._voice))
        more = range(TURN_MS // CHUNK_MS - len(self._opening))
        self._queue = [*self._opening, *(self._voice[(start + step) % len(self._voice)] for step in more)][::-1]
        self._sent, self._began = 0, time.monotonic()
        self.notes.turns.append(self._began)
        self._pump()

    def _pump(self) -> None:
        due = (LEAD_MS + (time.monotonic() - self._began) * 1000 * SPEED) / CHUNK_MS
        while self._queue and self._sent < due:
            self._send(self._queue.pop())
            self._sent += 1
            if self._words and self._sent % WORDS_EVERY == 0:
                self._send(WORD)
        if self._queue:
            self._later(CHUNK_MS / 1000 / SPEED, self._pump)
            return
        self._send(GENERATED)
        self._later(max(0.0, self._began + TURN_MS / 1000 - time.monotonic()), self._complete)

    def _complete(self) -> None:
        self._talking = False
        self._send(COMPLETE)
        self._later(PAUSE_S, self._talk)

    def _stop(self) -> None:
        self._talking = False
        self._queue.clear()
        if self._timer is not None:
            self._timer.cancel()

    def _send(self, message: bytes) -> None:
        if self._open:
            self._transport.send(WSMsgType.BINARY, message)

    def _later(self, seconds: float, act: Callable[[], None]) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(seconds, act) if self._open else None


async def serve(folder: Path) -> None:
    """Listen until stdin ends."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    voice = pieces(signals.voice(RATE, 12))
    notes: dict[int, Notes] = {}
    numbers = count(1)

    def session(request: WSUpgradeRequest) -> Session:
        del request
        identity = next(numbers) % signals.IDENTITIES
        notes[identity] = Notes()
        return Session(identity, voice, notes[identity])

    server = await ws_create_server(session, "127.0.0.1", 0, ssl=context)
    print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
    commands = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    while await commands.readline():
        told = {str(identity): [one.bursts, one.turns, one.interrupted] for identity, one in notes.items()}
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--folder", type=Path, required=True)
    uvloop.run(serve(arguments.parse_args().folder))
