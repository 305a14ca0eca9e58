"""A shipping company's stand-in: where a parcel is, and sending it elsewhere, by HTTPS with a key.

``GET /v1/parcels/{number}`` and ``POST /v1/parcels/{number}/redirect``. The parcels are those of the sample orders: the
carrier's letters and the order's number, such as NP1047. ``?fault=slow`` (``error``, ``huge``, ``packed``,
``redirect``, ``words``) makes an answer go wrong.
"""

import asyncio
import gzip
import hmac
import io
import json
import re
import secrets
import ssl
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from http.client import HTTPException, parse_headers
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import trustme

HOST = "shipping.rehearsal.example"
SECRET = "SHIPPING_KEY"
ADDRESS = "127.0.0.1"
READ_LIMIT_S = 10.0
SLOW_S = 30.0
CLOSE_WITHIN_S = 1.0
MOST_BODY = 64 * 1024
HUGE = 4 * 2**20  # bytes

_PARCEL = re.compile(r"/v1/parcels/([^/]+)")
_REDIRECT = re.compile(r"/v1/parcels/([^/]+)/redirect")

# number, state, carrier, last seen, days from today: last seen, expected
_PARCELS: tuple[tuple[str, str, str, str, int, int | None], ...] = (
    ("NP1047", "in_transit", "Northwind Parcel", "Newark", -1, 2),
    ("NP1032", "delivered", "Northwind Parcel", "New York", -26, None),
    ("NP1018", "returned", "Northwind Parcel", "Newark", -6, None),
    ("BF1044", "delayed", "Bluebird Freight", "Gary", -2, 3),
    ("NP1060", "in_transit", "Northwind Parcel", "Orlando", 0, 3),
    ("NP1040", "delivered", "Northwind Parcel", "San Francisco", -4, None),
    ("AP55029", "in_transit", "Alpine Post", "Frankfurt", -1, 5),
    ("AP1038", "delivered", "Alpine Post", "Cologne", -5, None),
)
_IN_WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {"in_transit": "on its way", "delivered": "delivered", "returned": "on its way back", "delayed": "delayed"},
    "es": {"in_transit": "en camino", "delivered": "entregado", "returned": "de vuelta", "delayed": "con retraso"},
}


@dataclass(frozen=True, slots=True)
class Seen:
    """A request that came; header names are in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: str


@dataclass(frozen=True, slots=True)
class _Reply:
    status: int
    content: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ShippingStandIn:
    """Where it listens, and what it was asked. ``redirects`` are those made: (parcel, place), each key's once."""

    address: str
    port: int
    ca_file: str
    key: str
    seen: deque[Seen] = field(default_factory=lambda: deque(maxlen=1_000))
    redirects: list[tuple[str, str]] = field(default_factory=list)


@asynccontextmanager
async def shipping_stand_in(folder: Path) -> AsyncIterator[ShippingStandIn]:
    """The service, for as long as the block lasts. The certificate of its CA is written into ``folder``."""
    tls, ca_file = await asyncio.to_thread(_certificate, folder)
    company = _Company(secrets.token_hex(16))
    server = await asyncio.start_server(company.connected, ADDRESS, 0, ssl=tls)
    async with server:
        port = server.sockets[0].getsockname()[1]
        try:
            yield ShippingStandIn(ADDRESS, port, str(ca_file), company.key, company.seen, company.redirects)
        finally:
            server.close()
            await company.close()


def _certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A new CA and a certificate of it; only the CA's public part is written, the keys stay in memory."""
    folder.mkdir(parents=True, exist_ok=True)
    ca = trustme.CA(organization_name="Frontline rehearsal")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(HOST).configure_cert(context)
    ca_file = folder / "shipping-ca.pem"
    ca.cert_pem.write_to_path(str(ca_file))
    return context, ca_file


