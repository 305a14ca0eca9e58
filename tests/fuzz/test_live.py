"""Any messages of the Live service: read, acted upon or passed over, and the call has one end."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import cast

from google import genai
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs
from websockets.exceptions import ConnectionClosedError
from websockets.frames import Close
from websockets.protocol import State

from app.bridge import Bridge
from app.call.events import DeadlinePassed
from app.call.machine import Call
from app.gemini import messages
from app.gemini.session import LiveModel
from app.gemini.setup import SetupWish
from tests.fakes import Clock, FakeJournal, FakePhone, FakeRecords, FakeTools, Log, settled
from tests.fuzz import Json, cases
from tests.playbook import RULES, STARTED

FIELDS = sorted(messages._FIELDS)
CONTENT = ("modelTurn", "interrupted", "turnComplete", "generationComplete", "inputTranscription", "groundingMetadata")
INNER = (
    "parts",
    "inlineData",
    "mimeType",
    "data",
    "text",
    "finished",
    "functionCalls",
    "id",
    "name",
    "args",
    "ids",
    "timeLeft",
    "newHandle",
    "resumable",
    "promptTokenCount",
    "functionCall",
    "outputTranscription",
    *CONTENT,
)
SOUND = {"inlineData": {"mimeType": "audio/pcm;rate=24000", "data": "AAAA" * 80}}

Nested = st.recursive(
    Json,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(INNER), inner, max_size=4),
    max_leaves=10,
)
Odd = st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=10), Nested, max_size=4)
Content = st.dictionaries(st.sampled_from(CONTENT), Nested, max_size=4).map(lambda inner: {"serverContent": inner})
Calls = st.builds(
    lambda id, name, args: {"toolCall": {"functionCalls": [{"id": id, "name": name, "args": args}]}},
    st.sampled_from(["a", "b", "c"]) | st.text(max_size=5),
    st.sampled_from(RULES.tools) | st.text(max_size=20),
    st.dictionaries(st.text(max_size=5), Json, max_size=3) | Json,
)
Known = st.sampled_from(
    [
        {"serverContent": {"modelTurn": {"parts": [SOUND]}}},
        {"serverContent": {"outputTranscription": {"text": "Hello there, how are you? "}}},
        {"serverContent": {"inputTranscription": {"text": "Where is my order? "}}},
        {"serverContent": {"interrupted": True}},
        {"serverContent": {"generationComplete": True}},
        {"serverContent": {"turnComplete": True}},
        {"toolCallCancellation": {"ids": ["a", "b"]}},
        {"sessionResumptionUpdate": {"newHandle": "h", "resumable": True}},
        {"goAway": {"timeLeft": "50s"}},
        {"usageMetadata": {"totalTokenCount": 3}},
    ]
)
Messages = Known | Known | Odd | Content | Calls


class Socket:
    """The SDK's WebSocket: says what it is given, then nothing, or breaks."""

    paused = False
    state = State.OPEN

    def __init__(self, frames: list[bytes], *, breaks: bool) -> None:
        self._frames, self._breaks = frames, breaks
        self.said_all = asyncio.Event()
        self.sent = 0
        self.transport = self

    def is_closing(self) -> bool:
        return False

    def write(self, data: bytes) -> None:
        assert data
        self.sent += 1

    def get_extra_info(self, name: str) -> None:
        assert name == "socket"

    async def drain(self) -> None:
        pass

    async def send(self, frame: bytes, text: bool) -> None:
        assert json.loads(frame) and text
        self.sent += 1

    async def recv(self, decode: bool) -> bytes:
        assert not decode
        await asyncio.sleep(0)
        if self._frames:
            return self._frames.pop(0)
        self.said_all.set()
        if self._breaks:
            raise ConnectionClosedError(Close(1011, "Internal error"), None)
        await asyncio.Event().wait()
        raise AssertionError("never")


class Client:
    """A client whose one session has that socket; a second is refused."""

    def __init__(self, socket: Socket) -> None:
        self._socket: Socket | None = socket
        self.aio = SimpleNamespace(live=self)

    @asynccontextmanager
    async def connect(self, model: str, config: object) -> AsyncIterator[object]:
        assert model and config
        if self._socket is None:
            raise OSError("no second session")
        socket, self._socket = self._socket, None
        try:
            yield SimpleNamespace(_ws=socket, setup_complete=object(), close=self._close)
        finally:
            socket.said_all.set()  # the call may have gone elsewhere, and the rest is not heard

    async def _close(self) -> None:
        pass


async def play(frames: list[bytes], *, breaks: bool) -> tuple[FakeRecords, Bridge, FakeJournal]:
    """One call in which the service says all this."""
    log, clock, socket = Log(), Clock(), Socket(frames, breaks=breaks)
    phone, records, journal = FakePhone(log), FakeRecords(log), FakeJournal(log)
    client = cast(genai.Client, Client(socket))
    bridge = Bridge(
        Call(RULES),
        model=lambda feed: LiveModel(client, SetupWish(), feed, backend="developer", clock=clock),
        tools=FakeTools(log),
        records=records,
        journal=journal,
        clock=clock,
    )
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        group.create_task(bridge.run(phone, STARTED))
        await socket.said_all.wait()
        await settled()
        phone.hang_up()
        await settled()
        while not bridge.call.ended:  # a handoff that nobody refuses
            clock.now += 60.0
            bridge.feed(DeadlinePassed())
            await settled()
    return records, bridge, journal


@cases(200)
@given(st.lists(Messages, max_size=40), st.booleans())
def test_any_messages_in_any_order_lead_to_one_end(said: list[dict[str, object]], breaks: bool) -> None:
    with capture_logs():
        records, bridge, journal = asyncio.run(play([json.dumps(one).encode() for one in said], breaks=breaks))
    assert len(records.ends) == 1
    assert records.ends[0].disposition != "failed"
    assert journal.closed
    assert len(bridge._tools) == 0


@cases(3_000)
@given(Messages.map(json.dumps).map(str.encode) | Json.map(json.dumps).map(str.encode) | st.binary(max_size=80))
def test_any_message_is_read_and_nothing_raised(frame: bytes) -> None:
    with capture_logs():
        messages.parse(frame)
