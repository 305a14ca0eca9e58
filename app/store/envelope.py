"""Sealing what is stored: each object by a key of its own, that key by one of the house's, in chunks for ranges.

An object is a head and its chunks. The head says which of the house's keys wraps the object's own, and holds that
wrapped, for this object's name alone. A chunk is a nonce, the bytes, and a tag over them, their place and whether they
are the last: what is changed, swapped, cut or renamed does not open.
"""

import binascii
import hashlib
import hmac
import os
import secrets
import struct
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

CHUNK: Final = 65_536  # bytes before sealing; only the last chunk may have fewer
KEY_BYTES: Final = 32
MAGIC: Final = b"FLO1"

_NONCE, _TAG, _ID = 12, 16, 8
_PLACE: Final = struct.Struct(">Q?")
HEAD: Final = len(MAGIC) + _ID + _NONCE + KEY_BYTES + _TAG
SEALED: Final = _NONCE + CHUNK + _TAG  # of a whole chunk

log = structlog.get_logger(__name__)


class NotReadable(Exception):
    """An object does not open; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """Seals and opens the chunks of the object ``name``, whose ``head`` goes before them."""

    name: str
    head: bytes
    _cipher: AESGCM

    def seal(self, number: int, data: bytes, *, last: bool) -> bytes:
        """One chunk, counted from 0, as it is stored."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._cipher.encrypt(nonce, data, _PLACE.pack(number, last))

    def open(self, number: int, sealed: bytes, *, last: bool) -> bytes:
        """The bytes of one chunk. Raises NotReadable."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], _PLACE.pack(number, last))
        except (InvalidTag, ValueError):
            raise NotReadable(f"{self.name} was changed or cut after it was stored (chunk {number}).") from None


class Keys:
    """The house's keys, 32 bytes each: the first wraps what is written now, all open what was written before."""

    def __init__(self, first: bytes, *others: bytes) -> None:
        self._first = _id(first)
        self._root = first
        self._ciphers = {_id(key): AESGCM(key) for key in (*others, first)}
        self._names = hmac.new(first, b"pseudonyms", hashlib.sha256).digest()

    def pseudonym(self, text: str) -> str:
        """What stands for a text, such as a phone number, where it must not stand itself: the same while the key is."""
        return hmac.new(self._names, text.encode(), hashlib.sha256).hexdigest()[:32]

    def secret(self, purpose: str) -> bytes:
        """A secret of its own for something else, made of the first key."""
        return hmac.digest(self._root, b"frontline secret " + purpose.encode(), "sha256")

    def is_first(self, head: bytes) -> bool:
        """Whether an object's head is wrapped with the key that is written with now."""
        return head[len(MAGIC) : len(MAGIC) + _ID] == self._first

    def envelope(self, name: str) -> Envelope:
        """A new object's envelope."""
        key, nonce, front = secrets.token_bytes(KEY_BYTES), secrets.token_bytes(_NONCE), MAGIC + self._first
        wrapped = self._ciphers[self._first].encrypt(nonce, key, front + name.encode())
        return Envelope(name, front + nonce + wrapped, AESGCM(key))

    def envelope_of(self, name: str, head: bytes) -> Envelope:
        """The envelope of a stored object. Raises NotReadable."""
        if len(head) != HEAD or not head.startswith(MAGIC):
            raise NotReadable(f"{name} is not sealed as objects of this house are.")
        id = head[len(MAGIC) : len(MAGIC) + _ID]
        front, nonce, wrapped = head[: len(MAGIC) + _ID], *_parted(head[len(MAGIC) + _ID :], _NONCE)
        if id not in self._ciphers:
            raise NotReadable(f"{name} is sealed with key {id.hex()}, which is not in FRONTLINE_ENCRYPTION_KEYS.")
        try:
            key = self._ciphers[id].decrypt(nonce, wrapped, front + name.encode())
        except InvalidTag:
            raise NotReadable(f"{name} was changed or renamed after it was stored.") from None
        return Envelope(name, head, AESGCM(key))


def keys_in(text: str) -> Keys:
    """The keys that a setting holds: base64 of 32 bytes each, with commas between. Raises ValueError."""
    keys = [_key(part) for part in text.replace(",", " ").split()]
    if not keys:
        raise ValueError("no key")
    return Keys(*keys)


def keys_of_file(path: Path) -> Keys:
    """The key in a file, made if there is none yet: only this user may read it. Raises OSError, ValueError."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        _make(path)
    return keys_in(path.read_text(encoding="ascii"))


def plain_size(name: str, sealed: int) -> int:
    """How many bytes an object has that is stored in ``sealed``. Raises NotReadable."""
    whole, rest = divmod(sealed - HEAD, SEALED)
    if sealed < HEAD + _NONCE + _TAG or 0 < rest < _NONCE + _TAG:
        raise NotReadable(f"{name} was cut after it was stored.")
    return whole * CHUNK + max(0, rest - _NONCE - _TAG)


def in_chunks(data: bytes) -> Iterator[bytes]:
    """The bytes in chunks; one empty chunk where there are none."""
    for at in range(0, max(1, len(data)), CHUNK):
        yield data[at : at + CHUNK]


def _make(path: Path) -> None:
    """Whole or not at all, and the first process's where several start at once."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")
    with suppress(FileExistsError):
        path.hardlink_to(fresh)
        log.info(
            "encryption key made",
            file=str(path),
            next="keep a copy of it elsewhere: without it, no recording can be read; or set FRONTLINE_ENCRYPTION_KEYS",
        )
    fresh.unlink()


def _key(text: str) -> bytes:
    try:
        key = b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError("not base64") from None
    if len(key) != KEY_BYTES:
        raise ValueError("not 32 bytes")
    return key


def _id(key: bytes) -> bytes:
    return hashlib.sha256(b"frontline key " + key).digest()[:_ID]


def _parted(data: bytes, at: int) -> tuple[bytes, bytes]:
    return data[:at], data[at:]
