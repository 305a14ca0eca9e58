"""Who is let in: over a real server and a real WebSocket on this machine."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
import uvicorn
from prometheus_client import REGISTRY
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket
from structlog.testing import capture_logs
from twilio.request_validator import RequestValidator
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from app.call.events import CallerAudio, CallerHungUp, Event
from app.twilio.served import ServedSocket
from app.twilio.signature import Signatures
from app.twilio.stream import PhoneStream, admit
from app.twilio.tokens import StreamTokens
from tests.twilio import wires
from tests.twilio.wires import CALL, CALLED, CALLER, MULAW, connected, media, model_sound, start

URL = "https://phone.example.com"
TOKEN = "a-token"
PATIENCE_S = 5.0


@dataclass
class Door:
    """A server with the stream's route, and what came through it."""

    tokens: StreamTokens = field(default_factory=lambda: StreamTokens(["secret"]))
    start_within_s: float = PATIENCE_S
    admitted: list[PhoneStream] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    stumbles: bool = False  # over the first event
    port: int = 0
    fault: BaseException | None = None

    def __post_init__(self) -> None:
        self.entered = asyncio.Event()
        self.over = asyncio.Event()

    async def endpoint(self, ws: WebSocket) -> None:
        stream = await admit(ws, Signatures([TOKEN], URL), self.tokens, start_within_s=self.start_within_s)
        if stream is not None:
            stream.attach(self._take)
            self.admitted.append(stream)
            self.entered.set()
            try:
                await stream.run()
            except ExceptionGroup as fault:
                self.fault = fault.exceptions[0]
        self.over.set()

    def _take(self, event: Event) -> None:
        if self.stumbles:
            raise ZeroDivisionError("of the call")
        self.events.append(event)

    def token(self, call_sid: str = CALL) -> str:
        return self.tokens.mint(call_sid, CALLER, CALLED, time.time())

    def dial_in(self, signature: str | None = None) -> connect:
        """A WebSocket as Twilio opens it: signed, without Origin, compression or subprotocol."""
        signed = signature or RequestValidator(TOKEN).compute_signature("wss://phone.example.com/media", {})
        return connect(
            f"ws://127.0.0.1:{self.port}/media",
            additional_headers={"x-twilio-signature": signed},
            user_agent_header="Twilio.TmeWs/1.0",
            compression=None,
            ping_interval=None,
            proxy=None,
        )


