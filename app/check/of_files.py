"""Files of a line that nothing reads, and prompts that speak of tools the line does not have."""

import re
from collections.abc import Iterator

from app.check.problem import Problem
from app.prompts.languages import file_for
from app.prompts.line import Line
from app.prompts.scorecard import FILE as SCORECARD
from app.tomls import Toml
from app.toolkit.house import HOUSE
from app.toolkit.schema import LoadedTool

Tools = dict[str, LoadedTool]

_READ = ("line.toml", SCORECARD)
_IN_BACKTICKS = re.compile(r"`([A-Za-z_]\w*)(?:\(\))?`")


def problems(line: Line, toml: Toml, tools: Tools) -> Iterator[Problem]:
    """Every piece of advice on the files of a line's folder."""
    yield from _told_of_tools(line, toml, tools)
    yield from _unread(line, toml)


def _told_of_tools(line: Line, toml: Toml, tools: Tools) -> Iterator[Problem]:
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


def _unread(line: Line, toml: Toml) -> Iterator[Problem]:
    home = toml.file.parent
    read = {file_for(home, tag, ".md") for tag in line.languages}
    for file in sorted(home.iterdir()):
        if file.suffix == ".md" and file not in read and file.stem.upper() != "README":
            what = f'Nothing reads this file. Write "{file.stem}" into languages in line.toml, or delete it.'
            yield Problem(file, 1, what, "hint")
        elif file.suffix not in (".md", ".toml") or (file.suffix == ".toml" and file.name not in _READ):
            what = "Nothing reads this file. A line is line.toml, scorecard.toml and one .md a language."
            yield Problem(file, 1, what, "hint")
