"""Finds every mistake in ``prompts/`` and ``tools/`` before a caller does: the file, the line, what to write."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from app.edits import EditError
from app.gemini.models import Backend, problems
from app.gemini.setup import SetupWish
from app.prompts.files import Toml
from app.prompts.languages import file_for
from app.prompts.line import Line
from app.prompts.lines import Reading, read_lines
from app.toolkit.house import HOUSE
from app.toolkit.loader import load_tools, unknown_tool
from app.toolkit.schema import LoadedTool
from app.toolkit.spec import ToolSpec

Severity = Literal["error", "hint"]
Tools = dict[str, LoadedTool]

# About 5,000 tokens, billed again at every turn: https://ai.google.dev/gemini-api/docs/pricing
_LONG_PROMPT_CHARACTERS = 20_000
_MANY_TOOLS = 20
_IN_BACKTICKS = re.compile(r"`([A-Za-z_]\w*)(?:\(\))?`")


@dataclass(frozen=True, slots=True)
class Problem:
    """A mistake (``error``: the house does not start with it) or advice (``hint``); ``what`` says what to write."""

    file: Path
    line: int
    what: str
    severity: Severity = "error"

    def as_json(self) -> dict[str, object]:
        """The problem as ``frontline check --json`` prints it."""
        return {"file": str(self.file), "line": self.line, "what": self.what, "severity": self.severity}


def check(prompts: Path, tools: Path, backend: str, model: str | None = None) -> list[Problem]:
    """Every mistake in both folders, by file and line. ``backend`` is ``developer`` or ``vertex``.

    ``model`` takes the place of every line's own, as ``FRONTLINE_MODEL`` does.
    """
    loaded, tool_errors = load_tools(tools)
    readings, prompt_errors = read_lines(prompts)
    errors = [*tool_errors, *prompt_errors, *(error for reading in readings for error in reading.errors)]
    found = [_problem(error) for error in errors]
    broken = bool(tool_errors)
    for reading in readings:
        if reading.line and reading.toml:
            found += _of_line(reading.line, reading.toml, loaded, broken, cast(Backend, backend), model)
    found += _unused_tools(readings, loaded)
    return sorted(dict.fromkeys(found), key=lambda problem: (str(problem.file), problem.line, problem.severity))


def render(found: Sequence[Problem], folder: Path | None = None) -> str:
    """The problems as text, a line each, with paths as seen from ``folder`` (the working directory)."""
    errors = sum(problem.severity == "error" for problem in found)
    lines = [_shown(problem, folder or Path.cwd()) for problem in found]
    return "\n".join([*lines, _summary(errors, len(found) - errors)])


def _problem(error: EditError) -> Problem:
    return Problem(error.file, error.line, error.problem)


def _shown(problem: Problem, folder: Path) -> str:
    file = problem.file.absolute()
    path = file.relative_to(folder) if file.is_relative_to(folder) else file
    hint = "hint: " if problem.severity == "hint" else ""
    return f"{path}:{problem.line}: {hint}{problem.what}"


def _summary(errors: int, hints: int) -> str:
    if not errors and not hints:
        return "No mistakes found."
    return f"{_counted(errors, 'mistake')}, {_counted(hints, 'hint')}."


def _counted(count: int, word: str) -> str:
    return f"{count or 'no'} {word}{'' if count == 1 else 's'}"


def _of_line(
    line: Line, toml: Toml, tools: Tools, broken: bool, backend: Backend, model: str | None
) -> Iterator[Problem]:
    yield from _unknown_tools(line, toml, tools, broken)
    yield from _not_granted(line, toml, tools, backend, model)
    yield from _told_of_tools(line, toml, tools)
    yield from _advice(line, toml)
    yield from _unread_files(line, toml)


def _at(toml: Toml, key: str, what: str, severity: Severity = "error", element: str | None = None) -> Problem:
    return Problem(toml.file, toml.line_of(key, element), what, severity)


def _unknown_tools(line: Line, toml: Toml, tools: Tools, broken: bool) -> Iterator[Problem]:
    """Tools that are not there. While a tools file is broken they may be in it, and that is said."""
    for name in line.tools:
        if name not in tools and name not in HOUSE:
            maybe = " It may also stand in a tools file that has a mistake." if broken else ""
            yield _at(toml, "tools", unknown_tool(name, tools) + maybe, element=name)


def _not_granted(line: Line, toml: Toml, tools: Tools, backend: Backend, model: str | None) -> Iterator[Problem]:
    whose = " (FRONTLINE_MODEL goes before the line's own model.)" if model else ""
    for sentence in problems(_wish(line, tools, model), backend):
        field, _, said = sentence.partition(": ")
        # A model that is newer than our table works all the same: it is only not known here.
        known = field != "model" or "is not known" not in said
        yield _at(toml, field, f"{sentence}.{whose}", "error" if known else "hint", element=_quoted(said))


def _quoted(said: str) -> str | None:
    found = re.search(r"'([^']+)'", said)
    return found[1] if found else None


def _wish(line: Line, tools: Tools, model: str | None) -> SetupWish:
    return SetupWish(
        model=model or line.model,
        voice=line.voice,
        instruction="",
        languages=line.languages,
        tools=_specs(line, tools),
        vad=line.vad,
        temperature=line.temperature,
        thinking=line.thinking,
        affective_dialog=line.affective_dialog,
        proactive_audio=line.proactive_audio,
        google_search=line.google_search,
    )


def _specs(line: Line, tools: Tools) -> tuple[ToolSpec, ...]:
    known = {**{name: tool.spec for name, tool in tools.items()}, **HOUSE}
    return tuple(known[name] for name in line.tools if name in known)


def _told_of_tools(line: Line, toml: Toml, tools: Tools) -> Iterator[Problem]:
    """Tools that a prompt speaks of in backticks, and the line does not have."""
    for tag in line.languages:
        file = file_for(toml.file.parent, tag, ".md")
        if file is None:
            continue
        for number, text in enumerate(file.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            for found in _IN_BACKTICKS.finditer(text):
                name = found[1]
                if name in line.tools or not (name in tools or name in HOUSE or "_" in name):
                    continue
                what = f"The prompt speaks of `{name}`, which is not among the line's tools."
                yield Problem(file, number, f"{what} Write it into tools in line.toml, or take it out.", "hint")


def _advice(line: Line, toml: Toml) -> Iterator[Problem]:
    if line.handoff_number and "hand_off" not in line.tools:
        yield _at(toml, "handoff_number", 'No call is handed off here. Write "hand_off" into tools.', "hint")
    if "end_call" not in line.tools:
        yield _at(toml, "tools", 'The assistant cannot hang up. Write "end_call" into tools.', "hint")
    if len(line.tools) > _MANY_TOOLS:
        yield _at(toml, "tools", f"{len(line.tools)} tools: a model chooses worse among many. Keep to ten.", "hint")
    if not line.numbers:
        yield _at(toml, "numbers", 'No number rings here. Write numbers = ["+12125550123"], your own.', "hint")
    for tag, told in line.instructions.items():
        if len(told) > _LONG_PROMPT_CHARACTERS:
            what = f"With the house's rules the prompt has {len(told)} characters, and each turn pays for them. Cut it."
            yield Problem(file_for(toml.file.parent, tag, ".md") or toml.file, 1, what, "hint")


def _unread_files(line: Line, toml: Toml) -> Iterator[Problem]:
    home = toml.file.parent
    read = {file_for(home, tag, ".md") for tag in line.languages}
    for file in sorted(home.iterdir()):
        if file.suffix == ".md" and file not in read and file.stem.upper() != "README":
            what = f'Nothing reads this file. Write "{file.stem}" into languages in line.toml, or delete it.'
            yield Problem(file, 1, what, "hint")
        elif file.suffix not in (".md", ".toml") or (file.suffix == ".toml" and file.name != "line.toml"):
            yield Problem(file, 1, "Nothing reads this file. A line is line.toml and one .md a language.", "hint")


def _unused_tools(readings: Iterable[Reading], tools: Tools) -> Iterator[Problem]:
    used = {name for reading in readings if reading.line for name in reading.line.tools}
    for name, tool in tools.items():
        if name not in used:
            what = f"No line uses {name}. Write it into tools in a line.toml, if the assistant is to use it."
            yield Problem(tool.file, tool.line, what, "hint")
