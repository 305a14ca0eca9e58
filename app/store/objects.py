"""Objects, such as recordings: kept in a folder or a cloud's store, sealed before they leave this process.

https://developmentseed.org/obstore/latest/
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Final
from urllib.parse import urlsplit

import obstore
from obstore import exceptions
from obstore.store import LocalStore, MemoryStore, ObjectStore, from_url

from app.addresses import CLOUDS
from app.store.envelope import CHUNK, HEAD, SEALED, Envelope, Keys, NotReadable, in_chunks, plain_size

__all__ = ["NotReadable", "NotStored", "Objects", "Stored", "Unreachable", "store_at"]

AT_ONCE: Final = 4  # chunks that are read, opened or sealed in one go
UPLOADS: Final = 2  # parts of 5 MB on their way at once
ANSWER_S: Final = 30
GIVE_UP_S: Final = 60


class NotStored(Exception):
    """There is no object of this name."""


class Unreachable(Exception):
    """The store does not do what it was asked: its network, its credentials or its disk."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An object that is there; ``size`` in bytes as it was put, ``at`` when (UTC)."""

    name: str
    size: int
    at: datetime


def store_at(place: str) -> ObjectStore:
    """The store that a setting names: ``s3://bucket/path``, ``gs://…``, ``az://…``, ``memory:``, or a folder.

    Clouds take their credentials where their own tools do: the environment, or the machine's role.
    """
    scheme = urlsplit(place).scheme
    if scheme == "memory":
        return MemoryStore()
    if scheme not in CLOUDS:
        return LocalStore(str(Path(place).absolute()), mkdir=True, automatic_cleanup=True)
    return from_url(
        place,
        client_options={"timeout": timedelta(seconds=ANSWER_S), "connect_timeout": timedelta(seconds=5)},
        retry_config={"max_retries": 5, "retry_timeout": timedelta(seconds=GIVE_UP_S)},
    )


class Objects:
    """Puts, reads, deletes and lists sealed objects by name, such as ``recordings/CA…/1.wav``.

    Names are paths of plain characters, parts with ``/`` between. Whatever the size, few chunks are in memory.
    Every method raises Unreachable; those that read also NotStored and NotReadable.
    """

    def __init__(self, store: ObjectStore, keys: Keys) -> None:
        self._store = store
        self.keys = keys

    async def put(self, name: str, source: Path | bytes) -> int:
        """Seal a file, or bytes, and store it, over what has the name already; how many bytes it had."""
        envelope = self.keys.envelope(name)
        if isinstance(source, bytes):
            sealed = [envelope.head, *_sealed(envelope, 0, list(in_chunks(source)), ends=True)]
            with _told(name):
                await obstore.put_async(self._store, name, b"".join(sealed))
            return len(source)
        with source.open("rb") as file, _told(name):
            await obstore.put_async(self._store, name, _sealing(envelope, file), max_concurrency=UPLOADS)
            return file.tell()

    async def put_sealed(self, name: str, source: Path) -> None:
        """Store a file whose bytes were sealed for this name as they came."""
        with _told(name):
            await obstore.put_async(self._store, name, source, max_concurrency=UPLOADS)

    async def size(self, name: str) -> int:
        """How many bytes the object has."""
        with _told(name):
            meta = await obstore.head_async(self._store, name)
        return plain_size(name, meta["size"])

    async def read(self, name: str, start: int = 0, end: int | None = None) -> bytes:
        """The bytes from ``start`` to before ``end``, or so many of them as there are."""
        return b"".join([part async for part in self.stream(name, start, end)])

    async def stream(self, name: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The same in parts of a few chunks."""
        envelope, sealed = await self._found(name)
        size = plain_size(name, sealed)
        end = size if end is None else min(end, size)
        last = max(0, -(-size // CHUNK) - 1)
        for number in range(start // CHUNK, min(-(-max(end, 1) // CHUNK), last + 1), AT_ONCE):
            began = number * CHUNK
            opened = await self._opened(envelope, number, sealed, last)
            yield opened[max(0, start - began) : max(0, end - began)]

    async def delete(self, *names: str) -> None:
        """Delete what is there of these."""
        for name in names:
            try:
                with _told(name):
                    await obstore.delete_async(self._store, name)
            except NotStored:
                continue

    async def list(self, prefix: str) -> AsyncIterator[Stored]:
        """What is stored under a path, such as ``recordings/CA…``."""
        with _told(prefix):
            async for page in obstore.list(self._store, prefix):
                for meta in page:
                    yield Stored(meta["path"], max(0, _size(meta["path"], meta["size"])), meta["last_modified"])

    async def _found(self, name: str) -> tuple[Envelope, int]:
        """An object's envelope, and its size as it is stored."""
        with _told(name):
            sealed = (await obstore.head_async(self._store, name))["size"]
            head = await obstore.get_range_async(self._store, name, start=0, end=HEAD) if sealed >= HEAD else b""
        return self.keys.envelope_of(name, bytes(head)), sealed

    async def _opened(self, envelope: Envelope, number: int, sealed: int, last: int) -> bytes:
        """A few chunks from ``number`` on."""
        start = HEAD + number * SEALED
        end = min(sealed, start + AT_ONCE * SEALED)
        with _told(envelope.name):
            data = bytes(await obstore.get_range_async(self._store, envelope.name, start=start, end=end))
        parts = [data[at : at + SEALED] for at in range(0, len(data), SEALED)]
        return b"".join(envelope.open(at, part, last=at == last) for at, part in enumerate(parts, number))


def _size(name: str, sealed: int) -> int:
    """What is listed may be no object of ours, or a cut one: that is for who reads it."""
    try:
        return plain_size(name, sealed)
    except NotReadable:
        return 0


async def _sealing(envelope: Envelope, file: BinaryIO) -> AsyncIterator[bytes]:
    yield envelope.head
    number, data = 0, await asyncio.to_thread(file.read, AT_ONCE * CHUNK)
    while True:
        after = await asyncio.to_thread(file.read, AT_ONCE * CHUNK)
        chunks = list(in_chunks(data))
        yield b"".join(await asyncio.to_thread(_sealed, envelope, number, chunks, ends=not after))
        if not after:
            return
        number, data = number + len(chunks), after


def _sealed(envelope: Envelope, number: int, chunks: list[bytes], *, ends: bool) -> list[bytes]:
    return [
        envelope.seal(at, chunk, last=ends and at == number + len(chunks) - 1)
        for at, chunk in enumerate(chunks, number)
    ]


@contextmanager
def _told(name: str) -> Iterator[None]:
    """The store's errors as ours; its own are long, and may have addresses in them."""
    try:
        yield
    except (FileNotFoundError, exceptions.NotFoundError):
        raise NotStored(f"There is no object {name}.") from None
    except (exceptions.BaseError, OSError) as error:
        raise Unreachable(f"The object store fails at {name}: {type(error).__name__}.") from error
