"""Records calls: one thread writes for all of them, and what is over is stored, with its row, until that is done."""

import asyncio
import os
import sys
import threading
from collections import deque
from collections.abc import Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final, Literal
from uuid import uuid4

import structlog
from sqlalchemy.exc import SQLAlchemyError

from app.audio.pcm import PHONE_RATE
from app.recording import spool, wav
from app.recording.call import CallRecording, Writing
from app.recording.opus import opus_of
from app.recording.peaks import peaks
from app.recording.sealed import SealedFile
from app.recording.spool import Note, Room, Spool
from app.store.envelope import NotReadable
from app.store.objects import Objects, Unreachable
from app.store.recordings import CUT, STORED, KeptRecording, RecordingBook, forget
from app.telemetry import metrics

LOOK_EVERY_S: Final = 60.0  # for what a dead process left:
AT_REST_S: Final = 120.0  # nobody has written it for so long
AGAIN_S: Final = 15.0
SOUND_TYPES: Final = {"wav": "wav", "opus": "ogg"}

Format = Literal["wav", "opus"]
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Ready:
    """A recording as it is to be stored: ``path`` is sealed for ``key``."""

    path: Path
    key: str
    size: int
    samples: int
    peaks: bytes


class Recorder:
    """The recordings of this process. ``folder`` is where they are while they go on."""

    def __init__(
        self, folder: Path, objects: Objects, book: RecordingBook, *, format: Format = "wav", least_free_bytes: int = 0
    ) -> None:
        self.objects, self.book = objects, book
        self._folder, self._format = folder, format
        self._room = Room(folder, least_free_bytes)
        self._writing = ThreadPoolExecutor(1, "recordings")
        self._after = ThreadPoolExecutor(1, "recordings-after", initializer=_step_back)
        self._ends: deque[tuple[Spool, Future[Path | None]]] = deque()  # streams that are over
        self._whole: deque[tuple[Path, Note]] = deque()  # and recordings that are to be stored
        self._refused: deque[str] = deque()  # calls of which nothing may be kept, whatever is stored of them by now
        self._work = asyncio.Event()
        self._stored = asyncio.Event()

    def of_call(self, call_sid: str, line: str, at: datetime, *, consented: bool = False) -> CallRecording:
        """The recording of a call that began ``at``; one that goes on here may have its ``consented`` already."""

        def begin(began_s: float) -> Writing:
            note = Note(uuid4().hex, call_sid, line, at.isoformat(), began_s)
            return Writing(Spool(self._folder, note, self.objects.keys, self._room), self._writing, self._ended)

        return CallRecording(at, begin, partial(self._refuse, call_sid), consented=consented)

    def _refuse(self, call_sid: str) -> None:
        self._refused.append(call_sid)
        self._work.set()

    def _ended(self, ended: Spool, whole: "Future[Path | None]") -> None:
        self._ends.append((ended, whole))
        self._count()
        self._work.set()

    async def run(self) -> None:
        """Store what is over, and what was left behind, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._look_for_leftovers())
            while True:
                await self._store_all()
                self._work.clear()
                if not self._waiting:
                    await self._work.wait()

    async def drain(self, within_s: float) -> bool:
        """Wait until all that is over is stored; False if that took too long: it is stored after the next start."""
        try:
            async with asyncio.timeout(within_s):
                while self._waiting:
                    self._stored.clear()
                    await self._stored.wait()
        except TimeoutError:
            waiting = self._waiting
            log.warning("recordings not stored yet", waiting=waiting, next="they are stored after the next start")
            return False
        return True

    async def _look_for_leftovers(self) -> None:
        while True:
            for path, note in await asyncio.wrap_future(self._after.submit(self._left_behind)):
                if path not in {waiting for waiting, _ in self._whole}:
                    log.info("recording recovered", recording=note.id)
                    self._whole.append((path, note))
                    self._work.set()
            await asyncio.sleep(LOOK_EVERY_S)

    def _left_behind(self) -> list[tuple[Path, Note]]:
        return list(spool.left_behind(self._folder, self.objects.keys, AT_REST_S))

    async def _store_all(self) -> None:
        while self._waiting:
            while self._ends:
                ended, whole = self._ends[0]
                path = await asyncio.wrap_future(whole)
                self._ends.popleft()
                if path is not None:
                    self._whole.append((path, ended.note))
            if self._refused:
                await self._try_to_forget(self._refused[0])
            elif self._whole:
                await self._try_to_store(*self._whole[0])
            self._count()
            self._stored.set()

    async def _try_to_store(self, path: Path, note: Note) -> None:
        try:
            if await self._tried(self._store(path, note)):
                self._whole.remove((path, note))
            else:
                self._whole.rotate(-1)
        except FileNotFoundError:
            log.info("recording stored elsewhere", recording=note.id)
            self._whole.remove((path, note))
        except NotReadable as error:
            spool.set_aside(path, error)
            self._whole.remove((path, note))

    async def _try_to_forget(self, call_sid: str) -> None:
        """The caller said no in the middle: what is over of their call, stored or not, goes as well."""
        for path, note in [one for one in self._whole if one[1].call_sid == call_sid]:
            self._whole.remove((path, note))
            await asyncio.wrap_future(self._after.submit(spool.let_go, path))
        if await self._tried(forget(self.book, self.objects, call_sid, rows_too=True)):
            self._refused.remove(call_sid)

    async def _tried(self, work: Coroutine[object, object, object]) -> bool:
        """Whether the store and the database did it; if not, wait a while."""
        try:
            await work
        except FileNotFoundError:
            raise
        except (Unreachable, SQLAlchemyError, OSError) as error:
            metrics.recordings_failed.inc()
            why = str(error) if isinstance(error, Unreachable) else type(error).__name__
            log.error("recording not stored", error=why, again_in_s=AGAIN_S, next="look at the object store")
            await asyncio.sleep(AGAIN_S)
            return False
        return True

    async def _store(self, path: Path, note: Note) -> None:
        ready = await asyncio.wrap_future(self._after.submit(self._prepare, path, note))
        peaks_key = f"{note.name}.peaks"
        await self.objects.put_sealed(ready.key, ready.path)
        await self.objects.put(peaks_key, ready.peaks)
        await self.book.save(
            KeptRecording(
                *(note.id, note.call_sid, note.line, note.started_at),
                began_s=note.began_s + note.offset / PHONE_RATE,
                duration_s=round(ready.samples / PHONE_RATE, 3),
                format=self._format,
                key=ready.key,
                peaks_key=peaks_key,
                size=ready.size,
                paused=note.paused,
                state=CUT if note.cut else STORED,
            )
        )
        ready.path.unlink(missing_ok=True)
        spool.let_go(path)
        metrics.recordings_stored.labels(self._format).inc()

    def _prepare(self, path: Path, note: Note) -> _Ready:
        """In the thread: its peaks, and its other form if that is wanted."""
        name, ending = note.name, SOUND_TYPES[self._format]
        source = SealedFile.found(path, f"{name}.wav", self.objects.keys)
        try:
            samples, drawn = (source.size - wav.HEADER) // wav.SIDES, peaks(source.chunks())
            if self._format == "wav":
                return _Ready(path, f"{name}.wav", source.size, samples, drawn)
            other = path.with_suffix(f".{ending}")
            size = opus_of(source, other, f"{name}.{ending}", self.objects.keys)
            return _Ready(other, f"{name}.{ending}", size, samples, drawn)
        finally:
            source.close()

    @property
    def _waiting(self) -> int:
        return len(self._ends) + len(self._whole) + len(self._refused)

    def _count(self) -> None:
        metrics.recordings_waiting.set(self._waiting)


def _step_back() -> None:
    """What is done after calls must not take the time of those going on; on Linux a thread has its own niceness."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)
