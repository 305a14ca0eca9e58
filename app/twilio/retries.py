"""What Twilio sends a second time is taken once: it tries again when our answer did not reach it."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final

from app.twilio.recent import remember

MOST_REMEMBERED: Final = 2_000


class Retries:
    """The answers given last, by what was asked (a MessageSid)."""

    def __init__(self) -> None:
        self._answers: OrderedDict[str, str | None] = OrderedDict()

    async def once(self, sid: str, answer: Callable[[], Awaitable[str | None]]) -> str | None:
        """The first answer again, or None while it is still being found; what failed may be asked again."""
        if sid in self._answers:
            return self._answers[sid]
        remember(self._answers, sid, None, MOST_REMEMBERED)
        found = False
        try:
            given = await answer()
            found = True
        finally:
            if not found:
                self._answers.pop(sid, None)
        return remember(self._answers, sid, given, MOST_REMEMBERED)
