"""One message of the Live wire to the call's events, and what we send to its frames.

Of one server message all parts are used, in this order: the interruption and cancelled tools first, since they
end what came before; words and their sources; sound; tool calls; usage, handle and GoAway; the end of the
generation and of the turn last. Whatever is not understood is counted and passed over.
"""

import json
from binascii import Error as BadBase64
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import count
from secrets import token_hex
from typing import Literal

import orjson
import structlog
from pybase64 import b64decode, b64encode

from app.audio.pcm import MODEL_INPUT_RATE, MODEL_OUTPUT_RATE, Audio
from app.call.events import (
    AssistantAudio,
    AssistantInterrupted,
    Event,
    GenerationCompleted,
    SessionEnding,
    SessionRenewable,
    SourcesFound,
    ToolCalled,
    ToolCancelled,
    Transcribed,
    TurnCompleted,
    UsageReported,
)
from app.telemetry import metrics

log = structlog.get_logger(__name__)

# https://ai.google.dev/api/live#bidigeneratecontentservermessage; `interactionStatus` stands at the top only in
# https://ai.google.dev/gemini-api/docs/live-api/thinking. What has no event of ours is known and passed over.
_FIELDS = frozenset(
    {
        "setupComplete",
        "serverContent",
        "toolCall",
        "toolCallCancellation",
        "usageMetadata",
        "goAway",
        "sessionResumptionUpdate",
        "voiceActivity",
        "voiceActivityDetectionSignal",
        "interactionStatus",
    }
)
_USAGE = {  # the Developer API says `response`, Vertex `candidates`
    "prompt": "prompt",
    "response": "response",
    "candidates": "response",
    "cachedContent": "cached",
    "toolUsePrompt": "tool_use",
    "thoughts": "thoughts",
    "total": "total",
}
_ONLY_SOUND = {"inlineData"}  # the keys of a part with nothing but sound
_LONGEST_NAME = 128
_LARGEST_ARGUMENTS = 64 * 1024  # characters
_DEEPEST_ARGUMENTS = 20
_MOST_SOURCES = 10
_LONGEST_TITLE = 200
_LONGEST_URI = 2_000
_NAMELESS = "no-id-"  # Vertex may leave a call's id out; we give one, and leave it out of the answer
_OURS = f"{_NAMELESS}{token_hex(4)}-"  # a call that goes on in another process gets no id twice

_nameless = count(1)


# ---- what the server says


def parse(frame: bytes) -> list[Event]:
    """The events of one server message. Never raises, whatever the bytes are."""
    try:
        message = orjson.loads(frame)
    except orjson.JSONDecodeError:
        return _unknown("json", "not JSON")
    if not isinstance(message, dict):
        return _unknown("shape", type(message).__name__)
    return events_of(message)


def events_of(message: Mapping[str, object]) -> list[Event]:
    """The events of one server message, already read from JSON (camelCase keys, sound in base64)."""
    content = _object(message.get("serverContent"))
    if len(message) == 1 and len(content) == 1 and "modelTurn" in content:  # nearly all messages
        return _only_sound(content["modelTurn"]) or [*_sounds(content), *_tool_calls(message, content)]
    if not _FIELDS.issuperset(message):
        _tell_unknown(message)
    return [
        *_ended_before(message, content),
        *_words("caller", content.get("inputTranscription")),
        *_words("assistant", content.get("outputTranscription")),
        *_sources(content.get("groundingMetadata")),
        *_sounds(content),
        *_tool_calls(message, content),
        *_usage(message.get("usageMetadata")),
        *_session(message),
        *_completed(content),
    ]


def _ended_before(message: Mapping[str, object], content: Mapping[str, object]) -> Iterator[Event]:
    if content.get("interrupted") is True:
        yield AssistantInterrupted()
    ids = _array(_object(message.get("toolCallCancellation")).get("ids"))
    if cancelled := tuple(id for id in ids if isinstance(id, str)):
        yield ToolCancelled(cancelled)


def _words(side: Literal["caller", "assistant"], said: object) -> Iterator[Event]:
    if not isinstance(said, dict):
        return
    text, finished = _text(said.get("text")), said.get("finished") is True
    if text or finished:
        yield Transcribed(side, text, _text(said.get("languageCode")) or None, finished)


