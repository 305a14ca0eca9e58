"""The Live stand-in through Google's own SDK, and the whole of it as a process with real speech."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
from google import genai
from google.genai import errors, types

from app.rehearsal.speech import load_voice, to_16k
from tests.rehearsal.live_caller import ORDER_TOOL, WAIT_S, LiveHouse, live_house, quiet, tone

MODEL = "gemini-3.8-live"
ORDER = "where is my order 1047"


def client(port: int, ca_file: Path) -> genai.Client:
    import ssl

    tls = ssl.create_default_context(cafile=str(ca_file))
    options = types.HttpOptions(
        base_url=f"https://127.0.0.1:{port}",
        api_version="v1beta",
        async_client_args={"ssl": tls, "ping_interval": None, "proxy": None, "close_timeout": 1},
    )
    return genai.Client(api_key="k", http_options=options)


def config(**more: object) -> types.LiveConnectConfig:
    fields: dict[str, object] = {
        "response_modalities": ["AUDIO"],
        "system_instruction": "You answer the phone of a shop.",
        "tools": [{"function_declarations": [ORDER_TOOL]}],
        "input_audio_transcription": {"language_codes": ["en-US"]},
        "output_audio_transcription": {},
        "session_resumption": {},
        "context_window_compression": {"sliding_window": {}},
    }
    return types.LiveConnectConfig.model_validate(fields | more)


async def turn(session: genai.live.AsyncSession) -> list[types.LiveServerMessage]:
    """One turn's messages."""
    async with asyncio.timeout(WAIT_S * 2):
        return [message async for message in session.receive()]


async def send_sound(session: genai.live.AsyncSession, pcm: bytes) -> None:
    for start in range(0, len(pcm), 640):
        blob = types.Blob(data=pcm[start : start + 640], mime_type="audio/pcm;rate=16000")
        await session.send_realtime_input(audio=blob)


def contents(messages: list[types.LiveServerMessage]) -> list[types.LiveServerContent]:
    return [message.server_content for message in messages if message.server_content]


def words(messages: list[types.LiveServerMessage]) -> str:
    found = [content.output_transcription for content in contents(messages)]
    return "".join(each.text or "" for each in found if each)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[LiveHouse]:
    async with live_house(tmp_path, ORDER, "goodbye") as one:
        yield one


@asynccontextmanager
async def session_of(house: LiveHouse, **more: object) -> AsyncIterator[genai.live.AsyncSession]:
    google = client(house.port, house.ca_file)
    try:
        async with google.aio.live.connect(model=MODEL, config=config(**more)) as session:
            yield session
    finally:
        await google.aio.aclose()
        google.close()


async def test_the_sdk_gets_a_greeting(house: LiveHouse) -> None:
    async with session_of(house) as session:
        await session.send_realtime_input(text='Say exactly: "Thanks for calling."')
        messages = await turn(session)
    assert words(messages) == "Thanks for calling. "
    assert any(content.generation_complete for content in contents(messages))
    usage = messages[-1].usage_metadata
    assert usage is not None
    assert usage.response_token_count


async def test_the_sdk_sends_sound_and_answers_a_tool(house: LiveHouse) -> None:
    async with session_of(house) as session:
        await send_sound(session, tone(600) + quiet(700))
        messages = await turn(session)
        calls = [call for message in messages if message.tool_call for call in message.tool_call.function_calls or []]
        assert [(call.name, call.args) for call in calls] == [("look_up_order", {"order_number": "1047"})]
        response = types.FunctionResponse(
            id=calls[0].id, name=calls[0].name, response={"status": "ok", "message": "Sent?"}
        )
        await session.send_tool_response(function_responses=response)
        answer = await turn(session)
    heard = [content.input_transcription for content in contents(messages) if content.input_transcription]
    assert "".join(each.text or "" for each in heard) == " " + ORDER
    assert words(answer) == "Sent? "


