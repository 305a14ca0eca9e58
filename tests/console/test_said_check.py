"""What `frontline check` finds, and what keeps a file from being saved, is said in Spanish: every sentence there is."""

import ast
import re
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path

import pytest

from app.check import check
from app.console.said import said
from app.console.words import Words
from app.edits import EditError
from app.prompts.numbers import _WHEN
from app.prompts.phrases import PHRASES
from app.toolkit.http.addresses import _IPV4, _IPV6
from app.toolkit.http.client import TIMEOUT
from app.toolkit.http.curl import _NOTES
from app.toolkit.http.languages import _EXAMPLES
from app.toolkit.http.reading import mistakes_in
from app.toolkit.loader import load_tools
from app.toolkit.mcp.reading import read_mcp_file
from app.toolkit.schema import ALLOWED
from tests.prompts.planting import LINE, Edit, plant, swapped
from tests.toolkit.http import places
from tests.toolkit.http.test_reading import PLANTED, WRITES

APP = Path("app")
SPANISH = Words("es")
FILLED = "Zx"  # stands for what fills a place
HAS_WORDS = re.compile(r"[a-z]{3}")
# Words of the sentences that no Spanish one has, outside of what is quoted; "is" and "it" alone are languages.
ENGLISH = re.compile(
    r"\b(?:[Tt]he|is|are|be|Write|[Tt]ake|[Tt]here|must|cannot|which|that|not|of|it|and|or)\b(?=\s)|\binstead\b"
)
QUOTED = re.compile(r'"[^"]*"|`[^`]*`')

# Where the sentences are written, and the functions there that say something to others than managers.
SAYING: Mapping[str, set[str]] = {
    "check/__init__.py": set(),
    "check/of_files.py": set(),
    "check/of_model.py": set(),
    "check/of_tools.py": set(),
    "check/of_words.py": set(),
    "edits.py": set(),
    "tomls.py": set(),
    "gemini/models.py": set(),
    "retaining.py": set(),
    "prompts/files.py": set(),
    "prompts/hours.py": set(),
    "prompts/keys.py": set(),
    "prompts/languages.py": set(),
    "prompts/lines.py": set(),
    "prompts/numbers.py": set(),
    "prompts/phrases.py": set(),
    "prompts/render.py": {"values"},
    "prompts/scorecard.py": set(),
    "prompts/tables.py": set(),
    "prompts/told.py": set(),
    "toolkit/arguments.py": set(),
    "toolkit/loader.py": set(),
    "toolkit/options.py": set(),
    "toolkit/schema.py": set(),
    "toolkit/secrets.py": set(),
    "toolkit/http/addresses.py": set(),
    "toolkit/http/client.py": set(),
    "toolkit/http/curl.py": {"from_curl", "_argument", "_named"},  # what the model reads of the new tool
    "toolkit/http/hosts.py": set(),
    "toolkit/http/languages.py": set(),
    "toolkit/http/openapi.py": {"_description", "_secured"},
    "toolkit/http/options.py": set(),
    "toolkit/http/parameters.py": set(),
    "toolkit/http/reading.py": set(),
    "toolkit/http/schemas.py": {"_described"},
    "toolkit/http/templates.py": set(),
    "toolkit/mcp/comparing.py": set(),
    "toolkit/mcp/reading.py": set(),
    "toolkit/mcp/shown.py": set(),
    "toolkit/mcp/told.py": set(),
    "toolkit/mcp/writing.py": {"file_of", "table_of", "_pinned"},
    "toolbench/forming.py": set(),
    "toolbench/saving.py": {"__init__"},
    "toolbench/servers.py": set(),
    "toolbench/trial.py": set(),
    "lines/published.py": set(),
    "lines/workshop.py": {"overwrites", "__init__"},  # pages have words of their own for two who write at once
}
# Of these only the functions named say something that pages show.
SAYING_IN: Mapping[str, set[str]] = {
    "lines/content.py": {"checked_place"},
    "lines/publishing.py": {"previous"},
    "toolkit/mcp/session.py": {"offered", "pins", "reason"},
}
AFTER_ANOTHER = re.compile(rf"^{FILLED}\.? (?=[A-Z(])")  # the sentence before fills a place
# No sentences, or the same in both languages.
NOT_SAID = {
    "(at end of document)",
    f"confirm, {FILLED}: {FILLED}",
    f"error {FILLED}",
    f"Basic {FILLED}",
    f"Bearer {FILLED}",
    f"Basic {{secret.{FILLED}}}",
    f"Bearer {{secret.{FILLED}}}",
}


def in_spanish(text: str) -> str:
    return said(SPANISH, "check", text)


def english_left(text: str) -> bool:
    return ENGLISH.search(QUOTED.sub("", in_spanish(text))) is not None


def is_said(text: str) -> bool:
    """Whether all of it is; a piece of a sentence is known with what stands around it."""
    ways = (text, AFTER_ANOTHER.sub("", text), f"{text}.", f"{FILLED} {text}.")
    return any(in_spanish(way) != way and not english_left(way) for way in ways)


