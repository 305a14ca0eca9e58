"""Media Streams messages, both ways, exactly as Twilio writes and reads them.

https://www.twilio.com/docs/voice/media-streams/websocket-messages
"""

import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import orjson
import pybase64

LARGEST_FRAME: Final = 65_536  # characters; a frame of 20 ms has about 350
KEYS: Final = frozenset("0123456789*#")

_LONGEST_NUMBER = 15  # digits
_LONGEST_SID = 64


@dataclass(frozen=True, slots=True)
class Connected:
    """The first message of every stream."""

    protocol: str
    version: str


@dataclass(frozen=True, slots=True)
class Start:
    """The stream begins: whose it is, how it sounds, and what our TwiML sent along."""

    stream_sid: str
    account_sid: str
    call_sid: str
    tracks: tuple[str, ...]
    encoding: str
    rate: int
    channels: int
    parameters: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Media:
    """The caller's sound: ``timestamp_ms`` counts from the stream's start, ``chunk`` from 1."""

    stream_sid: str
    sequence: int
    chunk: int
    timestamp_ms: int
    mulaw: bytes


@dataclass(frozen=True, slots=True)
class Key:
    """One key of the caller's phone."""

    stream_sid: str
    key: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark of ours comes back: played, or swept out by a clear."""

    stream_sid: str
    name: str


@dataclass(frozen=True, slots=True)
class Stop:
    """Twilio ends the stream."""

    stream_sid: str
    call_sid: str


@dataclass(frozen=True, slots=True)
class Malformed:
    """A frame that says nothing to us; ``fault`` is a short label for the metrics."""

    fault: str


Message = Connected | Start | Media | Key | Mark | Stop | Malformed


class _BadField(Exception):
    """A message lacks a field, or has something else in it."""

    def __init__(self, fault: str = "bad_field") -> None:
        self.fault = fault


def parse(frame: str | bytes) -> Message:
    """Read one frame; whatever it holds, nothing is raised."""
    if not isinstance(frame, str):
        return Malformed("binary")
    return parse_text(frame)


def parse_text(text: str | bytes) -> Message:
    """The same of a frame that is known to be text."""
    if len(text) > LARGEST_FRAME:
        return Malformed("oversized")
    try:
        return _read(orjson.loads(text))
    except orjson.JSONDecodeError:
        return Malformed("not_json")
    except _BadField as bad:
        return Malformed(bad.fault)


def media(stream_sid: str, mulaw: bytes) -> str:
    """Sound for the caller. An extra field would mean silence at Twilio (warning 31951)."""
    sound = pybase64.b64encode_as_string(mulaw)
    return f'{{"event":"media","streamSid":"{stream_sid}","media":{{"payload":"{sound}"}}}}'


def mark(stream_sid: str, name: str) -> str:
    """Ask to be told when what was sent before has played."""
    return f'{{"event":"mark","streamSid":"{stream_sid}","mark":{{"name":{orjson.dumps(name).decode()}}}}}'


def clear(stream_sid: str) -> str:
    """Empty Twilio's buffer; every mark that waits in it comes back."""
    return f'{{"event":"clear","streamSid":"{stream_sid}"}}'


def _read(message: object) -> Message:
    if type(message) is not dict:
        return Malformed("not_object")
    event = message.get("event")
    read = _READERS.get(event) if type(event) is str else None
    return read(message) if read else Malformed("unknown_event")


def _media(message: dict[str, object]) -> Media:
    part = _object(message, "media")
    if part.get("track") != "inbound":  # <Connect><Stream> carries the caller's side alone
        raise _BadField("wrong_track")
    return Media(
        _sid(message, "streamSid"),
        _number(message, "sequenceNumber"),
        _number(part, "chunk"),
        _number(part, "timestamp"),
        _sound(part.get("payload")),
    )


def _start(message: dict[str, object]) -> Start:
    part = _object(message, "start")
    sound = _object(part, "mediaFormat")
    stream_sid = _sid(message, "streamSid")
    if part.get("streamSid") != stream_sid:
        raise _BadField
    return Start(
        stream_sid,
        _sid(part, "accountSid"),
        _sid(part, "callSid"),
        _texts(part.get("tracks")),
        _text(sound, "encoding"),
        _count(sound, "sampleRate"),
        _count(sound, "channels"),
        _parameters(part.get("customParameters", {})),
    )


def _key(message: dict[str, object]) -> Key:
    key = _text(_object(message, "dtmf"), "digit")
    if key not in KEYS:
        raise _BadField
    return Key(_sid(message, "streamSid"), key)


def _mark(message: dict[str, object]) -> Mark:
    return Mark(_sid(message, "streamSid"), _text(_object(message, "mark"), "name"))


def _stop(message: dict[str, object]) -> Stop:
    return Stop(_sid(message, "streamSid"), _sid(_object(message, "stop"), "callSid"))


def _connected(message: dict[str, object]) -> Connected:
    return Connected(_text(message, "protocol"), _text(message, "version"))


_READERS: Final[Mapping[str, Callable[[dict[str, object]], Message]]] = {
    "media": _media,
    "mark": _mark,
    "dtmf": _key,
    "start": _start,
    "stop": _stop,
    "connected": _connected,
}


def _object(holder: dict[str, object], name: str) -> dict[str, object]:
    value = holder.get(name)
    if type(value) is not dict:
        raise _BadField
    return value


def _text(holder: dict[str, object], name: str) -> str:
    value = holder.get(name)
    if type(value) is not str:
        raise _BadField
    return value


def _sid(holder: dict[str, object], name: str) -> str:
    """A SID goes back to Twilio inside JSON and into logs, so it is letters and digits or nothing."""
    value = holder.get(name)
    if type(value) is not str or not value.isalnum() or not value.isascii() or len(value) > _LONGEST_SID:
        raise _BadField
    return value


def _number(holder: dict[str, object], name: str) -> int:
    """A count that Twilio writes as a string."""
    value = holder.get(name)
    if type(value) is not str or not value.isdigit() or not value.isascii() or len(value) > _LONGEST_NUMBER:
        raise _BadField
    return int(value)


def _count(holder: dict[str, object], name: str) -> int:
    """A count that Twilio writes as a number."""
    value = holder.get(name)
    if type(value) is not int:
        raise _BadField
    return value


def _texts(value: object) -> tuple[str, ...]:
    if type(value) is not list or not all(type(item) is str for item in value):
        raise _BadField
    return tuple(value)


def _parameters(value: object) -> dict[str, str]:
    if type(value) is not dict or not all(type(item) is str for item in value.values()):
        raise _BadField
    return value


def _sound(payload: object) -> bytes:
    if type(payload) is not str or not payload:
        raise _BadField
    try:
        return pybase64.b64decode(payload, validate=True)
    except (binascii.Error, ValueError):
        raise _BadField("bad_base64") from None
