"""Writes ``tools/<server>.mcp.toml``: one table of it at a time, all else is left as its people wrote it."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping

from app.toolkit.mcp.server import Offered

PINNED = ("pin", "description", "schema")

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_HEADING = re.compile(r"\s*\[[^\[].*\]\s*(#.*)?")
_KEY = re.compile(r"\s*([A-Za-z0-9_-]+)\s*=")


class CannotWrite(Exception):
    """The file cannot be changed safely; the message says what to do instead."""


def file_of(url: str, command: list[str]) -> str:
    """A new file, with no tool allowed."""
    place = f"url = {_text(url)}" if url else f"command = [{', '.join(map(_text, command))}]"
    return f"{place}\n"


def table_of(offered: Offered, ours: str, write: bool) -> str:
    """The table of a tool that is allowed. ``ours`` is the name the model knows it by, where it is another."""
    lines = [
        f"[tools.{_name(offered.name)}]",
        *_pinned(offered),
        f"write = {'true' if write else 'false'}",
        *([f"as = {_text(ours)}"] if ours else []),
    ]
    return "\n".join(lines) + "\n"


def with_tool(text: str, offered: Offered, ours: str, write: bool) -> str:
    """The file with this tool allowed as it is now; of one that was before, the options are kept.

    Raises CannotWrite.
    """
    data = tomllib.loads(text)
    before = _tools(data).get(offered.name)
    pinned = {"pin": offered.pin, "description": offered.description, "schema": _json(offered)}
    if before is None:
        made = f"{text.rstrip()}\n\n{table_of(offered, ours, write)}"
        options: dict[str, object] = {"write": write, **({"as": ours} if ours else {})}
    else:
        made = "".join(_repinned(text, offered))
        options = {key: value for key, value in before.items() if key not in PINNED}
    tools = {**_tools(data), offered.name: {**pinned, **options}}
    return _sure(made, {**data, "tools": tools}, offered.name)


def without_tool(text: str, name: str) -> str:
    """The file without this tool. Raises CannotWrite."""
    data = tomllib.loads(text)
    tools = {key: value for key, value in _tools(data).items() if key != name}
    made: list[str] = []
    leaving: list[str] = []
    gone = False
    for line, path in _lines(text):
        if path is not None:
            # What stands right above a heading belongs to that heading.
            made += _remarks(leaving) if gone else []
            gone = path[:2] == ("tools", name)
            leaving = []
        (leaving if gone else made).append(line)
    made += _remarks(leaving) if gone else []
    expected = {key: value for key, value in data.items() if key != "tools"}
    return _sure("".join(made).rstrip() + "\n", {**expected, **({"tools": tools} if tools else {})}, name)


def _sure(made: str, expected: Mapping[str, object], name: str) -> str:
    """What was made, if it says what it should."""
    try:
        says = tomllib.loads(made)
    except tomllib.TOMLDecodeError:
        says = {}
    if says.get("tools") == {}:
        del says["tools"]
    if says != expected:
        raise CannotWrite(f"The file is written so that {name} cannot be changed safely. Take its table out by hand.")
    return made


def _tools(data: Mapping[str, object]) -> dict[str, dict[str, object]]:
    tools = data.get("tools", {})
    return tools if isinstance(tools, dict) else {}


def _repinned(text: str, offered: Offered) -> Iterator[str]:
    """The lines with the pinned ones of this tool's own table replaced."""
    inside, skipping, written = False, "", False
    for line, path in _lines(text):
        if path is not None:
            inside = path == ("tools", offered.name)
            skipping = ""
        elif inside and (key := _KEY.match(line)):
            skipping = key[1] if key[1] in PINNED else ""
        if not skipping:
            yield line
        if inside and path is not None and not written:
            yield "".join(f"{one}\n" for one in _pinned(offered))
            written = True


def _lines(text: str) -> Iterator[tuple[str, tuple[str, ...] | None]]:
    """Every line, and the table it opens where it is a heading; no line within quotes is."""
    quotes = ""
    for line in text.splitlines(keepends=True):
        if quotes:
            quotes = "" if quotes in line else quotes
            yield line, None
            continue
        heading = _HEADING.fullmatch(line.rstrip("\r\n"))
        yield line, tuple(_path(line)) if heading else None
        quotes = next((mark for mark in ('"""', "'''") if line.count(mark) == 1), "")


def _path(heading: str) -> Iterator[str]:
    try:
        table: object = tomllib.loads(heading)
    except tomllib.TOMLDecodeError:
        return
    while isinstance(table, dict) and table:
        name, table = next(iter(table.items()))
        yield name


def _remarks(lines: list[str]) -> list[str]:
    """The remarks at the end of a table, with the empty lines between them."""
    at = len(lines)
    while at and (not lines[at - 1].strip() or lines[at - 1].lstrip().startswith("#")):
        at -= 1
    rest = lines[at:]
    return rest if any(line.strip() for line in rest) else []


def _pinned(offered: Offered) -> list[str]:
    schema = _json(offered)
    return [f'pin = "{offered.pin}"', f"description = {_long(offered.description)}", f"schema = '''\n{schema}'''"]


def _json(offered: Offered) -> str:
    """The schema for people to read: what they could not see is written out, and no quotes end the TOML."""
    return json.dumps(offered.schema, indent=2).replace("'", "\\u0027") + "\n"


def _name(name: str) -> str:
    return name if _BARE.fullmatch(name) else _text(name)


def _text(text: str) -> str:
    return '"' + "".join(_escaped(one) for one in text) + '"'


def _long(text: str) -> str:
    """A text over several lines as it is; everything unseen in it is written out."""
    if "\n" not in text:
        return _text(text)
    return '"""\n' + "".join(one if one == "\n" else _escaped(one) for one in text) + '"""'


def _escaped(one: str) -> str:
    if one in '"\\':
        return f"\\{one}"
    if one.isprintable():
        return one
    return f"\\u{ord(one):04x}" if ord(one) < 0x10000 else f"\\U{ord(one):08x}"
