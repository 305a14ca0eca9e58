"""Finds every mistake in ``prompts/`` and ``tools/`` before a caller does: the file, the line, what to write."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import cast

from app.check import of_files, of_model, of_tools, of_words
from app.check.problem import Problem, Severity, as_problem, at_their_root, render
from app.edits import EditError
from app.gemini.models import Backend
from app.prompts.line import Line
from app.prompts.lines import Reading, read_lines
from app.tomls import Toml
from app.toolkit.loader import load_tools
from app.toolkit.schema import LoadedTool

__all__ = ["Problem", "Severity", "at_their_root", "check", "render"]

Tools = dict[str, LoadedTool]
ReadTools = Callable[[Path], tuple[Tools, list[EditError]]]

_WORD = re.compile(r"[A-Za-z_]\w*")


def check(
    prompts: Path, tools: Path, backend: str, model: str | None = None, read_tools: ReadTools = load_tools
) -> list[Problem]:
    """Every mistake in both folders, by file and line. ``backend`` is ``developer`` or ``vertex``.

    ``model`` takes the place of every line's own, as ``FRONTLINE_MODEL`` does. ``read_tools`` reads the folder of
    tools as the house does, with the hosts and secrets it has.
    """
    loaded, tool_errors = read_tools(tools)
    readings, prompt_errors = read_lines(prompts)
    errors = [*tool_errors, *prompt_errors, *(error for reading in readings for error in reading.errors)]
    found = [as_problem(error) for error in errors]
    missing = of_tools.broken(tool_errors)
    for reading in readings:
        if reading.line and reading.toml:
            found += _of_line(reading.line, reading.toml, loaded, missing, cast(Backend, backend), model)
    found += _unused_tools(readings, loaded)
    wrong = {(error.file, error.line) for error in errors}
    # What advises on a setting that is wrong anyway would be gone with the mistake.
    told = [one for one in found if one.severity == "error" or (one.file, one.line) not in wrong]
    return sorted(dict.fromkeys(told), key=lambda one: (str(one.file), one.line, one.severity))


def _of_line(
    line: Line, toml: Toml, tools: Tools, missing: Mapping[str, Path], backend: Backend, model: str | None
) -> Iterator[Problem]:
    yield from of_tools.problems(line, toml, tools, missing)
    yield from of_model.problems(line, toml, tools, backend, model)
    yield from of_words.problems(line, toml)
    yield from of_files.problems(line, toml, tools)


def _unused_tools(readings: Iterable[Reading], tools: Tools) -> Iterator[Problem]:
    lines = [reading.line for reading in readings if reading.line]
    used = {name for line in lines for name in (*line.tools, line.look_up)}
    used |= {word for reading in readings for word in _named_by_mistake(reading)}
    for name, tool in tools.items():
        if name not in used:
            what = f"No line uses {name}. Write it into tools in a line.toml, if the assistant is to use it."
            yield Problem(tool.file, tool.line, what, "hint")


def _named_by_mistake(reading: Reading) -> list[str]:
    """Every word of a line.toml with mistakes, as it may use the tools that it names once it is mended."""
    files = {error.file for error in reading.errors if error.file.name == "line.toml" and error.file.is_file()}
    return [word for file in files for word in _WORD.findall(file.read_text(encoding="utf-8", errors="replace"))]
