"""Documents go to public addresses by https, or where ops said so, and nowhere else."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress

import pytest

from app.webhooks.sending import Guard, NotSent, Reply, Sender
from tests.webhooks.listener import listening

NAMES: Mapping[str, list[str]] = {
    "public.example": ["93.184.216.34"],
    "rebound.example": ["93.184.216.34", "169.254.169.254"],
    "inside.example": ["10.0.0.7"],
    "here.example": ["127.0.0.1"],
    "there.example": ["127.0.0.1"],
}


async def resolve(host: str, _: int) -> list[str]:
    return NAMES.get(host, [host])


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://public.example/", "does not begin with https://"),
        ("https://inside.example/", "10.0.0.7 is private"),
        ("https://rebound.example/", "169.254.169.254 is link-local"),
        ("https://127.0.0.1:8000/", "127.0.0.1 is this machine"),
        ("https://[::1]/", "::1 is this machine"),
        ("https://2130706433/", "no address"),
        ("http://localhost/", "does not begin with https://"),
    ],
)
async def test_what_is_not_public_is_refused_and_not_tried_again(url: str, reason: str) -> None:
    sender = Sender(Guard(resolve=resolve))
    with pytest.raises(NotSent, match=reason) as failed:
        await sender.post(url, b"{}")
    assert failed.value.refused
    await sender.close()


async def test_a_document_arrives_with_its_headers_and_the_name_it_was_sent_to() -> None:
    async with listening() as listener:
        sender = Sender(Guard(frozenset({"here.example"}), resolve=resolve))
        url = f"http://here.example:{listener.port}/hook?t=1"
        assert await sender.post(url, b'{"a": 1}', {"webhook-id": "evt_1"}) == Reply(204)
        (got,) = listener.got
        assert (got.path, got.body, got.headers["webhook-id"]) == ("/hook?t=1", b'{"a": 1}', "evt_1")
        assert got.headers["host"] == f"here.example:{listener.port}"
        assert got.headers["content-type"] == "application/json"
        await sender.close()


async def test_in_a_rehearsal_this_machine_is_told() -> None:
    async with listening() as listener:
        sender = Sender(Guard(here=True))
        assert (await sender.post(listener.url, b"{}")).status == 204
        await sender.close()


async def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    async with listening() as listener:
        listener.answers = ["302 Found\r\nLocation: http://169.254.169.254/", "429 Slow\r\nRetry-After: 120"]
        sender = Sender(Guard(here=True))
        assert await sender.post(listener.url, b"{}") == Reply(302)
        assert await sender.post(listener.url, b"{}") == Reply(429, 120.0)
        assert len(listener.got) == 2
        await sender.close()


async def test_no_connection_serves_two_names_at_one_address() -> None:
    connections: list[asyncio.Task[None] | None] = []

    async def stays_open(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(asyncio.current_task())
        with suppress(asyncio.IncompleteReadError):
            while await reader.readuntil(b"\r\n\r\n{}"):
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(stays_open, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        sender = Sender(Guard(frozenset({"here.example", "there.example"}), resolve=resolve))
        for name in ("here.example", "there.example"):
            assert (await sender.post(f"http://{name}:{port}/", b"{}")).status == 200
        await sender.close()
        await asyncio.gather(*(serving for serving in connections if serving is not None))
    assert len(connections) == 2


async def test_nobody_there_is_worth_another_try() -> None:
    sender = Sender(Guard(here=True))
    with pytest.raises(NotSent, match="not reached") as failed:
        await sender.post("http://127.0.0.1:9/", b"{}")
    assert not failed.value.refused
    await sender.close()
