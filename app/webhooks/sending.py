"""Sends a small document to an address that ops chose: to public addresses by https, within size and time, once."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import httpx2

from app.toolkit.http.addresses import problem_of
from app.toolkit.http.breaker import HostFailed
from app.toolkit.http.client import Resolve, by_dns

LIMIT_S: Final = 10.0
_CONNECT_S: Final = 3.0
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


class NotSent(Exception):
    """It did not arrive. ``reason`` has nothing of the address; ``refused``: the guard forbids it, now and later."""

    def __init__(self, reason: str, *, refused: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.refused = refused


@dataclass(frozen=True, slots=True)
class Reply:
    """How the receiver answered; ``retry_after_s`` None where it did not say."""

    status: int
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Guard:
    """Where documents may go. ``hosts`` may be at private addresses, without https; ``here``: so may this machine."""

    hosts: frozenset[str] = frozenset()
    here: bool = False
    resolve: Resolve = by_dns

    async def addresses(self, url: httpx2.URL) -> list[str]:
        """The checked addresses of a host, in the order to try them. Raises NotSent."""
        host, port = url.host, url.port or (443 if url.scheme == "https" else 80)
        trusted = host in self.hosts or (self.here and host in _LOOPBACK)
        if url.scheme != "https" and not trusted:
            raise NotSent("the address does not begin with https://", refused=True)
        try:
            found = await self.resolve(host, port)
        except (OSError, UnicodeError, HostFailed) as error:
            raise NotSent(f"no address: {type(error).__name__}") from error
        if not trusted and (problem := problem_of(found)):
            raise NotSent(f"the host is not public: {problem}", refused=True)
        return found


class Sender:
    """The connections of one process to receivers. Nothing is taken from the environment, no redirect is followed."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._client: httpx2.AsyncClient | None = None

    async def post(self, url: str, body: bytes, headers: Mapping[str, str] | None = None) -> Reply:
        """Send a JSON document. Raises NotSent; what the receiver answered with is the caller's to judge."""
        try:
            async with asyncio.timeout(LIMIT_S):
                return await self._post(httpx2.URL(url), body, headers or {})
        except TimeoutError:
            raise NotSent("timeout") from None

    async def _post(self, url: httpx2.URL, body: bytes, headers: Mapping[str, str]) -> Reply:
        client, unreached = await self._connections(), "no address"
        for address in await self._guard.addresses(url):
            try:
                return await _exchange(client, url, address, body, headers)
            except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
                unreached = type(error).__name__
            except (httpx2.HTTPError, httpx2.InvalidURL) as error:
                raise NotSent(type(error).__name__) from error
        raise NotSent(f"not reached: {unreached}")

    async def _connections(self) -> httpx2.AsyncClient:
        if self._client is None:
            # Reading certificates takes a while; another message may have made the client meanwhile.
            tls = await asyncio.to_thread(httpx2.create_ssl_context, trust_env=False)
            made = httpx2.AsyncClient(
                verify=tls,
                trust_env=False,
                follow_redirects=False,
                timeout=httpx2.Timeout(LIMIT_S, connect=_CONNECT_S),
                # None is kept: one whose certificate was checked for a name would carry another's at its address.
                limits=httpx2.Limits(max_connections=20, max_keepalive_connections=0),
                headers={"user-agent": "Frontline", "content-type": "application/json"},
            )
            self._client = self._client or made
        return self._client

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()
            self._client = None


async def _exchange(
    client: httpx2.AsyncClient, url: httpx2.URL, address: str, body: bytes, headers: Mapping[str, str]
) -> Reply:
    """One request to one checked address; the certificate and the Host header are the name's."""
    host = url.netloc.decode("ascii")
    async with client.stream(
        "POST",
        url.copy_with(host=address),
        content=body,
        headers={**headers, "host": host},
        extensions={"sni_hostname": url.host},
    ) as response:
        return Reply(response.status_code, _seconds(response.headers.get("retry-after", "")))


def _seconds(text: str) -> float | None:
    """A wait in seconds; a date is no wait that is worth reading."""
    return float(text) if text.isascii() and text.isdecimal() and len(text) < 7 else None