@asynccontextmanager
async def opened(door: Door) -> AsyncIterator[Door]:
    app = Starlette(routes=[WebSocketRoute("/media", door.endpoint)])
    config = uvicorn.Config(app, host="127.0.0.1", port=0, ws=ServedSocket, lifespan="off", log_level="critical")
    server = uvicorn.Server(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    door.port = server.servers[0].sockets[0].getsockname()[1]
    try:
        async with asyncio.timeout(3 * PATIENCE_S):
            yield door
    finally:
        await server.shutdown()


async def close_of(peer: ClientConnection) -> tuple[int, str]:
    """How the stream was closed on us."""
    with pytest.raises(ConnectionClosed):
        while True:
            await peer.recv()
    return peer.close_code or 0, peer.close_reason or ""


def refused(reason: str) -> float:
    return REGISTRY.get_sample_value("frontline_refused_total", {"reason": reason}) or 0.0


async def test_a_signed_stream_with_a_token_is_let_in_and_runs_both_ways() -> None:
    async with opened(Door()) as door, door.dial_in() as peer:
        for frame in (connected(), start(door.token()), media(1), media(2)):
            await peer.send(frame)
        await door.entered.wait()
        (stream,) = door.admitted
        assert (stream.caller, stream.called, stream.call_sid) == (CALLER, CALLED, CALL)
        stream.play(model_sound(100), "g1:1", True)
        assert [json.loads(await peer.recv())["event"] for _ in range(2)] == ["media", "mark"]
        stream.leave()
        assert await close_of(peer) == (1000, "")
        await door.over.wait()
    assert [type(event) for event in door.events] == [CallerAudio, CallerAudio, CallerHungUp]
    assert door.events[-1] == CallerHungUp(clean=True)


async def test_a_stream_whose_peer_vanishes_is_over() -> None:
    async with opened(Door()) as door:
        peer = await door.dial_in()
        await peer.send(connected())
        await peer.send(start(door.token()))
        await door.entered.wait()
        peer.transport.abort()
        await door.over.wait()
        door.admitted[0].play(model_sound(100), "g1:1", True)
    assert door.events == [CallerHungUp(clean=False)]


async def test_what_the_call_raises_over_a_frame_ends_the_stream_and_is_raised() -> None:
    async with opened(Door(stumbles=True)) as door, door.dial_in() as peer:
        for frame in (connected(), start(door.token())):
            await peer.send(frame)
        await door.entered.wait()
        await asyncio.sleep(0)
        await peer.send(media(1))
        await door.over.wait()
    assert isinstance(door.fault, ZeroDivisionError)


async def test_what_is_played_to_a_peer_that_reads_comes_in_order_whichever_way() -> None:
    async with opened(Door()) as door, door.dial_in() as peer:
        for frame in (connected(), start(door.token()), media(1)):
            await peer.send(frame)
        await door.entered.wait()
        stream = door.admitted[0]
        for number in range(300):
            stream.play(model_sound(20), f"g1:{number}", True)
            if number % 50 == 0:
                await asyncio.sleep(0)
        stream.leave()
        sent = [json.loads(await peer.recv()) for _ in range(600)]
        assert await close_of(peer) == (1000, "")
    assert [message["event"] for message in sent] == ["media", "mark"] * 300
    assert [m["mark"]["name"] for m in sent[1::2]] == [f"g1:{number}" for number in range(300)]


@pytest.mark.parametrize("signature", ["c2lnbmF0dXJl", "é"])
async def test_an_unsigned_upgrade_is_answered_with_403_before_accept(signature: str) -> None:
    before = refused("stream_signature")
    async with opened(Door()) as door:
        with capture_logs() as logs, pytest.raises(InvalidStatus) as raised:
            await door.dial_in(signature.encode().decode("latin-1"))
        await door.over.wait()
    assert raised.value.response.status_code == 403
    assert refused("stream_signature") == before + 1
    (line,) = logs
    assert line["checked_url"] == "wss://phone.example.com/media"


async def test_a_stream_without_a_start_is_closed_in_time() -> None:
    before = refused("no_start")
    async with opened(Door(start_within_s=0.05)) as door, door.dial_in() as peer:
        await peer.send(connected())
        await peer.send(media(1))
        assert await close_of(peer) == (1008, "no start within 0.05 s")
    assert refused("no_start") == before + 1
    assert door.admitted == []


@pytest.mark.parametrize(
    ("sound", "why"),
    [
        ({**MULAW, "encoding": "audio/l16"}, "not 'audio/l16' 8000 Hz x1"),
        ({**MULAW, "sampleRate": 16000}, "not 'audio/x-mulaw' 16000 Hz x1"),
        ({**MULAW, "channels": 2}, "not 'audio/x-mulaw' 8000 Hz x2"),
        ({**MULAW, "encoding": "é" * 2_000}, "not '"),
    ],
)
async def test_sound_we_cannot_hear_is_refused_with_a_reason(sound: dict[str, object], why: str) -> None:
    async with opened(Door()) as door, door.dial_in() as peer:
        await peer.send(start(door.token(), sound))
        code, reason = await close_of(peer)
    assert code == 1003
    assert reason.startswith("want audio/x-mulaw 8000 Hz mono, ")
    assert why in reason
    assert door.admitted == []


async def test_a_token_is_good_for_one_stream() -> None:
    async with opened(Door()) as door:
        token = door.token()
        async with door.dial_in() as first, door.dial_in() as second:
            await first.send(start(token))
            await door.entered.wait()
            await second.send(start(token))
            assert await close_of(second) == (1008, "token refused")
            door.admitted[0].leave()
    assert len(door.admitted) == 1


@pytest.mark.parametrize("kind", ["none", "other_call", "nonsense"])
async def test_a_token_that_is_not_this_calls_is_refused_and_not_logged(kind: str) -> None:
    async with opened(Door()) as door, door.dial_in() as peer:
        token = {"none": "", "other_call": door.token("CA" + "0" * 32), "nonsense": "x.y.z"}[kind]
        with capture_logs() as logs:
            await peer.send(start(token))
            assert await close_of(peer) == (1008, "token refused")
            await door.over.wait()
    (line,) = [line for line in logs if line["event"] == "stream refused"]
    assert line["reason"] == ("token_other_call" if kind == "other_call" else "token_malformed")
    assert not token or token not in str(logs)
    assert door.admitted == []


async def test_nonsense_before_the_start_is_borne_up_to_a_point() -> None:
    async with opened(Door()) as door:
        async with door.dial_in() as peer:
            for frame in ("x", b"\x00", media(1), start(door.token())):
                await peer.send(frame)
            await door.entered.wait()
            door.admitted[0].leave()
        async with door.dial_in() as peer:
            for _ in range(21):
                await peer.send("x")
            assert await close_of(peer) == (1003, "too many faults")
    assert len(door.admitted) == 1


async def test_a_peer_that_goes_before_the_start_is_no_error() -> None:
    before = refused("stream_gone")
    async with opened(Door()) as door:
        async with door.dial_in() as peer:
            await peer.send(connected())
        await door.over.wait()
    assert refused("stream_gone") == before + 1


async def test_a_stream_is_taken_unsigned_only_where_signatures_are_off() -> None:
    line = wires.Line()
    line.connect()
    tokens = StreamTokens(["secret"])
    line.say(start(tokens.mint(CALL, CALLER, CALLED, 1_000.0)))
    assert await admit(line.socket, Signatures.off(), tokens, wall=lambda: 1_001.0) is not None
