"""From a service's JSON to what the model may see: named fields, and a sentence in the caller's language."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from app.toolkit.declare import Caller
from app.toolkit.http.templates import Values, text_of
from app.toolkit.spoken import spoken_day, spoken_digits

# {state}, {expected_on:day}, {number:digits}
SPOKEN = re.compile(r"\{([A-Za-z_]\w*)(?::(\w+))?\}")
FORMS = ("day", "digits")
PATH = re.compile(r"(?:[^.\[\]\s]+|\[\d+\])(?:\.[^.\[\]\s]+|\[\d+\])*")
_STEP = re.compile(r"\[(\d+)\]|([^.\[\]]+)")

Wordings = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Picking:
    """What a tool takes from an answer.

    ``fields``: name → path in the JSON. ``message``: by language, sentences of which the first is said whose
    placeholders all have a value. ``sentences``: by status, what is said instead; those of ``not_found`` too.
    """

    fields: Mapping[str, str] = field(default_factory=dict)
    message: Wordings = field(default_factory=dict)
    not_found: frozenset[int] = frozenset()
    sentences: Mapping[int, Wordings] = field(default_factory=dict)


def picked(data: object, fields: Mapping[str, str]) -> dict[str, object]:
    """The named fields; those that are not there are left out."""
    found = {name: at_path(data, path) for name, path in fields.items()}
    return {name: value for name, value in found.items() if value is not None}


def at_path(data: object, path: str) -> object:
    """What stands at ``carrier.name`` or ``events[0].text``; None where there is nothing."""
    for index, key in _STEP.findall(path):
        if isinstance(data, Mapping) and key:
            data = data.get(key)
        elif isinstance(data, list) and (index or key.isdecimal()):
            place = int(index or key)
            data = data[place] if place < len(data) else None
        else:
            return None
    return data


def paths_of(data: object, path: str = "") -> list[str]:
    """Every path of a JSON that leads to a value, for whoever writes ``[response.fields]``; of a list its first."""
    if isinstance(data, Mapping) and data:
        below = ((f"{path}.{key}" if path else str(key), inner) for key, inner in data.items())
        return [found for place, inner in below for found in paths_of(inner, place)]
    if isinstance(data, list) and data:
        return paths_of(data[0], f"{path}[0]")
    return [path] if path else []


def said(sentences: Wordings, caller: Caller, values: Values) -> str:
    """The first sentence in the caller's language that can be said with these values; empty when there is none."""
    spoken = (_filled(sentence, caller, values) for sentence in _in_language(sentences, caller))
    return next((sentence for sentence in spoken if sentence is not None), "")


def _in_language(sentences: Wordings, caller: Caller) -> tuple[str, ...]:
    by_tag = {tag: tag for tag in sentences}
    return sentences[caller.hears(by_tag)] if by_tag else ()


def _filled(sentence: str, caller: Caller, values: Values) -> str | None:
    texts: dict[str, str] = {}
    for found in SPOKEN.finditer(sentence):
        text = _spoken(values.get(found[1]), found[2], caller)
        if not text:
            return None
        texts[found[0]] = text
    return SPOKEN.sub(lambda found: texts[found[0]], sentence)


def _spoken(value: object, form: str | None, caller: Caller) -> str | None:
    text = text_of(value)
    if text is None or form is None:
        return text
    if form == "digits":
        return spoken_digits(text)
    try:
        return spoken_day(date.fromisoformat(text[:10]), caller.language, date.today())
    except ValueError:
        return text
