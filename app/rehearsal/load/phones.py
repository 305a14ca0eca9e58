"""Callers by the dozen: each sends sound every 20 ms, plays what comes back as Twilio does, and notes when."""

import asyncio
import secrets
import time
from binascii import a2b_base64, b2a_base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from xml.etree import ElementTree

import httpx2
import numpy as np
import orjson
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from app.audio import mulaw
from app.rehearsal.load import signals
from app.rehearsal.phone_webhooks import signature

RATE = 8_000
FRAME_MS = 20
BURST_EVERY_S = 5.0
DRY_MS = 5.0  # the ear is without sound for longer than this inside a turn: an underrun
ACCOUNT = "AC" + "0" * 32
TOKEN = "load-auth-token"
PUBLIC_URL = "https://frontline.example"
NUMBER = "+12025550110"
_LOOP_S = 12
_SLOTS = 20  # of the milliseconds between two frames: calls are out of step
_CONFIRMED = RATE * (signals.HEADER_MS + 20) // 1000 * 2  # bytes in which a turn's identity stands


@dataclass
class Heard:
    """What one caller noted: bursts sent, turns heard to begin, clears, underruns; all by the monotonic clock."""

    identity: int | None = None  # of the session they speak with
    bursts: list[float] = field(default_factory=list)
    turns: list[float] = field(default_factory=list)
    clears: list[float] = field(default_factory=list)
    underruns: list[float] = field(default_factory=list)
    late_ms: list[float] = field(default_factory=list)  # frames that left late: then it is we who are slow
    lost: bool = False


@cache
def frames(loud: bool) -> list[bytes]:
    """Payloads of 20 ms: of a burst, or of something like speech."""
    sound = signals.burst(RATE) if loud else signals.voice(RATE, _LOOP_S)
    step = RATE * FRAME_MS // 1000
    coded = mulaw.encode(sound.astype("<i2").tobytes())
    return [b2a_base64(coded[at : at + step], newline=False) for at in range(0, len(coded), step)]


