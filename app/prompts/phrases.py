"""The few sentences that the app says itself, by language."""

from collections.abc import Mapping
from pathlib import Path

from app.edits import EditError, meant
from app.prompts.files import read_toml
from app.prompts.languages import tag_problem
from app.prompts.sheet import Sheet

# Name → when it is said.
PHRASES: Mapping[str, str] = {
    "are_you_there": "after a silence",
    "one_moment": "while a tool takes long",
    "goodbye_silence": "before hanging up on silence",
    "goodbye_longest": "before hanging up on a call that is too long",
    "handing_off": "before passing the call to a person",
    "handoff_failed": "when no person took the call",
    "lost_the_line": "after the assistant was cut off in the middle of a call",
    "busy": "when more calls go on than the house can take",
    "closed": "when the line is closed",
    "unknown_number": "when the number dialled is on no line",
    "apology": "by Twilio itself, when the house cannot be reached",
}


def load_phrases(folder: Path) -> tuple[dict[str, Mapping[str, str]], list[EditError]]:
    """The phrases of ``folder``/<language>.toml by the tag in the file's name. A file with a mistake is left out."""
    phrases: dict[str, Mapping[str, str]] = {}
    errors: list[EditError] = []
    for file in sorted(folder.glob("*.toml")):
        read, wrong = _read(file)
        errors += wrong
        if not wrong:
            phrases[file.stem] = read
    return phrases, errors


def _read(file: Path) -> tuple[dict[str, str], list[EditError]]:
    misnamed = tag_problem(file.stem)
    if misnamed:
        return {}, [EditError(file, 1, f"The file's name must be a language. {misnamed}")]
    try:
        sheet = Sheet(read_toml(file))
    except EditError as error:
        return {}, [error]
    for name in sheet.toml.data:
        if name not in PHRASES:
            sheet.wrong(name, f'There is no phrase "{name}". {meant(name, PHRASES)}')
    read = {name: sheet.text(name) for name in PHRASES if name in sheet.toml.data}
    for name, said in PHRASES.items():
        if name not in sheet.toml.data:
            sheet.wrong(name, f'The phrase "{name}" is missing, said {said}. Write {name} = "...".')
        elif "{" in read[name]:
            sheet.wrong(name, f'The phrase "{name}" is said as it stands. Write it without {{...}}.')
        elif not read[name]:
            sheet.wrong(name, f'The phrase "{name}" is empty, said {said}. Write its sentence.')
    return read, sheet.errors
