"""Media Streams messages as Twilio writes them, and as strictly as it reads them."""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from app.rehearsal.phone_notes import INVALID_MESSAGE, UNDECODABLE

_HEADERS = (b"RIFF", b"ID3", b"OggS", b"fLaC")
_TWICE_ENCODED = re.compile(rb"[A-Za-z0-9+/]{158,}={0,2}\Z")


@dataclass(frozen=True, slots=True)
class Sound:
    """``media`` from the server: µ-law bytes to be heard."""

    codes: bytes


@dataclass(frozen=True, slots=True)
class Mark:
    """``mark`` from the server."""

    name: str


@dataclass(frozen=True, slots=True)
class Clear:
    """``clear`` from the server."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A message Twilio would ignore, and the error it would log."""

    code: int
    problem: str


Message = Sound | Mark | Clear | Refusal


def read(raw: str | bytes, stream_sid: str) -> Message:
    """Take one WebSocket message of the server; anything Twilio would not take becomes a Refusal."""
    if isinstance(raw, bytes):
        return Refusal(UNDECODABLE, f"binary message of {len(raw)} bytes")
    try:
        message = json.loads(raw)
    except ValueError:
        return _invalid("not JSON")
    if not isinstance(message, dict):
        return _invalid("not an object")
    return _read_object(message, stream_sid)


def _read_object(message: Mapping[str, object], stream_sid: str) -> Message:
    event = message.get("event")
    if event not in ("media", "mark", "clear"):
        return _invalid(f"unknown event {event!r}")
    wanted = {"event", "streamSid"} | ({event} - {"clear"})
    if set(message) != wanted:
        return _invalid(f"{event}: has the fields {sorted(message)}, not {sorted(map(str, wanted))}")
    if message["streamSid"] != stream_sid:
        return _invalid(f"{event}: streamSid is not this stream's")
    if event == "clear":
        return Clear()
    if event == "mark":
        return _read_mark(message["mark"])
    return _read_media(message["media"])


def _read_mark(mark: object) -> Message:
    if not isinstance(mark, dict) or set(mark) != {"name"}:
        return _invalid("mark: must be an object with name alone")
    name = mark["name"]
    if not isinstance(name, str) or not name:
        return _invalid("mark: name must be a string that is not empty")
    return Mark(name)


def _read_media(media: object) -> Message:
    if not isinstance(media, dict) or set(media) != {"payload"}:
        return _invalid("media: must be an object with payload alone")
    payload = media["payload"]
    if not isinstance(payload, str) or not payload:
        return _invalid("media: payload must be a string that is not empty")
    try:
        codes = base64.b64decode(payload, validate=True)
    except (binascii.Error, ValueError):
        return _invalid("media: payload is not base64")
    return _heard(codes)


def _heard(codes: bytes) -> Message:
    """Twilio would play these, as noise: nothing else tells the developer."""
    if codes.startswith(_HEADERS):
        return _invalid("media: a sound file's header, heard as noise")
    if _TWICE_ENCODED.match(codes):
        return _invalid("media: base64 twice, heard as noise")
    return Sound(codes)


def _invalid(problem: str) -> Refusal:
    return Refusal(INVALID_MESSAGE, problem)


class Writer:
    """Writes the messages of one stream: numbers are strings, counted as Twilio counts them."""

    def __init__(self, account_sid: str, call_sid: str, stream_sid: str) -> None:
        self._account_sid = account_sid
        self._call_sid = call_sid
        self._stream_sid = stream_sid
        self._sequence = 0
        self._chunk = 0

    def connected(self) -> str:
        """The first message: no streamSid and no number."""
        return json.dumps({"event": "connected", "protocol": "Call", "version": "1.0.0"})

    def start(self, parameters: Mapping[str, str]) -> str:
        """Once, right after ``connected``; always number 1."""
        start = {
            "accountSid": self._account_sid,
            "streamSid": self._stream_sid,
            "callSid": self._call_sid,
            "tracks": ["inbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": dict(parameters),
        }
        return self._numbered("start", start)

    def media(self, codes: bytes, timestamp_ms: int) -> str:
        """One frame of the caller's sound."""
        self._chunk += 1
        payload = base64.b64encode(codes).decode()
        media = {"track": "inbound", "chunk": str(self._chunk), "timestamp": str(timestamp_ms), "payload": payload}
        return self._numbered("media", media)

    def early_media(self, codes: bytes) -> str:
        """A frame before ``start``, which no number is used up for."""
        media = {"track": "inbound", "chunk": "1", "timestamp": "1", "payload": base64.b64encode(codes).decode()}
        return json.dumps({"event": "media", "sequenceNumber": "1", "media": media, "streamSid": self._stream_sid})

    def of_another_stream(self) -> str:
        """A key that somebody pressed on another stream."""
        dtmf = {"track": "inbound_track", "digit": "9"}
        other = "MZ" + "f" * 32
        return json.dumps({"event": "dtmf", "sequenceNumber": "1", "dtmf": dtmf, "streamSid": other})

    def dtmf(self, digit: str) -> str:
        """One key pressed."""
        return self._numbered("dtmf", {"track": "inbound_track", "digit": digit})

    def mark(self, name: str) -> str:
        """A mark given back."""
        return self._numbered("mark", {"name": name})

    def stop(self) -> str:
        """The last message."""
        return self._numbered("stop", {"accountSid": self._account_sid, "callSid": self._call_sid})

    def _numbered(self, event: str, body: Mapping[str, object]) -> str:
        self._sequence += 1
        message = {"event": event, "sequenceNumber": str(self._sequence), event: body, "streamSid": self._stream_sid}
        return json.dumps(message)
