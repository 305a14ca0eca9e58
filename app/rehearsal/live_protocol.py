"""BidiGenerateContent as the server reads and writes it: JSON in, typed messages out, and the other way."""

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.rehearsal.live_schema import MESSAGES, checked

OUTPUT_MIME = "audio/pcm;rate=24000"
INVALID = "Request contains an invalid argument."
_AUDIO_MIME = re.compile(r"audio/pcm(?:;\s*rate=(\d+))?$")
_DEFAULT_INPUT_RATE = 16_000  # hertz
PICTURE_LETTERS = 2 * 2**20  # of base64
_JPEG_BEGINS = b"\xff\xd8\xff"
_LONGEST_REASON = 123  # bytes, a close frame's room (RFC 6455 §5.5.1)


class Refused(Exception):
    """The server closes the connection, with this code and reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code} {reason}")
        self.code = code
        self.reason = reason.encode()[:_LONGEST_REASON].decode(errors="ignore")


@dataclass(frozen=True, slots=True)
class Setup:
    """The first message, its keys in snake_case."""

    body: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Sound:
    """Realtime sound: PCM16 mono at ``rate``."""

    pcm: bytes
    rate: int


@dataclass(frozen=True, slots=True)
class Text:
    """Realtime text."""

    text: str


@dataclass(frozen=True, slots=True)
class Activity:
    """The client's own voice detection: somebody speaks, or no longer."""

    started: bool


@dataclass(frozen=True, slots=True)
class SoundEnded:
    """``audioStreamEnd``: nothing more will be heard for now."""


@dataclass(frozen=True, slots=True)
class Content:
    """``clientContent``: turns as (role, text), and whether the model is to answer them."""

    turns: tuple[tuple[str, str], ...]
    complete: bool


@dataclass(frozen=True, slots=True)
class ToolAnswer:
    """One function response."""

    id: str
    name: str
    response: Mapping[str, object]
    scheduling: str
    more: bool


@dataclass(frozen=True, slots=True)
class ToolAnswers:
    """``toolResponse``."""

    answers: tuple[ToolAnswer, ...]


@dataclass(frozen=True, slots=True)
class ContextUpdate:
    """``contextUpdate``: new rules in mid-session."""

    body: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Picture:
    """One frame of video: what is said to be a JPEG."""

    jpeg: bytes


ClientMessage = Setup | Sound | Text | Activity | SoundEnded | Content | ToolAnswers | ContextUpdate | Picture


def parsed(frame: str | bytes) -> ClientMessage:
    """One frame of the client. Raises Refused with the service's code and reason."""
    try:
        body = json.loads(frame)
    except ValueError as broken:
        raise Refused(1007, "Invalid JSON payload received. Unexpected token.") from broken
    if not isinstance(body, dict):
        raise Refused(1007, "Invalid JSON payload received. Root element must be a message.")
    message, problem = checked(body, MESSAGES, "")
    if problem:
        raise Refused(1007, problem)
    if len(message) != 1:
        raise Refused(1007, "Invalid value (oneof), oneof field 'message_type' is already set.")
    name, content = next(iter(message.items()))
    assert isinstance(content, dict)
    return _READERS[name](content)


def _realtime(body: dict[str, object]) -> ClientMessage:
    if "media_chunks" in body:
        raise Refused(1007, "realtime_input.media_chunks is deprecated. Use audio, video, or text instead.")
    if len(body) != 1:
        raise Refused(1007, INVALID)
    if "audio" in body:
        return _sound(body["audio"])
    if "text" in body:
        return Text(str(body["text"]))
    if "audio_stream_end" in body:
        return SoundEnded()
    if "video" in body:
        return _picture(body["video"])
    return Activity("activity_start" in body)


def _sound(blob: object) -> Sound:
    assert isinstance(blob, dict)
    mime = str(blob.get("mime_type", ""))
    match = _AUDIO_MIME.match(mime)
    if match is None:
        raise Refused(1007, f"Unsupported audio mime type: {mime!r}. Send audio/pcm;rate=16000.")
    pcm = _decoded(blob.get("data", ""), "audio")
    if len(pcm) % 2:
        raise Refused(1007, "Audio data must be a whole number of 16-bit samples.")
    return Sound(pcm, int(match.group(1) or _DEFAULT_INPUT_RATE))


def _picture(blob: object) -> Picture:
    """Frames are JPEG of some size; the limit is the one this project keeps, of the encoded text."""
    assert isinstance(blob, dict)
    mime = str(blob.get("mime_type", ""))
    if mime != "image/jpeg":
        raise Refused(1007, f"Unsupported video mime type: {mime!r}. Send image/jpeg.")
    if len(str(blob.get("data", ""))) > PICTURE_LETTERS:
        raise Refused(1007, f"{INVALID} The image is too large.")
    jpeg = _decoded(blob.get("data", ""), "video")
    if not jpeg.startswith(_JPEG_BEGINS):
        raise Refused(1007, f"{INVALID} The image is not a JPEG.")
    return Picture(jpeg)


