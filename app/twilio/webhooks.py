"""The webhooks: Twilio asks what to do with a call, tells what became of it, and brings text messages."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Protocol
from urllib.parse import parse_qsl

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from app.telemetry import metrics
from app.twilio import twiml
from app.twilio.photos import MediaRef
from app.twilio.retries import Retries
from app.twilio.signature import Form, Signatures
from app.twilio.texts import LONGEST_BODY, TextIn
from app.twilio.tokens import StreamTokens
from app.twilio.twiml import Sentence

INCOMING_PATH: Final = "/voice/incoming"
SMS_PATH: Final = "/sms/incoming"
STATUS_PATH: Final = "/voice/status"
LARGEST_BODY: Final = 65_536  # bytes; a voice webhook has about 1,000
MOST_MEDIA: Final = 10  # of a message: https://www.twilio.com/docs/messaging/api/media-resource
MOST_FIELDS: Final = 200
BODY_WITHIN_S: Final = 5.0
ANSWER_WITHIN_S: Final = 10.0  # Twilio gives up after 15: https://www.twilio.com/docs/api/errors/11205

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Ring:
    """A call that wants to be answered. Numbers are E.164, ``anonymous`` or a SIP address."""

    call_sid: str
    account_sid: str
    caller: str
    called: str


@dataclass(frozen=True, slots=True)
class Answer:
    """Take the call; where the stream cannot be had ``apology`` is spoken, then ``number`` (E.164) is dialled."""

    apology: Sentence
    number: str | None = None


@dataclass(frozen=True, slots=True)
class Declined:
    """Do not take it: the caller hears ``sentence``, or what ``step`` says is done instead.

    ``reason`` is one of few words, for the metrics.
    """

    sentence: Sentence
    reason: str
    step: "Step | None" = None


@dataclass(frozen=True, slots=True)
class HangUpStep:
    """End the call, after a sentence if there is one."""

    say: Sentence | None


@dataclass(frozen=True, slots=True)
class DialStep:
    """Put the caller through to ``number`` (E.164)."""

    number: str
    caller_id: str | None
    timeout_s: int
    say: Sentence | None


@dataclass(frozen=True, slots=True)
class StreamStep:
    """Stream the call to us again; ``apology`` and ``number`` as in Answer."""

    apology: Sentence
    caller: str
    called: str
    number: str | None = None


@dataclass(frozen=True, slots=True)
class RejectStep:
    """Leave the call unanswered."""


@dataclass(frozen=True, slots=True)
class CallbackStep:
    """Offer to call back, for a key."""

    offer: Sentence


@dataclass(frozen=True, slots=True)
class VoicemailStep:
    """Record a message; ``nothing`` is heard where none was spoken."""

    prompt: Sentence
    nothing: Sentence


Step = HangUpStep | DialStep | StreamStep | RejectStep | CallbackStep | VoicemailStep


@dataclass(frozen=True, slots=True)
class Contact:
    """Whose call it is that a message or a wish belongs to."""

    call_sid: str
    caller: str
    called: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """A message as Twilio has it."""

    sid: str
    url: str
    duration_s: int


class Desk(Protocol):
    """Who decides about calls. An unknown CallSid is answered like any other, never raised."""

    async def ring(self, ring: Ring) -> Answer | Declined | DialStep:
        """May be asked twice for one CallSid, when Twilio tries again."""

    async def after_stream(self, call_sid: str) -> Step: ...

    async def after_dial(self, call_sid: str, dial_status: str) -> Step: ...

    async def after_offer(self, contact: Contact, digits: str) -> Step:
        """A key was pressed into the offer to call back."""

    async def after_message(self, contact: Contact, recorded: Recorded) -> Step:
        """The caller has left a message; may come after ``recording``, or never."""

    def recording(self, contact: Contact, recorded: Recorded) -> None:
        """A message's recording can be had; may come twice."""

    def lasted(self, call_sid: str, leg: str, seconds: int) -> None:
        """How long a leg of the call was: ``inbound``, ``handoff`` or ``recording``; may come twice."""

    def call_status(self, call_sid: str, status: str) -> None: ...

    def stream_status(self, call_sid: str, event: str, error: str) -> None: ...

    async def text(self, text: TextIn) -> str | None:
        """A text message to one of our numbers; what to text back, if anything."""


