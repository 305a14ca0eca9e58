"""English days, years and times of day that are heard in words, written in figures. Pure."""

import re

_TO_TWELVE = "one two three four five six seven eight nine ten eleven twelve"
_TEENS = "thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_FIRST_TO_NINTH = "first second third fourth fifth sixth seventh eighth ninth"
_TENTH_ON = "tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth"
_VALUES = {
    **{word: number for number, word in enumerate(f"{_TO_TWELVE} {_TEENS}".split(), 1)},
    **{word: number for number, word in enumerate(f"{_FIRST_TO_NINTH} {_TENTH_ON} twentieth".split(), 1)},
    **{word: 10 * tens for tens, word in enumerate(_TENS.split(), 2)},
    "thirtieth": 30,
}


def _any(words: str) -> str:
    return f"(?:{'|'.join(sorted(words.split(), key=len, reverse=True))})"


_UNIT = _any(" ".join(_TO_TWELVE.split()[:9]))
_BELOW_HUNDRED = rf"(?:{_any(_TENS)}(?:[ -]{_UNIT})?|{_any(f'{_TO_TWELVE} {_TEENS}')})"
_CENTURY = re.compile(rf"\b(nineteen|twenty),? ((?:oh )?{_BELOW_HUNDRED})\b", re.IGNORECASE)
_THOUSAND = re.compile(rf"\btwo thousand(?: and)?(?: ({_BELOW_HUNDRED}))?\b", re.IGNORECASE)
_DAYS = _any(f"{_FIRST_TO_NINTH} {_TENTH_ON} twentieth thirtieth")
_ORDINAL = re.compile(rf"\b(?:(?:twenty|thirty)[ -]{_any(_FIRST_TO_NINTH)}|{_DAYS})\b", re.IGNORECASE)
# "December thirty": a look-behind must be of one length, so of most months only the end stands in it.
_CARDINAL = re.compile(
    rf"(?:(?<=uary |arch |pril |june |july |gust |mber |ober )|(?<=\bmay )){_BELOW_HUNDRED}\b", re.IGNORECASE
)
_CLOCK = re.compile(
    rf"\b({_any(_TO_TWELVE)})[ -]((?:twenty|thirty|forty|fifty)(?:[ -]{_UNIT})?|oh five|ten|fifteen)\b", re.IGNORECASE
)


def date_in_figures(text: str) -> str:
    """ "May seventeenth, nineteen eighty-four" → "May 17, 1984"."""
    text = _CENTURY.sub(lambda m: f"{'20' if m[1].lower() == 'twenty' else '19'}{_value(m[2]):02d}", text)
    text = _THOUSAND.sub(lambda m: str(2000 + _value(m[1] or "")), text)
    return _CARDINAL.sub(lambda m: str(_value(m[0])), _ORDINAL.sub(lambda m: str(_value(m[0])), text))


def clock_in_figures(text: str) -> str:
    """ "at ten thirty" → "at 10:30"."""
    return _CLOCK.sub(lambda m: f"{_value(m[1])}:{_value(m[2]):02d}", text)


def _value(words: str) -> int:
    return sum(_VALUES.get(word, 0) for word in re.findall(r"[a-z]+", words.lower()))
