"""Pictures of messages, fetched from Twilio: as the rehearsal hands them out, and as an enemy would."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager

import httpx2
import pytest
import stamina

from app.call.image import Image
from app.rehearsal.twilio_rest import TwilioRest
from app.twilio import photos as module
from app.twilio.media import ATTEMPTS
from app.twilio.photos import LARGEST, MediaRef, PhotoNotTaken, Photos
from tests.twilio.pictures import bomb, picture

ACCOUNT, MESSAGE, MEDIUM = "AC" + "a" * 32, "MM" + "b" * 32, "ME" + "c" * 32
ADDRESS = f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Messages/{MESSAGE}/Media/{MEDIUM}"
CDN = f"https://media.twiliocdn.com/{ACCOUNT}/key?Expires=1&Signature=s"
S3 = f"https://s3-external-1.amazonaws.com/media.twiliocdn.com/{ACCOUNT}/key"

Answer = Callable[[httpx2.Request], httpx2.Response | Awaitable[httpx2.Response]]


@pytest.fixture(autouse=True)
def no_waiting() -> Iterator[None]:
    with stamina.set_testing(True, attempts=ATTEMPTS):
        yield


@asynccontextmanager
async def photos(*, base_url: str | None = None) -> AsyncIterator[Photos]:
    opened = Photos(ACCOUNT, "secret", base_url=base_url)
    try:
        yield opened
    finally:
        await opened.close()


class Network:
    """Every host there is: answers by address, and what was asked of it."""

    def __init__(self, answers: dict[str, Answer | httpx2.Response]) -> None:
        self.asked: list[httpx2.Request] = []
        self._answers = answers

    async def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request)
        answer = self._answers[str(request.url)]
        if isinstance(answer, httpx2.Response):
            return answer
        given = answer(request)
        return given if isinstance(given, httpx2.Response) else await given


async def fetched(network: Network, url: str = ADDRESS, kind: str = "image/jpeg") -> Image:
    async with photos() as opened:
        await opened._client.aclose()
        opened._client = httpx2.AsyncClient(transport=httpx2.MockTransport(network))
        return await opened.fetch(MediaRef(url, kind))


async def refused(network: Network, url: str = ADDRESS, kind: str = "image/jpeg") -> PhotoNotTaken:
    with pytest.raises(PhotoNotTaken) as told:
        await fetched(network, url, kind)
    return told.value


def moved(to: str) -> httpx2.Response:
    return httpx2.Response(307, headers={"Location": to})


def photo(**headers: str) -> httpx2.Response:
    return sent(picture(), **headers)


def sent(content: bytes, **headers: str) -> httpx2.Response:
    """An answer that is still to be read."""
    return httpx2.Response(200, stream=httpx2.ByteStream(content), headers=headers)


async def test_a_picture_is_fetched_as_twilio_hands_it_out() -> None:
    rest = TwilioRest(ACCOUNT, "secret")
    medium = rest.media.put(MESSAGE, picture("PNG", (640, 480)), "image/png")
    async with rest.serving() as url, photos(base_url=url) as opened:
        image = await opened.fetch(MediaRef(medium.url, medium.content_type))
    assert (image.width, image.height, len(rest.media.fetched)) == (640, 480, 1)


async def test_the_secret_is_told_to_the_api_and_to_no_store() -> None:
    network = Network({ADDRESS: moved(CDN), CDN: moved(S3), S3: photo()})
    assert (await fetched(network)).width == 64
    assert ["authorization" in request.headers for request in network.asked] == [True, False, False]
    assert {request.headers["accept-encoding"] for request in network.asked} == {"identity"}


@pytest.mark.parametrize(
    "to",
    [
        "https://evil.example/x",
        "http://media.twiliocdn.com/x",
        "https://media.twiliocdn.com.evil.example/x",
        "https://media.twiliocdn.com@evil.example/x",
        "https://media.twiliocdn.com:8443/x",
        "https://s3-external-1.amazonaws.com/another-bucket/x",
        "https://s3-external-1.amazonaws.com/media.twiliocdn.com/../another-bucket/x",
        "https://169.254.169.254/latest/meta-data",
        "http://127.0.0.1:8000/metrics",
        "https://[::1",
        "https://media.twiliocdn.com/\x7f",
        "/2010-04-01/Accounts",
        "",
    ],
)
async def test_a_redirect_leads_to_twilios_stores_or_nowhere(to: str) -> None:
    network = Network({ADDRESS: moved(to)})
    assert (await refused(network)).problem == "not_fetched"
    assert len(network.asked) == 1


async def test_redirects_have_an_end() -> None:
    network = Network({ADDRESS: moved(CDN), CDN: moved(CDN)})
    assert "too often" in str(await refused(network))
    assert len(network.asked) == 3


@pytest.mark.parametrize(
    "url",
    [
        ADDRESS.replace("https", "http"),
        ADDRESS.replace("api.twilio.com", "evil.example"),
        ADDRESS.replace("api.twilio.com", "api.twilio.com.evil.example"),
        ADDRESS.replace("api.twilio.com", "api.twilio.com@evil.example"),
        ADDRESS.replace("api.twilio.com", "api.twilio.com:444"),
        ADDRESS.replace(ACCOUNT, "AC" + "d" * 32),
        ADDRESS + "?x=1",
        ADDRESS + "/../../../Messages.json",
        f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Messages.json",
        "not an address",
    ],
)
async def test_the_secret_goes_to_no_other_address(url: str) -> None:
    network = Network({})
    assert (await refused(network, url)).problem == "not_fetched"
    assert network.asked == []


async def test_an_account_of_another_region_has_its_own_host() -> None:
    there = ADDRESS.replace("api.twilio.com", "api.dublin.ie1.twilio.com")
    assert (await fetched(Network({there: photo()}), there)).height == 48


async def test_a_picture_that_is_not_there_yet_is_asked_for_again() -> None:
    answers = [httpx2.Response(404), httpx2.Response(503), photo()]
    network = Network({ADDRESS: lambda request: answers.pop(0)})
    assert (await fetched(network)).width == 64
    assert len(network.asked) == 3


@pytest.mark.parametrize(("status", "times"), [(404, ATTEMPTS), (500, ATTEMPTS), (401, 1), (403, 1), (204, 1)])
async def test_a_picture_that_never_comes_is_given_up(status: int, times: int) -> None:
    network = Network({ADDRESS: httpx2.Response(status)})
    told = await refused(network)
    assert (told.problem, len(network.asked)) == ("not_fetched", times)
    assert str(status) in str(told)


async def test_a_line_that_breaks_is_tried_again_and_then_told_of() -> None:
    def broken(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ReadError("broken", request=request)

    network = Network({ADDRESS: broken})
    assert (await refused(network)).problem == "not_fetched"
    assert len(network.asked) == ATTEMPTS


async def test_a_slow_picture_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(request: httpx2.Request) -> httpx2.Response:
        await asyncio.Event().wait()
        raise AssertionError(request)

    monkeypatch.setattr(module, "WITHIN_S", 0.05)
    assert (await refused(Network({ADDRESS: never}))).problem == "not_fetched"


async def test_a_picture_without_end_is_not_read_to_its_end() -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1_000_000
            yield b"\xff" * 1_000_000

    network = Network({ADDRESS: httpx2.Response(200, content=endless())})
    assert (await refused(network)).problem == "too_large"
    assert sent <= LARGEST + 1_000_000


@pytest.mark.parametrize(
    ("content", "kind", "problem"),
    [
        (b"<html>Sorry</html>", "image/jpeg", "unreadable"),
        (bomb(), "image/png", "too_large"),
        (picture("GIF"), "image/png", "unreadable"),
    ],
)
async def test_what_is_fetched_must_be_a_picture(content: bytes, kind: str, problem: str) -> None:
    network = Network({ADDRESS: sent(content)})
    assert (await refused(network, kind=kind)).problem == problem


async def test_what_is_no_picture_by_its_own_word_is_not_fetched() -> None:
    network = Network({})
    assert (await refused(network, kind="text/x-vcard")).problem == "unreadable"
    assert network.asked == []


async def test_a_zipped_answer_is_not_unzipped() -> None:
    network = Network({ADDRESS: photo(**{"Content-Encoding": "identity"})})
    assert (await fetched(network)).width == 64
    zipped = sent(gzip.compress(picture()), **{"Content-Encoding": "gzip"})
    assert (await refused(Network({ADDRESS: zipped}))).problem == "unreadable"