async def test_the_sdk_sees_an_interruption(house: LiveHouse) -> None:
    async with session_of(house) as session:
        await session.send_client_content(
            turns=[
                types.Content(
                    role="user", parts=[types.Part(text='Say exactly: "This goes on for quite a while, yes."')]
                )
            ]
        )
        async with asyncio.timeout(WAIT_S):
            async for message in session.receive():
                if message.server_content and message.server_content.generation_complete:
                    await send_sound(session, tone(200))
                if message.server_content and message.server_content.interrupted:
                    break
            else:
                pytest.fail("nothing was interrupted")


async def test_the_sdk_resumes_a_session(house: LiveHouse) -> None:
    async with session_of(house) as session:
        await session.send_realtime_input(text="Where is my order?")
        await turn(session)
        update = await anext(session.receive())
    assert update.session_resumption_update is not None
    handle = {"handle": update.session_resumption_update.new_handle}
    async with session_of(house, session_resumption=handle) as session:
        await session.send_realtime_input(text="It is 1 0 4 7.")
        assert any(message.tool_call for message in await turn(session))


@pytest.mark.parametrize("code", [1000, 1001, 1007, 1008, 1011, 1013, 4000])
async def test_the_sdk_sees_every_close_code(house: LiveHouse, code: int) -> None:
    async with session_of(house) as session:
        house.connections.ask({"close": code, "reason": "The reason."})
        with pytest.raises(errors.APIError) as closed:
            while True:
                await turn(session)
    assert closed.value.code == code
    assert closed.value.details == "The reason."


async def test_the_sdk_sees_goaway(house: LiveHouse) -> None:
    async with session_of(house) as session:
        house.connections.ask({"goaway_s": 5})
        async with asyncio.timeout(WAIT_S):
            while (message := await anext(session.receive())).go_away is None:
                pass
    assert message.go_away.time_left == "5s"


# ---- the whole of it


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Path]]:
    folder = tmp_path_factory.mktemp("live")
    command = [sys.executable, "-m", "app.rehearsal.live_server", "--folder", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        yield ready["port"], Path(ready["ca_file"])
        process.terminate()
        assert process.wait(5) == 0


async def test_a_caller_with_a_real_voice_is_heard_and_answered_within_a_second(real: tuple[int, Path]) -> None:
    voice = await asyncio.to_thread(load_voice)
    question = to_16k(voice.sentence("Where is my order one zero four seven?"), 24_000)
    loud = np.flatnonzero(np.abs(np.frombuffer(question, np.int16)) > 300)[-1]
    google = client(*real)
    async with google.aio.live.connect(model=MODEL, config=config()) as session:
        ended = await spoken_in_real_time(session, question, int(loud) * 2)
        async with asyncio.timeout(WAIT_S):
            heard, tool, first = "", None, 0.0
            async for message in session.receive():
                content = message.server_content
                heard += (content.input_transcription.text or "") if content and content.input_transcription else ""
                first = first or (time.monotonic() if content and content.model_turn else 0.0)
                tool = message.tool_call or tool
    await google.aio.aclose()
    google.close()
    assert "1047" in heard
    assert tool is not None
    assert tool.function_calls is not None
    assert tool.function_calls[0].args == {"order_number": "1047"}
    assert first - ended < 1.5  # about 0.55 s on a quiet machine


async def spoken_in_real_time(session: genai.live.AsyncSession, pcm: bytes, ends_at: int) -> float:
    """Speak, then be silent for a second; returns when the speech ended."""
    sound = pcm + quiet(1000)
    clock = asyncio.get_running_loop().time
    began, ended = clock(), 0.0
    for start in range(0, len(sound), 640):
        await asyncio.sleep(max(0.0, began + start / 32_000 - clock()))
        await send_sound(session, sound[start : start + 640])
        ended = ended or (time.monotonic() if start >= ends_at else 0.0)
    return ended
