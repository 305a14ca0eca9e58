"""The audit's page: what was done has a plain name in every language, and the code on record beside it."""

import ast
import html
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from app.console.pages import entrance
from app.console.words import LANGUAGES, Words
from app.store import audit
from app.store.database import Database
from tests.console.site import Site, site

APP = Path("app")
PASSED_ON = APP / "console" / "asked.py"  # `Asked.audit` writes down what pages say
NAMED = "audit.actions."

Function = ast.FunctionDef | ast.AsyncFunctionDef


@pytest_asyncio.fixture
async def fresh(tmp_path: Path) -> AsyncIterator[Site]:
    entrance._guesses.storage.reset()
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'frontline.db'}")
    async with site(database, tmp_path) as made:
        await made.sign_in()
        yield made
    await database.close()


def audited(path: Path) -> set[str]:
    """Every action that a file writes into the audit."""
    tree = ast.parse(path.read_text("utf-8"))
    functions = [each for each in ast.walk(tree) if isinstance(each, Function)]
    return {action for of in functions for node in written(of) for action in actions(node, of, tree)}


def written(of: Function) -> Iterator[ast.expr]:
    for each in ast.walk(of):
        match each:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="audit"), attr="add"), args=args):
                yield args[2]
            case ast.Call(func=ast.Attribute(attr="audit"), args=args):
                yield args[0]


def actions(node: ast.expr, of: Function, tree: ast.Module) -> list[str]:
    """What an expression may be: a word, one of two, one of a table, or what the function is called with."""
    match node:
        case ast.Constant(value=str(action)):
            return [action]
        case ast.IfExp(body=one, orelse=other):
            return [*actions(one, of, tree), *actions(other, of, tree)]
        case ast.Subscript(value=ast.Name(id=table)):
            tables = [each for each in tree.body if isinstance(each, ast.AnnAssign)]
            found = [each.value for each in tables if isinstance(each.target, ast.Name) and each.target.id == table]
            return [action for each in found for action in of_table(each)]
        case ast.Name(id=name):
            place = [each.arg for each in of.args.args].index(name)
            return [action for given in called_with(of.name, place, tree) for action in actions(given, of, tree)]
    raise AssertionError(f"{of.name}: an action that nobody can name: {ast.unparse(node)}")


def of_table(node: ast.expr | None) -> list[str]:
    assert isinstance(node, ast.Dict)
    return [each.value for each in node.values if isinstance(each, ast.Constant) and isinstance(each.value, str)]


def called_with(name: str, place: int, tree: ast.Module) -> Iterator[ast.expr]:
    for each in ast.walk(tree):
        if isinstance(each, ast.Call) and isinstance(each.func, ast.Name) and each.func.id == name:
            yield each.args[place]


def test_everything_that_is_kept_has_a_name_in_every_language() -> None:
    files = [path for path in APP.rglob("*.py") if path != PASSED_ON and "audit" in path.read_text("utf-8")]
    found = {action for path in files for action in audited(path)}
    assert len(found) > 45 and {"line.published", "call.listened", "call.whispered", "account.made"} <= found
    for language in LANGUAGES:
        words = Words(language)
        assert {action for action in found if not words.has(NAMED + action)} == set(), language
        names = [words(NAMED + action) for action in found]
        assert len(names) == len(set(names)), language


@pytest.mark.parametrize(("language", "name"), [("en", "Published a line"), ("es", "Publicó una línea")])
async def test_an_action_is_shown_and_chosen_by_its_name_and_found_by_its_code(
    fresh: Site, language: str, name: str
) -> None:
    await audit.add(fresh.database, "Bo", "line.published", "shop")
    await audit.add(fresh.database, "Bo", "line.sung_to", "<b>zoo")
    spoken = {"Accept-Language": language}
    page = html.unescape((await fresh.open("/console/audit", **spoken)).text)
    assert f'<option value="line.published">{name}</option>' in page
    assert f'{name}<br><code class="quiet">line.published</code>' in page
    assert '<option value="line.sung_to">line.sung_to</option>' in page
    assert '<td><code class="quiet">line.sung_to</code>' in page
    assert "shop" not in (await fresh.open("/console/audit?action=line.sung_to", **spoken)).text
    assert "shop" in (await fresh.open("/console/audit?words=line.published", **spoken)).text
