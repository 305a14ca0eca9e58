"""Hears the digits of a number, in numerals of any script or in the words of ten languages."""

import re
import unicodedata
from collections.abc import Iterator, Mapping

# The words for 0 to 9 in order, with | between words for the same digit.
_DIGITS: Mapping[str, str] = {
    "en": "zero|oh|o one two three four five six seven eight nine",
    "es": "cero uno dos tres cuatro cinco seis siete ocho nueve",
    "fr": "zéro un|une deux trois quatre cinq six sept huit neuf",
    "de": "null eins zwei|zwo drei vier fünf sechs sieben acht neun",
    "pt": "zero um|uma dois|duas três|tres quatro cinco seis|meia sete oito nove",
    "pl": "zero jeden dwa trzy cztery pięć sześć siedem osiem dziewięć",
    "hi": "शून्य|ज़ीरो|जीरो एक दो तीन चार पाँच|पांच छह|छः|छे|छ सात आठ नौ",
    "ar": "صفر واحد|واحدة اثنان|اثنين|إثنان|إثنين ثلاثة|ثلاث|تلاتة أربعة|أربع|اربعة خمسة|خمس ستة|ست سبعة|سبع "
    "ثمانية|ثمان|تمانية تسعة|تسع",
    "ja": "ゼロ|ぜろ|れい|まる いち に さん よん|し ご ろく なな|しち はち きゅう|く",
}
_TEENS: Mapping[str, str] = {  # 10, 11, 12 ... for as far as they go
    "en": "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen",
    "es": "diez once doce trece catorce quince dieciséis diecisiete dieciocho diecinueve",
    "fr": "dix onze douze treize quatorze quinze seize dix-sept dix-huit dix-neuf",
    "de": "zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn",
    "pt": "dez onze doze treze catorze quinze dezesseis dezessete dezoito dezenove",
    "pl": "dziesięć jedenaście dwanaście trzynaście czternaście piętnaście szesnaście siedemnaście osiemnaście "
    "dziewiętnaście",
}
_TENS: Mapping[str, str] = {  # 20, 30 ... for as far as they go
    "en": "twenty thirty forty fifty sixty seventy eighty ninety",
    "es": "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa",
    "fr": "vingt trente quarante cinquante soixante",
    "de": "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig",
    "pt": "vinte trinta quarenta cinquenta sessenta setenta oitenta noventa",
    "pl": "dwadzieścia trzydzieści czterdzieści pięćdziesiąt sześćdziesiąt siedemdziesiąt osiemdziesiąt "
    "dziewięćdziesiąt",
}
_TWENTIES = "veintiuno veintidós veintitrés veinticuatro veinticinco veintiséis veintisiete veintiocho veintinueve"
_AND = {"es": "y", "fr": "et", "pt": "e"}  # forty *and* seven
_LONGEST = 4  # words in a number of two digits: quatre vingt dix sept
# Words of one language that are numbers in another: they count beside another number only.
_DOUBTFUL = frozenset({"o", "oh", "um", "uma", "un", "une", "ten", "once", "meia"})

_HAN_DIGITS = ("〇零", "一幺", "二两兩", "三", "四", "五", "六", "七", "八", "九")
_HAN = {sign: str(digit) for digit, signs in enumerate(_HAN_DIGITS) for sign in signs}
_HAN_UNITS = {"十": 10, "百": 100, "千": 1000}
_HAN_SIGN = f"[{''.join(_HAN)}{''.join(_HAN_UNITS)}]"
_HAN_RUN = re.compile(rf"{_HAN_SIGN}(?:[\s、,，・-]*{_HAN_SIGN})+")

# Letters, and the signs that Indian and Arabic scripts put on them, which are no letters to `re`.
_WORD = re.compile(r"(?:[^\W\d_]|[\u0900-\u0903\u093a-\u094f\u064b-\u0652])+")
_LATIN_SIGNS = re.compile(r"[\u0300-\u036f]")


def heard_digits(said: str) -> str:
    """The digits of a number as callers say it and models write it; empty when there are none.

    ``#1047``, ``1-0-4-7``, ``1 oh 4 7``, ``ten forty seven``, ``uno cero cuatro siete``, ``एक शून्य चार सात``,
    ``١٠٤٧`` and ``一〇四七`` are all ``1047``.
    """
    text = _HAN_RUN.sub(_han_digits, _folded(said))
    digits = _numerals(_ZERO_INSIDE.sub("0", text))
    return digits or "".join(_of_words(_WORD.findall(text)))


