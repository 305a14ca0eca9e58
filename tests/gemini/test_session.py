"""Live sessions over real TLS WebSockets, against a server that the tests play: opened, and sound and words sent."""

import asyncio
from base64 import b64encode
from typing import Any

import numpy as np
import pytest
from google import genai

from app.audio.pcm import silence
from app.call import events
from app.gemini.setup import SetupWish
from app.telemetry import metrics

from .conftest import Heard, Live, Peer
from .playing import FRAME, hearing, running, stay


async def test_the_setup_is_sent_where_live_listens(client: genai.Client, live: Live, heard: Heard) -> None:
    live.plays = [stay]
    async with running(client, heard, SetupWish(instruction="Be brief.")) as model:
        model.open("Hello.")
        await heard.until(events.SessionOpened)
    assert live.paths == ["/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent"]
    assert live.keys == ["k"]
    assert live.peers[0].setup["model"] == "models/gemini-3.8-live"
    assert live.peers[0].websocket.protocol.extensions == []


async def test_an_opened_session_is_told_with_the_time_it_took(client: genai.Client, live: Live, heard: Heard) -> None:
    live.plays = [stay]
    times = iter([10.0, 10.25])
    async with running(client, heard, clock=lambda: next(times, 11.0)) as model:
        model.open("")
        assert await heard.until(events.SessionOpened) == events.SessionOpened(250, resumed=False)


async def test_the_greeting_goes_before_any_sound(client: genai.Client, live: Live, heard: Heard, raw: bool) -> None:
    sent: list[Any] = []
    live.plays = [hearing(sent, 2)]
    async with running(client, heard, raw=raw) as model:
        heard.then = lambda event: model.listen(silence(20, 8_000)) if isinstance(event, events.SessionOpened) else None
        model.open("Good day.")
        await heard.until(events.TurnCompleted)
    turn = {"parts": [{"text": 'Greet the caller now. Say exactly: "Good day."'}], "role": "user"}
    assert sent[0] == {"client_content": {"turns": [turn], "turnComplete": True}}
    assert "audio" in sent[1]["realtime_input"]


async def test_a_model_without_client_content_is_greeted_in_realtime_text(
    client: genai.Client, live: Live, heard: Heard
) -> None:
    sent: list[Any] = []
    live.plays = [hearing(sent)]
    async with running(client, heard, SetupWish(model="gemini-3.1-flash-live-preview")) as model:
        model.open("Good day.")
        await heard.until(events.TurnCompleted)
    assert sent == [{"realtime_input": {"text": 'Greet the caller now. Say exactly: "Good day."'}}]


async def test_the_reader_survives_turns_and_strange_messages(
    client: genai.Client, live: Live, heard: Heard, raw: bool
) -> None:
    async def strange(peer: Peer) -> None:
        await peer.accept()
        await peer.say({"serverContent": {"turnComplete": True}}, {"somethingNew": {"a": 1}})
        await peer.say({"error": {"code": 429, "message": "quota"}}, {"interactionStatus": "IDLE"})
        await peer.websocket.send(b"not json")
        await peer.say({"serverContent": {"turnComplete": True}}, {"goAway": {"timeLeft": "50s"}})
        await peer.hear_all()

    live.plays = [strange]
    async with running(client, heard, raw=raw) as model:
        model.open("")
        await heard.until(events.SessionEnding)
    assert heard.of(events.TurnCompleted, events.SessionEnding) == [
        events.TurnCompleted(),
        events.TurnCompleted(),
        events.SessionEnding(50.0),
    ]


async def test_sound_reaches_the_model_at_16_khz(client: genai.Client, live: Live, heard: Heard, raw: bool) -> None:
    sent: list[Any] = []
    live.plays = [hearing(sent, 5)]
    async with running(client, heard, raw=raw) as model:
        model.open("")
        await heard.until(events.SessionOpened)
        for _ in range(5):
            model.listen(FRAME)
        await heard.until(events.TurnCompleted)
    audio = [frame["realtime_input"]["audio"] for frame in sent]
    assert {blob["mime_type"] for blob in audio} == {"audio/pcm;rate=16000"}
    assert len(audio[-1]["data"]) == 856  # 640 bytes: 20 ms


