"""One-time tokens that tie a Media Stream to the call that was just answered.

A signature says that Twilio opened the stream, not for which call, and it can be replayed. The token
goes out in the TwiML, comes back in ``start``, and is all the state there is: any process that has
the secret can redeem it.
"""

import base64
import binascii
import hashlib
import hmac
import secrets as random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

LIFE_S = 60
SKEW_S = 30  # by how much two processes' clocks may differ
STEP_S = 2.0  # a clock that has moved by more against the monotonic one was set
KEPT_S = 3_600  # a used token is remembered for so long: a clock that is set back must not make it good again
LONGEST = 480  # characters; a <Parameter>'s name and value together stay under 500

_DOMAIN = b"frontline stream token 1\x1f"
_SEPARATOR = "\x1f"
_LONGEST_FIELD = 88  # bytes
_MOST_USED = 100_000
_MAC_BYTES = 32


@dataclass(frozen=True, slots=True)
class Ticket:
    """A token that was good: whose call the stream is."""

    call_sid: str
    caller: str
    called: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A token that was not: ``malformed``, ``forged``, ``expired``, ``other_call``, ``used`` or ``full``."""

    reason: str


class StreamTokens:
    """Mints and redeems; the first secret signs, the others are still accepted."""

    def __init__(self, secrets: Sequence[str], clock: Callable[[], float] = time.monotonic) -> None:
        if not secrets or not all(secrets):
            raise ValueError("stream tokens need at least one secret, none of them empty")
        self._secrets = tuple(secret.encode() for secret in secrets)
        self._clock = clock
        self._used: dict[str, float] = {}  # nonce to when it is forgotten, by the monotonic clock; oldest first
        self._offset: float | None = None  # of the wall's clock from that one
        self._before: tuple[float, float] | None = None  # its offset until it was set, and how long that counts

    def mint(self, call_sid: str, caller: str, called: str, now: float) -> str:
        """A token for the stream of ``call_sid``, good for 60 s of wall time from ``now``."""
        self._walls(now)
        expiry = str(int(now) + LIFE_S)
        fields = (expiry, random.token_urlsafe(9), _fit(call_sid), _fit(caller), _fit(called))
        content = _SEPARATOR.join(fields).encode()
        return _to_text(_mac(self._secrets[0], content) + content)

    def redeem(self, token: str, call_sid: str, now: float) -> Ticket | Refused:
        """What a stream's ``start`` brought, checked against the call it says it is."""
        raw = _from_text(token)
        if raw is None or len(raw) <= _MAC_BYTES:
            return Refused("malformed")
        mac, content = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
        if not any(hmac.compare_digest(_mac(secret, content), mac) for secret in self._secrets):
            return Refused("forged")
        expiry, nonce, of_call, caller, called = content.decode().split(_SEPARATOR)
        if not any(0 <= float(expiry) - wall <= LIFE_S + SKEW_S for wall in self._walls(now)):
            return Refused("expired")
        if of_call != _fit(call_sid):
            return Refused("other_call")
        return self._use(nonce) or Ticket(call_sid, caller, called)

    def _walls(self, now: float) -> tuple[float, ...]:
        """The wall's time and, when its clock was set within a token's life, what it would show otherwise.

        A phone that rings meanwhile must not go unanswered: its token was made by the clock as it was.
        """
        at = self._clock()
        offset = now - at
        if self._offset is not None and abs(offset - self._offset) > STEP_S:
            self._before = self._offset, at + LIFE_S
        self._offset = offset
        if self._before is not None and at <= self._before[1]:
            return now, at + self._before[0]
        return (now,)

    def _use(self, nonce: str) -> Refused | None:
        now = self._clock()
        self._forget(now)
        if nonce in self._used:
            return Refused("used")
        if len(self._used) >= _MOST_USED:
            return Refused("full")
        self._used[nonce] = now + KEPT_S
        return None

    def _forget(self, now: float) -> None:
        while self._used:
            oldest = next(iter(self._used))
            if self._used[oldest] >= now:
                return
            del self._used[oldest]


def _mac(secret: bytes, content: bytes) -> bytes:
    return hmac.new(secret, _DOMAIN + content, hashlib.sha256).digest()


def _fit(field: str) -> str:
    """A field as the token carries it: a phone number as it is, a long SIP address cut."""
    whole = field.replace(_SEPARATOR, "").encode(errors="ignore")
    return whole[:_LONGEST_FIELD].decode(errors="ignore")


def _to_text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _from_text(token: str) -> bytes | None:
    if len(token) > LONGEST:
        return None
    try:
        return base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
