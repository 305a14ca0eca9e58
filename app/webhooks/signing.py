"""Signs what is sent, and checks what came: the scheme of Standard Webhooks.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import hmac
from collections.abc import Mapping
from typing import Final

TOLERANCE_S: Final = 300  # a message older or newer than that is somebody's copy
ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"


class NotSigned(Exception):
    """Not from whoever has the secret, or not now; says which."""


def signed(key: bytes, id: str, at: int, body: bytes) -> dict[str, str]:
    """The headers of a message. ``at`` is when it is sent, in seconds since 1970."""
    return {ID: id, TIMESTAMP: str(at), SIGNATURE: f"v1,{_signature(key, id, str(at), body)}"}


def check(key: bytes, headers: Mapping[str, str], body: bytes, now: float) -> None:
    """Raises NotSigned for what cannot be trusted. Header names are in lower case."""
    id, at, signatures = (headers.get(name, "") for name in (ID, TIMESTAMP, SIGNATURE))
    if not (id and signatures and at.isascii() and at.isdecimal()):
        raise NotSigned("a header is missing")
    if abs(now - int(at)) > TOLERANCE_S:
        raise NotSigned("too old or too new")
    expected = _signature(key, id, at, body).encode()
    # During a rotation of secrets there are several, with spaces between.
    given = [one.removeprefix("v1,") for one in signatures.split() if one.startswith("v1,")]
    if not any(hmac.compare_digest(one.encode(), expected) for one in given):
        raise NotSigned("the signature is another's")


def _signature(key: bytes, id: str, at: str, body: bytes) -> str:
    return base64.b64encode(hmac.digest(key, b".".join((id.encode(), at.encode(), body)), "sha256")).decode()
