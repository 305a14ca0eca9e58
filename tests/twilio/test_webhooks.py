"""The webhooks, asked over HTTP as Twilio asks."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from xml.etree import ElementTree

import httpx2
import pytest
from prometheus_client import REGISTRY
from starlette.applications import Starlette
from starlette.routing import Router
from structlog.testing import capture_logs
from twilio.request_validator import RequestValidator

from app.twilio import retries, webhooks
from app.twilio.photos import MediaRef
from app.twilio.signature import Signatures
from app.twilio.texts import TextIn
from app.twilio.tokens import StreamTokens, Ticket
from app.twilio.twiml import Sentence
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
    routes,
)

URL = "https://phone.example.com"
TOKEN = "a-token"
CALL = "CA" + "f" * 32
SORRY = Sentence("Sorry.", "en-US")
RINGING = {"CallSid": CALL, "AccountSid": "AC1", "From": "+15550001", "To": "+15550002", "CallStatus": "ringing"}
PATHS = [
    "/voice/incoming",
    "/voice/after-stream",
    "/voice/after-dial",
    "/voice/callback",
    "/voice/message",
    "/voice/recording",
    "/voice/status",
    "/voice/stream-status",
    "/sms/incoming",
]


@dataclass
class Desk:
    """Answers as it is told and remembers what it was asked."""

    answer: Answer | Declined | DialStep = field(default_factory=lambda: Answer(SORRY))
    step: Step = field(default_factory=lambda: HangUpStep(None))
    asked: list[object] = field(default_factory=list)
    never: bool = False
    reply: str | None = None

    async def ring(self, ring: Ring) -> Answer | Declined | DialStep:
        self.asked.append(ring)
        if self.never:
            await asyncio.Event().wait()
        return self.answer

    async def after_stream(self, call_sid: str) -> Step:
        self.asked.append(call_sid)
        return self.step

    async def after_dial(self, call_sid: str, dial_status: str) -> Step:
        self.asked.append((call_sid, dial_status))
        return self.step

    async def after_offer(self, contact: Contact, digits: str) -> Step:
        self.asked.append((contact, digits))
        return self.step

    async def after_message(self, contact: Contact, recorded: Recorded) -> Step:
        self.asked.append((contact, recorded))
        return self.step

    def recording(self, contact: Contact, recorded: Recorded) -> None:
        self.asked.append((contact, recorded))

    def lasted(self, call_sid: str, leg: str, seconds: int) -> None:
        self.asked.append((call_sid, leg, seconds))

    def call_status(self, call_sid: str, status: str) -> None:
        self.asked.append((call_sid, status))

    def stream_status(self, call_sid: str, event: str, error: str) -> None:
        self.asked.append((call_sid, event, error))

    async def text(self, text: TextIn) -> str | None:
        self.asked.append(text)
        if self.never:
            await asyncio.Event().wait()
        return self.reply


@dataclass
class House:
    """The routes with a desk behind them, and a client in front."""

    desk: Desk
    tokens: StreamTokens
    client: httpx2.AsyncClient

    async def post(self, path: str, form: Mapping[str, str], signature: str | None = None) -> httpx2.Response:
        signed = signature or RequestValidator(TOKEN).compute_signature(URL + path, dict(form))
        return await self.client.post(path, data=dict(form), headers={"X-Twilio-Signature": signed})

    def ticket(self, document: str, now: float) -> object:
        parameter = ElementTree.fromstring(document).find("./Connect/Stream/Parameter")
        assert parameter is not None
        return self.tokens.redeem(parameter.attrib["value"], CALL, now)


@asynccontextmanager
async def house(desk: Desk | None = None, signatures: Signatures | None = None) -> AsyncIterator[House]:
    desk, tokens = desk or Desk(), StreamTokens(["secret"])
    router = Router(
        routes(desk, signatures or Signatures([TOKEN], URL), tokens, URL, wall=lambda: 1_000.0), redirect_slashes=False
    )
    app = Starlette()
    app.mount("", router)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://10.0.0.1:8000") as client:
        yield House(desk, tokens, client)


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


async def test_a_call_is_answered_with_a_stream_and_a_token_for_it() -> None:
    before = counted("frontline_calls_offered_total", answer="answered")
    async with house() as at:
        response = await at.post("/voice/incoming", RINGING)
        assert (response.status_code, response.headers["content-type"]) == (200, "text/xml; charset=utf-8")
        assert at.ticket(response.text, 1_001.0) == Ticket(CALL, "+15550001", "+15550002")
        assert at.desk.asked == [Ring(CALL, "AC1", "+15550001", "+15550002")]
    assert counted("frontline_calls_offered_total", answer="answered") == before + 1


async def test_a_call_that_rings_twice_gets_two_good_tokens() -> None:
    async with house() as at:
        documents = [(await at.post("/voice/incoming", RINGING)).text for _ in range(2)]
        assert all(isinstance(at.ticket(document, 1_001.0), Ticket) for document in documents)


async def test_a_call_nobody_takes_hears_a_sentence_not_an_error() -> None:
    before = counted("frontline_calls_offered_total", answer="unknown_number")
    desk = Desk(answer=Declined(Sentence("This number is not in service.", "en-US"), "unknown_number"))
    async with house(desk) as at:
        response = await at.post("/voice/incoming", RINGING)
    assert response.status_code == 200
    assert [verb.tag for verb in ElementTree.fromstring(response.text)] == ["Say", "Hangup"]
    assert counted("frontline_calls_offered_total", answer="unknown_number") == before + 1


@pytest.mark.parametrize(
    ("step", "verbs"),
    [
        (RejectStep(), ["Reject"]),
        (CallbackStep(SORRY), ["Gather", "Gather", "Hangup"]),
        (DialStep("+15550003", None, 20, SORRY), ["Say", "Dial"]),
        (VoicemailStep(SORRY, SORRY), ["Say", "Record", "Say", "Hangup"]),
    ],
)
async def test_a_call_that_is_not_taken_can_be_led_elsewhere_and_counts_by_its_reason(
    step: Step, verbs: list[str]
) -> None:
    before = counted("frontline_calls_offered_total", answer="full")
    async with house(Desk(answer=Declined(SORRY, "full", step))) as at:
        response = await at.post("/voice/incoming", RINGING)
    assert [verb.tag for verb in ElementTree.fromstring(response.text)] == verbs
    assert counted("frontline_calls_offered_total", answer="full") == before + 1


CONTACT = Contact(CALL, "+15550001", "+15550002")
TAPED = {"RecordingUrl": "https://api.twilio.com/2010-04-01/Accounts/AC1/Recordings/RE1", "RecordingDuration": "7"}
RECORDED = Recorded("RE1", TAPED["RecordingUrl"], 7)


async def test_a_key_pressed_into_the_offer_is_told_and_answered() -> None:
    async with house() as at:
        response = await at.post("/voice/callback", {**RINGING, "Digits": "1"})
        assert at.desk.asked == [(CONTACT, "1")]
    assert [verb.tag for verb in ElementTree.fromstring(response.text)] == ["Hangup"]


async def test_how_long_legs_were_is_told_where_twilio_says_it() -> None:
    async with house() as at:
        await at.post("/voice/status", {**RINGING, "CallStatus": "completed", "CallDuration": "61"})
        await at.post("/voice/status", {**RINGING, "CallStatus": "ringing"})
        await at.post("/voice/after-dial", {**RINGING, "DialCallStatus": "completed", "DialCallDuration": "30"})
        await at.post("/voice/after-dial", {**RINGING, "DialCallStatus": "busy", "DialCallDuration": "0"})
        lengths = [asked for asked in at.desk.asked if isinstance(asked, tuple) and len(asked) == 3]
    assert lengths == [(CALL, "inbound", 61), (CALL, "handoff", 30)]


async def test_a_message_is_told_when_the_caller_is_done_and_when_it_can_be_had() -> None:
    async with house() as at:
        done = await at.post("/voice/message", {**RINGING, **TAPED, "Digits": "hangup"})
        told = await at.post("/voice/recording", {"CallSid": CALL, **TAPED, "RecordingSid": "RE1"})
        assert at.desk.asked == [(CONTACT, RECORDED), (Contact(CALL, "", ""), RECORDED), (CALL, "recording", 7)]
        assert (done.status_code, told.status_code) == (200, 204)


async def test_a_recording_that_is_not_complete_is_not_told() -> None:
    async with house() as at:
        form = {"CallSid": CALL, **TAPED, "RecordingStatus": "absent"}
        assert (await at.post("/voice/recording", form)).status_code == 204
        assert at.desk.asked == []


async def test_a_call_can_be_passed_on_before_it_is_answered() -> None:
    before = counted("frontline_calls_offered_total", answer="passed_on")
    async with house(Desk(answer=DialStep("+15550003", None, 20, SORRY))) as at:
        response = await at.post("/voice/incoming", RINGING)
    assert [verb.tag for verb in ElementTree.fromstring(response.text)] == ["Say", "Dial"]
    assert counted("frontline_calls_offered_total", answer="passed_on") == before + 1


async def test_a_caller_without_a_number_is_anonymous() -> None:
    async with house() as at:
        await at.post("/voice/incoming", {**RINGING, "From": ""})
        assert at.desk.asked == [Ring(CALL, "AC1", "anonymous", "+15550002")]


async def test_after_the_stream_the_desk_decides() -> None:
    async with house(Desk(step=HangUpStep(SORRY))) as at:
        response = await at.post("/voice/after-stream", {"CallSid": CALL})
        assert [verb.tag for verb in ElementTree.fromstring(response.text)] == ["Say", "Hangup"]
        assert at.desk.asked == [CALL]


async def test_a_handoff_dials_and_comes_back() -> None:
    async with house(Desk(step=DialStep("+15550003", "+15550002", 25, SORRY))) as at:
        response = await at.post("/voice/after-stream", {"CallSid": CALL})
    dial = ElementTree.fromstring(response.text).find("Dial")
    assert dial is not None
    assert (dial.attrib["action"], dial.attrib["timeout"]) == (f"{URL}/voice/after-dial", "25")


async def test_after_a_dial_nobody_answered_the_call_is_streamed_again() -> None:
    async with house(Desk(step=StreamStep(SORRY, "+15550001", "+15550002"))) as at:
        response = await at.post("/voice/after-dial", {"CallSid": CALL, "DialCallStatus": "no-answer"})
        assert at.ticket(response.text, 1_001.0) == Ticket(CALL, "+15550001", "+15550002")
        assert at.desk.asked == [(CALL, "no-answer")]


async def test_statuses_are_taken_in() -> None:
    async with house() as at:
        status = await at.post("/voice/status", {"CallSid": CALL, "CallStatus": "completed"})
        stream = {"CallSid": CALL, "StreamSid": "MZ1", "StreamEvent": "stream-error", "StreamError": "31903"}
        failed = await at.post("/voice/stream-status", stream)
        assert (status.status_code, failed.status_code) == (204, 204)
        assert at.desk.asked == [(CALL, "completed"), (CALL, "stream-error", "31903")]


@pytest.mark.parametrize("path", PATHS)
async def test_a_request_with_a_wrong_signature_goes_nowhere(path: str) -> None:
    before = counted("frontline_refused_total", reason="webhook_signature")
    async with house() as at:
        with capture_logs() as logs:
            response = await at.post(path, RINGING, signature="c2lnbmF0dXJl")
        assert (response.status_code, at.desk.asked) == (403, [])
    assert counted("frontline_refused_total", reason="webhook_signature") == before + 1
    (line,) = logs
    assert line["checked_url"] == URL + path
    assert TOKEN not in str(line) and "+15550001" not in str(line) and "exc_info" not in line


async def test_a_request_without_a_signature_goes_nowhere() -> None:
    async with house() as at:
        assert (await at.client.post("/voice/incoming", data=RINGING)).status_code == 403
        assert at.desk.asked == []


async def test_the_public_url_is_what_counts_not_the_address_asked() -> None:
    """The client above asks http://10.0.0.1:8000, as a proxy does; only the public URL verifies."""
    asked = RequestValidator(TOKEN).compute_signature("http://10.0.0.1:8000/voice/incoming", RINGING)
    async with house() as at:
        assert (await at.post("/voice/incoming", RINGING, signature=asked)).status_code == 403
        assert (await at.post("/voice/incoming", RINGING)).status_code == 200


