"""How one use of a tool ended: the answer for the model, and what the call must know of it."""

from collections.abc import Mapping
from dataclasses import dataclass

WORKED = ("ok", "confirm")  # ends of a use that did what it should
GUARDED = (*WORKED, "refused")  # and of one that the house's own rules held back: no fault of the tool either
STATUSES = (*GUARDED, "error", "timeout", "cancelled", "unfinished")  # the call ended first, and a write had begun


@dataclass(frozen=True, slots=True)
class ToolEnd:
    """The end of a tool's run.

    ``status`` is ``ok``, ``error``, ``timeout``, ``confirm`` (a read-back is wanted first) or ``refused`` (the caller's
    identity does not reach). ``level`` is the identity reached by now, ``effect`` whether a write was done by this very
    use, ``key`` its idempotency key. ``flags`` are names for RecordFlag. ``customer`` is who the caller has shown to be
    and ``phone`` where codes for them go: a call that goes on in another process has them from its journal.
    """

    response: Mapping[str, object]
    status: str = "ok"
    level: str = "none"
    effect: bool = False
    key: str = ""
    flags: tuple[str, ...] = ()
    customer: str = ""
    phone: str | None = None
