"""Any form, signed or not, to any of the webhooks: an answer Twilio can read, never an error of ours."""

import asyncio
from xml.etree import ElementTree

import httpx2
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.routing import Router
from structlog.testing import capture_logs
from twilio.request_validator import RequestValidator

from app.twilio.signature import Signatures
from app.twilio.tokens import StreamTokens
from app.twilio.webhooks import routes
from tests.fuzz import cases
from tests.test_desk import CALLER, STORE, House
from tests.twilio.test_webhooks import PATHS, TOKEN, URL

CALLS = ("CA" + "1" * 32, "CA" + "2" * 32)
Texts = st.text(max_size=40).filter(lambda text: text.isprintable() or "\n" in text)
Fields = {
    "CallSid": st.sampled_from(CALLS) | Texts,
    "AccountSid": Texts,
    "From": st.sampled_from([CALLER, "anonymous", "sip:a@b"]) | Texts,
    "To": st.just(STORE) | Texts,
    "CallStatus": st.sampled_from(["ringing", "completed", "busy"]) | Texts,
    "DialCallStatus": st.sampled_from(["completed", "no-answer"]) | Texts,
    "StreamEvent": st.sampled_from(["stream-started", "stream-error"]) | Texts,
    "StreamError": Texts,
    "MessageSid": Texts,
    "Body": st.text(max_size=2_000),
    "NumMedia": Texts,
    "MediaUrl0": Texts,
    "MediaContentType0": Texts,
}
Forms = st.fixed_dictionaries({}, optional=Fields)
Posts = st.tuples(st.sampled_from(PATHS), Forms)


async def post_all(posts: list[tuple[str, dict[str, str]]], raw: bytes) -> list[httpx2.Response]:
    """Ask one desk all of this, and then something that is no form."""
    house = House()
    webhooks = routes(house.desk, Signatures([TOKEN], URL), StreamTokens(["secret"]), URL)
    app = Starlette()
    app.mount("", Router(webhooks, redirect_slashes=False))
    answers = []
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://10.0.0.1:8000") as client:
        for path, form in posts:
            signed = RequestValidator(TOKEN).compute_signature(URL + path, form)
            answers.append(await client.post(path, data=form, headers={"X-Twilio-Signature": signed}))
        answers.append(await client.post(PATHS[0], content=raw, headers={"X-Twilio-Signature": "none"}))
    return answers


@cases(200)
@given(st.lists(Posts, min_size=1, max_size=12), st.binary(max_size=200))
def test_every_form_is_answered_with_what_twilio_can_read(posts: list[tuple[str, dict[str, str]]], raw: bytes) -> None:
    with capture_logs():
        *answers, last = asyncio.run(post_all(posts, raw))
    assert {answer.status_code for answer in answers} <= {200, 204, 400}
    assert last.status_code in (400, 403)
    for answer in answers:
        if answer.status_code == 200:
            assert ElementTree.fromstring(answer.text).tag == "Response"
