"""What a page asks of the phone and is answered, in words that JSON has; who may ask is decided before."""

import asyncio
import re
import secrets
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Final

import structlog
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from sqlalchemy.exc import SQLAlchemyError

from app.call.commands import RecordEnd
from app.call.dispositions import SHED
from app.call.events import TextReceived
from app.lines import workshop
from app.lines.content import shown
from app.lines.live import LiveLines
from app.prompts.line import ANY_NUMBER, Line
from app.rehearsal.heard import SpeechUnavailable
from app.softphone.exchange import After, Exchange, Placed
from app.softphone.seals import Seals
from app.softphone.speaking import LONGEST, Speaker
from app.softphone.wishes import Unwanted, Wish, link_sids, wished
from app.store import calls
from app.store.database import Database
from app.store.versions import versions_of
from app.switchboard import Switchboard
from app.telling import Told
from app.twilio.twiml import Sentence
from app.twilio.webhooks import CallbackStep, DialStep, HangUpStep, RejectStep, Step, StreamStep, VoicemailStep

CALLS_A_MINUTE: Final = RateLimitItemPerMinute(12)
SENTENCES_A_MINUTE: Final = RateLimitItemPerMinute(40)
LINK_LONGEST_H: Final = 168
VERSIONS_OFFERED: Final = 8
STREAM_WITHIN_S: Final = 15.0  # the page opens its stream, or there is nothing to tell
END: Final = "end"  # the last of a call's news
BEAT_S: Final = 2.0  # so often something is sent: proxies cut what is silent, and the house may end

log = structlog.get_logger(__name__)
_AFTER: Final[Mapping[str, After]] = {"stream": "stream", "dial": "dial", "offer": "offer"}
_TOLD = re.compile(r"[a-z0-9*#-]{0,20}")


@dataclass(frozen=True, slots=True)
class Guest:
    """Who asks: somebody signed in, or whoever has a link, which is good for one call of the line it was made for."""

    by: str
    link: "Link | None" = None


@dataclass(frozen=True, slots=True)
class Link:
    """A link as it was made; ``by`` has made it."""

    nonce: str
    by: str
    wish: Wish


