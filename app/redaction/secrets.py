"""Passwords after the word that announces them, and keys of machines by their look."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from app.redaction.labels import ANNOUNCED, Told
from app.redaction.spans import Span
from app.redaction.spoken import folded, folded_all

_KEYS: Final = re.compile(
    r"\b(?:sk|pk|rk)[-_](?:live|test|proj|ant)?[-_]?[\w-]{16,}|\bgh[pousr]_\w{20,}|\bgithub_pat_\w{20,}"
    r"|\bAKIA[0-9A-Z]{16}\b"
    r"|\bAIza[\w-]{30,}|\bya29\.[\w-]{20,}|\bxox[abprs]-[\w-]{10,}|\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"
    r"|\bglpat-[\w-]{16,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]+?(?:-----END [A-Z ]*PRIVATE KEY-----|$)|(?<=Bearer )[\w.~+/=-]{8,}"
)
# A long word of letters and digits mixed through, as no language has them.
_RANDOM: Final = re.compile(r"(?<![\w/.-])(?=[\w-]*[a-z])(?=[\w-]*[A-Z])(?=[\w-]*\d)[A-Za-z0-9_-]{24,}(?![\w/])")
_COPULA: Final = re.compile(
    r"\s*(?:,\s*)?(?:(?:is|it's|was|ist|lautet|war|es|era|c'est|est|é|to|jest|brzmi|हैं?|था|هي|هو)(?![^\W_])\s*[:,]?"
    r"|[:=]|は|是)\s*",
    re.IGNORECASE,
)
_WORD: Final = r"[^\s,;:!?。、，؟।\u3040-\u30ff\u3400-\u9fff]+"
_VALUE: Final = re.compile(rf"{_WORD}(?:[ ]{_WORD}){{0,4}}")
# With these it is told how the password is, not what it is.
_TELLS: Final = folded_all(
    "not no never still too wrong incorrect invalid expired the a an in on that what same required"
    " being correct fine right"
    " old new lost gone unknown locked nicht kein falsch weg zu abgelaufen nie das die der ne pas faux"
    " incorrecte expiré le la"
    " incorrecta errónea la el demasiado não errada incorreta muito nieprawidłowe złe za नहीं गलत काम لا غير خطأ"
)
_AND: Final = folded_all("and but with all in mit und aber con y pero avec et mais com e mas z i ale at for so")


def announces(text: str) -> bool:
    """Whether a password may follow."""
    return bool(ANNOUNCED.search(text))


def secrets(text: str, labels: Sequence[Told]) -> Iterator[Span]:
    """Keys by their look, and what stands behind "the password is"."""
    for pattern in (_KEYS, _RANDOM):
        for match in pattern.finditer(text):
            yield Span(match.start(), match.end(), "secret")
    for told in labels:
        if told.label == "password":
            yield from _password(text, told.end)


def _password(text: str, at: int) -> Iterator[Span]:
    copula = _COPULA.match(text, at)
    value = _VALUE.match(text, copula.end()) if copula else None
    if value is None:
        return
    words = value[0].split(" ")
    if folded(words[0]) in _TELLS:
        return
    length = len(words[0]) if _is_made_up(words[0]) else len(" ".join(_until_and(words)))
    yield Span(value.start(), value.start() + len(value[0][:length].rstrip(".")), "secret")


def _is_made_up(word: str) -> bool:
    """Whether a word is one that only a password is."""
    inside = word.rstrip(".")
    return (not inside.isalpha() and any(char.isalpha() for char in inside)) or inside[1:] != inside[1:].lower()


def _until_and(words: Sequence[str]) -> Sequence[str]:
    for number, word in enumerate(words):
        if number and (folded(word) in _AND or words[number - 1].endswith(".")):
            return words[:number]
    return words
