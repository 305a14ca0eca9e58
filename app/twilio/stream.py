"""One Media Stream: let in after its signature and token, then sound and events both ways until it is over."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Protocol

import structlog
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from app.audio import mulaw
from app.audio.gaps import Timeline
from app.audio.pcm import MODEL_OUTPUT_RATE, PHONE_RATE, Audio
from app.audio.resample import PhoneEncoder
from app.audio.speech import Ended, SpeechDetector, Started
from app.audio.tape import Tape
from app.call.events import CallerAudio, CallerHungUp, Event, KeyPressed, MarkReached, SpeechEnded, SpeechStarted
from app.telemetry import metrics
from app.twilio.echo import Sounding
from app.twilio.messages import Connected, Key, Malformed, Mark, Media, Message, Start, Stop, parse, parse_text
from app.twilio.outbox import Outbox
from app.twilio.served import SHORT_WAY, ServedSocket
from app.twilio.tokens import Refused, StreamTokens, Ticket
from app.twilio.twiml import AGAIN_PARAMETER, TOKEN_PARAMETER
from app.twilio.watch import MOST_FAULTS, Flood, Order, Pairs, Quiet

START_WITHIN_S: Final = 5.0
LEAVE_WITHIN_S: Final = 2.0  # a peer that does not read what is left is not waited for longer
CLOSE_WITHIN_S: Final = 1.0
FRAME_BYTES: Final = 160  # 20 ms of µ-law

# https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1
DONE, UNSUPPORTED, POLICY, OVERLOADED = 1000, 1003, 1008, 1013

log = structlog.get_logger(__name__)


class Lock(Protocol):
    """Whether a stream may be opened at all: ``app.twilio.signature.Signatures`` for every one of Twilio's."""

    @property
    def subprotocol(self) -> str | None:
        """What the answer to a good upgrade names."""

    def stream(self, path: str, headers: Mapping[str, str]) -> bool: ...

    def stream_url(self, path: str) -> str: ...


async def admit(
    ws: WebSocket,
    lock: Lock,
    tokens: StreamTokens,
    *,
    start_within_s: float = START_WITHIN_S,
    in_pairs: bool = False,
    wall: Callable[[], float] = time.time,
) -> "PhoneStream | None":
    """Let a stream in, or refuse it: 403 before accept for its signature, closed with a reason for the rest.

    Nothing that costs money may happen before this has returned a stream.
    """
    path = _raw_path(ws)
    if not lock.stream(path, ws.headers):
        _refuse("stream_signature", checked_url=lock.stream_url(path), hint="PUBLIC_URL and the auth token")
        await ws.close()  # before accept: the upgrade is answered with 403
        return None
    await ws.accept(lock.subprotocol)
    entry = await _entry(ws, tokens, start_within_s, in_pairs, wall)
    if isinstance(entry, PhoneStream):
        return entry
    _refuse(entry.reason, call_sid=entry.call_sid, told=entry.told)
    await _close(ws, entry.code, entry.told)
    return None


@dataclass(frozen=True, slots=True)
class _TurnedAway:
    """Why an accepted stream is closed again: for the metrics, and for whoever reads the close frame."""

    reason: str
    told: str
    code: int = POLICY
    call_sid: str = ""


