"""Texts that a call sends: whom to, what may be in them, and what to say when one does not go."""

import re
import unicodedata
from typing import Protocol

import phonenumbers
from phonenumbers import PhoneNumberMatcher, PhoneNumberType

LONGEST_TEXT = 320  # two segments of plain letters, https://www.twilio.com/docs/glossary/what-sms-character-limit

# Numbers that take no texts, or that cost whoever writes to them.
_NO_TEXTS = frozenset(
    {
        PhoneNumberType.FIXED_LINE,
        PhoneNumberType.TOLL_FREE,
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.UAN,
        PhoneNumberType.VOICEMAIL,
        PhoneNumberType.PAGER,
    }
)
_LINK = re.compile(
    r"[a-z][a-z0-9+.-]*://|\b(?:tel|sms|smsto|mailto):"  # a scheme
    r"|[^\W\d_][\w-]*\.[^\W\d_]{2,}|[\w-]\s?\.\s?(?:com|net|org)\b|\w\.xn--"  # a name with a dot in it
    r"|[a-z0-9-]。[a-z]{2,}|\bdot\s+(?:com|net|org)\b"  # another dot, or the word
    r"|\w@\w|\bwww\b|\d{1,3}(?:\.\d{1,3}){3}",
    re.IGNORECASE,
)
_ABROAD = re.compile(r"(?:\+|\b00)[\d\s().-]{7,}")


class TextNotSent(Exception):
    """A text that did not go; the words are for the log of whoever sends, not for the caller."""


class Texts(Protocol):
    """Whoever sends texts from the line's number."""

    async def send(self, to: str, body: str) -> None:
        """Send ``body`` to the E.164 number ``to``. Raises TextNotSent."""


def takes_texts(number: str) -> bool:
    """Whether a text can be sent to this number: an E.164 one that is no landline and costs no more than usual."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_possible_number(parsed) and phonenumbers.number_type(parsed) not in _NO_TEXTS


def plain_text(text: str) -> str:
    """The text without control characters, direction marks and other signs that nobody sees."""
    normal = unicodedata.normalize("NFKC", text)
    seen = (" " if character in "\r\n\t" else character for character in normal if _is_seen(character))
    return " ".join("".join(seen).split())


def wrong_text(text: str, number: str) -> str:
    """What is wrong with a text for the caller at ``number``, told to the model; empty when nothing is."""
    if not text:
        return "There is no text. Write what the caller is to read."
    if len(text) > LONGEST_TEXT:
        return f"The text has {len(text)} characters, {LONGEST_TEXT} are allowed. Say it in fewer."
    if _LINK.search(text):
        return (
            "Web and e-mail addresses cannot be written into a text. Name an allowed link in the argument link, or "
            "leave it out; write a space after each full stop."
        )
    if _has_phone(text, number):
        return "Phone numbers cannot be written into a text. Leave the number out."
    return ""


def _has_phone(text: str, number: str) -> bool:
    digits = "".join(str(unicodedata.digit(character, character)) for character in text)
    region = phonenumbers.region_code_for_number(phonenumbers.parse(number)) or "US"
    return bool(_ABROAD.search(digits)) or PhoneNumberMatcher(digits, region).has_next()


def _is_seen(character: str) -> bool:
    return character in "\r\n\t" or unicodedata.category(character)[0] != "C"