def routes(
    desk: Desk,
    signatures: Signatures,
    tokens: StreamTokens,
    public_url: str,
    *,
    wall: Callable[[], float] = time.time,
) -> list[Route]:
    """The nine routes. A router with slash redirects would turn Twilio's POST into a GET without its form."""
    webhooks = _Webhooks(desk, tokens, public_url.rstrip("/"), wall, Retries())
    endpoints: dict[str, _Endpoint] = {
        INCOMING_PATH: webhooks.incoming,
        twiml.AFTER_STREAM_PATH: webhooks.after_stream,
        twiml.AFTER_DIAL_PATH: webhooks.after_dial,
        twiml.CALLBACK_PATH: webhooks.after_offer,
        twiml.MESSAGE_PATH: webhooks.after_message,
        twiml.RECORDING_PATH: webhooks.recording,
        STATUS_PATH: webhooks.status,
        twiml.STREAM_STATUS_PATH: webhooks.stream_status,
        SMS_PATH: webhooks.text,
    }
    return [Route(path, _signed(endpoint, signatures), methods=["POST"]) for path, endpoint in endpoints.items()]


_Endpoint = Callable[[Form], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class _Webhooks:
    """The endpoints behind the signature, each from a form to a response."""

    desk: Desk
    tokens: StreamTokens
    public_url: str
    wall: Callable[[], float]
    texts: Retries

    async def incoming(self, form: Form) -> Response:
        ring = Ring(
            _field(form, "CallSid"),
            _field(form, "AccountSid"),
            form.get("From") or "anonymous",
            _field(form, "To"),
        )
        return self._carry_out(ring.call_sid, offered(ring, await self.desk.ring(ring)), again=False)

    async def after_stream(self, form: Form) -> Response:
        call_sid = _field(form, "CallSid")
        return self._carry_out(call_sid, await self.desk.after_stream(call_sid))

    async def after_dial(self, form: Form) -> Response:
        call_sid, dial_status = _field(form, "CallSid"), _field(form, "DialCallStatus")
        self._note_length(form, "handoff", "DialCallDuration")
        return self._carry_out(call_sid, await self.desk.after_dial(call_sid, dial_status))

    async def after_offer(self, form: Form) -> Response:
        contact = _contact(form)
        return self._carry_out(contact.call_sid, await self.desk.after_offer(contact, form.get("Digits", "")))

    async def after_message(self, form: Form) -> Response:
        contact = _contact(form)
        return self._carry_out(contact.call_sid, await self.desk.after_message(contact, _recorded(form)))

    async def recording(self, form: Form) -> Response:
        if form.get("RecordingStatus", "completed") == "completed":
            self.desk.recording(_contact(form), _recorded(form))
            self._note_length(form, "recording", "RecordingDuration")
        return Response(status_code=204)

    async def status(self, form: Form) -> Response:
        self.desk.call_status(_field(form, "CallSid"), _field(form, "CallStatus"))
        self._note_length(form, "inbound", "CallDuration")
        return Response(status_code=204)

    def _note_length(self, form: Form, leg: str, field: str) -> None:
        seconds = form.get(field, "")
        if seconds.isdigit() and int(seconds):
            self.desk.lasted(_field(form, "CallSid"), leg, int(seconds))

    async def stream_status(self, form: Form) -> Response:
        call_sid, event, error = _field(form, "CallSid"), _field(form, "StreamEvent"), form.get("StreamError", "")
        self.desk.stream_status(call_sid, event, error)
        return Response(status_code=204)

    async def text(self, form: Form) -> Response:
        text = _text(form)
        return _xml(twiml.text_back(await self.texts.once(text.message_sid, lambda: self.desk.text(text))))

    def _carry_out(self, call_sid: str, step: Step, *, again: bool = True) -> Response:
        log.info("next step", call_sid=call_sid, step=type(step).__name__)
        match step:
            case HangUpStep(say):
                return _xml(twiml.hang_up(say))
            case DialStep(number, caller_id, timeout_s, say):
                action = self.public_url + twiml.AFTER_DIAL_PATH
                return _xml(twiml.dial(number, caller_id, timeout_s, action, say))
            case StreamStep():
                return _xml(self._stream(call_sid, step, again=again))
            case RejectStep():
                return _xml(twiml.reject())
            case CallbackStep(offer):
                return _xml(twiml.offer_callback(self.public_url, offer))
            case VoicemailStep(prompt, nothing):
                return _xml(twiml.take_message(self.public_url, prompt, nothing))

    def _stream(self, call_sid: str, step: StreamStep, *, again: bool) -> str:
        token = self.tokens.mint(call_sid, step.caller, step.called, self.wall())
        return twiml.connect_stream(self.public_url, token, step.apology, step.number, again=again)


def offered(ring: Ring, answer: Answer | Declined | DialStep) -> Step:
    """What is done with a call that rang; how it was answered is counted."""
    if isinstance(answer, Declined):
        metrics.calls_offered.labels(answer.reason).inc()
        log.info("call declined", call_sid=ring.call_sid, reason=answer.reason)
        return answer.step or HangUpStep(answer.sentence)
    if isinstance(answer, DialStep):
        metrics.calls_offered.labels("passed_on").inc()
        return answer
    metrics.calls_offered.labels("answered").inc()
    log.info("call answered", call_sid=ring.call_sid)
    return StreamStep(answer.apology, ring.caller, ring.called, answer.number)


def _signed(endpoint: _Endpoint, signatures: Signatures) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint behind its lock: body limits, then the signature, then time limits."""

    async def answer(request: Request) -> Response:
        form = _form(await _body(request))
        path = _path_and_query(request)
        if not signatures.webhook(path, form, request.headers):
            return _forbidden(signatures.webhook_url(path), bool(request.headers.get("X-Twilio-Signature")))
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                return await endpoint(form)
        except TimeoutError:
            log.error("webhook not answered in time", path=request.url.path)
            return PlainTextResponse("Not answered in time.\n", 503)

    return answer


def _forbidden(url: str, signed: bool) -> Response:
    metrics.refused.labels("webhook_signature").inc()
    log.warning(
        "webhook refused",
        reason="signature does not match" if signed else "no signature",
        checked_url=url,
        hint="PUBLIC_URL must be the address Twilio calls, the auth token that of the account (or region) calling",
    )
    return PlainTextResponse("The request's signature is missing or wrong.\n", 403)


async def _body(request: Request) -> bytes:
    """The whole body, if it is of a webhook's size and comes in time."""
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_WITHIN_S):
            async for part in request.stream():
                body += part
                if len(body) > LARGEST_BODY:
                    raise _refused("body_too_large", 413)
    except (TimeoutError, ClientDisconnect):
        raise _refused("body_too_slow", 408) from None
    return bytes(body)


