"""What is asked of a call on a line after its end: a line's scorecard.toml."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from app.edits import EditError
from app.prompts.languages import tag_problem
from app.tomls import Sheet, read_toml

FILE = "scorecard.toml"
KEYS = ("share", "language", "tags", "criteria", "points")
MOST_CRITERIA = 12
MOST_TAGS = 30
MOST_LETTERS = 300  # of a question
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_TAG = re.compile(r"[a-z0-9][a-z0-9_-]{0,29}")


@dataclass(frozen=True, slots=True)
class Scorecard:
    """``criteria`` are questions by name, ``points`` what each counts. ``share``: percent of calls, None: the house's.

    ``tags`` empty: the model chooses its own. ``language`` is what the answers are written in.
    """

    criteria: Mapping[str, str] = field(default_factory=dict)
    points: Mapping[str, float] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    language: str = "en"
    share: float | None = None


def read_scorecard(home: Path, errors: list[EditError]) -> Scorecard:
    """The scorecard of a line's folder, an empty one where there is none. Mistakes go to ``errors``."""
    file = home / FILE
    if not file.is_file():
        return Scorecard()
    try:
        sheet = Sheet(read_toml(file))
    except EditError as error:
        errors.append(error)
        return Scorecard()
    sheet.errors = errors
    sheet.known(KEYS)
    criteria = _criteria(sheet)
    return Scorecard(criteria, _points(sheet, criteria), _tags(sheet), _language(sheet), _share(sheet))


def _share(sheet: Sheet) -> float | None:
    return sheet.number("share", 100.0, 0.0, 100.0) if "share" in sheet.data else None


def _language(sheet: Sheet) -> str:
    language = sheet.text("language", "en")
    if problem := tag_problem(language):
        sheet.wrong("language", problem)
    return language


def _tags(sheet: Sheet) -> tuple[str, ...]:
    tags = sheet.texts("tags")
    for tag in tags:
        if not _TAG.fullmatch(tag):
            sheet.wrong("tags", f'"{tag}" is no tag. Write small letters, digits, _ and -, such as "late-parcel".', tag)
    if len(tags) > MOST_TAGS:
        sheet.wrong("tags", f"{len(tags)} tags are too many to choose from. Keep {MOST_TAGS}.")
    return tags


def _criteria(sheet: Sheet) -> dict[str, str]:
    table = sheet.table("criteria")
    criteria = {name: table.text(name) for name in table.data}
    for name, question in criteria.items():
        if not _NAME.fullmatch(name):
            table.wrong(name, f'"{name}" is no name for a criterion. Write small letters and _, such as said_goodbye.')
        if not question:
            table.wrong(name, f'{name} asks nothing. Write {name} = "Did the assistant ...?".')
        elif len(question) > MOST_LETTERS:
            table.wrong(name, f"{name} has {len(question)} letters. Write at most {MOST_LETTERS}.")
    if len(criteria) > MOST_CRITERIA:
        sheet.wrong("criteria", f"{len(criteria)} criteria are too many. Keep the {MOST_CRITERIA} that matter most.")
    return criteria


def _points(sheet: Sheet, criteria: Mapping[str, str]) -> dict[str, float]:
    table = sheet.table("points")
    for name in table.data:
        if name not in criteria:
            table.wrong(name, f'There is no criterion "{name}". Write it under [criteria], or take its points out.')
    return {name: table.number(name, 1.0, 0.1, 100.0) for name in criteria}
