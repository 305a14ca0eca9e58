"""One call as one file: its journal, every segment, and its record, as they are kept; whoever has it can replay it.

A ZIP: ``journals/<CallSid>.jsonl`` and so on, ``call.json``, and the recordings that were asked for. Nothing is in it
that the house does not keep, so what was redacted is redacted here; the caller's number, which the house needs, stays
behind: a replay decides nothing by it.
"""

import io
import json
import re
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from functools import reduce
from pathlib import Path
from types import MappingProxyType
from typing import Final

from app.store.journal import segment_path

RECORD: Final = "call.json"
JOURNALS: Final = "journals/"
LARGEST: Final = 512 * 1_048_576  # unpacked, of a file that others made
MOST_FILES: Final = 200
MOST_ENTRIES: Final = 2_000
LONGEST_HEAD: Final = 4 * 1_048_576
PACKED: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_JOURNAL: Final = re.compile(r"journals/([A-Za-z0-9_-]{1,64})(?:\.([1-9][0-9]{0,2}))?\.jsonl")


class NotABundle(Exception):
    """A file that is no bundle, or one that is too large; the text says which."""


def pack(
    journals: Path,
    call_sid: str,
    record: Mapping[str, object],
    more: Mapping[str, bytes],
    instead: Mapping[str, str] = MappingProxyType({}),
) -> bytes:
    """The bundle of one call; ``more`` are further files by their names in it. Takes its time: call it in a thread.

    ``instead`` has what stands in the journals for texts that may not leave the house.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr(RECORD, json.dumps(dict(record), ensure_ascii=False, indent=2, default=str))
        segment = 1
        while (path := segment_path(journals, call_sid, segment)).exists():
            _write_journal(bundle, path, instead)
            segment += 1
        for name, data in more.items():
            bundle.writestr(name, data)
    return buffer.getvalue()


def _write_journal(bundle: zipfile.ZipFile, path: Path, instead: Mapping[str, str]) -> None:
    changes = [(text.encode(), other.encode()) for text, other in instead.items() if text]
    with path.open("rb") as lines, bundle.open(f"{JOURNALS}{path.name}", "w") as out:
        for line in lines:
            out.write(reduce(lambda told, change: told.replace(*change), changes, line))


def unpack(file: Path, to: Path, largest: int = LARGEST) -> list[Path]:
    """Write a bundle's journals into a folder, in the order of their segments. Raises NotABundle.

    A file that others made: nothing in it leads out of the folder, is larger than it says, or names another call.
    """
    try:
        with zipfile.ZipFile(file) as bundle:
            inside = _journals_in(bundle.infolist(), largest)
            return [_written(bundle, inside[number], to, number) for number in sorted(inside)]
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, UnicodeError) as error:
        raise NotABundle(f"This is not a bundle: {error}.") from error


def _journals_in(entries: Sequence[zipfile.ZipInfo], largest: int) -> dict[int, zipfile.ZipInfo]:
    """Those of one call, by the number of their segment."""
    if len(entries) > MOST_ENTRIES:
        raise NotABundle("It holds more than a call's journals can be.")
    if any(_leads_out(one.filename) for one in entries):
        raise NotABundle("It is not a bundle of ours: a name in it leads out of its folder.")
    found = [(match, one) for one in entries if (match := _JOURNAL.fullmatch(one.filename))]
    if not found:
        raise NotABundle("It has no journal in it: journals are kept for a few days only.")
    if len(found) > MOST_FILES or sum(one.file_size for _, one in found) > largest:
        raise NotABundle("It holds more than a call's journals can be.")
    if any(one.flag_bits & 1 or one.compress_type not in PACKED for _, one in found):
        raise NotABundle("It is not a bundle of ours: it is locked, or packed in another way.")
    inside = {int(match[2] or 1): one for match, one in found}
    if len({match[1] for match, _ in found}) > 1 or sorted(inside) != list(range(1, len(found) + 1)):
        raise NotABundle("Its journals are not those of one call.")
    return inside


def _leads_out(name: str) -> bool:
    return name.startswith(("/", "\\")) or "\\" in name or ":" in name or ".." in name.split("/")


def _written(bundle: zipfile.ZipFile, one: zipfile.ZipInfo, to: Path, number: int) -> Path:
    path = to / Path(one.filename).name
    data = bundle.read(one)
    if not _begins_well(data, path.name.partition(".")[0], number):
        raise NotABundle(f"{path.name} does not begin as a journal of that call does.")
    path.write_bytes(data)
    return path


def _begins_well(data: bytes, call_sid: str, number: int) -> bool:
    """Its head names the call and the segment of its own name: a replay looks for the segment before by them."""
    try:
        head = json.loads(data[:LONGEST_HEAD].partition(b"\n")[0])
        return bool(head["call_sid"] == call_sid and head.get("segment", 1) == number)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return False
