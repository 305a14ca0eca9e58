"""The language of a turn, told from its words, offline: the service tells it of callers only, and not always.

Wrongly told languages cost more than untold ones: a call changes its language by them. So little is decided by few
words, nothing by names and numbers, and what the line does not speak must be plain.
"""

import asyncio
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Literal

from langcodes import Language
from langcodes.tag_parser import LanguageTagError
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from app.call.events import (
    AssistantInterrupted,
    Event,
    GenerationCompleted,
    LanguageDetected,
    Transcribed,
    TurnCompleted,
)
from app.gemini.models import speaks

FEWEST_WORDS = 3
FEWEST_LETTERS = 12
FEWEST_LETTERS_OF_A_SCRIPT = 4  # where the script alone tells
MOST_CHARACTERS = 400  # of a turn, which is plenty
SURE = 0.7  # of 1, for a language of the call
PLAIN = 0.9  # for one that nobody expects
EXPECTED = 20.0  # so much likelier is a language of the call than another

Side = Literal["caller", "assistant"]

# The languages of Live that a script may mean, the likeliest first; of Latin and Cyrillic there are too many.
_SCRIPTS: Mapping[str, tuple[str, ...]] = {
    "HIRAGANA": ("ja",),
    "KATAKANA": ("ja",),
    "CJK": ("zh", "ja"),
    "HANGUL": ("ko",),
    "ARABIC": ("ar", "fa", "ur", "ps", "sd"),
    "DEVANAGARI": ("hi", "mr", "ne"),
    "BENGALI": ("bn", "as"),
    "HEBREW": ("he",),
    "GREEK": ("el",),
    "ARMENIAN": ("hy",),
    "GEORGIAN": ("ka",),
    "GUJARATI": ("gu",),
    "GURMUKHI": ("pa",),
    "KANNADA": ("kn",),
    "KHMER": ("km",),
    "LAO": ("lo",),
    "MALAYALAM": ("ml",),
    "MYANMAR": ("my",),
    "ORIYA": ("or",),
    "SINHALA": ("si",),
    "TAMIL": ("ta",),
    "TELUGU": ("te",),
    "THAI": ("th",),
    "ETHIOPIC": ("am",),
}
# What the detector tells apart, and a call does not.
_SAME = {"nb": "no", "nn": "no", "arz": "ar", "ary": "ar", "yue": "zh", "wuu": "zh", "tl": "fil"}

_models: list[LanguageIdentifier] = []  # one, once it is loaded


async def warm_up() -> None:
    """Load the detector, which takes half a second of a thread. Until then no language is told from words."""
    if not _models:
        _models.append(await asyncio.to_thread(LanguageIdentifier.from_model_file, MODEL_FILE, norm_probs=True))


def language_of(text: str, expected: Sequence[str] = ()) -> str | None:
    """The language of a text, or None if that is not clear.

    ``expected`` are the call's languages (BCP-47): one of them is told by its tag there, another by its bare code.
    """
    text = text[:MOST_CHARACTERS]
    if not suffices(text):
        return None
    tags = {_bare(tag): tag for tag in reversed(expected)}
    candidates = _by_script(text)
    likely = [code for code in candidates or () if code in tags]
    if candidates and (len(candidates) == 1 or len(likely) == 1):
        code = (likely or list(candidates))[0]
    else:
        code = _likeliest(text if candidates else " ".join(_plain_words(text)), tags, candidates)
    return tags.get(code, code) or None


def suffices(text: str) -> bool:
    """Whether a text has words enough to tell a language by; names and numbers are none."""
    letters = sum(map(str.isalpha, text))
    if _by_script(text):
        return letters >= FEWEST_LETTERS_OF_A_SCRIPT
    return letters >= FEWEST_LETTERS and len(_plain_words(text)) >= FEWEST_WORDS


def named_language(code: str | None, expected: Sequence[str] = ()) -> str | None:
    """A language that the service named, by its tag in ``expected`` if it is one of them; None for no language."""
    bare = _bare(code or "")
    if not bare or speaks(bare) is None or code is None:
        return None
    exact = next((tag for tag in expected if tag.lower() == code.lower()), None)
    return exact or {_bare(tag): tag for tag in reversed(expected)}.get(bare, code)


