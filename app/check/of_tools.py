"""What is wrong with the tools a line names: not there, off, or of no use to it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from app.check.problem import Problem, at
from app.edits import EditError, listed, meant
from app.prompts.line import Line
from app.tomls import Toml
from app.toolkit.house import HOUSE
from app.toolkit.loader import unknown_tool
from app.toolkit.schema import LoadedTool

Tools = dict[str, LoadedTool]

_MANY = 20
_DEFINED = re.compile(r"^\s*(?:async\s+)?def\s+(\w+)", re.MULTILINE)
_WORD = re.compile(r"[A-Za-z_]\w*")
_CODE = ("send_code", "check_code")
_LOOK_UP = "facts.look_up"


def broken(errors: Iterable[EditError]) -> dict[str, Path]:
    """The tools that may stand in a file with a mistake, and the file."""
    return {name: error.file for error in errors for name in _defined(error.file)}


def _defined(file: Path) -> list[str]:
    if not file.is_file():
        return []
    written = file.read_text(encoding="utf-8", errors="replace")
    if file.name.endswith(".mcp.toml"):
        return _WORD.findall(written)  # a server's tools stand in its file by name
    return _DEFINED.findall(written) if file.suffix == ".py" else [file.stem]


def problems(line: Line, toml: Toml, tools: Tools, missing: Mapping[str, Path]) -> Iterator[Problem]:
    """Every problem of a line with its tools. ``missing`` are those that could not be read, with their files."""
    yield from _unknown(line, toml, tools, missing)
    yield from _off(line, toml, tools)
    if not any(name in missing for name in line.tools):
        yield from _unproven(line, toml, tools)
    yield from _look_up(line, toml, tools, missing)
    yield from _advice(line, toml)


def _unknown(line: Line, toml: Toml, tools: Tools, missing: Mapping[str, Path]) -> Iterator[Problem]:
    for name in line.tools:
        if name in tools or name in HOUSE:
            continue
        if name in missing:
            yield _unread(toml, "tools", name, missing[name])
        else:
            yield at(toml, "tools", unknown_tool(name, tools), element=name)


def _unread(toml: Toml, key: str, name: str, file: Path) -> Problem:
    what = f"{name} cannot be used: there is a mistake in {file.name}. Mend it, or take {name} out."
    return replace(at(toml, key, what, element=name), because=file)


def _off(line: Line, toml: Toml, tools: Tools) -> Iterator[Problem]:
    for name in line.tools:
        if name in tools and tools[name].off:
            yield at(toml, "tools", f"Callers are told that it cannot be done now: {tools[name].off}", "hint", name)


def _unproven(line: Line, toml: Toml, tools: Tools) -> Iterator[Problem]:
    """Tools that nobody can ever use on this line: it has none that finds out who calls."""
    identifies = any(name in tools and tools[name].options.identifies for name in line.tools)
    for name in line.tools:
        level = tools[name].options.level if name in tools else "code" if name in _CODE else "none"
        if level != "none" and not identifies:
            yield at(
                toml, "tools", f"{name} is only for callers who have shown who they are. {_who(tools)}", "error", name
            )
        wanting = [code for code in _CODE if code not in line.tools]
        if level == "code" and wanting:
            also = " and ".join(f'"{code}"' for code in wanting)
            what = f"{name} is only for callers with a code by text. Write {also} into tools."
            yield at(toml, "tools", what, "error", name)


def _who(tools: Tools) -> str:
    asking = sorted(name for name, tool in tools.items() if tool.options.identifies)
    if asking:
        return f"Write {listed(asking)} into tools, too: it finds that out."
    return 'Write a tool that finds that out, with identifies="details" (tools/README.md), and name it in tools.'


def _look_up(line: Line, toml: Toml, tools: Tools, missing: Mapping[str, Path]) -> Iterator[Problem]:
    name = line.look_up
    if name is None:
        return
    if name not in tools and name in missing:
        yield _unread(toml, _LOOK_UP, name, missing[name])
        return
    if name not in tools:
        yield at(toml, _LOOK_UP, f'There is no tool "{name}". {meant(name, tools)}')
        return
    options = tools[name].options
    required = tools[name].spec.parameters.get("required")
    if required:
        wanted = ", ".join(required) if isinstance(required, list) else str(required)
        what = f"{name} cannot look up before the call: it needs {wanted}. Name a tool that needs the caller only."
        yield at(toml, _LOOK_UP, what)
    if options.write or options.confirm:
        yield at(toml, _LOOK_UP, f"{name} changes something. Name a tool that only reads.")
    if options.level != "none" or options.identifies:
        what = f"{name} is about who calls, which nobody has shown yet. Name a tool of level none."
        yield at(toml, _LOOK_UP, what)
    if tools[name].off:
        yield at(toml, _LOOK_UP, f"Nothing is found for now: {tools[name].off}", "hint")


def _advice(line: Line, toml: Toml) -> Iterator[Problem]:
    if line.handoff_number and "hand_off" not in line.tools and line.closed != "hand_off":
        yield at(toml, "handoff_number", 'No call is handed off here. Write "hand_off" into tools.', "hint")
    if "end_call" not in line.tools:
        yield at(toml, "tools", 'The assistant cannot hang up. Write "end_call" into tools.', "hint")
    if len(line.tools) > _MANY:
        yield at(toml, "tools", f"{len(line.tools)} tools: a model chooses worse among many. Keep to ten.", "hint")
    if line.links and "send_text" not in line.tools:
        yield at(toml, "links", 'No link is texted here. Write "send_text" into tools.', "hint")
