"""Whether a caller's words agree to what was read back, or refuse it: in the shipped languages all common ones.

Taken strictly: a "no" or a "wait" anywhere counts, in whichever language, since a read-back too many costs a sentence
and a write too many costs more.
"""

import re
import unicodedata
from collections.abc import Mapping

from app.toolkit.agreements import YES, YES_ANYWHERE, YES_KEY

_APART: Mapping[str, tuple[str, ...]] = {  # scripts with spaces: whole words
    "en": (
        *("no", "nope", "nah", "not", "never", "don't", "dont", "doesn't", "didn't", "isn't", "won't", "can't"),
        *("cannot", "wrong", "incorrect", "wait", "hold on", "hang on", "one moment", "one second", "rather"),
        *("forget it", "changed my mind", "leave it"),
    ),
    "es": (
        *("no", "nunca", "tampoco", "espera", "espere", "esperen", "un momento", "un segundo", "incorrecto"),
        *("mal", "déjalo", "déjelo", "mejor"),
    ),
    "fr": (
        *("non", "pas", "jamais", "attends", "attendez", "un instant", "une seconde", "un moment", "faux"),
        *("laissez", "laisse", "arrêtez", "plutôt"),
    ),
    "de": (
        *("nein", "nee", "nö", "nicht", "nie", "niemals", "kein", "keine", "keinen", "warte", "warten", "moment"),
        *("falsch", "lieber", "halt", "stopp"),
    ),
    "pt": (
        *("não", "nao", "nunca", "espera", "espere", "um momento", "um instante", "um segundo", "errado", "deixa"),
        *("deixe", "melhor"),
    ),
    "hi": (
        *("नहीं", "नही", "ना", "न", "मत", "रुको", "रुकिए", "रुकिये", "ठहरो", "ठहरिए", "गलत", "ग़लत", "nahi", "nahin"),
        *("रहने दो", "रहने दीजिए"),
    ),
    "ar": (
        *("لا", "كلا", "ليس", "ليست", "لست", "مش", "مو", "ما", "لم", "لن", "انتظر", "انتظري", "لحظة", "خطأ", "غلط"),
        *("توقف", "توقفي", "بلاش"),
    ),
    "pl": (
        *("nie", "nigdy", "czekaj", "poczekaj", "zaczekaj", "chwila", "chwileczkę", "moment", "źle", "błąd"),
        *("proszę poczekać", "proszę zaczekać", "lepiej"),
    ),
    "of others": (
        *("non", "aspetta", "aspetti", "nee", "niet", "geen", "wacht", "nej", "nei", "inte", "ikke", "vänta", "ei"),
        *(
            "нет",
            "не",
            "стой",
            "стойте",
            "подожди",
            "подождите",
            "ні",
            "ne",
            "nu",
            "nem",
            "όχι",
            "hayır",
            "yok",
            "bekle",
        ),
        *("không", "chờ", "tidak", "jangan", "bukan", "tunggu", "לא", "רגע"),
    ),
}
_ANYWHERE: tuple[str, ...] = (  # Japanese and Chinese have no spaces between words
    *("いいえ", "いえ", "いや", "違", "ちがう", "ちがい", "だめ", "ダメ", "駄目", "待って", "まって", "お待ち", "やめ"),
    *("ません", "ない", "結構です", "ストップ", "間違"),
    *("아니", "아뇨", "잠깐", "잠시만", "말고", "싫", "안 돼", "ไม่", "เดี๋ยวก่อน"),
    *("不", "别", "別", "没", "沒", "等一", "等等", "等下", "错", "錯", "取消吧", "算了", "稍等"),
)
# A word of refusal elsewhere, and everyday in the caller's own language.
_HARMLESS: Mapping[str, frozenset[str]] = {
    "pl": frozenset({"no", "mal"}),  # "no tak" is a yes
    "pt": frozenset({"no", "mal", "ما"}),  # "no sábado": on Saturday
    "fr": frozenset({"mal"}),
    "de": frozenset({"mal", "ei"}),  # "ja, machen Sie mal"
    "nl": frozenset({"nu"}),  # now
    "sv": frozenset({"nu"}),
    "da": frozenset({"nu"}),
}
# Agreement that has a word of refusal in it.
_AGREEMENTS = (
    *(
        "no problem",
        "why not",
        "no doubt",
        "can't wait",
        "not a problem",
        "cómo no",
        "no hay problema",
        "no hay de qué",
    ),
    *("sin problema", "pas de problème", "pas de souci", "pourquoi pas", "kein problem", "keine sorge", "warum nicht"),
    *("não há problema", "sem problema", "por que não", "nie ma problemu", "nie ma sprawy", "czemu nie"),
    *("لا مشكلة", "لا بأس", "ما في مشكلة", "कोई बात नहीं", "क्यों नहीं", "没问题", "沒問題", "没关系", "不错", "不錯"),
    *("問題ない", "問題ありません", "間違いありません", "間違いない", "違いありません", "没错", "沒錯", "不客气"),
    *("特别", "特別", "すみません", "すいません", "構いません", "かまいません", "構わない"),
)


_QUESTION = re.compile(r"[^.,;:!。、，！،؛?？؟]*[?？؟]")


def agrees(said: str, language: str) -> bool:
    """Whether ``said`` is a yes: a word or the key of agreement, and none of refusal.

    ``language`` is what the caller speaks (BCP-47). In one whose words of agreement nobody has written down, any
    words without a refusal are.
    """
    text = _plain(said)
    if not text.strip() or refuses(said, language):
        return False
    spoken = language.split("-", maxsplit=1)[0]
    if spoken not in YES or text.strip() == YES_KEY or any(phrase in text for phrase in _AGREEMENTS):
        return True
    apart = any(f" {word} " in text for words in YES.values() for word in words)
    return apart or any(word in text for words in YES_ANYWHERE.values() for word in words)


def refuses(said: str, language: str) -> bool:
    """Whether ``said`` has a word of refusal, in any language; ``language`` is what the caller speaks (BCP-47)."""
    text = _plain(said)
    for phrase in _AGREEMENTS:
        text = text.replace(phrase, " + ")
    harmless = _HARMLESS.get(language.split("-", maxsplit=1)[0], frozenset())
    apart = (word for words in _APART.values() for word in words if word not in harmless)
    return any(f" {word} " in text for word in apart) or any(word in text for word in _ANYWHERE)


def asks(said: str) -> bool:
    """Whether the caller asks something and says nothing else."""
    return bool(_QUESTION.fullmatch(said.strip()))


def _plain(said: str) -> str:
    """Lower case words with one space around each; apostrophes and the signs of Indian vowels are part of words."""
    text = unicodedata.normalize("NFKC", said).casefold().replace("’", "'")
    kept = "".join(
        character if character == "'" or unicodedata.category(character)[0] in "LMN" else " " for character in text
    )
    return f" {' '.join(kept.split())} "
