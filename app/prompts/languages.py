"""Languages of a line: their tags, their files, and how an AI says in them that it is one."""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path

import langcodes
from babel import Locale
from langcodes.tag_parser import LanguageTagError

# Letters in their case: the French "j'ai" is no AI. Whole words where the script has spaces between words,
# elsewhere anywhere in the text.
_SAYS_AI: Mapping[str, str] = {
    "en": r"\bAI\b|\bA\.I\.|\b(?i:artificial intelligence)\b",
    "es": r"\bIA\b|\b(?i:inteligencia artificial)\b",
    "fr": r"\bIA\b|\b(?i:intelligence artificielle)\b",
    "de": r"\bKI\b|\bAI\b|\b(?i:künstliche[rn]? Intelligenz)\b",
    "pt": r"\bIA\b|\b(?i:inteligência artificial)\b",
    "it": r"\bIA\b|\bAI\b|\b(?i:intelligenza artificiale)\b",
    "nl": r"\bAI\b|\b(?i:kunstmatige intelligentie)\b",
    "pl": r"\bAI\b|\bSI\b|\b(?i:sztuczn\w+ inteligencj\w+)",
    "hi": r"एआई|ए\.आई\.|कृत्रिम बुद्धि|\bAI\b",
    "ja": r"AI|ＡＩ|人工知能",
    "zh": r"AI|人工智能|人工智慧",
    "ko": r"AI|인공지능|인공 지능",
    "ar": r"ذكاء اصطناعي|الذكاء الاصطناعي|AI",
    "ru": r"\bИИ\b|(?i:искусственн\w+ интеллект\w*)",
    "uk": r"\bШІ\b|(?i:штучн\w+ інтелект\w*)",
    "tr": r"\bAI\b|\b(?i:yapay zek[aâ])",
    "ro": r"\bIA\b|\bAI\b|(?i:inteligenț[aă] artificial)",
    "cs": r"\bAI\b|(?i:uměl\w+ inteligenc\w+)",
    "sv": r"\bAI\b|(?i:artificiell intelligens)",
    "da": r"\bAI\b|(?i:kunstig intelligens)",
    "nb": r"\bAI\b|\bKI\b|(?i:kunstig intelligens)",
    "fi": r"\bAI\b|(?i:tekoäly)",
    "hu": r"\bAI\b|\bMI\b|(?i:mesterséges intelligenci)",
    "el": r"\bAI\b|\bΤΝ\b|(?i:τεχνητή\w* νοημοσύνη)",
    "he": r"AI|בינה מלאכותית",
    "fa": r"AI|هوش مصنوعی",
    "th": r"AI|เอไอ|ปัญญาประดิษฐ์",
    "vi": r"\bAI\b|(?i:trí tuệ nhân tạo)",
    "id": r"\bAI\b|(?i:kecerdasan buatan)",
    "bn": r"AI|এআই|কৃত্রিম বুদ্ধিমত্তা",
    "ta": r"AI|ஏஐ|செயற்கை நுண்ணறிவு",
    "te": r"AI|ఏఐ|కృత్రిమ మేధ",
    "mr": r"AI|एआय|एआई|कृत्रिम बुद्धिमत्ता",
    "ur": r"AI|مصنوعی ذہانت|اے آئی",
}
AI_EXAMPLES: Mapping[str, str] = {
    "en": "an AI assistant",
    "es": "un asistente de IA",
    "fr": "un assistant IA",
    "de": "ein KI-Assistent",
    "pt": "um assistente de IA",
    "it": "un assistente IA",
    "nl": "een AI-assistent",
    "pl": "asystent AI",
    "hi": "एक एआई सहायक",
    "ja": "AIアシスタント",
    "zh": "人工智能助手",
    "ko": "AI 상담원",
    "ar": "مساعد يعمل بالذكاء الاصطناعي",
    "ru": "ИИ-ассистент",
    "uk": "ШІ-асистент",
    "tr": "yapay zeka asistanı",
}
_COMMON: Mapping[str, str] = {
    "english": "en-US",
    "spanish": "es-US",
    "español": "es-US",
    "french": "fr-FR",
    "german": "de-DE",
    "portuguese": "pt-BR",
    "italian": "it-IT",
    "chinese": "zh-Hans",
    "mandarin": "zh-Hans",
    "japanese": "ja-JP",
    "korean": "ko-KR",
    "hindi": "hi-IN",
    "arabic": "ar-EG",
    "polish": "pl-PL",
    "dutch": "nl-NL",
    "russian": "ru-RU",
}


def main_language(tag: str) -> str:
    """``en`` of ``en-US``."""
    return tag.split("-", maxsplit=1)[0]


def tag_problem(tag: str) -> str:
    """What is wrong with a language's tag and what to write; empty when it is right."""
    example = _tag_of(tag)
    try:
        right = langcodes.standardize_tag(tag)
    except LanguageTagError:
        return f'"{tag}" is no language tag. Write "{example}" instead.'
    if not langcodes.tag_is_valid(tag):
        return f'There is no language "{tag}". Write a tag such as "{example}" instead.'
    return "" if right == tag else f'The language "{tag}" is written otherwise. Write "{right}" instead.'


def _tag_of(name: str) -> str:
    """The tag of a language that is called ``name`` in English; an example where none is."""
    near = get_close_matches(name.lower(), _COMMON, n=1, cutoff=0.8)
    return _COMMON[near[0]] if near else _names().get(name.lower(), "en-US")


@cache
def _names() -> dict[str, str]:
    """Every language's English name, in small letters, with its tag."""
    return {name.lower(): tag.replace("_", "-") for tag, name in Locale("en").languages.items()}


def file_for(folder: Path, tag: str, suffix: str) -> Path | None:
    """The file of a language: ``en-US.md``, or else ``en.md``."""
    for name in (tag, main_language(tag)):
        file = folder / f"{name}{suffix}"
        if file.is_file():
            return file
    return None


def says_it_is_ai(greeting: str, tag: str) -> bool:
    """Whether a greeting tells the caller that an AI speaks. An unlisted language may use any language's word."""
    pattern = _SAYS_AI.get(main_language(tag)) or "|".join(_SAYS_AI.values())
    return re.search(pattern, greeting) is not None


def ai_example(tag: str) -> str:
    """How to say it, for a manager."""
    return AI_EXAMPLES.get(main_language(tag), "AI, or your language's word for it,")
