"""Our frames and the SDK's: the same on the wire, the same events out of it."""

import asyncio
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from google import genai
from websockets.frames import Frame, Opcode

from app.audio.pcm import Audio
from app.call import events
from app.call.image import Image
from app.gemini import messages
from app.gemini.client import client_for
from app.gemini.models import Backend
from app.gemini.session import LiveModel
from app.gemini.setup import SetupWish
from app.gemini.wire import _Masks, masked
from app.toolkit.spec import ToolSpec

from .conftest import WITHIN_S, Heard, Live, Peer
from .frames import RECORDINGS, meaning, recorded

PICTURE = Image(b"\xff\xd8\xff\xe0" + bytes(range(256)), 16, 16)
SOUND = Audio(bytes(range(256)) + b"\x00\x10" * 32, 8_000)
TOOL = ToolSpec("find_order", "Finds an order.", {"type": "object", "properties": {"number": {"type": "string"}}})


async def spoken(client: genai.Client, live: Live, raw: bool) -> list[Any]:
    """All that a model says when everything is asked of it."""
    sent: list[Any] = []

    async def listening(peer: Peer) -> None:
        sent.append((await peer.accept()).setup)
        while True:
            frame = await peer.websocket.recv()
            sent.append(meaning(frame))
            if "THE END" in str(frame):
                await peer.say({"serverContent": {"turnComplete": True}})

    live.plays, live.peers = [listening], []
    heard = Heard()
    wish = SetupWish(instruction="Be brief.", tools=(TOOL,), languages=("en-US", "es-US"), language="en-US")
    model = LiveModel(client, wish, heard, backend="developer", raw=raw, uplink_ms=20, context_updates=True)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(model.run())
        model.open('Good day, "you".')
        await heard.until(events.SessionOpened)
        for _ in range(3):
            model.listen(SOUND)
        model.pause_listening()
        model.tell_heard("The caller heard: It is — déjà vu")
        model.answer_tool("fc-1", "find_order", {"status": "ok", "order": {"state": "sent", "x_y": None}}, "WHEN_IDLE")
        model.answer_tool("fc-2", "find_order", {"status": "error"}, None)
        model.show(PICTURE)
        model.steer("es-US", live=True)
        model.say("THE END")
        await heard.until(events.TurnCompleted)
        model.close()
    return sent


async def test_what_we_put_on_the_wire_is_what_the_sdk_puts(
    client: genai.Client, plain_client: genai.Client, live: Live
) -> None:
    ours, theirs = await spoken(client, live, raw=True), await spoken(plain_client, live, raw=False)
    assert await spoken(plain_client, live, raw=True) == ours
    assert {"realtime_input": {"audioStreamEnd": True}} in ours
    assert len(ours) == 12
    assert ours == theirs
    assert ours[-3] == {"realtime_input": {"video": {"data": PICTURE.jpeg, "mime_type": "image/jpeg"}}}
    told = "Be brief.\n\nRESPOND IN SPANISH. YOU MUST RESPOND UNMISTAKABLY IN SPANISH."
    assert ours[-2] == {"contextUpdate": {"systemInstruction": {"parts": [{"text": told}], "role": "user"}}}


@pytest.mark.filterwarnings("ignore:.*is not a valid:UserWarning")
@pytest.mark.parametrize("name", RECORDINGS)
async def test_what_we_read_is_what_the_sdk_reads(live: Live, name: str, port: int, ca_file: Path) -> None:
    recording = recorded(name, "server")
    backend: Backend = "vertex" if name == "vertex" else "developer"
    lean, plain = (
        client_for(backend, "k", base_url=f"https://127.0.0.1:{port}", ca_file=str(ca_file), lean=lean)
        for lean in (True, False)
    )

    async def replaying(peer: Peer) -> None:
        await peer.accept()
        await peer.say(*recording, {"goAway": {"timeLeft": "77s"}})
        await peer.hear_all()

    ways = []
    for client, raw in ((lean, True), (plain, True), (plain, False)):
        live.plays, live.peers, heard = [replaying], [], Heard()
        model = LiveModel(client, SetupWish(), heard, backend=backend, raw=raw, uplink_ms=20)
        async with asyncio.TaskGroup() as tasks, asyncio.timeout(WITHIN_S):
            tasks.create_task(model.run())
            model.open("")
            while events.SessionEnding(77.0) not in heard.events:
                await heard.until(events.SessionEnding, len(heard.of(events.SessionEnding)) + 1)
            model.close()
        ways.append([event for event in heard.events if not isinstance(event, events.SessionOpened)])
    assert ways[0] == ways[1] == ways[2]
    assert len(ways[0]) > 10


def test_recorded_frames_of_the_sdk_are_ours_too() -> None:
    theirs = [frame for name in RECORDINGS for frame in recorded(name, "client")]
    assert meaning(messages.text_frame("tool")) in theirs
    assert meaning(messages.content_frame("Greet.", turn_complete=True)) in theirs
    assert meaning(messages.audio_frame(b"\0\1")) in [meaning_of(frame) for frame in theirs]
    answer = messages.tool_frame("fc-1", "get_weather", {"result": "sunny"}, "WHEN_IDLE")
    assert meaning(answer) in theirs
    updates = [frame["contextUpdate"] for frame in theirs if "contextUpdate" in frame]
    ours = meaning(messages.instruction_frame("New rules."))["contextUpdate"]
    assert ours["systemInstruction"] in [update["systemInstruction"] for update in updates]


def meaning_of(frame: Any) -> Any:
    return meaning(messages._frame(frame))


@pytest.mark.parametrize("length", [0, 1, 125, 126, 936, 65_535, 65_536, 200_000])
def test_our_own_frames_are_what_websockets_would_send(length: int) -> None:
    text = bytes(32 + k % 90 for k in range(length))
    key = b"\x01\x02\x03\x04"
    with patch("secrets.token_bytes", return_value=key):
        theirs = Frame(Opcode.TEXT, text).serialize(mask=True)
    assert masked(text, key) == theirs


def test_masking_keys_are_not_used_twice() -> None:
    masks = _Masks()
    assert len({masks.next() for _ in range(500)}) > 490
