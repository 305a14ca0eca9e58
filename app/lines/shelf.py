"""Versions as files, for the readers of files: ``data/versions/<id>/`` with its prompts/ and tools/, written once."""

import json
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from tempfile import mkdtemp

import structlog

from app.lines.content import Content, content_from, shown
from app.store.versions import Live

log = structlog.get_logger(__name__)

_WHOLE = "content.json"
_LIVE = "live.json"
_READ_ONLY = 0o444


class Shelf:
    """A folder of versions. Everything here reads and writes files: call it in a thread."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def place(self, id: str) -> Path:
        """The folder of a version; with its prompts/ and tools/ in it."""
        return self.folder / id

    def find(self, id: str) -> Content | None:
        """A version that is here, to the letter; None where it is not, or was changed."""
        home = self.place(id)
        try:
            content = content_from(json.loads((home / _WHOLE).read_text(encoding="utf-8")))
            found = {file.relative_to(home).as_posix(): file for file in home.rglob("*") if file.is_file()}
            del found[_WHOLE]
            written = {place: file.read_bytes().decode() for place, file in found.items()}
        except (OSError, ValueError, KeyError, AttributeError):
            return None
        return content if content.id == id and written == dict(content.files) else None

    def put(self, content: Content) -> Path:
        """Write a version down, unless it is here; whoever looks sees all of it or nothing."""
        id = content.id
        home = self.place(id)
        if self.find(id) is not None:
            return home
        self.folder.mkdir(parents=True, exist_ok=True)
        made = Path(mkdtemp(prefix=".making-", dir=self.folder))
        made.chmod(0o755)
        write_files(content, made)
        _write(made / _WHOLE, content.canonical())
        self._exchange(made, home)
        return home

    def _exchange(self, made: Path, home: Path) -> None:
        if home.exists():
            log.error("a version's files were changed", version=shown(home.name), next="they are written anew")
            spoilt = Path(mkdtemp(prefix=".spoilt-", dir=self.folder))
            with suppress(OSError):  # another process may be mending it, too
                home.rename(spoilt / "it")
            shutil.rmtree(spoilt, ignore_errors=True)
        try:
            made.rename(home)
        except OSError:  # another process was faster: what it wrote is the same
            shutil.rmtree(made, ignore_errors=True)
            if self.find(home.name) is None:
                raise

    def note(self, pointers: Mapping[str, Live]) -> None:
        """Remember what is live, for a start without the database."""
        self.folder.mkdir(parents=True, exist_ok=True)
        told = {line: {**asdict(live), "changed_at": live.changed_at.isoformat()} for line, live in pointers.items()}
        made = Path(mkdtemp(prefix=".noting-", dir=self.folder))
        (made / _LIVE).write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
        (made / _LIVE).replace(self.folder / _LIVE)
        made.rmdir()

    def noted(self) -> dict[str, Live]:
        """What was live when last noted; nothing where nothing was."""
        try:
            told = json.loads((self.folder / _LIVE).read_text(encoding="utf-8"))
            return {
                line: Live(**{**live, "changed_at": datetime.fromisoformat(live["changed_at"])})
                for line, live in told.items()
            }
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return {}


def write_files(content: Content, folder: Path) -> None:
    """Write a content's files under ``folder``, with its prompts/ and tools/ even where they are empty."""
    for top in ("prompts", "tools"):
        (folder / top).mkdir(parents=True, exist_ok=True)
    for place, text in content.files.items():
        _write(folder / place, text)


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text.encode())
    file.chmod(_READ_ONLY)
