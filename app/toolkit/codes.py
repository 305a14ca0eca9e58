"""One-time codes: to the phone on file and nowhere else, good for five minutes, told to nobody but that phone."""

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from app.toolkit.declare import Caller, Identified, NotIdentified, ToolError, answer
from app.toolkit.heard import heard_digits
from app.toolkit.sentences import CODE_OVER, CODE_RIGHT, CODE_SENT, CODE_TEXT, NO_CODE_SENT
from app.toolkit.standing import Standing
from app.toolkit.texts import TextNotSent, Texts, takes_texts

MOST_CODES = 2
GOOD_FOR_S = 300.0
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Code:
    """A code that is out, and whose it is."""

    digits: str = field(repr=False)
    customer: str
    phone: str
    until: float


class Codes:
    """The one-time codes of a call."""

    def __init__(self, standing: Standing, texts: Texts | None, clock: Callable[[], float]) -> None:
        self._standing = standing
        self._texts = texts
        self._clock = clock
        self._sent = 0
        self._code: Code | None = None

    async def send(self, caller: Caller) -> object:
        """Text a new code to the phone on file."""
        phone = self._standing.phone
        if self._texts is None or phone is None or not takes_texts(phone) or self._sent >= MOST_CODES:
            raise ToolError(caller.hears(NO_CODE_SENT))
        self._sent += 1
        code = Code(f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}}", caller.customer, phone, self._clock() + GOOD_FOR_S)
        self._code = code
        try:
            await self._texts.send(phone, caller.hears(CODE_TEXT).format(code=code.digits))
        except TextNotSent:
            self._code = None
            # Not the error's own words: whoever sends may have put the text into them.
            raise ToolError(caller.hears(NO_CODE_SENT)) from None
        return answer(caller.hears(CODE_SENT))

    async def check(self, code: str, caller: Caller) -> object:
        """Hold what the caller said against the code that is out; a right one is used up."""
        out = self._code
        if out is None or out.customer != caller.customer or self._clock() > out.until:
            raise ToolError(caller.hears(CODE_OVER))
        if not hmac.compare_digest(heard_digits(code).encode(), out.digits.encode()):
            return NotIdentified()
        self._code = None
        return Identified(caller.customer, caller.hears(CODE_RIGHT), out.phone)
