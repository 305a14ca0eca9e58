"""A row of the fault matrix: what is injected, what is promised, and how that is measured."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from app.drill.scene import Scene
from app.drill.verdict import Check

# Where a row plays: in the house that all share, in it but with nobody else there, or in a house of its own.
Place = Literal["shared", "alone", "own"]


@dataclass(frozen=True, slots=True)
class Row:
    """One row. ``promise`` has its figures; ``short``: it is of the short drill; ``limit_s``: it takes no longer."""

    id: str
    injected: str
    promise: str
    play: Callable[[Scene], Awaitable[Sequence[Check]]]
    place: Place = "shared"
    short: bool = True
    limit_s: float = 240.0
