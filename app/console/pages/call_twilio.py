"""Twilio's own word of a call, on its page: asked for when somebody wants it, shown, and kept nowhere."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import structlog
from starlette.responses import Response

from app.console.asked import Asked
from app.console.guard import Pages
from app.console.pages.shown import masked
from app.console.permissions import Permission
from app.console.twilio import twilio_of
from app.console.words import Words
from app.store import calls
from app.store.calls import CallRow
from app.twilio.own_word import Notice, OwnWord
from app.twilio.rest import TwilioUnavailable

NUMBER: Final = re.compile(r"(?<![0-9A-Za-z])\+?[0-9]{7,15}(?![0-9A-Za-z])")
MOST_SHOWN: Final = 20

log = structlog.get_logger(__name__)
pages = Pages([])


@pages.page("/calls/{sid}/twilio", Permission.ASK_TWILIO)
async def twilio_asked(asked: Asked) -> Response:
    """The part of the page with it; Twilio may take some seconds."""
    sid = asked.path["sid"]
    row = await calls.call(asked.parts.database, sid)
    if row is None:
        return asked.show("call/none.html", 404, sid=sid)
    async with twilio_of(asked, row) as peer:
        if peer is None:
            return _shown(asked, row, without="no_keys")
        try:
            word = await peer.control.own_word(sid)
        except TwilioUnavailable as problem:
            log.warning("twilio not asked about a call", call_sid=sid, problem=str(problem), next="frontline doctor")
            return _shown(asked, row, said=_without_numbers(str(problem)))
    return _shown(asked, row, word, stands_in=peer.stands_in)


def _shown(
    asked: Asked, row: CallRow, word: OwnWord | None = None, without: str = "", said: str = "", stands_in: bool = False
) -> Response:
    found = None if word is None or word.notices is None else [_told(one) for one in word.notices]
    return asked.show(
        "call/twilio.html",
        row=row,
        word=word,
        notices=found,
        most=MOST_SHOWN,
        without=without,
        said=said,
        stands_in=stands_in,
        named=_named(asked.words),
        masked=masked,
    )


def _told(notice: Notice) -> Notice:
    return replace(notice, said=_without_numbers(notice.said), path=_without_numbers(notice.path))


def _without_numbers(text: str) -> str:
    """Telephone numbers in it as the rest of the page shows them."""
    return NUMBER.sub(lambda number: masked(number[0]), text)


def _named(words: Words) -> Callable[[str, object], str]:
    """What Twilio names in its own words, in those of the page where they are known."""

    def named(kind: str, value: object) -> str:
        name = f"twilio.{kind}.{value}"
        return words(name) if words.has(name) else str(value)

    return named
