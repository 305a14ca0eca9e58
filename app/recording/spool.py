"""One stream's recording on the disk while it goes on: sealed, with a note beside it for whoever finishes it."""

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

import numpy as np
import orjson
import structlog

from app.audio.mulaw import SILENCE
from app.audio.pcm import PHONE_RATE
from app.recording import wav
from app.recording.sealed import SealedFile
from app.recording.tape import Block, Side, Span
from app.store.envelope import Keys, NotReadable
from app.store.recordings import FOLDER
from app.telemetry import metrics

LOOK_EVERY_S: Final = 5.0  # whether there is room
SOUND: Final = ".part"
NOTE: Final = ".json"
COLUMN: Final[dict[Side, int]] = {"caller": 0, "assistant": 1}

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Note:
    """What is known of a recording: ``began_s`` of the call it begins, ``at`` the call's start (ISO 8601).

    ``offset`` is the place of its first sample on the stream's axis; ``paused`` are spans in seconds of the recording.
    """

    id: str
    call_sid: str
    line: str
    at: str
    began_s: float
    offset: int = 0
    paused: tuple[tuple[float, float], ...] = ()
    cut: bool = False

    @property
    def name(self) -> str:
        """The object's name, without the ending that says what it is; segments sort by their beginning."""
        return f"{FOLDER}/{self.call_sid}/{round(self.began_s * 1000):09d}-{self.id[:8]}"

    @property
    def started_at(self) -> datetime:
        return datetime.fromisoformat(self.at)


class Room:
    """Whether the disk has room for recordings: they stop while the journals still have theirs."""

    def __init__(self, folder: Path, least_bytes: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._folder, self._least_bytes, self._clock = folder, least_bytes, clock
        self._look_at = float("-inf")
        self._short = False

    @property
    def short(self) -> bool:
        """Looked at every few seconds; for one thread."""
        now = self._clock()
        if now >= self._look_at:
            self._look_at = now + LOOK_EVERY_S
            free = shutil.disk_usage(self._folder).free if self._folder.exists() else self._least_bytes
            self._short = free < self._least_bytes
        return self._short


class Spool:
    """Takes blocks in order; blocking, so for the recordings' thread, and raises nothing: what fails ends here."""

    def __init__(self, folder: Path, note: Note, keys: Keys, room: Room) -> None:
        self.note = note
        self._folder, self._keys, self._room = folder, keys, room
        self._file: SealedFile | None = None
        self._over = False

    def write(self, blocks: Sequence[Block]) -> None:
        """Write what was held back long enough."""
        if self._over:
            return
        if self._room.short:
            self.cut("the disk has little room left", "make room on the disk of FRONTLINE_DATA")
            return
        try:
            for block in blocks:
                self._opened(block.at).append(_both(block))
        except OSError as error:
            self.cut(str(error.strerror), "look at the folder recordings in FRONTLINE_DATA")

    def silence(self, side: Side, span: Span) -> None:
        """Silence one side of what is written."""
        if self._file is None:
            return
        try:
            blank(self._file, side, span[0] - self.note.offset, span[1] - self.note.offset)
        except (OSError, NotReadable) as error:
            log.error("recording not silenced", recording=self.note.id, error=type(error).__name__, next="delete it")

    def discard(self) -> None:
        """The caller does not want it: what is written goes."""
        self._over = True
        if self._file is not None:
            self._file.close()
            let_go(self._file.path)
            self._file = None

    def finish(self, paused: Sequence[Span]) -> "Path | None":
        """The stream is over: the whole file's path, None where there is nothing to keep."""
        file, self._file, self._over = self._file, None, True
        if file is None:
            return None
        spans = tuple((_seconds(start - self.note.offset), _seconds(end - self.note.offset)) for start, end in paused)
        self.note = replace(self.note, paused=spans)
        try:
            close(file, self.note)
        except OSError as error:
            log.error("recording not finished", error=error.strerror, next="it is finished when there is room")
        return file.path

    def _opened(self, at: int) -> SealedFile:
        if self._file is None:
            self.note = replace(self.note, offset=at)
            path = self._folder / f"{self.note.id}{SOUND}"
            self._file = SealedFile(path, f"{self.note.name}.wav", self._keys)
            _write_note(path, self.note)
            self._file.append(wav.header(0))
        return self._file

    def cut(self, why: str, next: str) -> None:
        """Nothing more is written of it."""
        if self._over:
            return
        self._over = True
        self.note = replace(self.note, cut=True)
        metrics.recordings_cut.inc()
        log.error("recording cut", recording=self.note.id, why=why, next=f"{next}; the call goes on")


def blank(file: SealedFile, side: Side, start: int, end: int) -> None:
    """Silence one side from sample ``start`` to before ``end``. Raises OSError, NotReadable."""
    for at in range(max(0, start), end, PHONE_RATE):
        begin = wav.HEADER + at * wav.SIDES
        data = bytearray(file.read(begin, (min(end, at + PHONE_RATE) - at) * wav.SIDES))
        if not data:
            return
        data[COLUMN[side] :: wav.SIDES] = bytes([SILENCE]) * len(data[COLUMN[side] :: wav.SIDES])
        file.overwrite(begin, bytes(data))


def close(file: SealedFile, note: Note) -> None:
    """Make the file whole, and say so in its note. Raises OSError."""
    try:
        file.overwrite(0, wav.header(max(0, file.size - wav.HEADER) // wav.SIDES))
        file.finish()
        _write_note(file.path, note)
    finally:
        file.close()


def left_behind(folder: Path, keys: Keys, at_rest_s: float) -> Iterator[tuple[Path, Note]]:
    """The recordings that no process has written for so long, made whole as far as they go."""
    for path in sorted(folder.glob(f"*{SOUND}")):
        note = _note_of(path)
        if note is None or time.time() - path.stat().st_mtime < at_rest_s:
            continue
        try:
            file = SealedFile.found(path, f"{note.name}.wav", keys)
            has_sound = file.size > wav.HEADER
            close(file, note)
        except BlockingIOError:
            continue  # a process is writing it
        except (OSError, NotReadable) as error:
            set_aside(path, error)
        else:
            if has_sound:
                yield path, note
            else:
                let_go(path)


def let_go(path: Path) -> None:
    """It is kept elsewhere now."""
    path.unlink(missing_ok=True)
    path.with_suffix(NOTE).unlink(missing_ok=True)


def set_aside(path: Path, error: Exception) -> None:
    """A file that cannot be read: it is kept, and not tried again."""
    log.error("recording not readable", file=path.name, error=str(error), next="look at the keys; then rename its file")
    with suppress(OSError):
        path.rename(path.with_suffix(".unreadable"))


def _note_of(path: Path) -> Note | None:
    try:
        held = orjson.loads(path.with_suffix(NOTE).read_bytes())
        return Note(**{**held, "paused": tuple((start, end) for start, end in held["paused"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None  # it was begun a moment ago, or its process died there: there is no sound in it yet


def _write_note(path: Path, note: Note) -> None:
    fresh = path.with_suffix(f"{NOTE}.new")
    fresh.write_bytes(orjson.dumps(asdict(note)))
    fresh.replace(path.with_suffix(NOTE))


def _both(block: Block) -> bytes:
    sides = (np.frombuffer(block.caller, np.uint8), np.frombuffer(block.assistant, np.uint8))
    return np.stack(sides, axis=1).tobytes()


def _seconds(samples: int) -> float:
    return round(max(0, samples) / PHONE_RATE, 3)
