"""The way to an MCP server by HTTPS: one host, its addresses checked each time, no redirects, nothing too large."""

import asyncio
import os
import ssl
from collections.abc import Iterable
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import cast

import httpx2

from app.toolkit.http.breaker import HostFailed
from app.toolkit.http.client import Resolve, verdict
from app.toolkit.http.hosts import Hosts, Target

LARGEST_ANSWER = 1024 * 1024  # bytes
CONNECT_S = 2.0  # for one address
READ_S = 120.0  # between two pieces; a stream of news is silent for long
_AT_ONCE = 40


class Guarded:
    """Sends the requests of one session. What goes wrong is an answer of ours, so that it ends one request only.

    ``trouble`` says what went wrong last, for ops; it is empty while all is well.
    """

    def __init__(self, target: Target, hosts: Hosts, resolve: Resolve, inner: httpx2.AsyncBaseTransport) -> None:
        self.trouble = ""
        self._target = target
        self._hosts = hosts
        self._resolve = resolve
        self._inner = inner

    async def __aenter__(self) -> "Guarded":
        return self

    async def __aexit__(self, *ending: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """One request. Raises nothing that would end the session."""
        self.trouble = ""
        asked = Target(request.url.host, request.url.port or 443)
        if request.url.scheme != "https" or asked != self._target:
            return self._refused("another place than that of the file", 403)
        try:
            allowed = await verdict(self._target, self._hosts, self._resolve)
        except HostFailed as failed:
            return self._refused(failed.reason, 503)
        if allowed.problem:
            return self._refused(allowed.problem, 403)
        try:
            return await self._sent(request, allowed.addresses)
        except httpx2.HTTPError as error:
            return self._refused(type(error).__name__, 503)

    async def _sent(self, request: httpx2.Request, addresses: Iterable[str]) -> httpx2.Response:
        """By the first address that can be reached; certificate and Host header are the name's."""
        pinned = self._hosts.pinned.get(self._target.host)
        port = pinned.port if pinned else self._target.port
        unreached = "no address"
        for address in addresses:
            there = httpx2.Request(
                request.method,
                request.url.copy_with(host=address, port=port),
                headers=request.headers,
                stream=request.stream,
                extensions={**request.extensions, "sni_hostname": self._target.host},
            )
            try:
                return await self._bounded(await self._inner.handle_async_request(there))
            except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
                unreached = type(error).__name__
        return self._refused(unreached, 503)

    async def _bounded(self, response: httpx2.Response) -> httpx2.Response:
        """The answer, if it is one that is taken: a stream of events as it is, all else read to its end."""
        problem = _problem(response)
        stream = cast(httpx2.AsyncByteStream, response.stream)
        if problem:
            await stream.aclose()
            return self._refused(problem, 502)
        if response.headers.get("content-type", "").lower().startswith("text/event-stream"):
            return response
        body = b""
        try:
            async for part in stream:
                body += part
                if len(body) > LARGEST_ANSWER:
                    return self._refused(f"more than {LARGEST_ANSWER} bytes", 502)
        finally:
            await stream.aclose()
        kept = [(name, value) for name, value in response.headers.multi_items() if name not in _OF_THE_WAY]
        return httpx2.Response(response.status_code, headers=kept, content=body)

    def _refused(self, trouble: str, status: int) -> httpx2.Response:
        self.trouble = trouble
        return httpx2.Response(status)


_OF_THE_WAY = ("transfer-encoding", "content-length", "connection", "keep-alive", "content-encoding")


def _problem(response: httpx2.Response) -> str:
    if 300 <= response.status_code < 400:
        return "a redirect: none is followed"
    if response.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        return "an answer that is packed, which was not asked for"
    return ""


async def guarded_client(
    target: Target, hosts: Hosts, resolve: Resolve, headers: Iterable[tuple[str, str]]
) -> tuple[httpx2.AsyncClient, Guarded]:
    """A client for one server, and the guard in it. Nothing is taken from the environment, and no cookie is kept."""
    pinned = hosts.pinned.get(target.host)
    # Reading certificates takes a while.
    tls = await asyncio.to_thread(_tls, pinned.ca_file if pinned else None)
    limits = httpx2.Limits(max_connections=_AT_ONCE, max_keepalive_connections=_AT_ONCE, keepalive_expiry=30)
    guard = Guarded(target, hosts, resolve, httpx2.AsyncHTTPTransport(verify=tls, trust_env=False, limits=limits))
    client = httpx2.AsyncClient(
        transport=cast(httpx2.AsyncBaseTransport, guard),
        trust_env=False,
        follow_redirects=False,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        timeout=httpx2.Timeout(READ_S, connect=CONNECT_S, pool=CONNECT_S),
        headers=[("accept-encoding", "identity"), ("user-agent", "Frontline"), *headers],
    )
    return client, guard


def _tls(ca_file: str | None) -> ssl.SSLContext:
    if ca_file is not None:
        return ssl.create_default_context(cafile=os.fspath(ca_file))
    return httpx2.create_ssl_context(trust_env=False)
