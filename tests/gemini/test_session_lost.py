"""How Live sessions end, and fail to begin."""

import asyncio

import pytest
from google import genai

from app.call import events
from app.gemini.session import LiveModel
from app.gemini.setup import SetupWish
from app.telemetry import metrics

from .conftest import WITHIN_S, Heard, Live, Peer
from .frames import recorded
from .playing import FRAME, closing, running, stay

CLOSES = [(end["client_close_code"], end["client_close_reason"]) for end in recorded("closes", "end")]


@pytest.mark.parametrize("close", [close for close in CLOSES if close[0]], ids=str)
async def test_every_close_is_told_once(
    client: genai.Client, live: Live, heard: Heard, raw: bool, close: tuple[int, str]
) -> None:
    live.plays = [closing(*close)]
    count = metrics.live_closes.labels(str(close[0]))._value
    before = count.get()
    async with running(client, heard, raw=raw) as model:
        model.open("")
        assert await heard.until(events.SessionLost) == events.SessionLost(*close)
    assert len(heard.of(events.SessionLost)) == 1
    assert count.get() == before + 1


async def test_a_broken_connection_is_1006(client: genai.Client, live: Live, heard: Heard, raw: bool) -> None:
    async def breaking(peer: Peer) -> None:
        await peer.accept()
        peer.websocket.transport.abort()

    live.plays = [breaking]
    async with running(client, heard, raw=raw) as model:
        model.open("")
        assert (await heard.until(events.SessionLost)).code == 1006
    assert len(heard.of(events.SessionLost)) == 1


async def test_a_close_whose_socket_stays_open_is_noticed_by_speaking(
    client: genai.Client, live: Live, heard: Heard, raw: bool
) -> None:
    async def half_closing(peer: Peer) -> None:
        websocket = (await peer.accept()).websocket
        await peer.hear()
        websocket.transport.pause_reading()
        websocket.protocol.send_close(1011, "Internal error encountered.")
        websocket.send_data()
        await websocket.wait_closed()

    live.plays = [half_closing]
    async with running(client, heard, raw=raw) as model:
        model.open("Hello.")
        await heard.until(events.SessionOpened)
        async with asyncio.timeout(WITHIN_S):
            while not heard.of(events.SessionLost):
                model.listen(FRAME)
                await asyncio.sleep(0)
    assert heard.of(events.SessionLost) == [events.SessionLost(1011, "Internal error encountered.")]
    live.peers[0].websocket.transport.abort()


async def test_a_close_in_the_place_of_setup_complete_is_told(client: genai.Client, live: Live, heard: Heard) -> None:
    async def refusing(peer: Peer) -> None:
        await peer.hear()
        await peer.close(1008, "API key not valid")

    live.plays = [refusing]
    async with running(client, heard) as model:
        model.open("Hello.")
        assert await heard.until(events.SessionLost) == events.SessionLost(1008, "API key not valid")
    assert heard.of(events.SessionOpened) == []


@pytest.mark.parametrize("answer", [{"error": {"code": 400}}, [], "x", 1, {"setupComplete": 5}, {}])
async def test_an_answer_that_is_no_setup_complete_is_a_protocol_error(
    client: genai.Client, live: Live, heard: Heard, answer: object
) -> None:
    async def odd(peer: Peer) -> None:
        await peer.accept(answer)
        await peer.hear_all()

    live.plays = [odd]
    async with running(client, heard) as model:
        model.open("")
        assert (await heard.until(events.SessionLost)).code == 1002
    assert heard.of(events.SessionOpened) == []


@pytest.mark.parametrize("status", [401, 403, 404, 429, 503])
async def test_a_refused_upgrade_is_its_http_status(
    client: genai.Client, live: Live, heard: Heard, status: int
) -> None:
    live.plays, live.refuse_with = [stay], status
    async with running(client, heard) as model:
        model.open("")
        assert (await heard.until(events.SessionLost)).code == status


async def test_nobody_there_is_1006(client: genai.Client, heard: Heard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    async with running(client, heard) as model:
        model.open("")
        assert (await heard.until(events.SessionLost)).code == 1006


async def test_a_setup_that_is_never_answered_is_0(client: genai.Client, live: Live, heard: Heard) -> None:
    async def mute(peer: Peer) -> None:
        await peer.hear_all()

    live.plays = [mute]
    async with running(client, heard, connect_within_s=0.1) as model:
        model.open("")
        assert (await heard.until(events.SessionLost)).code == 0


async def test_closing_tells_the_service_and_nobody_else(
    client: genai.Client, live: Live, heard: Heard, raw: bool
) -> None:
    live.plays = [stay]
    async with running(client, heard, raw=raw) as model:
        model.open("")
        await heard.until(events.SessionOpened)
    async with asyncio.timeout(WITHIN_S):
        await live.peers[0].websocket.wait_closed()
    assert live.peers[0].websocket.close_code == 1000
    assert heard.of(events.SessionLost) == []


async def test_a_service_that_does_not_close_after_us_is_left(client: genai.Client, live: Live, heard: Heard) -> None:
    async def deaf(peer: Peer) -> None:
        await peer.accept()
        peer.websocket.transport.pause_reading()
        await peer.websocket.wait_closed()

    live.plays = [deaf]
    async with running(client, heard) as model:
        model.open("")
        await heard.until(events.SessionOpened)
    assert heard.of(events.SessionLost) == []
    live.peers[0].websocket.transport.abort()


async def test_opening_after_closing_connects_to_nobody(client: genai.Client, live: Live, heard: Heard) -> None:
    async with running(client, heard) as model:
        model.close()
        model.open("Hello.")
    assert live.peers == []


async def test_our_own_fault_in_taking_an_event_ends_the_run(client: genai.Client, live: Live, heard: Heard) -> None:
    def fail(event: events.Event) -> None:
        raise ZeroDivisionError

    live.plays = [stay]
    heard.then = fail
    model = LiveModel(client, SetupWish(), heard, backend="developer", uplink_ms=20)
    model.open("")
    with pytest.raises(ExceptionGroup) as raised:
        async with asyncio.timeout(WITHIN_S):
            await model.run()
    assert raised.value.subgroup(ZeroDivisionError)


async def test_what_the_call_raises_ends_the_session_and_is_raised(
    client: genai.Client, live: Live, heard: Heard, raw: bool
) -> None:
    async def spoken(peer: Peer) -> None:
        await peer.accept()
        await peer.say({"serverContent": {"turnComplete": True}})
        await peer.hear_all()

    def stumble(event: events.Event) -> None:
        if isinstance(event, events.TurnCompleted):
            raise ZeroDivisionError("of the call")

    live.plays = [spoken]
    heard.then = stumble
    model = LiveModel(client, SetupWish(), heard, backend="developer", raw=raw)
    model.open("")
    with pytest.raises(ExceptionGroup) as raised:
        async with asyncio.timeout(WITHIN_S):
            await model.run()
    assert raised.value.subgroup(ZeroDivisionError) is not None