def _folded(text: str) -> str:
    """Small letters, the Latin ones without accents: callers' words come with and without."""
    apart = unicodedata.normalize("NFD", text.casefold())
    return unicodedata.normalize("NFC", _LATIN_SIGNS.sub("", apart))


def _numerals(text: str) -> str:
    """The digits among the characters, in whatever script they are written."""
    return "".join(str(unicodedata.decimal(one)) for one in text if one.isdecimal())


def _han_digits(run: re.Match[str]) -> str:
    """``一〇四七`` and ``一千零四十七`` as ``1047``."""
    signs = [sign for sign in run[0] if sign in _HAN or sign in _HAN_UNITS]
    if not any(sign in _HAN_UNITS for sign in signs):
        return "".join(_HAN[sign] for sign in signs)
    total, digit = 0, 0
    for sign in signs:
        if sign in _HAN:
            digit = int(_HAN[sign])
            continue
        total, digit = total + (digit or 1) * _HAN_UNITS[sign], 0
    return str(total + digit)


def _of_words(words: list[str]) -> Iterator[str]:
    """The digits of each run of number words that has one which is a number for sure."""
    run: list[str] = []
    sure = False
    place = 0
    while place < len(words):
        length, digits = _number_at(words, place)
        if digits:
            run.append(digits)
            sure = sure or words[place] not in _DOUBTFUL
        elif run:
            yield "".join(run) if sure else ""
            run, sure = [], False
        place += length
    yield "".join(run) if sure else ""


def _number_at(words: list[str], place: int) -> tuple[int, str]:
    """How many words from ``place`` on make a number, and its digits; one word and nothing where none does."""
    for length in range(min(_LONGEST, len(words) - place), 0, -1):
        digits = _VALUES.get(" ".join(words[place : place + length]))
        if digits:
            return length, digits
    kana = _KANA_RUN.fullmatch(words[place])
    return 1, "".join(_VALUES[one] for one in _KANA.findall(words[place])) if kana else ""


def _numbers() -> Iterator[tuple[str, str]]:
    """Every number in words with its digits."""
    for language, words in _DIGITS.items():
        units = [spelled.split("|") for spelled in words.split()]
        teens = _TEENS.get(language, "").split()
        yield from ((word, str(digit)) for digit, spelled in enumerate(units) for word in spelled)
        yield from ((word, str(number)) for number, word in enumerate(teens, 10))
        for ten, word in enumerate(_TENS.get(language, "").split(), 2):
            yield word, f"{ten}0"
            for digit, spelled in enumerate(units[1:], 1):
                yield from ((one, f"{ten}{digit}") for unit in spelled for one in _joined(language, word, unit))
    yield from ((word, str(number)) for number, word in enumerate(_TWENTIES.split(), 21))
    yield from _french()


def _french() -> Iterator[tuple[str, str]]:
    """What French counts by twenties: sixty-ten, four-twenties, four-twenties-ten."""
    for number, teen in enumerate(_TEENS["fr"].split(), 10):
        yield f"soixante {teen}", str(60 + number)
        yield f"soixante et {teen}", str(60 + number)
        yield f"quatre vingt {teen}", str(80 + number)
    for digit, spelled in enumerate(_DIGITS["fr"].split()[1:], 1):
        yield from ((f"quatre vingt {unit}", str(80 + digit)) for unit in spelled.split("|"))
    yield from (("quatre vingt", "80"), ("quatre vingts", "80"))


def _joined(language: str, ten: str, unit: str) -> tuple[str, ...]:
    """The ways to say a ten and a unit as one number."""
    if language == "de":
        return (f"{'ein' if unit == 'eins' else unit}und{ten}",)
    if language in _AND:
        return (f"{ten} {_AND[language]} {unit}", f"{ten} {unit}")
    return (f"{ten} {unit}",)


def _key(words: str) -> str:
    return " ".join(_WORD.findall(_folded(words)))


def _one_of(words: str) -> str:
    """A pattern for any of the words of a list of digits, the longest first."""
    every = sorted({_key(word) for word in words.replace("|", " ").split()}, key=len, reverse=True)
    return "|".join(map(re.escape, every))


_VALUES = {_key(words): digits for words, digits in _numbers()} | _HAN
_KANA = re.compile(_one_of(_DIGITS["ja"]))
_KANA_RUN = re.compile(f"(?:{_one_of(_DIGITS['ja'])}){{2,}}")
_ZEROS = _one_of(" ".join(words.split()[0] for words in _DIGITS.values()))
_ZERO_INSIDE = re.compile(rf"(?<=\d)[\s,-]*(?<!\w)(?:{_ZEROS})(?!\w)[\s,-]*(?=\d)")
