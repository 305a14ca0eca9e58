"""The phone against a small app on 127.0.0.1: whole calls over real sockets."""

import asyncio
import wave
from itertools import pairwise
from pathlib import Path

import httpx2
import numpy as np
import pytest

from app.rehearsal.phone import ACCOUNT_SID, Phone, Representative
from app.rehearsal.phone_faults import Faults
from app.rehearsal.phone_recording import Recording, stretches
from app.rehearsal.phone_sound import FRAME, RATE, rms
from app.rehearsal.twilio_rest import TwilioRest
from tests.rehearsal.phone_app import ANSWER, HANG_UP, STREAM, TOKEN, PhoneApp, Stream, dialling, served, tone


async def _stay(phone: Phone) -> None:
    await phone.until(lambda: False, 10)


def _codes(phone: Phone) -> list[int]:
    return [violation.code for violation in phone.notes.violations]


async def _greet(stream: Stream) -> None:
    await stream.play(tone(400))
    await stream.mark("g1:1")
    await stream.until("mark")


async def test_a_call_is_rung_streamed_and_ended_as_twilio_does(tmp_path: Path) -> None:
    app = PhoneApp([_greet])
    async with served(app) as url:
        phone = Phone(dialling(url), Recording(tmp_path / "call.wav"))
        await phone.call(_stay)
    assert (phone.ended_by, phone.notes.violations, app.unsigned) == ("app", [], [])
    assert [path for path, _ in app.posts if "stream-status" not in path] == [
        "/voice/incoming",
        "/voice/after-stream",
        "/voice/status",
    ]
    assert [form["StreamEvent"] for form in app.asked("/voice/stream-status")] == ["stream-started", "stream-stopped"]
    assert app.asked("/voice/incoming")[0]["CallStatus"] == "ringing"
    assert app.asked("/voice/after-stream")[0]["CallStatus"] == "in-progress"
    assert app.asked("/voice/status")[0]["CallStatus"] == "completed"
    assert {form["CallSid"] for _, form in app.posts} == {phone.call_sid}
    assert phone.marks_returned == 1
    assert phone.duration_s >= 0.4
    figures = phone.listening.ended()
    assert figures.first_sound_ms is not None and figures.first_sound_ms < 600
    assert (figures.underruns, figures.cut_off_ms) == (0, 0)


async def test_the_handshake_and_the_first_messages_are_those_of_real_captures() -> None:
    app = PhoneApp([_greet])
    async with served(app) as url:
        phone = Phone(dialling(url))
        await phone.call(_stay)
    headers = app.headers[0]
    assert headers["user-agent"] == "Twilio.TmeWs/1.0"
    assert headers["host"] == "phone.example"
    assert not {"origin", "sec-websocket-extensions", "sec-websocket-protocol"} & set(headers)
    assert [message["event"] for message in app.first] == ["connected", "start"]
    start = app.first[1]["start"]
    assert isinstance(start, dict)
    assert (start["callSid"], start["customParameters"]) == (phone.call_sid, {"token": "t1"})