async def test_query_and_escapes_are_signed_as_they_were_sent() -> None:
    async with house() as at:
        assert (await at.post("/voice/incoming?line=%C3%A9t%C3%A9&b=1&a=2", RINGING)).status_code == 200


async def test_blank_and_doubled_fields_are_signed_too() -> None:
    body = "CallSid=CA1&To=%2B1&AccountSid=AC1&CallerName=&Tag=b&Tag=a"
    signed = URL + "/voice/incoming" + "AccountSidAC1" + "CallSidCA1" + "CallerName" + "TagaTagb" + "To+1"
    signature = RequestValidator(TOKEN).compute_signature(signed, {})
    headers = {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"}
    async with house() as at:
        assert (await at.client.post("/voice/incoming", content=body, headers=headers)).status_code == 200


async def test_signatures_can_be_off() -> None:
    async with house(signatures=Signatures.off()) as at:
        assert (await at.client.post("/voice/incoming", data=RINGING)).status_code == 200


@pytest.mark.parametrize(
    ("path", "missing"),
    [
        ("/voice/incoming", "CallSid"),
        ("/voice/incoming", "To"),
        ("/voice/after-stream", "CallSid"),
        ("/voice/after-dial", "DialCallStatus"),
        ("/voice/status", "CallStatus"),
        ("/voice/stream-status", "StreamEvent"),
    ],
)
async def test_a_missing_field_is_named(path: str, missing: str) -> None:
    whole = {**RINGING, "DialCallStatus": "busy", "StreamEvent": "stream-started"}
    async with house() as at:
        response = await at.post(path, {name: value for name, value in whole.items() if name != missing})
        assert response.status_code == 400
        assert missing in response.text
        assert at.desk.asked == []


async def test_a_body_too_large_is_not_read() -> None:
    async with house() as at:
        assert (await at.post("/voice/incoming", {**RINGING, "More": "x" * 70_000})).status_code == 413


@pytest.mark.parametrize("body", [b"\xff\xfe=1", b"&".join(b"a%d=1" % n for n in range(300))])
async def test_a_body_that_is_no_form_is_refused(body: bytes) -> None:
    headers = {"X-Twilio-Signature": "x", "Content-Type": "application/x-www-form-urlencoded"}
    async with house() as at:
        assert (await at.client.post("/voice/incoming", content=body, headers=headers)).status_code == 400


async def test_other_methods_and_slashes_are_not_redirected() -> None:
    async with house() as at:
        assert (await at.client.get("/voice/incoming")).status_code == 405
        assert (await at.post("/voice/incoming/", RINGING)).status_code == 404


async def test_a_desk_that_never_answers_does_not_keep_twilio_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "ANSWER_WITHIN_S", 0.0)
    async with house(Desk(never=True)) as at:
        assert (await at.post("/voice/incoming", RINGING)).status_code == 503


