"""What the manuals in prompts/ and tools/ promise is so."""

import re
from pathlib import Path

from app.check import check
from app.prompts.lines import KEYS
from app.prompts.phrases import PHRASES
from app.prompts.render import VARIABLES
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


def test_the_manual_says_of_each_phrase_when_it_is_said() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", LINES_MANUAL, re.MULTILINE))
    assert PHRASES.items() <= rows.items()


async def test_the_manuals_tool_in_ten_lines_works(tmp_path: Path) -> None:
    code = TOOLS_MANUAL.split("```python\n")[1].split("```")[0]
    (tmp_path / "stock.py").write_text(code, encoding="utf-8")
    tools, errors = load_tools(tmp_path)
    assert errors == []
    response, _ = await ToolRunner(tools, Caller()).run("items_left", {"item": "tent"})
    assert response["message"] == "There are 4 of them left."


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
