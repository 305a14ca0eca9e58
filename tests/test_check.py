"""Planted mistakes: each is found with its file, its line and what to write instead."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from app.check import Problem, check, render
from tests.prompts.planting import LINE, Edit, phrases, plant, swapped, with_line

HOUSE = Path(__file__).parents[1]

ITEMS_LEFT = '''\
"""Stock."""

from app.toolkit import answer, tool


@tool
async def items_left(item: str) -> dict[str, object]:
    """Find out how many are left.

    Args:
        item: The item.
    """
    return answer("Four.")
'''


def checked(folder: Path, edits: Mapping[str, Edit | None], tools: str = ITEMS_LEFT) -> list[Problem]:
    prompts = plant(folder, edits)
    (folder / "tools").mkdir()
    (folder / "tools" / "stock.py").write_text(tools, encoding="utf-8")
    return check(prompts, folder / "tools", "developer")


def shown(problems: list[Problem], folder: Path, severity: str) -> list[str]:
    rendered = render([problem for problem in problems if problem.severity == severity], folder)
    return rendered.splitlines()[:-1]


def test_the_folders_that_ship_have_no_mistake() -> None:
    for backend in ("developer", "vertex"):
        assert check(HOUSE / "prompts", HOUSE / "tools", backend) == []


def test_a_planted_folder_without_a_mistake_has_none(tmp_path: Path) -> None:
    assert shown(checked(tmp_path, {}), tmp_path, "error") == []


L, E, S, P = "shop/line.toml", "shop/en-US.md", "shop/es.md", "phrases/en.toml"


@pytest.mark.parametrize(
    ("file", "edit", "found"),
    [
        # line.toml: its form
        (L, swapped('"Acme"', '"Acme'), "1: Illegal character '\\n'. Write `name = \"text\"`, texts in quotes"),
        (L, swapped("vad =", "vda ="), '8: There is no setting "vda". Did you mean "vad"? Write that instead.'),
        (L, with_line("zzz = 1"), '1: There is no setting "zzz". Write one of "affective_dialog", '),
        (L, swapped('vad = "telephone"', "vad = 3"), '8: vad must be a text. Write vad = "3".'),
        (L, swapped('["end_call"]', '"end_call"'), '7: tools must be a list of texts. Write tools = ["...", "..."].'),
        (L, with_line('silence_s = "10"'), '1: silence_s = "10" cannot be. Write a number from 3 to 120'),
        (L, with_line("longest_call_s = 5"), "1: longest_call_s = 5 cannot be. Write a number from 30 to 14400"),
        (L, with_line("temperature = 3.5"), "1: temperature = 3.5 cannot be. Write a number from 0 to 2"),
        (
            L,
            with_line('google_search = "yes"'),
            '1: google_search = "yes" is neither yes nor no. Write google_search =',
        ),
        (L, with_line('closed = "voicemail"'), '1: closed = "voicemail" cannot be. Write "answer" or "say" instead.'),
        (L, with_line("thinking = true"), "1: thinking must be a level or a budget. Write thinking ="),
        (
            L,
            swapped('business = "Acme"\n', ""),
            '1: The line does not say whose it is. Write business = "Your company".',
        ),
        # numbers
        (L, swapped("+12125550123", "212 555 0123"), '2: "212 555 0123" is no international number. Write it with +'),
        (L, swapped("+12125550123", "+1 212-555-0123"), 'digits in it. Write "+12125550123" instead.'),
        (L, swapped("+12125550123", "+1212555"), '2: "+1212555" has too few or too many digits. Write all of it'),
        (L, swapped('numbers = ["+12125550123"]\n', ""), "1: The line has no number. Write numbers ="),
        (L, swapped('["+12125550123"]', '["*", "*"]'), '2: "*" is in numbers twice. Take one out.'),
        (L, with_line('handoff_number = "12345"'), '1: "12345" is no international number. Write it with +'),
        (
            L,
            swapped('["end_call"]', '["end_call", "hand_off"]'),
            "7: The tool hand_off has nobody to pass calls to. Write",
        ),
        # tools
        (L, swapped('["end_call"]', '["end_cal"]'), '7: There is no tool "end_cal". Did you mean "end_call"?'),
        (
            L,
            swapped('["end_call"]', '[\n  "end_call",\n  "item_left",\n]'),
            '9: There is no tool "item_left". Did you mean "items_left"?',
        ),
        # languages
        (L, swapped('"es-US"', '"spanish"'), '5: "spanish" is no language tag. Write "es-US" instead.'),
        (L, swapped('"es-US"', '"es-ES",\n    "fr-FR"'), '6: There is no prompt for "fr-FR". Write shop/fr-FR.md, or'),
        (L, swapped('"es-US"', '"es_US"'), '5: The language "es_US" is written otherwise. Write "es-US" instead.'),
        (
            L,
            lambda text: text.replace('"en-US"', "").replace("    ,\n", "").replace('"es-US",', ""),
            "3: The line has no",
        ),
        # hours
        (
            L,
            swapped("America/New_York", "America/NewYork"),
            '11: There is no time zone "America/NewYork". Write "America/N',
        ),
        (L, swapped('time_zone = "America/New_York"\n', ""), "10: [hours] does not say where. Write time_zone ="),
        (L, swapped("09:00-18:00", "9-18"), "12: The hours of monday cannot be read. Write the day as"),
        (L, swapped("09:00-18:00", "18:00-09:00"), "12: The hours of monday cannot be read. Write the day as"),
        (L, swapped("09:00-18:00", "09:00-25:00"), "12: The hours of monday cannot be read. Write the day as"),
        (L, swapped("monday", "mondey"), '12: [hours] has no "mondey". Did you mean "monday"?'),
        (L, swapped("2026-12-25", "25.12.2026"), '13: "25.12.2026" is no day. Write it as "2026-12-25".'),
        # what the model does not grant
        (L, swapped('"telephone"', '"telefone"'), "8: vad: 'telefone' is not one of telephone, patient, eager"),
        (L, with_line('voice = "Korea"'), "1: voice: 'Korea' is not one of "),
        (L, with_line("affective_dialog = true"), "1: affective_dialog: gemini-3.8-live always has it; remove"),
        (L, with_line('thinking = "low"'), "1: thinking: gemini-3.8-live decides itself how much it thinks; remove"),
        (
            L,
            with_line('model = "gemini-live-2.5-flash-native-audio"'),
            "1: model: gemini-live-2.5-flash-native-audio is ",
        ),
        # prompts
        (E, swapped("---\n\nYou", "\nYou"), "1: The front matter has no end. Write a line with --- after it."),
        (E, swapped("greeting:", "greting:"), '2: There is no "greting" here. Write greeting: instead.'),
        (E, swapped("greeting: ", "greeting "), "2: This line cannot be read. Write `name: words`"),
        (
            E,
            swapped("an AI assistant", "an assistant"),
            "2: The greeting does not say that an AI speaks. Write an AI assis",
        ),
        (
            E,
            lambda _: "You answer the phone.\n",
            "1: There is no greeting. Write `greeting: ...` between two lines of ---.",
        ),
        (E, lambda text: text[: text.index("You answer")], "4: Nothing is told to the assistant. Write under"),
        (E, swapped("{weekday}", "{weekdy}"), '7: Nothing is known of {weekdy}. Did you mean "weekday"?'),
        (
            E,
            swapped("assistant of {business}", "assistant of {busines}"),
            "2: Nothing is known of {busines}. Did you mean",
        ),
        (E, swapped("{weekday}", "{weekday"), '7: "{weekday." is not a variable. Write it as {business}, on one line.'),
        (E, None, '4: There is no prompt for "en-US". Write shop/en-US.md, or take the language out.'),
        (
            S,
            swapped("IA", "María"),
            "2: The greeting does not say that an AI speaks. Write un asistente de IA into it.",
        ),
        ("house/10-honesty.md", swapped("{caller}", "{customer}"), "1: Nothing is known of {customer}. Write one of"),
        # phrases
        (P, swapped("one_moment", "one_momnt"), '2: There is no phrase "one_momnt". Did you mean "one_moment"?'),
        (P, swapped('busy = "busy in en"\n', ""), '1: The phrase "busy" is missing, said when more calls go on than'),
        (P, swapped("busy in en", "busy, {caller}"), '8: The phrase "busy" is said as it stands. Write it without'),
        (P, swapped("busy in en", ""), '8: The phrase "busy" is empty, said when more calls'),
        (P, swapped('"busy in en"', "busy in en"), "8: Invalid value. Write `name ="),
        (P, None, '4: There are no phrases for "en-US". Write phrases/en.toml.'),
        ("phrases/spanish.toml", lambda _: phrases("es"), "1: The file's name must be a language. "),
        (L, None, "1: There is no such file. Write it."),
    ],
)
def test_a_planted_mistake_is_found(tmp_path: Path, file: str, edit: Edit | None, found: str) -> None:
    errors = shown(checked(tmp_path, {file: edit}), tmp_path, "error")
    matching = [error for error in errors if found in error]
    assert matching, errors
    place = "shop/line.toml" if edit is None else file
    assert matching[0].startswith(f"prompts/{place}:")


def test_one_mistake_makes_one_error(tmp_path: Path) -> None:
    errors = shown(checked(tmp_path, {L: swapped('"telephone"', '"telefone"')}), tmp_path, "error")
    assert len(errors) == 1


def test_all_mistakes_are_found_at_once(tmp_path: Path) -> None:
    edits: Mapping[str, Edit | None] = {
        L: lambda text: text.replace("vad", "vda").replace('["end_call"]', '["end_cal"]').replace("+1", "1"),
        E: swapped("AI", "the"),
        P: swapped("busy", "bussy"),
    }
    errors = shown(checked(tmp_path, edits, tools="def broken(:\n"), tmp_path, "error")
    places = {error.split(":", 2)[0] + ":" + error.split(":", 2)[1] for error in errors}
    assert places == {
        "prompts/shop/line.toml:2",
        "prompts/shop/line.toml:7",
        "prompts/shop/line.toml:8",
        "prompts/shop/en-US.md:2",
        "prompts/phrases/en.toml:1",
        "prompts/phrases/en.toml:8",
        "tools/stock.py:1",
    }


def test_a_number_on_two_lines_is_found(tmp_path: Path) -> None:
    plant(tmp_path)
    shop = tmp_path / "prompts" / "shop"
    other = tmp_path / "prompts" / "zoo"
    other.mkdir()
    for file in shop.iterdir():
        (other / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    errors = shown(checked(tmp_path, {}), tmp_path, "error")
    assert errors == [
        'prompts/zoo/line.toml:2: +12125550123 is answered by the line "shop" already. Take it out of one of them.'
    ]


def test_a_tools_mistake_is_found_with_the_prompts(tmp_path: Path) -> None:
    tools = ITEMS_LEFT.replace("item: str", "item: bytes")
    errors = shown(
        checked(tmp_path, {L: swapped('["end_call"]', '["items_left", "end_call"]')}, tools), tmp_path, "error"
    )
    assert len(errors) == 2
    assert errors[0].startswith('prompts/shop/line.toml:7: There is no tool "items_left".')
    assert errors[0].endswith("It may also stand in a tools file that has a mistake.")
    assert errors[1].startswith("tools/stock.py:7: item: bytes cannot be told to the model. Write str, int,")


def test_a_model_that_waits_for_no_tool_is_told_of_a_blocking_one(tmp_path: Path) -> None:
    line = 'model = "gemini-3.8-live-extended-thinking"\n' + LINE.replace('["end_call"]', '["end_call", "items_left"]')
    tools = ITEMS_LEFT.replace("@tool", "@tool(blocking=True)")
    (error,) = shown(checked(tmp_path, {L: lambda _: line}, tools), tmp_path, "error")
    assert "8: tools: items_left is blocking" in error


@pytest.mark.parametrize(
    ("file", "edit", "found"),
    [
        (L, with_line('model = "gemini-9-live"'), "line.toml:1: hint: model: gemini-9-live is not known"),
        (L, swapped('["end_call"]', "[]"), 'line.toml:7: hint: The assistant cannot hang up. Write "end_call"'),
        (L, with_line('handoff_number = "+15555550100"'), "line.toml:1: hint: No call is handed off here. Write"),
        (L, swapped('["+12125550123"]', "[]"), "line.toml:2: hint: No number rings here. Write numbers ="),
        (
            E,
            swapped("You answer", "Use `look_up_ordr`. You answer"),
            "en-US.md:5: hint: The prompt speaks of `look_up_or",
        ),
        (E, swapped("You answer", "x" * 20_001), "en-US.md:1: hint: With the house's rules the prompt has 200"),
        ("shop/fr.md", lambda _: "Bonjour.", 'fr.md:1: hint: Nothing reads this file. Write "fr" into languages'),
        ("shop/notes.txt", lambda _: "Notes.", "notes.txt:1: hint: Nothing reads this file."),
        (L, str, "stock.py:7: hint: No line uses items_left. Write it into tools"),
    ],
)
def test_what_is_allowed_but_odd_is_a_hint(tmp_path: Path, file: str, edit: Edit, found: str) -> None:
    problems = checked(tmp_path, {file: edit})
    assert shown(problems, tmp_path, "error") == []
    assert [hint for hint in shown(problems, tmp_path, "hint") if found in hint]


def test_without_folders_the_folders_are_missed(tmp_path: Path) -> None:
    problems = check(tmp_path / "prompts", tmp_path / "tools", "developer")
    assert [(problem.file.name, problem.line) for problem in problems] == [("prompts", 1), ("tools", 1)]


def test_a_problem_can_be_printed_as_json() -> None:
    problem = Problem(Path("a.toml"), 3, "No.", "hint")
    assert problem.as_json() == {"file": "a.toml", "line": 3, "what": "No.", "severity": "hint"}


def test_the_summary_counts(tmp_path: Path) -> None:
    error, hint = Problem(tmp_path / "a", 1, "No."), Problem(tmp_path / "b", 2, "Well.", "hint")
    assert render([]) == "No mistakes found."
    assert render([error, hint], tmp_path) == "a:1: No.\nb:2: hint: Well.\n1 mistake, 1 hint."
    assert render([hint, hint], tmp_path / "elsewhere").endswith("no mistakes, 2 hints.")


def test_a_model_for_every_line_goes_before_the_lines_own(tmp_path: Path) -> None:
    prompts = plant(tmp_path, {L: with_line('model = "gemini-9-live"')})
    (tmp_path / "tools").mkdir()
    known = check(prompts, tmp_path / "tools", "developer", "gemini-3.8-live")
    assert [problem for problem in known if "model" in problem.what] == []
    unknown = check(prompts, tmp_path / "tools", "developer", "gemini-10-live")
    (hint,) = [problem for problem in unknown if "model" in problem.what]
    assert hint.severity == "hint"
    assert hint.what.startswith("model: gemini-10-live is not known")
    assert hint.what.endswith("(FRONTLINE_MODEL goes before the line's own model.)")


def test_what_the_model_for_every_line_does_not_grant_is_an_error(tmp_path: Path) -> None:
    prompts = plant(tmp_path, {L: with_line("thinking = 0")})
    (tmp_path / "tools").mkdir()
    found = check(prompts, tmp_path / "tools", "developer", "gemini-3.8-live-extended-thinking")
    (error,) = [problem for problem in found if problem.severity == "error"]
    assert "gemini-3.8-live-extended-thinking" in error.what
    assert "FRONTLINE_MODEL" in error.what