# ---- text messages

MESSAGE = "SM" + "a" * 32
TEXTED = {
    "MessageSid": MESSAGE,
    "SmsSid": MESSAGE,
    "AccountSid": "AC1",
    "From": "+15550001",
    "To": "+15550002",
    "Body": "1047",
    "NumMedia": "0",
    "ApiVersion": "2010-04-01",
}
PHOTO = MediaRef("https://api.twilio.com/m0", "image/jpeg")


async def test_a_text_is_brought_to_the_desk_and_may_be_answered_with_nothing() -> None:
    async with house() as at:
        response = await at.post("/sms/incoming", TEXTED)
        assert (response.status_code, response.headers["content-type"]) == (200, "text/xml; charset=utf-8")
        assert list(ElementTree.fromstring(response.text)) == []
        assert at.desk.asked == [TextIn(MESSAGE, "+15550001", "+15550002", "1047")]


async def test_the_desk_may_text_back() -> None:
    async with house(Desk(reply="Which call? <1> & <2>")) as at:
        response = await at.post("/sms/incoming", TEXTED)
    (message,) = ElementTree.fromstring(response.text)
    assert (message.tag, message.text) == ("Message", "Which call? <1> & <2>")


async def test_pictures_come_with_their_addresses_and_types() -> None:
    media = {"NumMedia": "2", "MediaUrl0": PHOTO.url, "MediaContentType0": "image/jpeg", "MediaUrl1": "b"}
    media |= {f"MediaUrl{number}": "more" for number in range(10, 15)}
    async with house() as at:
        await at.post("/sms/incoming", {**TEXTED, **media, "Body": ""})
        assert at.desk.asked == [TextIn(MESSAGE, "+15550001", "+15550002", "", (PHOTO, MediaRef("b", "")))]


