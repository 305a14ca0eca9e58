"""Numbers as they are spoken, digit by digit or in groups up to 999, in the languages that have phrases."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Final

# Each from 0 on; "/" parts words for the same number.
_UNITS: Final[Mapping[str, str]] = {
    "en": "zero/oh/o/nought/null one two/too three four/for five six seven eight nine ten eleven twelve thirteen"
    " fourteen fifteen sixteen seventeen eighteen nineteen",
    "de": "null eins/ein zwei/zwo drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn"
    " sechzehn siebzehn achtzehn neunzehn",
    "es": "cero uno/un/una dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis"
    " diecisiete dieciocho diecinueve",
    "fr": "zéro un/une deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize",
    "pt": "zero um/uma dois/duas três quatro cinco seis/meia sete oito nove dez onze doze treze quatorze/catorze"
    " quinze dezesseis/dezasseis dezessete/dezassete dezoito dezenove/dezanove",
    "pl": "zero jeden/jedna/jedynka dwa/dwie/dwójka trzy/trójka cztery/czwórka pięć/piątka sześć/szóstka"
    " siedem/siódemka osiem/ósemka dziewięć/dziewiątka dziesięć jedenaście dwanaście trzynaście"
    " czternaście piętnaście"
    " szesnaście siedemnaście osiemnaście dziewiętnaście",
    "it": "zero uno due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici"
    " quindici sedici"
    " diciassette diciotto diciannove",
    "nl": "nul een/één twee drie vier vijf zes zeven acht negen tien elf twaalf dertien veertien vijftien zestien"
    " zeventien achttien negentien",
    "hi": "शून्य/ज़ीरो/सिफ़र/सिफर एक/वन दो/टू तीन/थ्री चार/फोर/फ़ोर पाँच/पांच/फाइव/फ़ाइव छह/छः/छे/सिक्स"
    " सात/सेवन आठ/एट/ऐट"
    " नौ/नाइन दस ग्यारह बारह तेरह चौदह पंद्रह सोलह सत्रह अठारह उन्नीस बीस इक्कीस बाईस तेईस चौबीस पच्चीस"
    " छब्बीस सत्ताईस"
    " अट्ठाईस उनतीस तीस इकतीस बत्तीस तैंतीस चौंतीस पैंतीस छत्तीस सैंतीस अड़तीस उनतालीस चालीस इकतालीस बयालीस तैंतालीस"
    " चौवालीस पैंतालीस छियालीस सैंतालीस अड़तालीस उनचास पचास इक्यावन बावन तिरपन चौवन पचपन छप्पन सत्तावन"
    " अट्ठावन उनसठ साठ"
    " इकसठ बासठ तिरसठ चौंसठ पैंसठ छियासठ सड़सठ अड़सठ उनहत्तर सत्तर इकहत्तर बहत्तर तिहत्तर चौहत्तर"
    " पचहत्तर छिहत्तर सतहत्तर"
    " अठहत्तर उनासी अस्सी इक्यासी बयासी तिरासी चौरासी पचासी छियासी सत्तासी अट्ठासी नवासी नब्बे इक्यानवे बानवे तिरानवे"
    " चौरानवे पचानवे छियानवे सत्तानवे अट्ठानवे निन्यानवे",
    "ar": "صفر/زيرو واحد/واحدة اثنان/اثنين/اتنين/إثنين ثلاثة/ثلاث/تلاتة أربعة/أربع خمسة/خمس ستة/ست"
    " سبعة/سبع ثمانية/ثماني/تمانية"
    " تسعة/تسع عشرة/عشر",
    # Digits of one beat are drawn out when numbers are read: "nii", "gou".
    "ja": "ゼロ/れい/レイ/まる/零/〇 いち/イチ/一 に/ニ/二/に+い/ニ+イ さん/サン/三"
    " よん/ヨン/し/四/し+い ご/ゴ/五/ご+う/ゴ+ウ/ご+お"
    " ろく/ロク/六 なな/ナナ/しち/七"
    " はち/ハチ/八 きゅう/キュウ/く/九/く+う",
    "zh": "零/〇/洞 一/幺/妖 二/两/兩 三 四 五 六 七/拐 八 九/勾",
}
_TENS: Final[Mapping[str, str]] = {  # from 20 on
    "en": "twenty thirty forty fifty sixty seventy eighty ninety",
    "de": "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig",
    "es": "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa",
    "fr": "vingt trente quarante cinquante soixante septante/soixante+dix quatre+vingt/quatre+vingts/huitante"
    " nonante/quatre+vingt+dix",
    "pt": "vinte trinta quarenta cinquenta sessenta setenta oitenta noventa",
    "pl": "dwadzieścia trzydzieści czterdzieści pięćdziesiąt sześćdziesiąt siedemdziesiąt osiemdziesiąt"
    " dziewięćdziesiąt",
    "it": "venti trenta quaranta cinquanta sessanta settanta ottanta novanta",
    "nl": "twintig dertig veertig vijftig zestig zeventig tachtig negentig",
    "ar": "عشرون/عشرين ثلاثون/ثلاثين أربعون/أربعين خمسون/خمسين ستون/ستين سبعون/سبعين ثمانون/ثمانين تسعون/تسعين",
}
_HUNDREDS: Final[Mapping[str, str]] = {  # from 100 on
    "es": "cien/ciento doscientos trescientos cuatrocientos quinientos seiscientos setecientos ochocientos novecientos",
    "pt": "cem/cento duzentos trezentos quatrocentos quinhentos seiscentos setecentos oitocentos novecentos",
    "pl": "sto dwieście trzysta czterysta pięćset sześćset siedemset osiemset dziewięćset",
    "fr": "cent deux+cent trois+cent quatre+cent cinq+cent six+cent sept+cent huit+cent neuf+cent",
    "en": "one+hundred two+hundred three+hundred four+hundred five+hundred six+hundred seven+hundred eight+hundred"
    " nine+hundred",
}
_AND: Final[Mapping[str, str]] = {"es": "y", "pt": "e", "fr": "et", "en": "and"}
# Spoken before a digit, or before "time": how often it comes.
_TIMES: Final = {
    "double": 2, "triple": 3, "treble": 3, "doppel": 2, "doppelt": 2, "zweimal": 2, "dreimal": 3, "viermal": 4,
    "doble": 2, "dobro": 2, "duplo": 2, "podwojne": 2, "podwojna": 2, "potrojne": 3, "dwukrotnie": 2, "डबल": 2,
    "ट्रिपल": 3, "दबल": 2, "doppio": 2, "dubbel": 2,
}  # fmt: skip
_ENGLISH_TOO: Final = ("hi", "ar", "ja", "zh", "pl")  # where English digits are said as well

_MARKS = re.compile("[\u0300-\u036f\u064b-\u0652\u0670\u0640\u093c]")
_SAME = str.maketrans({"ł": "l", "أ": "ا", "إ": "ا", "آ": "ا", "ى": "ي", "ة": "ه", "ँ": "ं", "ø": "o"})

Phrase = tuple[str, ...]


@lru_cache(maxsize=8192)
def folded(word: str) -> str:
    """A word without case, accents and other choices of spelling."""
    plain = unicodedata.normalize("NFKD", word.casefold())
    return unicodedata.normalize("NFC", _MARKS.sub("", plain)).translate(_SAME)


def folded_all(words: str) -> frozenset[str]:
    """Each word of a list, folded."""
    return frozenset(map(folded, words.split()))


@dataclass(frozen=True, slots=True)
class Tongue:
    """One language's numbers: phrases of folded words by their first word, the longest first."""

    below_100: Mapping[str, Sequence[tuple[Phrase, str]]]
    hundreds: Mapping[str, Sequence[tuple[Phrase, str]]]
    joins: str  # the word between hundreds and the rest
    words: frozenset[str]  # its digits, but for those of one letter
    begins: frozenset[str]  # every word that a number begins with


