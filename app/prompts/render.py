"""Fills the ``{variables}`` of a prompt or a greeting for one call."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from app.edits import EditError, meant

VARIABLES: Mapping[str, str] = {
    "caller": "the caller's number (for the model to know, not to say)",
    "line": "the line's name",
    "business": "the business's name, from line.toml",
    "language": "the tag of the language the call starts in, such as en-US",
    "languages": "the tags of all the line's languages",
    "date": "today's date, such as 2026-11-23",
    "time": "the time now, such as 14:05",
    "weekday": "today's weekday, such as Monday",
}

_VARIABLE = re.compile(r"\{\s*([A-Za-z_][\w.-]*)\s*\}")
_UNSPEAKABLE = re.compile(r"[^+\w]")
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def values(
    *, caller: str, line: str, business: str, language: str, languages: tuple[str, ...], now: datetime
) -> dict[str, str]:
    """What the variables stand for. ``now`` is in the line's time zone."""
    return {
        "caller": _UNSPEAKABLE.sub("", caller) or "anonymous",
        "line": line,
        "business": business,
        "language": language,
        "languages": ", ".join(languages),
        "date": now.date().isoformat(),
        "time": f"{now:%H:%M}",
        "weekday": _WEEKDAYS[now.weekday()],
    }


def fill(text: str, filled: Mapping[str, str]) -> str:
    """The text with its variables filled in, once: what is filled in is not looked at again."""
    return _VARIABLE.sub(lambda found: filled.get(found[1], found[0]), text)


def wrong_variables(file: Path, first_line: int, text: str) -> Iterator[EditError]:
    """An error for each variable that nothing is known of. ``first_line``: where ``text`` begins in its file."""
    for number, line in enumerate(text.splitlines(), first_line):
        for found in _VARIABLE.finditer(line):
            if found[1] not in VARIABLES:
                yield EditError(file, number, f"Nothing is known of {found[0]}. {meant(found[1], VARIABLES)}")
        for left in re.finditer(r"\{[^{}]*$|\{\{", line):
            yield EditError(file, number, f'"{left[0][:20]}" is not a variable. Write it as {{business}}, on one line.')
