"""Loads the tools of a folder; a manager's mistake becomes an EditError, whatever it is."""

import ast
import re
import sys
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from types import MappingProxyType, ModuleType

from app.edits import EditError, meant
from app.toolkit.databases import settings_for_tools
from app.toolkit.declare import MARK, Options
from app.toolkit.house import HOUSE
from app.toolkit.http import Hosts, read_http_tool
from app.toolkit.mcp import read_mcp_server
from app.toolkit.schema import LoadedTool, Source, loaded_tool

_MODULE_PREFIX = "frontline_tools_"
_UNKNOWN_OPTION = re.compile(r"\btool\(\) got an unexpected keyword argument '(\w+)'")
_NO_HOSTS = Hosts()
_NO_SECRETS: Mapping[str, str] = MappingProxyType({})

Definitions = dict[str, ast.FunctionDef | ast.AsyncFunctionDef]


def load_tools(
    folder: Path,
    settings: Mapping[str, str] | None = None,
    hosts: Hosts = _NO_HOSTS,
    secrets: Mapping[str, str] = _NO_SECRETS,
    commands: frozenset[str] = frozenset(),
) -> tuple[dict[str, LoadedTool], list[EditError]]:
    """Every tool of ``folder`` by name, and every mistake. A tool with a mistake is left out.

    Read are ``*.py``, ``*.mcp.toml`` and every other ``*.toml``: HTTP tools, that may call ``hosts`` with ``secrets``;
    names that start with an underscore are passed over. ``commands`` are the whole lines by which MCP servers may be
    started. ``settings`` (``FRONTLINE_DATA``, ``ORDERS_URL``, ...) go before the environment for the databases of
    these tools.
    """
    with settings_for_tools(settings or {}):
        return _load_folder(folder, _Allowed(hosts, secrets, commands))


@dataclass(frozen=True, slots=True)
class _Allowed:
    """What ops let tools without code reach."""

    hosts: Hosts
    secrets: Mapping[str, str]
    commands: frozenset[str]


def _load_folder(folder: Path, allowed: _Allowed) -> tuple[dict[str, LoadedTool], list[EditError]]:
    if not folder.is_dir():
        return {}, [EditError(folder, 1, "There is no such folder. Make it, and put the tools' .py files in it.")]
    tools: dict[str, LoadedTool] = {}
    errors: list[EditError] = []
    for file in sorted((*folder.glob("*.py"), *folder.glob("*.toml"))):
        if file.name.startswith("_"):
            continue
        found, wrong = _load_file(file) if file.suffix == ".py" else _load_toml(file, allowed)
        errors += wrong
        for loaded in found:
            error = _taken(loaded, tools)
            if error:
                errors.append(error)
            else:
                tools[loaded.spec.name] = loaded
    return tools, errors


def _taken(loaded: LoadedTool, tools: dict[str, LoadedTool]) -> EditError | None:
    name = loaded.spec.name
    if name in HOUSE:
        return EditError(loaded.file, loaded.line, f"{name} is a tool of the house. Write another name.")
    if name in tools:
        other = tools[name]
        where = f"{other.file.name} line {other.line}"
        return EditError(loaded.file, loaded.line, f"There is a tool {name} already, in {where}. Write another name.")
    return None


def _load_toml(file: Path, allowed: _Allowed) -> tuple[list[LoadedTool], list[EditError]]:
    try:
        if file.name.endswith(".mcp.toml"):
            return read_mcp_server(file, allowed.hosts, allowed.secrets, allowed.commands), []
        return [read_http_tool(file, allowed.hosts, allowed.secrets)], []
    except EditError as error:
        return [], [error]


def _load_file(file: Path) -> tuple[list[LoadedTool], list[EditError]]:
    try:
        tree = ast.parse(file.read_text(encoding="utf-8"), str(file))
        module = _run(file, tree)
        return _tools_of(file, tree, module)
    except EditError as error:
        return [], [error]
    except SyntaxError as error:
        return [], [EditError(file, error.lineno or 1, f"Python cannot read this: {error.msg}. Mend this line.")]
    except UnicodeDecodeError:
        return [], [EditError(file, 1, "The file is not UTF-8 text. Save it as UTF-8.")]
    except (OSError, ValueError, RecursionError) as error:
        return [], [EditError(file, 1, f"The file cannot be read: {error}.")]


def _run(file: Path, tree: ast.Module) -> ModuleType:
    """The module of a tools file, made anew: not from a cache, not by ``sys.path``."""
    _check_imports(file, tree)
    module = ModuleType(_MODULE_PREFIX + file.stem)
    module.__file__ = str(file)
    # Dataclasses, enums and SQLAlchemy look their module up by its name.
    sys.modules[module.__name__] = module
    try:
        exec(compile(tree, str(file), "exec"), vars(module))
    except (Exception, SystemExit) as error:
        # Loading a manager's file runs it: anything can come out of it, and none of it may stop the house.
        raise EditError(file, _line_in(file, error), _said(error)) from error
    return module


def _line_in(file: Path, error: BaseException) -> int:
    """The last line of this file that was running when ``error`` came."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(file)]
    return next((line for line in reversed(lines) if line), 1)


def _said(error: BaseException) -> str:
    if isinstance(error, ModuleNotFoundError):
        return (
            f'There is no module "{error.name}". Take the import out, or install it (tools cannot import each other).'
        )
    unknown = _UNKNOWN_OPTION.search(str(error)) if isinstance(error, TypeError) else None
    if unknown:
        known = (option.name for option in fields(Options) if option.name != "again")
        return f"@tool has no option {unknown[1]}. {meant(unknown[1], known)}"
    return f"The file stops here when it is loaded: {type(error).__name__}: {error}. Mend this line."


def _check_imports(file: Path, tree: ast.Module) -> None:
    for node in ast.walk(tree):
        for module in _imported(node):
            if module == "app" or (module.startswith("app.") and module != "app.toolkit"):
                problem = f"A tool may import nothing of the app but app.toolkit, not {module}."
                raise EditError(file, getattr(node, "lineno", 1), f"{problem} Write `from app.toolkit import ...`.")


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [name.name for name in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [node.module]
    return []


def _tools_of(file: Path, tree: ast.Module, module: ModuleType) -> tuple[list[LoadedTool], list[EditError]]:
    tools: list[LoadedTool] = []
    errors: list[EditError] = _twice(file, tree)
    for name, definition in _definitions(tree).items():
        function = vars(module).get(name)
        options = getattr(function, MARK, None)
        if not callable(function) or not isinstance(options, Options):
            continue
        try:
            tools.append(loaded_tool(function, options, Source(file, definition)))
        except EditError as error:
            errors.append(error)
    return tools, errors


def _definitions(tree: ast.Module) -> Definitions:
    return {node.name: node for node in _functions(tree)}


def _twice(file: Path, tree: ast.Module) -> list[EditError]:
    first: Definitions = {}
    errors = []
    for node in _functions(tree):
        if node.name in first and node.decorator_list:
            problem = f"{node.name} is defined in line {first[node.name].lineno} already. Write another name."
            errors.append(EditError(file, node.lineno, problem))
        first.setdefault(node.name, node)
    return errors


def _functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def unknown_tool(name: str, tools: dict[str, LoadedTool]) -> str:
    """What to write where a line names a tool that is not there."""
    return f'There is no tool "{name}". {meant(name, [*tools, *HOUSE])}'