def number_at(tongue: Tongue, words: Sequence[str], at: int) -> tuple[str, int]:
    """The number that begins at a word, as digits, and how many words it is; "" and 0 where none does."""
    hundred, taken = _longest(tongue.hundreds, words, at)
    if not taken:
        digits, taken = _longest(tongue.below_100, words, at)
        if len(digits) == 1 and at + taken < len(words) and words[at + taken] == "thousand":
            return f"{digits}000", taken + 1
        return digits, taken
    after = at + taken + (1 if at + taken < len(words) and words[at + taken] == tongue.joins else 0)
    rest, more = _longest(tongue.below_100, words, after)
    if not more or len(rest) > 2 or (after != at + taken and tongue.joins == ""):
        return hundred, taken
    return hundred[0] + rest.rjust(2, "0"), after - at + more


def _longest(phrases: Mapping[str, Sequence[tuple[Phrase, str]]], words: Sequence[str], at: int) -> tuple[str, int]:
    if at >= len(words):
        return "", 0
    for phrase, digits in phrases.get(words[at], ()):
        if tuple(words[at : at + len(phrase)]) == phrase:
            return digits, len(phrase)
    return "", 0


def times_of(word: str) -> int:
    """How often the digit after this word comes; 0 for a word that says nothing of that."""
    return _TIMES.get(word, 0)


