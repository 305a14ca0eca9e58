"""Live sessions that follow one another: renewed, begun anew, on another route."""

import asyncio
from pathlib import Path
from typing import Any

from google import genai

from app.call import events
from app.gemini.client import client_for
from app.gemini.quota import Quota
from app.gemini.session import Place
from app.gemini.setup import SetupWish

from .conftest import Heard, Live, Peer
from .playing import FRAME, closing, hearing, running, stay


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
    live.plays = [closing(1011, "Internal error encountered."), closing(1011, "Internal error encountered."), stay]
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
    live.plays = [closing(1011, "Resource has been exhausted (e.g. check quota).")]
    quota = Quota()
    async with running(client, heard, on_loss=quota.lost) as model:
        model.open("")
        await heard.until(events.SessionLost)
    assert quota.spent()


async def test_closing_ends_the_wait_before_an_attempt(client: genai.Client, live: Live, heard: Heard) -> None:
    async with running(client, heard) as model:
        model.renew(None, "", 3600.0)
        await asyncio.sleep(0)
    assert live.peers == []
    assert heard.events == []


async def test_words_said_between_two_connections_reach_the_second(
    client: genai.Client, live: Live, heard: Heard, raw: bool
) -> None:
    sent: list[Any] = []

    async def resumed(peer: Peer) -> None:
        await peer.accept()
        sent.extend([await peer.hear(), await peer.hear()])
        await peer.say({"serverContent": {"turnComplete": True}})

    live.plays = [closing(1011, ""), resumed]
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
    live.plays = [hearing(sent)]
    async with running(client, heard) as model:
        model.answer_tool("7", "find_order", {"status": "ok"}, None)
        model.say("Go on.")
        model.renew(None, "", 0.0)
        await heard.until(events.TurnCompleted)
    assert sent == [{"realtime_input": {"text": "Go on."}}]
