"""Text of strangers: shown to people with all that is hidden in it, told to the model without."""

import re
import unicodedata
from collections.abc import Iterator, Mapping

# Letters without a shape: fillers, a blank in Braille, joiners that are marks.
_SHAPELESS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_JOINERS = frozenset("\u200c\u200d\ufe0f")  # several scripts and pictures are written with these
_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_TAGS = re.compile("[\U000e0020-\U000e007e]+")  # letters that are never shown, one for each of ASCII
_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]{2,}")  # in a row they spell bytes
_BOSSY = re.compile(
    r"ignore (?:all|any|the|your)?\s*(?:previous|prior|other|above|earlier)|system prompt|"
    r"(?:do not|don't|never) (?:tell|mention|inform|show|reveal)|without (?:telling|asking|informing)|"
    r"</?(?:important|system|secret|instructions?)>|before (?:using|calling|running) (?:any|this|another|other)|"
    r"(?:password|api key|credential|access token)s?\b",
    re.IGNORECASE,
)


def visible(text: str) -> str:
    """The text with everything that would not be seen written out, line breaks apart."""
    return "".join(_escaped(one) if one != "\n" and _unseen(one) else one for one in text)


def plain(text: str) -> str:
    """The text without what nobody sees: what a person has read is what the model is told."""
    kept = (one for one in text if one == "\n" or one in _JOINERS or not _unseen(one) or one.isspace())
    return "".join(kept).strip()


def warnings(text: str) -> Iterator[str]:
    """What a person should look at twice before allowing this text."""
    for found in _TAGS.findall(text):
        yield f'Invisible letters spell: "{_spelled(ord(one) - 0xE0000 for one in found)}"'
    for found in _SELECTORS.findall(text):
        yield f'Invisible selectors spell: "{visible(_spelled(map(_byte, found)))}"'
    if any(one in _TURNING for one in text):
        yield "It has marks that turn the direction of writing: it may not read as it is shown."
    rest = _SELECTORS.sub("", _TAGS.sub("", text))
    unseen = sum(1 for one in rest if one not in "\n\t" and not one.isspace() and one not in _JOINERS and _unseen(one))
    if unseen:
        yield f"It has {unseen} invisible or control {'character' if unseen == 1 else 'characters'}."
    for bossy in dict.fromkeys(found[0] for found in _BOSSY.finditer(plain(text))):
        yield f'It reads like an instruction to the assistant, or asks for secrets: "{bossy}"'


def texts_in(value: object) -> Iterator[str]:
    """Every text of a JSON, the names of its keys too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield str(key)
            yield from texts_in(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from texts_in(inner)


def _unseen(one: str) -> bool:
    return (
        not one.isprintable()
        or one in _SHAPELESS
        or "\ufe00" <= one <= "\ufe0f"
        or "\U000e0100" <= one <= "\U000e01ef"
        or unicodedata.category(one) == "Cf"
    )


def _escaped(one: str) -> str:
    return one.encode("unicode_escape", "surrogatepass").decode() if ord(one) < 0x80 else _wide(one)


def _wide(one: str) -> str:
    return f"\\u{ord(one):04x}" if ord(one) < 0x10000 else f"\\U{ord(one):08x}"


def _byte(selector: str) -> int:
    code = ord(selector)
    return code - 0xFE00 if code < 0xFE10 else code - 0xE0100 + 16


def _spelled(codes: Iterator[int]) -> str:
    return bytes(codes).decode("utf-8", "replace")
