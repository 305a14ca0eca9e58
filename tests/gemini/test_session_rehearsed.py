"""Sessions against the rehearsal's Live server: the next is had once the old is gone, and short words are heard."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from google import genai

from app.audio.pcm import PHONE_RATE, Audio
from app.call import events
from app.gemini.client import Place, client_for
from app.gemini.session import LiveModel
from app.gemini.setup import SetupWish
from tests.rehearsal.live_caller import LiveHouse, live_house, quiet, tone
from tests.rehearsal.test_live_server import control

from .conftest import Heard

SECOND = "gemini-3.1-flash-live-preview"


@pytest.fixture
async def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[LiveHouse]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("GOOGLE_API_KEY", raising=False)
    async with live_house(tmp_path, "Yes.", "Goodbye.") as one:
        yield one


def client_of(house: LiveHouse) -> genai.Client:
    return client_for("developer", "k", base_url=f"https://127.0.0.1:{house.port}", ca_file=str(house.ca_file))


@asynccontextmanager
async def running(house: LiveHouse, heard: Heard) -> AsyncIterator[LiveModel]:
    client = client_of(house)
    second = Place(client, "developer", SECOND)
    model = LiveModel(client, SetupWish(), heard, backend="developer", second=second)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(model.run())
        model.open("Hello there.")
        await heard.until(events.TurnCompleted)
        yield model
        model.close()


def listen(model: LiveModel, pcm_16k: bytes) -> None:
    """Sound at the phone's rate, in its frames."""
    pcm = b"".join(pcm_16k[at : at + 2] for at in range(0, len(pcm_16k), 4))
    for at in range(0, len(pcm), 320):
        model.listen(Audio(pcm[at : at + 320], PHONE_RATE))


async def test_a_handle_is_taken_because_the_old_connection_is_gone(house: LiveHouse, heard: Heard) -> None:
    async with running(house, heard) as model:
        for count in (2, 3, 4):
            handle = heard.of(events.SessionRenewable)[-1].handle
            model.renew(handle, "", 0.0)
            assert (await heard.until(events.SessionOpened, count)).resumed
            await heard.until(events.SessionRenewable, len(heard.of(events.SessionRenewable)))
    assert heard.of(events.SessionLost) == []


async def test_the_second_route_is_refused_a_handle_of_the_first_and_takes_a_story(
    house: LiveHouse, heard: Heard
) -> None:
    async with running(house, heard) as model:
        model.renew(heard.of(events.SessionRenewable)[-1].handle, "", 0.0, "second")
        assert (await heard.until(events.SessionLost)).code == 1007
        model.renew(None, "You: Hello there.", 0.0, "second")
        assert not (await heard.until(events.SessionOpened, 2)).resumed
    _, report = await control(house)
    assert isinstance(report["setups"], list)
    assert report["setups"][-1]["model"] == f"models/{SECOND}"


async def test_a_short_word_is_heard_when_we_say_that_it_has_ended(house: LiveHouse, heard: Heard) -> None:
    await control(house, {"fault": {"deaf_below_ms": 800}})
    async with running(house, heard) as model:
        listen(model, quiet(400) + tone(400) + quiet(900))
        model.pause_listening()
        words = await heard.until(events.Transcribed, len(heard.of(events.Transcribed)) + 1)
    assert (words.side, words.text.strip()) == ("caller", "Yes.")


async def test_a_spent_quota_is_told_with_its_reason(house: LiveHouse, heard: Heard) -> None:
    async with running(house, heard) as model:
        await control(house, {"fault": {"refuse": 429, "quota": True}})
        model.renew(None, "", 0.0)
        assert (await heard.until(events.SessionLost)).code == 429
