"""Messages as Twilio writes them, and as strictly as it reads them."""

import base64
import json

import pytest

from app.rehearsal.phone_messages import Clear, Mark, Refusal, Sound, Writer, read

SID = "MZ1"


def _media(codes: bytes, **more: object) -> str:
    payload = base64.b64encode(codes).decode()
    return json.dumps({"event": "media", "streamSid": SID, "media": {"payload": payload}, **more})


def test_the_three_messages_a_server_may_send_are_taken() -> None:
    assert read(_media(b"\xff\x7f"), SID) == Sound(b"\xff\x7f")
    assert read('{"event":"mark","streamSid":"MZ1","mark":{"name":"g1:2"}}', SID) == Mark("g1:2")
    assert read('{"event":"clear","streamSid":"MZ1"}', SID) == Clear()


@pytest.mark.parametrize(
    "raw",
    [
        "not json",
        "[]",
        '{"event":"stop","streamSid":"MZ1"}',
        '{"event":"dtmf","streamSid":"MZ1","dtmf":{"digit":"1"}}',
        '{"event":["media"],"streamSid":"MZ1"}',
        '{"event":"clear"}',
        '{"event":"clear","streamSid":"MZ2"}',
        '{"event":"clear","stream_sid":"MZ1"}',
        '{"event":"clear","streamSid":"MZ1","clear":{}}',
        '{"event":"mark","streamSid":"MZ1","mark":"a"}',
        '{"event":"mark","streamSid":"MZ1","mark":{"name":""}}',
        '{"event":"mark","streamSid":"MZ1","mark":{"name":1}}',
        '{"event":"mark","streamSid":"MZ1","mark":{"name":"a","x":1}}',
        '{"event":"media","streamSid":"MZ1","media":{"payload":""}}',
        '{"event":"media","streamSid":"MZ1","media":{"payload":"$$$$"}}',
        '{"event":"media","streamSid":"MZ1","media":{"payload":"/w==","track":"outbound"}}',
        _media(b"\xff", sequenceNumber="1"),
        _media(b"RIFF\x00\x00\x00\x00WAVE"),
        _media(base64.b64encode(bytes(range(256)))),
    ],
)
def test_anything_else_is_ignored_and_logged_as_31951(raw: str) -> None:
    answer = read(raw, SID)
    assert isinstance(answer, Refusal)
    assert answer.code == 31951


def test_a_binary_message_is_31950() -> None:
    answer = read(b"{}", SID)
    assert isinstance(answer, Refusal)
    assert answer.code == 31950


def test_numbers_are_strings_and_count_from_start() -> None:
    writer = Writer("AC1", "CA1", SID)
    assert json.loads(writer.connected()) == {"event": "connected", "protocol": "Call", "version": "1.0.0"}
    start = json.loads(writer.start({"token": "t"}))
    assert start["sequenceNumber"] == "1"
    assert start["start"]["customParameters"] == {"token": "t"}
    assert start["start"]["mediaFormat"] == {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}
    media = json.loads(writer.media(b"\xff" * 160, 171))
    assert media["sequenceNumber"] == "2"
    assert media["media"] | {"payload": ""} == {"track": "inbound", "chunk": "1", "timestamp": "171", "payload": ""}
    assert json.loads(writer.dtmf("5"))["dtmf"] == {"track": "inbound_track", "digit": "5"}
    assert json.loads(writer.mark("g1:2")) == {
        "event": "mark",
        "sequenceNumber": "4",
        "mark": {"name": "g1:2"},
        "streamSid": SID,
    }
    assert json.loads(writer.media(b"\xff", 191))["media"]["chunk"] == "2"
    assert json.loads(writer.stop())["stop"] == {"accountSid": "AC1", "callSid": "CA1"}
