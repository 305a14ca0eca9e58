"""The folders ``prompts/`` and ``tools/`` as callers get them: read again when they change, mistakes left out."""

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from app.check import Problem
from app.edits import EditError
from app.lines.content import folder_content
from app.lines.published import Examine, Folders, Published, ReadTools, published
from app.prompts.lines import NOT_LINES, load_lines
from app.toolkit.schema import LoadedTool

_READ = (".toml", ".md", ".py")

Signature = frozenset[tuple[str, int, int]]
Tooling = tuple[dict[str, LoadedTool], list[EditError]]


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading of the folders: what is good of it, with what was good before where it is not now."""

    lines: Mapping[str, Published] = field(default_factory=dict)
    tools: Mapping[str, LoadedTool] = field(default_factory=dict)
    mistakes: tuple[Problem, ...] = ()
    signature: Signature = frozenset()


def signature(folders: Folders) -> Signature:
    """What tells whether a file of the folders has changed, come or gone."""
    return _signature(folders.prompts) | _signature(folders.tools)


def _signature(folder: Path) -> Signature:
    """Asked every second, so it must be quick."""
    found = set()
    waiting = [os.fspath(folder)]
    while waiting:
        with suppress(OSError), os.scandir(waiting.pop()) as entries:  # gone since its parent was listed
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                elif entry.name.endswith(_READ):
                    found |= _state(entry)
    return frozenset(found)


def _state(entry: "os.DirEntry[str]") -> set[tuple[str, int, int]]:
    try:
        about = entry.stat()
    except OSError:  # gone since the folder was listed
        return set()
    return {(entry.path, about.st_mtime_ns, about.st_size)}


def remembered(read_tools: ReadTools, folder: Path) -> ReadTools:
    """The same, which reads ``folder`` again only when a file of it has changed."""
    last: dict[Signature, Tooling] = {}

    def read(asked: Path) -> Tooling:
        if asked != folder:
            return read_tools(asked)
        now = _signature(folder)
        found = last.get(now)
        if found is None:
            found = read_tools(folder)
            last.clear()
            last[now] = found
        return found

    return read


def read_folders(folders: Folders, read_tools: ReadTools, examine: Examine, before: Reading) -> Reading:
    """Read both folders. Whatever has a mistake stays as it was ``before``."""
    now = signature(folders)  # first: what changes while it is read is read again
    mistakes = [problem for problem in examine(folders.prompts, folders.tools) if problem.severity == "error"]
    tools, _ = read_tools(folders.tools)
    wrong_files = {problem.file for problem in mistakes}
    kept = {name: tool for name, tool in before.tools.items() if name not in tools and tool.file in wrong_files}
    tools = {**tools, **kept}
    lines, gone = _lines(folders, tools, mistakes, before)
    return Reading(lines, tools, (*mistakes, *gone), now)


def _lines(
    folders: Folders, tools: Mapping[str, LoadedTool], mistakes: Sequence[Problem], before: Reading
) -> tuple[dict[str, Published], list[Problem]]:
    loaded, _ = load_lines(folders.prompts)
    lines = dict(before.lines)
    is_first = not before.signature  # whoever starts the house hears of its mistakes
    for name, line in loaded.items():
        if not is_first and _is_wrong(name, folders.prompts, mistakes):
            continue
        try:
            lines[name] = published(line, folder_content(name, folders.prompts, folders.tools, tools), tools)
        except EditError:  # a file went away while it was read: the next reading has it
            continue
    gone = [name for name in lines if not (folders.prompts / name).is_dir()]
    claimed = {number for name in lines if name not in gone for number in lines[name].line.numbers}
    for name in gone:
        if claimed & set(lines[name].line.numbers):
            del lines[name]  # the folder has another name now
    return lines, [_gone(folders.prompts / name) for name in gone if name in lines]


def _gone(home: Path) -> Problem:
    what = f"The folder of the line {home.name} is gone; its callers still get what it said. Put it back, or restart."
    return Problem(home, 1, what)


def _is_wrong(name: str, prompts: Path, mistakes: Sequence[Problem]) -> bool:
    """Whether the line, or what all lines share, has a mistake."""
    shared = [prompts / part for part in NOT_LINES]
    return any(
        problem.file == prompts or any(problem.file.is_relative_to(home) for home in (prompts / name, *shared))
        for problem in mistakes
    )