def _sources(grounding: object) -> Iterator[Event]:
    """The pages of Google Search: https://ai.google.dev/gemini-api/docs/google-search#understanding_the_response"""
    found: dict[str, str] = {}
    for chunk in _array(_object(grounding).get("groundingChunks")):
        page = _object(_object(chunk).get("web"))
        uri, title = _text(page.get("uri")), " ".join(_text(page.get("title")).split())
        if uri.startswith("https://") and len(uri) <= _LONGEST_URI and uri.isprintable():
            found.setdefault(uri, "".join(filter(str.isprintable, title))[:_LONGEST_TITLE])
    if found:
        first = list(found.items())[:_MOST_SOURCES]
        yield SourcesFound(tuple({"title": title, "uri": uri} for uri, title in first))


def _sounds(content: Mapping[str, object]) -> Iterator[Event]:
    for part in _array(_object(content.get("modelTurn")).get("parts")):
        blob = _object(_object(part).get("inlineData"))
        if not blob:
            continue
        audio = _sound(blob)
        if audio is None:
            _unknown("audio", _text(blob.get("mimeType")))
        elif audio.pcm:
            yield AssistantAudio(audio)


def _only_sound(turn: object) -> list[Event]:
    """The event of a turn's one part, if that is sound and nothing else, as it nearly always is."""
    parts = _array(_object(turn).get("parts"))
    part = _object(parts[0]) if len(parts) == 1 else {}
    audio = _sound(_object(part["inlineData"])) if part.keys() == _ONLY_SOUND else None
    return [AssistantAudio(audio)] if audio is not None and audio.pcm else []


def _sound(blob: Mapping[str, object]) -> Audio | None:
    rate, data = _rate(_text(blob.get("mimeType"))), blob.get("data", "")
    if rate is None or not isinstance(data, str):
        return None
    if "-" in data or "_" in data:  # protobuf's JSON takes either alphabet, and so do we
        data = data.replace("-", "+").replace("_", "/")
    try:
        pcm = b64decode(data + "=" * missing if (missing := -len(data) % 4) else data, validate=True)
    except (BadBase64, ValueError):
        return None
    return Audio(pcm if len(pcm) % 2 == 0 else pcm[:-1], rate)


@lru_cache(maxsize=16)
def _rate(mime: str) -> int | None:
    """Hertz of ``audio/pcm;rate=24000``; None for any other sound: the Live API speaks nothing else."""
    kind, *parameters = mime.replace(" ", "").lower().split(";")
    if kind not in {"audio/pcm", "audio/l16"}:
        return None
    named = dict(parameter.partition("=")[::2] for parameter in parameters).get("rate", str(MODEL_OUTPUT_RATE))
    return MODEL_OUTPUT_RATE if named == str(MODEL_OUTPUT_RATE) else None


def _tool_calls(message: Mapping[str, object], content: Mapping[str, object]) -> Iterator[Event]:
    """A call may come in ``toolCall``, in a part of the model's turn, or in both (mastra-ai/mastra#22969)."""
    seen: set[str] = set()
    for call in _array(_object(message.get("toolCall")).get("functionCalls")):
        if event := _tool_call(call, f"{_OURS}{next(_nameless)}"):
            seen.add(event.id)
            yield event
    for part in _array(_object(content.get("modelTurn")).get("parts")):
        event = _tool_call(_object(part).get("functionCall"), None)
        if event and event.id not in seen:
            yield event


def _tool_call(call: object, own_id: str | None) -> ToolCalled | None:
    if not isinstance(call, dict):
        return None
    id, name = _text(call.get("id")) or own_id, _text(call.get("name"))
    if not id or not name:
        _unknown("tool_call", "without name or id")
        return None
    return ToolCalled(id, name[:_LONGEST_NAME], _arguments(call.get("args")))


