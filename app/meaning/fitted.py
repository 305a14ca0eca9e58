"""Plain data from outside as records: every field gets a value of its kind, whatever stood there."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import is_dataclass
from itertools import islice
from types import NoneType, UnionType
from typing import Final, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from app.store.database import plain_text

LONGEST: Final = 4_000  # characters
MOST: Final = 1_000  # of a list
LARGEST: Final = 1e6  # seconds and sums; and what is counted
MOST_COUNTED: Final = 1e9
Record = TypeVar("Record")
_known: dict[type[object], Mapping[str, object]] = {}


def fitted(cls: type[Record], told: object, **given: object) -> Record:
    """A dataclass of what was told; ``given`` are fields that are known already."""
    table = told if isinstance(told, Mapping) else {}
    hints = _hints(cls)
    values = {name: fit(hint, table.get(name)) for name, hint in hints.items() if name not in given}
    return cast(Callable[..., Record], cls)(**values, **given)


def fitted_list(cls: type[Record], told: object, most: int = MOST) -> list[Record]:
    return [fitted(cls, one) for one in told[:most]] if isinstance(told, list) else []


def fit(hint: object, value: object) -> object:
    """A value of this kind: what is none becomes the least one there is."""
    origin, inside = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        if value is None and NoneType in inside:
            return None
        return fit(str if isinstance(value, str) and str in inside else inside[0], value)
    if origin in (tuple, list, Sequence):
        return tuple(fit(inside[0], one) for one in value[:MOST]) if isinstance(value, list) else ()
    if origin is Mapping and inside[1] is not object:
        told = value if isinstance(value, Mapping) else {}
        return {str(_plain(str, name)): fit(inside[1], one) for name, one in islice(told.items(), MOST)}
    if origin is Literal:
        return value if isinstance(value, str) and value in inside else inside[0]
    return _plain(hint, value)


def _plain(hint: object, value: object) -> object:
    if hint is str:
        return plain_text(value)[:LONGEST] if isinstance(value, str) else ""
    if hint is bool:
        return value is True
    if hint is int:
        return int(_number(value, MOST_COUNTED))
    if hint is float:
        return _number(value, LARGEST)
    if isinstance(hint, type) and is_dataclass(hint):
        return fitted(hint, value)
    return dict(value) if isinstance(value, Mapping) else {}


def _number(value: object, largest: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0.0
    within = max(-largest, min(largest, value))
    return 0.0 if math.isnan(within) else float(within)


def _hints(cls: type[object]) -> Mapping[str, object]:
    if cls not in _known:
        _known[cls] = get_type_hints(cls)
    return _known[cls]
