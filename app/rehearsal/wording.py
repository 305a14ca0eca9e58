"""Words as a recogniser writes them, made comparable: numbers joined, languages told apart."""

import re

_DIGIT_WORDS = {
    "en": ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    "es": ("cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve"),
    "fr": ("zéro", "une", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf"),
    "de": ("null", "eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun"),
}
_VALUES = {word: str(value) for words in _DIGIT_WORDS.values() for value, word in enumerate(words)} | {
    "oh": "0",
    "zwo": "2",
    "un": "1",
}
_WORD = "|".join(word for word in _VALUES if word != "un")
_ONE = rf"un(?=[\s,-]+(?:{_WORD}|\d)|\W*$)"  # mostly the French article
_DIGIT = rf"(?:(?:double|doble)\s+)?(?:{_WORD}|{_ONE}|\d+)"
_SPOKEN = re.compile(rf"\b{_DIGIT}(?:[\s,-]+{_DIGIT})+\b", re.IGNORECASE)
_PARTS = re.compile(r"\d+(?:(?:\s*[-–]\s*|\.|,\s*|\s+)\d+)+")
_MONTH_BEFORE = re.compile(
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december|de enero|de mayo)\s*$",
    re.IGNORECASE,
)
_SMALL_WORDS = {
    "en": " the a an of to and in your you is it for with not i we our can could please order thank thanks hello where "
    "my how what when will would be on was has have are that this at by from ",
    "es": " el la los las un una de del que y en su sus por para con no es está esta pedido gracias hola cuál dónde "
    "puedo quiero mi número ayuda buenos buenas días favor usted le se ha fue qué cómo cuándo adiós sí señor señora "
    "más lo al he siento tengo tiene este ese eso muy ",
    "fr": " le la les un une des du de et en est je vous votre vos ma mon mes que qui quel quelle où comment bonjour "
    "merci au revoir commande pour avec pas ne oui non puis suis sur dans ce cette il elle nous sont été c'est j'ai "
    "d'accord ",
    "de": " der die das den dem ein eine einen und ist ich sie ihr ihre ihnen wir mein meine nicht mit für auf von zu "
    "bitte danke guten tag wo wie was wann bestellung ja nein kann haben hat wird wurde sind auch noch es hallo um uhr "
    "am im ",
    "it": " il lo gli un una di del della che e è per con non sono mi mio mia suo sua dove come quando grazie "
    "buongiorno ordine posso vorrei arrivederci sì questo questa ho ha la nel nella alla mentre certo volentieri "
    "momento ci sono dispiace ",
    "pt": " o os um uma de do da que e em é não com para por meu minha seu sua onde como quando obrigado "
    "obrigada olá pedido posso quero você está sim ",
}
_MARKS = {"es": "¿¡ñ", "fr": "çêèœùàâ", "de": "ßäö", "pt": "ãõ", "it": "ìò"}
_ACCENTS = "áéíóú"  # Spanish, if nothing else says otherwise


def join_digits(text: str) -> str:
    """Write a number that was read out digit by digit as one: "1-0-4-7", "one zero four seven" → "1047"."""
    spoken = _SPOKEN.sub(_spoken_digits, text)
    return _PARTS.sub(_joined, spoken)


def digits_in(text: str) -> str:
    """The longest number in ``text`` after joining, or an empty string."""
    return max(re.findall(r"\d+", join_digits(text)), key=len, default="")


def language_of(text: str, before: str = "") -> str:
    """The language of a text, by its small words and letters; English if they say nothing.

    ``before`` is the language spoken until now: a text that may be of it as well as of another is, and so is one
    that says nothing.
    """
    lowered = text.lower().replace("’", "'")
    words = re.findall(r"(?:[cjd]')?[^\W\d_]+", lowered)
    counts = {
        code: sum(f" {word} " in known for word in words) + 2 * sum(mark in lowered for mark in _MARKS.get(code, ""))
        for code, known in _SMALL_WORDS.items()
    }
    counts["es"] += sum(mark in lowered for mark in _ACCENTS)
    if counts.get(before):
        counts[before] += 1
    if before and not any(counts.values()):
        return before
    return max(counts, key=lambda code: counts[code])


def _spoken_digits(match: re.Match[str]) -> str:
    if not re.search(r"[a-z]", match.group(), re.IGNORECASE):
        return match.group()
    digits, times = "", 1
    for word in re.findall(r"[^\W\d_]+|\d+", match.group().lower()):
        if word in ("double", "doble"):
            times = 2
            continue
        digits += _VALUES.get(word, word) * times
        times = 1
    return digits


def _joined(match: re.Match[str]) -> str:
    parts = re.findall(r"\d+", match.group())
    if _MONTH_BEFORE.search(match.string[: match.start()]):
        return match.group()  # a date: "March 3, 1985"
    read_out = all(len(part) <= 5 for part in parts) and any(len(part) <= 3 for part in parts)
    return "".join(parts) if read_out else match.group()
