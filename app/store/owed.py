"""Calls whose records had no room in the writer's queue: written from their journals once they are over."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import structlog

from app.call.commands import RecordEnd
from app.store.entries import Entry
from app.store.parts import Recorded
from app.store.recorded import recorded
from app.telemetry import metrics

MOST_OWED: Final = 10_000  # calls
LOOKS: Final = 10  # for the end in a journal, which is written a moment after it was decided
LOOK_EVERY_S: Final = 0.5

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Owed:
    """The calls, each with the writer's entry of its end when it has one."""

    journals: Path | None
    _calls: dict[str, Entry | None] = field(default_factory=dict)

    def __contains__(self, call_sid: str) -> bool:
        return call_sid in self._calls

    def take(self, call_sid: str, end: Entry | None) -> bool:
        """From now on this call is written from its journal; False where that cannot be."""
        if (self.journals is None and end is None) or len(self._calls) >= MOST_OWED:
            return False
        if not self._calls:
            log.error(
                "records wait in their journals",
                why="no room in the queue",
                next="look at the database; they are written once it answers",
            )
        self._calls[call_sid] = end
        self._count()
        return True

    def ended(self, call_sid: str, end: Entry) -> None:
        self._calls[call_sid] = end

    def over(self) -> list[tuple[str, Entry]]:
        """The calls that can be written now."""
        return [(call_sid, end) for call_sid, end in self._calls.items() if end is not None]

    async def recorded(self, call_sid: str, pause: Callable[[float], Awaitable[None]]) -> list[Recorded]:
        """What the journal has; its end is waited for a little."""
        found: list[Recorded] = []
        for _ in range(LOOKS if self.journals is not None else 0):
            assert self.journals is not None
            found = await asyncio.to_thread(recorded, self.journals, call_sid)
            if not found or any(isinstance(record, RecordEnd) for record in found):
                break
            await pause(LOOK_EVERY_S)
        return found

    def written(self, call_sid: str) -> None:
        self._calls.pop(call_sid, None)
        self._count()

    def _count(self) -> None:
        metrics.calls_owed.set(len(self._calls))