async def test_sound_is_gathered_into_messages_of_the_length_asked_for(
    client: genai.Client, live: Live, heard: Heard, raw: bool
) -> None:
    sent: list[Any] = []
    live.plays = [hearing(sent, 2)]
    async with running(client, heard, raw=raw, uplink_ms=40) as model:
        model.open("")
        await heard.until(events.SessionOpened)
        for _ in range(5):
            model.listen(FRAME)
        await heard.until(events.TurnCompleted)
    assert len(sent[1]["realtime_input"]["audio"]["data"]) == 1708  # 1280 bytes: 40 ms


async def test_sound_without_a_session_is_dropped_and_counted(client: genai.Client, live: Live, heard: Heard) -> None:
    live.plays = [stay]
    before = metrics.listen_dropped_ms._value.get()
    async with running(client, heard) as model:
        model.listen(FRAME)
        model.listen(FRAME)
    assert metrics.listen_dropped_ms._value.get() - before == 40


async def test_the_end_of_speech_goes_behind_all_the_sound_before_it(
    client: genai.Client, live: Live, heard: Heard, raw: bool
) -> None:
    sent: list[Any] = []
    live.plays = [hearing(sent, 4)]
    async with running(client, heard, raw=raw, uplink_ms=40) as model:
        model.open("")
        await heard.until(events.SessionOpened)
        for _ in range(3):
            model.listen(FRAME)
        model.pause_listening()
        model.listen(FRAME)
        model.listen(FRAME)
        await heard.until(events.TurnCompleted)
    assert [next(iter(frame["realtime_input"])) for frame in sent] == ["audio", "audio", "audioStreamEnd", "audio"]


async def test_a_stalled_service_costs_sound_but_no_words(client: genai.Client, live: Live, heard: Heard) -> None:
    read_on = asyncio.Event()
    sent: list[Any] = []

    async def stalling(peer: Peer) -> None:
        await peer.accept()
        peer.websocket.transport.pause_reading()
        await read_on.wait()
        peer.websocket.transport.resume_reading()
        while "text" not in (frame := await peer.hear())["realtime_input"]:
            sent.append(frame)
        await peer.say({"serverContent": {"turnComplete": True}})

    now = [0.0]
    live.plays = [stalling]
    before = metrics.listen_dropped_ms._value.get()
    async with running(client, heard, clock=lambda: now[0]) as model:
        model.open("")
        await heard.until(events.SessionOpened)
        for _ in range(20_000):
            now[0] += 0.02
            model.listen(FRAME)
        model.say("Go on.")
        read_on.set()
        await heard.until(events.TurnCompleted)
    dropped_ms = metrics.listen_dropped_ms._value.get() - before
    assert dropped_ms > 0
    assert len(sent) * 20 + dropped_ms == pytest.approx(400_000, abs=20)


async def test_sound_that_is_no_speech_is_told_with_what_it_is(
    client: genai.Client, live: Live, heard: Heard, raw: bool
) -> None:
    seconds = np.arange(5_760) / 24_000
    tone = (6_000 * np.sin(2 * np.pi * 440 * seconds)).astype("<i2").tobytes()
    noise = np.random.default_rng(1).normal(0.0, 2_000.0, 5_760).astype("<i2").tobytes()

    async def sounding(peer: Peer) -> None:
        await peer.accept()
        for pcm in (noise, bytes(11_520), tone, tone):
            blob = {"mimeType": "audio/pcm;rate=24000", "data": b64encode(pcm).decode()}
            await peer.say({"serverContent": {"modelTurn": {"parts": [{"inlineData": blob}]}}})
        await peer.hear_all()

    live.plays = [sounding]
    async with running(client, heard, raw=raw) as model:
        model.open("")
        await heard.until(events.AssistantAudio, 4)
    assert [event.flaw for event in heard.of(events.AssistantAudio)] == ["", "silence", "", "tone"]
