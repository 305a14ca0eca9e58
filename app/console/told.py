"""What the house says of its calls in plain English, figures and stories, in the language of the page.

It says each once: a figure in ``meaning/definitions.py``, a sentence in ``meaning/sentences.py``. Another language has
both in ``texts/<language>/told/``, by the same names.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from app.console.said import said
from app.console.words import FIRST, Words, catalogue
from app.meaning.definitions import Metric
from app.meaning.sentences import SENTENCES, Said, Value, filled, in_english
from app.meaning.why import Moment, told

TOLD: Final = "told"


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure's name, and what it says."""

    name: str
    says: str


def figure(words: Words, metric: Metric) -> Figure:
    texts, name = catalogue(words.language, TOLD), metric.name
    plain = name.replace("_", " ").capitalize()
    return Figure(texts.get(f"figures.{name}.name", plain), texts.get(f"figures.{name}.says", metric.says))


def moment(words: Words, one: Moment) -> str:
    """A moment of a call's story."""
    return told(replace(one, detail=said(words, "detail", one.detail)), partial(_sentence, words))


def told_of(words: Words, news: Mapping[str, object]) -> Mapping[str, object]:
    """News of a call that goes on, its signs and how its tools ended in the words of the call's own page."""
    match news:
        case {"kind": "flag", "name": str(name), "detail": str(detail)}:
            return {**news, "name": words.of("calls.flag_", name), "detail": said(words, "detail", detail)}
        case {"kind": "tool", "status": str(status)}:
            return {**news, "ended": words.of("call.status_", status)}
    return news


def _sentence(words: Words, one: Said) -> str:
    sentence = catalogue(words.language, TOLD).get(f"why.{one.name}", SENTENCES.get(one.name))
    return in_english(one) if sentence is None else filled(sentence, one.values, partial(_written, words))


def _written(words: Words, name: str, value: Value) -> str:
    if isinstance(value, str):
        return _named(words, name, value)
    if name.endswith("_s"):
        return words.seconds(value)
    return words.money(value, 4) if name.endswith("usd") else words.number(value, 1)


def _named(words: Words, name: str, value: str) -> str:
    """An outcome as the page calls it elsewhere; the English sentences have the reports' own word."""
    kind = {"disposition": "calls.outcome_", "status": "call.status_"}.get(name)
    return value if kind is None or words.language == FIRST else words.of(kind, value)
