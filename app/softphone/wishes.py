"""What somebody in a browser wants of a call, and what is read from it."""

import hashlib
import re
import secrets
from dataclasses import dataclass, replace
from typing import Final

from app.lines import workshop
from app.lines.live import LiveLines
from app.lines.published import Published, Unreadable
from app.lines.workshop import LIVE, Unknown, Workshop
from app.prompts.line import ANY_NUMBER
from app.prompts.lines import Line

NOBODYS_NUMBER: Final = "+12025550199"  # called, of a line that answers any
LINK_TRIES: Final = 5
_NUMBER = re.compile(r"\+[1-9]\d{6,14}|anonymous")
_MOST_FIELD: Final = 80  # characters


class Unwanted(Exception):
    """A wish that cannot be granted; the message says why, for whoever has it. ``status`` is that of HTTP."""

    def __init__(self, why: str, status: int = 400) -> None:
        super().__init__(why)
        self.status = status


@dataclass(frozen=True, slots=True)
class Wish:
    """A line, which of its versions (``live``, ``draft`` or the beginning of an id), and how the call begins.

    ``language`` empty: the line's first. ``caller`` empty: a number of its own for whoever calls. ``record``: "yes"
    from whoever speaks and wants it recorded, though the line does not record.
    """

    line: str
    version: str = LIVE
    language: str = ""
    caller: str = ""
    record: str = ""


def wished(told: object) -> Wish:
    """A wish out of what a page sent. Raises Unwanted."""
    if not isinstance(told, dict):
        raise Unwanted("Send an object with the line to call.")
    fields = {name: told.get(name, "") for name in ("line", "version", "language", "caller", "record")}
    if not all(isinstance(value, str) and len(value) <= _MOST_FIELD for value in fields.values()):
        raise Unwanted("Line, version, language, caller and record are short texts.")
    caller = re.sub(r"[\s()./-]", "", fields["caller"])
    if caller and not _NUMBER.fullmatch(caller):
        raise Unwanted("Write the caller's number with + and the country code, or anonymous.")
    record = "yes" if fields["record"] == "yes" else ""
    return Wish(fields["line"], fields["version"] or LIVE, fields["language"], caller, record)


async def granted(wish: Wish, lines: LiveLines, shop: Workshop | None, call_sid: str) -> Published:
    """The state of the line that answers such a call. Raises Unwanted."""
    published = await _published(wish, lines, shop, call_sid)
    line = published.line
    if wish.record and line.recording == "off":
        line = replace(line, recording="agreed")
        published = replace(published, line=line)
    if not wish.language or wish.language == line.languages[0]:
        return published
    if wish.language not in line.languages:
        raise Unwanted(f"{line.name} does not speak {wish.language}. It speaks {', '.join(line.languages)}.")
    others = tuple(tag for tag in line.languages if tag != wish.language)
    return replace(published, line=replace(line, languages=(wish.language, *others)))


async def _published(wish: Wish, lines: LiveLines, shop: Workshop | None, call_sid: str) -> Published:
    if wish.version == LIVE:
        live = lines.named(wish.line, call_sid)
        if live is None:
            raise Unwanted(f"There is no line {wish.line}.", 404)
        return live
    if shop is None:
        raise Unwanted("Drafts and versions cannot be read yet. Try again in a moment.", 503)
    try:
        content = await workshop.named(shop, wish.line, wish.version)
        return await workshop.readable(shop, await workshop.whole(shop, content))
    except (Unknown, Unreadable) as error:
        raise Unwanted(str(error), 404) from error


def called(line: Line) -> str:
    """A number of the line's."""
    return next((number for number in line.numbers if number != ANY_NUMBER), NOBODYS_NUMBER)


def caller_of(who: str) -> str:
    """A number for somebody who has told none: always the same, and one that is nobody's (+1 202 555 0100 to 0199)."""
    return f"+120255501{int(hashlib.sha256(who.encode()).hexdigest(), 16) % 100:02}"


def sid(kind: str) -> str:
    """A new SID as Twilio writes them: ``CA`` for a call, ``MZ`` for a stream."""
    return kind + secrets.token_hex(16)


def link_sids(nonce: str) -> list[str]:
    """The CallSids that a link's call may have; there is a second only where the first found no place."""
    return ["CA" + hashlib.sha256(f"{nonce} {number}".encode()).hexdigest()[:32] for number in range(LINK_TRIES)]