class PhoneStream:
    """A stream that was let in; offers what ``app.ports.Phone`` asks for."""

    def __init__(
        self,
        ws: WebSocket,
        start: Start,
        ticket: Ticket,
        *,
        in_pairs: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.call_sid = start.call_sid
        self.stream_sid = start.stream_sid
        self.account_sid = start.account_sid
        self.caller = ticket.caller
        self.called = ticket.called
        self.again = AGAIN_PARAMETER in start.parameters  # the call has had a stream before
        self._ws = ws
        self._short_way: ServedSocket | None = ws.scope.get("extensions", {}).get(SHORT_WAY, {}).get("socket")
        self._writing = False  # a text is on its way by the long one: none may overtake it
        self._clock = clock
        self._feed: Callable[[Event], None] = _nobody
        self._outbox = Outbox(start.stream_sid, self._write_now)
        self._encoder = PhoneEncoder()
        self._unsent = b""  # µ-law short of a whole frame
        self._timeline = Timeline()
        self._filled_ms = 0
        self._order = Order()
        self._pairs = Pairs(in_pairs)
        self._detector = SpeechDetector()
        self._sounding = Sounding()
        self._flood = Flood()
        self._quiet = Quiet(clock())
        self._faults: Counter[str] = Counter()
        self._left_at: float | None = None
        self._tape: Tape | None = None
        self._over = asyncio.Event()
        self._farewell = (DONE, "")
        self._clean = self._silent = False

    # ---- what the bridge calls

    def attach(self, feed: Callable[[Event], None]) -> None:
        """Name the receiver of this stream's events, before ``run``."""
        self._feed = feed

    def record(self, tape: Tape) -> None:
        """Tell a tape of all sound, before ``run``."""
        self._tape = tape

    async def run(self) -> None:
        """Read and write until the stream is over, then feed CallerHungUp, once and last."""
        self._quiet = Quiet(self._clock())
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(step()) for step in (self._read, self._write, self._watch)]
            await self._over.wait()
            for task in running:
                task.cancel()
        self._hear_rest(self._clock())
        await _close(self._ws, *self._farewell)
        log.info("stream over", call_sid=self.call_sid, clean=self._clean, faults=dict(self._faults))
        self._feed(CallerHungUp(self._clean, silent=self._silent))

    def play(self, audio: Audio, mark: str | None, last: bool) -> None:
        """Send 24 kHz sound on its way as one message of whole 20 ms frames, then the mark."""
        assert audio.rate == MODEL_OUTPUT_RATE, audio.rate
        now = self._clock()
        self._sounding.sent(audio, now)
        sound = self._unsent + self._encoder.process(audio.pcm)
        if last:
            sound += self._encoder.flush()
            sound += bytes([mulaw.SILENCE]) * (-len(sound) % FRAME_BYTES)
        whole = len(sound) // FRAME_BYTES * FRAME_BYTES
        self._unsent = sound[whole:]
        taken = not whole or self._outbox.sound(sound[:whole])
        if whole and self._tape is not None:
            self._tape.sent(sound[:whole], now)
        if mark is not None:
            taken = self._outbox.mark(mark) and taken
            if self._tape is not None:
                self._tape.marked(mark)
        if not taken:
            self._fault("outbox_full")
            self._end(False, OVERLOADED, "not reading")

    def clear(self) -> None:
        """Forget what has not been heard: the encoder's tail, what waits here, Twilio's buffer."""
        # The tail first, or the next turn would begin with the end of this one.
        self._encoder.reset()
        self._unsent = b""
        self._outbox.clear()
        now = self._clock()
        self._sounding.cleared(now)
        if self._tape is not None:
            self._tape.cleared(now)

    def leave(self) -> None:
        """Write what waits, then close the stream; Twilio asks /voice/after-stream what is next."""
        if self._left_at is None:
            self._left_at = self._clock()
            self._outbox.close()

    # ---- the three tasks

    async def _read(self) -> None:
        """Take what does not come the short way, too, and notice the end."""
        if self._short_way is not None:
            self._short_way.hear(self._arrived)
        while not self._over.is_set() and (frame := await _receive(self._ws)) is not None:
            self._take(parse(frame))
        if self._short_way is not None and self._short_way.fault is not None:
            raise self._short_way.fault
        self._end(self._left_at is not None)

    def _arrived(self, text: bytes) -> None:
        if not self._over.is_set():
            self._take(parse_text(text))

    async def _write(self) -> None:
        """Write what could not be written at once."""
        with suppress(WebSocketDisconnect, RuntimeError):  # the peer is gone: the reader hears of it, too
            while (text := await self._outbox.next()) is not None:
                self._writing = True
                await self._ws.send({"type": "websocket.send", "text": text})
                self._writing = False
            self._end(True)

    def _write_now(self, text: str) -> bool:
        """Write the short way, without a task that would have to be woken."""
        return self._short_way is not None and not self._writing and self._short_way.write(text)

    async def _watch(self) -> None:
        while True:
            now = self._clock()
            await asyncio.sleep(self._look(now))

    # ---- what arrives

    def _take(self, message: Message) -> None:
        now = self._clock()
        self._quiet.frame(now)
        match message:
            case Malformed(fault):
                self._fault(fault)
            case Connected() | Start():
                self._fault("duplicate_start")
            case _ if message.stream_sid != self.stream_sid:
                self._fault("wrong_stream")
            case Media():
                self._hear(message, now)
            case Mark(_, name):
                self._hear_rest(now)
                if self._tape is not None:
                    self._tape.returned(name)
                self._feed(MarkReached(name))
            case Key(_, key):
                self._hear_rest(now)
                if self._tape is not None:
                    self._tape.keyed()
                self._feed(KeyPressed(key))
            case Stop():
                self._end(True)

    def _hear(self, media: Media, now: float) -> None:
        ready = self._order.take(media)
        if ready is None:
            self._fault("out_of_order")
            return
        self._quiet.sound(now)
        for one in ready:
            for sound in self._pairs.take(one):
                self._place(sound, now)

    def _hear_rest(self, now: float) -> None:
        """No sound is overtaken by what came behind it."""
        for one in self._pairs.rest():
            self._place(one, now)

    def _place(self, media: Media, now: float) -> None:
        sound = self._timeline.place(media.timestamp_ms, media.chunk, mulaw.decode(media.mulaw))
        match self._flood.sound(len(media.mulaw) * 1000 / PHONE_RATE, now):
            case "taken":
                if sound and self._tape is not None:
                    self._tape.heard(media.mulaw, media.timestamp_ms, now)
                self._pass_on(sound, now)
            case "dropped":
                metrics.phone_dropped.labels("flood").inc()
            case "too_much":
                self._end(False, POLICY, "sound faster than a telephone's")

    def _pass_on(self, pcm: bytes, now: float) -> None:
        if self._timeline.filled_ms != self._filled_ms:
            metrics.phone_gap_ms.inc(self._timeline.filled_ms - self._filled_ms)
            self._filled_ms = self._timeline.filled_ms
        verdict = self._detector.hear(pcm, self._sounding.level(now))
        # The model takes its own voice for a caller's: what may be its echo it hears as silence.
        sound = bytes(len(pcm)) if self._detector.only_echo else pcm
        self._feed(CallerAudio(Audio(sound, PHONE_RATE)))
        match verdict:
            case Started():
                self._feed(SpeechStarted())
            case Ended(speech_ms, silence_ms):
                self._feed(SpeechEnded(speech_ms, silence_ms))

    def _look(self, now: float) -> float:
        """See to what the clock alone brings about; how many seconds until the next look."""
        if self._quiet.gone(now) and not self._over.is_set():
            self._silent = True
            self._end(False, DONE, "nothing heard")
        if self._left_at is not None and now - self._left_at > LEAVE_WITHIN_S:
            self._end(True)
        owed_ms = self._quiet.owed_ms(now)
        if owed_ms and not self._over.is_set():
            self._hear_rest(now)
            for late in self._order.waited():
                self._place(late, now)
            self._pass_on(self._timeline.idle(owed_ms), now)
        return self._quiet.look_again_s(now)

    def _fault(self, fault: str) -> None:
        """Count what was dropped; the first of its kind is worth a line."""
        metrics.phone_dropped.labels(fault).inc()
        if not self._faults[fault]:
            log.warning("stream message dropped", call_sid=self.call_sid, fault=fault)
        self._faults[fault] += 1
        if self._flood.fault(self._clock()):
            self._end(False, UNSUPPORTED, "too many faults")

    def _end(self, clean: bool, code: int = DONE, reason: str = "") -> None:
        """The stream is over; the first reason stands."""
        if not self._over.is_set():
            self._clean = clean
            self._farewell = (code, reason)
            self._outbox.close()
            self._over.set()


