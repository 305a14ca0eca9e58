"""Reads the lines of ``prompts/``, and every mistake in them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import phonenumbers

from app.edits import EditError
from app.prompts import render
from app.prompts.files import Toml, read_markdown, read_text, read_toml
from app.prompts.hours import read_hours
from app.prompts.languages import ai_example, file_for, main_language, says_it_is_ai, tag_problem
from app.prompts.line import (
    ANY_NUMBER,
    CLOSED,
    DEFAULT_MODEL,
    DEFAULT_VOICE,
    Line,
    greeting,
    instruction,
    line_for,
    open_now,
)
from app.prompts.phrases import load_phrases
from app.prompts.sheet import Sheet

__all__ = [
    "ANY_NUMBER",
    "Line",
    "greeting",
    "instruction",
    "line_folders",
    "line_for",
    "load_lines",
    "load_phrases",
    "open_now",
    "read_lines",
]

NOT_LINES = ("house", "phrases")
KEYS = (
    *("business", "numbers", "model", "voice", "languages", "tools", "vad", "hours", "closed", "handoff_number"),
    *("silence_s", "longest_call_s", "google_search", "temperature", "thinking", "affective_dialog"),
    "proactive_audio",
)

_ANY_E164 = "+12125550123"


@dataclass(frozen=True, slots=True)
class Reading:
    """One line as it was read: ``whole`` when it can answer calls, ``toml`` None when it could not be read at all."""

    line: Line | None
    toml: Toml | None
    errors: tuple[EditError, ...]
    whole: bool


def load_lines(folder: Path) -> tuple[dict[str, Line], list[EditError]]:
    """Every line of ``prompts/`` by name, and every mistake. A line with a mistake of its own is left out."""
    readings, errors = read_lines(folder)
    lines = {reading.line.name: reading.line for reading in readings if reading.line and reading.whole}
    return lines, [*errors, *(error for reading in readings for error in reading.errors)]


def read_lines(folder: Path) -> tuple[list[Reading], list[EditError]]:
    """Every line's folder as it was read, and the mistakes in what the lines share."""
    if not folder.is_dir():
        return [], [EditError(folder, 1, "There is no such folder. Make it, with a folder for each line in it.")]
    rules, errors = _house_rules(folder / "house")
    phrases, wrong_phrases = load_phrases(folder / "phrases")
    shared = _Shared(rules, phrases, frozenset(error.file for error in wrong_phrases))
    readings = [_read_line(home, shared) for home in line_folders(folder)]
    if not readings:
        errors.append(EditError(folder, 1, "There is no line. Make a folder with a line.toml in it."))
    return readings, [*errors, *wrong_phrases]


@dataclass(frozen=True, slots=True)
class _Shared:
    """What all lines of a folder have in common; ``taken`` fills with the numbers of the lines read so far."""

    rules: str
    phrases: Mapping[str, Mapping[str, str]]
    wrong_phrase_files: frozenset[Path]
    taken: dict[str, str] = field(default_factory=dict)


def line_folders(folder: Path) -> list[Path]:
    """The folders of lines: all but the house's, the phrases', and those whose name starts with _ or a dot."""
    homes = (home for home in sorted(folder.iterdir()) if home.is_dir() and home.name not in NOT_LINES)
    return [home for home in homes if not home.name.startswith(("_", "."))]


def _house_rules(folder: Path) -> tuple[str, list[EditError]]:
    texts: list[str] = []
    errors: list[EditError] = []
    for file in sorted(folder.glob("*.md")):
        try:
            text = read_text(file)
        except EditError as error:
            errors.append(error)
            continue
        texts.append(text.strip())
        errors += render.wrong_variables(file, 1, text)
    return "\n\n".join(texts), errors


def _read_line(home: Path, shared: _Shared) -> Reading:
    try:
        toml = read_toml(home / "line.toml")
    except EditError as error:
        return Reading(None, None, (error,), False)
    sheet = Sheet(toml)
    line = _line(home, sheet, shared)
    complete = len(line.phrases) == len(line.greetings) == len(line.languages)
    return Reading(line, toml, tuple(sheet.errors), complete and not sheet.errors)


def _line(home: Path, sheet: Sheet, shared: _Shared) -> Line:
    sheet.known(KEYS)
    languages = _languages(sheet)
    words = _Words(home, sheet, shared.rules)
    for tag in languages:
        words.read(tag)
    return Line(
        name=home.name,
        business=_business(sheet),
        numbers=_numbers(sheet, home.name, shared.taken),
        model=sheet.text("model", DEFAULT_MODEL),
        voice=sheet.text("voice", DEFAULT_VOICE),
        languages=languages,
        tools=sheet.texts("tools"),
        vad=sheet.text("vad", "telephone"),
        hours=read_hours(sheet),
        closed=sheet.choice("closed", CLOSED),
        handoff_number=_handoff_number(sheet),
        silence_s=sheet.number("silence_s", 10.0, 3.0, 120.0),
        longest_call_s=sheet.number("longest_call_s", 1200.0, 30.0, 14_400.0),
        google_search=bool(sheet.flag("google_search")),
        temperature=sheet.number("temperature", 1.0, 0.0, 2.0) if "temperature" in sheet.toml.data else None,
        thinking=_thinking(sheet),
        affective_dialog=sheet.flag("affective_dialog"),
        proactive_audio=sheet.flag("proactive_audio"),
        greetings=words.greetings,
        instructions=words.instructions,
        phrases=_phrases(sheet, languages, home.parent / "phrases", shared),
    )


