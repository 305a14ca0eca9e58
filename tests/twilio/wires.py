"""A stream's other side for tests: frames as Twilio writes them, and a socket made of two queues."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from starlette.types import Message
from starlette.websockets import WebSocket

from app.audio import mulaw
from app.audio.pcm import Audio
from app.call.events import CallerAudio, Event
from app.twilio.messages import Start
from app.twilio.stream import PhoneStream
from app.twilio.tokens import Ticket

STREAM = "MZ" + "1" * 32
ACCOUNT = "AC" + "2" * 32
CALL = "CA" + "3" * 32
CALLER, CALLED = "+15550001", "+15550002"
MULAW = {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}
PATIENCE_S = 5.0


def connected() -> str:
    return '{"event":"connected","protocol":"Call","version":"1.0.0"}'


def start(token: str, sound: dict[str, object] | None = None, stream_sid: str = STREAM) -> str:
    inner = {
        "accountSid": ACCOUNT,
        "streamSid": stream_sid,
        "callSid": CALL,
        "tracks": ["inbound"],
        "mediaFormat": sound or MULAW,
        "customParameters": {"token": token},
    }
    return json.dumps({"event": "start", "sequenceNumber": "1", "start": inner, "streamSid": stream_sid})


def media(chunk: int, timestamp_ms: int | None = None, sound: bytes = b"\xff" * 160, stream_sid: str = STREAM) -> str:
    """Chunk 1 begins at 171 ms, the others follow on if they are not told otherwise."""
    at_ms = 171 + 20 * (chunk - 1) if timestamp_ms is None else timestamp_ms
    payload = base64.b64encode(sound).decode()
    inner = {"track": "inbound", "chunk": str(chunk), "timestamp": str(at_ms), "payload": payload}
    frame = {"event": "media", "sequenceNumber": str(chunk + 1), "media": inner, "streamSid": stream_sid}
    return json.dumps(frame)


def key(digit: str) -> str:
    inner = {"track": "inbound_track", "digit": digit}
    return json.dumps({"event": "dtmf", "streamSid": STREAM, "sequenceNumber": "5", "dtmf": inner})


def mark(name: str) -> str:
    return json.dumps({"event": "mark", "sequenceNumber": "4", "streamSid": STREAM, "mark": {"name": name}})


def stop() -> str:
    inner = {"accountSid": ACCOUNT, "callSid": CALL}
    return json.dumps({"event": "stop", "sequenceNumber": "5", "stop": inner, "streamSid": STREAM})


@dataclass
class Clock:
    """A clock that stands until it is moved."""

    now: float = 1_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Line:
    """A PhoneStream, the peer's end of its socket, and what came out at both ends."""

    clock: Clock = field(default_factory=Clock)
    events: list[Event] = field(default_factory=list)
    sent: list[dict[str, object]] = field(default_factory=list)
    closed: tuple[int, str] | None = None
    reading: asyncio.Event = field(default_factory=asyncio.Event)  # the peer reads what we write
    broken: bool = False
    in_pairs: bool = False

    def __post_init__(self) -> None:
        self._inbox: asyncio.Queue[Message] = asyncio.Queue()
        self._changed = asyncio.Event()
        self.reading.set()
        self.socket = WebSocket({"type": "websocket", "path": "/media", "headers": []}, self._inbox.get, self._send)
        ticket = Ticket(CALL, CALLER, CALLED)
        self.stream = PhoneStream(self.socket, _start(), ticket, in_pairs=self.in_pairs, clock=self.clock)
        self.stream.attach(self._feed)

    def connect(self) -> None:
        """The peer asks for an upgrade."""
        self._inbox.put_nowait({"type": "websocket.connect"})

    def say(self, *frames: str | bytes) -> None:
        for frame in frames:
            kind = "text" if isinstance(frame, str) else "bytes"
            self._inbox.put_nowait({"type": "websocket.receive", kind: frame})

    def drop(self, code: int = 1006) -> None:
        """The socket breaks."""
        self._inbox.put_nowait({"type": "websocket.disconnect", "code": code})

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait for what events or frames bring about."""
        async with asyncio.timeout(PATIENCE_S):
            while not true():
                self._changed.clear()
                await self._changed.wait()

    async def until_events(self, count: int) -> None:
        await self.until(lambda: len(self.events) >= count)

    async def until_sent(self, count: int) -> None:
        await self.until(lambda: len(self.sent) >= count)

    async def until_read(self) -> None:
        """Wait until all that was said is taken in."""
        async with asyncio.timeout(PATIENCE_S):
            while not self._inbox.empty() and not self.other_events:  # noqa: ASYNC110 - a queue does not tell when it is empty
                await asyncio.sleep(0)
        await asyncio.sleep(0)

    @property
    def words(self) -> list[str]:
        """What was sent, as event or as the mark's name."""
        return [str(m["mark"]["name"]) if m["event"] == "mark" else str(m["event"]) for m in self.sent]  # type: ignore[index]

    @property
    def heard(self) -> bytes:
        """All µ-law sent."""
        parts = [base64.b64decode(m["media"]["payload"]) for m in self.sent if m["event"] == "media"]  # type: ignore[index]
        return b"".join(parts)

    @property
    def other_events(self) -> list[Event]:
        return [event for event in self.events if not isinstance(event, CallerAudio)]

    @property
    def caller_pcm(self) -> bytes:
        return b"".join(event.audio.pcm for event in self.events if isinstance(event, CallerAudio))

    def _feed(self, event: Event) -> None:
        self.events.append(event)
        self._changed.set()

    async def _send(self, message: Message) -> None:
        await self.reading.wait()
        if self.broken:
            raise OSError("gone")
        if message["type"] == "websocket.send":
            self.sent.append(json.loads(message["text"]))
        if message["type"] == "websocket.close":
            self.closed = (message["code"], message["reason"])
        self._changed.set()


@asynccontextmanager
async def running(**options: object) -> AsyncIterator[Line]:
    """A line whose stream runs until the block ends; by then it must be over, or is hung up."""
    line = Line(**options)  # type: ignore[arg-type]
    line.connect()
    await line.socket.accept()
    async with asyncio.timeout(PATIENCE_S), asyncio.TaskGroup() as tasks:
        run = tasks.create_task(line.stream.run())
        yield line
        if not run.done():
            line.drop()
            line.reading.set()


def _start() -> Start:
    return Start(STREAM, ACCOUNT, CALL, ("inbound",), "audio/x-mulaw", 8_000, 1, {})


def model_sound(ms: int, level: int = 8_000) -> Audio:
    """A 500 Hz square wave at 24 kHz."""
    half = level.to_bytes(2, "little", signed=True) * 24 + (-level).to_bytes(2, "little", signed=True) * 24
    return Audio((half * (ms // 2 + 1))[: ms * 48], 24_000)


def voice(ms: int, level: int = 6_000) -> bytes:
    """µ-law of something a voice detector takes for a voice: pulses at 125 Hz that ring."""
    period = [int(level * (0.94**n) * (-1 if n % 7 > 3 else 1)) for n in range(64)]
    samples = (period * (ms // 8 + 1))[: ms * 8]
    return mulaw.encode(b"".join(sample.to_bytes(2, "little", signed=True) for sample in samples))
