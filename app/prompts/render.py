"""Fills the ``{variables}`` of a prompt or a greeting for one call."""

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from pathlib import Path

from app.edits import EditError, meant

VARIABLES: Mapping[str, str] = {
    "caller": "the caller's number (for the model to know, not to say)",
    "line": "the line's name",
    "business": "the business's name, from line.toml",
    "language": "the tag of the language the call is in, such as en-US",
    "languages": "the tags of all the line's languages",
    "language_rule": "which languages the assistant speaks and when it changes, by language_policy (in English)",
    "date": "today's date, such as 2026-11-23",
    "time": "the time now, such as 14:05",
    "weekday": "today's weekday, such as Monday",
    "facts": "everything of [facts], each with its name",
}
FACT = "facts."
FACT_LETTERS = 200

# The same in every call of a line and a language: a greeting of these alone can be recorded.
_FIXED = {"line", "business", "language", "languages", "language_rule"}
_VARIABLE = re.compile(r"\{\s*([A-Za-z_][\w.-]*)\s*\}")
_UNSPEAKABLE = re.compile(r"[^+\w]")
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def values(
    *,
    caller: str,
    line: str,
    business: str,
    language: str,
    languages: tuple[str, ...],
    rule: str,
    facts: Mapping[str, str],
    now: datetime,
) -> dict[str, str]:
    """What the variables stand for. ``now`` is in the line's time zone, ``facts`` are clean."""
    return {
        "caller": _UNSPEAKABLE.sub("", caller) or "anonymous",
        "line": line,
        "business": business,
        "language": language,
        "languages": ", ".join(languages),
        "language_rule": rule,
        "date": now.date().isoformat(),
        "time": f"{now:%H:%M}",
        "weekday": _WEEKDAYS[now.weekday()],
        "facts": "; ".join(f"{name}: {text}" for name, text in facts.items() if text) or "none",
        **{FACT + name: text for name, text in facts.items()},
    }


def clean_facts(defaults: Mapping[str, str], found: Mapping[str, object]) -> dict[str, str]:
    """The text of each fact a line names: what was found, or else the line's own. What it does not name is left out."""
    return {name: cleaned(found.get(name)) or default for name, default in defaults.items()}


def cleaned(fact: object) -> str:
    """A looked-up text made harmless for a prompt: one line of at most 200 letters, no controls, no braces."""
    if fact is None:
        return ""
    text = ", ".join(map(str, fact)) if isinstance(fact, list | tuple) else str(fact)
    shown = "".join(" " if unicodedata.category(one)[0] in "CZ" or one in "{}" else one for one in text)
    return " ".join(shown.split())[:FACT_LETTERS].strip()


def fill(text: str, filled: Mapping[str, str]) -> str:
    """The text with its variables filled in, once: what is filled in is not looked at again."""
    return _VARIABLE.sub(lambda found: filled.get(found[1], found[0]), text)


def is_fixed(text: str) -> bool:
    """Whether a text is the same in every call: it has no variable of the call."""
    return all(found[1] in _FIXED for found in _VARIABLE.finditer(text))


def wrong_variables(file: Path, first_line: int, text: str, facts: Collection[str] = ()) -> Iterator[EditError]:
    """An error for each variable that nothing is known of. ``first_line``: where ``text`` begins in its file."""
    known = [*VARIABLES, *(FACT + name for name in facts)]
    for number, line in enumerate(text.splitlines(), first_line):
        for found in _VARIABLE.finditer(line):
            if found[1] not in known:
                yield EditError(file, number, f"Nothing is known of {found[0]}. {_remedy(found[1], known)}")
        for left in re.finditer(r"\{[^{}]*$|\{\{", line):
            yield EditError(file, number, f'"{left[0][:20]}" is not a variable. Write it as {{business}}, on one line.')


def _remedy(name: str, known: list[str]) -> str:
    if not name.startswith(FACT):
        return meant(name, [one for one in known if not one.startswith(FACT)])
    facts = [one for one in known if one.startswith(FACT)]
    new = name.removeprefix(FACT)
    return meant(name, facts) if facts else f'Write {new} = "..." under [facts] in line.toml, or take it out.'
