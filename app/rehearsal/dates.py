"""Days and times of day as callers say them, in English, Spanish, French and German. Pure."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from app.rehearsal.figures import clock_in_figures, date_in_figures

_WEEKDAYS = (
    "monday lunes lundi montag",
    "tuesday martes mardi dienstag",
    "wednesday miércoles mercredi mittwoch",
    "thursday jueves jeudi donnerstag",
    "friday viernes vendredi freitag",
    "saturday sábado samedi samstag",
    "sunday domingo dimanche sonntag",
)
_MONTHS = (
    "january enero janvier januar",
    "february febrero février februar",
    "march marzo mars märz",
    "april abril avril",
    "may mayo mai",
    "june junio juin juni",
    "july julio juillet juli",
    "august agosto août",
    "september septiembre septembre",
    "october octubre octobre oktober",
    "november noviembre novembre",
    "december diciembre décembre dezember",
)
_NEAR = {
    "day after tomorrow": 2,
    "pasado mañana": 2,
    "après-demain": 2,
    "übermorgen": 2,
    "tomorrow": 1,
    "mañana": 1,
    "demain": 1,
    "morgen": 1,
    "today": 0,
    "hoy": 0,
    "aujourd'hui": 0,
    "heute": 0,
}
_HOURS = {
    word: hour
    for words, hour in (
        ("one una une ein eins", 1),
        ("two dos deux zwei", 2),
        ("three tres trois drei", 3),
        ("four cuatro quatre vier", 4),
        ("five cinco cinq fünf", 5),
        ("six seis sechs", 6),
        ("seven siete sept sieben", 7),
        ("eight ocho huit acht", 8),
        ("nine nueve neuf neun", 9),
        ("ten diez dix zehn", 10),
        ("eleven once onze elf", 11),
        ("twelve doce douze zwölf noon midi mediodía mittag", 12),
    )
    for word in words.split()
}


def _numbered(groups: tuple[str, ...]) -> dict[str, int]:
    return {word: number for number, words in enumerate(groups) for word in words.split()}


_WEEKDAY, _MONTH = _numbered(_WEEKDAYS), _numbered(_MONTHS)
_MONTH_NAMES = "|".join(_MONTH)
_ISO_DAY = re.compile(r"\b(\d{4})-(\d\d)-(\d\d)\b")
_DAY_MONTH = re.compile(
    rf"\b(\d{{1,2}})(?:st|nd|rd|th|er|\.)?\s+(?:of |de |d')?({_MONTH_NAMES})\b(?:,? (?:de |of )?(\d{{4}}))?", re.I
)
_MONTH_DAY = re.compile(rf"\b({_MONTH_NAMES})\s+(?:the )?(\d{{1,2}})(?:st|nd|rd|th)?\b(?:,? (?:of )?(\d{{4}}))?", re.I)
_NEAR_DAY = re.compile(rf"(?<!la )\b({'|'.join(_NEAR)})\b", re.I)
_WEEKDAY_SAID = re.compile(
    rf"\b((?:next|this|on|el|le|am|nächsten?|próximo)\s+)?({'|'.join(_WEEKDAY)})\b(\s+(?:prochain|que viene))?", re.I
)
_ENDS = r"(?:\b|(?=[ap]\.?m))"  # of a time's figures: "3pm"
_HOUR = rf"(\d{{1,2}}|{'|'.join(_HOURS)})"
_AM_PM = (
    r"\s*(a\.?\s?m\b\.?|p\.?\s?m\b\.?|(?:in the |de la |du )?(?:morning|afternoon|evening|mañana|tarde|matin|soir)\b)"
)
_CLOCK = re.compile(rf"\b(\d{{1,2}})(?::|\.|\s?h\s?|\s?uhr\s)(\d\d){_ENDS}(?:{_AM_PM})?", re.I)
_PAST = re.compile(rf"\b(half past|quarter past|quarter to)\s+{_HOUR}\b(?:{_AM_PM})?", re.I)
_WHOLE = re.compile(
    rf"(?:\b(?:at|around|about|a las?|à|um|gegen)\s+)?\b{_HOUR}{_ENDS}(?:\s*(?:o'?clock|heures?|h\b|uhr)|{_AM_PM})",
    re.I,
)
_AT = re.compile(
    rf"\b(?:at|around|a las?|à|um|gegen)\s+{_HOUR}(?:[ .:]?(\d\d))?{_ENDS}(?!\s*(?:st|nd|rd|th)\b)(?:{_AM_PM})?",
    re.I,
)
_BEFORE_NOON = re.compile(r"a\.?\s?m|morning|mañana|matin", re.I)
_AFTER_NOON = re.compile(r"p\.?\s?m|afternoon|evening|tarde|soir", re.I)
_OPENS = 8  # "at three" is in the afternoon


@dataclass(frozen=True, slots=True)
class When:
    """What was said of a day or a time, and what it means: ``iso`` is empty where today is not known."""

    said: str
    iso: str


def day_in(text: str, today: date | None) -> When | None:
    """The day a text speaks of; its figures are written as such, whether they were said in words or not."""
    text = date_in_figures(text.replace("’", "'"))
    iso, day_month, month_day = _ISO_DAY.search(text), _DAY_MONTH.search(text), _MONTH_DAY.search(text)
    if iso:
        return When(iso.group(), _day(int(iso[1]), int(iso[2]), int(iso[3])))
    if day_month:
        return When(day_month.group(), _dated(day_month[3], day_month[2], day_month[1], today))
    if month_day:
        return When(month_day.group(), _dated(month_day[3], month_day[1], month_day[2], today))
    return _near_day(text, today)


def _near_day(text: str, today: date | None) -> When | None:
    near, weekday = _NEAR_DAY.search(text), _WEEKDAY_SAID.search(text)
    if near:
        iso = (today + timedelta(days=_NEAR[near.group(1).lower()])).isoformat() if today else ""
        return When(near.group(), iso)
    if weekday is None:
        return None
    ahead = (_WEEKDAY[weekday.group(2).lower()] - today.weekday() - 1) % 7 + 1 if today else 0
    return When(weekday.group().strip(), (today + timedelta(days=ahead)).isoformat() if today else "")


def time_in(text: str) -> When | None:
    """The time of day a text speaks of; minutes said in words are in figures in it."""
    text = clock_in_figures(text)
    past = _PAST.search(text)
    if past:
        hour = _hour(past.group(2), past.group(3) or "")
        minutes = {"half past": 30, "quarter past": 15, "quarter to": -15}[past.group(1).lower()]
        return When(past.group(), _time(hour * 60 + minutes))
    clock = _CLOCK.search(text)
    if clock:
        return When(clock.group(), _time(_hour(clock.group(1), clock.group(3) or "") * 60 + int(clock.group(2))))
    whole = _WHOLE.search(text)
    if whole:
        return When(whole.group().strip(), _time(_hour(whole.group(1), whole.group(2) or "") * 60))
    at = _AT.search(text)
    if at:
        return When(at.group(), _time(_hour(at.group(1), at.group(3) or "") * 60 + int(at.group(2) or 0)))
    noon = re.search(r"\b(?:noon|midday|midi|mediodía|mittag)\b", text, re.I)
    return When(noon.group(), "12:00") if noon else None


def without_when(text: str) -> str:
    """``text`` without its days and times, so that their figures are taken for nothing else."""
    for pattern in (_ISO_DAY, _DAY_MONTH, _MONTH_DAY, _PAST, _CLOCK, _WHOLE, _AT):
        text = pattern.sub(" ", text)
    return text


def _hour(word: str, half: str) -> int:
    """``half`` is how the half of the day was said, if it was."""
    hour = int(word) if word.isdigit() else _HOURS[word.lower()]
    if _AFTER_NOON.search(half):
        return hour % 12 + 12
    if half or hour >= _OPENS or word.startswith("0"):
        return hour % 12 if hour == 12 and _BEFORE_NOON.search(half) else hour
    return hour + 12


def _time(minutes: int) -> str:
    return f"{minutes // 60 % 24:02d}:{minutes % 60:02d}"


def _dated(year: str | None, month: str, number: str, today: date | None) -> str:
    if year:
        return _day(int(year), _MONTH[month.lower()] + 1, int(number))
    if today is None:
        return ""
    this_year = _day(today.year, _MONTH[month.lower()] + 1, int(number))
    past = this_year and this_year < today.isoformat()
    return _day(today.year + 1, _MONTH[month.lower()] + 1, int(number)) if past else this_year


def _day(year: int, month: int, number: int) -> str:
    try:
        return date(year, month, number).isoformat()
    except ValueError:
        return ""
