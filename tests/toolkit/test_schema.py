"""From a function in a tools file to what the model is told of it, and back to the function's arguments."""

from pathlib import Path
from textwrap import dedent

import pytest
from jsonschema import Draft202012Validator

from app.edits import EditError
from app.toolkit import Caller
from app.toolkit.loader import load_tools
from app.toolkit.runner import ToolRunner
from app.toolkit.schema import LoadedTool
from tests.toolkit.using import run

EVERY_TYPE = '''
"""A tool with an argument of every type."""

import enum
from typing import Annotated, Literal, Optional

from app.toolkit import Caller, tool


class Size(enum.Enum):
    SMALL = "small"
    LARGE = "large"


@tool(timeout_s=2.5, filler=False, blocking=True)
async def every_type(
    name: str,
    count: int,
    price: float,
    gift: bool,
    items: list[str],
    speed: Literal["slow", "fast"],
    size: Size,
    caller: Caller,
    note: str | None = None,
    weight: Optional[float] = None,
    place: Annotated[str, "Where it goes."] = "home",
) -> dict[str, object]:
    """Try everything
    that there is.

    Use it for tests.

    Args:
        name: The name,
            on two lines.
        count (int): How many.
        price: What it costs.
        gift: Whether it is a gift.
        items: What is in it.
        speed: How fast.
        size: How big.
        note: A note.
        weight: In kilograms.

    Returns:
        not_an_argument: said to nobody.
    """
    return {"message": "ok", "size": size.name, "got": [name, count, price, gift, items, speed, note, weight, place]}
'''


def load(folder: Path, code: str, name: str = "one.py") -> tuple[dict[str, LoadedTool], list[EditError]]:
    (folder / name).write_text(dedent(code), encoding="utf-8")
    return load_tools(folder)


def one(folder: Path, code: str) -> LoadedTool:
    tools, errors = load(folder, code)
    assert [str(error) for error in errors] == []
    (loaded,) = tools.values()
    return loaded


def test_every_type_becomes_its_json_schema(tmp_path: Path) -> None:
    spec = one(tmp_path, EVERY_TYPE).spec
    assert spec.parameters == {
        "type": "object",
        "properties": {
            "name": {"type": "string", "description": "The name, on two lines."},
            "count": {"type": "integer", "description": "How many."},
            "price": {"type": "number", "description": "What it costs."},
            "gift": {"type": "boolean", "description": "Whether it is a gift."},
            "items": {"type": "array", "items": {"type": "string"}, "description": "What is in it."},
            "speed": {"type": "string", "enum": ["slow", "fast"], "description": "How fast."},
            "size": {"type": "string", "enum": ["small", "large"], "description": "How big."},
            "note": {"type": "string", "description": "A note."},
            "weight": {"type": "number", "description": "In kilograms."},
            "place": {"type": "string", "description": "Where it goes."},
        },
        "required": ["name", "count", "price", "gift", "items", "speed", "size"],
    }
    Draft202012Validator.check_schema(spec.parameters)


def test_the_docstring_up_to_its_sections_is_the_description(tmp_path: Path) -> None:
    spec = one(tmp_path, EVERY_TYPE).spec
    assert spec.name == "every_type"
    assert spec.description == "Try everything that there is.\nUse it for tests."


def test_the_options_are_kept(tmp_path: Path) -> None:
    loaded = one(tmp_path, EVERY_TYPE)
    assert (loaded.options.timeout_s, loaded.options.filler) == (2.5, False)
    assert loaded.spec.blocking


def test_the_caller_is_not_told_to_the_model(tmp_path: Path) -> None:
    loaded = one(tmp_path, EVERY_TYPE)
    assert loaded.caller_parameter == "caller"
    assert "caller" not in str(loaded.spec.parameters)


async def test_arguments_of_the_schema_arrive_as_the_types_of_the_function(tmp_path: Path) -> None:
    tools, _ = load(tmp_path, EVERY_TYPE)
    args = {
        "name": "Ann",
        "count": 2.0,
        "price": 3,
        "gift": True,
        "items": ["a"],
        "speed": "fast",
        "size": "large",
        "note": None,
    }
    response, status = await run(ToolRunner(tools, Caller()), "every_type", args)
    assert status == "ok"
    assert response["size"] == "LARGE"
    assert response["got"] == ["Ann", 2, 3, True, ["a"], "fast", None, None, "home"]


def test_annotations_as_texts_are_understood(tmp_path: Path) -> None:
    code = """
    from __future__ import annotations
    from app.toolkit import Caller, tool

    @tool
    async def find(number: str | None, who: Caller) -> str:
        '''Find it.

        Args:
            number: The number.
        '''
        return ""
    """
    loaded = one(tmp_path, code)
    assert loaded.caller_parameter == "who"
    assert loaded.spec.parameters["required"] == ["number"]


HEAD = "from typing import Literal\nfrom app.toolkit import tool\n\n\n"
BODY = "    '''Do it.\n\n    Args:\n        x: It.\n    '''\n"


