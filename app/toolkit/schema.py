"""From a typed async function to what the model is told of it."""

import ast
import enum
import inspect
import types
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, Union, get_args, get_origin, get_type_hints

from app.edits import EditError
from app.toolkit.declare import Caller, Options
from app.toolkit.docstring import read_docstring
from app.toolkit.options import claimed_argument, option_problem
from app.toolkit.spec import ToolSpec

ALLOWED = "str, int, float, bool, list[str], Literal[...], an Enum of texts, or one of these with | None"

_PLAIN: dict[object, str] = {str: "string", int: "integer", float: "number", bool: "boolean"}

Function = Callable[..., object]


@dataclass(frozen=True, slots=True)
class Source:
    """A function's place in its file."""

    file: Path
    definition: ast.FunctionDef | ast.AsyncFunctionDef

    @property
    def line(self) -> int:
        return self.definition.lineno

    def line_of(self, parameter: str) -> int:
        arguments = self.definition.args
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
        return next((arg.lineno for arg in every if arg and arg.arg == parameter), self.line)

    def line_of_option(self, option: str) -> int:
        calls = (node for node in self.definition.decorator_list if isinstance(node, ast.Call))
        written = (keyword for call in calls for keyword in call.keywords if keyword.arg == option)
        return next((keyword.value.lineno for keyword in written), self.line)

    def wrong(self, problem: str, parameter: str = "") -> EditError:
        return EditError(self.file, self.line_of(parameter), problem)

    def wrong_option(self, problem: str, option: str) -> EditError:
        return EditError(self.file, self.line_of_option(option), problem)


@dataclass(frozen=True, slots=True)
class LoadedTool:
    """A tool ready to run: ``caller_parameter`` is the argument that the house fills in."""

    spec: ToolSpec
    function: Function
    options: Options
    caller_parameter: str | None
    enums: dict[str, type[enum.Enum]]
    file: Path
    line: int
    off: str = ""  # why it only answers politely, and who can change that


def loaded_tool(function: Function, options: Options, source: Source) -> LoadedTool:
    """Read a ``@tool`` function. Raises EditError with the line, and what to write instead."""
    name = source.definition.name
    _check_function(function, source)
    hints = _hints(function, source)
    doc = read_docstring(function.__doc__ or "")
    properties: dict[str, object] = {}
    required: list[str] = []
    enums: dict[str, type[enum.Enum]] = {}
    caller: str | None = None
    for parameter in inspect.signature(function).parameters.values():
        _check_parameter(parameter, hints, source)
        annotation, described = _unwrapped(hints[parameter.name])
        if annotation is Caller:
            caller = parameter.name
            continue
        schema = _schema(annotation, parameter.name, source)
        properties[parameter.name] = {
            **schema,
            "description": _description(parameter.name, described or doc.arguments.get(parameter.name, ""), source),
        }
        if parameter.default is inspect.Parameter.empty:
            required.append(parameter.name)
        chosen = _without_none(annotation)
        if isinstance(chosen, type) and issubclass(chosen, enum.Enum):
            enums[parameter.name] = chosen
    _check_described(doc.arguments, properties, source)
    _check_options(options, properties, source)
    schema = {"type": "object", "properties": properties}
    spec = ToolSpec(name, doc.description, {**schema, "required": required} if required else schema, options.blocking)
    return LoadedTool(spec, function, options, caller, enums, source.file, source.line)


def _check_function(function: Function, source: Source) -> None:
    name = source.definition.name
    if not inspect.iscoroutinefunction(function):
        raise source.wrong(
            f"The tool {name} is not async: callers would hear it stall. Write `async def {name}(` instead."
        )
    if not read_docstring(function.__doc__ or "").description:
        raise source.wrong(
            f"The tool {name} has no description. Write a docstring under it that tells the model when to use it."
        )


def _check_options(options: Options, arguments: Collection[str], source: Source) -> None:
    wrong = option_problem(options, arguments)
    if wrong:
        raise source.wrong_option(wrong[1], wrong[0])
    claimed = claimed_argument(options, arguments)
    if claimed:
        raise source.wrong(claimed[1], claimed[0])


def _hints(function: Function, source: Source) -> dict[str, object]:
    try:
        return get_type_hints(function, include_extras=True)
    except NameError as error:
        raise source.wrong(f"A parameter's type is not known here: {error}. Import it, or write {ALLOWED}.") from error
    except (TypeError, SyntaxError, AttributeError) as error:
        raise source.wrong(f"A parameter's type cannot be read: {error}. Write {ALLOWED}.") from error


def _check_parameter(parameter: inspect.Parameter, hints: dict[str, object], source: Source) -> None:
    name = parameter.name
    if parameter.kind in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD):
        raise source.wrong(
            f"*{name} cannot be told to the model. Write each argument with its own name and type.", name
        )
    if parameter.kind is inspect.Parameter.POSITIONAL_ONLY:
        raise source.wrong(f"{name} must be passable by name. Take the `/` out.", name)
    if name not in hints:
        raise source.wrong(f"The argument {name} has no type. Write `{name}: str`, or {ALLOWED}.", name)


def _unwrapped(annotation: object) -> tuple[object, str]:
    """The type without ``Annotated``, and the text that stood in it."""
    if get_origin(annotation) is not Annotated:
        return annotation, ""
    inner, *extras = get_args(annotation)
    return inner, next((extra for extra in extras if isinstance(extra, str)), "")


def _without_none(annotation: object) -> object:
    if get_origin(annotation) not in (Union, types.UnionType):
        return annotation
    others = [kind for kind in get_args(annotation) if kind is not type(None)]
    return others[0] if len(others) == 1 else annotation


def _schema(annotation: object, parameter: str, source: Source) -> dict[str, object]:
    kind = _without_none(annotation)
    if kind in _PLAIN:
        return {"type": _PLAIN[kind]}
    if get_origin(kind) is list and len(get_args(kind)) == 1:
        return {"type": "array", "items": _schema(get_args(kind)[0], parameter, source)}
    choices = _choices(kind)
    if choices and all(isinstance(choice, str) for choice in choices):
        return {"type": "string", "enum": choices}
    if choices:
        raise source.wrong(f"The choices of {parameter} must be texts. Write them in quotes.", parameter)
    if kind is list or get_origin(kind) is list:
        raise source.wrong(f"The list {parameter} does not say of what. Write `{parameter}: list[str]`.", parameter)
    raise source.wrong(
        f"{parameter}: {_shown(annotation)} cannot be told to the model. Write {ALLOWED}.",
        parameter,
    )


def _choices(kind: object) -> list[object]:
    if get_origin(kind) is Literal:
        return list(get_args(kind))
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return [member.value for member in kind]
    return []


def _shown(annotation: object) -> str:
    return annotation.__name__ if isinstance(annotation, type) else str(annotation).replace("typing.", "")


def _description(parameter: str, text: str, source: Source) -> str:
    if text:
        return text
    raise source.wrong(
        f"The argument {parameter} is not described. Write under `Args:` in the docstring: `{parameter}: what it is`.",
        parameter,
    )


def _check_described(described: dict[str, str], properties: dict[str, object], source: Source) -> None:
    for name in described:
        if name not in properties:
            raise source.wrong(
                f'The docstring describes "{name}", which is not an argument the model gives. '
                f"Write one of {', '.join(properties) or 'none'}, or take it out."
            )
