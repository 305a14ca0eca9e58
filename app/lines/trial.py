"""Versions of lines that are tried: by every call to a line, or by one call, whatever is live."""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Final

from app.lines import workshop
from app.lines.live import LiveLines
from app.lines.published import Published
from app.lines.workshop import Workshop
from app.prompts.lines import Line

LENT: Final = 1_000  # calls whose own state is remembered, for what Twilio asks when they are over


class TriedLines:
    """The lines as they are live, but for one, and for calls that were lent a state of their own.

    ``wish`` is ``LINE@VERSION``; without one every line answers as it is live.
    """

    def __init__(self, lines: LiveLines, wish: str | None) -> None:
        self.lines = lines
        self._lent: OrderedDict[str, Published] = OrderedDict()
        self._line, _, self._version = (wish or "").partition("@")
        self._tried: Published | None = None

    async def prepare(self, shop: Workshop) -> None:
        """Read the version that is tried. Raises what the workshop does for one that is not there."""
        if not self._line:
            return
        await shop.database.open()
        content = await workshop.named(shop, self._line, self._version)
        self._tried = await workshop.readable(shop, await workshop.whole(shop, content))

    def all(self) -> Mapping[str, Line]:
        """The lines that answer, by name."""
        tried = {self._tried.line.name: self._tried.line} if self._tried is not None else {}
        return {**self.lines.all(), **tried}

    def lend(self, call_sid: str, published: Published) -> None:
        """One call is answered by this, whatever number it calls."""
        self._lent[call_sid] = published
        while len(self._lent) > LENT:
            self._lent.popitem(last=False)

    def lent(self, call_sid: str) -> bool:
        """Whether the call has a state of its own."""
        return call_sid in self._lent

    def answering(self, called: str, call_sid: str) -> Published | None:
        """What a call to this number starts with; None when no line has the number."""
        if call_sid in self._lent:
            return self._lent[call_sid]
        live = self.lines.answering(called, call_sid)
        return self._tried if live is not None and live.line.name == self._line and self._tried else live
