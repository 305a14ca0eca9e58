"""Who the caller has shown to be in this call: kept in code, raised by nothing but a tool that identifies."""

from dataclasses import dataclass

from app.call.events import ToolReturned
from app.call.flags import IDENTITY_LOCKED
from app.toolkit.declare import LEVELS, Level

MOST_TRIES = 3


def reaches(level: Level, needed: Level) -> bool:
    """Whether ``level`` is enough where ``needed`` is asked for."""
    return LEVELS.index(level) >= LEVELS.index(needed)


@dataclass(slots=True)
class Tries:
    """Tries to show one thing. Those under way count as wrong until they are not: many at once are three at most."""

    wrong: int = 0
    under_way: int = 0

    @property
    def over(self) -> bool:
        return self.wrong >= MOST_TRIES

    def begin(self) -> bool:
        """Whether there is a try left; it is taken."""
        if self.wrong + self.under_way >= MOST_TRIES:
            return False
        self.under_way += 1
        return True

    def end(self, *, wrong: bool) -> None:
        self.under_way -= 1
        self.wrong += wrong


class Standing:
    """The identity of one call. Three wrong tries lock it for the rest of the call; what was reached stays."""

    def __init__(self, level: Level = "none", customer: str = "") -> None:
        self.level: Level = level
        self.customer = customer
        self.phone: str | None = None
        self._tries: dict[Level, Tries] = {"details": Tries(), "code": Tries()}

    @property
    def locked(self) -> bool:
        return any(tries.over for tries in self._tries.values())

    def tries(self, level: Level) -> Tries:
        """The tries to reach ``level``."""
        return self._tries[level]

    def remember(self, identifies: Level | None, end: ToolReturned) -> None:
        """Take over what an end in another process has shown, or failed to show."""
        if end.level in LEVELS and end.customer:
            self.level, self.customer, self.phone = end.level, end.customer, end.phone
        if identifies and end.response.get("status") in ("not_identified", "not_found"):
            self._tries[identifies].wrong += 1
        if identifies and IDENTITY_LOCKED in end.flags:
            self._tries[identifies].wrong = MOST_TRIES

    def reach(self, level: Level, customer: str, phone: str | None) -> None:
        """The caller is ``customer``. Someone else than before begins anew: a code proved nothing about them."""
        if customer != self.customer:
            self.level = "none"
        elif reaches(self.level, level):
            level = self.level
        self.level, self.customer, self.phone = level, customer, phone
