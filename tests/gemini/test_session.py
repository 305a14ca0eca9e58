"""Live sessions over real TLS WebSockets, against a server that the tests play."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from google import genai

from app.audio.pcm import Audio, silence
from app.call import events
from app.call.image import Image
from app.gemini.client import client_for
from app.gemini.quota import Quota
from app.gemini.session import LiveModel, Place
from app.gemini.setup import GREETED, STORY_HEAD, SetupWish
from app.gemini.spoken_language import warm_up
from app.telemetry import metrics

from .conftest import WITHIN_S, Heard, Live, Peer
from .frames import recorded

SPANISH = "RESPOND IN SPANISH. YOU MUST RESPOND UNMISTAKABLY IN SPANISH."
BOTH = SetupWish(languages=("en-US", "es-US"), language="en-US")
FRAME = Audio(b"\x10\x00" * 160, 8_000)


@pytest.fixture(params=["lean", "raw", "sdk"])
def way(request: pytest.FixtureRequest) -> str:
    """Our frames on our connection, our frames on the SDK's, or all by the SDK."""
    return str(request.param)


@pytest.fixture
def raw(way: str) -> bool:
    return way != "sdk"


@pytest.fixture
def client(request: pytest.FixtureRequest, client: genai.Client, plain_client: genai.Client) -> genai.Client:
    plain = "way" in request.fixturenames and request.getfixturevalue("way") != "lean"
    return plain_client if plain else client


@asynccontextmanager
async def running(
    client: genai.Client, heard: Heard, wish: SetupWish | None = None, **kw: Any
) -> AsyncIterator[LiveModel]:
    """A model that runs, and is over within a second of being closed."""
    model = LiveModel(client, wish or SetupWish(), heard, **dict[str, Any](backend="developer", uplink_ms=20) | kw)
    async with asyncio.TaskGroup() as tasks:
        run = tasks.create_task(model.run())
        yield model
        model.close()
        async with asyncio.timeout(1.0):
            await run


async def stay(peer: Peer) -> None:
    """Accept, then listen to the end."""
    await peer.accept()
    await peer.hear_all()


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

    async def greeted(peer: Peer) -> None:
        await peer.accept()
        sent.extend([await peer.hear(), await peer.hear()])
        await peer.say({"serverContent": {"turnComplete": True}})

    live.plays = [greeted]
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

    async def greeted(peer: Peer) -> None:
        sent.append(await (await peer.accept()).hear())
        await peer.say({"serverContent": {"turnComplete": True}})

    live.plays = [greeted]
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

    async def listening(peer: Peer) -> None:
        await peer.accept()
        sent.extend([await peer.hear() for _ in range(5)])
        await peer.say({"serverContent": {"turnComplete": True}})

    live.plays = [listening]
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

    async def listening(peer: Peer) -> None:
        await peer.accept()
        sent.extend([await peer.hear() for _ in range(2)])
        await peer.say({"serverContent": {"turnComplete": True}})

    live.plays = [listening]
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


CLOSES = [(end["client_close_code"], end["client_close_reason"]) for end in recorded("closes", "end")]


@pytest.mark.parametrize("close", [close for close in CLOSES if close[0]], ids=str)
async def test_every_close_is_told_once(
    client: genai.Client, live: Live, heard: Heard, raw: bool, close: tuple[int, str]
) -> None:
    async def closing(peer: Peer) -> None:
        await (await peer.accept()).close(*close)

    live.plays = [closing]
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


