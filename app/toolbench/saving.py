"""Changing an HTTP tool: what is wrong with a text before it is a file, and saving it if nobody else has meanwhile."""

import asyncio
import contextlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from app.check import Problem
from app.edits import EditError
from app.fittings import Reader
from app.lines.content import same_text
from app.toolbench.inventory import NAME, hosts_of, http_file
from app.toolkit.house import HOUSE
from app.toolkit.http.drafts import CannotConvert, Draft, toml_of
from app.toolkit.http.reading import mistakes_in, off_because, read_http_file
from app.toolkit.schema import LoadedTool

RESERVED: Final = ("new", "mcp")  # words in the console's own addresses
LARGEST: Final = 64 * 1024  # characters of a tool's file
_saving = asyncio.Lock()


class CannotSave(Exception):
    """The file is not written; the message says why."""


class Stale(Exception):
    """Somebody else has saved meanwhile: ``text`` is what the file says now."""

    def __init__(self, text: str) -> None:
        super().__init__("the file has changed")
        self.text = text


@dataclass(frozen=True, slots=True)
class Written:
    """A tool's file as it is now; ``revision`` is empty where there is none."""

    text: str = ""
    revision: str = ""


def revision_of(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:16]


def written(reader: Reader, name: str) -> Written:
    """Reads a file; what is no UTF-8 in it is shown as a question mark."""
    file = http_file(reader, name)
    if file is None or not file.is_file():
        return Written()
    text = file.read_text(encoding="utf-8-sig", errors="replace")
    return Written(text, revision_of(text))


def is_writable(folder: Path) -> bool:
    """Whether this process may write into the folder: an image's own is not to be changed."""
    return folder.is_dir() and os.access(folder, os.W_OK)


def problems_of(name: str, text: str, reader: Reader, tools: Mapping[str, LoadedTool]) -> list[Problem]:
    """Everything that is wrong with it as this tool's file, and advice. Writes and reads a file."""
    named = _name_problem(name, reader, tools)
    with _as_file(name if NAME.fullmatch(name) else "tool", text) as file:
        found = [Problem(Path(file.name), error.line, error.problem) for error in mistakes_in(file)]
        if not found:
            tool = read_http_file(file)
            off = off_because(tool, hosts_of(reader), reader.secrets)
            found = [Problem(Path(file.name), 1, off, "hint")] if off else []
    return [*([Problem(Path(f"{name}.toml"), 1, named)] if named else []), *found]


def _name_problem(name: str, reader: Reader, tools: Mapping[str, LoadedTool]) -> str:
    if not NAME.fullmatch(name) or name in RESERVED:
        return f'"{name}" is no name for a tool. Write one in a to z, 0 to 9 and _.'
    if name in HOUSE:
        return f"{name} is a tool of the house. Write another name."
    other = tools.get(name)
    if other is not None and other.file != http_file(reader, name):
        return f"There is a tool {name} already, in {other.file.name} line {other.line}. Write another name."
    return ""


@contextlib.contextmanager
def _as_file(name: str, text: str) -> Iterator[Path]:
    """The text as the house would read it, for as long as the block lasts."""
    with tempfile.TemporaryDirectory(prefix="frontline-tools-") as folder:
        file = Path(folder) / f"{name}.toml"
        file.write_text(text, encoding="utf-8")
        yield file


async def save(reader: Reader, name: str, text: str, revision: str) -> str:
    """Write the tool's file; its new revision. Raises Stale, CannotSave. Whether it is right was looked at before."""
    async with _saving:
        return await asyncio.to_thread(_save, reader, name, as_saved(text), revision)


def as_saved(text: str) -> str:
    """A text as it stands in a file."""
    return same_text(text).rstrip() + "\n"


def _save(reader: Reader, name: str, text: str, revision: str) -> str:
    file = http_file(reader, name)
    if file is None or len(text) > LARGEST:
        raise CannotSave(f"{name} cannot be saved: it has no name for a tool, or more than {LARGEST} characters.")
    now = written(reader, name)
    if now.revision != revision:
        raise Stale(now.text)
    # Beside the file, with an ending that nobody reads, and put in its place at once: callers never get half of it.
    draft = file.with_name(f".{name}.toml.new")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(file)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise CannotSave(f"{file.name} cannot be written ({error.strerror}).") from error
    return revision_of(text)


def text_of_draft(draft: Draft) -> str:
    """The draft as a file that can be read. Raises CannotConvert where no tool can be made of it."""
    text = toml_of(draft)
    with _as_file(draft.name, text) as file:
        try:
            read_http_file(file)
        except EditError as error:
            line = text.splitlines()[error.line - 1].strip()
            raise CannotConvert(f"No tool can be made of this. {error.problem}\nIt would stand in: {line}") from error
    return text
