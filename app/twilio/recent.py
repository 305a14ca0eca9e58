"""Remembers the last so many of something: what strangers send must not fill the memory."""

from collections import OrderedDict
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


def remember(kept: OrderedDict[K, V], key: K, value: V, most: int) -> V:
    """Keep a value as the latest; beyond ``most`` the oldest is forgotten. Returns the value."""
    kept[key] = value
    kept.move_to_end(key)
    while len(kept) > most:
        kept.popitem(last=False)
    return value