async def test_renewing_closes_the_old_connection_first_and_greets_nobody(
    client: genai.Client, live: Live, heard: Heard, raw: bool
) -> None:
    order: list[str] = []
    sent: list[Any] = []

    async def first(peer: Peer) -> None:
        await peer.accept()
        await peer.hear_all()
        order.append("first closed")

    async def second(peer: Peer) -> None:
        order.append("second connected")
        sent.append(await (await peer.accept()).hear())
        await peer.hear_all()

    live.plays = [first, second]
    async with running(client, heard, raw=raw) as model:
        model.open("Hello.")
        await heard.until(events.SessionOpened)
        model.renew("h-1", "never told", 0.0)
        assert await heard.until(events.SessionOpened, 2) == events.SessionOpened(heard.events[-1].took_ms, True)  # type: ignore[union-attr]
        model.listen(FRAME)
    assert order == ["first closed", "second connected"]
    assert live.peers[1].setup["sessionResumption"] == {"handle": "h-1"}
    assert "never told" not in str(live.peers[1].setup)
    assert [list(frame["realtime_input"]) for frame in sent] == [["audio"]]
    assert heard.of(events.SessionLost) == []


async def test_a_fresh_session_after_a_loss_is_told_the_story(client: genai.Client, live: Live, heard: Heard) -> None:
    live.plays = [stay]
    async with running(client, heard, SetupWish(instruction="Be brief.")) as model:
        model.renew(None, "caller: where is order 1047?", 0.0)
        assert not (await heard.until(events.SessionOpened)).resumed
    told = live.peers[0].setup["systemInstruction"]["parts"][0]["text"]
    assert told.startswith("Be brief.")
    assert told.endswith("caller: where is order 1047?")


async def test_an_old_connection_is_not_heard_once_it_is_renewed(
    client: genai.Client, live: Live, heard: Heard, raw: bool
) -> None:
    async def talking(peer: Peer) -> None:
        await peer.accept()
        words = {"serverContent": {"outputTranscription": {"text": "old"}, "turnComplete": True}}
        await peer.say({"goAway": {"timeLeft": "1s"}, **words}, *[words] * 20)
        await peer.hear_all()

    live.plays = [talking, stay]
    async with running(client, heard, raw=raw) as model:
        heard.then = lambda event: model.renew("h", "", 0.0) if isinstance(event, events.SessionEnding) else None
        model.open("")
        await heard.until(events.SessionOpened, 2)
    after = heard.events[heard.events.index(events.SessionEnding(1.0)) + 1 :]
    assert [type(event) for event in after] == [events.SessionOpened]


async def test_a_renewal_from_the_loss_itself_connects_again(client: genai.Client, live: Live, heard: Heard) -> None:
    async def closing(peer: Peer) -> None:
        await (await peer.accept()).close(1011, "Internal error encountered.")

    live.plays = [closing, closing, stay]
    async with running(client, heard) as model:
        heard.then = lambda event: model.renew("h", "", 0.0) if isinstance(event, events.SessionLost) else None
        model.open("")
        await heard.until(events.SessionOpened, 3)
    assert len(heard.of(events.SessionLost)) == 2


async def test_a_renewal_replaces_an_attempt_that_still_connects(
    client: genai.Client, live: Live, heard: Heard
) -> None:
    asked = asyncio.Event()

    async def mute(peer: Peer) -> None:
        await peer.hear()
        asked.set()
        await peer.hear_all()

    live.plays = [mute, stay]
    async with running(client, heard) as model:
        model.open("")
        await asked.wait()
        model.renew(None, "", 0.0)
        await heard.until(events.SessionOpened)
    assert heard.of(events.SessionLost) == []
    assert len(live.peers) == 2


async def test_the_second_route_is_another_model_with_its_own_setup_and_the_call_can_stay_there(
    client: genai.Client, live: Live, heard: Heard
) -> None:
    live.plays = [stay]
    second = Place(client, "developer", "gemini-3.1-flash-live-preview")
    async with running(client, heard, second=second) as model:
        model.open("Hello.")
        await heard.until(events.SessionOpened)
        model.renew(None, "You: Hello.", 0.0, "second")
        await heard.until(events.SessionOpened, 2)
        model.renew("h-2", "", 0.0, "second")
        await heard.until(events.SessionOpened, 3)
        model.renew(None, "", 0.0, "first")
        await heard.until(events.SessionOpened, 4)
    models = [peer.setup["model"].removeprefix("models/") for peer in live.peers]
    assert models == ["gemini-3.8-live", *["gemini-3.1-flash-live-preview"] * 2, "gemini-3.8-live"]
    assert "You: Hello." in str(live.peers[1].setup["systemInstruction"])
    assert live.peers[2].setup["sessionResumption"] == {"handle": "h-2"}


