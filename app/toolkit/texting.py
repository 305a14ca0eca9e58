"""Texts from the assistant to the caller: to the number of the call, with a link from the line's own or none."""

from collections.abc import Mapping

from app.edits import listed
from app.toolkit.declare import Caller, ToolError, answer
from app.toolkit.sentences import NO_MORE_TEXTS, NO_TEXT_HERE, NOT_TEXTED, TEXT_SENT
from app.toolkit.texts import TextNotSent, Texts, plain_text, takes_texts, wrong_text

MOST_TEXTS = 3


class Texting:
    """What the assistant may text in a call."""

    def __init__(self, texts: Texts | None, links: Mapping[str, str]) -> None:
        self._texts = texts
        self._links = links
        self._sent = 0

    async def send(self, text: str, caller: Caller, link: str = "") -> object:
        """Text the caller."""
        if self._texts is None or not takes_texts(caller.number):
            raise ToolError(caller.hears(NO_TEXT_HERE))
        body = self._body(plain_text(text), link, caller)
        if self._sent >= MOST_TEXTS:
            raise ToolError(caller.hears(NO_MORE_TEXTS))
        self._sent += 1
        try:
            await self._texts.send(caller.number, body)
        except TextNotSent:
            raise ToolError(caller.hears(NOT_TEXTED)) from None
        return answer(caller.hears(TEXT_SENT))

    def _body(self, text: str, link: str, caller: Caller) -> str:
        wrong = wrong_text(text, caller.number)
        if wrong:
            raise ToolError(wrong, retryable=True)
        if not link:
            return text
        if link not in self._links:
            known = f"Write {listed(self._links)}." if self._links else "Leave it out."
            raise ToolError(f"There is no such link. {known}", retryable=True)
        return f"{text} {self._links[link]}"
