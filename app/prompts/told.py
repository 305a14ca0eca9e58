"""Reads what the assistant of a line says first and is told, language by language."""

from collections.abc import Collection
from pathlib import Path

from app.edits import EditError
from app.prompts import render
from app.prompts.files import Markdown, read_markdown
from app.prompts.languages import ai_example, file_for, says_it_is_ai
from app.tomls import Sheet


class Told:
    """The greetings and instructions of a line, by language; mistakes go to its sheet.

    ``rules`` are the house's, ``facts`` the names of the line's. ``discloses``: a greeting must say that an AI speaks.
    """

    def __init__(self, home: Path, sheet: Sheet, rules: str, facts: Collection[str], discloses: bool) -> None:
        self._home, self._sheet, self._rules = home, sheet, rules
        self._facts, self._discloses = facts, discloses
        self.greetings: dict[str, str] = {}
        self.instructions: dict[str, str] = {}

    def read(self, tag: str) -> None:
        """Read the file of a language."""
        file = file_for(self._home, tag, ".md")
        if file is None:
            problem = f'There is no prompt for "{tag}". Write {self._home.name}/{tag}.md, or take the language out.'
            self._sheet.wrong("languages", problem, tag)
            return
        try:
            text = read_markdown(file)
        except EditError as error:
            self._sheet.errors.append(error)
            return
        self._check(text, tag)
        self.greetings[tag] = text.front.get("greeting", "")
        self.instructions[tag] = f"{self._rules}\n\n{text.body}".strip()

    def _check(self, text: Markdown, tag: str) -> None:
        errors, file = self._sheet.errors, text.file
        for name in (name for name in text.front if name != "greeting"):
            errors.append(EditError(file, text.lines[name], f'There is no "{name}" here. Write greeting: instead.'))
        if not text.body:
            problem = "Nothing is told to the assistant. Write under the front matter what it is for."
            errors.append(EditError(file, text.body_line, problem))
        self._check_greeting(text, tag)
        errors += render.wrong_variables(file, text.body_line, text.body, self._facts)

    def _check_greeting(self, text: Markdown, tag: str) -> None:
        hello, at = text.front.get("greeting", ""), text.lines.get("greeting", 1)
        problem = ""
        if not hello:
            problem = "There is no greeting. Write `greeting: ...` between two lines of ---."
        elif self._discloses and not says_it_is_ai(hello, tag):
            problem = f"The greeting does not say that an AI speaks. Write {ai_example(tag)} into it."
        if problem:
            self._sheet.errors.append(EditError(text.file, at, problem))
        self._sheet.errors += render.wrong_variables(text.file, at, hello, self._facts)
