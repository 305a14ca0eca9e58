"""Finds every mistake in ``prompts/`` and ``tools/`` before a caller does: the file, the line, what to write."""

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
    return sorted(dict.fromkeys(found), key=lambda one: (str(one.file), one.line, one.severity))


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
    for name, tool in tools.items():
        if name not in used:
            what = f"No line uses {name}. Write it into tools in a line.toml, if the assistant is to use it."
            yield Problem(tool.file, tool.line, what, "hint")