Function = ast.FunctionDef | ast.AsyncFunctionDef


def variants(node: ast.expr | None, of: Function) -> list[str]:
    """All that a text of a function may be, with a word in every place that something else fills."""
    match node:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.JoinedStr(values=parts):
            each = [variants(part, of) or [FILLED] for part in parts]
            return ["".join(one) for one in product(*each)]
        case ast.FormattedValue(value=ast.Name() as name):
            return [text for text in variants(assigned(name, of), of) if HAS_WORDS.search(text)]
        case ast.BinOp(left=left, right=right):
            return ["".join(one) for one in product(variants(left, of), variants(right, of))]
        case ast.IfExp(body=one, orelse=other):
            return [*variants(one, of), *variants(other, of)]
        case _:
            return []


def assigned(name: ast.Name, of: Function) -> ast.expr | None:
    """What a name stands for where it is used: what it was given last."""
    given = [each for each in ast.walk(of) if isinstance(each, ast.Assign) and each.lineno < name.lineno]
    found = [each for each in given if any(isinstance(to, ast.Name) and to.id == name.id for to in each.targets)]
    return max(found, key=lambda each: each.lineno).value if found else None


def pieces(of: Function) -> set[ast.expr | None]:
    """The texts of a function that become part of others in it."""
    placed = [each.value for each in ast.walk(of) if isinstance(each, ast.FormattedValue)]
    return {assigned(each, of) for each in placed if isinstance(each, ast.Name)}


def texts(node: ast.AST, of: Function) -> Iterator[str]:
    """What a function may say: every text in it that has words, whole."""
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Compare() | ast.Expr(value=ast.Constant()):
                continue
            case ast.Assign(value=value) if value in pieces(of):
                continue
            case ast.JoinedStr(values=parts):
                yield from filter(is_a_sentence, variants(child, of))
                for part in parts:
                    yield from texts(part, of)
            case ast.Constant() | ast.BinOp() if whole := variants(child, of):
                yield from filter(is_a_sentence, whole)
            case _:
                yield from texts(child, of)


def is_a_sentence(text: str) -> bool:
    return " " in text.strip() and HAS_WORDS.search(QUOTED.sub("", text)) is not None


def sentences(path: Path, left_out: set[str], only: set[str] | None = None) -> set[str]:
    found: set[str] = set()
    for of in ast.walk(ast.parse(path.read_text("utf-8"))):
        wanted = isinstance(of, Function) and of.name not in left_out and (only is None or of.name in only)
        if isinstance(of, Function) and wanted:
            found |= {text.strip() for text in texts(of, of)}
    return {text.replace("Write --server", "Write the server:") for text in found} - NOT_SAID


def test_every_sentence_of_a_mistake_is_said_in_spanish() -> None:
    found = {file: sentences(APP / file, left_out) for file, left_out in SAYING.items()}
    found |= {file: sentences(APP / file, set(), only) for file, only in SAYING_IN.items()}
    assert [file for file, those in found.items() if not those] == []
    assert sum(map(len, found.values())) > 350
    missing = {(file, text) for file, those in found.items() for text in those if not is_said(text)}
    assert missing == set()


def test_what_fills_the_places_of_mistakes_is_said_in_spanish() -> None:
    addresses = {f"{FILLED} is {kind}" for kind in (*_IPV4.values(), *_IPV6.values())}
    filling = {*PHRASES.values(), *_WHEN.values(), *_NOTES.values(), *addresses, ALLOWED, _EXAMPLES, TIMEOUT}
    assert {text for text in filling if in_spanish(text) == text or english_left(text)} == set()


# ---- real files


def told(errors: Iterator[EditError] | list[EditError]) -> list[str]:
    return [error.problem for error in errors]


def of_mcp(file: Path) -> Iterator[EditError]:
    try:
        read_mcp_file(file)
    except EditError as error:
        yield error


def still_english(problems: list[str]) -> list[str]:
    return [problem for problem in problems if in_spanish(problem) == problem or english_left(problem)]


def test_the_mistakes_of_http_tools_come_out_in_spanish(tmp_path: Path) -> None:
    texts = [places.swapped(places.TRACK, old, new) for old, new, _, _ in PLANTED.values()]
    texts += [places.swapped(places.REDIRECT, old, new) for old, new, _, _ in WRITES.values()]
    found = [problem for text in texts for problem in told(mistakes_in(places.written(tmp_path, text)))]
    assert len(found) >= len(texts)
    assert still_english(found) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        'url = "http://a.example/mcp"\n',
        'url = "https://a.example/{tenant}"\n',
        'command = "a b"\n',
        'command = ["a"]\nsecrets = ["LD preload"]\n',
        'url = "https://a.example/mcp"\nheader = "a"\n',
        'url = "https://a.example/mcp"\n[headers]\nAuthorization = "Bearer abc"\n',
        'url = "https://a.example/mcp"\n[headers]\nX-From = "{caller.number}"\n',
        'url = "https://a.example/mcp"\n[tools.stock]\nschema = "{"\n',
    ],
)
def test_the_mistakes_of_mcp_servers_come_out_in_spanish(tmp_path: Path, text: str) -> None:
    found = told(of_mcp(places.written(tmp_path, text, "warehouse.mcp.toml")))
    assert found and still_english(found) == []


