"""Cards of any issuer, as callers of any language read them: written here from the other side, to measure with."""

import random
from collections.abc import Iterator

from stdnum import luhn

DIGITS = {
    "en": "zero one two three four five six seven eight nine",
    "es": "cero uno dos tres cuatro cinco seis siete ocho nueve",
    "de": "null eins zwei drei vier fünf sechs sieben acht neun",
    "fr": "zéro un deux trois quatre cinq six sept huit neuf",
    "pt": "zero um dois três quatro cinco seis sete oito nove",
    "pl": "zero jeden dwa trzy cztery pięć sześć siedem osiem dziewięć",
    "hi": "शून्य एक दो तीन चार पाँच छह सात आठ नौ",
    "ar": "صفر واحد اثنان ثلاثة أربعة خمسة ستة سبعة ثمانية تسعة",
    "ja": "ゼロ いち に さん よん ご ろく なな はち きゅう",
    "zh": "零 一 二 三 四 五 六 七 八 九",
}
FILLERS = {
    "en": "uh", "es": "eh", "de": "äh", "fr": "euh", "pt": "é", "pl": "yyy",
    "hi": "और", "ar": "و",
    "ja": "えーと", "zh": "呃",
}  # fmt: skip
BEGINNINGS = (
    ("4", 16),
    ("51", 16),
    ("54", 16),
    ("2223", 16),
    ("34", 15),
    ("37", 15),
    ("6011", 16),
    ("3530", 16),
    ("62", 16),
)
NODS = ("mm-hm", "okay", "", "go on")


def a_card(by: random.Random) -> str:
    begins, length = by.choice(BEGINNINGS)
    body = begins + "".join(by.choice("0123456789") for _ in range(length - 1 - len(begins)))
    return body + luhn.calc_check_digit(body)


def readings(by: random.Random, language: str) -> Iterator[tuple[str, list[str]]]:
    """A card and the turns it is read in, over and over."""
    while True:
        card = a_card(by)
        yield card, list(_turns(by, card, language))


def _turns(by: random.Random, card: str, language: str) -> Iterator[str]:
    sizes = (4, 6, 5) if len(card) == 15 else by.choice(((4, 4, 4, 4), (8, 8), (16,), (4, 4, 8)))
    groups, at = [], 0
    for size in sizes:
        groups.append(card[at : at + size])
        at += size
    goes = by.choice((1, 1, 2, len(groups)))
    parts = [_read(by, group, language) for group in groups]
    per = -(-len(parts) // goes)
    for first in range(0, len(parts), per):
        yield by.choice((", ", " ", ". ")).join(parts[first : first + per])


def _read(by: random.Random, group: str, language: str) -> str:
    words = DIGITS[language].split()
    between = "" if language in ("ja", "zh") else " "
    if by.random() < 0.25:
        return group
    said = [words[int(digit)] for digit in group]
    if by.random() < 0.2:
        said.insert(by.randrange(1, len(said)), FILLERS[language])
    if by.random() < 0.15:
        said[0] = group[0]
        return between.join(said) if between else " ".join(said)
    return between.join(said)
