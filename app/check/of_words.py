"""Advice on a line's languages, hours and words."""

from collections.abc import Iterator
from pathlib import Path

from app.check.problem import Problem, at
from app.edits import listed
from app.prompts.hours import Hours
from app.prompts.languages import ai_example, file_for, main_language, says_it_is_ai
from app.prompts.line import Line
from app.prompts.phrases import LATER
from app.prompts.render import FACT
from app.prompts.tokens import tokens
from app.prompts.tongues import english_name
from app.tomls import Toml

_LONG_TOKENS = 4_000  # billed again at every turn: https://ai.google.dev/gemini-api/docs/pricing


def problems(line: Line, toml: Toml) -> Iterator[Problem]:
    """Every piece of advice on what a line says."""
    yield from _languages(line, toml)
    yield from _later_phrases(line, toml)
    yield from _disclosure(line, toml)
    yield from _hours(line, toml)
    yield from _facts(line, toml)
    yield from _long(line, toml)
    if not line.numbers:
        yield at(toml, "numbers", 'No number rings here. Write numbers = ["+12125550123"], your own.', "hint")


def _languages(line: Line, toml: Toml) -> Iterator[Problem]:
    if line.language_policy == "fixed" and len(line.languages) > 1:
        what = f'Only "{line.languages[0]}" is spoken here. Take the others out, or write language_policy = "follow".'
        yield at(toml, "language_policy", what, "hint")
    if line.language_policy != "ask" and line.language_keys:
        yield at(toml, "language_keys", 'Nobody is asked for a key. Write language_policy = "ask".', "hint")
    for tag, written_in in line.phrases_language.items():
        if main_language(tag) != main_language(written_in):
            name = english_name(tag)
            what = f"The app's own sentences are not there in {name}: the assistant says the English ones in {name}."
            remedy = f"Write phrases/{main_language(tag)}.toml to choose the words."
            yield at(toml, "languages", f"{what} {remedy}", "hint", tag)


def _later_phrases(line: Line, toml: Toml) -> Iterator[Problem]:
    files = {written_in: line.phrases[tag] for tag, written_in in line.phrases_language.items()}
    for written_in, phrases in files.items():
        missing = [name for name in LATER if name not in phrases]
        if missing:
            what = f"phrases/{written_in}.toml has no {listed(missing, 'and')}: callers hear the English of the house."
            yield at(toml, "languages", f'{what} Write {missing[0]} = "..." there.', "hint")


def _disclosure(line: Line, toml: Toml) -> Iterator[Problem]:
    if line.disclosure != "off-i-know":
        return
    for tag, hello in line.greetings.items():
        if not says_it_is_ai(hello, tag):
            what = "Callers are not told that an AI speaks, as disclosure in line.toml allows."
            remedy = f"Write {ai_example(tag)} into the greeting: in many places that is the law."
            yield Problem(_file(toml, tag), 1, f"{what} {remedy}", "hint")


def _hours(line: Line, toml: Toml) -> Iterator[Problem]:
    if line.closed != "answer" and line.hours.week is None:
        what = f'closed = "{line.closed}" never comes to pass: the line is always open. Write [hours] with its days.'
        yield at(toml, "closed", what, "hint")
    if line.handoff_hours != Hours() and line.handoff_number is None:
        yield at(toml, "handoff_hours", "Nobody takes calls in these hours. Write handoff_number, too.", "hint")


def _facts(line: Line, toml: Toml) -> Iterator[Problem]:
    told = "\n".join((*line.instructions.values(), *line.greetings.values())).replace(" ", "")
    for name in line.facts:
        if f"{{{FACT}{name}}}" not in told and "{facts}" not in told:
            what = f"Nobody is told this fact. Write {{{FACT}{name}}} into a prompt, or take it out."
            yield at(toml, f"facts.{name}", what, "hint")


def _long(line: Line, toml: Toml) -> Iterator[Problem]:
    for tag, told in line.instructions.items():
        many = tokens(told)
        if many > _LONG_TOKENS:
            what = f"With the house's rules the prompt has about {many} tokens, and each turn pays for them again."
            yield Problem(_file(toml, tag), 1, f"{what} Cut it to {_LONG_TOKENS}.", "hint")


def _file(toml: Toml, tag: str) -> Path:
    return file_for(toml.file.parent, tag, ".md") or toml.file
