"""Numbers of identity papers and accounts, told by their check digits."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from stdnum import iban, luhn
from stdnum.br import cpf
from stdnum.cn import ric
from stdnum.de import idnr
from stdnum.es import dni, nie
from stdnum.fr import nir
from stdnum.in_ import aadhaar, pan
from stdnum.it import codicefiscale
from stdnum.pl import pesel
from stdnum.us import ssn

# https://en.wikipedia.org/wiki/Payment_card_number#Issuer_identification_number_(IIN)
_ISSUERS: Final = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720|220[0-4])\d{12}|3[47]\d{13}"
    r"|3(?:0[0-5]|[689]\d)\d{11,16}|35(?:2[89]|[3-8]\d)\d{12,15}|(?:6011|64[4-9]\d|65\d\d)\d{12,15}|62\d{14,17}"
    r"|(?:50|5[6-8]|6[037]|81|82)\d{10,17}"
)
_NINO: Final = re.compile(r"(?![DFIQUV])[A-Z](?![DFIQUVO])[A-Z]\d{6}[A-D]")
_EGYPT: Final = re.compile(r"[23]\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{7}")
_IBAN: Final = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
LONGEST_CARD, SHORTEST_CARD = 19, 13

Check = Callable[[str], bool]


def is_card(digits: str) -> bool:
    """Whether these may be the digits of a payment card: its issuer is one, its check digit is right."""
    return bool(_ISSUERS.fullmatch(digits)) and luhn.is_valid(digits)


def is_issued(digits: str) -> bool:
    """Whether a card's number of this length begins so, its check digit apart."""
    return len(digits) in (15, 16) and bool(_ISSUERS.fullmatch(digits))


def is_iban(value: str) -> bool:
    return bool(_IBAN.fullmatch(value)) and iban.is_valid(value, check_country=False)


def is_personal(value: str, language: str) -> bool:
    """Whether this is the number of somebody's papers in one of the countries we know, by more than its length."""
    for check in _SURE.get(len(value), ()):
        if check(value):
            return True
    return any(check(value) for check in _SURE_IN.get((language, len(value)), ()))


def is_social_security(groups: Sequence[str]) -> bool:
    """A number of the United States' social security, in its three groups."""
    return tuple(map(len, groups)) == (3, 2, 4) and ssn.is_valid("".join(groups))


def _by_pattern(pattern: re.Pattern[str]) -> Check:
    return lambda value: bool(pattern.fullmatch(value))


# Those that few other numbers of their length pass; the rest count only where a word tells what they are.
_SURE: Final[Mapping[int, Sequence[Check]]] = {
    9: (dni.is_valid, nie.is_valid, _by_pattern(_NINO)),
    10: (pan.is_valid,),
    14: (_by_pattern(_EGYPT),),
    15: (nir.is_valid,),
    16: (codicefiscale.is_valid,),
    18: (ric.is_valid,),
}
_SURE_IN: Final[Mapping[tuple[str, int], Sequence[Check]]] = {
    ("pl", 11): (pesel.is_valid,),
    ("pt", 11): (cpf.is_valid,),
    ("de", 11): (idnr.is_valid,),
    ("hi", 12): (aadhaar.is_valid,),
}
