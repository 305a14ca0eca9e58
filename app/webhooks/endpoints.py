"""Who is told of events: addresses, each with its secret and the events it chose."""

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final
from urllib.parse import urlsplit

EVENTS: Final = (
    *("call.started", "call.ended", "call.handed_off", "call.flagged", "call.analysed"),
    *("alert.opened", "alert.resolved"),
)
EVERYTHING: Final = "all"
PREFIX: Final = "whsec_"
FEWEST_BYTES, MOST_BYTES = 24, 64  # of a secret, as the standard has it


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address. ``secret`` is its key, as bytes."""

    url: str
    secret: bytes = field(repr=False)
    events: frozenset[str] = frozenset(EVENTS)

    @property
    def id(self) -> str:
        """A name that tells nothing of the address, which may have a token in it."""
        return sha256(self.url.encode()).hexdigest()[:12]

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""


def endpoints_in(text: str) -> tuple[Endpoint, ...]:
    """Endpoints as a setting has them: ``URL SECRET EVENTS``, one a line or with semicolons between.

    ``EVENTS`` has commas between, and may be left out for all. Raises ValueError without saying the secret.
    """
    found = tuple(_endpoint(written.split()) for written in _written(text))
    if len({one.url for one in found}) < len(found):
        raise ValueError("an address is there twice")
    return found


def _written(text: str) -> Iterator[str]:
    rows = (row.strip() for row in re.split(r"[;\n]", text))
    return (row for row in rows if row and not row.startswith("#"))


def _endpoint(words: list[str]) -> Endpoint:
    if len(words) not in (2, 3):
        raise ValueError("not an address, a secret and events")
    url, secret = words[0], words[1]
    parts = urlsplit(url)
    if parts.scheme not in ("https", "http") or not parts.hostname or "@" in parts.netloc or parts.fragment:
        raise ValueError("not a web address")
    chosen = frozenset(words[2].split(",")) if len(words) == 3 and words[2] != EVERYTHING else frozenset(EVENTS)
    if not chosen <= set(EVENTS):
        raise ValueError("not an event")
    return Endpoint(url, key_of(secret), chosen)


def key_of(secret: str) -> bytes:
    """The key that ``whsec_…`` holds. Raises ValueError."""
    if not secret.startswith(PREFIX):
        raise ValueError("not a secret that begins with whsec_")
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        raise ValueError("not a secret in base64") from None
    if not FEWEST_BYTES <= len(key) <= MOST_BYTES:
        raise ValueError("not a secret of 24 to 64 bytes")
    return key


def written_secret(key: bytes) -> str:
    """A key as it is written in settings."""
    return f"{PREFIX}{base64.b64encode(key).decode()}"
