"""When a line is open: a time zone, the week, the holidays."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from difflib import get_close_matches
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from app.edits import meant
from app.prompts.sheet import Sheet

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_SPAN = re.compile(r"^\s*(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})\s*$")
_DAY_MINUTES = 24 * 60
_HOW = 'Write the day as "09:00-18:00", or ["09:00-12:00", "13:00-18:00"], or "closed".'

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


def read_hours(sheet: Sheet) -> Hours:
    """The ``[hours]`` table of a line; mistakes go to the sheet."""
    table = sheet.toml.data.get("hours")
    if table is None:
        return Hours()
    if not isinstance(table, dict):
        sheet.wrong("hours", "hours must be a table. Write a line [hours], and the days under it.")
        return Hours()
    _known_keys(sheet, table)
    week = {day: _spans(sheet, name, table[name]) for day, name in enumerate(WEEKDAYS) if name in table}
    return Hours(_zone(sheet, table), week or None, _holidays(sheet, table))


def _known_keys(sheet: Sheet, table: Mapping[str, object]) -> None:
    names = ("time_zone", "holidays", *WEEKDAYS)
    for key in table:
        if key not in names:
            sheet.wrong(f"hours.{key}", f'[hours] has no "{key}". {meant(key, names)}')


def _zone(sheet: Sheet, table: Mapping[str, object]) -> ZoneInfo:
    name = table.get("time_zone")
    if not isinstance(name, str):
        sheet.wrong("hours", '[hours] does not say where. Write time_zone = "America/New_York", or your own.')
        return ZoneInfo("UTC")
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        near = get_close_matches(name, available_timezones(), n=1, cutoff=0.6)
        remedy = f'Write "{near[0]}" instead?' if near else 'Write it as "America/New_York".'
        sheet.wrong("hours.time_zone", f'There is no time zone "{name}". {remedy}')
        return ZoneInfo("UTC")


def _spans(sheet: Sheet, day: str, written: object) -> Spans:
    if written == "closed":
        return ()
    texts = written if isinstance(written, list) else [written]
    spans = [_span(text) for text in texts]
    if None in spans or not spans:
        sheet.wrong(f"hours.{day}", f"The hours of {day} cannot be read. {_HOW}")
    return tuple(span for span in spans if span)


def _span(text: object) -> tuple[int, int] | None:
    found = _SPAN.match(text) if isinstance(text, str) else None
    if not found:
        return None
    start, end = int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])
    minutes_right = int(found[2]) < 60 and int(found[4]) < 60
    return (start, end) if minutes_right and start < end <= _DAY_MINUTES else None


def _holidays(sheet: Sheet, table: Mapping[str, object]) -> frozenset[date]:
    written = table.get("holidays", [])
    days = written if isinstance(written, list) else [written]
    found = set()
    for day in days:
        try:
            found.add(day if type(day) is date else date.fromisoformat(str(day)))
        except ValueError:
            sheet.wrong("hours.holidays", f'"{day}" is no day. Write it as "2026-12-25".', str(day))
    return frozenset(found)
