"""In every language of the store: its prompt, its hints, its greeting and its phrases reach the Live session."""

import asyncio
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from app.call.events import CallerHungUp, CallStarted
from app.fittings import reader_for
from app.gemini.models import speaks
from app.lines.published import Published
from app.prompts.files import read_markdown
from app.prompts.line import Line
from app.prompts.lines import load_lines
from app.prompts.tongues import english_name
from app.rehearsal.live_connections import Connections
from app.settings import load
from app.trying import CALL_SID, CALLED, CALLER, Listener, Told, Trial, Watch, bridge_of
from tests.rehearsal.live_caller import live_house
from tests.trial import house_at

PROMPTS = Path(__file__).parents[2] / "prompts"
LINES, _ = load_lines(PROMPTS)
STORE = LINES["store"]
TOOLS, _ = reader_for(load({}, None)).tools(Path(__file__).parents[2] / "tools")


def led_in(language: str) -> Line:
    """The store's line, for a number whose callers speak this language."""
    others = tuple(tag for tag in STORE.languages if tag != language)
    return replace(STORE, languages=(language, *others))


async def greeted_on(line: Line, folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Mapping[str, object], str]:
    """The setup that the Live service got for a call on this line, and the first words it said."""
    setups: list[Mapping[str, object]] = []
    opens = Connections._conversation

    def note(connections: Connections, setup: Mapping[str, object]) -> object:
        setups.append(setup)
        return opens(connections, setup)

    monkeypatch.setattr(Connections, "_conversation", note)
    said: list[str] = []
    async with live_house(folder) as live:
        told = Told(said.append)
        trial = Trial(Published(line, TOOLS, "v", "p"), {})
        bridge = bridge_of(house_at(live, folder), trial, told, Watch())
        async with asyncio.timeout(20), asyncio.TaskGroup() as group:
            group.create_task(bridge.run(Listener(), CallStarted(CALL_SID, "MZ1", CALLER, CALLED)))
            while not told.answered:
                told.news.clear()
                await told.news.wait()
            bridge.feed(CallerHungUp())
    return setups[0], said[0]


def text_of(setup: Mapping[str, object]) -> str:
    instruction = setup["system_instruction"]
    assert isinstance(instruction, Mapping)
    return "\n".join(str(part["text"]) for part in instruction["parts"])


@pytest.mark.parametrize("language", STORE.languages)
async def test_the_prompt_the_hints_and_the_greeting_of_a_language_reach_the_session(
    language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = led_in(language)
    setup, said = await greeted_on(line, tmp_path, monkeypatch)
    instruction = text_of(setup)
    prompt = read_markdown(PROMPTS / "store" / f"{language}.md")
    first_line = next(text for text in prompt.body.splitlines() if text and "{" not in text)
    assert first_line in instruction
    assert f"RESPOND IN {english_name(language).upper()}" in instruction
    hints = setup["input_audio_transcription"]
    assert isinstance(hints, Mapping)
    assert hints["language_codes"][0] == language
    assert speaks(language) is not None
    assert said == f"assistant  {prompt.front['greeting'].format(business=STORE.business)}"


@pytest.mark.parametrize("language", STORE.languages)
def test_the_phrases_of_a_language_are_written_in_it(language: str) -> None:
    file = PROMPTS / "phrases" / f"{language.split('-', maxsplit=1)[0]}.toml"
    written = tomllib.loads(file.read_text(encoding="utf-8"))
    assert dict(led_in(language).phrases[language]) == written
    assert STORE.phrases_language[language].split("-")[0] == language.split("-", maxsplit=1)[0]