class Caller(WSListener):
    """One call."""

    def __init__(self, number: int) -> None:
        self.heard = Heard()
        self.over = asyncio.Event()
        self._stream_sid = "MZ" + secrets.token_hex(16)
        self._call_sid = "CA" + secrets.token_hex(16)
        self._from = f"+1202{5560000 + number}"
        self._offset_s = number % _SLOTS / 1000
        self._transport: WSTransport | None = None
        self._ends_at = 0.0  # of what is to be played
        self._turn = b""  # its beginning, until its identity has come
        self._since_onset = 0
        self._marks: list[tuple[float, bytes]] = []

    async def dial(self, base_url: str, client: httpx2.AsyncClient) -> None:
        """Ask the webhook as Twilio would, then open the stream."""
        form = {"AccountSid": ACCOUNT, "CallSid": self._call_sid, "From": self._from, "To": NUMBER}
        form |= {"CallStatus": "ringing", "Direction": "inbound", "ApiVersion": "2010-04-01"}
        url = f"{PUBLIC_URL}/voice/incoming"
        answer = await client.post(
            f"{base_url}/voice/incoming", data=form, headers={"X-Twilio-Signature": signature(TOKEN, url, form)}
        )
        stream = ElementTree.fromstring(answer.raise_for_status().text).find(".//Stream")
        if stream is None:
            raise OSError("the call was not taken")
        parameters = {part.attrib["name"]: part.attrib["value"] for part in stream.iter("Parameter")}
        await self.stream(base_url, parameters)

    async def stream(self, base_url: str, parameters: Mapping[str, str]) -> None:
        """Open the stream and begin to speak."""
        signed = signature(TOKEN, f"{PUBLIC_URL.replace('http', 'ws', 1)}/media", {})
        url = f"{base_url.replace('http', 'ws', 1)}/media"
        headers = {"X-Twilio-Signature": signed, "User-Agent": "TwilioMediaStreams/1.0"}
        self._transport, _ = await ws_connect(lambda: self, url, extra_headers=headers)
        self._say({"event": "connected", "protocol": "Call", "version": "1.0.0"})
        start: dict[str, object] = {
            "accountSid": ACCOUNT,
            "streamSid": self._stream_sid,
            "callSid": self._call_sid,
            "tracks": ["inbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": RATE, "channels": 1},
            "customParameters": dict(parameters),
        }
        self._say({"event": "start", "sequenceNumber": "1", "start": start, "streamSid": self._stream_sid})

    async def speak(self) -> None:
        """A frame every 20 ms until the call is over; bursts between."""
        voice, loud, chunk = frames(False), frames(True), 0
        began = time.monotonic() + self._offset_s
        every, first = int(BURST_EVERY_S * 1000 / FRAME_MS), 150 + secrets.randbelow(100)
        while not self.over.is_set():
            due = began + chunk * FRAME_MS / 1000
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            step = (chunk - first) % every if chunk >= first else every
            now = time.monotonic()
            self.heard.late_ms.append((now - due) * 1000)
            if step == 0:
                self.heard.bursts.append(now)
            self._media(chunk, loud[step] if step < len(loud) else voice[chunk % len(voice)])
            self._return_marks(now)
            chunk += 1

    def hang_up(self) -> None:
        """End the call."""
        self.over.set()
        if self._transport is not None:
            self._say({"event": "stop", "sequenceNumber": "2", "streamSid": self._stream_sid, "stop": _STOP})
            self._transport.disconnect()

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Take one message of the bridge."""
        if frame.msg_type == WSMsgType.CLOSE:
            transport.disconnect()
        elif frame.msg_type == WSMsgType.TEXT:
            self._take(orjson.loads(frame.get_payload_as_bytes()), time.monotonic())

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """The bridge, or we, ended it."""
        self.heard.lost = self.heard.lost or not self.over.is_set()
        self.over.set()

    def _take(self, message: dict[str, dict[str, str]], now: float) -> None:
        match message["event"]:
            case "media":
                self._play(mulaw.decode(a2b_base64(message["media"]["payload"])), now)
            case "mark":
                self._marks.append((max(self._ends_at, now), orjson.dumps(message)))
            case "clear":
                self.heard.clears.append(now)
                self._ends_at, self._turn, self._since_onset = now, b"", _CONFIRMED
                self._marks = [(now, mark) for _, mark in self._marks]

    def _play(self, pcm: bytes, now: float) -> None:
        """Into the ear; a burst begins a turn, and inside a turn the ear must not run dry."""
        at = signals.onset(pcm) if self._since_onset >= _CONFIRMED or not self.heard.turns else -1
        if at >= 0:
            self.heard.turns.append(now)
            self._turn, self._since_onset = b"", 0
        elif self.heard.turns and (now - self._ends_at) * 1000 > DRY_MS:
            self.heard.underruns.append(now)
        self._since_onset += len(pcm)
        if self.heard.identity is None and self.heard.turns:
            self._turn += pcm[2 * max(at, 0) :]
            if len(self._turn) >= _CONFIRMED:
                self.heard.identity = signals.identity_in(np.frombuffer(self._turn, "<i2"), RATE)
        self._ends_at = max(self._ends_at, now) + len(pcm) / 2 / RATE

    def _return_marks(self, now: float) -> None:
        due = [mark for at, mark in self._marks if at <= now]
        if due and self._transport is not None:
            self._marks = [(at, mark) for at, mark in self._marks if at > now]
            for mark in due:
                self._transport.send(WSMsgType.TEXT, mark)

    def _media(self, chunk: int, payload: bytes) -> None:
        if self._transport is not None:
            self._transport.send(
                WSMsgType.TEXT,
                b'{"event":"media","sequenceNumber":"%d","media":{"track":"inbound","chunk":"%d","timestamp":"%d",'
                b'"payload":"%s"},"streamSid":"%s"}'
                % (chunk + 2, chunk + 1, chunk * FRAME_MS, payload, self._stream_sid.encode()),
            )

    def _say(self, message: Mapping[str, object]) -> None:
        if self._transport is not None:
            self._transport.send(WSMsgType.TEXT, orjson.dumps(message))


_STOP = {"accountSid": ACCOUNT}
