"""When a line is open: a time zone, the week, the holidays."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from difflib import get_close_matches
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from babel import Locale, UnknownLocaleError

from app.edits import listed, meant
from app.prompts.keys import without_settings
from app.tomls import Sheet

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_SPAN = re.compile(r"^\s*(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})\s*$")
# How people write a time of day otherwise: 9, 9am, 9:30 pm, 9.30, 9h30. Only to show them how it is written here.
_LOOSE = re.compile(r"(\d{1,2})(?:[:.h](\d{2}))?\s*([ap])?\.?m?", re.IGNORECASE)
_DAY_MINUTES = 24 * 60
_EXAMPLE = "09:00-18:00"

Spans = tuple[tuple[int, int], ...]  # minutes since midnight: from, to


@dataclass(frozen=True, slots=True)
class Hours:
    """The week's opening by weekday (Monday is 0) in ``zone``; ``week`` None: open all the time."""

    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    week: Mapping[int, Spans] | None = None
    holidays: frozenset[date] = frozenset()


def is_open(hours: Hours, when: datetime) -> bool:
    """Whether the line is open at ``when``, an aware time of any zone."""
    if hours.week is None:
        return True
    there = when.astimezone(hours.zone)
    if there.date() in hours.holidays:
        return False
    minute = there.hour * 60 + there.minute
    return any(start <= minute < end for start, end in hours.week.get(there.weekday(), ()))


def read_hours(sheet: Sheet, name: str = "hours") -> Hours:
    """The ``[hours]`` or ``[handoff_hours]`` of a line; mistakes go to the sheet."""
    table = sheet.toml.data.get(name)
    if table is None:
        return Hours()
    if not isinstance(table, dict):
        sheet.wrong(name, f"{name} must be a table. Write a line [{name}], and the days under it.")
        return Hours()
    table = without_settings(sheet, name, table)
    _known_keys(sheet, name, table)
    week = {day: _day(sheet, f"{name}.{key}", table[key]) for day, key in enumerate(WEEKDAYS) if key in table}
    return Hours(_zone(sheet, name, table), week or None, _holidays(sheet, f"{name}.holidays", table))


def _known_keys(sheet: Sheet, name: str, table: Mapping[str, object]) -> None:
    names = ("time_zone", "holidays", *WEEKDAYS)
    for key in table:
        if key not in names:
            day = _english_day(key, sheet.toml.data.get("languages"))
            near = get_close_matches(day, names, n=1, cutoff=0.6)
            remedy = meant(day, near) if near else f"Write one of {listed(names)} instead."  # as the week goes
            sheet.wrong(f"{name}.{key}", f'[{name}] has no "{key}". {remedy}')


def _english_day(word: str, languages: object) -> str:
    """The day that a word is in one of the line's languages, or short for; else the word."""
    for tag in ("en", *languages) if isinstance(languages, list) else ("en",):
        for day, names in _day_names(str(tag)).items():
            if word.lower().rstrip(".") in names:
                return day
    return word


@cache
def _day_names(tag: str) -> dict[str, tuple[str, ...]]:
    """What each weekday is called in a language, in full and short; empty where nobody knows."""
    try:
        days = Locale.parse(tag, sep="-").days["format"]
    except (UnknownLocaleError, ValueError):
        return {}
    wide, short = days["wide"], days["abbreviated"]
    return {day: (wide[n].lower(), short[n].lower().rstrip(".")) for n, day in enumerate(WEEKDAYS)}


def _zone(sheet: Sheet, name: str, table: Mapping[str, object]) -> ZoneInfo:
    written = table.get("time_zone", _zone_of_hours(sheet, name))
    if not isinstance(written, str):
        sheet.wrong(name, f'[{name}] does not say where. Write time_zone = "America/New_York", or your own.')
        return ZoneInfo("UTC")
    try:
        return ZoneInfo(written)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        near = get_close_matches(written, available_timezones(), n=1, cutoff=0.6)
        remedy = f'Write "{near[0]}" instead?' if near else 'Write it as "America/New_York".'
        if "time_zone" in table:
            sheet.wrong(f"{name}.time_zone", f'There is no time zone "{written}". {remedy}')
        return ZoneInfo("UTC")