def _decoded(data: object, field: str) -> bytes:
    """Base64 of either alphabet, as protobuf's JSON takes it."""
    text = str(data).translate(str.maketrans("-_", "+/"))
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except binascii.Error as broken:
        raise Refused(
            1007, f"Invalid value at 'realtime_input.{field}.data' (TYPE_BYTES), Base64 decoding failed"
        ) from broken


def _content(body: dict[str, object]) -> Content:
    turns = tuple((str(turn.get("role", "user")), text_of(turn)) for turn in objects(body.get("turns", [])))
    if any(role not in ("user", "model") for role, _ in turns):
        raise Refused(1007, "Please use a valid role: user, model.")
    return Content(turns, bool(body.get("turn_complete", False)))


def _answers(body: dict[str, object]) -> ToolAnswers:
    return ToolAnswers(tuple(_answer(each) for each in objects(body.get("function_responses", []))))


def _answer(body: Mapping[str, object]) -> ToolAnswer:
    response = body.get("response", {})
    if not isinstance(response, dict):
        raise Refused(1007, "Invalid value at 'tool_response.function_responses[0].response' (Struct)")
    return ToolAnswer(
        id=str(body.get("id", "")),
        name=str(body.get("name", "")),
        response=response,
        scheduling=str(body.get("scheduling", "")),
        more=bool(body.get("will_continue", False)),
    )


_READERS = {
    "setup": Setup,
    "realtime_input": _realtime,
    "client_content": _content,
    "tool_response": _answers,
    "context_update": ContextUpdate,
}


def objects(value: object) -> list[Mapping[str, object]]:
    """The objects of a JSON list, or the one object given in place of a list."""
    if isinstance(value, dict):
        return [value]
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def at(body: Mapping[str, object], *path: str) -> object:
    """What is at ``path`` in nested objects, None if it is not there."""
    value: object = body
    for name in path:
        if not isinstance(value, Mapping) or name not in value:
            return None
        value = value[name]
    return value


def text_of(content: object) -> str:
    """The text parts of a Content, joined."""
    parts = objects(content.get("parts", [])) if isinstance(content, Mapping) else []
    return "\n".join(str(part["text"]) for part in parts if "text" in part)


# ---- to the client: objects ready for ``framed``


def framed(message: Mapping[str, object]) -> bytes:
    """A server message as it goes out: indented JSON in a binary frame, as the service sends it."""
    return json.dumps(message, indent=2, ensure_ascii=False).encode() + b"\n"


def spoken(pcm: bytes) -> dict[str, object]:
    """One message of 24 kHz sound."""
    part = {"inlineData": {"mimeType": OUTPUT_MIME, "data": base64.b64encode(pcm).decode()}}
    return {"serverContent": {"modelTurn": {"parts": [part], "role": "model"}}}


def said(text: str) -> dict[str, object]:
    """A fragment of what the assistant says."""
    return {"serverContent": {"outputTranscription": {"text": text}}}


def grounded(text: str, sources: Sequence[Mapping[str, str]]) -> dict[str, object]:
    """Where ``text``, which was said, was found by Google Search."""
    chunks = [{"web": {"uri": source["uri"], "title": source["title"]}} for source in sources]
    segment = {"startIndex": 0, "endIndex": len(text.encode()), "text": text}
    supports = [{"segment": segment, "groundingChunkIndices": list(range(len(chunks)))}]
    metadata = {"webSearchQueries": [text], "groundingChunks": chunks, "groundingSupports": supports}
    return {"serverContent": {"groundingMetadata": metadata}}


def heard(text: str, language_code: str) -> dict[str, object]:
    """A fragment of what the caller said."""
    return {"serverContent": {"inputTranscription": {"text": text, "languageCode": language_code}}}


def tool_call(id: str, name: str, args: Mapping[str, object]) -> dict[str, object]:
    """A call of one function."""
    return {"toolCall": {"functionCalls": [{"id": id, "name": name, "args": dict(args)}]}}


def tool_cancelled(ids: Sequence[str]) -> dict[str, object]:
    """Calls whose answers are no longer wanted."""
    return {"toolCallCancellation": {"ids": list(ids)}}


def turn_ended(usage: Mapping[str, object]) -> dict[str, object]:
    """The end of a turn, with what the session has used."""
    return {"serverContent": {"turnComplete": True}, "usageMetadata": dict(usage)}


def going_away(time_left_s: float) -> dict[str, object]:
    """The connection is about to be closed."""
    return {"goAway": {"timeLeft": f"{time_left_s:g}s"}}


def resumable(handle: str) -> dict[str, object]:
    """The session can be resumed with this handle."""
    return {"sessionResumptionUpdate": {"newHandle": handle, "resumable": True}}
