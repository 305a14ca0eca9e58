"""One call as one file: its journal, every segment, and its record, as they are kept; whoever has it can replay it.

A ZIP: ``journals/<CallSid>.jsonl`` and so on, ``call.json``, and the recordings that were asked for. Nothing is in it
that the house does not keep, so what was redacted is redacted here.
"""

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from app.store.journal import segment_path

RECORD: Final = "call.json"
JOURNALS: Final = "journals/"
LARGEST: Final = 512 * 1_048_576  # unpacked, of a file that others made
MOST_FILES: Final = 200


class NotABundle(Exception):
    """A file that is no bundle, or one that is too large; the text says which."""


def pack(journals: Path, call_sid: str, record: Mapping[str, object], more: Mapping[str, bytes]) -> bytes:
    """The bundle of one call; ``more`` are further files by their names in it. Takes its time: call it in a thread."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr(RECORD, json.dumps(dict(record), ensure_ascii=False, indent=2, default=str))
        segment = 1
        while (path := segment_path(journals, call_sid, segment)).exists():
            bundle.write(path, f"{JOURNALS}{path.name}")
            segment += 1
        for name, data in more.items():
            bundle.writestr(name, data)
    return buffer.getvalue()


def unpack(file: Path, to: Path) -> list[Path]:
    """Write a bundle's journals into a folder, in the order of their segments. Raises NotABundle."""
    try:
        with zipfile.ZipFile(file) as bundle:
            inside = [one for one in bundle.infolist() if _is_journal(one.filename)]
            if not inside:
                raise NotABundle(f"{file} has no journal in it.")
            if len(inside) > MOST_FILES or sum(one.file_size for one in inside) > LARGEST:
                raise NotABundle(f"{file} holds more than a call's journals can be.")
            return [_written(bundle, one, to) for one in sorted(inside, key=lambda one: _segment(one.filename))]
    except zipfile.BadZipFile as error:
        raise NotABundle(f"{file} is not a bundle: {error}.") from error


def _is_journal(name: str) -> bool:
    return name.startswith(JOURNALS) and name.endswith(".jsonl") and "/" not in name.removeprefix(JOURNALS)


def _segment(name: str) -> int:
    number = name.removesuffix(".jsonl").rpartition(".")[2]
    return int(number) if number.isdecimal() else 1


def _written(bundle: zipfile.ZipFile, one: zipfile.ZipInfo, to: Path) -> Path:
    path = to / Path(one.filename).name
    path.write_bytes(bundle.read(one))
    return path