def _arguments(args: object) -> dict[str, object]:
    """The arguments of a call, or none where they are more than a caller's words can be: nothing here may stumble."""
    left, waiting = _LARGEST_ARGUMENTS, [(args, 0)]
    while waiting:
        value, depth = waiting.pop()
        inner = [*value, *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else ()
        left -= len(value) if isinstance(value, str) else 1
        if left < 0 or depth > _DEEPEST_ARGUMENTS:
            _unknown("tool_call", "arguments too large")
            return {}
        waiting += [(one, depth + 1) for one in inner]
    return _object(args)


def _usage(usage: object) -> Iterator[Event]:
    if not isinstance(usage, dict):
        return
    tokens: dict[str, int] = {}
    for theirs, ours in _USAGE.items():
        if isinstance(total := usage.get(f"{theirs}TokenCount"), int):
            tokens[ours] = total
        for detail in map(_object, _array(usage.get(f"{theirs}TokensDetails"))):
            key = f"{ours}.{_text(detail.get('modality')).lower() or 'unknown'}"
            if isinstance(more := detail.get("tokenCount"), int):
                tokens[key] = tokens.get(key, 0) + more
    if tokens:
        yield UsageReported(tokens)


def _session(message: Mapping[str, object]) -> Iterator[Event]:
    update, ending = message.get("sessionResumptionUpdate"), message.get("goAway")
    if isinstance(update, dict):
        resumable = update.get("resumable") is True
        yield SessionRenewable((_text(update.get("newHandle")) or None) if resumable else None)
    if isinstance(ending, dict):
        yield SessionEnding(_seconds(ending.get("timeLeft")))


def _seconds(duration: object) -> float:
    """``"50s"`` in seconds; none left where it cannot be read."""
    digits = _text(duration).removesuffix("s")
    whole, _, fraction = digits.partition(".")
    if whole.isdecimal() and len(whole) < 10 and (fraction or "0").isdecimal():
        return float(digits)
    _unknown("go_away", "timeLeft")
    return 0.0


def _completed(content: Mapping[str, object]) -> Iterator[Event]:
    if content.get("generationComplete") is True:
        yield GenerationCompleted()
    if content.get("turnComplete") is True:
        yield TurnCompleted(_text(content.get("turnCompleteReason")) or None)


def _tell_unknown(message: Mapping[str, object]) -> None:
    error = message.get("error")
    if isinstance(error, dict):
        _unknown("error", f"{error.get('code')} {error.get('status')}: {error.get('message')}")
    for name in sorted(set(message) - _FIELDS - {"error"}):
        _unknown("field", name)


def _unknown(kind: str, what: str) -> list[Event]:
    metrics.live_unknown.labels(kind).inc()
    log.info("live message not understood", kind=kind, what=what[:200])
    return []


def _object(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _array(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


# ---- what we say, key for key as the SDK says it

_AUDIO_MIME = f"audio/pcm;rate={MODEL_INPUT_RATE}"
_AUDIO_HEAD = b'{"realtime_input":{"audio":{"data":"'
_AUDIO_TAIL = b'","mime_type":"%s"}}}' % _AUDIO_MIME.encode()
PICTURE_MIME = "image/jpeg"
_PICTURE_HEAD = b'{"realtime_input":{"video":{"data":"'
_PICTURE_TAIL = b'","mime_type":"%s"}}}' % PICTURE_MIME.encode()


def audio_frame(pcm: bytes) -> bytes:
    """16 kHz PCM of the caller."""
    return _AUDIO_HEAD + b64encode(pcm) + _AUDIO_TAIL


SOUND_END_FRAME = b'{"realtime_input": {"audioStreamEnd": true}}'  # the caller is done for now


def text_frame(text: str) -> bytes:
    """Text that the model answers at once."""
    return _frame({"realtime_input": {"text": text}})


def content_frame(text: str, turn_complete: bool) -> bytes:
    """Text put into the context; the model answers if the turn is complete."""
    turn = {"parts": [{"text": text}], "role": "user"}
    return _frame({"client_content": {"turns": [turn], "turnComplete": turn_complete}})


def picture_frame(jpeg: bytes) -> bytes:
    """One picture for the model to look at."""
    return _PICTURE_HEAD + b64encode(jpeg) + _PICTURE_TAIL


def instruction_frame(text: str) -> bytes:
    """What takes the place of the setup's instruction; tools stay as they are."""
    return _frame({"contextUpdate": {"systemInstruction": {"parts": [{"text": text}], "role": "user"}}})


def tool_frame(id: str, name: str, response: Mapping[str, object], scheduling: str | None) -> bytes:
    """The answer to one tool call."""
    answer: dict[str, object] = {"name": name, "response": dict(response)}
    if given := answer_id(id):
        answer["id"] = given
    if scheduling:
        answer["scheduling"] = scheduling
    return _frame({"tool_response": {"functionResponses": [answer]}})


def answer_id(id: str) -> str | None:
    """The id the model gave a call; None where it gave none."""
    return None if id.startswith(_NAMELESS) else id


def _frame(message: Mapping[str, object]) -> bytes:
    return json.dumps(message, default=str).encode()
