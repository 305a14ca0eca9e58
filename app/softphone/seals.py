"""Signed words that go to a browser and come back: what a pass, a call's key and a link are made of.

They are all the state there is, so any process that has the secret can open them. What may be used once is
remembered by the process that saw it used, as with stream tokens.
"""

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

LONGEST: Final = 1_500  # characters
_MAC_BYTES: Final = 32
_MOST_USED: Final = 100_000

Fields = Mapping[str, str]


class Seals:
    """Seals of one kind: what was sealed for a pass is no link. The first secret signs, the others still open."""

    def __init__(self, kind: str, secrets: Sequence[str], wall: Callable[[], float] = time.time) -> None:
        self._kind = f"frontline {kind} 1\x1f".encode()
        self._secrets = tuple(secret.encode() for secret in secrets)
        self._wall = wall
        self._used: dict[str, float] = {}  # to when each has run out anyway

    def seal(self, fields: Fields, life_s: float) -> str:
        """The fields as a word of letters, digits, ``-`` and ``_``, good for ``life_s`` of wall time."""
        content = json.dumps([self._wall() + life_s, dict(fields)], separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(self._mac(self._secrets[0], content) + content).rstrip(b"=").decode()

    def open(self, word: str) -> Fields | None:
        """The fields; None for what we did not seal, or sealed too long ago."""
        opened = self._opened(word)
        return opened[1] if opened else None

    def use(self, word: str) -> Fields | None:
        """The fields, once."""
        opened = self._opened(word)
        if opened is None or word in self._used:
            return None
        self._forget()
        if len(self._used) >= _MOST_USED:
            return None
        self._used[word] = opened[0]
        return opened[1]

    def _opened(self, word: str) -> tuple[float, Fields] | None:
        raw = _bytes(word)
        if raw is None or len(raw) <= _MAC_BYTES:
            return None
        mac, content = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
        if not any(hmac.compare_digest(self._mac(secret, content), mac) for secret in self._secrets):
            return None
        until, fields = json.loads(content)
        return (until, fields) if until > self._wall() else None

    def _mac(self, secret: bytes, content: bytes) -> bytes:
        return hmac.new(secret, self._kind + content, hashlib.sha256).digest()

    def _forget(self) -> None:
        now = self._wall()
        self._used = {word: until for word, until in self._used.items() if until > now}


def _bytes(word: str) -> bytes | None:
    if len(word) > LONGEST or not word.isascii():
        return None
    try:
        return base64.b64decode(word + "=" * (-len(word) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
