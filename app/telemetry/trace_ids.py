"""Which trace is a call's: anybody who has the one finds the other, in any process, without looking it up."""

import re
from hashlib import sha256

_SID = re.compile(r"[A-Z]{2}([0-9a-f]{32})")


def trace_of(call_sid: str) -> int:
    """A call's trace: the digits of its CallSid, which are as many as a trace's id has."""
    digits = _SID.fullmatch(call_sid)
    of_sid = int(digits[1], 16) if digits else 0
    return of_sid or int.from_bytes(sha256(call_sid.encode()).digest()[:16])


def as_written(trace: int) -> str:
    """A trace's id as the tools that show traces write it."""
    return format(trace, "032x")