class TurnLanguages:
    """Tells each side's language, at most once a turn, at its end."""

    def __init__(self) -> None:
        self._said: dict[Side, str] = {"caller": "", "assistant": ""}
        self._named: str | None = None  # by the service, of the caller
        self._told: set[Side] = set()
        self._cut = False

    def after(self, event: Event, expected: Sequence[str]) -> list[LanguageDetected]:
        """What is told once ``event`` has been: nothing, but at the end of a turn."""
        match event:
            case Transcribed(side, text, named, finished):
                if len(self._said[side]) < MOST_CHARACTERS:
                    self._said[side] += text
                if side == "caller" and named:
                    self._named = named
                return self._of(side, expected) if finished else []
            case GenerationCompleted():  # the caller was understood, and the turn may go on for long in the ear
                return self._of("caller", expected)
            case AssistantInterrupted():
                self._cut = True
                return self._at_the_end(expected)
            case TurnCompleted():
                return self._completed(expected)
        return []

    def _completed(self, expected: Sequence[str]) -> list[LanguageDetected]:
        """What was cut was told of then; what the caller says meanwhile is their next turn."""
        if self._cut:
            self._cut = False
            self._said["assistant"] = ""
            return []
        unclear = "caller" not in self._told
        told = self._at_the_end(expected)
        if unclear:
            self._said["caller"], self._named = "", None
        return told

    def _at_the_end(self, expected: Sequence[str]) -> list[LanguageDetected]:
        told = [*self._of("caller", expected), *self._of("assistant", expected)]
        self._told.clear()
        self._said["assistant"] = ""
        return told

    def _of(self, side: Side, expected: Sequence[str]) -> list[LanguageDetected]:
        """Words after a side was told of may be the beginning of its next turn: they are kept for that."""
        said = self._said[side]
        if side in self._told or not suffices(said):
            return []
        named = named_language(self._named, expected) if side == "caller" else None
        language = named or language_of(said, expected)
        if language is None:
            return []
        self._told.add(side)
        self._said[side] = ""
        if side == "caller":
            self._named = None
        return [LanguageDetected(side, language)]


def _by_script(text: str) -> tuple[str, ...]:
    """The languages of a script that is not many languages' own, if a third of the letters are of it.

    Latin ones among them are names: with spaces or without, they are longer than the words around them.
    """
    if text.isascii():  # Latin, then
        return ()
    counted = Counter(script_of(one) for one in text if one.isalpha())
    if not counted:
        return ()
    letters = counted.total()
    if counted["HIRAGANA"] + counted["KATAKANA"]:  # what is written with Chinese letters among them is Japanese
        counted["HIRAGANA"] += counted.pop("KATAKANA", 0) + counted.pop("CJK", 0)
    script, count = max(counted.items(), key=lambda item: (item[0] in _SCRIPTS, item[1]))
    return _SCRIPTS.get(script, ()) if count * 3 > letters else ()


@lru_cache(maxsize=4096)
def script_of(letter: str) -> str:
    """The script of a letter as Unicode names it: ``LATIN``, ``CJK``, ``HIRAGANA``."""
    return unicodedata.name(letter, "").split(" ")[0].removeprefix("KATAKANA-")


def _likeliest(text: str, tags: Mapping[str, str], candidates: Sequence[str]) -> str:
    """By the detector: the best of the call's languages and all others, if it is good enough; else ""."""
    if not _models:
        return ""
    weights: Counter[str] = Counter()
    for code, probability in _models[0].rank(text):
        bare = _SAME.get(code, code)
        if speaks(bare) and (not candidates or bare in candidates):
            weights[bare] += probability * (EXPECTED if bare in tags else 1.0)
    best, weight = max(weights.items(), key=lambda item: item[1], default=("", 0.0))
    return best if weight > 0 and weight / sum(weights.values()) >= (SURE if best in tags else PLAIN) else ""


def _plain_words(text: str) -> list[str]:
    """The words that can tell a language: no numbers, and no names, which are written large inside a sentence."""
    words, kept = text.split(), []
    names_stand_out = not text.isupper()
    begins = True
    for word in words:
        large = word[0].isupper() and word.split("'")[0].split("’")[0] != "I"
        if not any(map(str.isdigit, word)) and (begins or not large or not names_stand_out):
            kept.append(word)
        begins = word[-1] in ".?!:…¿¡"
    return kept


@lru_cache(maxsize=512)
def _bare(tag: str) -> str:
    try:
        code = Language.get(tag).language or ""
    except LanguageTagError:
        return ""
    return _SAME.get(code, code)
