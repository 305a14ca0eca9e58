"""A version of a line that is tried: calls to the line get it, whatever is live."""

from collections.abc import Mapping

from app.lines import workshop
from app.lines.live import LiveLines
from app.lines.published import Published
from app.lines.workshop import Workshop
from app.prompts.lines import Line


class TriedLines:
    """The lines as they are live, but for one. ``wish`` is ``LINE@VERSION``; without one nothing is tried."""

    def __init__(self, lines: LiveLines, wish: str | None) -> None:
        self._lines = lines
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
        return {**self._lines.all(), **tried}

    def answering(self, called: str, call_sid: str) -> Published | None:
        """What a call to this number starts with; None when no line has the number."""
        live = self._lines.answering(called, call_sid)
        return self._tried if live is not None and live.line.name == self._line and self._tried else live
