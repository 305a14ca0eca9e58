"""Media Streams messages, read and written exactly."""

import base64
import dataclasses
import json
import timeit
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.twilio import messages
from app.twilio.messages import Malformed, Media, Message, parse

WIRE = Path(__file__).parents[1] / "wire" / "twilio"
STREAM = "MZ18ad3ab5a668481ce02b83e7395059f0"


def wire(name: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in (WIRE / name).read_text().splitlines()]


def meaning(message: Message) -> list[object]:
    """Type and fields as the wire file writes them, sound apart."""
    fields = [getattr(message, field.name) for field in dataclasses.fields(message) if field.name != "mulaw"]
    return [type(message).__name__, *(list(value) if isinstance(value, tuple) else value for value in fields)]


@pytest.mark.parametrize("line", wire("call.jsonl"), ids=lambda line: line["means"][0])
def test_each_message_of_a_recorded_call_is_read(line: dict[str, object]) -> None:
    assert meaning(parse(str(line["frame"]))) == line["means"]


def test_the_sound_is_the_payload_decoded() -> None:
    sounds = [message.mulaw for line in wire("call.jsonl") if isinstance(message := parse(str(line["frame"])), Media)]
    assert sounds == [bytes(range(96, 256))] * 2


@pytest.mark.parametrize("line", wire("broken.jsonl"), ids=lambda line: line["what"])
def test_a_broken_message_is_named_by_its_fault(line: dict[str, object]) -> None:
    assert parse(str(line["frame"])) == Malformed(str(line["fault"]))


def test_a_binary_frame_is_refused_even_when_it_holds_a_message() -> None:
    assert parse(b'{"event":"connected","protocol":"Call","version":"1.0.0"}') == Malformed("binary")


def test_an_oversized_frame_is_not_even_read() -> None:
    assert parse(" " * (messages.LARGEST_FRAME + 1)) == Malformed("oversized")


def test_a_frame_of_the_largest_size_is_read() -> None:
    frame = '{"event":"connected","protocol":"Call","version":"1.0.0"}'.ljust(messages.LARGEST_FRAME)
    assert isinstance(parse(frame), messages.Connected)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.sampled_from(
    ["event", "streamSid", "sequenceNumber", "media", "start", "mark", "dtmf", "stop", "chunk", "timestamp", "payload"]
)
EVENTS = st.sampled_from(["media", "start", "mark", "dtmf", "stop", "connected", "clear"])


@given(st.text() | st.binary())
def test_no_frame_whatever_raises(frame: str | bytes) -> None:
    parse(frame)


@given(EVENTS, st.dictionaries(FIELDS, JSON | st.dictionaries(FIELDS, JSON, max_size=5), max_size=8))
def test_no_message_of_a_known_event_raises(event: str, fields: dict[str, object]) -> None:
    parse(json.dumps({**fields, "event": event}))


@given(st.integers(0, 10**12), st.integers(1, 10**9), st.binary(min_size=1, max_size=2000))
def test_any_sound_at_any_time_is_read_back(timestamp_ms: int, chunk: int, mulaw: bytes) -> None:
    payload = base64.b64encode(mulaw).decode()
    part = {"track": "inbound", "chunk": str(chunk), "timestamp": str(timestamp_ms), "payload": payload}
    message = parse(json.dumps({"event": "media", "sequenceNumber": "2", "media": part, "streamSid": STREAM}))
    assert message == Media(STREAM, 2, chunk, timestamp_ms, mulaw)


def sent(event: str, **part: object) -> dict[str, object]:
    """The schema of a message of ours: these fields and no other, for one more is silence at Twilio."""
    properties: dict[str, object] = {"event": {"const": event}, "streamSid": {"const": STREAM}}
    if part:
        inner = {"type": "object", "properties": part, "required": list(part), "additionalProperties": False}
        properties[event] = inner
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


SENT = {
    "media": sent("media", payload={"type": "string", "pattern": "^[A-Za-z0-9+/]+={0,2}$"}),
    "mark": sent("mark", name={"type": "string", "minLength": 1}),
    "clear": sent("clear"),
}


@given(st.binary(min_size=1, max_size=4000))
def test_sound_goes_out_with_exactly_the_documented_fields(mulaw: bytes) -> None:
    message = json.loads(messages.media(STREAM, mulaw))
    jsonschema.validate(message, SENT["media"])
    assert base64.b64decode(message["media"]["payload"], validate=True) == mulaw


@given(st.text(min_size=1, max_size=40, alphabet=st.characters(codec="utf-8")))
def test_a_mark_goes_out_with_exactly_the_documented_fields(name: str) -> None:
    message = json.loads(messages.mark(STREAM, name))
    jsonschema.validate(message, SENT["mark"])
    assert message["mark"]["name"] == name


def test_a_clear_goes_out_with_exactly_the_documented_fields() -> None:
    jsonschema.validate(json.loads(messages.clear(STREAM)), SENT["clear"])


def test_reading_a_frame_of_sound_is_no_work_to_speak_of() -> None:
    frame = next(str(line["frame"]) for line in wire("call.jsonl") if line["means"][0] == "Media")  # type: ignore[index]
    best_us = min(timeit.repeat(lambda: parse(frame), number=500, repeat=7)) / 500 * 1e6
    assert best_us < 30  # 3 on the machine it was measured on; ten times that is a mistake, not a slow machine
