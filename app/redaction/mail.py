"""Addresses of mail, written or spoken: "john dot smith at example dot com"."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from app.redaction.labels import Label, Told
from app.redaction.spans import Span
from app.redaction.spoken import Tongue, folded_all, number_at
from app.redaction.stretches import Token

_WRITTEN: Final = re.compile(r"(?<![\w.+%-])[\w.+%-]{1,64}@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}")
_AT: Final = folded_all(
    "at ät et arroba arobase chiocciola apenstaartje małpa małpka एट ऐट アットマーク アット 艾特 小老鼠 آت ات"
)
_DOT: Final = folded_all("dot point punkt punto ponto kropka punt डॉट ドット 点 點 دوت نقطة")
_JOINS: Final = _DOT | folded_all(
    "underscore dash hyphen minus plus unterstrich bindestrich guion tiret underline traço hífen"
    " podkreślenie podkreslnik"
    " myślnik अंडरस्कोर डैश アンダーバー アンダースコア ハイフン 下划线 شرطة"
)
_JOINED: Final = (("guion", "bajo"), ("tiret", "bas"), ("under", "score"))
_ENDS: Final = folded_all(
    "com org net edu gov info biz io app dev eu us uk co de at ch es mx ar fr be it nl pt br pl in jp"
    " cn tw eg ae sa me ca au"
    " example test कॉम com com कॉम كوم"
)
_NO_NAMES: Final = folded_all(
    "is it it's its to my the so sure okay ok yes yeah am an ist es lautet ja also an est c'est oui le"
    " la el al son sí é"
    " para o a sim to tak na है पर は 是 هو هي على me email mail"
)
MOST_NAME = 12  # tokens of the part before the "at"


def mail_words(text: str, tokens: Sequence[Token]) -> bool:
    """Whether there is anything that an address could not be without."""
    return "@" in text or any(token.word in _AT for token in tokens)


def is_mail_word(word: str) -> bool:
    """Whether a word parts the names of an address, and is seldom said elsewhere."""
    return word in _DOT or word in _JOINS


def mails(
    text: str, tokens: Sequence[Token], labels: Sequence[Told], asked: Label | None, tongue: Tongue
) -> Iterator[Span]:
    """The addresses of a text."""
    for match in _WRITTEN.finditer(text):
        yield Span(match.start(), match.end(), "e-mail")
    words = [token.word for token in tokens]
    for at, word in enumerate(words):
        if word in _AT:
            last = _domain(words, at + 1)
            if last:
                first = _name(words, at, tongue, _named_from(tokens, at, labels, asked))
                yield Span(tokens[first].start, tokens[last].end, "e-mail")


def _domain(words: Sequence[str], at: int) -> int:
    """The last token of the domain that begins here; 0 where none does."""
    while at + 1 < len(words) and len(words[at]) == 1 and words[at + 1] not in _DOT:
        at += 1  # spelled
    spaces = 0
    while at + 1 < len(words) and words[at + 1] not in _DOT and spaces < 1:
        at, spaces = at + 1, spaces + 1
    last = 0
    while at + 2 < len(words) and words[at + 1] in _DOT:
        at += 2
        last = at if words[at] in _ENDS else last
    return last


def _named_from(tokens: Sequence[Token], at: int, labels: Sequence[Told], asked: Label | None) -> int:
    """The token with which the name before an "at" begins at the earliest, where a word says an address follows."""
    before = [told for told in labels if told.label == "e-mail" and told.end <= tokens[at].start]
    if before:
        first = next(number for number, token in enumerate(tokens) if token.start >= before[-1].end)
    elif asked == "e-mail":
        first = 0
    else:
        return at
    return first if at - first <= MOST_NAME else at


def _name(words: Sequence[str], at: int, tongue: Tongue, named_from: int) -> int:
    """The token that the name before an "at" begins with."""
    first = at - 1 if at else 0
    while first > 0:
        if words[first - 1] in _JOINS:
            first = max(first - 2, 0)
        elif first > 1 and tuple(words[first - 2 : first]) in _JOINED:
            first = max(first - 3, 0)
        elif _goes_on(words, first, tongue):
            first -= 1
        else:
            break
    while named_from < first and words[named_from] in _NO_NAMES:
        named_from += 1
    return min(first, named_from)


def _goes_on(words: Sequence[str], first: int, tongue: Tongue) -> bool:
    """Whether the word before belongs to the same name: both are spelled, or it has digits behind it."""
    if _is_spelled(words, first, tongue) and _is_spelled(words, first - 1, tongue):
        return True
    return _is_number(words, first, tongue) and words[first - 1] not in _NO_NAMES


def _is_number(words: Sequence[str], at: int, tongue: Tongue) -> bool:
    return words[at].isdecimal() or number_at(tongue, words, at)[1] > 0


def _is_spelled(words: Sequence[str], at: int, tongue: Tongue) -> bool:
    return len(words[at]) == 1 or _is_number(words, at, tongue)
