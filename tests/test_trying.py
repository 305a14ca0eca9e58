"""A line is tried in writing: by the same call, with its tools or with what they are told to answer."""

from pathlib import Path

import pytest
import typer

from app.cli.lines_try import _fake, says
from app.fittings import reader_for
from app.lines.published import Published
from app.prompts.lines import load_lines
from app.settings import load
from app.trying import Trial, converse_in
from tests.rehearsal.live_caller import live_house
from tests.trial import house_at

ROOT = Path(__file__).parents[1]
ORDER = "Where is my order 1047?"


async def talk(folder: Path, *words: str, fakes: dict[str, dict[str, object]] | None = None) -> list[str]:
    """What is shown of a conversation with the store's line."""
    lines, _ = load_lines(ROOT / "prompts")
    tools, _ = reader_for(load({"FRONTLINE_DATA": str(folder)}, None)).tools(ROOT / "tools")
    shown: list[str] = []
    async with live_house(folder) as live:
        trial = Trial(Published(lines["store"], tools, "v", "p"), fakes or {})
        assert await converse_in(house_at(live, folder), trial, iter(words), shown.append) == ""
    return shown


async def test_the_greeting_comes_first_and_each_sentence_is_answered(tmp_path: Path) -> None:
    shown = await talk(tmp_path, ORDER, "Thank you, goodbye.")
    assert shown[0].startswith("assistant  Thanks for calling")
    assert shown.index(f"   caller  {ORDER}") < next(at for at, one in enumerate(shown) if "was shipped" in one)
    assert any(one.startswith("     tool  look_up_order(") and "→ ok" in one for one in shown)
    assert shown[-1] == "      end  completed"


async def test_a_tool_answers_what_it_is_told_to(tmp_path: Path) -> None:
    fakes: dict[str, dict[str, object]] = {"look_up_order": {"status": "ok", "message": "It is on the moon."}}
    shown = await talk(tmp_path, ORDER, fakes=fakes)
    assert any(one.startswith("assistant") and "on the moon" in one for one in shown)


async def test_who_says_no_more_has_hung_up(tmp_path: Path) -> None:
    assert (await talk(tmp_path))[-1] == "      end  caller_hung_up"


def test_what_is_said_is_given_or_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(says(["one", "two"])) == ["one", "two"]
    monkeypatch.setattr("sys.stdin", iter(["Hello\n", "\n", "  bye \n"]))
    assert list(says(None)) == ["Hello", "bye"]


@pytest.mark.parametrize("text", ["look_up_order", "look_up_order=nothing", '={"status": "ok"}', "look_up_order=[1]"])
def test_an_answer_that_cannot_be_read_is_wrong_use(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit):
        _fake(text)
    assert "Write --fake" in capsys.readouterr().err