async def test_the_second_route_may_be_at_another_address(
    client: genai.Client, live: Live, heard: Heard, port: int, ca_file: Path
) -> None:
    live.plays = [stay]
    nowhere = client_for("developer", "k", base_url="https://127.0.0.1:9", ca_file=str(ca_file))
    async with running(nowhere, heard, second=Place(client, "developer")) as model:
        model.open("Hello.")
        await heard.until(events.SessionLost)
        model.renew(None, "", 0.0, "second")
        await heard.until(events.SessionOpened)
    assert live.peers[0].setup["model"] == "models/gemini-3.8-live"


async def test_each_loss_is_told_to_who_counts_them(client: genai.Client, live: Live, heard: Heard) -> None:
    async def spent(peer: Peer) -> None:
        await (await peer.accept()).close(1011, "Resource has been exhausted (e.g. check quota).")

    live.plays = [spent]
    quota = Quota()
    async with running(client, heard, on_loss=quota.lost) as model:
        model.open("")
        await heard.until(events.SessionLost)
    assert quota.spent()


async def test_the_end_of_speech_goes_behind_all_the_sound_before_it(
    client: genai.Client, live: Live, heard: Heard, raw: bool
) -> None:
    sent: list[Any] = []

    async def listening(peer: Peer) -> None:
        await peer.accept()
        sent.extend([await peer.hear() for _ in range(4)])
        await peer.say({"serverContent": {"turnComplete": True}})

    live.plays = [listening]
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


async def test_closing_ends_the_wait_before_an_attempt(client: genai.Client, live: Live, heard: Heard) -> None:
    async with running(client, heard) as model:
        model.renew(None, "", 3600.0)
        await asyncio.sleep(0)
    assert live.peers == []
    assert heard.events == []


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


async def test_words_said_between_two_connections_reach_the_second(
    client: genai.Client, live: Live, heard: Heard, raw: bool
) -> None:
    sent: list[Any] = []

    async def closing(peer: Peer) -> None:
        await (await peer.accept()).close(1011, "")

    async def resumed(peer: Peer) -> None:
        await peer.accept()
        sent.extend([await peer.hear(), await peer.hear()])
        await peer.say({"serverContent": {"turnComplete": True}})

    live.plays = [closing, resumed]
    async with running(client, heard, raw=raw) as model:
        model.open("")
        await heard.until(events.SessionLost)
        model.answer_tool("7", "find_order", {"status": "ok"}, None)
        model.say("Go on.")
        model.renew("h", "", 0.0)
        await heard.until(events.TurnCompleted)
    assert [list(frame) for frame in sent] == [["tool_response"], ["realtime_input"]]


async def test_a_fresh_session_is_not_given_answers_to_calls_it_never_made(
    client: genai.Client, live: Live, heard: Heard
) -> None:
    sent: list[Any] = []

    async def fresh(peer: Peer) -> None:
        sent.append(await (await peer.accept()).hear())
        await peer.say({"serverContent": {"turnComplete": True}})

    live.plays = [fresh]
    async with running(client, heard) as model:
        model.answer_tool("7", "find_order", {"status": "ok"}, None)
        model.say("Go on.")
        model.renew(None, "", 0.0)
        await heard.until(events.TurnCompleted)
    assert sent == [{"realtime_input": {"text": "Go on."}}]


