"""The few sentences that the app says itself, by language."""

from collections.abc import Mapping
from pathlib import Path

from app.edits import EditError, meant
from app.prompts.languages import ai_example, says_it_is_ai, tag_problem
from app.tomls import Sheet, read_toml

# Name → when it is said.
PHRASES: Mapping[str, str] = {
    "disclosure": "after a change of language, so that everybody is told that an AI speaks",
    "language_menu": "after the greeting of a line that asks for the language; `{key}` is the key to press",
    "recording_notice": 'before the greeting of a line with `recording = "notice"`',
    "recording_question": 'after the greeting of a line with `recording = "ask"`: 1 is the key for yes, 2 for no',
    "are_you_there": "after a silence",
    "one_moment": "while a tool takes long, and while the assistant is not there yet or does not answer",
    "goodbye_silence": "before hanging up on silence",
    "goodbye_longest": "before hanging up on a call that is too long",
    "handing_off": "before passing the call to a person",
    "handoff_failed": "when no person took the call",
    "lost_the_line": "after the assistant was cut off in the middle of a call",
    "busy": "when more calls go on than the house can take",
    "busy_callback": 'the same, on a line with `busy = "callback"`: 1 is the key to press',
    "too_many_calls": "to a number that has called too often in an hour",
    "hidden_number": "to callers who hide their number, where the house does not take such calls",
    "closed": "when the line is closed",
    "unknown_number": "when the number dialled is on no line",
    "apology": "by Twilio itself, when the house cannot be reached",
    "voicemail": "before a tone and a message, when the assistant cannot be had",
    "voicemail_thanks": "after the message",
    "callback_offer": "when the assistant cannot be had: 1 is the key to press",
    "callback_thanks": "to a caller who wants to be called back",
    "please_hold": "before the caller is put on hold, by a person of yours or because another process takes over",
    "thanks_for_holding": "when the assistant is back",
    "colleague_listens": "when a person of yours begins to listen, on a line with `notice_of_listening = true`",
    "goodbye_cost": "before hanging up on a call that has cost as much as it may",
}
# Files and versions from before these were there are still read: the house has its own English sentences.
LATER = (
    *("recording_notice", "recording_question"),
    *("busy_callback", "too_many_calls", "hidden_number"),
    *("voicemail", "voicemail_thanks", "callback_offer", "callback_thanks", "please_hold", "thanks_for_holding"),
    "colleague_listens",
)

_KEY = "{key}"


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
        if name not in sheet.toml.data and name in LATER:
            continue
        if name not in sheet.toml.data:
            sheet.wrong(name, f'The phrase "{name}" is missing, said {said}. Write {name} = "...".')
        elif not read[name]:
            sheet.wrong(name, f'The phrase "{name}" is empty, said {said}. Write its sentence.')
        elif problem := _problem(name, read[name], file.stem):
            sheet.wrong(name, problem)
    return read, sheet.errors


def _problem(name: str, sentence: str, tag: str) -> str:
    """What is wrong with a phrase and what to write; empty when nothing is."""
    if name == "language_menu" and sentence.count(_KEY) != 1:
        return f'The phrase "{name}" does not say which key to press. Write {_KEY} where the key\'s number goes.'
    if "{" in sentence.replace(_KEY, "" if name == "language_menu" else _KEY):
        return f'The phrase "{name}" is said as it stands. Write it without {{...}}.'
    if name == "disclosure" and not says_it_is_ai(sentence, tag):
        return f'The phrase "{name}" does not say that an AI speaks. Write {ai_example(tag)} into it.'
    return ""
