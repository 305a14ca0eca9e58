"""What goes along when a request is passed on to another process, what stays behind, and how long is waited."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing

import httpx2
import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from app.siblings import reach
from app.siblings.reach import NotReached, Refused, Siblings
from app.siblings.visitor import PASSED_ON, Visitor
from app.store.processes import Sibling

THERE = Sibling("p2", "http://10.0.0.2:8000")
FROM_PAGE = {"origin": "https://phone.example.com", "sec-fetch-site": "same-origin", "content-type": "text/plain"}
OLGA = Visitor("phone.example.com", True, "__Host-frontline=hers", FROM_PAGE)

Asked = list[httpx2.Request]


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who answers may be slow to: this machine does much else."""
    for name in ("CONNECT_S", "ANSWER_S", "SILENT_S", "PING_S"):
        monkeypatch.setattr(reach, name, 60.0)


def siblings(answer: Callable[[httpx2.Request], httpx2.Response], asked: Asked | None = None) -> Siblings:
    def answered(request: httpx2.Request) -> httpx2.Response:
        if asked is not None:
            asked.append(request)
        return answer(request)

    return Siblings(lambda: [THERE], httpx2.MockTransport(answered))


async def test_a_request_is_passed_on_as_who_asked_and_goes_to_the_process_alone() -> None:
    asked: Asked = []
    answer = await siblings(lambda _: httpx2.Response(201, text="done"), asked).ask(
        THERE, "/x?y=1", OLGA, body=b"say=hi"
    )
    assert (answer.status, answer.body) == (201, b"done")
    [request] = asked
    assert str(request.url) == "http://10.0.0.2:8000/x?y=1"
    assert (request.method, request.content) == ("POST", b"say=hi")
    told = dict(request.headers)
    assert told["host"] == "phone.example.com"
    assert told["cookie"] == "__Host-frontline=hers"
    assert told["x-forwarded-proto"] == "https"
    assert told[PASSED_ON] == "p2"
    assert FROM_PAGE.items() <= told.items()


async def test_what_others_added_to_a_request_stays_behind() -> None:
    asked: Asked = []
    theirs = {"x-forwarded-for": "1.2.3.4", "x-forwarded-host": "evil", "authorization": "x", "transfer-encoding": "x"}
    visitor = Visitor("phone.example.com", False, "c=1", {**theirs, "x-forwarded-proto": "https", "cookie": "all=1"})
    await siblings(lambda _: httpx2.Response(200), asked).ask(THERE, "/x", visitor)
    told = dict(asked[0].headers)
    assert not told.keys() & theirs.keys()
    assert (told["x-forwarded-proto"], told["cookie"]) == ("http", "c=1")


async def test_no_redirect_is_followed_and_no_cookie_kept() -> None:
    asked: Asked = []
    away = {"location": "http://evil.example/", "set-cookie": "taken=1; Path=/"}
    made = siblings(lambda _: httpx2.Response(302, headers=away), asked)
    assert (await made.ask(THERE, "/x", OLGA)).status == 302
    await made.ask(THERE, "/x", OLGA)
    assert [request.headers["cookie"] for request in asked] == ["__Host-frontline=hers"] * 2
    assert {request.url.host for request in asked} == {"10.0.0.2"}


def broken(_: httpx2.Request) -> httpx2.Response:
    raise httpx2.ConnectError("refused")


async def test_a_process_that_is_gone_or_tells_too_much_is_not_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotReached, match="ConnectError"):
        await siblings(broken).ask(THERE, "/x", OLGA)
    monkeypatch.setattr(reach, "LARGEST", 10)
    with pytest.raises(NotReached, match="too much"):
        await siblings(lambda _: httpx2.Response(200, content=b"x" * 11)).ask(THERE, "/x", OLGA)
    with pytest.raises(NotReached, match="no address"):
        await siblings(lambda _: httpx2.Response(200)).ask(Sibling("p3", ""), "/x", OLGA)


async def test_one_that_does_not_answer_is_waited_for_no_longer_than_said() -> None:
    class Silent(httpx2.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            await asyncio.Event().wait()
            raise AssertionError(request)

    with pytest.raises(NotReached, match="TimeoutError"):
        await Siblings(tuple, Silent()).ask(THERE, "/x", OLGA, within_s=0.01)


async def test_a_stream_is_told_line_by_line_and_parted_at_line_feeds_only() -> None:
    async def parts() -> AsyncIterator[bytes]:
        for part in (b"data: one", " \u2028data: evil\n\nda".encode(), b"ta: two\n"):
            yield part

    made = siblings(lambda _: httpx2.Response(200, content=parts()))
    async with aclosing(made.lines(THERE, "/x", OLGA)) as lines:
        told = [line.decode() async for line in lines]
    assert told == ["data: one \u2028data: evil", "", "data: two"]
    with pytest.raises(Refused):
        async for _ in siblings(lambda _: httpx2.Response(403)).lines(THERE, "/x", OLGA):
            pass


# ---- sockets


async def test_a_socket_is_opened_as_who_asked_at_the_process_alone() -> None:
    seen: list[Request] = []

    async def echo(ws: ServerConnection) -> None:
        assert ws.request is not None
        seen.append(ws.request)
        await ws.send(await ws.recv())
        await ws.close(4403, "not permitted any more")

    async with serve(echo, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        there = Sibling("p2", f"http://127.0.0.1:{port}")
        async with Siblings().socket(there, "/x?y=1", OLGA) as ws:
            await ws.send(b"sound")
            assert await ws.recv() == b"sound"
            with pytest.raises(ConnectionClosed):
                await ws.recv()
            assert ws.close_code == 4403
    [request] = seen
    assert request.path == "/x?y=1"
    assert request.headers.get_all("Host") == ["phone.example.com"]
    assert request.headers.get_all("Origin") == ["https://phone.example.com"]
    assert request.headers.get_all("Cookie") == ["__Host-frontline=hers"]
    assert request.headers[PASSED_ON] == "p2"


async def test_a_socket_that_is_refused_or_led_elsewhere_is_not_reached() -> None:
    paths: list[str] = []

    def led_away(_: ServerConnection, request: Request) -> Response:
        paths.append(request.path)
        answer = Response(302, "Found", Headers(Location="/elsewhere"))
        return answer if request.path == "/x" else Response(403, "Forbidden", Headers())

    async def never(ws: ServerConnection) -> None:
        raise AssertionError(ws)

    async with serve(never, "127.0.0.1", 0, process_request=led_away) as server:
        there = Sibling("p2", f"http://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}")
        for path in ("/x", "/y"):
            with pytest.raises(NotReached):
                async with Siblings().socket(there, path, OLGA):
                    pass
    assert paths == ["/x", "/y"]
    with pytest.raises(NotReached):
        async with Siblings().socket(there, "/x", OLGA):
            pass
