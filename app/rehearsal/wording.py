"""Words as a recogniser writes them, made comparable: numbers joined, languages told apart."""

import re

_DIGIT_WORDS = {
    "en": ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    "es": ("cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve"),
}
_VALUES = {word: str(value) for words in _DIGIT_WORDS.values() for value, word in enumerate(words)} | {"oh": "0"}
_WORD = "|".join(_VALUES)
_DIGIT = rf"(?:(?:double|doble)\s+)?(?:{_WORD}|\d+)"
_SPOKEN = re.compile(rf"\b{_DIGIT}(?:[\s,-]+{_DIGIT})+\b", re.IGNORECASE)
_PARTS = re.compile(r"\d+(?:(?:\s*[-–]\s*|\.|,\s*|\s+)\d+)+")
_SPANISH = (
    " el la los las un una de del que y en su sus por para con no es está esta pedido gracias hola cuál dónde puedo "
    "quiero mi número ayuda buenos buenas días favor usted le se ha fue qué cómo cuándo adiós sí señor señora más "
)
_ENGLISH = (
    " the a an of to and in your you is it for with not i we our can could please order thank thanks hello where my "
    "how what when will would be on was has have are that this at by from "
)


def join_digits(text: str) -> str:
    """Write a number that was read out digit by digit as one: "1-0-4-7", "one zero four seven" → "1047"."""
    spoken = _SPOKEN.sub(_spoken_digits, text)
    return _PARTS.sub(_joined, spoken)


def digits_in(text: str) -> str:
    """The longest number in ``text`` after joining, or an empty string."""
    return max(re.findall(r"\d+", join_digits(text)), key=len, default="")


def language_of(text: str) -> str:
    """``es`` or ``en``, by the small words; English if they say nothing."""
    words = re.findall(r"[a-záéíóúñü]+", text.lower())
    spanish = sum(f" {word} " in _SPANISH for word in words) + sum(mark in text.lower() for mark in "¿¡ñáéíóú")
    return "es" if spanish > sum(f" {word} " in _ENGLISH for word in words) else "en"


def _spoken_digits(match: re.Match[str]) -> str:
    if not re.search(r"[a-z]", match.group(), re.IGNORECASE):
        return match.group()
    digits, times = "", 1
    for word in re.findall(r"[a-z]+|\d+", match.group().lower()):
        if word in ("double", "doble"):
            times = 2
            continue
        digits += _VALUES.get(word, word) * times
        times = 1
    return digits


def _joined(match: re.Match[str]) -> str:
    parts = re.findall(r"\d+", match.group())
    read_out = all(len(part) <= 5 for part in parts) and any(len(part) <= 3 for part in parts)
    return "".join(parts) if read_out else match.group()
