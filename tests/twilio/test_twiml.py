"""The documents for Twilio."""

from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest

from app.twilio import twiml
from app.twilio.tokens import StreamTokens
from app.twilio.twiml import Sentence, say_language

URL = "https://phone.example.com"
SORRY = Sentence("Sorry, we have a problem & will be back.", "en-US")


def read(document: str) -> list[Element]:
    response = ElementTree.fromstring(document)
    assert response.tag == "Response"
    return list(response)


def test_a_call_is_streamed_with_its_token_and_a_net_below() -> None:
    connect, say, hang_up = read(twiml.connect_stream(URL, "t0ken", SORRY))
    assert (connect.tag, connect.attrib) == ("Connect", {"action": f"{URL}/voice/after-stream", "method": "POST"})
    (stream,) = connect
    assert (stream.tag, stream.attrib) == (
        "Stream",
        {
            "url": "wss://phone.example.com/media",
            "statusCallback": f"{URL}/voice/stream-status",
            "statusCallbackMethod": "POST",
        },
    )
    (parameter,) = stream
    assert (parameter.tag, parameter.attrib) == ("Parameter", {"name": "token", "value": "t0ken"})
    assert (say.tag, say.text, say.attrib) == ("Say", SORRY.text, {"language": "en-US"})
    assert hang_up.tag == "Hangup"


def test_the_stream_url_has_no_query_for_twilio_would_strip_it() -> None:
    assert "?" not in read(twiml.connect_stream(URL + "/", "t", SORRY))[0][0].attrib["url"]


def test_name_and_value_of_the_parameter_stay_under_500_characters() -> None:
    token = StreamTokens(["secret"]).mint("CA" + "f" * 32, "sip:" + "a" * 300, "sip:" + "b" * 300, 1e9)
    parameter = read(twiml.connect_stream(URL, token, SORRY))[0][0][0].attrib
    assert len(parameter["name"]) + len(parameter["value"]) < 500


def test_hanging_up_says_a_sentence_only_when_there_is_one() -> None:
    assert [verb.tag for verb in read(twiml.hang_up(None))] == ["Hangup"]
    assert [verb.tag for verb in read(twiml.hang_up(SORRY))] == ["Say", "Hangup"]


def test_a_sentence_is_said_in_the_nearest_voice() -> None:
    say, hang_up = read(twiml.hang_up(Sentence("Este número no está en servicio.", "es")))
    assert (say.text, say.attrib, hang_up.tag) == (
        "Este número no está en servicio.",
        {"language": "es-ES"},
        "Hangup",
    )


def test_dialling_comes_back_to_us_when_it_ends() -> None:
    say, dial = read(twiml.dial("+15550003", "+15550002", 20, f"{URL}/voice/after-dial", SORRY))
    assert (say.tag, dial.tag) == ("Say", "Dial")
    assert dial.attrib == {
        "action": f"{URL}/voice/after-dial",
        "method": "POST",
        "timeout": "20",
        "callerId": "+15550002",
        "answerOnBridge": "true",
    }
    (number,) = dial
    assert (number.tag, number.text) == ("Number", "+15550003")


def test_dialling_without_a_caller_id_names_none() -> None:
    (dial,) = read(twiml.dial("+15550003", None, 20, f"{URL}/voice/after-dial", None))
    assert "callerId" not in dial.attrib


@pytest.mark.parametrize(
    ("ours", "twilios"),
    [
        ("en-US", "en-US"),
        ("en", "en-US"),
        ("en-NZ", "en-GB"),
        ("es", "es-ES"),
        ("es-US", "es-MX"),
        ("es-419", "es-MX"),
        ("pt", "pt-BR"),
        ("de-AT", "de-DE"),
        ("no", "nb-NO"),
        ("zh-Hant-HK", "zh-HK"),
        ("uk", None),
        ("tlh", None),
        ("", None),
        ("not a tag!", None),
    ],
)
def test_a_language_is_spoken_by_its_nearest_voice(ours: str, twilios: str | None) -> None:
    assert say_language(ours) == twilios


def test_a_language_without_a_voice_is_left_to_twilio() -> None:
    (say, _) = read(twiml.hang_up(Sentence("Qapla'", "tlh")))
    assert say.attrib == {}


def test_behind_a_stream_and_without_us_a_representative_is_dialled() -> None:
    _, say, dial, hang_up = read(twiml.connect_stream(URL, "t0ken", SORRY, "+15550003"))
    assert (say.tag, dial.tag, dial.attrib, dial[0].text, hang_up.tag) == (
        *("Say", "Dial", {"timeout": "20"}),
        *("+15550003", "Hangup"),
    )
    assert [verb.tag for verb in read(twiml.fallback(SORRY, "+15550003"))] == ["Say", "Dial", "Hangup"]
    assert [verb.tag for verb in read(twiml.fallback(SORRY, None))] == ["Say", "Hangup"]


def test_a_rejected_call_is_not_answered() -> None:
    (reject,) = read(twiml.reject())
    assert (reject.tag, reject.attrib) == ("Reject", {"reason": "rejected"})


def test_a_call_back_is_offered_twice_for_one_key() -> None:
    *gathers, hang_up = read(twiml.offer_callback(URL, SORRY))
    assert [gather.attrib for gather in gathers] == [
        {"action": f"{URL}/voice/callback", "method": "POST", "input": "dtmf", "numDigits": "1", "timeout": "6"}
    ] * 2
    assert [gather[0].text for gather in gathers] == [SORRY.text] * 2
    assert hang_up.tag == "Hangup"


def test_a_message_is_recorded_after_a_tone_and_told_to_us_twice() -> None:
    say, record, nothing, hang_up = read(twiml.take_message(URL, Sentence("Speak.", "en-US"), SORRY))
    assert (say.text, nothing.text, hang_up.tag) == ("Speak.", SORRY.text, "Hangup")
    assert record.attrib == {
        "action": f"{URL}/voice/message",
        "method": "POST",
        "maxLength": "120",
        "timeout": "6",
        "finishOnKey": "#",
        "playBeep": "true",
        "recordingStatusCallback": f"{URL}/voice/recording",
        "recordingStatusCallbackMethod": "POST",
        "recordingStatusCallbackEvent": "completed",
    }
