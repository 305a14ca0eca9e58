"""The editor's form as it comes back from a browser: which of its fields belong together."""

import json
from collections.abc import Mapping, Sequence
from typing import Final

from starlette.datastructures import FormData

from app.toolbench.forming import NUMBERS, PLAIN, TRUTHS, Pairs, Row, Sentence, Shape

TEXTS: Final = (*PLAIN, *NUMBERS, *TRUTHS, "level", "idempotent", "scheduling")


def shape_in(form: FormData) -> Shape:
    """What was written; rows without a name are those that nobody filled in."""
    return Shape(
        texts={name: _text(form, f"text-{name}") for name in TEXTS},
        query=_pairs(form, "query-name", "query-value"),
        headers=_pairs(form, "header-name", "header-value"),
        body=_text(form, "body"),
        rows=_rows(form),
        schema=_text(form, "schema"),
        fields=_pairs(form, "field-name", "field-path"),
        not_found=_text(form, "not_found"),
        sentences=_sentences(form),
        rest=_rest(_text(form, "rest")),
    )


def _text(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value.replace("\r\n", "\n") if isinstance(value, str) else ""


def _lists(form: FormData, *names: str) -> Sequence[tuple[str, ...]]:
    """The fields of these names side by side, as many as there are of all."""
    columns = [[value.strip() for value in form.getlist(name) if isinstance(value, str)] for name in names]
    return list(zip(*columns, strict=False))


def _pairs(form: FormData, name: str, value: str) -> Pairs:
    return tuple((one[0], one[1]) for one in _lists(form, name, value) if one[0])


def _rows(form: FormData) -> list[Row]:
    names = ("row-name", "row-type", "row-says", "row-required", "row-enum", "row-pattern")
    return [
        Row(name, type, says, required == "true", enum, pattern)
        for name, type, says, required, enum, pattern in _lists(form, *names)
        if name
    ]


def _sentences(form: FormData) -> list[Sentence]:
    return [Sentence(*one) for one in _lists(form, "say-kind", "say-language", "say-text") if one[2]]


def _rest(text: str) -> Mapping[str, object]:
    try:
        told = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}
