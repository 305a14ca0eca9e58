"""Reads the TOML that managers write, keeping the line of everything for their mistakes."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from app.edits import EditError, listed, meant

_TABLE = re.compile(r"^\s*\[+\s*([^\]]+?)\s*\]+")
_KEY = re.compile(r"""^\s*((?:"[^"]*"|'[^']*'|[A-Za-z0-9_-]+)(?:\s*\.\s*(?:"[^"]*"|'[^']*'|[A-Za-z0-9_-]+))*)\s*=""")
_PART = re.compile(r""""[^"]*"|'[^']*'|[A-Za-z0-9_-]+""")
_AT_LINE = re.compile(r"\(at line (\d+), column (\d+)\)")
_TEXT = re.compile(r"""(["'])((?:\\.|(?!\1).)*)\1""")
# A curly quote where a text begins or ends.
_CURLY = re.compile(r"(?:^|[=\[,])\s*[“”„‟«‘’‚]|[“”‟»‘’]\s*(?:[,\]]|$)")


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
        line, problem = _mistake(text.replace("\r\n", "\n").split("\n"), str(error))
        raise EditError(file, line, problem) from None
    return Toml(file, data, _key_lines(text), text)


def _key_lines(text: str) -> dict[str, int]:
    lines: dict[str, int] = {}
    for name, number in _written(text.splitlines()):
        lines.setdefault(name, number)
    return lines


def _written(lines: Iterable[str]) -> Iterator[tuple[str, int]]:
    """Every key and table as often as it is written, with its line."""
    table, quotes = "", ""
    for number, line in enumerate(lines, 1):
        if quotes:
            quotes = "" if quotes in line else quotes
            continue
        heading, key = _TABLE.match(line), _KEY.match(line)
        if heading and not key:
            table = _dotted(heading[1]) + "."
            yield table[:-1], number
        elif key:
            yield table + _dotted(key[1]), number
            quotes = _left_open(line)


def _dotted(key: str) -> str:
    """``message . "en"`` as ``message.en``."""
    return ".".join(part.strip("\"'") for part in _PART.findall(key))


def _left_open(line: str) -> str:
    """The triple quotes that a line opens and does not close."""
    return next((quotes for quotes in ('"""', "'''") if line.count(quotes) == 1), "")


def _mistake(lines: list[str], said: str) -> tuple[int, str]:
    """The line that TOML does not allow, and what is wrong with it in a manager's words."""
    place = _AT_LINE.search(said)
    number = int(place[1]) if place else max(1, len(lines) - (lines[-1] == ""))
    column = int(place[2]) if place else len(lines[number - 1]) + 1
    what = _AT_LINE.sub("", said).removesuffix("(at end of document)").strip()
    if not what.startswith("Cannot") and _CURLY.search(lines[number - 1]):
        return number, 'These quotes are curly. Write straight quotes, as in "text".'
    if what == "Unclosed array" or (what == "Invalid value" and _in_open_list(lines, number, column)):
        return _list_mistake(lines, number, column)
    if what == "Cannot overwrite a value" or what.endswith(" twice"):
        return _twice(lines, number) or (number, f"{what}. Write each setting once.")
    if what.startswith("Expected newline"):
        return number, _after_value(lines[number - 1], column)
    return number, f'{what}. Write `name = "text"`, texts in quotes, one to a line.'


def _in_open_list(lines: list[str], number: int, column: int) -> bool:
    """Whether a list goes on where a setting, a table or the end of the file stands."""
    line = lines[number - 1]
    before = line[: column - 1].strip()
    if not line[column - 1 :].strip():
        return _without_remark(lines[_last_said(lines, number, column) - 1]).endswith((",", "["))
    return (not before and bool(_KEY.match(line))) or (before == "[" and bool(_TABLE.match(line)))


def _list_mistake(lines: list[str], number: int, column: int) -> tuple[int, str]:
    last = _last_said(lines, number, column)
    name = _last_key(lines[:last])
    rest = lines[number - 1][column - 1 :]
    if rest.startswith(('"', "'")):
        return last, f"A comma is missing here in {name}. Write one after each text."
    if last == number and rest[:1].isalnum() and not _KEY.match(rest):
        return last, f"Quotes or a comma are missing in {name}. Write each text in quotes, with a comma after it."
    return last, f"The list {name} is not closed. Write ] after its last text."


def _last_said(lines: list[str], number: int, column: int) -> int:
    """The line of what stands before a place, remarks and empty lines aside."""
    if lines[number - 1][: column - 1].strip(" \t["):
        return number
    return next((n for n in range(number - 1, 0, -1) if _without_remark(lines[n - 1])), number)


def _last_key(lines: list[str]) -> str:
    names = [name for name, _ in _written(lines)]
    return names[-1].rpartition(".")[2] if names else "here"


def _twice(lines: list[str], number: int) -> tuple[int, str] | None:
    """The second line of what stands twice, and where it stands first."""
    written = [(name, line) for name, line in _written(lines) if line <= number]
    name, second = written[-1] if written else ("", 0)
    first = next((line for other, line in written if other == name), second)
    if first == second:
        return None
    shown = f"[{name}]" if _TABLE.match(lines[second - 1]) else name.rpartition(".")[2]
    return second, f"{shown} stands twice, also at line {first}. Write it once."


def _after_value(line: str, column: int) -> str:
    """What is wrong with a line that goes on behind its value."""
    rest, key = line[column - 1 :].strip(), _KEY.match(line)
    if _KEY.match(rest):
        return "Two settings stand on one line. Write each on a line of its own."
    name = key[1] if key else "the list"
    value = _without_remark(line[key.end() :]) if key else ""
    quote = value[:1]
    if quote in ('"', "'") and value.count(quote) > 2:
        inner = value[1 : value.rindex(quote)].replace('"', "'")
        return f'The text of {name} ends at its second quote. Write {name} = "{inner}".'
    if not key or quote in ('"', "'", "["):
        return f'After the value of {name} stands "{rest}". Take it out, or write # before it.'
    return f'"{value}" is no number. Write a number alone, or a text in quotes: {name} = "{value}".'


def _without_remark(line: str) -> str:
    return re.split(r"(?:^|\s)#", line, maxsplit=1)[0].strip()


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
