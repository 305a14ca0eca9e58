"""What each call adds to a figure of many: the figure is made of it, and so is how sure the figure is."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

from app.meaning.values import Amount, Share, Spread, spread


@dataclass(frozen=True, slots=True)
class Parts:
    """Of each call, how many of how many: of a call itself, or of its turns or uses of tools."""

    each: tuple[tuple[int, int], ...]

    @property
    def value(self) -> Share:
        return Share(sum(n for n, _ in self.each), sum(of for _, of in self.each))


@dataclass(frozen=True, slots=True)
class Measures:
    """Of each call, what was measured in it; nothing where there was nothing to measure."""

    each: tuple[tuple[float, ...], ...]

    @property
    def value(self) -> Spread:
        return spread(chain.from_iterable(self.each))


@dataclass(frozen=True, slots=True)
class Rates:
    """Of each call, what it adds to a sum and to the sum that it is divided by; not ``known``: to no sum at all."""

    each: tuple[tuple[float, float], ...]
    known: bool = True
    estimated: bool = False

    @property
    def value(self) -> Amount:
        by = sum(by for _, by in self.each)
        total = sum(amount for amount, _ in self.each)
        return Amount(round(total / by, 6) if self.known and by else None, self.estimated)


@dataclass(frozen=True, slots=True)
class Total:
    """A sum: it says how much there was of calls, and nothing of what a call is like."""

    value: Amount


Sample = Parts | Measures | Rates | Total


def parts(truths: Iterable[bool]) -> Parts:
    """How many calls this is true of."""
    return Parts(tuple((int(one), 1) for one in truths))


def measures(values: Iterable[float | None]) -> Measures:
    """One value a call, or none."""
    return Measures(tuple(() if one is None else (one,) for one in values))