async def test_notes_and_scheduling_go_only_to_models_that_take_them(
    client: genai.Client, live: Live, heard: Heard
) -> None:
    sent: list[Any] = []

    async def listening(peer: Peer) -> None:
        sent.append(await (await peer.accept()).hear())
        await peer.say({"serverContent": {"turnComplete": True}})

    live.plays = [listening]
    async with running(client, heard, SetupWish(model="gemini-3.1-flash-live-preview")) as model:
        model.open("")
        await heard.until(events.SessionOpened)
        model.tell_heard("The caller heard: It is")
        model.answer_tool("7", "find_order", {"status": "ok"}, "WHEN_IDLE")
        await heard.until(events.TurnCompleted)
    answer = {"id": "7", "name": "find_order", "response": {"status": "ok"}}
    assert sent == [{"tool_response": {"functionResponses": [answer]}}]


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


# ---- languages, the greeting that was said, pictures


def told_at_setup(peer: Peer) -> str:
    return str(peer.setup["systemInstruction"]["parts"][0]["text"])


async def test_a_steered_call_sets_its_next_session_up_for_the_language(
    client: genai.Client, live: Live, heard: Heard
) -> None:
    live.plays = [stay]
    async with running(client, heard, BOTH) as model:
        model.open("Hello.")
        await heard.until(events.SessionOpened)
        model.steer("es-US", live=False)
        model.renew("h", "", 0.0)
        await heard.until(events.SessionOpened, 2)
    first, second = live.peers
    assert first.setup["inputAudioTranscription"] == {"language_codes": ["en-US", "es-US"]}
    assert second.setup["inputAudioTranscription"] == {"language_codes": ["es-US", "en-US"]}
    assert told_at_setup(second) == SPANISH


async def test_a_line_words_its_wish_for_each_language_itself(client: genai.Client, live: Live, heard: Heard) -> None:
    live.plays = [stay]
    async with running(client, heard, wishes=lambda language: SetupWish(instruction=f"Habla {language}.")) as model:
        model.steer("es-US", live=False)
        model.open("")
        await heard.until(events.SessionOpened)
    assert told_at_setup(live.peers[0]) == "Habla es-US."


async def test_an_open_session_is_told_where_its_model_takes_that(
    client: genai.Client, live: Live, heard: Heard, raw: bool
) -> None:
    sent: list[Any] = []

    async def listening(peer: Peer) -> None:
        sent.append(await (await peer.accept()).hear())
        await peer.say({"serverContent": {"turnComplete": True}})

    live.plays = [listening]
    async with running(client, heard, BOTH, raw=raw, context_updates=True) as model:
        model.renew(None, "caller: hola", 0.0)
        await heard.until(events.SessionOpened)
        model.steer("es-US", live=True)
        await heard.until(events.TurnCompleted)
    text = f"{SPANISH}\n\n{STORY_HEAD}\ncaller: hola"
    assert sent == [{"contextUpdate": {"systemInstruction": {"parts": [{"text": text}], "role": "user"}}}]


async def test_an_open_session_is_not_told_where_that_is_unproven(
    client: genai.Client, live: Live, heard: Heard
) -> None:
    sent: list[Any] = []

    async def listening(peer: Peer) -> None:
        sent.append(await (await peer.accept()).hear())
        await peer.say({"serverContent": {"turnComplete": True}})

    live.plays = [listening]
    async with running(client, heard, BOTH) as model:
        model.open("")
        await heard.until(events.SessionOpened)
        model.steer("es-US", live=True)
        model.say("Go on.")
        await heard.until(events.TurnCompleted)
    assert sent == [{"realtime_input": {"text": "Go on."}}]


async def test_a_session_that_was_being_set_up_is_told_once_it_is_open(
    client: genai.Client, live: Live, heard: Heard
) -> None:
    asked, steered = asyncio.Event(), asyncio.Event()
    sent: list[Any] = []

    async def slow(peer: Peer) -> None:
        peer.setup = (await peer.hear())["setup"]
        asked.set()
        await steered.wait()
        await peer.say({"setupComplete": {}})
        sent.extend([await peer.hear(), await peer.hear()])
        await peer.say({"serverContent": {"turnComplete": True}})

    live.plays = [slow]
    async with running(client, heard, BOTH, context_updates=True) as model:
        model.open("Hello.")
        await asked.wait()
        model.steer("es-US", live=True)
        steered.set()
        await heard.until(events.TurnCompleted)
    assert [list(frame) for frame in sent] == [["client_content"], ["contextUpdate"]]


