"""What comes back from a tool, as the model may see it: plain JSON, small, with the three words every answer has."""

from collections.abc import Mapping
from typing import cast

import orjson

from app.toolkit.declare import Caller, answer, not_found
from app.toolkit.sentences import DONE, NOTHING

ANSWER_BYTES = 8 * 1024

_ALWAYS = ("status", "retryable", "message")
_NO_EFFECT = frozenset({"not_found", "error", "refused", "confirm"})

Answer = Mapping[str, object]


def shaped(result: object, caller: Caller, fields: tuple[str, ...] | None, *, write: bool = False) -> dict[str, object]:
    """The result as an answer, cut to ``fields``. Raises TypeError or ValueError for one that cannot be."""
    # What JSON cannot carry raises TypeError here, and becomes the answer of a broken tool.
    plain: object = orjson.loads(orjson.dumps(result, default=_plain))
    said = _worded(cleaned(plain), caller, write=write)
    if fields is not None:
        said = {name: value for name, value in said.items() if name in _ALWAYS or name in fields}
    size = len(orjson.dumps(said))
    if size > ANSWER_BYTES:
        raise ValueError(f"an answer of {size} bytes, {ANSWER_BYTES} are allowed")
    return said


def failed(message: str, *, retryable: bool = False, **more: object) -> dict[str, object]:
    """The answer of a tool that did not do it."""
    return {"status": "error", "retryable": retryable, "message": message, **more}


def has_effect(said: Answer) -> bool:
    """Whether a write that gave this answer did what it was asked to."""
    return said.get("status") not in _NO_EFFECT


def is_unknown(said: Answer) -> bool:
    """Whether nobody knows how what gave this answer ended."""
    return said.get("outcome") == "unknown"


def _worded(result: object, caller: Caller, *, write: bool) -> dict[str, object]:
    if result is None or (write and result in ("", [], {})):
        return answer(caller.hears(DONE))
    if result in ("", [], {}):
        return not_found(caller.hears(NOTHING))
    if isinstance(result, dict):
        return {"status": "ok", "retryable": False, "message": "", **result}
    return answer(result) if isinstance(result, str) else answer("", result=result)


def _plain(value: object) -> object:
    """What orjson does not know: sets as lists, decimals and the like by their own text."""
    if isinstance(value, set | frozenset):
        return sorted(value, key=str)
    if hasattr(value, "as_integer_ratio"):
        return float(cast(float, value))
    raise TypeError(f"{type(value).__name__} is not JSON")


def cleaned(value: object) -> object:
    """The value without control characters: what a tool brings is data, and stays on its lines."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {clean(str(key)): cleaned(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [cleaned(inner) for inner in value]
    return value


def clean(text: str) -> str:
    """Text without control characters: line breaks and tabs become spaces."""
    if text.isprintable():
        return text
    return "".join(" " if character in "\r\n\t" else character for character in text if _kept(character))


def _kept(character: str) -> bool:
    return character in "\r\n\t" or not (ord(character) < 32 or 127 <= ord(character) < 160)
