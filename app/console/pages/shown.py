"""What pages about calls show alike: numbers of callers without their middle, tones of outcomes."""

from collections.abc import Mapping
from typing import Final

from app.call import dispositions
from app.twilio.callers import hidden

KEPT_DIGITS: Final = 2
TONES: Final[Mapping[str, str]] = {
    dispositions.COMPLETED: "good",
    dispositions.CALLER_HUNG_UP: "quiet",
    dispositions.HANDED_OFF: "info",
    dispositions.SILENT: "warn",
    dispositions.LONGEST_CALL: "warn",
    dispositions.COST_LIMIT: "warn",
    dispositions.DRAINED: "warn",
    dispositions.ENDED_BY_OPS: "info",
}


def masked(number: str) -> str:
    """A caller's number, but for its last digits; ``anonymous`` stays."""
    if hidden(number) or len(number) <= KEPT_DIGITS + 2:
        return number
    return f"{number[:2]}•••{number[-KEPT_DIGITS:]}"


def tone(disposition: str) -> str:
    """What colour an outcome has: whatever is not known to be well is not."""
    return TONES.get(disposition, "bad")
