"""What the pages say, by language: ``texts/<language>/<part>.toml``, each text named ``<part>.<name>``."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Final

from babel import Locale
from babel.dates import format_date, format_datetime, get_day_names
from babel.numbers import format_compact_decimal, format_currency, format_decimal, format_percent
from langcodes import closest_supported_match, tag_is_valid

TEXTS: Final = Path(__file__).parent / "texts"
LANGUAGES: Final[Mapping[str, str]] = {"en": "English", "es": "Español"}
FIRST: Final = "en"
LONGEST_TAG: Final = 35


@cache
def catalogue(language: str, folder: str = "") -> Mapping[str, str]:
    """Every text of a language; tables in the files add to the names with a dot."""
    found: dict[str, str] = {}
    for file in sorted((TEXTS / language / folder).glob("*.toml")):
        with file.open("rb") as stream:
            found |= _flat(tomllib.load(stream), file.stem)
    return found


def _flat(table: Mapping[str, object], name: str) -> dict[str, str]:
    flat: dict[str, str] = {}
    for key, value in table.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{name}.{key}")
        else:
            flat[f"{name}.{key}"] = str(value)
    return flat


def wished(accepted: str) -> str:
    """The language that a browser wishes for, of those there are: ``es-MX,es;q=0.9`` is ``es``."""
    for part in accepted.split(",")[:10]:
        tag = part.partition(";")[0].strip()
        if _is_tag(tag) and (match := closest_supported_match(tag, list(LANGUAGES))):
            return match
    return FIRST


def _is_tag(tag: str) -> bool:
    return len(tag) <= LONGEST_TAG and tag_is_valid(tag)


@dataclass(frozen=True, slots=True)
class Words:
    """The texts and the forms of one language."""

    language: str

    def __call__(self, name: str, /, **values: object) -> str:
        """The text of this name; with ``n`` its singular or plural, where there are ``name.one`` and ``name.other``."""
        texts = catalogue(self.language)
        if isinstance(n := values.get("n"), int | float) and f"{name}.other" in texts:
            form = f"{name}.{self._locale.plural_form(n)}"
            name = form if form in texts else f"{name}.other"
            values = {**values, "n": self.number(n)}
        text = texts.get(name, name)
        return text.format(**values) if values else text

    def has(self, name: str) -> bool:
        return name in catalogue(self.language)

    def of(self, kind: str, value: str) -> str:
        """A word of the house in those of the page, where they have it: ``of("call.status_", "ok")``."""
        return self(f"{kind}{value}") if self.has(f"{kind}{value}") else value

    @property
    def _locale(self) -> Locale:
        return Locale.parse(self.language)

    def number(self, value: float, digits: int = 0) -> str:
        return format_decimal(round(value, digits), locale=self._locale)

    def compact(self, value: float) -> str:
        """``12K`` for what only its size is told of."""
        return format_compact_decimal(value, locale=self._locale, fraction_digits=1)

    def money(self, usd: float | None, digits: int = 2) -> str:
        """US dollars; more digits where a cent would be nothing."""
        if usd is None:
            return "–"
        shown = digits if usd == 0 or abs(usd) >= 0.1 else max(digits, 4)
        return format_currency(usd, "USD", f"¤#,##0.{'0' * shown}", locale=self._locale, currency_digits=False)

    def seconds(self, s: float) -> str:
        """``1.0 s``: always to a tenth, so that figures under one another are as exact as they look."""
        return f"{format_decimal(s, '#,##0.0', locale=self._locale)} s"

    def millis(self, ms: float | None) -> str:
        """``640 ms``, ``1.3 s``."""
        if ms is None:
            return "–"
        return f"{round(ms)} ms" if round(ms) < 1_000 else self.seconds(ms / 1_000)

    def percent(self, share: float | None, digits: int = 0) -> str:
        if share is None:
            return "–"
        shown = round(share, 2 + digits)
        return format_percent(shown, locale=self._locale, decimal_quantization=False)

    def time(self, at: datetime) -> str:
        """A time in UTC; the browser shows it in its own zone."""
        return format_datetime(at, "d MMM y HH:mm", locale=self._locale)

    def weekday(self, number: int) -> str:
        """Monday is 0."""
        return str(get_day_names("abbreviated", "stand-alone", self._locale)[number])

    def day(self, at: date) -> str:
        return format_date(at, "medium", locale=self._locale)


def duration(seconds: float | None) -> str:
    """``0:42``, ``3:07``, ``1:02:03``."""
    if seconds is None:
        return "–"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
