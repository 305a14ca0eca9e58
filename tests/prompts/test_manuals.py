"""What the manuals in prompts/ and tools/ promise is so."""

import re
from pathlib import Path
from shlex import split
from shutil import copytree
from textwrap import dedent

import pytest
from typer.testing import CliRunner

from app.call.commands import RunTool
from app.check import check
from app.cli import app
from app.cli.ends import OK
from app.edits import EditError
from app.gemini.models import LANGUAGES
from app.prompts.keys import KEYS
from app.prompts.lines import load_lines
from app.prompts.phrases import PHRASES
from app.prompts.render import VARIABLES
from app.prompts.scorecard import read_scorecard
from app.toolkit import Caller
from app.toolkit.loader import load_tools
from app.toolkit.runner import ToolRunner
from tests.prompts.planting import LINE, plant

HOUSE = Path(__file__).parents[2]
LINES_MANUAL = (HOUSE / "prompts" / "README.md").read_text(encoding="utf-8")
TOOLS_MANUAL = (HOUSE / "tools" / "README.md").read_text(encoding="utf-8")


def test_the_manual_names_every_setting_variable_and_phrase() -> None:
    named = set(re.findall(r"`\[?\{?(\w+)\}?\]?`", LINES_MANUAL))
    assert set(KEYS) <= named
    assert set(VARIABLES) <= named
    assert set(PHRASES) <= named


def test_the_manual_names_every_language_that_live_speaks() -> None:
    listed = LINES_MANUAL[LINES_MANUAL.index("## Languages that Live speaks") :]
    assert set(LANGUAGES) <= set(re.findall(r"`([\w-]+)`", listed))


def examples() -> list[str]:
    """The manual's pieces of line.toml: what is indented and has a table."""
    indented = re.findall(r"(?:^    .*\n|^\n(?=    ))+", LINES_MANUAL, re.MULTILINE)
    return [dedent(text) for text in indented if re.search(r"^    \[\w+\]$", text, re.MULTILINE)]


def test_the_manual_shows_most_tables() -> None:
    shown = set(re.findall(r"^\[(\w+)\]$", "\n".join(examples()), re.MULTILINE))
    assert shown == {"language_keys", "hours", "handoff_hours", "facts", "links", "texts"}


@pytest.mark.parametrize("example", examples(), ids=lambda text: text.split("\n")[0])
def test_the_manuals_examples_are_read_without_a_mistake(tmp_path: Path, example: str) -> None:
    settings, _, tables = example.partition("[")
    asks = 'language_policy = "ask"\n' if tables.startswith("language_keys") else ""
    line = LINE[: LINE.index("[hours]")]
    _, errors = load_lines(plant(tmp_path, {"shop/line.toml": lambda _: f"{asks}{settings}{line}[{tables}"}))
    assert [str(error) for error in errors] == []


def test_a_language_is_added_as_the_manual_says(tmp_path: Path) -> None:
    assert "`store/it-IT.md`" in LINES_MANUAL
    copytree(HOUSE / "prompts", tmp_path / "prompts")
    store = tmp_path / "prompts" / "store"
    body = (store / "en-US.md").read_text(encoding="utf-8").split("---\n", 2)[2]
    greeting = "Ciao, sono un assistente IA di {business}."
    (store / "it-IT.md").write_text(f"---\ngreeting: {greeting}\n---\n{body}", encoding="utf-8")
    toml = (store / "line.toml").read_text(encoding="utf-8")
    (store / "line.toml").write_text(toml.replace('"pl-PL"]', '"pl-PL", "it-IT"]'), encoding="utf-8")
    lines, errors = load_lines(tmp_path / "prompts")
    assert errors == []
    assert (lines["store"].languages[-1], lines["store"].phrases_language["it-IT"]) == ("it-IT", "en")
    assert lines["store"].greetings["it-IT"] == greeting


def commands() -> list[str]:
    """Every ``frontline ...`` of the manual that names a command and its options."""
    return sorted(set(re.findall(r"`frontline ([^`]+)`", LINES_MANUAL)))


def test_the_manual_names_most_commands_of_lines() -> None:
    named = {words.split()[1] for words in commands() if words.startswith("lines ")}
    assert named >= {
        "list",
        "show",
        "check",
        "try",
        "draft",
        "publish",
        "rollback",
        "canary",
        "history",
        "diff",
        "export",
    }


@pytest.mark.parametrize("command", commands())
def test_the_commands_and_options_the_manual_names_are_there(command: str) -> None:
    words = split(command)
    group = words[:2] if words[0] in ("lines", "tools", "messages") else words[:1]
    shown = CliRunner(env={"COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"}).invoke(app, [*group, "--help"])
    assert shown.exit_code == OK, command
    assert [word for word in words if word.startswith("--") and f"{word} " not in shown.output] == []


def test_the_manuals_scorecard_is_read_without_a_mistake(tmp_path: Path) -> None:
    shown = LINES_MANUAL[LINES_MANUAL.index("## Judge calls") :].split("```toml\n")[1].split("```")[0]
    (tmp_path / "scorecard.toml").write_text(shown, encoding="utf-8")
    errors: list[EditError] = []
    found = read_scorecard(tmp_path, errors)
    assert errors == []
    assert list(found.points) == ["grounded", "polite"]


def test_the_manuals_french_line_works(tmp_path: Path) -> None:
    toml = LINES_MANUAL.split("```toml\n")[1].split("```")[0]
    prompt = LINES_MANUAL.split("```markdown\n")[1].split("```")[0]
    prompts = plant(tmp_path, {"boutique/line.toml": lambda _: toml, "boutique/fr-FR.md": lambda _: prompt})
    (tmp_path / "tools").mkdir()
    # The planted folder has no French phrases, unlike the one that ships.
    (hint,) = check(prompts, tmp_path / "tools", "developer")
    assert (hint.severity, hint.file.parent.name) == ("hint", "boutique")
    assert hint.what.startswith("The app's own sentences are not there in French")


def test_the_manual_says_of_each_phrase_when_it_is_said() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", LINES_MANUAL, re.MULTILINE))
    assert PHRASES.items() <= rows.items()


async def test_the_manuals_tool_in_ten_lines_works(tmp_path: Path) -> None:
    code = TOOLS_MANUAL.split("```python\n")[1].split("```")[0]
    (tmp_path / "stock.py").write_text(code, encoding="utf-8")
    tools, errors = load_tools(tmp_path)
    assert errors == []
    end = await ToolRunner(tools, Caller()).run(RunTool("c1", "items_left", {"item": "tent"}))
    assert end.response["message"] == "There are 4 of them left."


def test_the_manuals_mistake_is_told_as_the_manual_says(tmp_path: Path) -> None:
    code = TOOLS_MANUAL.split("```python\n")[1].split("```")[0].replace("item: str", "item")
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "stock.py").write_text(code, encoding="utf-8")
    prompts = plant(tmp_path, {"shop/line.toml": lambda _: LINE.replace("+12125550123", "+1 212 555 0123")})
    said = [
        f"{problem.file.name}:{problem.line}: {problem.what}"
        for problem in check(prompts, tmp_path / "tools", "vertex")
    ]
    promised = re.findall(
        r"^    (?:prompts/store|tools)/(\w+\.\w+):\d+: (.+?)(?:, float.*)?$", LINES_MANUAL + TOOLS_MANUAL, re.M
    )
    assert len(promised) == 2
    for file, sentence in promised:
        assert [one for one in said if one.startswith(file) and sentence in one], (sentence, said)
