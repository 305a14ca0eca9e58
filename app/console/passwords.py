"""Passwords and one-time codes: kept so that the database alone opens nothing, checked off the event loop."""

import asyncio
import hmac
import time
from typing import Final

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST: Final = 12  # letters; length is what makes a password hard to guess
LONGEST: Final = 200
STEP_S: Final = 30  # of a one-time code
# OWASP's argon2id with the least memory: some 20 ms, beside calls that go on.
# https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_NOBODYS: Final = _HASHER.hash("nobody has this password")
_ONE_AT_A_TIME: Final = asyncio.Semaphore(1)


async def hashed(password: str) -> str:
    async with _ONE_AT_A_TIME:
        return await asyncio.to_thread(_HASHER.hash, password)


async def is_right(password: str, kept: str) -> bool:
    """Whether the password is the one of this hash; without a hash it takes as long to be wrong."""
    async with _ONE_AT_A_TIME:
        return await asyncio.to_thread(_verified, password, kept or _NOBODYS) and bool(kept)


def _verified(password: str, kept: str) -> bool:
    try:
        return _HASHER.verify(kept, password[:LONGEST])
    except (VerificationError, InvalidHashError):
        return False


def problem(password: str, again: str) -> str:
    """The text that says what is wrong with a new password; empty where nothing is."""
    if len(password) < SHORTEST:
        return "entrance.too_short"
    if len(password) > LONGEST:
        return "entrance.too_long"
    return "" if password == again else "entrance.not_the_same"


def new_totp() -> str:
    return pyotp.random_base32()


def totp_address(secret: str, name: str) -> str:
    """What an authenticator app reads from the picture."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name="Frontline")


def step_of(secret: str, code: str, now: float | None = None) -> int | None:
    """The step of time whose code this is: this one, or the one before or after; None where it is none of them."""
    given, step = "".join(code.split()), int((time.time() if now is None else now) // STEP_S)
    totp = pyotp.TOTP(secret)
    steps = (step, step - 1, step + 1)
    return next((one for one in steps if hmac.compare_digest(totp.generate_otp(one).encode(), given.encode())), None)
