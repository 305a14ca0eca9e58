"""The model's answer about a call, checked: what it says is data, short, and of the words that were asked for. Pure."""

import re
from collections.abc import Mapping
from typing import cast

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from app.analysis.asking import schema
from app.prompts.scorecard import Scorecard
from app.store.analyses import Analysis, Criterion

MOST_LETTERS: Mapping[str, int] = {"summary": 800, "reason": 120, "why": 300, "follow_up": 200, "tag": 30}
_WORTH: Mapping[str, float] = {"met": 1.0, "partly": 0.5, "missed": 0.0}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]+")


class NotAnAnswer(Exception):
    """Not what was asked for; the message names the place, without the model's words."""


def checked(document: object, scorecard: Scorecard) -> Analysis:
    """The answer as it is kept; raises NotAnAnswer."""
    wrong = best_match(Draft202012Validator(schema(scorecard)).iter_errors(document))
    if wrong is not None:
        place = "/".join(str(part) for part in wrong.absolute_path) or "the document"
        raise NotAnAnswer(f"{place} breaks {wrong.validator}")
    told = cast(Mapping[str, object], document)
    criteria = _criteria(cast(Mapping[str, Mapping[str, str]], told.get("criteria", {})), scorecard)
    follow_ups = [_plain(text, "follow_up") for text in cast(list[str], told["follow_ups"])]
    return Analysis(
        summary=_plain(told["summary"], "summary"),
        reason=_plain(told["reason"], "reason"),
        resolution=str(told["resolution"]),
        sentiment=str(told["sentiment"]),
        score=score(criteria, scorecard),
        criteria=criteria,
        follow_ups=tuple(text for text in follow_ups if text),
        tags=_tags(cast(list[str], told["tags"])),
    )


def score(criteria: tuple[Criterion, ...], scorecard: Scorecard) -> int | None:
    """From 0 to 100: the points of what was met, of those that could be; None where none could."""
    worth = [(scorecard.points.get(one.name, 1.0), _WORTH[one.verdict]) for one in criteria if one.verdict in _WORTH]
    possible = sum(points for points, _ in worth)
    return round(100 * sum(points * share for points, share in worth) / possible) if possible else None


def _criteria(told: Mapping[str, Mapping[str, str]], scorecard: Scorecard) -> tuple[Criterion, ...]:
    return tuple(
        Criterion(name, question, told[name]["verdict"], _plain(told[name]["why"], "why"))
        for name, question in scorecard.criteria.items()
    )


def _tags(told: list[str]) -> tuple[str, ...]:
    tags = (re.sub(r"[^\w-]+", "-", _plain(text, "tag").lower()).strip("-") for text in told)
    return tuple(dict.fromkeys(tag for tag in tags if tag))


def _plain(value: object, kind: str) -> str:
    """A text without control characters, no longer than its kind may be."""
    text = " ".join(_CONTROL.sub(" ", str(value)).split())
    most = MOST_LETTERS[kind]
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