async def test_a_text_that_comes_twice_is_taken_once_and_answered_the_same() -> None:
    async with house(Desk(reply="Thanks.")) as at:
        answers = [(await at.post("/sms/incoming", TEXTED)).text for _ in range(2)]
        assert answers[0] == answers[1] and "Thanks." in answers[0]
        assert len(at.desk.asked) == 1
        await at.post("/sms/incoming", {**TEXTED, "MessageSid": "SM" + "b" * 32})
        assert len(at.desk.asked) == 2


async def test_a_text_that_was_not_taken_may_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "ANSWER_WITHIN_S", 0.0)
    async with house(Desk(never=True)) as at:
        assert (await at.post("/sms/incoming", TEXTED)).status_code == 503
        monkeypatch.setattr(webhooks, "ANSWER_WITHIN_S", 5.0)
        at.desk.never = False
        assert (await at.post("/sms/incoming", TEXTED)).status_code == 200
        assert len(at.desk.asked) == 2


async def test_texts_remembered_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "MOST_REMEMBERED", 2)
    async with house() as at:
        for sid in ("SM1", "SM2", "SM3", "SM3", "SM1"):
            await at.post("/sms/incoming", {**TEXTED, "MessageSid": sid})
        assert len(at.desk.asked) == 4


async def test_a_body_longer_than_twilios_is_cut() -> None:
    async with house() as at:
        await at.post("/sms/incoming", {**TEXTED, "Body": "x" * 2_000})
        (text,) = at.desk.asked
        assert isinstance(text, TextIn) and len(text.body) == 1_600


@pytest.mark.parametrize("missing", ["MessageSid", "From", "To"])
async def test_a_text_without_a_field_is_refused(missing: str) -> None:
    async with house() as at:
        response = await at.post("/sms/incoming", {name: value for name, value in TEXTED.items() if name != missing})
        assert (response.status_code, at.desk.asked) == (400, [])
        assert missing in response.text


async def test_a_texts_address_is_locked_and_does_not_redirect() -> None:
    async with house() as at:
        assert (await at.client.post("/sms/incoming", data=TEXTED)).status_code == 403
        assert (await at.post("/sms/incoming", TEXTED, signature="c2lnbmF0dXJl")).status_code == 403
        assert (await at.post("/sms/incoming/", TEXTED)).status_code == 404
        assert (await at.client.get("/sms/incoming")).status_code == 405
        assert (await at.post("/sms/incoming", {**TEXTED, "More": "x" * 70_000})).status_code == 413
        assert at.desk.asked == []
