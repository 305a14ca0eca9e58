"""The built scripts, styles and icons: which file is which, and how it is served."""

import json
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from markupsafe import Markup
from starlette.responses import FileResponse, PlainTextResponse, Response

STATIC: Final = Path(__file__).parent / "static"
BUILD: Final = "make web"
LONGEST_NAME: Final = 100
FOREVER: Final = "public, max-age=31536000, immutable"  # a name has the hash of its content
_TYPES: Final = {".js": "text/javascript", ".css": "text/css", ".woff2": "font/woff2", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class Assets:
    """What `make web` has built; nothing where it has not run."""

    folder: Path = STATIC
    files: Mapping[str, str] = field(default_factory=dict)
    icons: Mapping[str, str] = field(default_factory=dict)
    version: str = ""

    @property
    def built(self) -> bool:
        return bool(self.files)

    def url(self, name: str) -> str:
        """Where ``app.js`` or ``phone.css`` is; empty where there is no such file."""
        found = self.files.get(name)
        return f"/console/static/{found}" if found else ""

    def icon(self, name: str) -> Markup:
        """An icon to stand beside words: it says nothing by itself."""
        drawn = self.icons.get(name, "")
        return Markup(
            '<svg class="icon" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75"'
            f' stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">{drawn}</svg>'
        )

    def answer(self, name: str, accepted: str) -> Response:
        """A built file, as it was packed at the build where the browser takes that."""
        path = self.folder / name
        kind = _TYPES.get(path.suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
        odd = "/" in name or "\0" in name or name.startswith(".") or len(name) > LONGEST_NAME
        if odd or path.suffix == ".json" or not path.is_file():
            return PlainTextResponse("no such file\n", 404)
        headers = {"Cache-Control": FOREVER, "Vary": "Accept-Encoding"}
        packed = path.with_name(f"{name}.gz")
        if "gzip" in accepted and packed.is_file():
            return FileResponse(packed, headers=headers | {"Content-Encoding": "gzip"}, media_type=kind)
        return FileResponse(path, headers=headers, media_type=kind)


def read_assets(folder: Path = STATIC) -> Assets:
    try:
        told = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return Assets(folder)
    return Assets(folder, told["files"], told["icons"], told["version"])
