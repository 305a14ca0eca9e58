"""The calls of the other processes, for whoever looks at Now: asked of all at once, as whoever looks."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import structlog
from pydantic import ValidationError

from app.console.going_on import TOLD, GoingOn
from app.siblings.reach import NotReached, Refused, Siblings
from app.siblings.visitor import Visitor
from app.store.processes import Roll, Sibling

WITHIN_S: Final = 0.8  # a process has so long to answer
SAME_S: Final = 0.2  # all who look within it are shown the same
REST_S: Final = 5.0  # a process that did not answer is not asked: the calls of the others would wait for it
CALLS_HERE: Final = "/console/now/here"

log = structlog.get_logger(__name__)


def others_on(roll: Roll) -> "Others":
    """The others that are on the roll."""
    return Others(Siblings(roll.siblings))


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The calls of the others. ``silent``: so many processes did not answer, their calls are not among them."""

    calls: Sequence[GoingOn] = ()
    silent: int = 0


@dataclass(slots=True)
class _Known:
    """What one process told last, and until when it is not asked."""

    calls: Sequence[GoingOn] = ()
    told_at: float = float("-inf")
    rests_until: float = float("-inf")
    asking: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(slots=True)
class Others:
    """What is told to one who may see calls may be shown to all who may: each of them was let in here."""

    siblings: Siblings = field(default_factory=Siblings)
    clock: Callable[[], float] = time.monotonic
    _known: dict[str, _Known] = field(default_factory=dict)

    async def going_on(self, visitor: Visitor) -> Elsewhere:
        """All of them, and how many processes do not tell theirs; takes ``WITHIN_S`` at most."""
        living = self.siblings.living()
        known = self._known = {one.id: self._known.get(one.id) or _Known() for one in living}
        async with asyncio.TaskGroup() as group:
            tasks = [(one, group.create_task(self._of(one, known[one.id], visitor))) for one in living]
        told = [(one, task.result()) for one, task in tasks]
        calls = [call for _, found in told if found is not None for call in found]
        return Elsewhere(calls, sum(found is None and one.sure for one, found in told))

    async def whose(self, call_sid: str, visitor: Visitor) -> tuple[Sibling, GoingOn] | None:
        """The process that has a call, and how it stands; of one that does not answer now, what it told last."""
        await self.going_on(visitor)
        for sibling in self.siblings.living():
            known = self._known.get(sibling.id)
            for call in known.calls if known is not None else ():
                if call.call_sid == call_sid:
                    return sibling, call
        return None

    async def _of(self, sibling: Sibling, known: _Known, visitor: Visitor) -> Sequence[GoingOn] | None:
        try:
            async with asyncio.timeout(WITHIN_S), known.asking:
                if self.clock() < known.rests_until:
                    return None
                if self.clock() - known.told_at >= SAME_S:
                    known.calls = await self._asked(sibling, visitor)
                    known.told_at = self.clock()
                return known.calls
        except Refused:  # this visitor alone: their sign-in has just ended
            return None
        except (NotReached, TimeoutError) as error:
            self._rest(sibling, known, str(error) or type(error).__name__)
            return None

    async def _asked(self, sibling: Sibling, visitor: Visitor) -> Sequence[GoingOn]:
        answer = await self.siblings.ask(sibling, CALLS_HERE, visitor, within_s=WITHIN_S)
        if answer.status in (401, 403):
            raise Refused(answer.status)
        if answer.status != 200:
            raise NotReached(f"status {answer.status}")
        try:
            told = TOLD.validate_json(answer.body)
        except ValidationError as error:
            raise NotReached("no list of calls") from error
        if told.process != sibling.id:
            raise NotReached("another process answered")
        return told.calls

    def _rest(self, sibling: Sibling, known: _Known, why: str) -> None:
        if sibling.sure and self.clock() >= known.rests_until + REST_S:  # once, and not each time again
            todo = "let the processes reach each other: FRONTLINE_SIBLING_URL"
            log.warning("a process does not tell its calls", process=sibling.id, why=why, next=todo)
        known.rests_until = self.clock() + REST_S
