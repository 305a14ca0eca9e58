"""How a line deals with its languages, as the model is told it, and what the languages are called."""

from collections.abc import Mapping
from functools import cache
from typing import Literal

from babel import Locale, UnknownLocaleError

LanguagePolicy = Literal["fixed", "on_request", "follow", "ask"]
POLICIES: tuple[LanguagePolicy, ...] = ("follow", "fixed", "on_request", "ask")  # the first when none is written

# What a session is told besides, in capitals, so that it speaks the language at all, is the setup's.
_ALONE = (
    "This line speaks {name} only. To a caller who speaks another language, say in theirs that you do not, and offer "
    "a person."
)
_TOLD: Mapping[LanguagePolicy, str] = {
    "fixed": (
        "Speak {name} only, whatever the caller speaks. To a caller who does not understand it, say so in simple "
        "{name} and offer a person."
    ),
    "on_request": (
        "The call is in {name}. Stay in it, also when a word of another language is heard. You speak {others}, too, "
        "but change only when the caller asks for it: then call `switch_language`, and go on in that language."
    ),
    "follow": (
        "The call is in {name} for as long as the caller speaks it. You speak {others}, too: when the caller goes over "
        "to one of these, or asks for it, go on in it at once. In a language that is none of these, say so in the "
        "caller's language and offer a person."
    ),
    "ask": (
        "The call is in {name}, as the caller chose by the keys of the phone. You speak {others}, too, but change only "
        "when the caller asks for it: then call `switch_language`, and go on in that language."
    ),
}
# What the tag says is how it is written; on the phone it is spoken.
_SPOKEN_NAMES: Mapping[str, str] = {
    "zh": "Mandarin Chinese",
    "zh-Hans": "Mandarin Chinese",
    "zh-Hant": "Mandarin Chinese of Taiwan",
    "pt-BR": "Brazilian Portuguese",
    "pt-PT": "European Portuguese",
}


def english_name(tag: str) -> str:
    """What a language is called in English, for the model: ``Spanish``; the tag where nobody knows its name."""
    return _SPOKEN_NAMES.get(tag) or _name(tag, "en")


def own_name(tag: str) -> str:
    """What a language calls itself: ``español``."""
    return _name(tag, tag)


@cache
def _name(tag: str, said_in: str) -> str:
    try:
        return Locale.parse(tag, sep="-").get_language_name(said_in.replace("-", "_")) or tag
    except (UnknownLocaleError, ValueError):
        return tag


def language_rule(policy: LanguagePolicy, language: str, languages: tuple[str, ...]) -> str:
    """What the model is told of languages while the call is in ``language``."""
    name = english_name(language)
    others = _listed([other for other in dict.fromkeys(map(english_name, languages)) if other != name])
    told = _TOLD[policy] if others or policy == "fixed" else _ALONE
    return told.format(name=name, others=others)


def _listed(names: list[str]) -> str:
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)


def menu_entry(tag: str, key: str, phrase: str, phrase_language: str) -> str:
    """The sentence that offers a language by its key. Without a phrase in that language, only its own name is said."""
    if phrase_language.split("-", maxsplit=1)[0] == tag.split("-", maxsplit=1)[0]:
        return phrase.replace("{key}", key)
    name = own_name(tag)
    return f"{name[:1].upper()}{name[1:]}: {key}."
