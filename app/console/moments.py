"""What many people look at in the same moment is made once for all of them."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable
from typing import Final

FRESH_S: Final = 0.1


class Moments:
    """The last look at each thing; keys are few, and are the same for all who may see the same."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: dict[Hashable, tuple[float, str]] = {}
        self._making: defaultdict[Hashable, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def look(self, key: Hashable, make: Callable[[], Awaitable[str]]) -> str:
        """What ``make`` gives, or has given somebody else within this tenth of a second."""
        async with self._making[key]:
            at, seen = self._seen.get(key, (float("-inf"), ""))
            if self._clock() - at > FRESH_S:
                at, seen = self._clock(), await make()
                self._seen[key] = (at, seen)
            return seen