@dataclass(slots=True)
class Booth:
    """The phone's counter. ``watch`` tells what goes on in a call, redacted as its records are."""

    exchange: Exchange
    switchboard: Switchboard
    lines: LiveLines
    database: Database
    links: Seals
    watch: Callable[[str], AsyncGenerator[Told, None]]
    speaker: Speaker = field(default_factory=Speaker)
    _rates: MovingWindowRateLimiter = field(default_factory=lambda: MovingWindowRateLimiter(MemoryStorage()))

    # ---- what there is to call

    async def offers(self, guest: Guest) -> dict[str, object]:
        """The lines, with their languages and the versions that may be tried."""
        if guest.link is not None:
            line = self.lines.all().get(guest.link.wish.line)
            if line is None:
                raise Unwanted("The line of this link is gone.", 410)
            return {"lines": [{"name": line.name, "business": line.business, "languages": line.languages}]}
        found = [
            {
                "name": name,
                "business": line.business,
                "languages": line.languages,
                "versions": await self._versions(name),
            }
            for name, line in sorted(self.lines.all().items(), key=_first_any_number)
        ]
        return {"lines": found}

    async def _versions(self, line: str) -> list[dict[str, str]]:
        shop = self.exchange.shop
        if shop is None:
            return []
        try:
            draft = await workshop.draft_named(shop, line)
            kept = await versions_of(self.database, line)
        except (SQLAlchemyError, OSError):  # while the database is down calls are answered all the same
            return []
        drafts = [{"id": workshop.DRAFT, "note": "", "by": draft.author}] if draft is not None else []
        return drafts + [{"id": shown(one.id), "note": one.note, "by": one.author} for one in kept[:VERSIONS_OFFERED]]

    # ---- a call

    async def place(self, guest: Guest, told: object) -> dict[str, object]:
        """Ring; the answer says what to do first, and has the key to everything else."""
        self._limit(CALLS_A_MINUTE, guest)
        if guest.link is None:
            call, step = await self.exchange.place(wished(told), guest.by)
        else:
            call, step = await self.exchange.place(guest.link.wish, guest.by, await self._unused(guest.link))
        return {
            "call_sid": call.call_sid,
            "key": self.exchange.key(call),
            "caller": call.caller,
            "called": call.called,
            "step": self._step(guest, call, step, again=False),
        }

    async def _unused(self, link: Link) -> str:
        """The CallSid of a link's one call. Raises Unwanted when it was made."""
        try:
            for call_sid in link_sids(link.nonce):
                if self.switchboard.knows(call_sid):
                    break
                row = await calls.call(self.database, call_sid)
                if row is None:
                    return call_sid
                if not _found_no_place(row.end):
                    break
        except (SQLAlchemyError, OSError) as error:
            raise Unwanted("Links cannot be looked up right now. Try again in a moment.", 503) from error
        raise Unwanted("This link has been used. Ask for another.", 410)

    async def next(self, guest: Guest, call: Placed, told: object) -> dict[str, object]:
        """What comes after the stream, a dialled representative or an offer."""
        given = told if isinstance(told, dict) else {}
        after, how = _AFTER.get(str(given.get("after"))), str(given.get("told", ""))
        if after is None or not _TOLD.fullmatch(how):
            raise Unwanted("Say what is over (stream, dial or offer) and how it ended.")
        step = await self.exchange.next(call, after, how)
        return {"step": self._step(guest, call, step, again=True)}

    def write(self, call: Placed, told: object) -> None:
        """Words for the assistant that nobody speaks."""
        words = _text(told, "text")
        if self.switchboard.find(call.call_sid) is None:
            raise Unwanted("The call does not go on here.", 409)
        self.switchboard.tell(call.call_sid, TextReceived(words, "typed"))

    async def speak(self, guest: Guest, told: object) -> bytes:
        """A typed sentence as a caller says it, in µ-law at 8 kHz."""
        self._limit(SENTENCES_A_MINUTE, guest)
        words, language = _text(told, "text"), _text(told, "language")
        try:
            return await self.speaker.speak(words, language)
        except SpeechUnavailable as problem:
            raise Unwanted(str(problem), 503) from problem

    async def news(self, call: Placed) -> AsyncGenerator[dict[str, object], None]:
        """What goes on in the call, until it ends; now and then an empty one. Close it when done."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._follow(call))
            one: dict[str, object] = {}
            while one.get("kind") != END:
                one = await _next(call.news)
                yield one

    async def _follow(self, call: Placed) -> None:
        if await self.switchboard.arrived(call.call_sid, STREAM_WITHIN_S):
            async with aclosing(self.watch(call.call_sid)) as happenings:
                async for one in happenings:
                    await call.news.put({**one.about, "kind": one.kind, "at_s": one.at_s})
                    if one.kind == END:
                        return
        await call.news.put({"kind": END, "at_s": 0.0, "disposition": "", "ended_by": ""})

    # ---- links

    def make_link(self, by: str, told: object, hours: float) -> str:
        """A word for one call of one line. Raises Unwanted."""
        wish = wished(told)
        if wish.line not in self.lines.all():
            raise Unwanted(f"There is no line {wish.line}.", 404)
        if not 0 < hours <= LINK_LONGEST_H:
            raise Unwanted(f"A link lasts up to {LINK_LONGEST_H} hours.")
        about = {"nonce": secrets.token_urlsafe(12), "by": by, "line": wish.line, "version": wish.version}
        return self.links.seal(about | {"language": wish.language}, hours * 3_600)

    def of_link(self, word: str) -> Guest:
        """Who comes with a link. Raises Unwanted."""
        told = self.links.open(word)
        if told is None:
            raise Unwanted("This link is not, or no longer, good. Ask for another.", 403)
        link = Link(told["nonce"], told["by"], Wish(told["line"], told["version"], told["language"]))
        return Guest(f"link {link.nonce}", link)

    # ---- answers

    def _limit(self, rate: RateLimitItem, guest: Guest) -> None:
        if not self._rates.hit(rate, guest.by):
            raise Unwanted("That is too much at once. Try again in a minute.", 429)

    def _step(self, guest: Guest, call: Placed, step: Step, *, again: bool) -> dict[str, object]:
        match step:
            case StreamStep():
                return {"kind": "stream", **self.exchange.joining(call, again=again)}
            case HangUpStep(say):
                return {"kind": "hang_up", **_said(say)}
            case DialStep(number, _, _, say):
                return {"kind": "dial", "number": number if guest.link is None else "", **_said(say)}
            case CallbackStep(offer):
                return {"kind": "callback", **_said(offer)}
            case VoicemailStep(prompt):
                return {"kind": "voicemail", **_said(prompt)}
            case RejectStep():
                return {"kind": "reject"}


async def _next(news: asyncio.Queue[dict[str, object]]) -> dict[str, object]:
    try:
        async with asyncio.timeout(BEAT_S):
            return await news.get()
    except TimeoutError:
        return {}


def _said(sentence: Sentence | None) -> dict[str, str]:
    return {} if sentence is None else {"say": sentence.text, "language": sentence.language}


def _first_any_number(named: tuple[str, Line]) -> tuple[bool, str]:
    """The line that answers whatever is called goes before the others."""
    name, line = named
    return ANY_NUMBER not in line.numbers, name


def _text(told: object, name: str) -> str:
    text = told.get(name) if isinstance(told, dict) else None
    if not isinstance(text, str) or not text.strip() or len(text) > LONGEST:
        raise Unwanted(f"Write {name} with 1 to {LONGEST} characters.")
    return text.strip()


def _found_no_place(end: RecordEnd | None) -> bool:
    return end is not None and end.disposition == SHED
