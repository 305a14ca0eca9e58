"""What Twilio's webhooks are told: take the call, decline it, what comes after a stream, and what a text gets back."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Literal, Protocol

import structlog

from app.admission import REJECTED, Admission
from app.bridge import Bridge
from app.call.commands import HandOff, HangUp, TakeMessage
from app.call.events import CallerHungUp, HandoffAnswered, HandoffFailed, PhotoReceived, TextReceived
from app.call.image import Image
from app.call.memory import State
from app.elsewhere import Elsewhere, Standing
from app.lines.published import Published
from app.prompts.line import hands_off_now
from app.prompts.lines import Line, open_now
from app.store.messages import Message
from app.switchboard import APOLOGY, Switchboard
from app.telemetry.logs import bind_call
from app.twilio.callers import hidden
from app.twilio.texts import PhotoShelf, TextDesk, TextIn, Words
from app.twilio.twiml import DIAL_S, Sentence
from app.twilio.webhooks import (
    Answer,
    CallbackStep,
    Contact,
    Declined,
    DialStep,
    HangUpStep,
    Recorded,
    RejectStep,
    Ring,
    Step,
    StreamStep,
    VoicemailStep,
)

log = structlog.get_logger(__name__)

PASSED_ON_KEPT = 2_000  # calls that were passed on without an assistant
ANSWERED = frozenset({"completed", "answered"})
OVER = frozenset({"completed", "busy", "no-answer", "canceled", "failed"})
STREAMING = (State.CONNECTING, State.TALKING, State.RENEWING)
ENGLISH = "en-US"
FALLBACK = {
    "apology": APOLOGY,
    "busy": "All our lines are busy right now. Please call again in a few minutes.",
    "busy_callback": "All our lines are busy right now. If you would like us to call you back, press 1.",
    "too_many_calls": "You have called us many times in the last hour. Please call again later. Goodbye.",
    "hidden_number": "We cannot take calls from hidden numbers. Please call again and show your number. Goodbye.",
    "handing_off": "I am connecting you with a colleague now.",
    "closed": "We are closed right now. Please call again during our opening hours.",
    "unknown_number": "This number is not in service. Please check it and call again.",
    "callback_thanks": "Thank you. We will call you back as soon as we can. Goodbye.",
    "voicemail_thanks": "Thank you for your message. We will get back to you. Goodbye.",
}
WISHES_CALLBACK = "1"
# What callers hear who are not taken for what they do; everybody else gets the line's busy route.
SAID = {"caller_hourly": "too_many_calls", "hidden": "hidden_number", "caller_limit": "busy"}


class Lines(Protocol):
    """The lines as they are live."""

    def all(self) -> Mapping[str, Line]: ...

    def answering(self, called: str, call_sid: str) -> Published | None:
        """What answers a number; one call is always answered by the same."""


class LookUps(Protocol):
    """Who looks callers up while the phone rings."""

    def begin(self, published: Published, call_sid: str, caller: str) -> None: ...


class Messages(Protocol):
    """Who keeps what callers leave."""

    def keep(self, message: Message) -> None: ...


Shed = Callable[[Ring, Line, str], None]


class Desk:
    """Decides by the lines and by the calls going on."""

    def __init__(
        self,
        lines: Lines,
        switchboard: Switchboard,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
        *,
        photos: PhotoShelf | None = None,
        admission: Admission | None = None,
        messages: Messages | None = None,
        shed: Shed | None = None,
        elsewhere: Elsewhere | None = None,
        lasted: Callable[[str, str, int], None] | None = None,
    ) -> None:
        """``shed`` is told of calls not taken for want of room, and why; ``lasted`` how long a call's legs were."""
        self._lasted = lasted
        self._elsewhere = elsewhere
        self.look_ups: LookUps | None = None
        self._admission = admission or Admission(switchboard)
        self._messages = messages
        self._shed = shed
        self._lines = lines
        self._switchboard = switchboard
        self._wall = wall
        self._passed_on: OrderedDict[str, Step] = OrderedDict()  # what is done when nobody takes the call
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
        refusal = self._admission.refusal(ring.call_sid, ring.caller)
        if refusal is not None:
            return self._refused(line, ring, refusal)
        if self.look_ups is not None:
            self.look_ups.begin(published, ring.call_sid, ring.caller)
        return Answer(*self._without_us(line))

    def _refused(self, line: Line, ring: Ring, refusal: str) -> Declined:
        """Not taken: rejected, told why, or led on by the line's wish for times when all lines are busy."""
        if refusal in REJECTED:
            return Declined(self._sentence(line, "busy"), refusal, RejectStep())
        if refusal in SAID:
            return Declined(self._sentence(line, SAID[refusal]), refusal)
        if self._shed is not None:
            self._shed(ring, line, refusal)
        # Who would press a key, or come back from a dial, might find this process gone.
        instead = None if refusal == "draining" else self._busy(line, ring)
        return Declined(self._sentence(line, "busy"), refusal, instead)

    def _busy(self, line: Line, ring: Ring) -> Step | None:
        """None where the sentence is all."""
        number = self._representative(line)
        if line.busy == "hand_off" and number is not None:
            self._remember(ring.call_sid, self._offer(line, ring.caller) or HangUpStep(self._sentence(line, "busy")))
            return DialStep(number, None, DIAL_S, self._sentence(line, "handing_off"))
        return self._offer(line, ring.caller) if line.busy == "callback" else None

    def _offer(self, line: Line, caller: str) -> CallbackStep | None:
        """To call back, those who can be."""
        offers = self._messages is not None and not hidden(caller)
        return CallbackStep(self._sentence(line, "busy_callback")) if offers else None

    def _representative(self, line: Line) -> str | None:
        return line.handoff_number if hands_off_now(line, self._wall()) else None

    def _remember(self, call_sid: str, step: Step) -> None:
        self._passed_on[call_sid] = step
        while len(self._passed_on) > PASSED_ON_KEPT:
            self._passed_on.popitem(last=False)

    def _closed(self, line: Line, call_sid: str) -> Declined | DialStep:
        """Outside its hours: to the line's representative if it wants that and one is there, else a sentence."""
        if line.closed == "hand_off" and line.handoff_number and hands_off_now(line, self._wall()):
            self._remember(call_sid, HangUpStep(self._sentence(line, "closed")))
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
        left = self._switchboard.left(call_sid)
        if left is not None:
            return self._left_for(left)
        await self._see_who_has(call_sid)
        if self._switchboard.find(call_sid) is not None:
            return self._stream_again(call_sid)
        if self._switchboard.knows(call_sid) and not await self._is_gone(call_sid):
            return HangUpStep(None)  # it ended here
        elsewhere = await self._after_stream_elsewhere(call_sid)
        return elsewhere or HangUpStep(self._sentence(None, "apology"))

    def _left_for(self, left: HandOff | HangUp | TakeMessage) -> Step:
        if isinstance(left, HandOff):
            return DialStep(left.number, None, DIAL_S, Sentence(left.say, left.language) if left.say else None)
        if isinstance(left, TakeMessage):
            return self._take_message(left)
        return HangUpStep(Sentence(left.apology, left.language) if left.apology is not None else None)

    async def _see_who_has(self, call_sid: str) -> None:
        """A call that waits here for its caller may have gone on in another process meanwhile."""
        bridge = self._switchboard.find(call_sid)
        if bridge is not None and bridge.call.state is State.AWAY and await self._is_gone(call_sid):
            self._switchboard.let_go(call_sid)

    async def _is_gone(self, call_sid: str) -> bool:
        return self._elsewhere is not None and await self._elsewhere.is_gone(call_sid)

    async def _after_stream_elsewhere(self, call_sid: str) -> Step | None:
        """What comes next for a call that another process has or had; None where nothing is known."""
        standing = None if self._elsewhere is None else await self._elsewhere.standing(call_sid)
        if standing is None:
            return None
        if standing.leaving is not None:
            return self._left_for(standing.leaving)
        if standing.ended:
            return HangUpStep(None)
        return self._stream_to(standing, call_sid)

    def _stream_to(self, standing: Standing, call_sid: str) -> StreamStep:
        log.warning("call comes here", next="the process that had it is dead, drains, or was not the one asked")
        return self._stream(standing, call_sid)

    def _take_message(self, left: TakeMessage) -> Step:
        said = Sentence(left.say, left.language)
        if left.kind == "callback":
            return CallbackStep(said)
        return VoicemailStep(said, self._sentence(None, "apology", left.language))

    def _stream_again(self, call_sid: str) -> Step:
        """The call did not leave its stream, so that broke; we may not have noticed yet."""
        bridge = self._switchboard.find(call_sid)
        if bridge is not None and bridge.call.state in STREAMING:
            self._switchboard.tell(call_sid, CallerHungUp(clean=False))
        if bridge is None or not bridge.call.stream_lost or bridge.call.ended:
            return HangUpStep(None)
        log.warning("stream lost", next="the caller is streamed again")
        return self._stream(bridge, call_sid)

    def _stream(self, call: Bridge | Standing, call_sid: str) -> StreamStep:
        published = self._lines.answering(call.called, call_sid)
        line = published.line if published is not None else None
        sentence, number = self._without_us(line)
        return StreamStep(sentence, call.caller, call.called, number)

    def _without_us(self, line: Line | None) -> tuple[Sentence, str | None]:
        """What is said, and who is dialled, when nobody of us answers after the stream."""
        number = self._representative(line) if line is not None else None
        return self._sentence(line, "handing_off" if number else "apology"), number

    async def after_dial(self, call_sid: str, dial_status: str) -> Step:
        """The representative answered and is done, or nobody did: then the assistant takes the call back.

        A call that was passed on because the line is closed has no assistant: it is told so.
        """
        bind_call(call_sid)
        await self._see_who_has(call_sid)
        bridge = self._switchboard.find(call_sid)
        if bridge is None:
            return await self._after_dial_elsewhere(call_sid, dial_status)
        if dial_status in ANSWERED:
            self._switchboard.tell(call_sid, HandoffAnswered())
            return HangUpStep(None)
        log.info("handoff not answered", dial_status=dial_status)
        self._switchboard.tell(call_sid, HandoffFailed(dial_status))
        return self._stream(bridge, call_sid)

    async def after_offer(self, contact: Contact, digits: str) -> Step:
        """A caller who wants to be called back is on the list; whoever pressed something else is told to call again."""
        line = self._line_of(contact)
        if digits != WISHES_CALLBACK:
            return HangUpStep(self._sentence(line, "busy", self._language_of(contact)))
        self._keep(self._message(contact, "callback"))
        return HangUpStep(self._sentence(line, "callback_thanks", self._language_of(contact)))

    async def after_message(self, contact: Contact, recorded: Recorded) -> Step:
        """The caller is done speaking."""
        self.recording(contact, recorded)
        return HangUpStep(self._sentence(self._line_of(contact), "voicemail_thanks", self._language_of(contact)))

    def recording(self, contact: Contact, recorded: Recorded) -> None:
        """Keep a message; told twice it is kept once."""
        bind_call(contact.call_sid)
        self._keep(
            replace(
                self._message(contact, "voicemail"),
                recording_sid=recorded.sid,
                recording_url=recorded.url,
                duration_s=recorded.duration_s,
                words="wanted",
            )
        )

    def _message(self, contact: Contact, kind: Literal["voicemail", "callback"]) -> Message:
        line = self._line_of(contact)
        language = self._language_of(contact) or (line.languages[0] if line is not None else "")
        name = line.name if line is not None else ""
        return Message(contact.call_sid, kind, name, contact.caller, contact.called, self._wall(), language)

    def _keep(self, message: Message) -> None:
        if self._messages is not None:
            self._messages.keep(message)

    def _line_of(self, contact: Contact) -> Line | None:
        """A recording's callback does not say who was called."""
        published = self._lines.answering(contact.called, contact.call_sid) if contact.called else None
        return published.line if published is not None else None

    def _language_of(self, contact: Contact) -> str:
        """What the caller was spoken to in; empty where no call was led."""
        left = self._switchboard.left(contact.call_sid)
        return left.language if isinstance(left, TakeMessage) else ""

    async def _after_dial_elsewhere(self, call_sid: str, dial_status: str) -> Step:
        instead = self._passed_on.pop(call_sid, None)
        if dial_status in ANSWERED or instead is not None or self._elsewhere is None:
            return HangUpStep(None) if dial_status in ANSWERED else instead or HangUpStep(None)
        standing = await self._elsewhere.standing(call_sid)
        if standing is None or standing.ended:
            return HangUpStep(self._sentence(None, "apology") if standing is not None else None)
        log.info("handoff not answered", dial_status=dial_status)
        return self._stream_to(standing, call_sid)

    def lasted(self, call_sid: str, leg: str, seconds: int) -> None:
        """Twilio's word on what it will bill."""
        if self._lasted is not None:
            self._lasted(call_sid, leg, seconds)

    def call_status(self, call_sid: str, status: str) -> None:
        """The phone call is over by Twilio's word, whatever the stream says."""
        if status in OVER:
            self._switchboard.rang_off(call_sid)
            self._switchboard.tell(call_sid, CallerHungUp(call_over=True))

    def stream_status(self, call_sid: str, event: str, error: str) -> None:
        """Where Twilio tells of a stream's failure; the call itself learns it from the socket."""
        bind_call(call_sid)
        if event == "stream-error":
            log.error("stream failed at Twilio", error=error, next="look the code up: twilio.com/docs/api/errors")

    def _sentence(self, line: Line | None, name: str, written_in: str = "") -> Sentence:
        """A phrase of the line, ``written_in`` that language if it has it, else in the one its calls start in."""
        line = line or next(iter(self._lines.all().values()), None)
        if line is None:
            return Sentence(FALLBACK[name], ENGLISH)
        tags = [tag for tag in line.languages if line.phrases_language.get(tag, tag) == written_in]
        language = (*tags, line.languages[0])[0]
        if name not in line.phrases[language]:
            return Sentence(FALLBACK[name], ENGLISH)
        return Sentence(line.phrases[language][name], line.phrases_language.get(language, language))
