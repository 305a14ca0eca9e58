"""The REST stand-in refuses what Twilio refuses."""

import base64
from dataclasses import dataclass, field

import pytest

from app.rehearsal.twilio_rest import TwilioRest

AC, CA = "AC" + "0" * 32, "CA" + "1" * 32
PATH = f"/2010-04-01/Accounts/{AC}/Calls/{CA}.json"
KEY = "Basic " + base64.b64encode(f"{AC}:secret".encode()).decode()


@dataclass(slots=True)
class _Call:
    call_sid: str = CA
    over: bool = False
    told: list[str] = field(default_factory=list)

    def complete(self) -> None:
        self.over = True

    def redirect(self, twiml: str, url: str = "") -> None:
        self.told.append(url or twiml)


def _rest(call: _Call) -> TwilioRest:
    rest = TwilioRest(AC, "secret")
    rest.attach(call)
    return rest


def test_a_wrong_key_is_401() -> None:
    wrong = "Basic " + base64.b64encode(f"{AC}:guess".encode()).decode()
    for key in ("", "Basic !", wrong, KEY.replace("Basic", "Bearer")):
        assert _rest(_Call()).answer("POST", PATH, key, "Status=completed").status == 401


def test_a_call_that_is_over_or_unknown_is_20404() -> None:
    call = _Call()
    rest = _rest(call)
    assert rest.answer("POST", PATH, KEY, "Status=completed").body["status"] == "completed"
    assert rest.answer("POST", PATH, KEY, "Status=completed").body["code"] == 20404
    assert rest.answer("POST", PATH.replace("1.json", "2.json"), KEY, "Status=completed").status == 404
    assert rest.answer("POST", "/elsewhere", KEY, "Status=completed").status == 404


@pytest.mark.parametrize(
    "body",
    ["", "Status=bogus", "Status=completed&Url=https%3A%2F%2Fh", "Nonsense=1", "Twiml=" + "x" * 4001],
)
def test_a_wrong_form_is_400(body: str) -> None:
    assert _rest(_Call()).answer("POST", PATH, KEY, body).status == 400


def test_a_call_can_be_looked_at_and_led_elsewhere() -> None:
    call = _Call()
    rest = _rest(call)
    assert rest.answer("GET", PATH, KEY, "").body["status"] == "in-progress"
    assert rest.answer("POST", PATH, KEY, "Url=https%3A%2F%2Fh%2Fx").status == 200
    assert rest.answer("POST", PATH, KEY, "Twiml=%3CResponse%2F%3E").status == 200
    assert call.told == ["https://h/x", "<Response/>"]
    assert rest.answer("DELETE", PATH, KEY, "").status == 405
