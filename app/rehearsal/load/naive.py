"""The bridge that tutorials arrive at, to compare with: Starlette, the SDK both ways, and audioop's resampler."""

import argparse
import asyncio
import base64
import json

import uvicorn
from google import genai
from google.genai import live, types
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from app.audio.native import audioop

MODEL = "gemini-3.8-live"
CONFIG = types.LiveConnectConfig(
    response_modalities=[types.Modality.AUDIO], system_instruction="You are a helpful voice assistant."
)


class Naive:
    """Calls on /media, each with a session."""

    def __init__(self) -> None:
        self._client = genai.Client(vertexai=False)
        self.app = Starlette(routes=[WebSocketRoute("/media", self._media)])

    async def _media(self, ws: WebSocket) -> None:
        await ws.accept()
        async with self._client.aio.live.connect(model=MODEL, config=CONFIG) as session, asyncio.TaskGroup() as tasks:
            await ws.receive_text()
            stream_sid = str(json.loads(await ws.receive_text())["streamSid"])
            talking = tasks.create_task(_talk(ws, session, stream_sid))
            await _hear(ws, session)
            talking.cancel()


async def _hear(ws: WebSocket, session: live.AsyncSession) -> None:
    state = None
    try:
        while (message := json.loads(await ws.receive_text()))["event"] != "stop":
            if message["event"] == "media":
                pcm = audioop.ulaw2lin(base64.b64decode(message["media"]["payload"]), 2)
                pcm, state = audioop.ratecv(pcm, 2, 1, 8_000, 16_000, state)
                await session.send_realtime_input(audio=types.Blob(data=pcm, mime_type="audio/pcm;rate=16000"))
    except WebSocketDisconnect:
        return


async def _talk(ws: WebSocket, session: live.AsyncSession, stream_sid: str) -> None:
    state = None
    while True:
        async for message in session.receive():
            content = message.server_content
            if content is None:
                continue
            if content.interrupted:
                await ws.send_text(json.dumps({"event": "clear", "streamSid": stream_sid}))
                state = None
            for part in (content.model_turn.parts if content.model_turn else None) or []:
                if part.inline_data and part.inline_data.data:
                    pcm, state = audioop.ratecv(part.inline_data.data, 2, 1, 24_000, 8_000, state)
                    payload = base64.b64encode(audioop.lin2ulaw(pcm, 2)).decode()
                    media = {"event": "media", "streamSid": stream_sid, "media": {"payload": payload}}
                    await ws.send_text(json.dumps(media))


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--port", type=int, required=True)
    uvicorn.run(Naive().app, host="127.0.0.1", port=arguments.parse_args().port, log_level="error")
