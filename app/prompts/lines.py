"""Reads the lines of ``prompts/``, and every mistake in them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

from app.edits import EditError
from app.prompts import render
from app.prompts.files import read_text
from app.prompts.hours import read_hours
from app.prompts.keys import KEYS
from app.prompts.languages import main_language, tag_problem
from app.prompts.line import (
    ANY_NUMBER,
    BUSY,
    CLOSED,
    COST_LIMIT_WAYS,
    DEFAULT_MODEL,
    DEFAULT_VOICE,
    DISCLOSURES,
    UNREACHABLE,
    Busy,
    Closed,
    CostLimitWay,
    Disclosure,
    Line,
    Unreachable,
    greeting,
    hands_off_now,
    instruction,
    line_for,
    open_now,
)
from app.prompts.numbers import read_handoff_number, read_numbers
from app.prompts.phrases import load_phrases
from app.prompts.scorecard import read_scorecard
from app.prompts.tables import (
    read_facts,
    read_language_keys,
    read_links,
    read_not_redacted,
    read_patience,
    read_recording,
    read_retention,
    read_text_number,
)
from app.prompts.told import Told
from app.prompts.tongues import POLICIES, LanguagePolicy
from app.tomls import Sheet, Toml, read_toml

__all__ = [
    "ANY_NUMBER",
    "Line",
    "greeting",
    "hands_off_now",
    "instruction",
    "line_folders",
    "line_for",
    "load_lines",
    "load_phrases",
    "open_now",
    "read_lines",
]

NOT_LINES = ("house", "phrases")

_LENT = "en"  # whose phrases a language has that has none of its own


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
    policy = cast(LanguagePolicy, sheet.choice("language_policy", POLICIES))
    disclosure = cast(Disclosure, sheet.choice("disclosure", DISCLOSURES))
    look_up, facts = read_facts(sheet)
    told = Told(home, sheet, shared.rules, facts, disclosure == "greeting")
    for tag in languages:
        told.read(tag)
    phrases, phrases_language = _phrases(sheet, languages, home.parent / "phrases", shared)
    line = Line(
        name=home.name,
        business=_business(sheet),
        numbers=read_numbers(sheet, home.name, shared.taken),
        languages=languages,
        language_policy=policy,
        language_keys=read_language_keys(sheet, languages, policy),
        look_up=look_up,
        facts=facts,
        disclosure=disclosure,
        greetings=told.greetings,
        instructions=told.instructions,
        phrases=phrases,
        phrases_language=phrases_language,
        scorecard=read_scorecard(home, sheet.errors),
    )
    return _limited(_at_home(_with_model(line, sheet), sheet), sheet)


def _with_model(line: Line, sheet: Sheet) -> Line:
    """The line with the model it wishes, and how that listens, thinks and acts."""
    end_of_speech_ms, digits_ms = read_patience(sheet)
    return replace(
        line,
        model=sheet.text("model", DEFAULT_MODEL),
        voice=sheet.text("voice", DEFAULT_VOICE),
        tools=sheet.texts("tools"),
        vad=sheet.text("vad", "telephone"),
        end_of_speech_ms=end_of_speech_ms,
        digits_ms=digits_ms,
        google_search=bool(sheet.flag("google_search")),
        notice_of_listening=bool(sheet.flag("notice_of_listening")),
        temperature=sheet.number("temperature", 1.0, 0.0, 2.0) if "temperature" in sheet.toml.data else None,
        thinking=_thinking(sheet),
        affective_dialog=sheet.flag("affective_dialog"),
        proactive_audio=sheet.flag("proactive_audio"),
    )


def _at_home(line: Line, sheet: Sheet) -> Line:
    """The line with its hours and with who takes over."""
    closed = cast(Closed, sheet.choice("closed", CLOSED))
    busy = cast(Busy, sheet.choice("busy", BUSY))
    unreachable = cast(Unreachable, sheet.choice("unreachable", UNREACHABLE)) if _says(sheet, "unreachable") else None
    return replace(
        line,
        hours=read_hours(sheet),
        closed=closed,
        handoff_number=read_handoff_number(sheet, {"closed": closed, "busy": busy, "unreachable": unreachable}),
        busy=busy,
        unreachable=unreachable,
        handoff_hours=read_hours(sheet, "handoff_hours"),
        text_number=read_text_number(sheet),
        links=read_links(sheet),
        recording=read_recording(sheet, line),
    )


def _says(sheet: Sheet, key: str) -> bool:
    return key in sheet.toml.data


def _limited(line: Line, sheet: Sheet) -> Line:
    """The line with its limits."""
    limited = "cost_limit_usd" in sheet.toml.data
    return replace(
        line,
        silence_s=sheet.number("silence_s", 10.0, 3.0, 120.0),
        longest_call_s=sheet.number("longest_call_s", 1200.0, 30.0, 14_400.0),
        cost_limit_usd=sheet.number("cost_limit_usd", 1.0, 0.05, 100.0) if limited else None,
        not_redacted=read_not_redacted(sheet),
        retention=read_retention(sheet),
        cost_limit_way=cast(CostLimitWay, sheet.choice("cost_limit_way", COST_LIMIT_WAYS)),
        tools_per_turn=int(sheet.number("tools_per_turn", 8, 1, 50)),
    )


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


def _phrases(
    sheet: Sheet, languages: tuple[str, ...], folder: Path, shared: _Shared
) -> tuple[dict[str, Mapping[str, str]], dict[str, str]]:
    """The phrases of each language, and in which language they are written: English where there are no others."""
    found: dict[str, Mapping[str, str]] = {}
    written_in: dict[str, str] = {}
    for tag in languages:
        own = (tag, main_language(tag))
        broken = {folder / f"{name}.toml" for name in own} & shared.wrong_phrase_files
        name = next((name for name in (*own, _LENT) if name in shared.phrases), "")
        if name and not broken:
            found[tag], written_in[tag] = shared.phrases[name], name
        elif not broken and folder / f"{_LENT}.toml" not in shared.wrong_phrase_files:
            problem = f'There are no phrases for "{tag}". Write {folder.name}/{main_language(tag)}.toml.'
            sheet.wrong("languages", problem, tag)
    return found, written_in


def _thinking(sheet: Sheet) -> str | None:
    value = sheet.toml.data.get("thinking")
    if type(value) is int:
        return str(value)
    if value is None or isinstance(value, str):
        return value
    sheet.wrong("thinking", 'thinking must be a level or a budget. Write thinking = "low", or a number of tokens.')
    return None
