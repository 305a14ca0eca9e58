"""The house's own rules, where a machine can see whether they are kept."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
APP = sorted(path for path in (ROOT / "app").rglob("*.py") if "node_modules" not in path.parts)
OURS = [*APP, *sorted((ROOT / "tools").rglob("*.py")), *sorted((ROOT / "tests").rglob("*.py"))]
LONGEST_FILE = 420
LONGEST_FUNCTION = 45
DEEPEST = 4
# Whatever a tool or a call of ours raises, the house goes on; everywhere else a fault has its name.
CATCHES_ALL = {"app/toolkit/runner.py", "app/toolkit/loader.py", "app/switchboard.py"}
# The checker is told to look away at most so often, each time with the rule's name.
LOOKS_AWAY = {"app": 8, "tools": 0, "tests": 25}
FORBIDDEN_NAMES = re.compile(r"(Manager|Helper|Util|Base|Service)s?$|^(get|do|process)_")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), name_of(path))


def nodes(path: Path) -> Iterator[tuple[ast.AST, str]]:
    """Every node of a file, with the place to look at."""
    return ((node, f"{name_of(path)}:{getattr(node, 'lineno', 0)}") for node in ast.walk(tree(path)))


def test_there_is_something_to_look_at() -> None:
    assert len(APP) > 80
    assert {name_of(path) for path in OURS} >= CATCHES_ALL


@pytest.mark.parametrize("path", [path for path in APP if path.read_text(encoding="utf-8").strip()], ids=name_of)
def test_a_file_opens_with_one_sentence_about_itself(path: Path) -> None:
    told = ast.get_docstring(tree(path))
    assert told, "no docstring"
    first = told.partition("\n\n")[0]
    assert first.endswith((".", "?", "!")), first


def test_no_file_is_long() -> None:
    lengths = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in APP}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_no_function_is_long() -> None:
    long = {
        f"{place} {node.name}": node.end_lineno - node.lineno
        for path in APP
        for node, place in nodes(path)
        if isinstance(node, Function) and node.end_lineno and node.end_lineno - node.lineno > LONGEST_FUNCTION
    }
    # One case a command; each is a line or two.
    assert {name.split()[-1] for name in long} <= {"_carry_out"}


def test_nothing_is_nested_deeply() -> None:
    deep = [
        place for path in APP for node, place in nodes(path) if isinstance(node, Function) and depth(node) > DEEPEST
    ]
    assert deep == []


def depth(node: ast.AST) -> int:
    """How deep blocks stand in blocks; an ``elif`` is no block in a block, nor is a function of its own."""
    deepest = 0
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Function | ast.ClassDef):
            continue
        elif_ = isinstance(node, ast.If) and isinstance(child, ast.If) and child in node.orelse
        block = isinstance(child, ast.If | ast.For | ast.AsyncFor | ast.While | ast.With | ast.AsyncWith | ast.Try)
        deepest = max(deepest, depth(child) + (block and not elif_))
    return deepest


def test_every_exception_is_caught_by_its_name_but_in_the_places_that_must_go_on() -> None:
    places = {
        place.partition(":")[0]: place
        for path in APP
        for node, place in nodes(path)
        if isinstance(node, ast.ExceptHandler) and catches_all(node)
    }
    assert set(places) <= CATCHES_ALL, places


def catches_all(handler: ast.ExceptHandler) -> bool:
    return handler.type is None or bool(
        {node.id for node in ast.walk(handler.type) if isinstance(node, ast.Name)} & {"Exception", "BaseException"}
    )


def test_a_task_is_started_in_a_group_and_nowhere_else() -> None:
    loose = [
        place
        for path in APP
        for node, place in nodes(path)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and (
            node.func.attr == "ensure_future"
            or (node.func.attr == "create_task" and not re.search(r"group$|tasks$", ast.unparse(node.func.value)))
        )
    ]
    # A tool that does not stop when told to is let go of: it runs outside every group, bounded in number. A session
    # with an MCP server outlives the call that wanted it, and is entered and left by one task: ``close_mcp`` ends it.
    assert sorted(place.partition(":")[0] for place in loose) == ["app/toolkit/mcp/links.py", "app/toolkit/runner.py"]


def test_nothing_waits_without_the_event_loop() -> None:
    blocking = [
        place
        for path in APP
        for node, place in nodes(path)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("time.sleep", "requests.get", "subprocess.run")
    ]
    assert blocking == []


def test_the_checker_is_seldom_told_to_look_away_and_always_from_what() -> None:
    seen = dict.fromkeys(LOOKS_AWAY, 0)
    for path in OURS:
        text = path.read_text(encoding="utf-8")
        if path == Path(__file__):
            continue
        seen[name_of(path).partition("/")[0]] += text.count("# type: ignore")
        assert not re.search(r"# type: ignore(?!\[)", text), name_of(path)
        assert not re.search(r"# noqa(?!: [A-Z])", text), name_of(path)
    assert {part: count for part, count in seen.items() if count > LOOKS_AWAY[part]} == {}


def test_names_say_what_a_thing_is() -> None:
    told = [
        f"{place} {node.name}"
        for path in APP
        for node, place in nodes(path)
        if isinstance(node, Function | ast.ClassDef) and FORBIDDEN_NAMES.search(node.name)
    ]
    assert told == []


def test_nothing_inherits_but_exceptions_and_what_libraries_want_inherited() -> None:
    wanted = (
        *("Protocol", "Enum", "StrEnum", "Exception", "BaseSettings", "BaseModel", "TypedDict"),
        *("QueueHandler", "RandomIdGenerator", "ClientConnection", "WSListener"),
    )
    heirs = [
        f"{place} {node.name}({ast.unparse(base)})"
        for path in APP
        for node, place in nodes(path)
        if isinstance(node, ast.ClassDef) and not is_exception(node)
        for base in node.bases
        if not ast.unparse(base).split("[")[0].endswith(wanted) and "Phone" not in ast.unparse(base)
    ]
    assert heirs == []


def is_exception(node: ast.ClassDef) -> bool:
    return any(re.search(r"(Error|Exception)$", ast.unparse(base)) for base in node.bases)


def test_no_word_is_left_for_later() -> None:
    marks = re.compile("|".join(("TO" + "DO", "FIX" + "ME", "X" + "XX")))
    assert [name_of(path) for path in OURS if marks.search(path.read_text(encoding="utf-8"))] == []


def test_every_metric_is_defined_in_one_place_and_told_of_in_the_runbook() -> None:
    runbook = set(re.findall(r"`(frontline_\w+)`", (ROOT / "infra" / "README.md").read_text(encoding="utf-8")))
    defined: dict[str, list[str]] = {}
    for path in APP:
        for name in re.findall(r'"(frontline_[a-z_]+)"', path.read_text(encoding="utf-8")):
            defined.setdefault(name, []).append(name_of(path))
    metrics = {name for name, places in defined.items() if "app/telemetry/metrics.py" in places}
    assert runbook == metrics
    assert {name: places for name, places in defined.items() if name in metrics and len(places) > 1} == {}