@pytest.mark.parametrize(
    "code",
    [
        "@tool\nasync def t(x: bytes) -> str:\n    '''Do it.\n\n    Args:\n        x: It.\n    '''\n",
        "@tool\nasync def t(x: str) -> str:\n    '''Do it.'''\n",
        "@tool\ndef t() -> str:\n    '''Do it.'''\n",
        "@tool(tmeout_s=1)\nasync def t() -> str:\n    '''Do it.'''\n",
        "@tool(level='pin')\nasync def t() -> str:\n    '''Do it.'''\n",
        "@tool(write=True, confirm={'en': 'On {date}?'})\nasync def t() -> str:\n    '''Do it.'''\n",
        "@tool(waiting='One moment.')\nasync def t() -> str:\n    '''Do it.'''\n",
        "@tool\nasync def end_call() -> str:\n    '''Do it.'''\n",
        "from app.settings import Settings\n",
        "import nosuchmodule\n",
    ],
)
def test_the_mistakes_of_python_tools_come_out_in_spanish(tmp_path: Path, code: str) -> None:
    (tmp_path / "one.py").write_text(f"from app.toolkit import tool\n\n\n{code}", encoding="utf-8")
    found = told(load_tools(tmp_path)[1])
    assert found and still_english(found) == []


EDITS: Mapping[str, Edit | None] = {
    "shop/line.toml": lambda text: (
        'closed = "hand_off"\nvoice = "Korea"\nzzz = 1\nthinking = "low"\nretention = "sound=x"\n'
        + text.replace('"es-US"', '"spanish",\n    "tlh"')
        .replace('["end_call"]', '["end_cal", "hand_off"]')
        .replace("+12125550123", "212 555 0123")
        .replace("America/New_York", "America/NewYork")
        .replace("09:00-18:00", "18:00-02:00")
        .replace("2026-12-25", "25.12.2026")
        + '[facts]\nname = "{caller}"\nsilence_s = 5\n[links]\nreturns = "http://a.example/r"\n'
    ),
    "shop/en-US.md": lambda text: text.replace("AI assistant", "helper").replace("{weekday}", "{weekdy} {facts.x}"),
    "phrases/en.toml": lambda text: text.replace("busy =", "bussy =").replace("{key}", ""),
    "phrases/spanish.toml": str,
    "shop/notes.txt": str,
}
HINTS: Mapping[str, Edit | None] = {
    "shop/line.toml": lambda text: (
        'closed = "say"\nlanguage_policy = "fixed"\nmodel = "gemini-9-live"\n'
        + LINE.partition("[hours]")[0].replace('["end_call"]', "[]").replace('["+12125550123"]', "[]")
        + '[facts]\nname = "x"\n[links]\nr = "https://a.example/r"\n'
    ),
    "shop/en-US.md": swapped("You answer", f"Use `look_up_ordr`. {'x' * 20_001}"),
    "shop/fr.md": lambda _: "Bonjour.",
    "phrases/es.toml": None,
}


@pytest.mark.parametrize(("edits", "least"), [(EDITS, 20), (HINTS, 9)])
def test_the_mistakes_of_a_line_come_out_in_spanish(
    tmp_path: Path, edits: Mapping[str, Edit | None], least: int
) -> None:
    prompts = plant(tmp_path, edits)
    (tmp_path / "tools").mkdir()
    found = [problem.what for problem in check(prompts, tmp_path / "tools", "developer")]
    assert len(found) >= least
    assert still_english(found) == []


# ---- how they are put together


def test_of_several_sentences_each_is_said_and_what_is_not_known_stays() -> None:
    unknown = "Somebody said so. Take it out."
    assert in_spanish(unknown) == unknown
    one = 'There is no setting "vda". Did you mean "vad"? Write that instead.'
    assert in_spanish(one) == 'No existe el ajuste "vda". ¿Quería decir "vad"? Escriba eso.'
    two = "thinking: x decides itself how much it thinks; remove the line. Nobody knows why."
    assert in_spanish(two) == "thinking: x decide por sí mismo cuánto piensa; quite la línea. Nobody knows why."
    assert said(Words("en"), "check", one) == one


def test_braces_are_themselves() -> None:
    assert in_spanish("{x} is no argument. Take it out.") == "{x} no es un argumento. Quítelo."
    assert in_spanish("facts.name is said as it stands. Write it without {...}.").endswith("Escríbalo sin {...}.")
    assert in_spanish('"{a {b" is not a variable. Write it as {business}, on one line.').startswith('"{a {b" no es')
