"""The REST stand-in refuses what Twilio refuses."""

import base64
from dataclasses import dataclass, field
from urllib.parse import urlencode

import httpx2
import pytest

from app.rehearsal.phone_asked import Asked
from app.rehearsal.phone_notes import Notes
from app.rehearsal.phone_texting import Texting
from app.rehearsal.twilio_rest import TwilioRest

AC, CA = "AC" + "0" * 32, "CA" + "1" * 32
PATH = f"/2010-04-01/Accounts/{AC}/Calls/{CA}.json"
TEXTS_PATH = f"/2010-04-01/Accounts/{AC}/Messages.json"
CALLER, OURS = "+15550199", "+15550100"
KEY = "Basic " + base64.b64encode(f"{AC}:secret".encode()).decode()


@dataclass(slots=True)
class _Call:
    call_sid: str = CA
    over: bool = False
    texting: Texting = field(default_factory=lambda: Texting(AC, CALLER, OURS, Notes(lambda: 0.0)))
    asked: Asked = field(default_factory=Asked)
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


# ---- texts


def _sent(rest: TwilioRest, **form: str) -> tuple[int, object]:
    whole = {"To": CALLER, "From": OURS, "Body": "Your code is 1234."} | form
    answer = rest.answer("POST", TEXTS_PATH, KEY, urlencode(whole))
    return answer.status, answer.body.get("code")


def test_a_text_sent_is_kept_and_reaches_the_telephone() -> None:
    call, another = _Call(), _Call(call_sid="CA" + "2" * 32)
    rest = _rest(call)
    rest.attach(another)
    assert _sent(rest) == (201, None)
    assert [(text.to, text.from_, text.body) for text in rest.texts] == [(CALLER, OURS, "Your code is 1234.")]
    assert call.texting.received == ["Your code is 1234."]
    assert another.texting.received == []  # the same telephone, once
    answer = rest.answer("POST", TEXTS_PATH, KEY, urlencode({"To": "+15550777", "From": OURS, "Body": "Hi"}))
    assert (answer.body["status"], answer.body["to"], answer.body["sid"]) == ("queued", "+15550777", rest.texts[1].sid)
    assert len(call.texting.received) == 1


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"To": ""}, 21604),
        ({"From": ""}, 21603),
        ({"Body": ""}, 21602),
        ({"To": "5550199"}, 21211),
        ({"From": "Frontline"}, 21212),
        ({"To": OURS}, 21266),
        ({"Body": "x" * 1_601}, 21617),
        ({"Nonsense": "1"}, 20001),
    ],
)
def test_a_text_that_twilio_would_refuse_is_refused_with_its_code(form: dict[str, str], code: int) -> None:
    rest = _rest(_Call())
    assert _sent(rest, **form) == (400, code)
    assert not rest.texts


def test_a_number_can_be_one_that_gets_no_texts() -> None:
    call = _Call()
    rest = _rest(call)
    rest.refusals[CALLER] = 21610
    assert _sent(rest) == (400, 21610)
    assert call.texting.received == []


def test_texts_need_the_key_the_account_and_a_post() -> None:
    rest = _rest(_Call())
    assert rest.answer("POST", TEXTS_PATH, "", "").status == 401
    assert rest.answer("POST", TEXTS_PATH.replace(AC, "AC" + "9" * 32), KEY, "").status == 404
    assert rest.answer("GET", TEXTS_PATH, KEY, "").status == 405


# ---- media


async def test_a_picture_is_handed_out_by_a_store_that_wants_no_key() -> None:
    rest = _rest(_Call())
    medium = rest.media.put("MM" + "3" * 32, b"a picture", "image/png")
    place = medium.url.removeprefix("https://api.twilio.com")
    async with rest.serving() as url, httpx2.AsyncClient(trust_env=False) as client:
        locked = await client.get(url + place)
        moved = await client.get(url + place, auth=(AC, "secret"))
        store = moved.headers["Location"]
        both = await client.get(store, auth=(AC, "secret"))
        given = await client.get(store)
        guessed = await client.get(store.partition("&")[0])
    assert (locked.status_code, moved.status_code, both.status_code, guessed.status_code) == (401, 307, 400, 403)
    assert (given.status_code, given.content, given.headers["content-type"]) == (200, b"a picture", "image/png")
    assert len(rest.media.fetched) == 1


def test_a_picture_that_is_not_there_is_20404() -> None:
    rest = _rest(_Call())
    place = f"/2010-04-01/Accounts/{AC}/Messages/MM{'3' * 32}/Media/ME{'4' * 32}"
    assert rest.answer("GET", place, KEY, "").body["code"] == 20404


def test_the_shelf_keeps_the_newest() -> None:
    rest = _rest(_Call())
    places = [rest.media.put("MM" + "3" * 32, b"x", "image/png").url[-34:] for _ in range(25)]
    assert rest.media.place(places[0]) is None
    assert rest.media.place(places[-1]) is not None


def test_a_recording_is_handed_out_to_whoever_has_the_key() -> None:
    rest, path = _rest(_Call()), f"/2010-04-01/Accounts/{AC}/Recordings/RE{'1' * 32}.wav"
    assert rest.answer("GET", path, KEY, "").status == 404
    rest.recordings["RE" + "1" * 32] = b"RIFF"
    handed = rest.answer("GET", path, KEY, "")
    assert (handed.status, handed.content, handed.headers["Content-Type"]) == (200, b"RIFF", "audio/x-wav")
    assert rest.answer("GET", path, "", "").status == 401


def test_it_fails_as_often_as_it_is_told() -> None:
    rest = _rest(_Call())
    rest.failing.extend((429, 503))
    assert [rest.answer("GET", PATH, KEY, "").status for _ in range(3)] == [429, 503, 200]


def test_a_call_that_is_over_can_be_looked_up_and_not_led() -> None:
    call = _Call()
    rest = _rest(call)
    call.over = True
    assert rest.answer("GET", PATH, KEY, "").body["status"] == "completed"
    assert rest.answer("POST", PATH, KEY, "Status=completed").status == 404
