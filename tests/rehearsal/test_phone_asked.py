"""The phone is asked: for a key, for a message after the tone, or not even answered. Over real sockets."""

import asyncio
import io
import wave

import numpy as np
import pytest

from app.rehearsal.phone import Phone
from app.rehearsal.phone_sound import RATE, Samples
from app.rehearsal.twilio_rest import TwilioRest
from tests.rehearsal.phone_app import HANG_UP, PhoneApp, dialling, served

OFFER = (
    '<Response><Gather numDigits="1" timeout="1" action="/voice/callback"><Say>Press 1.</Say></Gather>'
    "<Say>Goodbye.</Say><Hangup/></Response>"
)
TAKE = (
    '<Response><Record action="/voice/message" timeout="1" maxLength="20" finishOnKey="#" '
    'recordingStatusCallback="/voice/recording"/><Say>Nothing.</Say><Hangup/></Response>'
)
ACCOUNT = "AC" + "0" * 32


def loud(seconds: float) -> Samples:
    """Something said."""
    at = np.arange(round(seconds * RATE)) / RATE
    return np.asarray(8_000 * np.sin(2 * np.pi * 300 * at), np.int16)


async def stay(phone: Phone) -> None:
    await phone.until(lambda: False, 10)


async def press(phone: Phone, keys: str) -> None:
    await phone.until(lambda: bool(phone.spoken), 3)
    await phone.press(keys)
    await stay(phone)


async def leave(phone: Phone, ending: str) -> None:
    """Say something for half a second once the tone is over, then end it."""
    await phone.until(lambda: phone.asked.recording, 3)
    phone.say(loud(0.5))
    await phone.until(lambda: not phone.speaking, 2)
    if ending == "hang up":
        phone.hang_up()
    elif ending:
        await phone.press(ending)
    await stay(phone)


async def place(document: str, act: object) -> tuple[Phone, PhoneApp, TwilioRest]:
    app = PhoneApp(documents={"/voice/incoming": [document], "/voice/message": [HANG_UP]})
    rest = TwilioRest(ACCOUNT, "t")
    async with served(app) as url:
        phone = Phone(dialling(url))
        rest.attach(phone)
        async with asyncio.timeout(15):
            await phone.call(act)  # type: ignore[arg-type]
    return phone, app, rest


async def test_a_key_breaks_into_the_prompt_and_is_told() -> None:
    phone, app, _ = await place(OFFER, lambda phone: press(phone, "1"))
    assert [form["Digits"] for form in app.asked("/voice/callback")] == ["1"]
    assert (phone.spoken, app.unsigned, phone.notes.violations) == (["Press 1."], [], [])


async def test_without_a_key_twilio_goes_on_in_its_document() -> None:
    phone, app, _ = await place(OFFER, stay)
    assert app.asked("/voice/callback") == []
    assert (phone.spoken, phone.ended_by) == (["Press 1.", "Goodbye."], "app")


@pytest.mark.parametrize(("ending", "digits"), [("#", "#"), ("", ""), ("hang up", "hangup")])
async def test_a_message_is_recorded_told_and_handed_out(ending: str, digits: str) -> None:
    phone, app, rest = await place(TAKE, lambda phone: leave(phone, ending))
    (done,), (told,) = app.asked("/voice/message"), app.asked("/voice/recording")
    assert (done["Digits"], done["CallStatus"]) == (digits, "completed" if ending == "hang up" else "in-progress")
    assert (
        done["RecordingUrl"]
        == f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Recordings/{done['RecordingSid']}"
    )
    assert (told["RecordingSid"], told["RecordingStatus"]) == (done["RecordingSid"], "completed")
    assert "From" not in told
    with wave.open(io.BytesIO(rest.recordings[done["RecordingSid"]])) as file:
        assert (file.getnchannels(), file.getframerate()) == (1, RATE)
        assert file.getnframes() / RATE == pytest.approx(0.5, abs=0.1)
    assert (app.unsigned, phone.notes.violations) == ([], [])


async def test_silence_is_no_message() -> None:
    phone, app, rest = await place(TAKE, stay)
    assert app.asked("/voice/message") == []
    assert (phone.spoken, rest.recordings) == (["Nothing."], {})


async def test_a_rejected_call_is_never_picked_up() -> None:
    phone, _, _ = await place("<Response><Reject/></Response>", stay)
    assert (phone.ended_by, phone.duration_s) == ("nobody", 0.0)
    assert [happening.what for happening in phone.notes.happenings] == ["ringing", "rejected"]
