"""The tables of a line.toml: patience, keys of languages, facts, links, texts."""

import re
from collections.abc import Iterable
from ipaddress import ip_address
from typing import cast
from urllib.parse import urlsplit

from app.edits import meant
from app.prompts.keys import without_settings
from app.prompts.line import RECORDINGS, Line, Recording
from app.prompts.numbers import number_problem
from app.prompts.render import FACT, FACT_LETTERS
from app.retaining import keeping_in
from app.tomls import Sheet, Toml

MOST_FACTS = 20
_KEYS = "123456789"
_NAME = re.compile(r"[a-z][a-z0-9_]*")


def sub_sheet(sheet: Sheet, name: str, keys: Iterable[str] | None = None) -> Sheet:
    """The table ``[name]`` as a sheet of its own, whose mistakes go where the line's go. ``keys``: all it may have."""
    written = sheet.toml.data.get(name, {})
    if not isinstance(written, dict):
        sheet.wrong(name, f"{name} must be a table. Write a line [{name}], and its settings under it.")
        written = {}
    written = without_settings(sheet, name, written)
    inside = {key.removeprefix(f"{name}."): at for key, at in sheet.toml.lines.items() if key.startswith(f"{name}.")}
    lines = {**inside, "": sheet.toml.line_of(name)}
    table = Sheet(Toml(sheet.toml.file, written, lines, sheet.toml.text))
    table.errors = sheet.errors
    names = list(keys or written)
    for key in written:
        if key not in names:
            table.wrong(key, f'[{name}] has no "{key}". {meant(key, names)}')
    return table


def read_patience(sheet: Sheet) -> tuple[int | None, int]:
    """The silence that ends what a caller says (None: as ``vad`` has it), and the one that may be among digits."""
    table = sub_sheet(sheet, "patience", ("end_of_speech_ms", "digits_ms"))
    # Less cuts sentences in pieces, more is not honoured: https://github.com/google-gemini/cookbook/issues/1263
    end = table.number("end_of_speech_ms", 500, 200, 2000) if "end_of_speech_ms" in table.toml.data else None
    return None if end is None else int(end), int(table.number("digits_ms", 1200, 0, 5000))


def read_not_redacted(sheet: Sheet) -> tuple[str, ...]:
    """Patterns of what is kept in the records though it looks like a number that must not be."""
    patterns = sheet.texts("not_redacted")
    for pattern in patterns:
        try:
            matches_all = re.compile(pattern).search("") is not None
        except re.error as error:
            sheet.wrong("not_redacted", f"{pattern!r} is no regular expression: {error}.")
            continue
        if matches_all:
            sheet.wrong("not_redacted", f"{pattern!r} matches everything. Write what the number looks like.")
    return patterns


def read_retention(sheet: Sheet) -> str:
    """How long the line's calls are kept, where not as the house's."""
    text = sheet.text("retention")
    try:
        keeping_in(text)
    except ValueError as error:
        sheet.wrong("retention", f"{error}. Write it as transcript=30 sound=7, in days.")
        return ""
    return text


def read_language_keys(sheet: Sheet, languages: tuple[str, ...], policy: str) -> dict[str, str]:
    """Key of the phone → language: as written, or by the order of the list when the line asks."""
    table = sub_sheet(sheet, "language_keys")
    keys = {key: table.text(key) for key in table.toml.data}
    if policy != "ask":
        return keys
    written = sheet.toml.data.get("languages")
    if len(languages) == 1 and not (isinstance(written, list) and len(written) > 1):
        sheet.wrong("language_policy", 'With one language there is nothing to ask. Write language_policy = "fixed".')
    if len(languages) > len(_KEYS):
        sheet.wrong("languages", f"A phone has keys for {len(_KEYS)} languages. Take some out, or do not ask.")
    if not keys:
        return dict(zip(_KEYS, languages, strict=False))
    strange = [tag for tag in keys.values() if tag not in languages]
    for key, tag in keys.items():
        if len(key) != 1 or key not in _KEYS:
            table.wrong(key, f'"{key}" is no key for a language. Write one from "1" to "9".')
        if tag in strange:
            table.wrong(key, f'"{tag}" is none of the line\'s languages. {meant(tag, languages)}')
    for tag in languages if not strange else ():
        if tag not in keys.values():
            free = next((key for key in _KEYS if key not in keys), "9")
            sheet.wrong("language_keys", f'"{tag}" has no key. Write {free} = "{tag}" under [language_keys].')
    return keys


