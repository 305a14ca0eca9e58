"""A mistake or advice about a manager's file, and how it is shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from app.edits import EditError
from app.tomls import Toml

Severity = Literal["error", "hint"]


@dataclass(frozen=True, slots=True)
class Problem:
    """A mistake (``error``: the house does not start with it) or advice (``hint``); ``what`` says what to write.

    ``because``: the file whose own mistake makes this one; where that is told, this is not told again.
    """

    file: Path
    line: int
    what: str
    severity: Severity = "error"
    because: Path | None = None

    def as_json(self) -> dict[str, object]:
        """The problem as ``frontline check --json`` prints it."""
        return {"file": str(self.file), "line": self.line, "what": self.what, "severity": self.severity}


def as_problem(error: EditError) -> Problem:
    return Problem(error.file, error.line, error.problem)


def at(toml: Toml, key: str, what: str, severity: Severity = "error", element: str | None = None) -> Problem:
    """A problem where ``key`` stands in a file; with ``element``, where that text stands in its list."""
    return Problem(toml.file, toml.line_of(key, element), what, severity)


def render(found: Sequence[Problem], folder: Path | None = None) -> str:
    """The problems as text, a line each, with paths as seen from ``folder`` (the working directory)."""
    told = at_their_root(found)
    errors = sum(problem.severity == "error" for problem in told)
    lines = [_shown(problem, folder or Path.cwd()) for problem in told]
    return "\n".join([*lines, _summary(errors, len(told) - errors)])


def at_their_root(found: Sequence[Problem]) -> list[Problem]:
    """The problems without those that come of another one in the list."""
    files = {problem.file for problem in found}
    return [problem for problem in found if problem.because not in files]


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