class _Words:
    """What the assistant says first and is told, collected language by language."""

    def __init__(self, home: Path, sheet: Sheet, rules: str) -> None:
        self._home, self._sheet, self._rules = home, sheet, rules
        self.greetings: dict[str, str] = {}
        self.instructions: dict[str, str] = {}

    def read(self, tag: str) -> None:
        file = file_for(self._home, tag, ".md")
        if file is None:
            problem = f'There is no prompt for "{tag}". Write {self._home.name}/{tag}.md, or take the language out.'
            self._sheet.wrong("languages", problem, tag)
            return
        try:
            self._take(tag, file)
        except EditError as error:
            self._sheet.errors.append(error)

    def _take(self, tag: str, file: Path) -> None:
        text = read_markdown(file)
        hello = text.front.get("greeting", "")
        errors = self._sheet.errors
        for name in text.front:
            if name != "greeting":
                errors.append(EditError(file, text.lines[name], f'There is no "{name}" here. Write greeting: instead.'))
        if not hello:
            at = text.lines.get("greeting", 1)
            errors.append(EditError(file, at, "There is no greeting. Write `greeting: ...` between two lines of ---."))
        elif not says_it_is_ai(hello, tag):
            problem = f"The greeting does not say that an AI speaks. Write {ai_example(tag)} into it."
            errors.append(EditError(file, text.lines["greeting"], problem))
        if not text.body:
            problem = "Nothing is told to the assistant. Write under the front matter what it is for."
            errors.append(EditError(file, text.body_line, problem))
        errors += render.wrong_variables(file, text.lines.get("greeting", 1), hello)
        errors += render.wrong_variables(file, text.body_line, text.body)
        self.greetings[tag] = hello
        self.instructions[tag] = f"{self._rules}\n\n{text.body}".strip()


def _business(sheet: Sheet) -> str:
    name = sheet.text("business")
    if not name:
        sheet.wrong("business", 'The line does not say whose it is. Write business = "Your company".')
    return name


def _languages(sheet: Sheet) -> tuple[str, ...]:
    tags = sheet.texts("languages") if "languages" in sheet.toml.data else ("en-US",)
    if not tags:
        sheet.wrong("languages", 'The line has no language. Write languages = ["en-US"].')
    for tag in tags:
        problem = tag_problem(tag)
        if problem:
            sheet.wrong("languages", problem, tag)
    return tuple(tag for tag in tags if not tag_problem(tag))


def _phrases(sheet: Sheet, languages: tuple[str, ...], folder: Path, shared: _Shared) -> dict[str, Mapping[str, str]]:
    found: dict[str, Mapping[str, str]] = {}
    for tag in languages:
        said = shared.phrases.get(tag) or shared.phrases.get(main_language(tag))
        if said:
            found[tag] = said
        elif not {folder / f"{tag}.toml", folder / f"{main_language(tag)}.toml"} & shared.wrong_phrase_files:
            problem = f'There are no phrases for "{tag}". Write {folder.name}/{main_language(tag)}.toml.'
            sheet.wrong("languages", problem, tag)
    return found


def _numbers(sheet: Sheet, name: str, taken: dict[str, str]) -> tuple[str, ...]:
    numbers = sheet.texts("numbers")
    if not numbers and "numbers" not in sheet.toml.data:
        sheet.wrong("numbers", 'The line has no number. Write numbers = ["+12125550123"], or ["*"] for any number.')
    for number in numbers:
        problem = "" if number == ANY_NUMBER else number_problem(number)
        if problem:
            sheet.wrong("numbers", problem, number)
        elif number in taken:
            problem = f'{number} is answered by the line "{taken[number]}" already. Take it out of one of them.'
            sheet.wrong("numbers", problem, number)
        taken.setdefault(number, name)
    return numbers


def _handoff_number(sheet: Sheet) -> str | None:
    number = sheet.text("handoff_number")
    if number and number_problem(number):
        sheet.wrong("handoff_number", number_problem(number))
    if not number and "hand_off" in str(sheet.toml.data.get("tools", "")):
        problem = f'The tool hand_off has nobody to pass calls to. Write handoff_number = "{_ANY_E164}", your own.'
        sheet.wrong("tools", problem, "hand_off")
    return number or None


def number_problem(number: str) -> str:
    """What is wrong with a phone number and what to write; empty when it is E.164."""
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return f'"{number}" is no international number. Write it with + and the country, as "{_ANY_E164}".'
    right = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    if not phonenumbers.is_possible_number(parsed):
        return f'"{number}" has too few or too many digits. Write all of it, as "{_ANY_E164}".'
    return "" if right == number else f'"{number}" has more than + and digits in it. Write "{right}" instead.'


def _thinking(sheet: Sheet) -> str | None:
    value = sheet.toml.data.get("thinking")
    if type(value) is int:
        return str(value)
    if value is None or isinstance(value, str):
        return value
    sheet.wrong("thinking", 'thinking must be a level or a budget. Write thinking = "low", or a number of tokens.')
    return None
