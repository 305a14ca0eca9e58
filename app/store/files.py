"""What is kept of calls in files: their journals on this host, and their recordings in the store of objects."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from app.store.objects import Objects
from app.store.recordings import FOLDER


@dataclass(frozen=True, slots=True)
class File:
    """``at`` is when something was written to it last."""

    name: str
    call_sid: str
    at: datetime


def journals_in(folder: Path, call_sid: str = "") -> list[File]:
    """The journals of a folder, or of one call there."""
    if not folder.is_dir():
        return []
    found = [(path, path.stat().st_mtime) for path in sorted(folder.glob(f"{call_sid}*.jsonl"))]
    files = [File(path.name, path.name.partition(".")[0], datetime.fromtimestamp(at, UTC)) for path, at in found]
    return [file for file in files if call_sid in ("", file.call_sid)]


def drop_journals(folder: Path, names: Iterable[str]) -> None:
    """Delete these journals."""
    for name in names:
        (folder / name).unlink(missing_ok=True)


async def recordings_in(objects: Objects, call_sid: str = "") -> list[File]:
    """The objects of all recordings, or of one call's. Raises Unreachable."""
    found = objects.list(f"{FOLDER}/{call_sid}" if call_sid else FOLDER)
    return [File(one.name, one.name.split("/")[1], one.at) async for one in found if one.name.count("/") > 1]
