"""Whether a ringing call is taken: decided in one place, at once, and answered the same when it is asked again."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

import phonenumbers
from limits import RateLimitItemPerHour
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from app.twilio.callers import hidden

REMEMBERED: Final = 5_000  # answers, for Twilio's second try of the same webhook
REJECTED: Final = frozenset({"blocked", "country"})  # not even answered
OF_CALLER: Final = frozenset({*REJECTED, "hidden", "caller_limit", "caller_hourly"})  # the rest are ours: shed


@dataclass(frozen=True, slots=True)
class Limits:
    """What the settings allow. ``blocked`` are E.164 numbers, or beginnings of them that end in ``*``.

    ``sessions`` None: as many as calls. ``countries`` are ISO 3166 codes; none: all.
    """

    sessions: int | None = None
    per_caller_an_hour: int | None = None
    takes_hidden: bool = True
    blocked: frozenset[str] = frozenset()
    countries: frozenset[str] = frozenset()


class Board(Protocol):
    """The calls going on, as far as admission must know them."""

    draining: bool

    @property
    def full(self) -> bool: ...

    @property
    def sessions(self) -> int:
        """Live sessions open or about to be: one a call that is on its stream, or on its way to it."""

    def refusal(self, call_sid: str, caller: str) -> str | None:
        """Why there is no place for the call; None keeps one for it."""


@dataclass(slots=True)
class Admission:
    """Asked for every call that rings; nothing in it waits.

    ``quota_spent``: Live has said that the project's quota is used up, for now. ``budget_spent``: today's calls have
    cost as much as they may. The hourly counts are this process's own and begin anew with it.
    """

    board: Board
    limits: Limits = Limits()
    quota_spent: Callable[[], bool] = lambda: False
    budget_spent: Callable[[], bool] = lambda: False
    _answers: OrderedDict[str, str | None] = field(default_factory=OrderedDict)
    _hourly: MovingWindowRateLimiter = field(default_factory=lambda: MovingWindowRateLimiter(MemoryStorage()))

    def refusal(self, call_sid: str, caller: str) -> str | None:
        """Why a ringing call is not taken, in a word of few; None takes it, and keeps a place for it.

        Of the caller: ``blocked``, ``country``, ``hidden``, ``caller_hourly``, ``caller_limit``. Of ours:
        ``draining``, ``full``, ``sessions``, ``budget``, ``quota``, or what the board is short of.
        """
        if call_sid in self._answers:
            return self._answers[call_sid]
        self._answers[call_sid] = answer = self._decide(call_sid, caller)
        while len(self._answers) > REMEMBERED:
            self._answers.popitem(last=False)
        return answer

    def standing(self) -> str | None:
        """Why no call at all would be taken now; None when one would be."""
        if self.board.draining:
            return "draining"
        if self.board.full:
            return "full"
        most = self.limits.sessions
        if most is not None and self.board.sessions >= most:
            return "sessions"
        if self.budget_spent():
            return "budget"
        return "quota" if self.quota_spent() else None

    def _decide(self, call_sid: str, caller: str) -> str | None:
        refusal = self._of_caller(caller) or self.standing() or self.board.refusal(call_sid, caller)
        if refusal is None and self._counted(caller):
            self._hourly.hit(self._an_hour, caller)
        return refusal

    def _of_caller(self, caller: str) -> str | None:
        if hidden(caller):
            return None if self.limits.takes_hidden else "hidden"
        if _is_blocked(caller, self.limits.blocked):
            return "blocked"
        if self.limits.countries and country_of(caller) not in self.limits.countries:
            return "country"
        if self._counted(caller) and not self._hourly.test(self._an_hour, caller):
            return "caller_hourly"
        return None

    def _counted(self, caller: str) -> bool:
        return self.limits.per_caller_an_hour is not None and not hidden(caller)

    @property
    def _an_hour(self) -> RateLimitItemPerHour:
        return RateLimitItemPerHour(self.limits.per_caller_an_hour or 1)


def _is_blocked(caller: str, blocked: frozenset[str]) -> bool:
    """Whether the number stands on the list, or begins as something on it does."""
    return caller in blocked or any(f"{caller[:end]}*" in blocked for end in range(1, len(caller) + 1))


def country_of(caller: str) -> str:
    """The ISO 3166 code of a number's country; empty where it has none (a satellite, a SIP address)."""
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(caller, None)) or ""
    except phonenumbers.NumberParseException:
        return ""
