"""What a version of a line is made of: its files' texts, what its other tools looked like, a hash that names it."""

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, Field, dataclass, fields, replace
from hashlib import sha256
from pathlib import Path

from app.prompts.files import read_text
from app.prompts.languages import main_language
from app.prompts.lines import NOT_LINES
from app.toolkit.declare import Options
from app.toolkit.schema import LoadedTool

SHOWN = 12  # letters of an id that people see

_NAME = r"[^/\\.\x00-\x1f][^/\\\x00-\x1f]*"
_PLACE = re.compile(
    rf"prompts/(?:house/{_NAME}\.md|phrases/{_NAME}\.toml|(?P<line>{_NAME})/{_NAME}\.(?:md|toml))"
    rf"|tools/(?!.*\.mcp\.toml$){_NAME}\.toml"
)
Tools = Mapping[str, LoadedTool]


@dataclass(frozen=True, slots=True)
class Content:
    """A line's state. ``files`` are texts by place (``prompts/store/line.toml``, ``tools/track.toml``).

    The code of Python tools stays in the folder, and so do the MCP servers that ops have allowed: ``tools`` has a
    fingerprint of each such tool, by name, to see whether it is still the one that the line was written for.
    """

    line: str
    files: Mapping[str, str]
    tools: Mapping[str, str]

    @property
    def id(self) -> str:
        return sha256(self.canonical().encode()).hexdigest()

    def canonical(self) -> str:
        """The same text for the same content, whatever the order or the system it was written on."""
        return _canonical(self.as_json())

    def as_json(self) -> dict[str, object]:
        return {"line": self.line, "files": dict(self.files), "tools": dict(self.tools)}

    @property
    def settings(self) -> Mapping[str, object]:
        """What line.toml says; nothing where it cannot be read."""
        return _toml(self.files.get(place_of(self.line, "line.toml"), ""))

    @property
    def numbers(self) -> tuple[str, ...]:
        return _texts(self.settings.get("numbers"))


class NoPlace(Exception):
    """A file that is no part of any line: says what can be written."""


def content_from(told: Mapping[str, object]) -> Content:
    """A content as it was kept; raises ValueError for what is none, such as a file outside of prompts/ and tools/."""
    line, files, tools = told.get("line"), told.get("files"), told.get("tools")
    if not (isinstance(line, str) and isinstance(files, Mapping) and isinstance(tools, Mapping)):
        raise ValueError("not the content of a line")
    content = Content(line, {str(place): str(text) for place, text in files.items()}, dict(tools))
    strange = [place for place in content.files if not belongs(place, line)]
    if strange:
        raise ValueError(f"not a file of the line {line}: {strange[0]}")
    return content


def belongs(place: str, line: str) -> bool:
    """Whether a file at ``place`` is part of this line, or shared by all."""
    found = _PLACE.fullmatch(place)
    return found is not None and found["line"] in (None, line)


def place_of(line: str, file: str) -> str:
    """Where a file stands that a manager names in short: ``line.toml``, ``house/10-honesty.md``."""
    if file.startswith(("prompts/", "tools/")):
        return file
    first = file.partition("/")[0]
    return f"prompts/{file}" if first in (*NOT_LINES, line) and "/" in file else f"prompts/{line}/{file}"


def checked_place(line: str, file: str) -> str:
    """``place_of``, where a line may have a file; raises NoPlace."""
    place = place_of(line, file)
    if belongs(place, line):
        return place
    raise NoPlace(
        f'"{file}" is no file of the line {line}. Write line.toml, scorecard.toml, a language such as fr-FR.md, '
        "house/<name>.md, phrases/<language>.toml or tools/<name>.toml."
    )


def folder_content(line: str, prompts: Path, tools_folder: Path, tools: Tools) -> Content:
    """The content of a line as the folders have it now. Raises EditError for a file that cannot be read."""
    found = {f"prompts/{line}/{file.name}": file for file in _files(prompts / line)}
    files = {place: same_text(read_text(file)) for place, file in found.items() if belongs(place, line)}
    return completed(Content(line, files, {}), prompts, tools_folder, tools)


