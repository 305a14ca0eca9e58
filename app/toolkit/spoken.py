"""Days, times, money and numbers in the words of a language, as they are said on the phone."""

from collections.abc import Mapping
from datetime import date, time
from decimal import Decimal
from functools import cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton, format_time
from babel.numbers import format_currency, format_decimal, get_currency_precision

Amount = Decimal | int | float | str

_SOON_DAYS = 6
_YEAR_DAYS = 300  # from this far away a day is said with its year
_NEAR: Mapping[str, tuple[str, str, str]] = {
    "en": ("yesterday", "today", "tomorrow"),
    "es": ("ayer", "hoy", "mañana"),
    "fr": ("hier", "aujourd'hui", "demain"),
    "de": ("gestern", "heute", "morgen"),
    "pt": ("ontem", "hoje", "amanhã"),
    "hi": ("कल", "आज", "कल"),  # the verb's tense says which
    "ja": ("昨日", "今日", "明日"),
    "ar": ("أمس", "اليوم", "غدًا"),
    "zh": ("昨天", "今天", "明天"),
    "pl": ("wczoraj", "dzisiaj", "jutro"),
    "it": ("ieri", "oggi", "domani"),
    "nl": ("gisteren", "vandaag", "morgen"),
}
# How a weekday and a day of the month stand in a sentence; where a language is not here, by themselves.
_FRAMES: Mapping[str, tuple[str, str]] = {
    "en": ("on {}", "on {}"),
    "es": ("el {}", "el {}"),
    "fr": ("{}", "le {}"),
    "de": ("am {}", "am {}"),
    "hi": ("{} को", "{} को"),
    "ja": ("{}", "{}"),
    "ar": ("يوم {}", "يوم {}"),
    "it": ("{}", "il {}"),
    "nl": ("op {}", "op {}"),
}
_BY_WEEKDAY: Mapping[str, tuple[str, ...]] = {  # Monday first: where the word before it depends on the day
    "pt": (
        *("na segunda-feira", "na terça-feira", "na quarta-feira", "na quinta-feira", "na sexta-feira"),
        *("no sábado", "no domingo"),
    ),
    "pl": ("w poniedziałek", "we wtorek", "w środę", "w czwartek", "w piątek", "w sobotę", "w niedzielę"),
}
_DAY_OF_MONTH: Mapping[str, str] = {"pt": "no dia {}"}


def spoken_digits(number: str) -> str:
    """``1047`` as ``1 0 4 7``: said digit by digit, in any language."""
    return " ".join(character for character in number if character.isalnum())


def spoken_day(day: date, language: str, today: date) -> str:
    """A day as it is said: ``today``, ``on Monday`` within six days, else ``on November 3``.

    ``language`` is a BCP-47 tag. A language nobody has written down is said in English, and the model puts it
    into the caller's.
    """
    locale = _locale(language)
    away = (day - today).days
    if abs(away) <= 1 and locale.language in _NEAR:
        return _NEAR[locale.language][away + 1]
    if abs(away) <= _SOON_DAYS:
        return _weekday(day, locale)
    far = abs(away) >= _YEAR_DAYS
    written = format_date(day, "long", locale=locale) if far else format_skeleton("MMMMd", day, locale=locale)
    if locale.language == "fr" and day.day == 1:
        written = written.replace("1 ", "1er ", 1)
    frame = _DAY_OF_MONTH.get(locale.language) or _FRAMES.get(locale.language, ("{}", "{}"))[1]
    return frame.format(written)


def _weekday(day: date, locale: Locale) -> str:
    if locale.language in _BY_WEEKDAY:
        return _BY_WEEKDAY[locale.language][day.weekday()]
    name = format_date(day, "EEEE", locale=locale)
    if locale.language == "ar":
        name = name.removeprefix("يوم ")
    return _FRAMES.get(locale.language, ("{}", "{}"))[0].format(name)


def spoken_time(moment: time, language: str) -> str:
    """A time of day: ``2:30 PM``, ``14:30 Uhr``."""
    locale = _locale(language)
    written = _plain(format_time(moment, "short", locale=locale))
    return f"{written} Uhr" if locale.language == "de" else written


def spoken_money(amount: Amount, currency: str, language: str) -> str:
    """An amount with its currency's name: ``12.50 US dollars``, ``12 euros``. ``currency`` is ISO 4217."""
    locale, exact = _locale(language), Decimal(str(amount))
    whole = exact.to_integral_value()
    digits = 0 if exact == whole else get_currency_precision(currency)
    exact = exact if digits else whole  # 1.00 takes the plural, 1 does not
    pattern = f"#,##0.{'0' * digits}" if digits else "#,##0"
    said = format_currency(exact, currency, pattern, locale=locale, currency_digits=False, format_type="name")
    return _plain(said.lower() if locale.language == "pt" else said)


def spoken_number(number: Amount, language: str) -> str:
    """A number with the language's own signs: ``1,234.5``, ``1.234,5``."""
    return _plain(format_decimal(Decimal(str(number)), locale=_locale(language)))


def _plain(written: str) -> str:
    """Without the spaces of print, narrow and unbreakable, that a voice may stumble over."""
    return " ".join(written.split())


@cache
def _locale(tag: str) -> Locale:
    """What is known of a language; of its main one, or of English, where that is all there is."""
    for name in (tag, tag.split("-", maxsplit=1)[0]):
        try:
            return Locale.parse(name, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return Locale("en")