async def test_a_greeting_that_was_said_is_told_and_not_asked_for(
    client: genai.Client, live: Live, heard: Heard
) -> None:
    sent: list[Any] = []

    async def listening(peer: Peer) -> None:
        sent.append(await (await peer.accept()).hear())
        await peer.say({"serverContent": {"turnComplete": True}})

    live.plays = [listening, stay]
    async with running(client, heard, SetupWish(instruction="Be brief.")) as model:
        model.open("Good day.", said=True)
        await heard.until(events.SessionOpened)
        model.listen(FRAME)
        await heard.until(events.TurnCompleted)
        model.renew("h", "", 0.0)
        await heard.until(events.SessionOpened, 2)
    told = "Be brief.\n\n" + GREETED.format(greeting="Good day.")
    assert [told_at_setup(peer) for peer in live.peers] == [told, told]
    assert [list(frame["realtime_input"]) for frame in sent] == [["audio"]]


async def test_a_picture_is_shown_before_the_words_about_it_and_a_second_one_a_second_later(
    client: genai.Client, live: Live, heard: Heard, raw: bool
) -> None:
    sent: list[str] = []

    async def looking(peer: Peer) -> None:
        await peer.accept()
        while sent[-1:] != ["text"]:
            sent.append(next(iter((await peer.hear())["realtime_input"])))
            if sent.count("audio") == 1 and sent[-1] == "audio":
                await peer.say({"serverContent": {"generationComplete": True}})
        await peer.say({"serverContent": {"turnComplete": True}})

    now = [100.0]
    picture = Image(b"\xff\xd8\xff", 1, 1)
    live.plays = [looking]
    async with running(client, heard, raw=raw, clock=lambda: now[0]) as model:
        model.open("")
        await heard.until(events.SessionOpened)
        model.show(picture)
        model.show(picture)
        model.say("What is wrong with this part?")
        model.listen(FRAME)
        await heard.until(events.GenerationCompleted)
        now[0] += 1.0
        model.listen(FRAME)
        await heard.until(events.TurnCompleted)
    assert sent[:3] == ["video", "audio", "video"]
    assert sent[-1] == "text"


async def test_a_picture_that_came_too_early_waits_for_the_session(
    client: genai.Client, live: Live, heard: Heard
) -> None:
    sent: list[Any] = []

    async def looking(peer: Peer) -> None:
        sent.append(await (await peer.accept()).hear())
        await peer.say({"serverContent": {"turnComplete": True}})

    live.plays = [looking]
    async with running(client, heard) as model:
        model.show(Image(b"\xff\xd8\xff", 1, 1))
        model.open("")
        await heard.until(events.TurnCompleted)
    assert sent == [{"realtime_input": {"video": {"data": "/9j/", "mime_type": "image/jpeg"}}}]


async def test_the_language_of_each_turn_is_told_once(client: genai.Client, live: Live, heard: Heard) -> None:
    await warm_up()

    async def talking(peer: Peer) -> None:
        await peer.accept()
        for text in (" quisiera saber", " dónde está mi pedido"):
            await peer.say({"serverContent": {"inputTranscription": {"text": text}}})
        await peer.say({"serverContent": {"outputTranscription": {"text": "Your order is on its way to you."}}})
        await peer.say({"serverContent": {"generationComplete": True}}, {"serverContent": {"turnComplete": True}})
        await peer.say({"serverContent": {"turnComplete": True}})
        await peer.hear_all()

    live.plays = [talking]
    async with running(client, heard, BOTH) as model:
        model.open("")
        await heard.until(events.TurnCompleted, 2)
    assert heard.of(events.LanguageDetected) == [
        events.LanguageDetected("caller", "es-US"),
        events.LanguageDetected("assistant", "en-US"),
    ]


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
