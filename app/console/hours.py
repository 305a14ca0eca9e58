"""A line's opening hours as a week to look at: the spans of each day as parts of its width, and in words."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from app.console.words import Words
from app.prompts.hours import Hours, Spans

DAY_MINUTES: Final = 24 * 60
ALL_DAY: Final[Spans] = ((0, DAY_MINUTES),)
TICKS: Final = (0, 6, 12, 18, 24)


@dataclass(frozen=True, slots=True)
class Bar:
    """From where to where, in percent of a day."""

    at: float
    width: float


@dataclass(frozen=True, slots=True)
class Day:
    """``told`` says the same as ``bars``, for who reads; empty on a day without any."""

    name: str
    bars: tuple[Bar, ...]
    told: str


def week(hours: Hours, words: Words) -> tuple[Day, ...]:
    """Monday to Sunday."""
    days = [(day, ALL_DAY if hours.week is None else hours.week.get(day, ())) for day in range(7)]
    return tuple(Day(words.weekday(day), tuple(_bars(spans)), _told(spans)) for day, spans in days)


def _bars(spans: Spans) -> Iterator[Bar]:
    for start, end in spans:
        yield Bar(round(start / DAY_MINUTES * 100, 2), round((end - start) / DAY_MINUTES * 100, 2))


def _told(spans: Spans) -> str:
    return ", ".join(f"{_clock(start)}–{_clock(end)}" for start, end in spans)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
