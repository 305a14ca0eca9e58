"""What a figure of many calls can be: a spread, never an average alone; a share of something; an amount."""

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Spread:
    """Half of ``n`` values are at most ``p50``, and so on; None where there is no value."""

    n: int
    p50: float | None
    p95: float | None
    p99: float | None
    worst: float | None

    def as_json(self) -> dict[str, object]:
        return asdict(self)

    def shown(self, unit: str) -> str:
        if self.p50 is None:
            return "none"
        p50, p95, p99, worst = (_number(value, unit) for value in (self.p50, self.p95, self.p99, self.worst))
        return f"p50 {p50}  p95 {p95}  p99 {p99}  worst {worst}  (n={self.n})"


@dataclass(frozen=True, slots=True)
class Share:
    """``n`` of ``of``."""

    n: int
    of: int

    def as_json(self) -> dict[str, object]:
        return {"n": self.n, "of": self.of, "share": round(self.n / self.of, 4) if self.of else None}

    def shown(self, unit: str) -> str:
        del unit
        return f"{self.n / self.of:.1%}  ({self.n} of {self.of})" if self.of else "none"


@dataclass(frozen=True, slots=True)
class Amount:
    """A sum, or a ratio of sums; None where there is nothing to divide by. ``estimated``: not all of it is known."""

    value: float | None
    estimated: bool = False

    def as_json(self) -> dict[str, object]:
        return asdict(self)

    def shown(self, unit: str) -> str:
        if self.value is None:
            return "none"
        return f"{_number(self.value, unit)}{'  (estimated)' if self.estimated else ''}"


Value = Spread | Share | Amount


def spread(values: Iterable[float | None]) -> Spread:
    """Of the values that there are. Percentiles are by nearest rank: each is a value that was measured."""
    known = sorted(value for value in values if value is not None)
    if not known:
        return Spread(0, None, None, None, None)
    p50, p95, p99 = (known[rank(len(known), share)] for share in (0.5, 0.95, 0.99))
    return Spread(len(known), p50, p95, p99, known[-1])


def rank(n: int, share: float) -> int:
    """Which of ``n`` values in their order has so large a share at or below it; counted from 0."""
    return max(0, math.ceil(share * n) - 1)


def _number(value: float | None, unit: str) -> str:
    if value is None:
        return "none"
    match unit:
        case "ms":
            return f"{value:.0f} ms"
        case "s":
            return f"{value:.1f} s"
        case "usd":
            return f"${value:.4f}"
        case _:
            return f"{value:g}"
