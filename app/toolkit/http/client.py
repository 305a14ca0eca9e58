"""Sends what HTTP tools send: to checked addresses only, within size and time, a host that is broken left alone."""

import asyncio
import socket
import ssl
import time
import zlib
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from weakref import WeakKeyDictionary

import httpx2
import orjson

from app.toolkit.http.addresses import problem_of
from app.toolkit.http.breaker import HostBreaker, HostFailed, HostResting
from app.toolkit.http.hosts import Hosts, Pinned, Target

LARGEST_ANSWER = 256 * 1024  # bytes, packed and unpacked
LONGEST_S = 5.0
TIMEOUT = "timeout"
_CONNECT_S = 2.0  # for one address; a host may have several
_AT_ONCE = 20  # connections to one host
_LOOKING_UP = ThreadPoolExecutor(4, "tools-dns")  # of its own: a slow name server keeps no other threads busy

Resolve = Callable[[str, int], Awaitable[list[str]]]


class HostRefused(Exception):
    """The guard forbids it; ``reason`` is for ops."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class AnswerUnfit(Exception):
    """The host answered with something no tool can use; ``reason`` is for whoever wrote the tool."""

    def __init__(self, reason: str, status: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent. All but method and target may hold secrets and words of the caller: it is never logged."""

    method: str
    target: Target
    path: str = field(repr=False)  # with the query, percent-encoded
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        return f"https://{self.target}{self.path}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; ``data`` is its JSON, None where there was none."""

    status: int
    data: object
    size: int
    took_ms: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the guard says of a target: ``problem`` is empty where it may be reached, at these addresses."""

    problem: str
    addresses: tuple[str, ...] = ()


async def by_dns(host: str, port: int) -> list[str]:
    """Every address of a host, A and AAAA, in the order to try them. Raises OSError."""
    loop = asyncio.get_running_loop()
    found = await loop.run_in_executor(_LOOKING_UP, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


async def verdict(target: Target, hosts: Hosts, resolve: Resolve = by_dns) -> Verdict:
    """Whether a target may be reached, and the checked addresses to connect to. Raises HostFailed without a name."""
    pinned = hosts.pinned.get(target.host)
    if pinned is not None:
        return Verdict("", (pinned.address,))
    if not hosts.admits(target):
        return Verdict("the host is not allowed")
    try:
        addresses = tuple(await resolve(target.host, target.port))
    except (OSError, UnicodeError) as error:
        raise HostFailed(f"no address: {type(error).__name__}", sent=False) from error
    return Verdict(problem_of(addresses), addresses)


class Clients:
    """The connections of one event loop and what is known of its hosts, host by host.

    Each host has connections of its own: a slow one takes none of another's, and a connection whose certificate was
    checked for one name never carries a request for another at the same address.
    """

    def __init__(self) -> None:
        self._clients: dict[tuple[Target, Pinned | None], httpx2.AsyncClient] = {}
        self._breakers: dict[Target, HostBreaker] = {}
        self._addresses: dict[Target, str] = {}

    def breaker(self, target: Target) -> HostBreaker:
        return self._breakers.setdefault(target, HostBreaker())

    async def send(
        self, request: Request, hosts: Hosts, limit_s: float = LONGEST_S, resolve: Resolve = by_dns
    ) -> Answer:
        """Send it, once. Raises HostResting, HostRefused, HostFailed or AnswerUnfit."""
        return await self.breaker(request.target).run(lambda: self._within(request, hosts, limit_s, resolve))

    async def _within(self, request: Request, hosts: Hosts, limit_s: float, resolve: Resolve) -> Answer:
        try:
            async with asyncio.timeout(limit_s):
                return await self._checked(request, hosts, resolve)
        except TimeoutError as error:
            raise HostFailed(TIMEOUT) from error

    async def _checked(self, request: Request, hosts: Hosts, resolve: Resolve) -> Answer:
        """Look the host up, check all it has, and try one checked address after the other."""
        allowed = await verdict(request.target, hosts, resolve)
        if allowed.problem:
            raise HostRefused(allowed.problem)
        pinned = hosts.pinned.get(request.target.host)
        client = await self._client(request.target, pinned)
        port = pinned.port if pinned else request.target.port
        unreached = ""
        for address in self._in_order(request.target, allowed.addresses):
            try:
                answer = await _exchange(client, request, address, port)
            except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
                unreached = type(error).__name__
                continue
            except (httpx2.LocalProtocolError, httpx2.InvalidURL) as error:
                raise HostRefused("a request that cannot be written") from error
            except httpx2.HTTPError as error:
                raise HostFailed(type(error).__name__) from error
            self._addresses[request.target] = address
            return answer
        raise HostFailed(unreached, sent=False)

    def _in_order(self, target: Target, addresses: tuple[str, ...]) -> list[str]:
        """The one that answered last time first: a connection to it may still be open."""
        return sorted(addresses, key=lambda address: address != self._addresses.get(target))

    async def _client(self, target: Target, pinned: Pinned | None) -> httpx2.AsyncClient:
        key = (target, pinned)
        if key not in self._clients:
            # Reading certificates takes a while. Another request may have made the client meanwhile.
            tls = await asyncio.to_thread(_tls, pinned.ca_file if pinned else None)
            self._clients.setdefault(key, _new_client(tls))
        return self._clients[key]

    async def close(self) -> None:
        while self._clients:
            _, client = self._clients.popitem()
            await client.aclose()


_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, Clients] = WeakKeyDictionary()


def clients() -> Clients:
    """The connections of the running event loop: in a process that answers calls there is one loop."""
    return _clients.setdefault(asyncio.get_running_loop(), Clients())


async def close_http() -> None:
    """Close every connection of the HTTP tools: for the end of the process."""
    ended = _clients.pop(asyncio.get_running_loop(), None)
    if ended is not None:
        await ended.close()


def _tls(ca_file: str | None) -> ssl.SSLContext:
    if ca_file is not None:
        return ssl.create_default_context(cafile=ca_file)
    return httpx2.create_ssl_context(trust_env=False)


def _new_client(tls: ssl.SSLContext) -> httpx2.AsyncClient:
    """Nothing is taken from the environment, no redirect is followed, and no cookie of one call is sent in another."""
    return httpx2.AsyncClient(
        verify=tls,
        trust_env=False,
        follow_redirects=False,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        timeout=httpx2.Timeout(LONGEST_S, connect=_CONNECT_S),
        limits=httpx2.Limits(max_connections=_AT_ONCE, max_keepalive_connections=_AT_ONCE, keepalive_expiry=30),
        headers={"accept": "application/json", "accept-encoding": "identity", "user-agent": "Frontline"},
    )


async def _exchange(client: httpx2.AsyncClient, request: Request, address: str, port: int) -> Answer:
    """One request to one address; the certificate and the Host header are the name's, not the address's."""
    started = time.monotonic()
    url = httpx2.URL(request.url).copy_with(host=address, port=port)
    async with client.stream(
        request.method,
        url,
        headers=[("host", str(request.target)), *request.headers],
        content=request.body,
        extensions={"sni_hostname": request.target.host},
    ) as response:
        body = await _body(response)
    took_ms = round((time.monotonic() - started) * 1000)
    return Answer(response.status_code, _json(response, body), len(body), took_ms)


async def _body(response: httpx2.Response) -> bytes:
    """The body, unpacked, of a response that is none of the broken ones."""
    status = response.status_code
    if status >= 500 or status == httpx2.codes.TOO_MANY_REQUESTS:
        raise HostFailed(f"status {status}", status)
    if 300 <= status < 400:
        raise AnswerUnfit("a redirect: no tool follows one", status)
    packed = b""
    async for part in response.aiter_raw():
        packed += part
        if len(packed) > LARGEST_ANSWER:
            raise AnswerUnfit(f"more than {LARGEST_ANSWER} bytes", status)
    return _unpacked(packed, response.headers.get("content-encoding", "identity").strip().lower(), status)


def _unpacked(packed: bytes, encoding: str, status: int) -> bytes:
    """Never more than is allowed is unpacked, however small it was packed."""
    if encoding in ("", "identity"):
        return packed
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise AnswerUnfit(f"packed as {encoding[:20]}, which was not asked for", status)
    try:
        unpacked = zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(packed, LARGEST_ANSWER + 1)
    except zlib.error as error:
        raise AnswerUnfit("packed so that it cannot be unpacked", status) from error
    if len(unpacked) > LARGEST_ANSWER:
        raise AnswerUnfit(f"more than {LARGEST_ANSWER} bytes", status)
    return unpacked


def _json(response: httpx2.Response, body: bytes) -> object:
    """The body's JSON. What a refusal (4xx) says in another form is of no interest."""
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not body.strip():
        return None
    if kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json")):
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError as error:
            if not response.is_error:
                raise AnswerUnfit("no JSON, though it says it is", response.status_code) from error
    if response.is_error:
        return None
    raise AnswerUnfit(f"{kind[:40] or 'something unnamed'} instead of JSON", response.status_code)


__all__ = [
    "Answer",
    "AnswerUnfit",
    "Clients",
    "HostFailed",
    "HostRefused",
    "HostResting",
    "Request",
    "Verdict",
    "by_dns",
    "clients",
    "close_http",
    "verdict",
]
