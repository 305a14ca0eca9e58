"""A tool's docstring: what the model reads of the tool, and of each argument."""

import inspect
import re
from dataclasses import dataclass, field

_SECTION = re.compile(r"^(Args|Arguments|Parameters|Returns|Raises|Yields|Example|Examples|Note|Notes):\s*$")
_ARGUMENT = re.compile(r"^(\w+)\s*(?:\([^)]*\))?:\s*(.*)$")


@dataclass(frozen=True, slots=True)
class Docstring:
    """``description``: all before the first section. ``arguments``: by name, from ``Args:``."""

    description: str
    arguments: dict[str, str] = field(default_factory=dict)


def read_docstring(text: str) -> Docstring:
    """Read a docstring in the usual form (https://google.github.io/styleguide/pyguide.html#383-functions-and-methods)."""
    description: list[str] = []
    arguments: list[str] = []
    section = ""
    for line in inspect.cleandoc(text).splitlines():
        heading = _SECTION.match(line)
        if heading:
            section = heading[1]
        elif not section:
            description.append(line)
        elif section in ("Args", "Arguments", "Parameters"):
            arguments.append(line)
    return Docstring(_flowing("\n".join(description)), _arguments(inspect.cleandoc("\n" + "\n".join(arguments))))


def _arguments(text: str) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    name = ""
    for line in text.splitlines():
        argument = None if line.startswith((" ", "\t")) else _ARGUMENT.match(line)
        if argument:
            name = argument[1]
            found[name] = [argument[2]]
        elif name and line.strip():
            found[name].append(line.strip())
    return {name: " ".join(lines).strip() for name, lines in found.items()}


def _flowing(text: str) -> str:
    """Paragraphs on one line each: a line's end inside a paragraph means nothing to the model."""
    paragraphs = (" ".join(paragraph.split()) for paragraph in text.strip().split("\n\n"))
    return "\n".join(paragraph for paragraph in paragraphs if paragraph)
