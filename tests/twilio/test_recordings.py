"""Recordings are fetched from our account at Twilio, with the secret, and from nowhere else."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import httpx2
import numpy as np
import pytest
import stamina

from app.rehearsal.phone_asked import Taped
from app.rehearsal.phone_webhooks import sid
from app.rehearsal.twilio_rest import TwilioRest
from app.twilio import recordings as module
from app.twilio.media import ATTEMPTS
from app.twilio.recordings import RecordingNotFetched, Recordings
from tests.store.test_messages import AT

ACCOUNT = "AC" + "0" * 32
URL = f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Recordings/RE{'1' * 32}"
TAPED = Taped(sid("RE"), np.asarray(range(800), np.int16), "", AT)


@pytest.fixture(autouse=True)
def no_waiting() -> Iterator[None]:
    with stamina.set_testing(True, attempts=ATTEMPTS):
        yield


@asynccontextmanager
async def opened(base_url: str | None = None) -> AsyncIterator[Recordings]:
    recordings = Recordings(ACCOUNT, "secret", base_url=base_url)
    yield recordings
    await recordings.close()


async def refused(answer: httpx2.Response, url: str = URL) -> tuple[RecordingNotFetched, int]:
    asked: list[httpx2.Request] = []

    def handle(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        return answer

    async with opened() as recordings:
        recordings._client = httpx2.AsyncClient(transport=httpx2.MockTransport(handle))
        with pytest.raises(RecordingNotFetched) as told:
            await recordings.fetch(url)
    return told.value, len(asked)


async def test_a_recording_is_fetched_as_twilio_hands_it_out_also_after_it_has_failed() -> None:
    rest = TwilioRest(ACCOUNT, "secret")
    rest.recordings[TAPED.sid] = TAPED.wav()
    rest.failing.extend((429, 503))
    async with rest.serving() as url, opened(url) as recordings:
        sound = await recordings.fetch(TAPED.url(ACCOUNT))
    assert (sound.rate, sound.pcm) == (8_000, TAPED.samples.tobytes())


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/2010-04-01/Accounts/" + ACCOUNT + "/Recordings/RE" + "1" * 32,
        URL.replace("https", "http"),
        URL.replace(ACCOUNT, "AC" + "1" * 32),
        URL + "?x=1",
        URL + "/../../x",
        "",
    ],
)
async def test_the_secret_goes_nowhere_else(url: str) -> None:
    problem, asked = await refused(httpx2.Response(200), url)
    assert (problem.gone, asked) == (True, 0)


@pytest.mark.parametrize(
    ("answer", "gone", "times"),
    [
        (httpx2.Response(401), False, 1),
        (httpx2.Response(404), False, ATTEMPTS),
        (httpx2.Response(503), False, ATTEMPTS),
        (httpx2.Response(307, headers={"Location": "https://evil.example/"}), False, 1),
    ],
)
async def test_what_fails_says_whether_it_is_worth_another_try(answer: httpx2.Response, gone: bool, times: int) -> None:
    problem, asked = await refused(answer)
    assert (problem.gone, asked) == (gone, times)


async def test_what_is_no_recording_is_given_up() -> None:
    body = httpx2.Response(200, stream=httpx2.ByteStream(b"<html>"))
    assert (await refused(body))[0].gone


async def test_nothing_endless_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGEST", 3)
    body = httpx2.Response(200, stream=httpx2.ByteStream(b"RIFFRIFF"))
    assert (await refused(body))[0].gone
