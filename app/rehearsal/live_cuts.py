"""Where a session's connection is cut, as its fault asks: in the middle of a turn, or while a tool runs. Pure."""

from collections.abc import Mapping

from app.rehearsal.faults import Fault
from app.rehearsal.live_protocol import at


class Cuts:
    """Follows what one session sends."""

    def __init__(self, fault: Fault) -> None:
        self._fault = fault
        self._sounds = 0  # of the turn that goes on
        self._called = False

    def sent(self, message: Mapping[str, object]) -> float | None:
        """How soon the connection is to be cut now that this was sent; None: not for this."""
        if "toolCall" in message and not self._called:
            self._called = True
            return self._fault.drop_in_tool_s or None
        if at(message, "serverContent", "turnComplete"):
            self._sounds = 0
        if at(message, "serverContent", "modelTurn"):
            self._sounds += 1
            return 0.0 if self._sounds == self._fault.drop_after_chunks else None
        return None
