"""What Twilio's webhooks are told: take the call, decline it, what comes after a stream, and what a text gets back."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Protocol

import structlog

from app.bridge import Bridge
from app.call.commands import HandOff, HangUp
from app.call.events import CallerHungUp, HandoffAnswered, HandoffFailed, PhotoReceived, TextReceived
from app.call.image import Image
from app.call.memory import State
from app.lines.published import Published
from app.prompts.line import hands_off_now
from app.prompts.lines import Line, open_now
from app.switchboard import APOLOGY, Switchboard
from app.telemetry.logs import bind_call
from app.twilio.texts import PhotoShelf, TextDesk, TextIn, Words
from app.twilio.twiml import Sentence
from app.twilio.webhooks import Answer, Declined, DialStep, HangUpStep, Ring, Step, StreamStep

log = structlog.get_logger(__name__)

DIAL_S = 20
PASSED_ON_KEPT = 2_000  # calls that were passed on because the line is closed
ANSWERED = frozenset({"completed", "answered"})
OVER = frozenset({"completed", "busy", "no-answer", "canceled", "failed"})
STREAMING = (State.CONNECTING, State.TALKING, State.RENEWING)
FALLBACK = {
    "apology": APOLOGY,
    "busy": "All our lines are busy right now. Please call again in a few minutes.",
    "handing_off": "I am connecting you with a colleague now.",
    "closed": "We are closed right now. Please call again during our opening hours.",
    "unknown_number": "This number is not in service. Please check it and call again.",
}


class Lines(Protocol):
    """The lines as they are live."""

    def all(self) -> Mapping[str, Line]: ...

    def answering(self, called: str, call_sid: str) -> Published | None:
        """What answers a number; one call is always answered by the same."""


class LookUps(Protocol):
    """Who looks callers up while the phone rings."""

    def begin(self, published: Published, call_sid: str, caller: str) -> None: ...


class Desk:
    """Decides by the lines and by the calls going on."""

    def __init__(
        self,
        lines: Lines,
        switchboard: Switchboard,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
        *,
        photos: PhotoShelf | None = None,
    ) -> None:
        self.look_ups: LookUps | None = None
        self._lines = lines
        self._switchboard = switchboard
        self._wall = wall
        self._passed_on: OrderedDict[str, Sentence] = OrderedDict()  # what is said when nobody takes the call
        self._texts = TextDesk(switchboard.calls_of, self._hand_in, photos, words=self._words)

    async def ring(self, ring: Ring) -> Answer | Declined | DialStep:
        """Take a ringing call, pass it on, or say why not."""
        bind_call(ring.call_sid)
        published = self._lines.answering(ring.called, ring.call_sid)
        if published is None:
            log.warning("no line for the number called", next="add it to numbers in a prompts/<line>/line.toml")
            return Declined(self._sentence(None, "unknown_number"), "unknown_number")
        line = published.line
        if line.closed != "answer" and not open_now(line, self._wall()):
            return self._closed(line, ring.call_sid)
        refusal = self._switchboard.refusal(ring.call_sid, ring.caller)
        if refusal is not None:
            return Declined(self._sentence(line, "busy"), refusal)
        if self.look_ups is not None:
            self.look_ups.begin(published, ring.call_sid, ring.caller)
        return Answer(self._sentence(line, "apology"))

    def _closed(self, line: Line, call_sid: str) -> Declined | DialStep:
        """Outside its hours: to the line's representative if it wants that and one is there, else a sentence."""
        if line.closed == "hand_off" and line.handoff_number and hands_off_now(line, self._wall()):
            self._passed_on[call_sid] = self._sentence(line, "closed")
            while len(self._passed_on) > PASSED_ON_KEPT:
                self._passed_on.popitem(last=False)
            return DialStep(line.handoff_number, None, DIAL_S, self._sentence(line, "handing_off"))
        return Declined(self._sentence(line, "closed"), "closed")

    async def text(self, text: TextIn) -> str | None:
        """A text message to one of our numbers: into the sender's call; what to text back, if anything."""
        return await self._texts.text(text)

    def _words(self, called: str) -> Words:
        """What is texted back, in the first language of the line that was texted."""
        published = self._lines.answering(called, "")
        if published is None:
            return Words()
        phrases = published.line.phrases[published.line.languages[0]]
        return Words(**{name: phrases[f"text_{name}"] for name in Words.__slots__ if f"text_{name}" in phrases})

    def _hand_in(self, call_sid: str, body: str, images: tuple[Image, ...]) -> None:
        if not images:
            self._switchboard.tell(call_sid, TextReceived(body))
        for number, image in enumerate(images):
            self._switchboard.tell(call_sid, PhotoReceived(image, "" if number else body))

    async def after_stream(self, call_sid: str) -> Step:
        """The stream is over: hang up, dial the representative the call asked for, or stream again what broke."""
        bind_call(call_sid)
        if not self._switchboard.knows(call_sid):
            return HangUpStep(self._sentence(None, "apology"))
        left = self._switchboard.left(call_sid)
        if isinstance(left, HandOff):
            return DialStep(left.number, None, DIAL_S, Sentence(left.say, left.language) if left.say else None)
        if isinstance(left, HangUp):
            return HangUpStep(Sentence(left.apology, left.language) if left.apology is not None else None)
        return self._stream_again(call_sid)

    def _stream_again(self, call_sid: str) -> Step:
        """The call did not leave its stream, so that broke; we may not have noticed yet."""
        bridge = self._switchboard.find(call_sid)
        if bridge is not None and bridge.call.state in STREAMING:
            self._switchboard.tell(call_sid, CallerHungUp(clean=False))
        if bridge is None or not bridge.call.stream_lost or bridge.call.ended:
            return HangUpStep(None)
        log.warning("stream lost", next="the caller is streamed again")
        return self._stream(bridge)

    def _stream(self, bridge: Bridge) -> StreamStep:
        published = self._lines.answering(bridge.called, bridge.call_sid)
        line = published.line if published is not None else None
        return StreamStep(self._sentence(line, "apology"), bridge.caller, bridge.called)

    async def after_dial(self, call_sid: str, dial_status: str) -> Step:
        """The representative answered and is done, or nobody did: then the assistant takes the call back.

        A call that was passed on because the line is closed has no assistant: it is told so.
        """
        bind_call(call_sid)
        bridge = self._switchboard.find(call_sid)
        if bridge is None:
            closed = self._passed_on.pop(call_sid, None)
            return HangUpStep(None if dial_status in ANSWERED else closed)
        if dial_status in ANSWERED:
            self._switchboard.tell(call_sid, HandoffAnswered())
            return HangUpStep(None)
        log.info("handoff not answered", dial_status=dial_status)
        self._switchboard.tell(call_sid, HandoffFailed(dial_status))
        return self._stream(bridge)

    def call_status(self, call_sid: str, status: str) -> None:
        """The phone call is over by Twilio's word, whatever the stream says."""
        if status in OVER:
            self._switchboard.tell(call_sid, CallerHungUp(call_over=True))

    def stream_status(self, call_sid: str, event: str, error: str) -> None:
        """Where Twilio tells of a stream's failure; the call itself learns it from the socket."""
        bind_call(call_sid)
        if event == "stream-error":
            log.error("stream failed at Twilio", error=error, next="look the code up: twilio.com/docs/api/errors")

    def _sentence(self, line: Line | None, name: str) -> Sentence:
        line = line or next(iter(self._lines.all().values()), None)
        if line is None or name not in line.phrases[line.languages[0]]:
            return Sentence(FALLBACK[name], "en-US")
        language = line.languages[0]
        return Sentence(line.phrases[language][name], line.phrases_language.get(language, language))