def completed(content: Content, prompts: Path, tools_folder: Path, tools: Tools) -> Content:
    """The content with what it names and does not have itself, from the folders; without what it does not use."""
    told = content.settings
    shared = {f"prompts/house/{file.name}": file for file in _files(prompts / "house")}
    if any(place.startswith("prompts/house/") for place in content.files):
        shared = {}  # the house's rules are taken together or not at all
    shared |= {f"prompts/phrases/{file.name}": file for file in _files(prompts / "phrases")}
    used = used_tools(told)
    shared |= {place: tools_folder / place.removeprefix("tools/") for place in _tool_files(used, tools_folder, tools)}
    kept = {place: text for place, text in content.files.items() if _is_used(place, told, shared)}
    added = {
        place: same_text(read_text(file))
        for place, file in shared.items()
        if place not in content.files and belongs(place, content.line) and _is_used(place, told, shared)
    }
    files = dict(sorted({**kept, **added}.items()))
    house = {name: fingerprint(tools[name]) for name in sorted(used) if _is_of_folder(name, tools, files)}
    return replace(content, files=files, tools=house)


def used_tools(settings: Mapping[str, object]) -> tuple[str, ...]:
    """The tools that a line.toml names, that of its look-up too."""
    facts = settings.get("facts")
    look_up = facts.get("look_up") if isinstance(facts, Mapping) else None
    return tuple(dict.fromkeys([*_texts(settings.get("tools")), *([look_up] if isinstance(look_up, str) else [])]))


def fingerprint(tool: LoadedTool) -> str:
    """A hash of what a line relies on in a tool: its name, its description, its arguments, how it is run."""
    spec, options = tool.spec, tool.options
    # Options left as they are by default are left out: a new option does not change every tool there is.
    chosen = {one.name: getattr(options, one.name) for one in fields(options) if not _is_default(one, options)}
    told = {"name": spec.name, "description": spec.description, "parameters": spec.parameters, "options": chosen}
    return sha256(_canonical(told).encode()).hexdigest()


def _is_default(option: Field[object], options: Options) -> bool:
    made = option.default_factory() if option.default_factory is not MISSING else option.default
    return bool(getattr(options, option.name) == made)


def changed_tools(content: Content, tools: Tools) -> tuple[str, ...]:
    """The folder's tools that are not there any more, or are not what they were when the version was made."""
    return tuple(name for name, kept in content.tools.items() if name not in tools or fingerprint(tools[name]) != kept)


def is_written(file: Path) -> bool:
    """Whether a tool's file is an HTTP tool's, which a version has whole."""
    return file.suffix == ".toml" and not file.name.endswith(".mcp.toml")


def same_text(text: str) -> str:
    """A text that does not depend on the editor: line ends of one kind, no mark at its start."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")


def shown(id: str) -> str:
    """An id as people see it."""
    return id[:SHOWN]


def _files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.glob("*") if file.is_file()) if folder.is_dir() else []


def _tool_files(used: Iterable[str], folder: Path, tools: Tools) -> list[str]:
    """The .toml files of these tools, as places; also of one that could not be loaded."""
    found = []
    for name in used:
        file = tools[name].file if name in tools else folder / f"{name}.toml"
        if is_written(file) and file.is_relative_to(folder) and file.is_file():
            found.append(f"tools/{file.relative_to(folder).as_posix()}")
    return found


def _is_used(place: str, settings: Mapping[str, object], tool_places: Iterable[str]) -> bool:
    kind, _, name = place.rpartition("/")
    if kind == "prompts/phrases":
        spoken = {main_language(tag) for tag in (*(_texts(settings.get("languages")) or ("en-US",)), "en")}
        return main_language(name.removesuffix(".toml")) in spoken
    if kind == "tools":
        return place in tool_places or name.removesuffix(".toml") in used_tools(settings)
    return True


def _is_of_folder(name: str, tools: Tools, files: Mapping[str, str]) -> bool:
    return name in tools and not is_written(tools[name].file) and f"tools/{name}.toml" not in files


def _texts(value: object) -> tuple[str, ...]:
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def _toml(text: str) -> Mapping[str, object]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return {}


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=_plain)


def _plain(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else sorted(value) if isinstance(value, frozenset) else str(value)
