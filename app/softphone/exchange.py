"""What Twilio is to other calls: rings, hands out streams, asks what comes next, and carries out what it is told.

Nothing of a browser's call is asked of Twilio: its texts are shown on the page, it is hung up by the page, and there
is nobody to dial and nothing that records.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Final, Literal
from urllib.parse import urlsplit

import structlog
from starlette.websockets import WebSocket

from app.desk import Desk
from app.fittings import REHEARSAL_ACCOUNT, Doors
from app.house import House
from app.lines.trial import TriedLines
from app.lines.workshop import Workshop
from app.softphone.seals import Fields, Seals
from app.softphone.wishes import Unwanted, Wish, called, caller_of, granted, sid
from app.twilio.twiml import AGAIN_PARAMETER, TOKEN_PARAMETER
from app.twilio.webhooks import Contact, Ring, Step, offered

SUBPROTOCOL: Final = "frontline.phone"  # offered beside the pass, for a browser can add no header to an upgrade
PASS_S: Final = 60.0
KEY_S: Final = 6 * 3_600.0
KEPT: Final = 500  # calls
MOST_NEWS: Final = 100  # texts and the like that a page has not fetched

After = Literal["stream", "dial", "offer"]
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Placed:
    """A call from a browser. ``by`` has placed it, and nobody else learns of it."""

    call_sid: str
    by: str
    caller: str
    called: str
    wish: Wish
    news: asyncio.Queue[dict[str, object]] = field(default_factory=lambda: asyncio.Queue(MOST_NEWS), compare=False)

    async def send(self, to: str, body: str) -> None:
        """A text to the caller, which stays on the page."""
        with suppress(asyncio.QueueFull):
            self.news.put_nowait({"kind": "text", "to": to, "body": body})


@dataclass(frozen=True, slots=True)
class BrowserLock:
    """What a browser's stream is let in by, where Twilio's has its signature."""

    good: bool
    subprotocol: str | None = SUBPROTOCOL

    def stream(self, path: str, headers: Mapping[str, str]) -> bool:
        """Whether the upgrade brought a pass that was not used."""
        return self.good

    def stream_url(self, path: str) -> str:
        """Where the stream wants to go, for the log."""
        return path


class Exchange:
    """Places and leads the calls of browsers. ``shop``, once there, has the drafts and versions that may be tried."""

    def __init__(self, desk: Desk, answers: TriedLines, doors: Doors, wall: Callable[[], float] = time.time) -> None:
        self.shop: Workshop | None = None
        self._desk, self._answers, self._doors, self._wall = desk, answers, doors, wall
        self._passes = Seals("phone pass", doors.tokens, wall)
        self._keys = Seals("phone key", doors.tokens, wall)
        self._calls: OrderedDict[str, Placed] = OrderedDict()

    # ---- asked by the page

    async def place(self, wish: Wish, by: str, call_sid: str = "") -> tuple[Placed, Step]:
        """Ring, as a phone would; what Twilio would be told to do. Raises Unwanted."""
        call_sid = call_sid or sid("CA")
        published = await granted(wish, self._answers.lines, self.shop, call_sid)
        call = Placed(call_sid, by, wish.caller or caller_of(by), called(published.line), wish)
        self._answers.lend(call_sid, published)
        self._keep(call)
        ring = Ring(call_sid, REHEARSAL_ACCOUNT, call.caller, call.called)
        log.info("call from a browser", call_sid=call_sid, line=wish.line, version=wish.version)
        return call, offered(ring, await self._desk.ring(ring))

    async def next(self, call: Placed, after: After, told: str) -> Step:
        """What comes when a stream, a dialled representative or an offer is over; ``told`` is how it ended."""
        if after == "stream":
            return await self._desk.after_stream(call.call_sid)
        if after == "dial":
            return await self._desk.after_dial(call.call_sid, told)
        return await self._desk.after_offer(Contact(call.call_sid, call.caller, call.called), told)

    def over(self, call: Placed) -> None:
        """The page has hung up."""
        self._desk.call_status(call.call_sid, "completed")

    def key(self, call: Placed) -> str:
        """What the page shows of its call from now on, to whichever process."""
        about = {"call": call.call_sid, "by": call.by, "caller": call.caller, "called": call.called}
        return self._keys.seal(about | _fields(call.wish), KEY_S)

    def of_key(self, key: str, call_sid: str, by: str) -> Placed:
        """The call of somebody who has placed it. Raises Unwanted."""
        told = self._keys.open(key)
        if told is None or told["call"] != call_sid or told["by"] != by:
            raise Unwanted("This is not a call of yours, or it is long over.", 403)
        return self._keep(_placed(told))

    def joining(self, call: Placed, *, again: bool) -> dict[str, object]:
        """What the page opens the stream with: the TwiML's parameters, and a pass for the upgrade."""
        token = self._doors.stream_tokens.mint(call.call_sid, call.caller, call.called, self._wall())
        about = {"call": call.call_sid, "by": call.by, "caller": call.caller, "called": call.called}
        return {
            "account_sid": REHEARSAL_ACCOUNT,
            "stream_sid": sid("MZ"),
            "parameters": {TOKEN_PARAMETER: token} | ({AGAIN_PARAMETER: "yes"} if again else {}),
            "protocols": [SUBPROTOCOL, self._passes.seal(about | _fields(call.wish), PASS_S)],
        }

    # ---- asked by who takes streams in

    async def let_in(self, ws: WebSocket) -> tuple[Placed | None, BrowserLock | None]:
        """Whose call it is that a browser opens a stream for, and its lock; no lock for what is no browser's."""
        offers = ws.scope["subprotocols"]
        if SUBPROTOCOL not in offers:
            return None, None
        told = next((told for word in offers if (told := self._passes.use(word)) is not None), None)
        if told is None or not self._at_home(ws):
            return None, BrowserLock(False)
        call = self._keep(_placed(told))
        if not self._answers.lent(call.call_sid):  # rung at another process
            try:
                published = await granted(call.wish, self._answers.lines, self.shop, call.call_sid)
            except Unwanted as problem:
                log.warning("browser's call refused", call_sid=call.call_sid, problem=str(problem))
                return None, BrowserLock(False)
            self._answers.lend(call.call_sid, published)
        return call, BrowserLock(True)

    def furnish(self, house: House, call_sid: str) -> House:
        """The house as a call finds it: for a browser's there is no Twilio to ask for anything."""
        call = self._calls.get(call_sid)
        return house if call is None else replace(house, control=None, texts=lambda _: call)

    def _at_home(self, ws: WebSocket) -> bool:
        """The page that opens the stream is one of ours."""
        origin = urlsplit(ws.headers.get("origin", ""))
        return bool(origin.netloc) and origin.netloc in (
            ws.headers.get("host"),
            urlsplit(self._doors.public_url).netloc,
        )

    def _keep(self, call: Placed) -> Placed:
        known = self._calls.setdefault(call.call_sid, call)
        while len(self._calls) > KEPT:
            self._calls.popitem(last=False)
        return known


def _fields(wish: Wish) -> dict[str, str]:
    """The wish as fields of a seal."""
    return {"line": wish.line, "version": wish.version, "language": wish.language, "record": wish.record}


def _placed(told: Fields) -> Placed:
    wish = Wish(told["line"], told["version"], told["language"], told["caller"], told.get("record", ""))
    return Placed(told["call"], told["by"], told["caller"], told["called"], wish)
