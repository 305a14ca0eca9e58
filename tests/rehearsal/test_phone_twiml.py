"""TwiML as strictly as Twilio reads it."""

import pytest

from app.rehearsal.phone_twiml import Connect, Dial, Gather, Hangup, Pause, Record, Redirect, Say, Verb, parse, rejected

HOST = "https://phone.example"
URL = f"{HOST}/voice/incoming"


def _read(body: str) -> tuple[list[Verb], list[int]]:
    codes: list[int] = []
    verbs = parse(f"<Response>{body}</Response>", URL, lambda code, problem: codes.append(code))
    return verbs, codes


def test_the_documents_of_a_call_are_understood() -> None:
    verbs, codes = _read(
        '<Connect action="/voice/after-stream"><Stream url="wss://phone.example/media" name="s" '
        'statusCallback="https://phone.example/voice/stream-status"><Parameter name="token" value="a&amp;b"/></Stream>'
        '</Connect><Say language="en-US">Sorry,\n goodbye.</Say><Pause length="2"/>'
        '<Dial timeout="20" action="after"><Number url="/whisper">+15551234567</Number></Dial>'
        "<Redirect>/again</Redirect><Hangup/>"
    )
    assert codes == []
    connect, *rest = verbs
    assert isinstance(connect, Connect)
    assert connect.action == "https://phone.example/voice/after-stream"
    assert connect.status_callback == "https://phone.example/voice/stream-status"
    assert dict(connect.parameters) == {"token": "a&b"}
    assert rest == [
        Say("Sorry, goodbye."),
        Pause(2.0),
        Dial("+15551234567", 20.0, "https://phone.example/voice/after", "POST", "https://phone.example/whisper"),
        Redirect("https://phone.example/again", "POST"),
        Hangup(),
    ]


def test_a_relative_stream_address_becomes_wss() -> None:
    verbs, codes = _read('<Connect><Stream url="/media"/></Connect>')
    assert codes == []
    assert isinstance(verbs[0], Connect)
    assert verbs[0].url == "wss://phone.example/media"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ('<Connect><Stream url="ws://phone.example/media"/></Connect>', 31922),
        ('<Connect><Stream url="media"/></Connect>', 31923),
        ('<Connect><Stream url="wss://phone.example/media?token=1"/></Connect>', 31923),
        ('<Connect><Stream url="wss://phone.example/media" track="both_tracks"/></Connect>', 31941),
        ("<Connect></Connect>", 12200),
        ('<Connect><Stream url="wss://h/m" statusCallback="/voice/status"/></Connect>', 12200),
        (f'<Connect><Stream url="wss://h/m"><Parameter name="t" value="{"x" * 499}"/></Stream></Connect>', 12200),
        ('<Connect><Stream url="wss://h/m"><Parameter value="x"/></Stream></Connect>', 12200),
        ('<Connect recordingChannels="dual"><Stream url="wss://h/m"/></Connect>', 12200),
        ("<Say></Say>", 12200),
        ("<Hangup now='1'/>", 12200),
        ("<Dial>555-1234</Dial>", 13223),
        ("<Dial><Number>+15551234567</Number><Number>+15551234568</Number></Dial>", 12200),
        ("<Pause length='1.5'/>", 12200),
        ("<Redirect method='PUT'>/x</Redirect>", 12200),
        ("<Play>https://h/a.mp3</Play>", 12200),
        ("<say>lower case</say>", 12200),
    ],
)
def test_what_twilio_would_refuse_is_complained_of(body: str, code: int) -> None:
    assert _read(body)[1] == [code]


@pytest.mark.parametrize("document", ["", "no xml", "<Response>", "<Answer/>"])
def test_what_is_no_twiml_gives_no_verbs(document: str) -> None:
    codes: list[int] = []
    assert parse(document, URL, lambda code, problem: codes.append(code)) == []
    assert codes == [12100]


def test_a_rejection_comes_first_or_not_at_all() -> None:
    assert rejected("<Response><Reject reason='busy'/></Response>") == "busy"
    assert rejected("<Response><Reject/></Response>") == "rejected"
    assert rejected("<Response><Hangup/></Response>") == ""
    assert _read("<Say>Hi</Say><Reject/>")[1] == [12200]


def test_what_is_gathered_and_recorded_has_twilios_own_defaults() -> None:
    (gather, record), complaints = _read("<Gather/><Record/>")
    assert complaints == []
    assert gather == Gather((), URL, "POST", 5.0, None, "#", always=False)
    assert record == Record(URL, "POST", 5.0, 3_600.0, "1234567890*#", beeps=True, trims=True, status_callback=None)
    told, _ = _read(
        '<Gather numDigits="1" timeout="3" action="/voice/callback" finishOnKey=""><Say>Press 1.</Say></Gather>'
        '<Record maxLength="60" timeout="4" finishOnKey="#" playBeep="false" '
        'recordingStatusCallback="/voice/recording"/>'
    )
    assert told[0] == Gather((Say("Press 1."),), f"{HOST}/voice/callback", "POST", 3.0, 1, "", always=False)

    at = f"{HOST}/voice/recording"
    assert told[1] == Record(URL, "POST", 4.0, 60.0, "#", beeps=False, trims=True, status_callback=at)
