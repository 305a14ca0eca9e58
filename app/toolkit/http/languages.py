"""The languages that a tool's sentences can be written for: by their tags, as the lines write them."""

import langcodes
from langcodes.tag_parser import LanguageTagError

_EXAMPLES = "en, es, pt-BR and so on"
# The languages of three letters that calls are held in: two, and kinds of Chinese and Arabic. Another tag of three
# letters is far more often a slip of the pen, as frr (North Frisian) for fr.
_OF_THREE_LETTERS = frozenset(
    {"ceb", "fil", "cmn", "yue", "wuu", "hak", "nan", "arz", "ary", "arq", "apc", "acm", "afb", "ars", "aeb"}
)


def language_problem(tag: str) -> str:
    """What is wrong with a language's tag and what to write; empty when callers can speak it."""
    try:
        right = langcodes.standardize_tag(tag)
    except LanguageTagError:
        return f'"{tag}" is no language. Write {_EXAMPLES}.'
    if not langcodes.tag_is_valid(tag):
        return f'"{tag}" is no language. Write {_EXAMPLES}.'
    main = right.partition("-")[0]
    if len(main) != 2 and main not in _OF_THREE_LETTERS:
        return f'No call is held in the language "{tag}". Write {_near(main)}.'
    return "" if right == tag else f'The language "{tag}" is written otherwise. Write "{right}".'


def _near(tag: str) -> str:
    short = tag[:2]
    return f'"{short}"' if langcodes.tag_is_valid(short) else _EXAMPLES
