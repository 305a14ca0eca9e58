"""Searching the words of turns: what people type, in the query languages of SQLite's FTS5 and of PostgreSQL."""

import re
import unicodedata
from dataclasses import dataclass

_PIECE = re.compile(r'"([^"]*)"|(\S+)')
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that follow each other; ``begins``: the last is only the beginning of one."""

    words: tuple[str, ...]
    begins: bool = False


def phrases_of(text: str) -> list[Phrase]:
    """What is looked for: every word, those in double quotes side by side; ``tent*`` is any word that begins so."""
    found = []
    for quoted, bare in _PIECE.findall(text):
        words = tuple(_WORD.findall(_folded(quoted or bare)))
        if words:
            found.append(Phrase(words, not quoted and bare.endswith("*")))
    return found


def in_fts5(phrases: list[Phrase]) -> str:
    """https://www.sqlite.org/fts5.html#full_text_query_syntax"""
    return " AND ".join(f'"{" ".join(phrase.words)}"{" *" if phrase.begins else ""}' for phrase in phrases)


def in_tsquery(phrases: list[Phrase]) -> str:
    """https://www.postgresql.org/docs/18/datatype-textsearch.html#DATATYPE-TSQUERY"""
    return " & ".join(
        "(" + " <-> ".join(f"'{word}'" for word in phrase.words) + (":*" if phrase.begins else "") + ")"
        for phrase in phrases
    )


def says(text: str, phrases: list[Phrase]) -> bool:
    """Whether a text has all of them."""
    spoken = f" {' '.join(_WORD.findall(_folded(text)))} "
    return all(f" {' '.join(phrase.words)}{'' if phrase.begins else ' '}" in spoken for phrase in phrases)


def _folded(text: str) -> str:
    """Without accents and capitals, as both indexes have the words."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFD", text.lower())
    return unicodedata.normalize("NFC", "".join(letter for letter in apart if not unicodedata.combining(letter)))
