"""What a rehearsed call notes down: what happened and when, and what Twilio would have refused."""

from collections.abc import Callable
from dataclasses import dataclass

MOST = 1_000  # notes of one kind kept of a call: a server gone wild must not fill the memory

# https://www.twilio.com/docs/api/errors
HTTP_FAILED = 11200
DOCUMENT_BROKEN = 12100
SCHEMA = 12200
CONTENT_TYPE = 12300
DIAL_NUMBER = 13223
MEDIA = 20404  # not found
BROKEN_PIPE = 31903
HANDSHAKE = 31920
SCHEME = 31922
URL = 31923
PROTOCOL = 31924
DISCARDED = 31931
TRACK = 31941
UNDECODABLE = 31950
INVALID_MESSAGE = 31951


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened, ``at_s`` seconds after the call was picked up (0 while it rang)."""

    at_s: float
    what: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Violation:
    """Something Twilio would have refused or ignored, under the error code it would have logged."""

    at_s: float
    code: int
    problem: str


class Notes:
    """The notes of one call; ``now`` is the call's own clock."""

    def __init__(self, now: Callable[[], float], on_progress: Callable[[Happening], None] | None = None) -> None:
        self._now = now
        self._on_progress = on_progress
        self.happenings: list[Happening] = []
        self.violations: list[Violation] = []

    def happened(self, what: str, detail: str = "") -> None:
        """Note an event and pass it on to whoever watches."""
        happening = Happening(round(self._now(), 3), what, detail)
        if len(self.happenings) < MOST:
            self.happenings.append(happening)
        if self._on_progress is not None:
            self._on_progress(happening)

    def complain(self, code: int, problem: str) -> None:
        """Note what Twilio would not have taken."""
        if len(self.violations) < MOST:
            self.violations.append(Violation(round(self._now(), 3), code, problem))
