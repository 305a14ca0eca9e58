"""What is known of a call from its beginning, for whoever watches it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from app.redaction.text import Keep

_NEVER: Final = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True)
class About:
    """Which line answers, in which version and with which model; ``redacts`` what is shown, but for ``keep``."""

    line: str = ""
    version: str = ""
    model: str = ""
    language: str = ""
    started_at: datetime = _NEVER
    redacts: bool = True
    keep: Keep = ()
