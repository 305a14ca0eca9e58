"""Reads the TOML and Markdown that managers write, keeping the line of everything for their mistakes."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from app.edits import EditError

_TABLE = re.compile(r"^\s*\[+\s*([^\]]+?)\s*\]+")
_KEY = re.compile(r"""^\s*("[^"]*"|'[^']*'|[A-Za-z0-9_-]+)\s*=""")
_AT_LINE = re.compile(r"\(at line (\d+), column \d+\)")
_TEXT = re.compile(r"""(["'])((?:\\.|(?!\1).)*)\1""")
_FRONT = re.compile(r"^([A-Za-z_][\w-]*)\s*:\s*(.*)$")
_FENCE = "---"


@dataclass(frozen=True, slots=True)
class Toml:
    """A TOML file: what it says, and where each key stands (``hours.monday`` → line)."""

    file: Path
    data: Mapping[str, object]
    lines: Mapping[str, int]
    text: str

    def line_of(self, key: str, element: str | None = None) -> int:
        """The line of a key; with ``element``, that of the text in its list, also over several lines."""
        # A key that is not there, or in a table on one line, is looked for where its table is.
        start = self.lines.get(key) or self.lines.get(key.rpartition(".")[0], 1)
        if element is None:
            return start
        written = self.text.splitlines()
        following = sorted(line for line in self.lines.values() if line > start)
        end = following[0] - 1 if following else len(written)
        for number in range(start, end + 1):
            if any(found[2] == element for found in _TEXT.finditer(written[number - 1])):
                return number
        return start

    def wrong(self, key: str, problem: str, element: str | None = None) -> EditError:
        return EditError(self.file, self.line_of(key, element), problem)


@dataclass(frozen=True, slots=True)
class Markdown:
    """A Markdown file: the ``key: words`` between its ``---`` lines, and the text after them."""

    file: Path
    front: Mapping[str, str]
    lines: Mapping[str, int]
    body: str
    body_line: int = field(default=1)


def read_text(file: Path) -> str:
    """The file's text; raises EditError when there is none, or it is not UTF-8."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise EditError(file, 1, "There is no such file. Write it.") from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise EditError(file, line, "This is not UTF-8 text. Save the file as UTF-8.") from None
    except OSError as error:
        raise EditError(file, 1, f"The file cannot be read: {error.strerror}. Let the app read it.") from None


def read_toml(file: Path) -> Toml:
    """Raises EditError with the line that TOML does not allow."""
    text = read_text(file)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        said = str(error)
        place = _AT_LINE.search(said)
        line = int(place[1]) if place else max(1, len(text.splitlines()))
        problem = _AT_LINE.sub("", said).removesuffix("(at end of document)").strip()
        raise EditError(file, line, f'{problem}. Write `name = "text"`, texts in quotes, one to a line.') from None
    return Toml(file, data, _key_lines(text), text)


def _key_lines(text: str) -> dict[str, int]:
    lines: dict[str, int] = {}
    table, quotes = "", ""
    for number, line in enumerate(text.splitlines(), 1):
        if quotes:
            quotes = "" if quotes in line else quotes
            continue
        heading, key = _TABLE.match(line), _KEY.match(line)
        if heading and not key:
            table = heading[1] + "."
            lines.setdefault(heading[1], number)
        elif key:
            lines.setdefault(table + key[1].strip("\"'"), number)
            quotes = _left_open(line)
    return lines


def _left_open(line: str) -> str:
    """The triple quotes that a line opens and does not close."""
    return next((quotes for quotes in ('"""', "'''") if line.count(quotes) == 1), "")


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