def _nobody(_event: Event) -> None:
    raise RuntimeError("attach a receiver before run")


async def _entry(
    ws: WebSocket, tokens: StreamTokens, start_within_s: float, in_pairs: bool, wall: Callable[[], float]
) -> PhoneStream | _TurnedAway:
    start = await _first_start(ws, start_within_s)
    if isinstance(start, _TurnedAway):
        return start
    ticket = _ticket(start, tokens, wall())
    return ticket if isinstance(ticket, _TurnedAway) else PhoneStream(ws, start, ticket, in_pairs=in_pairs)


async def _first_start(ws: WebSocket, within_s: float) -> Start | _TurnedAway:
    """The stream's ``start``, or why there is none."""
    with suppress(TimeoutError):
        async with asyncio.timeout(within_s):
            return await _start_among(ws, MOST_FAULTS)
    return _TurnedAway("no_start", f"no start within {within_s:g} s")


async def _start_among(ws: WebSocket, most_faults: int) -> Start | _TurnedAway:
    faults = 0
    while faults <= most_faults:
        frame = await _receive(ws)
        if frame is None:
            return _TurnedAway("stream_gone", "")
        message = parse(frame)
        if isinstance(message, Start):
            return message
        if not isinstance(message, Connected):
            faults += 1
            metrics.phone_dropped.labels(message.fault if isinstance(message, Malformed) else "before_start").inc()
    return _TurnedAway("stream_flood", "too many faults", UNSUPPORTED)