def tongue_for(language: str, words: Iterable[str]) -> Tongue:
    """The numbers of a language, or those of another that a text is clearly spoken in."""
    told = TONGUES.get(language.split("-", maxsplit=1)[0].lower())
    said = set(words)
    best = max(TONGUES.values(), key=lambda tongue: len(said & tongue.words))
    if told is None or len(said & best.words) > len(said & told.words) + 1:
        return best
    return told


def _written(text: str, start: int, step: int) -> list[tuple[Phrase, str]]:
    """The phrases of a table; "+" parts the words of one."""
    found = []
    for place, ways in enumerate(text.split()):
        for way in ways.split("/"):
            found.append((tuple(folded(word) for word in way.split("+")), str(start + place * step)))
    return found


def _tongue(language: str) -> Tongue:
    units = _written(_UNITS[language], 0, 1)
    if language in _ENGLISH_TOO:
        units += _written(_UNITS["en"], 0, 1)
    tens = _written(_TENS.get(language, ""), 20, 10)
    below = [*units, *tens, *_joined(language, units, tens)]
    hundreds = _written(_HUNDREDS.get(language, ""), 100, 100)
    if language == "de":
        below += _german_hundreds(below)
    words = frozenset(phrase[0] for phrase, digits in units if len(digits) == 1 and len(phrase[0]) > 1)
    joins = folded(_AND.get(language, ""))
    begins = frozenset((*(phrase[0] for phrase, _ in (*below, *hundreds)), *_TIMES))
    return Tongue(_by_first(below), _by_first(hundreds), joins, words, begins)


def _joined(language: str, units: list[tuple[Phrase, str]], tens: list[tuple[Phrase, str]]) -> list[tuple[Phrase, str]]:
    """Twenty-one to ninety-nine; in French also what stands for seventy-one and ninety-nine."""
    found = []
    for (ten, tens_digits), (unit, digits) in product(tens, units):
        value = int(tens_digits) + int(digits)
        if not 0 < int(digits) < (10 if language != "fr" or ten[-1] == "dix" else 17) or value > 99:
            continue
        for phrase in _said(language, ten, unit):
            found.append((phrase, str(value)))
    return found


def _said(language: str, ten: Phrase, unit: Phrase) -> list[Phrase]:
    ways: Mapping[str, list[Phrase]] = {
        "de": [(f"{unit[0]}und{ten[0]}",)],
        "nl": [(f"{unit[0]}en{ten[0]}",)],
        "es": [(*ten, "y", *unit), (f"veinti{unit[0]}",)] if ten == ("veinte",) else [(*ten, "y", *unit)],
        "it": [(f"{ten[0]}{unit[0]}",), (f"{ten[0][:-1]}{unit[0]}",)],
        "pt": [(*ten, "e", *unit)],
        "fr": [(*ten, *unit), (*ten, "et", *unit)],
        "ar": [(*unit, f"و{ten[0]}"), (*unit, "و", *ten)],
    }
    return ways.get(language, [(*ten, *unit)])


def _german_hundreds(below: list[tuple[Phrase, str]]) -> list[tuple[Phrase, str]]:
    units = [("", 1), *((phrase[0], int(digits)) for phrase, digits in below if digits in set("123456789"))]
    rest = [("", 0), *((phrase[0], int(digits)) for phrase, digits in below)]
    return [((f"{one}hundert{more}",), str(hundred * 100 + add)) for one, hundred in units for more, add in rest]


def _by_first(phrases: Iterable[tuple[Phrase, str]]) -> dict[str, list[tuple[Phrase, str]]]:
    found: dict[str, list[tuple[Phrase, str]]] = {}
    for phrase, digits in phrases:
        found.setdefault(phrase[0], []).append((phrase, digits))
    return {first: sorted(those, key=lambda one: -len(one[0])) for first, those in found.items()}


TONGUES: Final[Mapping[str, Tongue]] = {language: _tongue(language) for language in _UNITS}
