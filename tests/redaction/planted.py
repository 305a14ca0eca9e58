"""Fifty secrets no two of which are alike, where they are planted, and how they are looked for."""

import base64
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from stdnum import luhn

_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_NAMES = (
    *("amber", "basil", "cedar", "dahlia", "ember", "fennel", "garnet", "hazel"),
    *("indigo", "juniper", "kelp", "laurel", "maple", "nutmeg", "olive", "poppy"),
)
TURNS = 3
NOTES = 2  # in a turn
KEYED = 2


@dataclass(frozen=True, slots=True)
class Planted:
    """What the caller says, reads in goes, texts and keys, what the tool tells and gives, and every secret in it."""

    said: tuple[str, ...]
    goes: tuple[str, ...]
    texted: tuple[str, ...]
    keyed: tuple[str, ...]
    told: tuple[str, ...]
    given: tuple[dict[str, object], ...]
    secrets: tuple[str, ...]


def plant(seed: int) -> Planted:
    """Secrets of every kind, written and spoken."""
    by = random.Random(seed)
    secrets: list[str] = []

    def new(secret: str) -> str:
        secrets.append(secret)
        return secret

    notes = [_said(by, number, new) for number in range(TURNS * NOTES)]
    said = tuple(" ".join(notes[at : at + NOTES]) for at in range(0, len(notes), NOTES))
    told: list[str] = []
    given: list[dict[str, object]] = []
    for number in range(TURNS):
        told.append(f"Noted. Your card is {new(_grouped(_card(by)))}. We call you at {new(_phone(by))}.")
        mail = new(f"{_NAMES[number]}.{_digits(by, 5)}@example.com")
        given.append({"order_number": "1047", "customer": {"contact_email": mail, "phones": [new(_phone(by))]}})
    keyed = tuple(new(_digits(by, 9)) for _ in range(KEYED))
    card = _card(by)
    goes = (f"My card number is {new(_spoken(card[:8]))}.", f"{new(_spoken(card[8:]))}.")
    password = new(f"{_NAMES[9]}{_NAMES[3]}{_digits(by, 4)}")
    texted = (f"My card: {new(_grouped(_card(by)))}", f"my password is {password}")
    return Planted(said, goes, texted, keyed, tuple(told), tuple(given), tuple(secrets))


def _said(by: random.Random, number: int, new: Callable[[str], str]) -> str:
    name = f"{_NAMES[number]}{_NAMES[-1 - number % 4]}"
    first = (
        f"my card number is {new(_spoken(_card(by)))}",
        f"my card is {new(_grouped(_card(by)))}",
        f"my social security number is {new(_ssn(by))}",
        f"my IBAN is {new(_iban(by))}",
    )[number % 4]
    second = (
        f"my password is {new(f'{name}{_digits(by, 3)}')}",
        f"the one-time code is {new(_spoken(_digits(by, 10)))}",
    )[number % 2]
    third = (
        f"my e-mail is {new(f'{name} dot {_NAMES[(number + 5) % 16]} at example dot com')}",
        f"my e-mail is {new(f'{name}.{_digits(by, 4)}@example.org')}",
    )[number % 2]
    fourth = (f"call me at {new(_phone(by))}", f"my phone is {new(_spoken(_phone(by).replace('-', '')))}")[number % 2]
    fifth = f"the API key is {new(f'sk-live-{name}{_digits(by, 12)}')}"
    return f"Please remember this note, {first}, {second}, {third}, {fifth}, and {fourth}."


def _digits(by: random.Random, length: int) -> str:
    return "".join(by.choice("123456789") for _ in range(length))


def _card(by: random.Random) -> str:
    body = f"4{_digits(by, 14)}"
    return body + str(luhn.calc_check_digit(body))


def _ssn(by: random.Random) -> str:
    return f"{by.randrange(100, 600)}-{by.randrange(10, 99)}-{by.randrange(1000, 9999)}"


def _iban(by: random.Random) -> str:
    account = _digits(by, 18)
    return f"DE{98 - int(account + '131400') % 97:02d}{account}"


def _phone(by: random.Random) -> str:
    return f"212-{by.randrange(200, 999)}-{by.randrange(1000, 9999)}"


def _grouped(digits: str) -> str:
    return " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))


def _spoken(digits: str) -> str:
    return " ".join(_WORDS[int(digit)] for digit in digits)


def found(secrets: tuple[str, ...], folder: Path) -> list[tuple[str, str]]:
    """Every secret that is in a file of a folder: as it is, without separators, as digits, or in base64."""
    leaks = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        raw = path.read_bytes()
        text = raw.decode("utf-8", "replace").casefold()
        compact = re.sub(r"[\W_]+", "", text)
        leaks += [(str(path.relative_to(folder)), secret) for secret in secrets if _is_in(secret, raw, text, compact)]
    return leaks


def _is_in(secret: str, raw: bytes, text: str, compact: str) -> bool:
    ways = {re.sub(r"[\W_]+", "", secret.casefold()), _as_digits(secret)} - {""}
    if secret.casefold() in text or any(way in compact for way in ways):
        return True
    return any(code in raw for code in _coded(secret.encode()))


def _as_digits(secret: str) -> str:
    digits = "".join(str(_WORDS.index(word)) if word in _WORDS else word for word in secret.split())
    return digits if digits.isdigit() and len(digits) > 8 else ""


def _coded(secret: bytes) -> list[bytes]:
    """Base64 of it at each of the three places it may begin, without the ends that others share."""
    return [base64.b64encode(b"\0" * lead + secret)[4 if lead else 0 : -4] for lead in range(3)]
