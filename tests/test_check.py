"""Planted mistakes: each is found with its file, its line and what to write instead."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from app.check import Problem, check, render
from app.edits import EditError
from app.toolkit.http import Hosts
from app.toolkit.loader import load_tools
from app.toolkit.schema import LoadedTool
from tests.prompts.planting import LINE, Edit, phrases, plant, swapped, with_line
from tests.toolkit.http.places import TRACK, written

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


@pytest.mark.parametrize("backend", ["developer", "vertex"])
def test_the_folders_that_ship_have_no_mistake(backend: str) -> None:
    problems = check(HOUSE / "prompts", HOUSE / "tools", backend)
    # A tool for another company's server is off until ops allow its host; nothing else may need advice.
    assert [problem for problem in problems if " is off: " not in problem.what] == []


def test_a_planted_folder_without_a_mistake_has_none(tmp_path: Path) -> None:
    assert shown(checked(tmp_path, {}), tmp_path, "error") == []


def with_table(text: str) -> Edit:
    """Write a table at the end."""
    return lambda rest: f"{rest}{'' if rest.endswith(chr(10) * 2) else chr(10)}{text}\n"


def asking(text: str) -> str:
    return f'language_policy = "ask"\n{text}'


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
        (L, with_line('closed = "mailbox"'), '1: closed = "mailbox" cannot be. Write "answer", "say" or "hand_off" in'),
        (
            L,
            with_line('closed = "hand_off"'),
            "1: Nobody is there to take the calls when closed. Write handoff_number =",
        ),
        (L, with_line('busy = "queue"'), '1: busy = "queue" cannot be. Write "callback", "say" or "hand_off" instead'),
        (
            L,
            with_line('busy = "hand_off"'),
            "1: Nobody is there to take the calls when all lines are busy. Write handoff_number =",
        ),
        (
            L,
            with_line('unreachable = "voice_mail"'),
            '1: unreachable = "voice_mail" cannot be. Write "hand_off", "voicemail", "callback" or "apology" instead',
        ),
        (
            L,
            with_line('unreachable = "hand_off"'),
            "1: Nobody is there to take the calls when the assistant cannot be had. Write handoff_number =",
        ),
        (P, swapped("voicemail in en", ""), 'The phrase "voicemail" is empty, said before a tone and a message'),
        (L, with_line('recording = "on"'), '1: recording = "on" cannot be. Write "off", "notice" or "ask" instead.'),
        (L, with_line('disclosure = "off"'), '1: disclosure = "off" cannot be. Write "greeting" or "off-i-know"'),
        (L, with_line("cost_limit_usd = 0"), "1: cost_limit_usd = 0 cannot be. Write a number from 0.05 to 100"),
        (L, with_line("tools_per_turn = 0"), "1: tools_per_turn = 0 cannot be. Write a number from 1 to 50"),
        (L, with_line("not_redacted = ['(']"), "1: '(' is no regular expression: missing ), unterminated subpattern"),
        (L, with_line("not_redacted = ['x*']"), "1: 'x*' matches everything. Write what the number looks like."),
        # tables
        (L, with_table("[patience]\ndigit_ms = 900"), '16: [patience] has no "digit_ms". Did you mean "digits_ms"?'),
        (
            L,
            with_table("[patience]\nend_of_speech_ms = 50"),
            "16: end_of_speech_ms = 50 cannot be. Write a number from",
        ),
        (L, with_line("patience = 3"), "1: patience must be a table. Write a line [patience], and its settings"),
        (
            L,
            with_table('[links]\nreturns = "http://a.example/r"'),
            '16: "http://a.example/r" does not begin with https',
        ),
        (L, with_table('[links]\nreturns = "a.example/r"'), 'https://. Write "https://a.example/r" instead.'),
        (L, with_table('[links]\nreturns = "https:///r"'), '16: "https:///r" names no host. Write it as "https://'),
        (L, with_table('[links]\nreturns = "https://127.0.0.1/r"'), '16: "https://127.0.0.1/r" names no host.'),
        (L, with_table('[links]\nreturns = "https://me:x@a.example/"'), "has a user in it. Write it without what"),
        (L, with_table('[texts]\nfrom = "555"'), '16: "555" is no international number. Write it with +'),
        (L, with_table('[texts]\nform = "+12125550123"'), '16: [texts] has no "form". Did you mean "from"?'),
        # facts
        (L, with_table('[facts]\nname = "{caller}"'), "16: facts.name is said as it stands. Write it without {...}."),
        (L, with_table(f'[facts]\nname = "{"x" * 201}"'), "16: facts.name has 201 letters. Write at most 200."),
        (
            L,
            with_table('[facts]\nOpenOrders = ""'),
            '16: "OpenOrders" is no name for a fact. Write small letters and _',
        ),
        (L, with_table("[facts]\n" + "\n".join(f'f{n} = "x"' for n in range(21))), "15: 21 facts are too many. Keep"),
        (
            L,
            with_table('[facts]\nlook_up = "items_left"'),
            "16: What items_left finds has no name here. Write the facts",
        ),
        (
            L,
            with_table('[facts]\nlook_up = "items_lef"\nn = ""'),
            '16: There is no tool "items_lef". Did you mean "items_',
        ),
        (L, with_table('[facts]\nlook_up = "items_left"\nn = ""'), "16: items_left cannot look up before the call: it"),
        (
            E,
            swapped("{weekday}", "{facts.name}"),
            '7: Nothing is known of {facts.name}. Write name = "..." under [facts]',
        ),
        ("house/10-honesty.md", swapped("{caller}", "{facts.name}"), "1: Nothing is known of {facts.name}."),
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
        (
            L,
            with_line('language_policy = "folow"'),
            '1: language_policy = "folow" cannot be. Write "follow", "fixed", ',
        ),
        (
            L,
            lambda text: asking(text).replace('    "es-US",\n', ""),
            '1: With one language there is nothing to ask. Write language_policy = "fixed".',
        ),
        (
            L,
            lambda text: asking(text) + '[language_keys]\n1 = "en-US"\n',
            '15: "es-US" has no key. Write 2 = "es-US" under',
        ),
        (
            L,
            lambda text: asking(text) + '[language_keys]\n1 = "en-US"\n2 = "es-ES"\n',
            '17: "es-ES" is none of the line\'s languages. Did you mean "es-US"?',
        ),
        (
            L,
            lambda text: asking(text) + '[language_keys]\n10 = "en-US"\n2 = "es-US"\n',
            '16: "10" is no key for a language. Write one from "1" to "9".',
        ),
        (L, swapped('"es-US"', '"tlh"'), '5: There is no prompt for "tlh". Write shop/tlh.md, or'),
        (
            L,
            swapped('"es-US"', '"tlh"'),
            '5: Live does not speak tlh ("tlh"). Take it out, or write one it speaks: af, ak',
        ),
        # hours
        (
            L,
            swapped("America/New_York", "America/NewYork"),
            '11: There is no time zone "America/NewYork". Write "America/N',
        ),
        (L, swapped('time_zone = "America/New_York"\n', ""), "10: [hours] does not say where. Write time_zone ="),
        (L, swapped("09:00-18:00", "9-18"), '12: "9-18" of monday is no span of hours. Write "09:00-18:00".'),
        (L, swapped("09:00-18:00", "9.30am to 6pm"), 'of monday is no span of hours. Write "09:30-18:00".'),
        (L, swapped("09:00-18:00", "all day"), '12: "all day" of monday is no span of hours. Write "09:00-18:00".'),
        (
            L,
            swapped("09:00-18:00", "18:00-02:00"),
            '12: "18:00-02:00" of monday ends before it begins. Write "18:00-24:00"',
        ),
        (L, swapped("09:00-18:00", "09:00-09:00"), '12: "09:00-09:00" of monday ends when it begins. Write "00:00-24:'),
        (L, swapped("09:00-18:00", "09:00-25:00"), '12: "09:00-25:00" of monday: there is no 25:00. Write a time'),
        (L, swapped("09:00-18:00", "09:00-17:75"), '12: "09:00-17:75" of monday: there is no 17:75. Write a time'),
        (L, swapped("09:00-18:00", "Closed"), '12: "Closed" of monday stands for the whole day, in small letters.'),
        (L, swapped('"09:00-18:00"', "9"), '12: monday must be a text. Write monday = "09:00-18:00" or monday = "clo'),
        (
            L,
            swapped('"09:00-18:00"', '["09:00-12:00", "11:00-15:00"]'),
            '12: "09:00-12:00" and "11:00-15:00" of monday overlap. Write "09:00-15:00", or two that do not.',
        ),
        (
            L,
            lambda text: text + '[handoff_hours]\ntuesday = ["09:00-12:00",\n "13-17"]\n',
            '16: "13-17" of tuesday is no span of hours. Write "13:00-17:00".',
        ),
        (
            L,
            lambda text: text + '[handoff_hours]\nmondy = "closed"\n',
            '15: [handoff_hours] has no "mondy". Did you mean',
        ),
        (L, swapped("monday", "mondey"), '12: [hours] has no "mondey". Did you mean "monday"?'),
        (L, swapped("2026-12-25", "25.12.2026"), '13: "25.12.2026" is no day. Write it as "2026-12-25".'),
        # what the model does not grant
        (L, swapped('"telephone"', '"telefone"'), '8: There is no vad "telefone". Did you mean "telephone"?'),
        (L, with_line('voice = "Korea"'), '1: There is no voice "Korea". Did you mean "Kore"? Write that instead.'),
        (L, with_line("affective_dialog = false"), "1: affective_dialog: gemini-3.8-live always has it; remove"),
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
        (P, swapped("one_moment", "one_momnt"), '6: There is no phrase "one_momnt". Did you mean "one_moment"?'),
        (P, swapped('busy = "busy in en"\n', ""), '1: The phrase "busy" is missing, said when more calls go on than'),
        (P, swapped("busy in en", "busy, {caller}"), '12: The phrase "busy" is said as it stands. Write it without'),
        (P, swapped("busy in en", ""), '12: The phrase "busy" is empty, said when more calls'),
        (P, swapped('"busy in en"', "busy in en"), "12: Invalid value. Write `name ="),
        (P, swapped("en: {key}.", "For English, press 1."), '2: The phrase "language_menu" does not say which key to'),
        (
            P,
            swapped("I'm an AI.", "I'm here."),
            '1: The phrase "disclosure" does not say that an AI speaks. Write an AI',
        ),
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


WHO = '''\
"""Accounts."""

from app.toolkit import Caller, answer, identified, tool


@tool(identifies="details")
async def who_calls(postcode: str) -> object:
    """Find out who calls.

    Args:
        postcode: The postcode.
    """
    return identified("7", "Thank you.")


@tool(level="details")
async def balance(caller: Caller) -> dict[str, object]:
    """Tell the balance."""
    return answer("Four dollars.")


@tool(level="code", write=True)
async def close_account(caller: Caller) -> dict[str, object]:
    """Close the account."""
    return answer("Done.")


@tool
async def facts_of_caller(caller: Caller) -> dict[str, object]:
    """Look the caller up."""
    return answer("Found.", name="Ada")
'''


def with_tools(*names: str) -> Edit:
    listed = ", ".join(f'"{name}"' for name in ("end_call", *names))
    return swapped('["end_call"]', f"[{listed}]")


@pytest.mark.parametrize(
    ("edit", "found"),
    [
        (with_tools("balance"), '7: balance is only for callers who have shown who they are. Write "who_calls" into'),
        (
            with_tools("close_account", "who_calls"),
            '7: close_account is only for callers with a code by text. Write "send_code" and "check_code" into tools.',
        ),
        (with_tools("send_code", "check_code"), "7: send_code is only for callers who have shown who they are."),
        (with_table('[facts]\nlook_up = "who_calls"\nn = ""'), "16: who_calls is about who calls, which nobody has"),
        (with_table('[facts]\nlook_up = "balance"\nn = ""'), "16: balance is about who calls, which nobody has shown"),
        (with_table('[facts]\nlook_up = "close_account"\nn = ""'), "16: close_account changes something. Name a tool"),
    ],
)
def test_a_tool_the_line_cannot_use_is_an_error(tmp_path: Path, edit: Edit, found: str) -> None:
    errors = shown(checked(tmp_path, {L: edit}, WHO), tmp_path, "error")
    assert [error for error in errors if f"shop/line.toml:{found}" in error], errors


def test_tools_for_known_callers_are_right_beside_one_that_identifies(tmp_path: Path) -> None:
    edit = with_tools("who_calls", "balance", "close_account", "send_code", "check_code")
    facts = with_table('[facts]\nlook_up = "facts_of_caller"\nname = "a caller"')
    told = swapped("{weekday}", "{facts.name}")
    problems = checked(tmp_path, {L: lambda text: facts(edit(text)), E: told}, WHO)
    assert problems == []


def test_a_tool_that_is_off_is_told_once_a_line(tmp_path: Path) -> None:
    def read_tools(folder: Path) -> tuple[dict[str, LoadedTool], list[EditError]]:
        tools, errors = load_tools(folder)
        off = "items_left is off: the host is not allowed."
        return {name: replace(tool, off=off) for name, tool in tools.items()}, errors

    prompts = plant(tmp_path, {L: with_tools("items_left")})
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "stock.py").write_text(ITEMS_LEFT, encoding="utf-8")
    (hint,) = check(prompts, tmp_path / "tools", "developer", read_tools=read_tools)
    assert (hint.line, hint.severity) == (7, "hint")
    assert hint.what == "Callers are told that it cannot be done now: items_left is off: the host is not allowed."


def test_a_tool_without_its_secret_stops_no_line_and_is_a_hint_where_one_names_it(tmp_path: Path) -> None:
    def read_tools(folder: Path) -> tuple[dict[str, LoadedTool], list[EditError]]:
        return load_tools(folder, None, Hosts(frozenset({"shipping.rehearsal.example"})), {})

    for names, hint in (((), "No line uses track"), (("track",), "the secret SHIPPING_KEY is not set")):
        place = tmp_path / f"with_{len(names)}"
        (place / "tools").mkdir(parents=True)
        written(place / "tools", TRACK)
        found = check(plant(place, {L: with_tools(*names)}), place / "tools", "developer", read_tools=read_tools)
        assert [(problem.severity, hint in problem.what) for problem in found] == [("hint", True)]


def test_a_line_that_need_not_say_ai_is_told_of_the_law(tmp_path: Path) -> None:
    edits: dict[str, Edit | None] = {
        L: with_line('disclosure = "off-i-know"'),
        E: swapped("an AI assistant", "the assistant"),
    }
    problems = checked(tmp_path, edits)
    assert shown(problems, tmp_path, "error") == []
    (hint,) = [hint for hint in shown(problems, tmp_path, "hint") if "law" in hint]
    assert hint.startswith("prompts/shop/en-US.md:1: hint: Callers are not told that an AI speaks")


def test_a_wish_that_the_model_always_grants_is_no_mistake(tmp_path: Path) -> None:
    edit = with_line("affective_dialog = true\nproactive_audio = true")
    assert shown(checked(tmp_path, {L: edit}), tmp_path, "error") == []


def test_one_mistake_makes_one_error(tmp_path: Path) -> None:
    errors = shown(checked(tmp_path, {L: swapped('"telephone"', '"telefone"')}), tmp_path, "error")
    assert len(errors) == 1


def test_a_wrong_language_is_not_also_one_too_few_to_ask_for(tmp_path: Path) -> None:
    edits: dict[str, Edit | None] = {L: lambda text: asking(text).replace('"es-US"', '"spanish"')}
    errors = shown(checked(tmp_path, edits), tmp_path, "error")
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
        "prompts/phrases/en.toml:12",
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


def test_a_tools_mistake_is_told_where_it_is_and_not_again_by_each_line(tmp_path: Path) -> None:
    tools = ITEMS_LEFT.replace("item: str", "item: bytes")
    edit = swapped('["end_call"]', '["items_left", "end_call"]')
    problems = checked(tmp_path, {L: edit}, tools)
    (error,) = shown(problems, tmp_path, "error")
    assert error.startswith("tools/stock.py:7: item: bytes cannot be told to the model. Write str, int,")


@pytest.mark.parametrize(("name", "text"), [("track.toml", "= broken"), ("shop.mcp.toml", 'allow = ["track"\n')])
def test_a_mistake_in_a_tool_without_code_is_told_once(tmp_path: Path, name: str, text: str) -> None:
    prompts = plant(tmp_path, {L: swapped('["end_call"]', '["track", "end_call"]')})
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / name).write_text(text, encoding="utf-8")
    (error,) = shown(check(prompts, tmp_path / "tools", "developer"), tmp_path, "error")
    assert error.startswith(f"tools/{name}:1: ")


def test_where_the_tools_file_is_not_shown_the_line_says_what_it_lacks(tmp_path: Path) -> None:
    tools = ITEMS_LEFT.replace("item: str", "item: bytes")
    facts = with_table('[facts]\nlook_up = "items_left"\nn = ""')
    edit = swapped('["end_call"]', '["items_left", "end_call"]')
    problems = checked(tmp_path, {L: lambda text: facts(edit(text))}, tools)
    theirs = [problem for problem in problems if problem.file.name == "line.toml"]
    errors = shown(theirs, tmp_path, "error")
    what = "items_left cannot be used: there is a mistake in stock.py. Mend it, or take items_left out."
    assert errors == [f"prompts/shop/line.toml:7: {what}", f"prompts/shop/line.toml:16: {what}"]


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
        (E, swapped("You answer", "x" * 20_001), "en-US.md:1: hint: With the house's rules the prompt has about 50"),
        (
            L,
            lambda text: 'closed = "say"\n' + text[: text.index("[hours]")],
            'line.toml:1: hint: closed = "say" never comes to pass: the line is always open. Write [hours]',
        ),
        (L, with_line('language_policy = "fixed"'), 'line.toml:1: hint: Only "en-US" is spoken here. Take the others'),
        (L, with_table('[language_keys]\n1 = "en-US"'), "line.toml:15: hint: Nobody is asked for a key. Write"),
        (L, with_table('[facts]\nname = "x"'), "line.toml:16: hint: Nobody is told this fact. Write {facts.name}"),
        (L, with_table('[links]\nr = "https://a.example/r"'), "line.toml:15: hint: No link is texted here. Write"),
        (L, with_table('[handoff_hours]\nmonday = "09:00-12:00"'), "line.toml:15: hint: Nobody takes calls in these"),
        (
            "phrases/es.toml",
            None,
            "line.toml:5: hint: The app's own sentences are not there in Spanish: the assistant says the English ones "
            "in Spanish. Write phrases/es.toml to choose the words.",
        ),
        ("shop/fr.md", lambda _: "Bonjour.", 'fr.md:1: hint: Nothing reads this file. Write "fr" into languages'),
        ("shop/notes.txt", lambda _: "Notes.", "notes.txt:1: hint: Nothing reads this file."),
        (L, str, "stock.py:7: hint: No line uses items_left. Write it into tools"),
    ],
)
def test_what_is_allowed_but_odd_is_a_hint(tmp_path: Path, file: str, edit: Edit | None, found: str) -> None:
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


OFF_ITS_PLACE = "is a setting of the line, not of"


@pytest.mark.parametrize(
    ("table", "found"),
    [
        (
            '[facts]\nname = "x"\nclosed = "say"',
            f"17: closed {OFF_ITS_PLACE} [facts]. Write it above the first [table].",
        ),
        (
            '[facts]\nname = "x"\nsilence_s = 5',
            f"17: silence_s {OFF_ITS_PLACE} [facts]. Write it above the first [table].",
        ),
        (
            '[facts]\nhours = "nine to five"',
            f"16: hours {OFF_ITS_PLACE} [facts]. Write it under [hours], or under anot",
        ),
        ('[links]\nvoice = "Puck"', f"16: voice {OFF_ITS_PLACE} [links]. Write it above the first [table]."),
        ("[patience]\nsilence_s = 5", f"16: silence_s {OFF_ITS_PLACE} [patience]. Write it above the first [table]."),
        ('[texts]\nclosed = "say"', f"16: closed {OFF_ITS_PLACE} [texts]. Write it above the first [table]."),
        (
            '[handoff_hours]\nvad = "eager"',
            f"16: vad {OFF_ITS_PLACE} [handoff_hours]. Write it above the first [table].",
        ),
    ],
)
def test_a_setting_below_a_table_is_told_its_place_and_nothing_else(tmp_path: Path, table: str, found: str) -> None:
    (error,) = shown(checked(tmp_path, {L: with_table(table)}), tmp_path, "error")
    assert error.startswith(f"prompts/{L}:{found}")


def test_a_setting_at_the_end_of_the_hours_is_told_its_place(tmp_path: Path) -> None:
    errors = shown(checked(tmp_path, {L: lambda text: f'{text}voice = "Puck"\n'}), tmp_path, "error")
    assert errors == [f"prompts/{L}:14: voice {OFF_ITS_PLACE} [hours]. Write it above the first [table]."]


def test_a_link_may_be_called_like_a_setting(tmp_path: Path) -> None:
    edit = with_table('[links]\nhours = "https://acme.example/hours"')
    assert shown(checked(tmp_path, {L: edit}), tmp_path, "error") == []


@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("lunes", 'Did you mean "monday"? Write that instead.'),
        ("wed", 'Did you mean "wednesday"? Write that instead.'),
        (
            "daily",
            'Write one of "time_zone", "holidays", "monday", "tuesday", "wednesday", "thursday", "friday", "satu',
        ),
    ],
)
def test_a_day_of_another_name_is_told_the_days_in_their_order(tmp_path: Path, day: str, said: str) -> None:
    (error,) = shown(checked(tmp_path, {L: swapped("monday", day)}), tmp_path, "error")
    assert error.startswith(f'prompts/{L}:12: [hours] has no "{day}". {said}')


@pytest.mark.parametrize(
    "edit",
    [
        lambda text: text.replace('["end_call"]', '["end_call" "items_left"]'),
        lambda text: text.replace('["end_call"]', '"items_left"'),
        lambda text: text.replace('["+12125550123"]', "[+12125550123]").replace("end_call", 'end_call", "items_left'),
    ],
)
def test_a_mistake_brings_no_advice_that_is_wrong_without_it(tmp_path: Path, edit: Edit) -> None:
    problems = checked(tmp_path, {L: edit})
    assert len(shown(problems, tmp_path, "error")) == 1
    assert shown(problems, tmp_path, "hint") == []


def test_a_tool_that_no_line_names_is_told_also_beside_a_mistake(tmp_path: Path) -> None:
    problems = checked(tmp_path, {L: swapped('["end_call"]', '["end_call"')})
    assert [hint for hint in shown(problems, tmp_path, "hint") if "No line uses items_left" in hint]
