"""One Media Stream as Twilio opens it: the WebSocket, its messages both ways, and the playout behind it."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage, InvalidStatus

from app.rehearsal.phone_faults import NO_FAULTS, Faults, Unruly
from app.rehearsal.phone_messages import Clear, Mark, Message, Refusal, Sound, Writer, read
from app.rehearsal.phone_notes import BROKEN_PIPE, DISCARDED, HANDSHAKE, PROTOCOL, Notes
from app.rehearsal.phone_playout import PlayoutBuffer, Pulled
from app.rehearsal.phone_sound import FRAME, FRAME_MS
from app.rehearsal.phone_webhooks import Place, signature

FIRST_TIMESTAMP_MS = 171  # of a real call: it is never 0 (facts/twilio.md §1.2)
OUTBOX = 500  # messages: ten seconds of a server that does not read
HANDSHAKE_LIMIT_S = 10.0
CLOSE_LIMIT_S = 2.0
_CLOSE = object()


@dataclass(frozen=True, slots=True)
class StreamEnd:
    """How a stream ended: ``by_app`` when the server closed it; never ``opened`` when the handshake failed."""

    opened: bool
    by_app: bool = False
    code: int = 0


class MediaStream:
    """A stream from handshake to close. ``frame`` is called every 20 ms and never waits."""

    def __init__(
        self,
        writer: Writer,
        stream_sid: str,
        notes: Notes,
        *,
        opened: Callable[[], None],
        cleared: Callable[[float], None],
        faults: Faults = NO_FAULTS,
    ) -> None:
        self.sid = stream_sid
        self.buffer = PlayoutBuffer()
        self._writer = writer
        self._notes = notes
        self._opened = opened
        self._cleared = cleared
        self._faults = faults
        self._unruly = Unruly(faults, writer)
        self._outbox: asyncio.Queue[object] = asyncio.Queue(OUTBOX)
        self._socket: ClientConnection | None = None
        self._told_full = False
        self._leaving = False
        self._frames = 0
        self.marks_returned = 0

    @property
    def up(self) -> bool:
        """Between handshake and close?"""
        return self._socket is not None

    async def run(self, url: str, place: Place, auth_token: str, parameters: dict[str, str]) -> StreamEnd:
        """Open the stream at the public address ``url`` and serve it until one side closes."""
        try:
            socket = await self._open(url, place, auth_token)
        except (OSError, TimeoutError, InvalidHandshake, InvalidMessage) as problem:
            self._notes.complain(HANDSHAKE, f"stream handshake failed: {_reason(problem)}")
            return StreamEnd(opened=False)
        try:
            if self._leaving:  # the caller was quicker than the handshake
                return StreamEnd(opened=False)
            self._greet(parameters)
            self._socket = socket
            return await self._serve(socket)
        finally:
            self._socket = None
            await socket.close()

    def frame(self, codes: bytes) -> Pulled:
        """Send 20 ms of the caller (µ-law) and hear 20 ms of the assistant."""
        pulled = self.buffer.pull(FRAME)
        if self._socket is None or self._leaving:
            return pulled
        timestamp_ms = FIRST_TIMESTAMP_MS + self._frames * FRAME_MS
        self._frames += 1
        if not self._unruly.stalled(self._frames * FRAME_MS):
            self._return(pulled.marks)
        self._break()
        for message in self._unruly.sent(self._frames, codes, timestamp_ms):
            self._put(message)
        return pulled

    def press(self, digit: str) -> None:
        """Send one key."""
        if self._socket is not None and not self._leaving:
            self._put(self._writer.dtmf(digit))

    def stop(self) -> None:
        """The call is over or goes elsewhere: ``stop``, then close. A stalled stream says nothing, and stays."""
        if self._leaving or self._unruly.stalled(self._frames * FRAME_MS):
            return
        self._leaving = True
        if self._socket is not None:
            if not self._faults.no_start:
                self._put(self._writer.stop())
            self._put(_CLOSE)
            # a server that no longer reads must not keep the call
            asyncio.get_running_loop().call_later(2 * CLOSE_LIMIT_S, self._abort)

    def _greet(self, parameters: dict[str, str]) -> None:
        self._opened()
        self._put(self._writer.connected())
        for message in self._unruly.greeting(parameters):
            self._put(message)

    async def _open(self, url: str, place: Place, auth_token: str) -> ClientConnection:
        """The handshake of real captures: no Origin, no extensions, no subprotocol (facts/twilio.md §1.1)."""
        target = urlsplit(place.here(url))
        secure = target.scheme in ("https", "wss")
        signed = signature("not-" + auth_token if self._faults.wrong_signature else auth_token, url, {})
        address = urlsplit(url)._replace(scheme="wss" if secure else "ws").geturl()
        return await connect(
            address,
            host=target.hostname,
            port=target.port or (443 if secure else 80),
            additional_headers={"x-twilio-signature": signed, "accept-encoding": "gzip"},
            user_agent_header="Twilio.TmeWs/1.0",
            compression=None,
            proxy=None,
            open_timeout=HANDSHAKE_LIMIT_S,
            ping_interval=None,
            close_timeout=CLOSE_LIMIT_S,
            max_size=16 * 1024 * 1024,
        )

    async def _serve(self, socket: ClientConnection) -> StreamEnd:
        async with asyncio.TaskGroup() as group:
            writing = group.create_task(self._write(socket))
            await self._read(socket)
            writing.cancel()
        return StreamEnd(opened=True, by_app=not self._leaving, code=socket.close_code or 0)

    async def _read(self, socket: ClientConnection) -> None:
        try:
            async for raw in socket:
                self._take(read(raw, "" if self._faults.no_start else self.sid))
        except ConnectionClosed as closed:
            self._broken(closed)

    def _broken(self, closed: ConnectionClosed) -> None:
        if self._leaving:
            return
        if closed.sent is not None and not closed.rcvd_then_sent:
            self._notes.complain(PROTOCOL, f"not WebSocket as it should be: {closed.sent.reason or closed.sent.code}")
        elif closed.rcvd is None:
            self._notes.complain(BROKEN_PIPE, "the server's socket broke without a close")

    def _take(self, message: Message) -> None:
        match message:
            case Sound(codes):
                self._add(codes)
            case Mark(name):
                self._return(self.buffer.mark(name))
            case Clear():
                unheard_ms = self.buffer.queued_ms
                self._return(self.buffer.clear().marks)
                self._cleared(unheard_ms)
            case Refusal(code, problem):
                self._notes.complain(code, problem)

    def _add(self, codes: bytes) -> None:
        discarded = self.buffer.add(codes)
        if discarded and not self._told_full:  # once per stream
            self._told_full = True
            self._notes.complain(DISCARDED, "more than 10 minutes of sound are buffered: discarded")

    def _return(self, marks: tuple[str, ...]) -> None:
        for name in marks:
            self.marks_returned += 1
            self._put(self._writer.mark(name))

    def _break(self) -> None:
        after_s = self._faults.abrupt_after_s
        if after_s is not None and self._frames * FRAME_MS >= after_s * 1000:
            self._abort()

    def _put(self, message: object) -> None:
        try:
            self._outbox.put_nowait(message)
        except asyncio.QueueFull:
            self._notes.complain(BROKEN_PIPE, f"the server has not read for {OUTBOX} messages")
            self._abort()

    def _abort(self) -> None:
        self._leaving = True
        if self._socket is not None:
            self._socket.transport.abort()

    async def _write(self, socket: ClientConnection) -> None:
        with suppress(ConnectionClosed):
            while True:
                message = await self._outbox.get()
                if message is _CLOSE:
                    await socket.close()
                    return
                await socket.send(message if isinstance(message, bytes) else str(message))


def _reason(problem: Exception) -> str:
    if isinstance(problem, InvalidStatus):
        return f"HTTP {problem.response.status_code}, not 101"
    return f"{type(problem).__name__} {problem}".strip()