@pytest.mark.parametrize(
    ("code", "line", "said"),
    [
        (f"{HEAD}@tool\nasync def t(x: dict[str, str]) -> str:\n{BODY}", 6, "x: dict[str, str] cannot be told"),
        (f"{HEAD}@tool\nasync def t(x: bytes) -> str:\n{BODY}", 6, "Write str, int, float, bool, list[str]"),
        (f"{HEAD}@tool\nasync def t(x: int | str) -> str:\n{BODY}", 6, "cannot be told"),
        (f"{HEAD}@tool\nasync def t(x: list) -> str:\n{BODY}", 6, "Write `x: list[str]`"),
        (f"{HEAD}@tool\nasync def t(x: Literal[1, 2]) -> str:\n{BODY}", 6, "Write them in quotes"),
        (f"{HEAD}@tool\nasync def t(x) -> str:\n{BODY}", 6, "has no type. Write `x: str`"),
        (f"{HEAD}@tool\nasync def t(x: Strng) -> str:\n{BODY}", 6, "Strng"),
        (f"{HEAD}@tool\nasync def t(*x: str) -> str:\n{BODY}", 6, "Write each argument with its own name"),
        (f"{HEAD}@tool\nasync def t(x: str, /) -> str:\n{BODY}", 6, "Take the `/` out"),
        (f"{HEAD}@tool\ndef t(x: str) -> str:\n{BODY}", 6, "Write `async def t(` instead"),
        (f"{HEAD}@tool\nasync def t() -> str:\n    return ''\n", 6, "Write a docstring under it"),
        (f"{HEAD}@tool\nasync def t(x: str) -> str:\n    '''Do it.'''\n", 6, "Write under `Args:`"),
        (f"{HEAD}@tool\nasync def t() -> str:\n{BODY}", 6, 'describes "x", which is not an argument'),
        (f"{HEAD}@tool(timeout_s=0)\nasync def t(x: str) -> str:\n{BODY}", 5, "Write seconds above 0"),
        (f"{HEAD}@tool(filler='no')\nasync def t(x: str) -> str:\n{BODY}", 5, "filler=True or filler=False"),
        (f"{HEAD}@tool(time=3)\nasync def t(x: str) -> str:\n{BODY}", 5, 'no option time. Did you mean "timeout_s"'),
        (f"{HEAD}@tool\nasync def end_call() -> str:\n    '''Do it.'''\n", 6, "a tool of the house. Write another"),
        (f"{HEAD}@tool\nasync def t(x: str) -> str\n{BODY}", 6, "Python cannot read this"),
        (f"{HEAD}import nosuchmodule\n", 5, 'no module "nosuchmodule"'),
        (f"{HEAD}from app.settings import Settings\n", 5, "Write `from app.toolkit import ...`"),
        (f"{HEAD}def f() -> int:\n    return 1 // 0\n\n\nf()\n", 6, "ZeroDivisionError"),
        (f"{HEAD}raise SystemExit(3)\n", 5, "SystemExit"),
    ],
)
def test_a_managers_mistake_is_told_with_its_line_and_what_to_write(
    tmp_path: Path, code: str, line: int, said: str
) -> None:
    tools, (error, *others) = load(tmp_path, code)
    assert others == []
    assert tools == {}
    assert error.file == tmp_path / "one.py"
    assert said in error.problem
    assert error.line == line


def test_a_mistake_in_the_third_argument_names_the_third_arguments_line(tmp_path: Path) -> None:
    code = f"{HEAD}@tool\nasync def t(\n    x: str,\n    y: bytes,\n) -> str:\n{BODY}"
    _, (error,) = load(tmp_path, code)
    assert error.line == 8


def test_one_tool_with_a_mistake_leaves_the_others_of_its_file(tmp_path: Path) -> None:
    code = f"{HEAD}@tool\nasync def bad(x: bytes) -> str:\n{BODY}\n\n@tool\nasync def good(x: str) -> str:\n{BODY}"
    tools, errors = load(tmp_path, code)
    assert list(tools) == ["good"]
    assert len(errors) == 1


def test_two_files_cannot_have_the_same_tool(tmp_path: Path) -> None:
    code = f"{HEAD}@tool\nasync def t(x: str) -> str:\n{BODY}"
    load(tmp_path, code, "a.py")
    tools, (error,) = load(tmp_path, code, "b.py")
    assert list(tools) == ["t"]
    assert error.file.name == "b.py"
    assert "in a.py line 6" in error.problem


def test_one_file_cannot_have_the_same_tool_twice(tmp_path: Path) -> None:
    code = f"{HEAD}@tool\nasync def t(x: str) -> str:\n{BODY}\n\n@tool\nasync def t(x: str) -> str:\n{BODY}"
    _, (error,) = load(tmp_path, code)
    assert "in line 6 already" in error.problem


def test_a_changed_file_is_loaded_anew(tmp_path: Path) -> None:
    code = f"{HEAD}@tool\nasync def t(x: str) -> str:\n{BODY}"
    load(tmp_path, code)
    tools, _ = load(tmp_path, code.replace("async def t", "async def u"))
    assert list(tools) == ["u"]


def test_files_with_an_underscore_and_other_files_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "_draft.py").write_text("this is not python", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("nor this", encoding="utf-8")
    assert load_tools(tmp_path) == ({}, [])


def test_a_folder_that_is_not_there_is_a_mistake_too(tmp_path: Path) -> None:
    _, (error,) = load_tools(tmp_path / "nowhere")
    assert "no such folder" in error.problem


def test_a_file_in_another_encoding_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_bytes(b"x = '\xff'")
    _, (error,) = load_tools(tmp_path)
    assert "UTF-8" in error.problem


def test_loading_leaves_no_path_and_no_cache_behind(tmp_path: Path) -> None:
    one(tmp_path, EVERY_TYPE)
    assert [file.name for file in tmp_path.iterdir()] == ["one.py"]
