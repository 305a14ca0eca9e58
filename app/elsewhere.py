"""What can be asked of calls that other processes have, or had."""

from dataclasses import dataclass
from typing import Protocol

from app.call.commands import HandOff, HangUp, TakeMessage


@dataclass(frozen=True, slots=True)
class Standing:
    """A call that this process does not have. ``leaving`` is what its last stream was left for."""

    caller: str
    called: str
    leaving: HandOff | HangUp | TakeMessage | None = None
    ended: bool = False


class Elsewhere(Protocol):
    """Who knows of calls that other processes have, or had."""

    async def standing(self, call_sid: str) -> Standing | None:
        """How a call stands; None where nothing is known of it, or not in time."""

    async def is_gone(self, call_sid: str) -> bool:
        """Whether another process has a call of ours now."""