def read_facts(sheet: Sheet) -> tuple[str | None, dict[str, str]]:
    """The tool that looks facts up before the call is answered, and each fact's text when it finds nothing."""
    table = sub_sheet(sheet, "facts")
    names = [name for name in table.toml.data if name != "look_up"]
    if len(names) > MOST_FACTS:
        sheet.wrong("facts", f"{len(names)} facts are too many. Keep the {MOST_FACTS} that matter most.")
    facts = {name: table.text(name) for name in names}
    for name, text in facts.items():
        if not _NAME.fullmatch(name):
            table.wrong(name, f'"{name}" is no name for a fact. Write small letters and _, such as open_orders.')
        if len(text) > FACT_LETTERS:
            table.wrong(name, f"{FACT}{name} has {len(text)} letters. Write at most {FACT_LETTERS}.")
        if "{" in text or "}" in text:
            table.wrong(name, f"{FACT}{name} is said as it stands. Write it without {{...}}.")
    look_up = table.text("look_up") or None
    if look_up and not names:
        table.wrong("look_up", f'What {look_up} finds has no name here. Write the facts under it, as in name = "".')
    return look_up, facts


def read_links(sheet: Sheet) -> dict[str, str]:
    """The addresses that may be texted to a caller, by name."""
    table = sub_sheet(sheet, "links")
    links = {name: table.text(name) for name in table.toml.data}
    for name, link in links.items():
        problem = link_problem(link)
        if problem:
            table.wrong(name, problem)
    return links


def link_problem(link: str) -> str:
    """What is wrong with an address and what to write; empty when it may be texted."""
    try:
        parts = urlsplit(link)
        host = parts.hostname or ""
    except ValueError:
        parts, host = urlsplit(""), ""
    if any(one.isspace() or one in "{}" for one in link):
        return f'"{link}" has a space or a brace in it. Write the whole address, as "https://example.com/returns".'
    if parts.scheme != "https":
        bare = re.sub(r"^\w*:?/*", "", link) if "://" in link else link
        return f'"{link}" does not begin with https://. Write "https://{bare}" instead.'
    if "." not in host or _is_address(host):
        return f'"{link}" names no host. Write it as "https://example.com/returns".'
    if parts.username or parts.password:
        return f'"{link}" has a user in it. Write it without what stands before the @.'
    return ""


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def read_text_number(sheet: Sheet) -> str | None:
    """The number that texts are sent from; None for the number called."""
    table = sub_sheet(sheet, "texts", ("from",))
    number = table.text("from")
    if number and number_problem(number):
        table.wrong("from", number_problem(number))
    return number or None


def read_recording(sheet: Sheet, line: Line) -> Recording:
    """Whether the line's calls are recorded; callers must be told or asked in each of its languages."""
    policy = cast(Recording, sheet.choice("recording", RECORDINGS))
    phrase = {"notice": "recording_notice", "ask": "recording_question"}.get(policy)
    for tag, phrases in line.phrases.items():
        if phrase is not None and not phrases.get(phrase):
            written = line.phrases_language[tag]
            told = f'The phrase "{phrase}" is missing. Write it into phrases/{written}.toml, or recording = "off".'
            sheet.wrong("recording", told)
    if policy == "ask" and {"1", "2"} & set(line.language_keys):
        sheet.wrong("recording", "The keys 1 and 2 answer whether a call may be recorded. Give the languages others.")
    return policy
