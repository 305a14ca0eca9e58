"""Texts from a rehearsed telephone: the webhooks as Twilio sends them, and what comes back."""

from pathlib import Path

import httpx2
import pytest

from app.rehearsal.phone import ACCOUNT_SID, Phone
from app.rehearsal.phone_notes import Notes
from app.rehearsal.phone_texting import Texting
from app.rehearsal.phone_texts import replies, text_parameters
from app.rehearsal.phone_webhooks import Place, Webhooks
from app.rehearsal.twilio_rest import TwilioRest
from tests.rehearsal.phone_app import TOKEN, PhoneApp, Stream, dialling, served

TEXT_PATH = "/sms/incoming"
PNG = b"\x89PNG\r\n\x1a\n and so on"
NOTHING = "<Response/>"


async def _stay(stream: Stream) -> None:
    await stream.until("stop")


def _app(*answers: str) -> PhoneApp:
    return PhoneApp([_stay], documents={TEXT_PATH: [*answers] or [NOTHING]})


async def test_a_text_is_posted_signed_and_in_full() -> None:
    app = _app("<Response><Message>Thanks &amp; bye</Message></Response>")

    async def act(phone: Phone) -> None:
        await phone.text("my order is 1047")
        phone.hang_up()

    async with served(app) as url:
        phone = Phone(dialling(url))
        await phone.call(act)
    (form,) = app.asked(TEXT_PATH)
    assert (form["From"], form["To"], form["Body"], form["NumMedia"]) == (
        "+15550199",
        "+15550100",
        "my order is 1047",
        "0",
    )
    assert form["MessageSid"] == form["SmsSid"] == form["SmsMessageSid"] and form["MessageSid"].startswith("SM")
    assert (form["AccountSid"], form["SmsStatus"], form["ApiVersion"]) == (ACCOUNT_SID, "received", "2010-04-01")
    assert (app.unsigned, phone.notes.violations) == ([], [])
    assert phone.texts_received == ["Thanks & bye"]
    noted = [(note.what, note.detail) for note in phone.notes.happenings if "text" in note.what]
    assert noted == [("texted", "my order is 1047"), ("text received", "Thanks & bye")]


async def test_a_picture_is_told_of_by_an_address_that_the_rest_api_hands_out(tmp_path: Path) -> None:
    app, rest = _app(), TwilioRest(ACCOUNT_SID, TOKEN)
    file = tmp_path / "part.png"
    file.write_bytes(PNG)

    async def act(phone: Phone) -> None:
        await phone.photo(file, "what is wrong with this?")
        await phone.photo(b"GIF89a", content_type="image/jpeg")
        phone.hang_up()

    async with served(app) as url:
        phone = Phone(dialling(url))
        rest.attach(phone)
        await phone.call(act)
    first, second = app.asked(TEXT_PATH)
    assert (first["NumMedia"], first["MediaContentType0"], first["Body"]) == (
        "1",
        "image/png",
        "what is wrong with this?",
    )
    assert (second["MediaContentType0"], second["Body"]) == ("image/jpeg", "")
    assert f"/Accounts/{ACCOUNT_SID}/Messages/{first['MessageSid']}/Media/ME" in first["MediaUrl0"]
    assert first["MediaUrl0"].startswith("https://api.twilio.com/2010-04-01/")
    place = rest.media.place(first["MediaUrl0"][-34:])
    stored = None if place is None else rest.media.hand_out(place)
    assert stored is not None and (stored.content, stored.content_type) == (PNG, "image/png")
    assert (app.unsigned, phone.notes.violations) == ([], [])


async def test_a_picture_that_nobody_could_fetch_is_not_sent() -> None:
    app = _app()

    async def act(phone: Phone) -> None:
        await phone.photo(PNG)
        phone.hang_up()

    async with served(app) as url:
        phone = Phone(dialling(url))
        await phone.call(act)
    assert app.asked(TEXT_PATH) == []
    assert [found.code for found in phone.notes.violations] == [20404]


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ("not XML", 12100),
        ("<Message>Hello</Message>", 12100),
        ("<Response><Say>Hello</Say></Response>", 12200),
        ("<Response><Message></Message></Response>", 12200),
        ("<Response><Message>" + "x" * 1_601 + "</Message></Response>", 12200),
        ('<Response><Message colour="red">Hello</Message></Response>', 12200),
    ],
)
def test_an_answer_that_twilio_would_refuse_is_noted(document: str, code: int) -> None:
    notes = Notes(lambda: 0.0)
    replies(document, notes.complain)
    assert [found.code for found in notes.violations] == [code]


def test_answers_that_twilio_takes_are_read() -> None:
    notes = Notes(lambda: 0.0)
    document = "<Response><Message>One</Message><Message><Body>Two</Body></Message></Response>"
    assert replies(document, notes.complain) == ["One", "Two"]
    assert replies(NOTHING, notes.complain) == []
    assert notes.violations == []


def test_a_long_text_is_counted_in_segments() -> None:
    assert text_parameters("AC1", "SM1", "+1", "+2", "x" * 400)["NumSegments"] == "3"
    assert text_parameters("AC1", "SM1", "+1", "+2", "")["NumSegments"] == "1"


async def test_a_text_longer_than_twilios_cannot_be_typed() -> None:
    notes = Notes(lambda: 0.0)
    texting = Texting("AC1", "+15550199", "+15550100", notes)
    async with httpx2.AsyncClient(trust_env=False) as client:
        webhooks = Webhooks(client, Place("http://127.0.0.1:1", "https://phone.example"), TOKEN, notes)
        with pytest.raises(ValueError, match="1600"):
            await texting.send(webhooks, "https://phone.example/sms/incoming", "x" * 1_601)