class _Company:
    """What the service knows and does."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.seen: deque[Seen] = deque(maxlen=1_000)
        self.redirects: list[tuple[str, str]] = []
        self._closing = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._unasked: set[asyncio.StreamWriter] = set()  # connections that nothing came on so far
        self._done: dict[str, _Reply] = {}  # by idempotency key

    async def close(self) -> None:
        """Slow answers are given now, and whoever has not asked yet is hung up on."""
        self._closing.set()
        for writer in self._unasked:
            writer.transport.abort()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=CLOSE_WITHIN_S)

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._unasked.add(writer)
        try:
            async with asyncio.timeout(READ_LIMIT_S):
                asked = await _one_request(reader)
            self._unasked.discard(writer)
            self.seen.append(asked)
            reply = await self._faulty(asked) or self._reply(asked)
            writer.write(_written(reply))
            await writer.drain()
        except (TimeoutError, OSError, EOFError, ValueError, HTTPException):
            pass  # not a request, or gone before its answer: the peer's own fault
        finally:
            writer.close()
            self._unasked.discard(writer)
            self._tasks.discard(task)

    async def _faulty(self, asked: Seen) -> _Reply | None:
        fault = parse_qs(urlsplit(asked.target).query).get("fault", [""])[0]
        if fault == "slow":
            await _until(self._closing, SLOW_S)
        if fault == "error":
            return _reply(500, {"error": "internal error at 10.1.2.3"})
        if fault == "huge":
            return _Reply(200, b'{"state": "' + b"x" * HUGE + b'"}')
        if fault == "packed":
            packed = gzip.compress(b'{"state": "' + b"x" * HUGE + b'"}')
            return _Reply(200, packed, {"Content-Encoding": "gzip"})
        if fault == "redirect":
            return _Reply(302, b"{}", {"Location": "https://169.254.169.254/latest/meta-data/"})
        return _Reply(200, b"<p>on its way</p>", {"Content-Type": "text/html"}) if fault == "words" else None

    def _reply(self, asked: Seen) -> _Reply:
        if not hmac.compare_digest(asked.headers.get("authorization", ""), f"Bearer {self.key}"):
            return _reply(401, {"error": "unknown key"})
        path = urlsplit(asked.target).path
        if place := _PARCEL.fullmatch(path):
            return self._parcel(unquote(place[1]), asked) if asked.method == "GET" else _reply(405, {"error": "GET it"})
        if place := _REDIRECT.fullmatch(path):
            return self._once(unquote(place[1]), asked) if asked.method == "POST" else _reply(405, {"error": "POST it"})
        return _reply(404, {"error": "no such resource"})

    def _parcel(self, number: str, asked: Seen) -> _Reply:
        parcel = _known(number)
        if parcel is None:
            return _reply(404, {"error": "no such parcel"})
        name, state, carrier, place, seen, expected = parcel
        today = date.today()
        words = _IN_WORDS.get(asked.headers.get("accept-language", "en")[:2], _IN_WORDS["en"])
        told = {
            "number": name,
            "state": state,
            "state_in_words": words[state],
            "carrier": {"name": carrier},
            "events": [{"place": place, "on": (today + timedelta(days=seen)).isoformat()}],
            "expected_on": None if expected is None else (today + timedelta(days=expected)).isoformat(),
            # What a real answer is full of, and no model needs.
            "recipient": {"name": "Resident", "street": "12 Harbor Street", "signature_on_file": True},
        }
        return _reply(200, told)

    def _once(self, number: str, asked: Seen) -> _Reply:
        key = asked.headers.get("idempotency-key", "")
        if not key:
            return self._redirect(number, asked)
        if key not in self._done:
            self._done[key] = self._redirect(number, asked)
        return self._done[key]

    def _redirect(self, number: str, asked: Seen) -> _Reply:
        parcel, place = _known(number), _place(asked.body)
        if parcel is None:
            return _reply(404, {"error": "no such parcel"})
        if not place:
            return _reply(422, {"error": "say where to"})
        if parcel[1] not in ("in_transit", "delayed"):
            return _reply(409, {"error": "not on its way"})
        self.redirects.append((parcel[0], place))
        return _reply(201, {"number": parcel[0], "place": place, "redirect_id": f"R{len(self.redirects):04}"})


def _known(number: str) -> tuple[str, str, str, str, int, int | None] | None:
    """The parcel of a number, however it is spaced; the carrier's letters may be left out."""
    plain = re.sub(r"[^A-Z0-9]", "", number.upper())
    return next((parcel for parcel in _PARCELS if plain in (parcel[0], parcel[0].lstrip("ABFNP"))), None)


def _place(body: str) -> str:
    try:
        told = json.loads(body)
    except ValueError:
        return ""
    place = told.get("place") if isinstance(told, dict) else None
    return place.strip() if isinstance(place, str) else ""


async def _until(event: asyncio.Event, most_s: float) -> None:
    try:
        async with asyncio.timeout(most_s):
            await event.wait()
    except TimeoutError:
        return


async def _one_request(reader: asyncio.StreamReader) -> Seen:
    line, _, head = (await reader.readuntil(b"\r\n\r\n")).partition(b"\r\n")
    method, target, _ = line.decode().split(" ", 2)
    headers = {name.lower(): value for name, value in parse_headers(io.BytesIO(head)).items()}
    length = int(headers.get("content-length", "0"))
    if length > MOST_BODY:
        raise ValueError("a larger body than any tool sends")
    return Seen(method, target, headers, (await reader.readexactly(length)).decode())


def _reply(status: int, body: Mapping[str, object]) -> _Reply:
    return _Reply(status, json.dumps(body).encode())


def _written(reply: _Reply) -> bytes:
    headers = {"Content-Type": "application/json", **reply.headers, "Content-Length": str(len(reply.content))}
    lines = [f"HTTP/1.1 {reply.status} ", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode() + reply.content
