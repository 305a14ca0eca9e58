"""A file sealed while it grows: only the house's keys read what is on the disk, and it can still be changed."""

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from app.store.envelope import CHUNK, HEAD, SEALED, Keys, NotReadable


class SealedFile:
    """An object of the given name on its way; blocking, so for a thread. Raises OSError.

    It is this process's while it is open: another that opens it gets BlockingIOError.

    The last bytes, up to a chunk of them, are in memory until ``finish``: a crash loses these and no more.
    """

    def __init__(self, path: Path, name: str, keys: Keys) -> None:
        self.path = path
        self._envelope = keys.envelope(name)
        self._tail = bytearray()
        self._chunks = 0  # whole ones in the file
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self._write(self._envelope.head, 0)

    @classmethod
    def found(cls, path: Path, name: str, keys: Keys) -> "SealedFile":
        """One that was begun before, be it by a process that died: what can be read of it. Also raises NotReadable."""
        self = cls.__new__(cls)
        self.path = path
        self._file = os.open(path, os.O_RDWR)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._envelope = keys.envelope_of(name, os.pread(self._file, HEAD, 0))
            self._chunks = max(0, (os.fstat(self._file).st_size - HEAD) // SEALED)
            self._tail = bytearray(self._ending())
        except (NotReadable, OSError):
            self.close()
            raise
        return self

    def _ending(self) -> bytes:
        """The last chunk, back in memory: it will be the last. One that is the last already is as good."""
        rest = os.fstat(self._file).st_size - HEAD - self._chunks * SEALED
        if rest:
            sealed = os.pread(self._file, rest, HEAD + self._chunks * SEALED)
            try:
                return self._envelope.open(self._chunks, sealed, last=True)
            except NotReadable:
                pass  # half written
        if not self._chunks:
            return b""
        self._chunks -= 1
        sealed = os.pread(self._file, SEALED, HEAD + self._chunks * SEALED)
        try:
            return self._envelope.open(self._chunks, sealed, last=False)
        except NotReadable:
            return self._envelope.open(self._chunks, sealed, last=True)

    @property
    def size(self) -> int:
        """Bytes so far, before sealing."""
        return self._chunks * CHUNK + len(self._tail)

    def append(self, data: bytes) -> None:
        self._tail += data
        while len(self._tail) > CHUNK:  # the last byte stays: which chunk is the last is known at the end
            self._write_chunk(self._chunks, bytes(self._tail[:CHUNK]))
            del self._tail[:CHUNK]
            self._chunks += 1

    def overwrite(self, start: int, data: bytes) -> None:
        """Put other bytes in the place of those from ``start`` on; nothing is added behind the end."""
        end = min(start + len(data), self.size)
        for number in range(start // CHUNK, -(-end // CHUNK)):
            began = number * CHUNK
            first, last = max(start, began), min(end, began + CHUNK)
            part = data[first - start : last - start]
            if number == self._chunks:
                self._tail[first - began : last - began] = part
            else:
                chunk = bytearray(self._chunk(number))
                chunk[first - began : last - began] = part
                self._write_chunk(number, bytes(chunk))

    def read(self, start: int, size: int) -> bytes:
        """So many bytes from ``start`` on, or what there is of them."""
        end = min(start + size, self.size)
        chunks = (self._chunk(number) for number in range(start // CHUNK, -(-end // CHUNK)))
        return b"".join(chunks)[start % CHUNK :][: max(0, end - start)]

    def chunks(self) -> Iterator[bytes]:
        """Everything, chunk by chunk."""
        for number in range(self._chunks + 1):
            yield self._chunk(number)

    def finish(self) -> None:
        """Write the last chunk: the file is whole, and is the object."""
        sealed = self._envelope.seal(self._chunks, bytes(self._tail), last=True)
        self._write(sealed, HEAD + self._chunks * SEALED)
        os.ftruncate(self._file, HEAD + self._chunks * SEALED + len(sealed))

    def close(self) -> None:
        os.close(self._file)

    def _chunk(self, number: int) -> bytes:
        if number == self._chunks:
            return bytes(self._tail)
        sealed = os.pread(self._file, SEALED, HEAD + number * SEALED)
        return self._envelope.open(number, sealed, last=False)

    def _write_chunk(self, number: int, data: bytes) -> None:
        self._write(self._envelope.seal(number, data, last=False), HEAD + number * SEALED)

    def _write(self, data: bytes, at: int) -> None:
        rest = memoryview(data)
        while rest:
            written = os.pwrite(self._file, rest, at)
            rest, at = rest[written:], at + written
