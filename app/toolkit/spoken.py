"""Numbers and days as they are said and heard on the phone."""

import re
from datetime import date

_WEEKDAYS = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "es": ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
}
_MONTHS = {
    "en": (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
    "es": (
        *("enero", "febrero", "marzo", "abril", "mayo", "junio"),
        *("julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"),
    ),
}
_NEAR = {
    "en": {-1: "yesterday", 0: "today", 1: "tomorrow"},
    "es": {-1: "ayer", 0: "hoy", 1: "mañana"},
}
_UNITS = {
    "one": "1",
    "two": "2",
    "three": "3",
    "four": "4",
    "five": "5",
    "six": "6",
    "seven": "7",
    "eight": "8",
    "nine": "9",
}
_TENS = {
    "twenty": "2",
    "thirty": "3",
    "forty": "4",
    "fifty": "5",
    "sixty": "6",
    "seventy": "7",
    "eighty": "8",
    "ninety": "9",
}
_DIGIT_WORDS = {
    **_UNITS,
    "zero": "0",
    "oh": "0",
    "o": "0",
    "ten": "10",
    "eleven": "11",
    "twelve": "12",
    "thirteen": "13",
    "fourteen": "14",
    "fifteen": "15",
    "sixteen": "16",
    "seventeen": "17",
    "eighteen": "18",
    "nineteen": "19",
    "cero": "0",
    "uno": "1",
    "dos": "2",
    "tres": "3",
    "cuatro": "4",
    "cinco": "5",
    "seis": "6",
    "siete": "7",
    "ocho": "8",
    "nueve": "9",
}
_ZERO_INSIDE = re.compile(r"(?<=\d)[\s,-]*\b(?:oh|o|zero|cero)\b[\s,-]*(?=\d)", re.IGNORECASE)


def heard_digits(said: str) -> str:
    """The digits of a number as callers say it and models write it; empty when there are none.

    ``#1047``, ``1-0-4-7``, ``1 oh 4 7``, ``ten forty seven`` and ``uno cero cuatro siete`` are all ``1047``.
    """
    digits = "".join(re.findall(r"[0-9]", _ZERO_INSIDE.sub("0", said)))
    if digits:
        return digits
    words = re.findall(r"[^\W\d_]+", said.lower())
    return "".join(_digits_of(word, words[place + 1 : place + 2]) for place, word in _unjoined(words))


def _unjoined(words: list[str]) -> list[tuple[int, str]]:
    """The words with their places, without the "seven" that belongs to a "forty"."""
    return [
        (place, word)
        for place, word in enumerate(words)
        if not (place and word in _UNITS and words[place - 1] in _TENS)
    ]


def _digits_of(word: str, following: list[str]) -> str:
    if word in _TENS:
        return _TENS[word] + _UNITS.get(following[0] if following else "", "0")
    return _DIGIT_WORDS.get(word, "")


def spoken_digits(number: str) -> str:
    """``1047`` as ``1 0 4 7``: said digit by digit, in any language."""
    return " ".join(character for character in number if character.isalnum())


def spoken_day(day: date, language: str, today: date) -> str:
    """A day as it is said: ``today``, ``on Monday`` within six days, else ``on November 3``.

    ``language`` is a BCP-47 tag; other languages than English and Spanish are said in English,
    and the model puts them into the caller's.
    """
    tongue = language.split("-", maxsplit=1)[0]
    tongue = tongue if tongue in _NEAR else "en"
    away = (day - today).days
    if away in _NEAR[tongue]:
        return _NEAR[tongue][away]
    month, weekday = _MONTHS[tongue][day.month - 1], _WEEKDAYS[tongue][day.weekday()]
    if tongue == "es":
        return f"el {weekday}" if abs(away) <= 6 else f"el {day.day} de {month}"
    return f"on {weekday}" if abs(away) <= 6 else f"on {month} {day.day}"
