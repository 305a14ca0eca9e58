"""The Live stand-in on the wire: who is let in, what is refused, what a turn looks like, what goes wrong on request."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from urllib.parse import quote

import pytest
from websockets.exceptions import InvalidStatus

from app.rehearsal import live_server
from app.rehearsal.live_server import HOST
from app.rehearsal.speech import Recogniser, ScriptedEars, SpeechUnavailable
from tests.rehearsal.live_caller import (
    MODEL,
    MS_PER_LETTER,
    ORDER_TOOL,
    PATH,
    WAIT_S,
    LiveHouse,
    live_house,
    quiet,
    setup,
    tone,
)

ORDER = "where is my order 1047"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[LiveHouse]:
    async with live_house(tmp_path, ORDER, "goodbye") as one:
        yield one


async def control(house: LiveHouse, ask: Mapping[str, object] | None = None) -> tuple[int, dict[str, object]]:
    """GET /control, or POST what is asked."""
    async with asyncio.timeout(WAIT_S):
        reader, writer = await asyncio.open_connection(HOST, house.port, ssl=house.tls)
        query = "" if ask is None else f"?ask={quote(json.dumps(ask))}"
        method = "GET" if ask is None else "POST"
        writer.write(f"{method} /control{query} HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 0\r\n\r\n".encode())
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        writer.close()
        await writer.wait_closed()
    return int(head.split()[1]), json.loads(body)


# ---- the upgrade


@pytest.mark.parametrize(
    "path",
    [
        PATH,
        "/" + PATH,
        PATH.replace("v1beta", "v1alpha"),
        "/ws/google.cloud.aiplatform.v1beta1.LlmBidiService/BidiGenerateContent",
    ],
)
async def test_the_services_paths_are_taken(house: LiveHouse, path: str) -> None:
    async with house.connected(path) as caller:
        await caller.send(setup())
        assert await caller.next() == {"setupComplete": {}}


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        (PATH, {}, 403),
        (PATH, {"x-goog-api-key": "wrong"}, 401),
        (PATH.replace("v1beta", "v1"), {"x-goog-api-key": "right"}, 404),
    ],
)
async def test_who_has_no_key_or_no_such_path_is_turned_away(
    tmp_path: Path, path: str, headers: dict[str, str], status: int
) -> None:
    async with live_house(tmp_path, api_key="right") as house:
        with pytest.raises(InvalidStatus) as refused:
            async with house.connected(path, headers):
                pass
        assert refused.value.response.status_code == status


# ---- the setup


def with_config(**config: object) -> dict[str, object]:
    return {"generation_config": {"response_modalities": ["AUDIO"], **config}}


@pytest.mark.parametrize(
    ("message", "code", "reason"),
    [
        ({"realtime_input": {"text": "hi"}}, 1007, "first message must be a setup"),
        (setup("models/gemini-9"), 1008, "models/gemini-9 is not found for API version v1beta"),
        (setup(foo=1), 1007, "Invalid JSON payload received. Unknown name \"foo\" at 'setup'"),
        (setup(realtimeInputConfig={"vad": {}}), 1007, "Unknown name \"vad\" at 'setup.realtime_input_config'"),
        (setup(**with_config(thinkingConfig={"thinkingBudget": 0})), 1007, "thinking_config is not supported"),
        (setup(**with_config(enableAffectiveDialog=True)), 1007, "enable_affective_dialog is not supported"),
        (setup(proactivity={"proactiveAudio": False}), 1007, "proactive_audio: false is not supported"),
        (setup(generationConfig={"responseModalities": ["TEXT"]}), 1007, "response modalities (TEXT)"),
        (setup(sessionResumption={"transparent": True}), 1007, "transparent is not supported"),
        (setup(sessionResumption={"handle": "never-given"}), 1008, "session not found"),
        (setup(tools=[{"functionDeclarations": [{"name": "two words"}]}]), 1007, "Invalid function name"),
        (setup("models/gemini-3.1-flash-live-preview", proactivity={"proactiveAudio": True}), 1007, "proactive_audio"),
        (
            setup(
                "models/gemini-3.8-live-extended-thinking",
                tools=[{"functionDeclarations": [{**ORDER_TOOL, "behavior": "BLOCKING"}]}],
            ),
            1007,
            "BLOCKING functions are not supported",
        ),
    ],
)
async def test_a_setup_the_service_would_refuse_is_refused(
    house: LiveHouse, message: dict[str, object], code: int, reason: str
) -> None:
    async with house.connected() as caller:
        await caller.send(message)
        ended = await caller.ended()
    assert ended[0] == code
    assert reason in ended[1]


@pytest.mark.parametrize("raw", ["{", "[]", "7"])
async def test_what_is_not_a_json_message_closes_with_1007(house: LiveHouse, raw: str) -> None:
    async with house.connected() as caller:
        await caller.socket.send(raw)
        ended = await caller.ended()
    assert ended[0] == 1007
    assert ended[1].startswith("Invalid JSON payload received.")


@pytest.mark.parametrize(
    ("model", "config"),
    [
        ("models/gemini-3.8-live", {"proactivity": {"proactive_audio": True}}),
        ("models/gemini-3.8-live-extended-thinking", with_config(thinking_config={"thinking_level": "LOW"})),
        ("models/gemini-3.1-flash-live-preview", with_config(thinking_config={"thinking_level": "MINIMAL"})),
        (
            "models/gemini-2.5-flash-native-audio-preview-12-2025",
            with_config(thinking_config={"thinking_budget": 0}, enable_affective_dialog=True),
        ),
        ("projects/p/locations/l/publishers/google/models/gemini-live-2.5-flash-native-audio", {}),
        ("models/gemini-3.5-live-translate-preview", with_config(translation_config={"target_language_code": "es"})),
    ],
)
async def test_every_model_takes_what_it_can(house: LiveHouse, model: str, config: dict[str, object]) -> None:
    async with house.connected() as caller:
        await caller.send({"setup": {"model": model, **config}})
        assert await caller.next() == {"setupComplete": {}}


async def test_both_key_styles_are_understood(house: LiveHouse) -> None:
    function = {"name": "look_up_order", "parameters_json_schema": {"type": "object", "properties": {"id": {}}}}
    async with house.talking(
        system_instruction={"parts": [{"text": "Be brief."}]},
        tools=[{"function_declarations": [function]}],
        realtimeInputConfig={"automatic_activity_detection": {"silence_duration_ms": 500}},
        sessionResumption={},
    ) as caller:
        assert "sessionResumptionUpdate" in await caller.next()


async def test_frames_are_binary_and_indented(house: LiveHouse) -> None:
    async with house.connected() as caller:
        await caller.send(setup())
        async with asyncio.timeout(WAIT_S):
            frame = await caller.socket.recv()
    assert frame == b'{\n  "setupComplete": {}\n}\n'


# ---- a turn


async def test_a_text_is_answered_with_sound_words_and_the_end_of_the_turn(house: LiveHouse) -> None:
    async with house.talking() as caller:
        await caller.text('Say exactly: "Thanks for calling."')
        generated = await caller.until("generationComplete")
        ended = await caller.until("turnComplete")
    assert generated == {"serverContent": {"generationComplete": True}}
    assert caller.words() == "Thanks for calling. "
    assert caller.sound_bytes() == 19 * MS_PER_LETTER * 48
    usage = ended["usageMetadata"]
    assert isinstance(usage, dict)
    assert usage["totalTokenCount"] == usage["promptTokenCount"] + usage["responseTokenCount"]
    assert usage["responseTokenCount"] > 0


async def test_sound_comes_faster_than_it_is_played_and_the_turn_ends_when_it_is_played(house: LiveHouse) -> None:
    clock = asyncio.get_running_loop().time
    async with house.talking() as caller:
        await caller.text('Say exactly: "This is a sentence of some length."')
        await caller.until("modelTurn")
        first = clock()
        await caller.until("generationComplete")
        generated = clock() - first
        await caller.until("turnComplete")
        played = clock() - first
    seconds = caller.sound_bytes() / 48_000
    assert generated < seconds / 2
    assert played == pytest.approx(seconds, abs=0.3)


async def test_client_content_is_answered_when_its_turn_is_complete(house: LiveHouse) -> None:
    turns = [{"role": "user", "parts": [{"text": 'Say exactly: "Yes."'}]}]
    async with house.talking() as caller:
        await caller.send({"client_content": {"turns": turns, "turn_complete": False}})
        await caller.send({"clientContent": {"turns": turns, "turnComplete": True}})
        await caller.until("turnComplete")
    assert caller.words() == "Yes. "


async def test_history_that_was_announced_is_not_answered(house: LiveHouse) -> None:
    history = [
        {"role": "user", "parts": [{"text": "where is order 1047"}]},
        {"role": "model", "parts": [{"text": "?"}]},
    ]
    async with house.talking(historyConfig={"initialHistoryInClientContent": True}) as caller:
        await caller.send({"client_content": {"turns": history, "turn_complete": True}})
        await caller.text('Say exactly: "Go on."')
        await caller.until("turnComplete")
    assert caller.words() == "Go on. "


async def test_3_1_refuses_client_content_after_its_first_turn(house: LiveHouse) -> None:
    async with house.connected() as caller:
        await caller.send(setup("models/gemini-3.1-flash-live-preview", outputAudioTranscription={}))
        await caller.text('Say exactly: "Yes."')
        await caller.until("turnComplete")
        await caller.send({"client_content": {"turns": [{"role": "user", "parts": [{"text": "hi"}]}]}})
        assert await caller.ended() == (1007, "Request contains an invalid argument.")


@pytest.mark.parametrize("rate", [8_000, 16_000, 24_000])
async def test_speech_is_transcribed_and_a_tool_used_and_its_answer_spoken(house: LiveHouse, rate: int) -> None:
    async with house.talking(
        tools=[{"functionDeclarations": [ORDER_TOOL]}], inputAudioTranscription={"languageCodes": ["en-GB"]}
    ) as caller:
        sound = tone(600) + quiet(700)
        await caller.sound(sound if rate == 16_000 else resampled(sound, rate), rate)
        call = await caller.call()
        await caller.answer(
            call, {"status": "ok", "retryable": False, "message": "It was sent."}, scheduling="WHEN_IDLE"
        )
        await caller.until("turnComplete")
        await caller.until("turnComplete")
    assert caller.words("inputTranscription") == " " + ORDER
    heard = [m["serverContent"] for m in caller.seen if "inputTranscription" in json.dumps(m)]
    assert '"languageCode": "en-GB"' in json.dumps(heard[0])
    assert call["args"] == {"order_number": "1047"}
    assert caller.words().startswith("One moment, let me look at order 1047. It was sent.")


def resampled(sound: bytes, rate: int) -> bytes:
    import numpy as np

    samples = np.frombuffer(sound, np.int16)
    at = np.arange(0, len(samples), 16_000 / rate)
    return np.asarray(np.interp(at, np.arange(len(samples)), samples), np.int16).tobytes()


async def test_audio_stream_end_ends_the_callers_turn_at_once(house: LiveHouse) -> None:
    async with house.talking(inputAudioTranscription={}) as caller:
        await caller.sound(tone(600))
        await caller.send({"realtime_input": {"audioStreamEnd": True}})
        await caller.until("inputTranscription")


async def test_the_clients_own_voice_detection_is_followed_where_it_was_announced(house: LiveHouse) -> None:
    manual = {"automaticActivityDetection": {"disabled": True}}
    async with house.talking(inputAudioTranscription={}, realtimeInputConfig=manual) as caller:
        await caller.send({"realtime_input": {"activityStart": {}}})
        await caller.sound(tone(200))
        await caller.send({"realtime_input": {"activityEnd": {}}})
        await caller.until("inputTranscription")
    async with house.talking() as caller:
        await caller.send({"realtime_input": {"activityStart": {}}})
        assert (await caller.ended())[0] == 1007


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ({"realtime_input": {"media_chunks": [{"data": "", "mime_type": "audio/pcm"}]}}, "media_chunks is deprecated"),
        ({"realtimeInput": {"audio": {"data": "AAA=", "mimeType": "audio/x-mulaw;rate=8000"}}}, "mime type"),
        ({"realtimeInput": {"audio": {"data": "AA==", "mimeType": "audio/pcm;rate=16000"}}}, "16-bit"),
        ({"realtimeInput": {"audio": {"data": "*", "mimeType": "audio/pcm"}}}, "Base64"),
        ({"realtimeInput": {"text": "a", "audioStreamEnd": True}}, "invalid argument"),
        ({"clientContent": {"turns": [{"role": "agent", "parts": []}]}}, "valid role"),
        ({"toolResponse": {"functionResponses": [{"id": "x", "response": "text"}]}}, "Struct"),
        ({"somethingNew": {}}, 'Unknown name "somethingNew": Cannot find field.'),
        (setup(), "setup must be the first"),
    ],
)
async def test_a_message_the_service_would_refuse_closes_with_1007(
    house: LiveHouse, message: dict[str, object], reason: str
) -> None:
    async with house.talking() as caller:
        await caller.send(message)
        ended = await caller.ended()
    assert ended[0] == 1007
    assert reason in ended[1]


# ---- interruption and tools


async def test_speech_interrupts_what_is_still_being_played(house: LiveHouse) -> None:
    async with house.talking(inputAudioTranscription={}) as caller:
        await caller.text('Say exactly: "This is a sentence that goes on for a while. And then another one."')
        await caller.until("generationComplete")
        await caller.sound(tone(120))
        assert await caller.next() == {"serverContent": {"interrupted": True}}
        assert "turnComplete" in json.dumps(await caller.next())
        await caller.sound(tone(300) + quiet(600))
        await caller.until("inputTranscription")


async def test_speech_interrupts_generation_and_the_rest_is_never_sent(house: LiveHouse) -> None:
    sentence = "This is a sentence that goes on for quite a while and then some. " * 3
    async with house.talking() as caller:
        await caller.text(f'Say exactly: "{sentence}"')
        await caller.until("modelTurn")
        await caller.sound(tone(120))
        await caller.until("interrupted")
        await caller.until("turnComplete")
    assert sentence.startswith(caller.words().strip()[:40])
    assert len(caller.words()) < len(sentence) / 2


async def test_nothing_is_interrupted_where_that_is_turned_off(house: LiveHouse) -> None:
    async with house.talking(realtimeInputConfig={"activityHandling": "NO_INTERRUPTION"}) as caller:
        await caller.text('Say exactly: "Please listen to me."')
        await caller.until("modelTurn")
        await caller.sound(tone(200) + quiet(600))
        await caller.until("turnComplete")
        await caller.until("turnComplete")
    assert "interrupted" not in json.dumps(caller.seen)


async def test_new_speech_cancels_a_tool_the_model_waits_for(house: LiveHouse) -> None:
    tools = [{"functionDeclarations": [{**ORDER_TOOL, "behavior": "BLOCKING"}]}]
    async with house.talking(tools=tools) as caller:
        await caller.text("Where is order 1047?")
        call = await caller.call()
        await caller.sound(tone(120))
        assert await caller.next() == {"toolCallCancellation": {"ids": [call["id"]]}}
        assert await caller.next() == {"serverContent": {"interrupted": True}}
        await caller.answer(call, {"status": "ok", "message": "Too late."})
        await caller.text('Say exactly: "Yes."')
        await caller.until("turnComplete")
        await caller.until("turnComplete")
    assert caller.words() == "Yes. "


async def test_a_turn_stays_open_while_the_model_waits_for_a_tool(house: LiveHouse) -> None:
    tools = [{"functionDeclarations": [{**ORDER_TOOL, "behavior": "BLOCKING"}]}]
    async with house.talking(tools=tools) as caller:
        await caller.text("Where is order 1047?")
        call = await caller.call()
        await caller.answer(call, {"status": "ok", "message": "It was sent?"})
        await caller.until("turnComplete")
    assert caller.words() == "It was sent? "
    assert json.dumps(caller.seen).count("turnComplete") == 1


async def test_silent_answers_are_not_spoken_and_unknown_ids_ignored(house: LiveHouse) -> None:
    async with house.talking(tools=[{"functionDeclarations": [ORDER_TOOL]}]) as caller:
        await caller.text("Where is order 1047?")
        call = await caller.call()
        await caller.answer({"id": "nobody", "name": "look_up_order"}, {"message": "Nobody asked."})
        await caller.answer(call, {"status": "ok", "message": "Secret."}, scheduling="SILENT")
        await caller.until("turnComplete")
        await caller.text('Say exactly: "Yes."')
        await caller.until("turnComplete")
    assert caller.words() == "One moment, let me look at order 1047. Yes. "


async def test_an_urgent_answer_is_spoken_at_once(house: LiveHouse) -> None:
    async with house.talking(tools=[{"functionDeclarations": [ORDER_TOOL]}]) as caller:
        await caller.text("Where is order 1047?")
        call = await caller.call()
        await caller.answer(call, {"status": "ok", "message": "Sent?"}, scheduling="INTERRUPT")
        await caller.until("turnComplete")
    assert caller.words() == "One moment, let me look at order 1047. Sent? "


# ---- resumption and ends


async def test_a_resumed_session_goes_on_where_it_was(house: LiveHouse) -> None:
    tools = [{"functionDeclarations": [ORDER_TOOL]}]
    async with house.talking(sessionResumption={}, tools=tools) as caller:
        await caller.text("Where is my order?")
        await caller.until("turnComplete")
        update = (await caller.until("sessionResumptionUpdate"))["sessionResumptionUpdate"]
        assert isinstance(update, dict)
        assert update["resumable"] is True
        async with house.connected() as second:
            await second.send(setup(sessionResumption={"handle": update["newHandle"]}))
            assert (await second.ended())[0] == 1011
    async with house.talking(sessionResumption={"handle": update["newHandle"]}, tools=tools) as caller:
        await caller.text("It is 1 0 4 7.")
        assert (await caller.call())["args"] == {"order_number": "1047"}


async def test_the_context_grows_with_every_turn(house: LiveHouse) -> None:
    async with house.talking() as caller:
        prompts = []
        for _ in range(3):
            await caller.text('Say exactly: "Yes."')
            usage = (await caller.until("turnComplete"))["usageMetadata"]
            assert isinstance(usage, dict)
            prompts.append(usage["promptTokenCount"])
    assert prompts == sorted(set(prompts))


async def test_a_connection_ends_by_itself_after_going_away(tmp_path: Path) -> None:
    async with live_house(tmp_path, life_s=60.05) as house, house.talking() as caller:
        assert await caller.until("goAway") == {"goAway": {"timeLeft": "60s"}}


# ---- faults


async def test_the_control_page_counts_and_shows_setups(house: LiveHouse) -> None:
    async with house.talking():
        status, report = await control(house)
    assert status == 200
    assert (report["opened"], report["open"], report["frames_in"]) == (1, 1, 1)
    assert isinstance(report["setups"], list)
    assert report["setups"][0]["model"] == MODEL


async def test_the_control_page_refuses_what_it_does_not_know(house: LiveHouse) -> None:
    assert (await control(house, {"fault": {"explode": True}}))[0] == 400
    assert (await control(house, {"explode": True}))[0] == 400


@pytest.mark.parametrize("status", [429, 503])
async def test_an_upgrade_is_refused_on_request_and_only_so_often(house: LiveHouse, status: int) -> None:
    await control(house, {"fault": {"refuse": status}, "sessions": 1})
    with pytest.raises(InvalidStatus) as refused:
        async with house.connected():
            pass
    assert refused.value.response.status_code == status
    async with house.talking() as caller:
        assert caller.seen[0] == {"setupComplete": {}}


@pytest.mark.parametrize("code", [1000, 1001, 1007, 1008, 1011, 1013, 4000])
async def test_a_setup_is_refused_and_a_session_closed_with_any_code(house: LiveHouse, code: int) -> None:
    await control(house, {"fault": {"refuse": code, "refuse_reason": "no"}, "sessions": 1})
    async with house.connected() as caller:
        await caller.send(setup())
        assert await caller.ended() == (code, "no")
    async with house.talking() as caller:
        await control(house, {"close": code, "reason": "Internal error encountered."})
        assert await caller.ended() == (code, "Internal error encountered.")


async def test_a_setup_may_never_be_answered(house: LiveHouse) -> None:
    await control(house, {"fault": {"mute_setup": True}, "sessions": 1})
    async with house.connected() as caller:
        await caller.send(setup())
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await caller.socket.recv()


async def test_a_connection_is_dropped_without_a_word(house: LiveHouse) -> None:
    await control(house, {"fault": {"drop_after_s": 0.05}})
    async with house.talking() as caller:
        assert (await caller.ended())[0] == 1006


async def test_goaway_comes_before_the_close(house: LiveHouse) -> None:
    await control(house, {"fault": {"goaway_after_s": 0.05, "goaway_time_left_s": 0.1, "goaway_code": 1001}})
    async with house.talking() as caller:
        assert await caller.until("goAway") == {"goAway": {"timeLeft": "0.1s"}}
        assert await caller.ended() == (1001, "Deadline expired before operation could complete.")


async def test_goaway_may_be_asked_for_now(house: LiveHouse) -> None:
    async with house.talking() as caller:
        await control(house, {"goaway_s": 0.05})
        await caller.until("goAway")
        assert (await caller.ended())[0] == 1011


async def test_sound_may_be_silent(house: LiveHouse) -> None:
    await control(house, {"fault": {"silent_audio": True}})
    async with house.talking() as caller:
        await caller.text('Say exactly: "Yes."')
        spoken = await caller.until("modelTurn")
    assert "AAAAAAAA" in json.dumps(spoken)
    assert caller.words() == "Yes. "


async def test_a_turn_may_be_empty(house: LiveHouse) -> None:
    await control(house, {"fault": {"empty_turn": True}})
    async with house.talking() as caller:
        await caller.text('Say exactly: "Yes."')
        await caller.until("turnComplete")
    assert caller.sound_bytes() == 0


async def test_an_interruption_may_be_a_phantom(house: LiveHouse) -> None:
    await control(house, {"fault": {"phantom_after_s": 0.05}})
    async with house.talking() as caller:
        assert await caller.until("interrupted") == {"serverContent": {"interrupted": True}}


async def test_many_sessions_at_once_all_get_their_turn_and_leave_nothing_behind(tmp_path: Path) -> None:
    async def one(house: LiveHouse) -> str:
        async with house.talking(inputAudioTranscription={}, tools=[{"functionDeclarations": [ORDER_TOOL]}]) as caller:
            await caller.sound(tone(300) + quiet(600))
            await caller.call()
            return caller.words("inputTranscription")

    before = len(asyncio.all_tasks())
    async with live_house(tmp_path, ORDER) as house, asyncio.TaskGroup() as group:
        calls = [group.create_task(one(house)) for _ in range(20)]
    assert {call.result() for call in calls} == {" " + ORDER}
    report = house.connections.report()
    assert (report["open"], report["opened"], report["closes"]) == (0, 20, {"1000": 20})
    assert len(asyncio.all_tasks()) == before


def test_without_the_extra_it_serves_english_and_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def english_only(languages: tuple[str, ...]) -> Recogniser:
        if languages != ("en",):
            raise SpeechUnavailable("install the extra")
        return Recogniser(ScriptedEars([]))

    monkeypatch.setattr(live_server, "load_recogniser", english_only)
    loaded = live_server.speech_from(live_server.options_from(["--voice", "tones", "--languages", "en,es"]))
    loaded.understanding.thread.shutdown()
    loaded.voice_thread.shutdown()
    assert loaded.languages == ("en",)
    assert "install the extra" in capsys.readouterr().err