def _ticket(start: Start, tokens: StreamTokens, now: float) -> Ticket | _TurnedAway:
    """Whose call the stream is, if we can hear it and its token is good."""
    if (start.encoding, start.rate, start.channels) != ("audio/x-mulaw", PHONE_RATE, 1):
        # A close frame has room for 123 bytes: https://www.rfc-editor.org/rfc/rfc6455#section-5.5
        told = f"want audio/x-mulaw 8000 Hz mono, not {start.encoding[:32]!a} {start.rate} Hz x{start.channels}"
        return _TurnedAway("stream_format", told[:120], UNSUPPORTED, start.call_sid)
    ticket = tokens.redeem(start.parameters.get(TOKEN_PARAMETER, ""), start.call_sid, now)
    if isinstance(ticket, Refused):
        return _TurnedAway(f"token_{ticket.reason}", "token refused", call_sid=start.call_sid)
    return ticket


def _refuse(reason: str, **details: str) -> None:
    metrics.refused.labels(reason).inc()
    log.warning("stream refused", reason=reason, **details)


def _raw_path(ws: WebSocket) -> str:
    """The path as it stood in the request, its escapes untouched: that is what was signed."""
    raw = ws.scope.get("raw_path")
    return raw.decode("latin-1").partition("?")[0] if raw else ws.url.path


async def _receive(ws: WebSocket) -> str | bytes | None:
    """The next frame; None when the socket is gone."""
    if ws.client_state is WebSocketState.DISCONNECTED:
        return None
    message = await ws.receive()
    if message["type"] == "websocket.disconnect":
        return None
    text: str | None = message.get("text")
    return text if text is not None else message.get("bytes", b"")


async def _close(ws: WebSocket, code: int, reason: str) -> None:
    """Close the socket if it is still open, without waiting long for a peer that does not read."""
    if ws.client_state is not WebSocketState.CONNECTED or ws.application_state is not WebSocketState.CONNECTED:
        return
    with suppress(WebSocketDisconnect, RuntimeError, TimeoutError):
        async with asyncio.timeout(CLOSE_WITHIN_S):
            await ws.close(code, reason)
