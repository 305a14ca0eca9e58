"""The rehearsal's balancer: to the ready server with the fewest connections, and on to another when one is gone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2

from app.rehearsal.balancer import Balancer


class Server:
    """A server that says who it is and what it was sent, or, while it is ``dying``, hangs up on whoever asks."""

    def __init__(self, name: str) -> None:
        self.name, self.ready, self.dying, self.port = name, True, False, 0
        self.heads: list[bytes] = []

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if b"/readyz" in head:
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n" if self.ready else b"HTTP/1.1 503 No\r\n\r\n")
        elif self.dying:
            self.heads.append(head)
        else:
            self.heads.append(head)
            sent = await reader.readexactly(4) if b"POST" in head else b""
            body = self.name.encode() + sent
            writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
        await writer.drain()
        writer.close()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        server = await asyncio.start_server(self.answer, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield
        finally:
            server.close()


async def looked(balancer: Balancer) -> None:
    for backend in balancer.backends:
        await balancer._look(backend)


async def test_a_request_goes_to_a_server_that_is_ready_and_only_there() -> None:
    one, two = Server("one"), Server("two")
    async with one.serving(), two.serving():
        balancer = Balancer([one.port, two.port])
        one.ready = False
        async with balancer.serving() as url, httpx2.AsyncClient(trust_env=False) as client:
            await looked(balancer)
            assert (await client.get(f"{url}/voice")).text == "two"
            one.ready, two.ready = True, False
            await looked(balancer)
            assert (await client.get(f"{url}/voice")).text == "one"
    assert b"Connection: close" in one.heads[0]


async def test_a_server_that_is_gone_is_passed_over_before_anybody_noticed() -> None:
    one, two = Server("one"), Server("two")
    async with two.serving():
        async with one.serving():
            balancer = Balancer([one.port, two.port])
            await looked(balancer)
        async with balancer.serving() as url, httpx2.AsyncClient(trust_env=False) as client:
            assert (await client.get(f"{url}/voice")).text == "two"


async def test_a_request_to_a_server_that_dies_without_a_word_goes_to_another_whole() -> None:
    one, two = Server("one"), Server("two")
    async with one.serving(), two.serving():
        balancer = Balancer([one.port, two.port])
        await looked(balancer)
        one.dying = True
        async with balancer.serving() as url, httpx2.AsyncClient(trust_env=False) as client:
            answer = await client.post(f"{url}/voice/after-stream", content=b"a=42")
    assert (answer.text, len(one.heads)) == ("twoa=42", 1)


async def test_without_a_ready_server_there_is_no_service() -> None:
    balancer = Balancer([])
    async with balancer.serving() as url, httpx2.AsyncClient(trust_env=False) as client:
        assert (await client.get(f"{url}/voice")).status_code == 503