def _form(body: bytes) -> Form:
    try:
        return Form(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError:
        raise _refused("body_unreadable", 400) from None


def _refused(reason: str, status: int) -> HTTPException:
    metrics.refused.labels(reason).inc()
    log.warning("webhook refused", reason=reason)
    return HTTPException(status, reason.replace("_", " "))


def _text(form: Form) -> TextIn:
    return TextIn(
        _field(form, "MessageSid"),
        _field(form, "From"),
        _field(form, "To"),
        form.get("Body", "")[:LONGEST_BODY],
        tuple(
            MediaRef(form[f"MediaUrl{number}"], form.get(f"MediaContentType{number}", ""))
            for number in range(MOST_MEDIA)
            if f"MediaUrl{number}" in form
        ),
    )


def _contact(form: Form) -> Contact:
    """A recording's callback has no numbers: the desk knows the call's, or does without."""
    return Contact(_field(form, "CallSid"), form.get("From", ""), form.get("To", ""))


def _recorded(form: Form) -> Recorded:
    url = _field(form, "RecordingUrl")
    seconds = form.get("RecordingDuration", "")
    return Recorded(form.get("RecordingSid") or url.rpartition("/")[2], url, int(seconds) if seconds.isdigit() else 0)


def _field(form: Form, name: str) -> str:
    value = form.get(name)
    if not value:
        raise HTTPException(400, f"{name} is missing: this address is for Twilio's webhooks.")
    return value


def _path_and_query(request: Request) -> str:
    """Path and query as they stood in the request, escapes untouched: that is what was signed."""
    raw: bytes = request.scope.get("raw_path") or request.url.path.encode()
    query: bytes = request.scope["query_string"]
    return (raw.partition(b"?")[0] + (b"?" + query if query else b"")).decode("latin-1")


def _xml(document: str) -> Response:
    return Response(document, media_type="text/xml")
