"""Reads the Markdown that managers write, keeping the line of everything for their mistakes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from app.edits import EditError
from app.tomls import read_text

__all__ = ["Markdown", "read_markdown", "read_text"]

_FRONT = re.compile(r"^([A-Za-z_][\w-]*)\s*:\s*(.*)$")
_FENCE = "---"


@dataclass(frozen=True, slots=True)
class Markdown:
    """A Markdown file: the ``key: words`` between its ``---`` lines, and the text after them."""

    file: Path
    front: Mapping[str, str]
    lines: Mapping[str, int]
    body: str
    body_line: int = field(default=1)


def read_markdown(file: Path) -> Markdown:
    """Raises EditError with the line of a front matter that cannot be read."""
    written = read_text(file).splitlines()
    if not written or written[0].strip() != _FENCE:
        return Markdown(file, {}, {}, "\n".join(written).strip(), _first_text(written, 0))
    end = next((number for number, line in enumerate(written[1:], 1) if line.strip() == _FENCE), 0)
    if not end:
        raise EditError(file, 1, f"The front matter has no end. Write a line with {_FENCE} after it.")
    front, lines = _front_matter(file, written[1:end])
    return Markdown(file, front, lines, "\n".join(written[end + 1 :]).strip(), _first_text(written, end + 1))


def _first_text(written: list[str], start: int) -> int:
    return next((number + 1 for number in range(start, len(written)) if written[number].strip()), start + 1)


def _front_matter(file: Path, written: list[str]) -> tuple[dict[str, str], dict[str, int]]:
    front: dict[str, str] = {}
    lines: dict[str, int] = {}
    name = ""
    for number, line in enumerate(written, 2):
        entry = _FRONT.match(line)
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if line.startswith((" ", "\t")) and name:
            front[name] = f"{front[name]} {line.strip()}".strip()
        elif entry and entry[1] in front:
            raise EditError(file, number, f'"{entry[1]}" is here twice. Take one of them out.')
        elif entry:
            name = entry[1]
            front[name], lines[name] = entry[2].strip(), number
        else:
            raise EditError(file, number, "This line cannot be read. Write `name: words`, as in `greeting: Hello.`")
    return {name: _unquoted(words) for name, words in front.items()}, lines


def _unquoted(words: str) -> str:
    quoted = len(words) >= 2 and words[0] == words[-1] and words[0] in "\"'"
    return words[1:-1] if quoted else words
