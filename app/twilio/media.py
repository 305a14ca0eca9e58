"""Files of a Twilio account, fetched with its secret: which addresses are its own, and what the answers mean."""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Final
from urllib.parse import SplitResult, urlsplit

import httpx2
import stamina

ATTEMPTS: Final = 3
AS_IT_IS: Final[Mapping[str, str]] = {"Accept-Encoding": "identity"}  # compressed, a few bytes could unfold to millions

_HOST = re.compile(r"api(\.[a-z0-9-]+){0,2}\.twilio\.com")


class TryAgain(Exception):
    """An answer that may be another one in a moment: a file can be told of before it can be had."""


class Refused(Exception):
    """An answer that stays as it is."""


class TooLong(Exception):
    """More bytes than are taken."""


def place_of(url: str, path: re.Pattern[str], account_sid: str) -> SplitResult | None:
    """The parts of an address at Twilio whose ``path`` names this account first; None for any other."""
    parts = urlsplit(url)
    place = path.fullmatch(parts.path)
    ours = place is not None and place[1] == account_sid and not parts.query
    return parts if parts.scheme == "https" and _HOST.fullmatch(parts.netloc) and ours else None


async def patiently(fetch: Callable[[], Awaitable[bytes]], within_s: float) -> bytes:
    """What ``fetch`` brings, tried again while that may help. Raises what its last attempt raises."""
    again = (TryAgain, httpx2.TransportError)
    async for attempt in stamina.retry_context(on=again, attempts=ATTEMPTS, timeout=within_s, wait_initial=0.5):
        with attempt:
            return await fetch()
    raise AssertionError("the last attempt returns or raises")


async def body_of(response: httpx2.Response, largest: int) -> bytes:
    """A streamed answer's body. Raises TryAgain, Refused, TooLong."""
    if response.status_code in (404, 429) or response.status_code >= 500:
        raise TryAgain(f"answered {response.status_code}")
    if response.status_code != 200:
        raise Refused(f"answered {response.status_code}")
    body = bytearray()
    async for part in response.aiter_raw():
        body += part
        if len(body) > largest:
            raise TooLong(f"more than {largest} bytes")
    return bytes(body)
