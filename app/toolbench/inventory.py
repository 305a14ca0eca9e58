"""Which tools there are, and all that is known of one: what it is made as, who uses it, what it needs from ops."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from app.check import Problem
from app.fittings import Reader
from app.lines.published import Published
from app.toolbench.kinds import kind_of
from app.toolkit.declare import Options
from app.toolkit.house import HOUSE
from app.toolkit.http import Hosts
from app.toolkit.http.reading import off_because, read_http_file
from app.toolkit.http.tool import HttpTool
from app.toolkit.mcp.reading import SUFFIX
from app.toolkit.schema import LoadedTool
from app.toolkit.secrets import unset_secret
from app.toolkit.spec import ToolSpec

NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,62}")
KINDS: Final = ("python", "http", "mcp", "house")


@dataclass(frozen=True, slots=True)
class Known:
    """A tool. ``http`` is what stands in its file, where it is an HTTP tool; ``off`` why it does nothing now."""

    spec: ToolSpec
    kind: str
    options: Options = field(default_factory=Options)
    file: Path | None = None
    line: int = 1
    off: str = ""
    http: HttpTool | None = None

    @property
    def name(self) -> str:
        return self.spec.name


@dataclass(frozen=True, slots=True)
class Secret:
    """One that a tool sends: only its name, and whether ops have set it."""

    name: str
    is_set: bool


def known(loaded: LoadedTool) -> Known:
    return Known(loaded.spec, kind_of(loaded), loaded.options, loaded.file, loaded.line, loaded.off)


def everything(tools: Mapping[str, LoadedTool]) -> list[Known]:
    """Every tool by its name, the house's own behind the others."""
    mine = [known(tools[name]) for name in sorted(tools)]
    return [*mine, *(Known(HOUSE[name], "house") for name in sorted(HOUSE))]


def found(name: str, tools: Mapping[str, LoadedTool], reader: Reader) -> Known | None:
    """One tool; an HTTP tool as its file has it now. Reads a file. Raises EditError for a mistake in it."""
    file = http_file(reader, name)
    if file is not None and file.is_file():
        return _http(file, reader)
    if name in tools:
        return known(tools[name])
    return Known(HOUSE[name], "house") if name in HOUSE else None


def http_file(reader: Reader, name: str) -> Path | None:
    """Where an HTTP tool of this name is, or would be; None for what is no name of a tool."""
    return reader.settings.tools / f"{name}.toml" if NAME.fullmatch(name) else None


def _http(file: Path, reader: Reader) -> Known:
    tool = read_http_file(file)
    off = off_because(tool, hosts_of(reader), reader.secrets)
    return Known(tool.spec, "http", tool.options, file, 1, off, tool)


def hosts_of(reader: Reader) -> Hosts:
    return Hosts(reader.settings.tool_hosts, reader.pinned)


def secrets_of(names: Iterable[str], reader: Reader, *, rehearsed: bool = False) -> list[Secret]:
    """Of each name, whether it can be sent: the value itself goes nowhere."""
    return [Secret(name, not unset_secret([name], reader.secrets, rehearsed=rehearsed)) for name in names]


def used_by(states: Iterable[Published]) -> Mapping[str, list[str]]:
    """By a tool's name, the lines whose next call may use it."""
    lines: dict[str, set[str]] = {}
    for one in states:
        for name in (*one.line.tools, one.line.look_up):
            if name:
                lines.setdefault(name, set()).add(one.line.name)
    return {name: sorted(found) for name, found in lines.items()}


def mistakes_in(folder: Path, problems: Iterable[Problem]) -> list[Problem]:
    """Those that stand in the files of tools, by file and line, with the file's name alone."""
    here = [one for one in problems if one.file.is_relative_to(folder) and one.file != folder]
    return [replace(one, file=one.file.relative_to(folder)) for one in here]


def servers_in(folder: Path) -> list[Path]:
    """The files of MCP servers. Reads a folder."""
    return sorted(file for file in folder.glob(f"*{SUFFIX}") if not file.name.startswith("_"))
