"""A line as callers get it: read from a version's files, with the tools it may use."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from app.check import Problem
from app.edits import EditError
from app.lines.content import Content, Tools, shown, used_tools
from app.lines.shelf import Shelf
from app.prompts.lines import Line, load_lines
from app.toolkit.schema import LoadedTool

# Loads the tools of a folder: ``load_tools`` with the settings and hosts of this house.
ReadTools = Callable[[Path], tuple[dict[str, LoadedTool], list[EditError]]]
# ``check`` with the backend and the model of this house: prompts, tools -> problems.
Examine = Callable[[Path, Path], list[Problem]]


@dataclass(frozen=True, slots=True)
class Published:
    """What a call starts with, and keeps to its end. ``version`` is the hash of the content it was read from."""

    line: Line
    tools: Mapping[str, LoadedTool]
    version: str
    prompt_hash: str


@dataclass(frozen=True, slots=True)
class Folders:
    """Where managers edit, and where versions are laid out."""

    prompts: Path
    tools: Path
    versions: Path


class Unreadable(Exception):
    """A version that this app cannot serve: says the first mistake."""


def published(line: Line, content: Content, tools: Tools) -> Published:
    """The line with the tools it names, and no others: a model cannot run what its line does not have."""
    named = used_tools(content.settings)
    return Published(line, {name: tools[name] for name in named if name in tools}, content.id, prompt_hash(line))


def prompt_hash(line: Line) -> str:
    """A hash of all that the model is told to say and to be, in every language."""
    told = json.dumps([dict(line.greetings), dict(line.instructions)], sort_keys=True, ensure_ascii=False)
    return shown(sha256(told.encode()).hexdigest())


def read_version(content: Content, shelf: Shelf, read_tools: ReadTools, folder: Tools) -> Published:
    """Read a version from its own files, with the tools of the folder that are no part of it. Raises Unreadable.

    Reads and writes files: call it in a thread.
    """
    home = shelf.put(content)
    lines, wrong = load_lines(home / "prompts")
    if content.line not in lines:
        first = str(wrong[0]) if wrong else "its files are not those of a line"
        raise Unreadable(f"The version {shown(content.id)} of {content.line} cannot be read: {first}")
    own: Mapping[str, LoadedTool] = {}
    if any(place.startswith("tools/") for place in content.files):
        own, _ = read_tools(home / "tools")
    ours = {name: tool for name, tool in folder.items() if name in content.tools}
    return published(lines[content.line], content, {**ours, **own})
