"""What Twilio's webhooks are told: take the call, decline it, and what comes after a stream."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import structlog

from app.bridge import Bridge
from app.call.commands import HandOff, HangUp
from app.call.events import CallerHungUp, HandoffAnswered, HandoffFailed
from app.call.memory import State
from app.prompts.lines import Line, line_for, open_now
from app.switchboard import APOLOGY, Switchboard
from app.telemetry.logs import bind_call
from app.twilio.twiml import Sentence
from app.twilio.webhooks import Answer, Declined, DialStep, HangUpStep, Ring, Step, StreamStep

log = structlog.get_logger(__name__)

DIAL_S = 20
ANSWERED = frozenset({"completed", "answered"})
OVER = frozenset({"completed", "busy", "no-answer", "canceled", "failed"})
STREAMING = (State.CONNECTING, State.TALKING, State.RENEWING)
FALLBACK = {
    "apology": APOLOGY,
    "busy": "All our lines are busy right now. Please call again in a few minutes.",
    "closed": "We are closed right now. Please call again during our opening hours.",
    "unknown_number": "This number is not in service. Please check it and call again.",
}


class Desk:
    """Decides by the lines and by the calls going on."""

    def __init__(
        self,
        lines: Mapping[str, Line],
        switchboard: Switchboard,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._lines = lines
        self._switchboard = switchboard
        self._wall = wall

    async def ring(self, ring: Ring) -> Answer | Declined:
        """Take a ringing call, or say why not."""
        bind_call(ring.call_sid)
        line = line_for(self._lines, ring.called)
        if line is None:
            log.warning("no line for the number called", next="add it to numbers in a prompts/<line>/line.toml")
            return Declined(self._sentence(None, "unknown_number"), "unknown_number")
        if line.closed == "say" and not open_now(line, self._wall()):
            return Declined(self._sentence(line, "closed"), "closed")
        refusal = self._switchboard.refusal(ring.call_sid, ring.caller)
        if refusal is not None:
            return Declined(self._sentence(line, "busy"), refusal)
        return Answer(self._sentence(line, "apology"))

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
        line = line_for(self._lines, bridge.called)
        return StreamStep(self._sentence(line, "apology"), bridge.caller, bridge.called)

    async def after_dial(self, call_sid: str, dial_status: str) -> Step:
        """The representative answered and is done, or nobody did: then the assistant takes the call back."""
        bind_call(call_sid)
        bridge = self._switchboard.find(call_sid)
        if bridge is None:
            return HangUpStep(None)
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
        line = line or next(iter(self._lines.values()), None)
        if line is None:
            return Sentence(FALLBACK[name], "en-US")
        language = line.languages[0]
        return Sentence(line.phrases[language].get(name, FALLBACK[name]), language)