def _zone_of_hours(sheet: Sheet, name: str) -> object:
    """The time zone of ``[hours]``, which other hours need not repeat."""
    hours = sheet.toml.data.get("hours")
    return hours.get("time_zone") if name != "hours" and isinstance(hours, dict) else None


def _day(sheet: Sheet, key: str, written: object) -> Spans:
    day = key.rpartition(".")[2]
    if written == "closed":
        return ()
    if not isinstance(written, str | list) or not written:
        sheet.wrong(key, f'{day} must be a text. Write {day} = "{_EXAMPLE}" or {day} = "closed".')
        return ()
    spans = []
    for text in written if isinstance(written, list) else [written]:
        problem = _span_problem(str(text), day)
        if problem:
            sheet.wrong(key, problem, str(text))
        else:
            spans.append(_minutes(str(text)))
    return _apart(sheet, key, sorted(spans))


def _minutes(text: str) -> tuple[int, int]:
    hour, minute, end_hour, end_minute = map(int, re.findall(r"\d+", text))
    return hour * 60 + minute, end_hour * 60 + end_minute


def _span_problem(text: str, day: str) -> str:
    """Why a span of a day cannot be, and what to write; empty when it can."""
    if text.strip().lower() == "closed":
        return f'"{text}" of {day} stands for the whole day, in small letters. Write {day} = "closed".'
    if not _SPAN.match(text):
        return f'"{text}" of {day} is no span of hours. Write "{_guessed(text)}".'
    for hour, minute in re.findall(r"(\d+):(\d+)", text):
        if int(minute) > 59 or int(hour) * 60 + int(minute) > _DAY_MINUTES:
            return f'"{text}" of {day}: there is no {hour}:{minute}. Write a time from 00:00 to 24:00.'
    start, end = _minutes(text)
    if start < end:
        return ""
    if start == end:
        return f'"{text}" of {day} ends when it begins. Write "00:00-24:00" for all day, or "closed".'
    return f'"{text}" of {day} ends before it begins. Write "{_clock(start)}-24:00", and the rest with the next day.'


def _guessed(text: str) -> str:
    """The span that somebody meant who wrote ``9-18`` or ``9am to 6pm``; else an example."""
    times = [_guessed_time(*found.groups()) for found in _LOOSE.finditer(text)]
    if len(times) != 2 or not 0 <= times[0] < times[1] <= _DAY_MINUTES:
        return _EXAMPLE
    return f"{_clock(times[0])}-{_clock(times[1])}"


def _guessed_time(hour: str, minute: str | None, half: str | None) -> int:
    hours = int(hour) % 12 + (12 if half in ("p", "P") else 0) if half else int(hour)
    return hours * 60 + int(minute or 0)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _apart(sheet: Sheet, key: str, spans: list[tuple[int, int]]) -> Spans:
    for (start, end), (next_start, next_end) in pairwise(spans):
        if next_start < end:
            day, both = key.rpartition(".")[2], f"{_clock(start)}-{_clock(max(end, next_end))}"
            first, second = f"{_clock(start)}-{_clock(end)}", f"{_clock(next_start)}-{_clock(next_end)}"
            sheet.wrong(key, f'"{first}" and "{second}" of {day} overlap. Write "{both}", or two that do not.')
    return tuple(spans)


def _holidays(sheet: Sheet, key: str, table: Mapping[str, object]) -> frozenset[date]:
    written = table.get("holidays", [])
    days = written if isinstance(written, list) else [written]
    found = set()
    for day in days:
        try:
            found.add(day if type(day) is date else date.fromisoformat(str(day)))
        except ValueError:
            sheet.wrong(key, f'"{day}" is no day. Write it as "2026-12-25".', str(day))
    return frozenset(found)
