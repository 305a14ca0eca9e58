"""Call control against a stand-in of Twilio's REST API on this machine."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest
import stamina
from structlog.testing import capture_logs

from app.toolkit.texts import TextNotSent
from app.twilio import rest
from app.twilio.rest import CallControl, PhoneHttp, TwilioTexts, TwilioUnavailable

ACCOUNT = "AC" + "a" * 32
CALL = "CA" + "f" * 32
CALL_PATH = f"/2010-04-01/Accounts/{ACCOUNT}/Calls/{CALL}.json"
GONE = (404, {"code": 20404, "message": "The requested resource was not found", "status": 404})
BUSY = (429, {"code": 20429, "message": "Too Many Requests", "status": 429})
BROKEN = (503, {"code": 20503, "message": "Service Unavailable", "status": 503})
DONE = (200, {"sid": CALL, "status": "completed"})


@dataclass
class Twilio:
    """Gives the answers it was told, the last one again and again, and remembers what it was asked."""

    answers: list[tuple[int, object]]
    asked: list[tuple[str, str, dict[str, list[str]]]] = field(default_factory=list)
    auth: str = ""
    url: str = ""


@contextmanager
def twilio(*answers: tuple[int, object]) -> Iterator[Twilio]:
    fake = Twilio(list(answers))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            fake.asked.append((self.command, self.path, parse_qs(body)))
            fake.auth = base64.b64decode(self.headers["Authorization"].removeprefix("Basic ")).decode()
            status, answer = fake.answers.pop(0) if len(fake.answers) > 1 else fake.answers[0]
            payload = (answer if isinstance(answer, str) else json.dumps(answer)).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        do_GET = do_POST

        def log_message(self, format: str, *args: object) -> None:
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    fake.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        thread.join(5)
        server.server_close()


@contextmanager
def control(fake: Twilio, api_key: str | None = None) -> Iterator[CallControl]:
    calls = CallControl(ACCOUNT, "secret", api_key=api_key, base_url=fake.url + "/")
    try:
        yield calls
    finally:
        calls.close()


@pytest.fixture(autouse=True)
def no_waiting() -> Iterator[None]:
    with stamina.set_testing(True, attempts=rest.ATTEMPTS):
        yield


async def test_hanging_up_completes_the_call() -> None:
    with twilio(DONE) as fake, control(fake) as calls:
        assert await calls.hang_up(CALL)
    assert fake.asked == [("POST", CALL_PATH, {"Status": ["completed"]})]
    assert fake.auth == f"{ACCOUNT}:secret"


@pytest.mark.parametrize(
    ("answer", "over"),
    [
        ((200, {"sid": CALL, "status": "in-progress"}), False),
        ((200, {"sid": CALL, "status": "completed"}), True),
        (GONE, True),
        (BROKEN, False),
    ],
)
async def test_a_call_can_be_asked_after(answer: tuple[int, dict[str, object]], over: bool) -> None:
    with twilio(answer) as fake, control(fake) as calls:
        assert await calls.is_over(CALL) is over
    assert fake.asked[0][:2] == ("GET", CALL_PATH)


async def test_an_api_key_signs_in_for_the_account() -> None:
    with twilio(DONE) as fake, control(fake, api_key="SK1") as calls:
        assert await calls.hang_up(CALL)
    assert (fake.auth, fake.asked[0][1]) == ("SK1:secret", CALL_PATH)


async def test_a_call_that_is_over_already_is_hung_up() -> None:
    with twilio(GONE) as fake, control(fake) as calls:
        assert await calls.hang_up(CALL)
    assert len(fake.asked) == 1


async def test_too_many_requests_are_asked_again() -> None:
    with twilio(BUSY, BUSY, DONE) as fake, control(fake) as calls:
        assert await calls.hang_up(CALL)
    assert len(fake.asked) == 3


async def test_a_hang_up_is_asked_again_when_twilio_broke() -> None:
    with twilio(BROKEN, DONE) as fake, control(fake) as calls:
        assert await calls.hang_up(CALL)
    assert len(fake.asked) == 2


async def test_asking_again_has_an_end() -> None:
    with twilio(BROKEN) as fake, control(fake) as calls:
        assert not await calls.hang_up(CALL)
    assert len(fake.asked) == rest.ATTEMPTS


@pytest.mark.parametrize(("answer", "times"), [(BROKEN, 1), (BUSY, rest.ATTEMPTS)])
def test_nothing_is_created_twice_on_a_5xx(answer: tuple[int, dict[str, object]], times: int) -> None:
    with twilio(answer) as fake:
        http = PhoneHttp()
        response = http.request(
            "POST", f"{fake.url}/2010-04-01/Accounts/{ACCOUNT}/Calls.json", data={"To": "+1"}, auth=("AC", "s")
        )
        http.close()
    assert (response.status_code, len(fake.asked)) == (answer[0], times)


async def test_a_redirect_brings_the_document() -> None:
    with twilio(DONE) as fake, control(fake) as calls:
        assert await calls.redirect(CALL, "<Response><Hangup/></Response>")
    assert fake.asked == [("POST", CALL_PATH, {"Twiml": ["<Response><Hangup/></Response>"]})]


async def test_a_call_that_is_over_cannot_be_redirected() -> None:
    with twilio(GONE) as fake, control(fake) as calls:
        assert not await calls.redirect(CALL, "<Response/>")


async def test_a_document_too_long_for_twilio_is_our_mistake() -> None:
    with twilio(DONE) as fake, control(fake) as calls:
        with pytest.raises(ValueError, match="4000"):
            await calls.redirect(CALL, "x" * 4_001)
        assert fake.asked == []


async def test_a_check_tells_the_accounts_status() -> None:
    with twilio((200, {"sid": ACCOUNT, "status": "active"})) as fake, control(fake) as calls:
        assert await calls.check() == "active"
    assert fake.asked[0][:2] == ("GET", f"/2010-04-01/Accounts/{ACCOUNT}.json")


async def test_a_check_with_wrong_credentials_says_what_to_look_at() -> None:
    refusal = (401, {"code": 20003, "message": "Authenticate", "status": 401})
    with (
        twilio(refusal) as fake,
        control(fake) as calls,
        pytest.raises(TwilioUnavailable, match="TWILIO_ACCOUNT_SID"),
    ):
        await calls.check()


async def test_a_twilio_that_is_not_there_is_told_apart() -> None:
    with twilio(DONE) as fake:
        pass
    with control(fake) as calls:
        assert not await calls.hang_up(CALL)
        with pytest.raises(TwilioUnavailable, match="ConnectError"):
            await calls.check()


async def test_an_answer_that_is_no_json_is_borne() -> None:
    with twilio((502, "<html>Bad gateway</html>")) as fake, control(fake) as calls:
        assert not await calls.hang_up(CALL)


@pytest.mark.parametrize(("region", "edge"), [("ie1", None), (None, "dublin")])
def test_region_and_edge_go_together(region: str | None, edge: str | None) -> None:
    with pytest.raises(ValueError, match="both or none"):
        CallControl(ACCOUNT, "secret", region=region, edge=edge)


def test_region_and_edge_make_the_host_and_the_environment_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWILIO_REGION", "au1")
    for given, host in ((("ie1", "dublin"), "api.dublin.ie1.twilio.com"), ((None, None), "api.twilio.com")):
        calls = CallControl(ACCOUNT, "secret", region=given[0], edge=given[1])
        assert calls._client.get_hostname("https://api.twilio.com/x") == f"https://{host}/x"
        calls.close()


# ---- texts

TEXTS_PATH = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
SENT = (201, {"sid": "SM" + "1" * 32, "status": "queued", "error_code": None})


def refusal(code: int, status: int = 400) -> tuple[int, object]:
    return status, {"code": code, "message": "Refused", "status": status}


async def test_a_text_is_sent_from_our_number() -> None:
    with twilio(SENT) as fake, control(fake) as calls:
        await TwilioTexts(calls, "+15550002").send("+15550001", "Your code is 1234 & more")
    form = {"To": ["+15550001"], "From": ["+15550002"], "Body": ["Your code is 1234 & more"]}
    assert fake.asked == [("POST", TEXTS_PATH, form)]


@pytest.mark.parametrize(("answer", "times"), [(BROKEN, 1), (refusal(20500, 500), 1), (BUSY, rest.ATTEMPTS)])
async def test_a_text_is_never_sent_twice(answer: tuple[int, object], times: int) -> None:
    with twilio(answer) as fake, control(fake) as calls, pytest.raises(TextNotSent) as told:
        await calls.send_text("+15550001", "Hello", from_="+15550002")
    assert len(fake.asked) == times
    assert ("not certain" in str(told.value)) == (answer != BUSY)


async def test_too_many_texts_are_sent_a_little_later() -> None:
    with twilio(BUSY, SENT) as fake, control(fake) as calls:
        await calls.send_text("+15550001", "Hello", from_="+15550002")
    assert len(fake.asked) == 2


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (21610, "opted out"),
        (21614, "landline"),
        (30006, "landline"),
        (21211, "landline"),
        (21611, "too many"),
        (21608, "cannot be sent from here"),
        (30034, "cannot be sent from here"),
        (20003, "cannot be sent from here"),
        (20404, "cannot be sent from here"),
    ],
)
async def test_a_refused_text_tells_the_assistant_why_and_ops_where_to_look(code: int, says: str) -> None:
    told = pytest.raises(TextNotSent, match=says)
    with twilio(refusal(code)) as fake, control(fake) as calls, capture_logs() as logs, told:
        await calls.send_text("+15550001", "my words", from_="+15550002")
    assert code == 20404 or f"errors/{code}" in str(logs[0]["next"])
    assert "my words" not in str(logs) and "+15550001" not in str(logs)


async def test_a_twilio_that_does_not_answer_leaves_it_uncertain() -> None:
    with twilio(SENT) as fake:
        pass
    with control(fake) as calls, pytest.raises(TextNotSent, match="not certain"):
        await calls.send_text("+15550001", "Hello", from_="+15550002")


@pytest.mark.parametrize("body", ["", "  ", "x" * 1_601])
async def test_a_text_that_twilio_would_refuse_is_not_asked_for(body: str) -> None:
    with twilio(SENT) as fake, control(fake) as calls:
        with pytest.raises(TextNotSent, match="1600 characters"):
            await calls.send_text("+15550001", body, from_="+15550002")
        assert fake.asked == []