async def test_both_sides_are_recorded_as_heard_and_cleared_sound_is_not(tmp_path: Path) -> None:
    marks: list[object] = []

    async def talk_until_interrupted(stream: Stream) -> None:
        await stream.play(tone(6_000))
        await stream.mark("g1:1")
        await stream.play(tone(6_000))
        await stream.mark("g1:2")
        await stream.loud()
        await stream.send("clear")
        marks.extend([(await stream.until("mark"))["mark"] for _ in range(2)])
        await asyncio.wait_for(stream.until("media"), 1)

    async def interrupt(phone: Phone) -> None:
        await phone.until(lambda: phone.listening.answered, 3)
        await phone.until(lambda: False, 0.3)
        phone.say(np.full(FRAME * 10, 9_000, np.int16), "wait!")
        await phone.until(lambda: False, 3)

    app = PhoneApp([talk_until_interrupted])
    path = tmp_path / "call.wav"
    async with served(app) as url:
        phone = Phone(dialling(url), Recording(path))
        await phone.call(interrupt)
    assert marks == [{"name": "g1:1"}, {"name": "g1:2"}]
    figures = phone.listening.ended()
    assert len(figures.barge_ins_ms) == 1
    assert figures.barge_ins_ms[0] is not None and figures.barge_ins_ms[0] < 600
    assert figures.cleared_ms > 10_000
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, RATE)
        sound = np.frombuffer(file.readframes(file.getnframes()), np.int16).reshape(-1, 2)
    assert len(sound) / RATE == pytest.approx(phone.duration_s, abs=0.1)
    (said,), (heard,) = list(stretches(path, 0)), list(stretches(path, 1))
    assert said.start_s > heard.start_s + 0.25
    assert 0.3 < heard.end_s - heard.start_s < 1.5
    assert rms(heard.samples[: RATE // 4]) == pytest.approx(5_657, rel=0.2)


async def test_what_twilio_would_ignore_is_noted_with_its_code() -> None:
    async def misbehave(stream: Stream) -> None:
        await stream.websocket.send_bytes(b"sound")
        await stream.websocket.send_text('{"event":"media"}')
        await stream.send("clear", extra=1)
        await stream.mark("after")
        await stream.until("mark")

    app = PhoneApp([misbehave])
    async with served(app) as url:
        phone = Phone(dialling(url))
        await phone.call(_stay)
    assert _codes(phone) == [31950, 31951, 31951]


async def test_a_handoff_nobody_answers_brings_the_caller_back_on_a_new_stream() -> None:
    after = [
        '<Response><Dial action="/voice/after-dial" timeout="20"><Number>+15550111</Number></Dial></Response>',
        HANG_UP,
    ]
    app = PhoneApp([_greet, _greet], {"/voice/after-stream": after, "/voice/after-dial": [ANSWER]})
    async with served(app) as url:
        phone = Phone(dialling(url, representative=Representative("no-answer", rings_s=0.05)))
        await phone.call(_stay)
    assert phone.notes.violations == []
    assert phone.dialled == [("+15550111", "no-answer")]
    assert app.asked("/voice/after-dial")[0]["DialCallStatus"] == "no-answer"
    first, second = app.streams
    assert first.sid != second.sid
    assert phone.streams == 2
    assert phone.ended_by == "app"


async def test_a_handoff_that_is_answered_whispers_first() -> None:
    dial = (
        '<Response><Dial action="/voice/after-dial"><Number url="/voice/whisper">+15550111</Number></Dial></Response>'
    )
    whisper = "<Response><Say>About order 1047.</Say></Response>"
    app = PhoneApp([_greet], {"/voice/after-stream": [dial], "/voice/whisper": [whisper]})
    async with served(app) as url:
        phone = Phone(dialling(url, representative=Representative(rings_s=0.05, talks_s=0.05)))
        await phone.call(_stay)
    assert phone.whispered == ["About order 1047."]
    assert app.asked("/voice/whisper")[0]["ParentCallSid"] == phone.call_sid
    assert app.asked("/voice/after-dial")[0]["DialCallStatus"] == "completed"


async def test_a_caller_who_hangs_up_sends_stop_and_ends_the_call() -> None:
    stops: list[dict[str, object]] = []

    async def listen(stream: Stream) -> None:
        stops.append(await stream.until("stop"))
        await stream.until("anything")

    async def hang_up(phone: Phone) -> None:
        await phone.until(lambda: False, 0.2)
        phone.hang_up()

    app = PhoneApp([listen])
    async with served(app) as url:
        phone = Phone(dialling(url))
        await phone.call(hang_up)
    assert phone.ended_by == "caller"
    assert stops[0]["stop"] == {"accountSid": ACCOUNT_SID, "callSid": phone.call_sid}
    assert app.closes == [1000]
    assert app.asked("/voice/after-stream")[0]["CallStatus"] == "completed"
    assert phone.notes.violations == []


async def test_keys_are_sent_one_by_one() -> None:
    keys: list[object] = []

    async def listen(stream: Stream) -> None:
        keys.extend([(await stream.until("dtmf"))["dtmf"] for _ in range(2)])

    async def press(phone: Phone) -> None:
        await phone.until(lambda: phone.streaming, 1)
        await phone.press("4#")

    app = PhoneApp([listen])
    async with served(app) as url:
        phone = Phone(dialling(url))
        await phone.call(press)
    assert [key["digit"] for key in keys if isinstance(key, dict)] == ["4", "#"]


async def test_missing_sound_shows_as_a_jump_of_the_timestamp() -> None:
    stamps: list[int] = []
    chunks: list[int] = []

    async def listen(stream: Stream) -> None:
        while len(stamps) < 40:
            media = (await stream.until("media"))["media"]
            assert isinstance(media, dict)
            stamps.append(int(media["timestamp"]))
            chunks.append(int(media["chunk"]))

    app = PhoneApp([listen])
    async with served(app) as url:
        phone = Phone(dialling(url, faults=Faults(gap_every_s=0.3, gap_ms=60)))
        await phone.call(_stay)
    steps = [later - earlier for earlier, later in pairwise(stamps)]
    assert stamps[0] == 171
    assert set(steps) == {20, 80}
    assert chunks == list(range(1, 41))


async def test_a_socket_that_breaks_sends_no_stop() -> None:
    async def listen(stream: Stream) -> None:
        await stream.until("stop")

    app = PhoneApp([listen])
    async with served(app) as url:
        phone = Phone(dialling(url, faults=Faults(abrupt_after_s=0.2)))
        await phone.call(_stay)
    assert app.closes != [1000]
    assert len(app.closes) == 1


async def test_a_stream_without_its_start_sends_nothing_more() -> None:
    app = PhoneApp()
    async with served(app) as url:
        phone = Phone(dialling(url, faults=Faults(no_start=True), longest_s=0.3))
        await phone.call(_stay)
    assert (app.first, app.streams, app.closes) == ([], [], [1000])


async def test_messages_no_twilio_would_send_come_on_request() -> None:
    odd: list[str] = []

    async def listen(stream: Stream) -> None:
        while len(odd) < 2:
            text = await stream.websocket.receive_text()
            if not text.startswith('{"event": "media", "sequenceNumber"'):
                odd.append(text)

    app = PhoneApp([listen])
    async with served(app) as url:
        phone = Phone(dialling(url, faults=Faults(malformed_every_s=0.1)))
        await phone.call(_stay)
    assert len(set(odd)) == 2
    assert phone.ended_by == "app"


async def test_a_refused_handshake_is_31920_and_the_document_goes_on() -> None:
    answer = f"<Response><Connect>{STREAM}</Connect><Say>Sorry.</Say><Hangup/></Response>"
    app = PhoneApp([], {"/voice/incoming": [answer]})
    async with served(app) as url:
        phone = Phone(dialling(url, faults=Faults(wrong_signature=True)))
        await phone.call(_stay)
    assert _codes(phone) == [31920]
    assert "403" in phone.notes.violations[0].problem
    assert phone.spoken == ["Sorry."]
    assert app.asked("/voice/stream-status")[0]["StreamEvent"] == "stream-error"


async def test_a_call_nobody_answers_is_over_before_it_began() -> None:
    app = PhoneApp(status=500)
    async with served(app) as url:
        phone = Phone(dialling(url))
        await phone.call(_stay)
    assert (phone.ended_by, _codes(phone)) == ("nobody", [11200])


async def test_a_call_that_does_not_end_is_cut() -> None:
    app = PhoneApp([_forever])
    async with served(app) as url:
        phone = Phone(dialling(url, longest_s=0.3))
        await phone.call(_stay)
    assert phone.ended_by == "limit"


async def _forever(stream: Stream) -> None:
    await stream.until("nothing")


async def _rest_update(stream: Stream, url: str, form: dict[str, str]) -> int:
    start = stream.start["start"]
    assert isinstance(start, dict)
    path = f"{url}/2010-04-01/Accounts/{ACCOUNT_SID}/Calls/{start['callSid']}.json"
    async with httpx2.AsyncClient(trust_env=False) as client:
        return (await client.post(path, data=form, auth=(ACCOUNT_SID, TOKEN))).status_code


async def test_a_call_ended_by_rest_stops_its_stream_and_a_second_update_finds_no_call() -> None:
    rest = TwilioRest(ACCOUNT_SID, TOKEN)
    answers: list[int] = []
    done = asyncio.Event()

    async def end(stream: Stream) -> None:
        answers.append(await _rest_update(stream, rest.url, {"Status": "completed"}))
        await stream.until("stop")
        answers.append(await _rest_update(stream, rest.url, {"Status": "completed"}))
        done.set()

    app = PhoneApp([end])
    async with served(app) as url, rest.serving():
        phone = Phone(dialling(url))
        rest.attach(phone)
        await phone.call(_stay)
        await asyncio.wait_for(done.wait(), 2)
    assert answers == [200, 404]
    assert phone.ended_by == "app"
    assert rest.requests == [(phone.call_sid, {"Status": "completed"})]


async def test_other_twiml_by_rest_replaces_the_document_at_once() -> None:
    rest = TwilioRest(ACCOUNT_SID, TOKEN)

    async def redirect(stream: Stream) -> None:
        await _rest_update(stream, rest.url, {"Twiml": "<Response><Say>Hold on.</Say></Response>"})
        await stream.until("nothing")

    app = PhoneApp([redirect])
    async with served(app) as url, rest.serving():
        phone = Phone(dialling(url))
        rest.attach(phone)
        await phone.call(_stay)
    assert phone.spoken == ["Hold on."]
    assert app.asked("/voice/after-stream") == []
    assert phone.ended_by == "app"


async def test_a_caller_who_hangs_up_while_it_rings_has_cancelled_the_dialling() -> None:
    dial = '<Response><Dial action="/voice/after-dial"><Number>+15550111</Number></Dial></Response>'

    async def give_up(phone: Phone) -> None:
        await phone.until(lambda: any(happening.what == "dialling" for happening in phone.notes.happenings), 5)
        phone.hang_up()

    app = PhoneApp([_greet], {"/voice/after-stream": [dial]})
    async with served(app) as url:
        phone = Phone(dialling(url, representative=Representative(rings_s=30)))
        await phone.call(give_up)
    assert phone.dialled == [("+15550111", "canceled")]
    (asked,) = app.asked("/voice/after-dial")
    assert (asked["DialCallStatus"], asked["DialBridged"], asked["CallStatus"]) == ("canceled", "false", "completed")
