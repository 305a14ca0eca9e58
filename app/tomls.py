"""Reads the TOML that managers write, keeping the line of everything for their mistakes."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from app.edits import EditError, listed, meant

_TABLE = re.compile(r"^\s*\[+\s*([^\]]+?)\s*\]+")
_KEY = re.compile(r"""^\s*((?:"[^"]*"|'[^']*'|[A-Za-z0-9_-]+)(?:\s*\.\s*(?:"[^"]*"|'[^']*'|[A-Za-z0-9_-]+))*)\s*=""")
_PART = re.compile(r""""[^"]*"|'[^']*'|[A-Za-z0-9_-]+""")
_AT_LINE = re.compile(r"\(at line (\d+), column \d+\)")
_TEXT = re.compile(r"""(["'])((?:\\.|(?!\1).)*)\1""")


@dataclass(frozen=True, slots=True)
class Toml:
    """A TOML file: what it says, and where each key stands (``hours.monday`` → line)."""

    file: Path
    data: Mapping[str, object]
    lines: Mapping[str, int]
    text: str

    def line_of(self, key: str, element: str | None = None) -> int:
        """The line of a key; with ``element``, that of the text in its list, also over several lines."""
        # A table may be written by its dotted keys alone. A key that is not there, or in a table on one line, is looked
        # for where its table is.
        within = (line for name, line in self.lines.items() if name.startswith(f"{key}."))
        start = self.lines.get(key) or next(within, 0) or self.lines.get(key.rpartition(".")[0], 1)
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
            table = _dotted(heading[1]) + "."
            lines.setdefault(table[:-1], number)
        elif key:
            lines.setdefault(table + _dotted(key[1]), number)
            quotes = _left_open(line)
    return lines


def _dotted(key: str) -> str:
    """``message . "en"`` as ``message.en``."""
    return ".".join(part.strip("\"'") for part in _PART.findall(key))


def _left_open(line: str) -> str:
    """The triple quotes that a line opens and does not close."""
    return next((quotes for quotes in ('"""', "'''") if line.count(quotes) == 1), "")


class Sheet:
    """One TOML file being read. ``errors`` fills up; a wrong value reads as the default."""

    def __init__(self, toml: Toml) -> None:
        self.toml = toml
        self.errors: list[EditError] = []
        self.data = toml.data
        self.at = ""  # the table this sheet reads, with a dot at its end

    def wrong(self, key: str, problem: str, element: str | None = None) -> None:
        self.errors.append(self.toml.wrong(self.at + key, problem, element))

    def known(self, keys: Iterable[str]) -> None:
        """Every key that is not one of ``keys`` is a mistake."""
        names = list(keys)
        for key in self.data:
            if key not in names:
                self.wrong(key, f'There is no setting "{key}". {meant(key, names)}')

    def table(self, key: str) -> "Sheet":
        """The table under ``key``, its mistakes kept with those of this one; empty when it is not there."""
        inner = Sheet(self.toml)
        inner.errors, inner.at = self.errors, f"{self.at}{key}."
        value = self.data.get(key, {})
        if not isinstance(value, dict):
            self.wrong(key, f"{key} must be a table. Write [{self.at}{key}] on a line of its own.")
        inner.data = value if isinstance(value, dict) else {}
        return inner

    def text(self, key: str, default: str = "") -> str:
        value = self.data.get(key, default)
        if isinstance(value, str):
            return value.strip()
        self.wrong(key, f'{key} must be a text. Write {key} = "{value}".')
        return default

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts, none of them twice."""
        value = self.data.get(key, [])
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            self.wrong(key, f'{key} must be a list of texts. Write {key} = ["...", "..."].')
            return ()
        for one in sorted({one for one in value if value.count(one) > 1}):
            self.wrong(key, f'"{one}" is in {key} twice. Take one out.', one)
        return tuple(dict.fromkeys(value))

    def number(self, key: str, default: float, low: float, high: float) -> float:
        value = self.data.get(key, default)
        if isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high:
            return float(value)
        self.wrong(key, f"{key} = {_shown(value)} cannot be. Write a number from {low:g} to {high:g}, without quotes.")
        return default

    def flag(self, key: str) -> bool | None:
        """True, False, or None when nothing is written."""
        value = self.data.get(key)
        if value is None or isinstance(value, bool):
            return value
        self.wrong(key, f"{key} = {_shown(value)} is neither yes nor no. Write {key} = true or {key} = false.")
        return None

    def choice(self, key: str, choices: tuple[str, ...]) -> str:
        """One of ``choices``; the first when nothing is written."""
        value = self.text(key, choices[0])
        if value in choices:
            return value
        self.wrong(key, f'{key} = "{value}" cannot be. Write {listed(choices)} instead.')
        return choices[0]


def _shown(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
