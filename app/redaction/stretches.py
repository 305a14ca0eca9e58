"""A text cut into stretches of digits and letters: what may be a number, written or spoken, without its fillers."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from app.redaction.spoken import Tongue, folded, folded_all, number_at, times_of, tongue_for

_KANA: Final = (
    "ゼロ|レイ|れい|まる|いち|イチ|さん|サン|よん|ヨン|ろく|ロク|なな|ナナ|しち|はち|ハチ|きゅう|キュウ"
    "|アットマーク|アット|ドット|アンダー(?:バー|スコア)|ハイフン|下划线|艾特|小老鼠"
)
_TOKEN: Final = re.compile(
    rf"{_KANA}|[\u3040-\u30ff\u3400-\u9fff〇]|\d+"
    r"|[^\W\d_\u3040-\u30ff\u3400-\u9fff\u0900-\u097f]+(?:['’][^\W\d_\u3040-\u30ff]+)?|[\u0900-\u0965\u0970-\u097f]+"
)
# Dates, times and amounts are no parts of longer numbers.
_ORDINARY: Final = re.compile(
    r"\b\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?)?\b|\b\d{1,2}[./]\d{1,2}[./](?:\d{4}|\d{2})\b(?![./]\d)"
    r"|\b\d{1,2}(?::\d{2}){1,2}\b|\b\d{1,2}/\d{2,4}\b(?!/)|[$€£¥₹]\s?\d[\d.,]*"
    r"|\d[\d.,]*\s?(?:[$€£¥₹%]|(?:usd|eur|gbp)\b)"
    r"|(?<![\d.,])\d{1,3}(?:[.,]\d{3})*[.,]\d{2}(?![.,]?\d)|(?<![\d.,])\d{1,3}(?:,\d{3})+(?![.,]?\d)",
    re.IGNORECASE,
)
_GAP: Final = re.compile(r"[\s.,;:/\\()\-–—_…'\"*+?!،、。，．؟\u200e\u200f]{0,8}")
_ORDINALS: Final = frozenset({"st", "nd", "rd", "th", "h", "am", "pm", "km", "kg", "cm", "mm", "gb", "er", "e"})
_FILLERS: Final = folded_all(
    "uh um er erm hmm mm eh ehm äh ähm euh este pues und and then y e et i dash hyphen minus tiret guion traço kreska"
    " yyy eee so okay ok yes next é と の え ー あ っ ん 呃 嗯 啊 و और"
)
_CORRECTIONS: Final = folded_all(
    "no not sorry wait actually mean nein moment entschuldigung falsch quatsch korrektur perdón perdona espera digo"
    " pardon attendez non não desculpa desculpe aliás nie przepraszam czekaj नहीं सॉरी لا عفوا آسف"
)
_TEXTS: Final = 16  # the last: a turn is gone through for its numbers, its ends and its parts, in journal and records
MOST_BETWEEN = 4  # words that one may say between two digits


@dataclass(frozen=True, slots=True)
class Token:
    """A word or a run of written digits, where it stands."""

    start: int
    end: int
    text: str
    word: str  # folded


@dataclass(frozen=True, slots=True)
class Atom:
    """Digits or letters that were written or spoken as one, where they stand."""

    start: int
    end: int
    value: str
    corrects: bool = False  # what was said just before was wrong

    @property
    def is_digits(self) -> bool:
        return self.value.isdigit()


@lru_cache(maxsize=_TEXTS)
def tokens_of(text: str) -> tuple[Token, ...]:
    """The words and digits of a text."""
    return tuple([Token(m.start(), m.end(), m[0], folded(m[0])) for m in _TOKEN.finditer(text)])


def is_between(token: Token) -> bool:
    """Whether one may say this word between two digits."""
    return token.word in _FILLERS or token.word in _CORRECTIONS


def tongue_of(tokens: Sequence[Token], language: str) -> Tongue:
    """Whose numbers these are."""
    return tongue_for(language, (token.word for token in tokens))


def stretches(text: str, tokens: Sequence[Token], tongue: Tongue) -> Iterator[list[Atom]]:
    """The stretches of a text: atoms with nothing between them but fillers, corrections and marks."""
    if not any(token.word in tongue.begins or token.text[0].isdecimal() for token in tokens):
        return
    ordinary = [match.span() for match in _ORDINARY.finditer(text)]
    words = [token.word for token in tokens]
    stretch: list[Atom] = []
    at, between, corrects = 0, 0, False
    while at < len(tokens):
        atom, taken = _atom(tokens, words, at, tongue, text)
        if atom is not None and any(start < atom.end and atom.start < end for start, end in ordinary):
            atom = None
        if atom is None:
            between += 1
            corrects = corrects or words[at] in _CORRECTIONS
            if stretch and (between > MOST_BETWEEN or words[at] not in _FILLERS | _CORRECTIONS):
                yield stretch
                stretch = []
            at += taken
            continue
        if stretch and not between and not _GAP.fullmatch(text, stretch[-1].end, atom.start):
            yield stretch
            stretch = []
        stretch.append(Atom(atom.start, atom.end, atom.value, corrects and bool(stretch)))
        at, between, corrects = at + taken, 0, False
    if stretch:
        yield stretch


def _atom(tokens: Sequence[Token], words: Sequence[str], at: int, tongue: Tongue, text: str) -> tuple[Atom | None, int]:
    """What begins at a token, and how many tokens it takes; None for an ordinary word."""
    token = tokens[at]
    if token.text[0].isdecimal():
        digits = "".join(str(int(char)) for char in token.text)
        return Atom(token.start, token.end, digits), 1
    times = times_of(token.word)
    if times:
        return _repeated(tokens, words, at, tongue, times)
    digits, taken = number_at(tongue, words, at)
    if taken:
        return Atom(token.start, tokens[at + taken - 1].end, digits), taken
    if _is_letters(tokens, at, text):
        return Atom(token.start, token.end, token.text.upper()), 1
    return None, 1


def _repeated(
    tokens: Sequence[Token], words: Sequence[str], at: int, tongue: Tongue, times: int
) -> tuple[Atom | None, int]:
    """ "double five", "triple 0"."""
    if at + 1 >= len(tokens):
        return None, 1
    after = tokens[at + 1]
    digits = after.text if after.text.isdecimal() else number_at(tongue, words, at + 1)[0]
    if len(digits) not in (1, 2):
        return None, 1
    taken = 1 if after.text.isdecimal() else number_at(tongue, words, at + 1)[1]
    return Atom(tokens[at].start, tokens[at + taken].end, digits * times), taken + 1


def _is_letters(tokens: Sequence[Token], at: int, text: str) -> bool:
    """One letter, or a few capitals; not the small ones that are stuck to a number."""
    token = tokens[at]
    if not token.text.isascii() or not token.text.isalpha() or (token.text.islower() and token.word in _FILLERS):
        return False
    stuck = at > 0 and tokens[at - 1].end == token.start and tokens[at - 1].text.isdecimal()
    if stuck and token.text in _ORDINALS:
        return False
    return len(token.text) == 1 or (token.text.isupper() and len(token.text) <= 8) or stuck
