"""Signatures and addresses of the webhooks."""

from app.rehearsal.phone_webhooks import Place, call_parameters, sid, signature


def test_the_signature_is_that_of_twilios_own_example() -> None:
    parameters = {
        "To": "+18005551212",
        "From": "+14158675309",
        "Caller": "+14158675309",
        "Digits": "1234",
        "CallSid": "CA1234567890ABCDE",
    }
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    assert signature("12345", url, parameters) == "RSOYDt4T1cUTdK1PDd93/VVr8B8="


def test_public_addresses_are_reached_here_and_others_where_they_are() -> None:
    place = Place("http://127.0.0.1:8080", "https://phone.example")
    assert place.here("https://phone.example/voice/incoming?a=1") == "http://127.0.0.1:8080/voice/incoming?a=1"
    assert place.here("wss://phone.example/media") == "http://127.0.0.1:8080/media"
    assert place.here("https://elsewhere.example/x") == "https://elsewhere.example/x"


def test_identifiers_look_like_twilios() -> None:
    assert len(sid("CA")) == 34
    assert sid("CA") != sid("CA")


def test_a_webhook_carries_the_standard_parameters() -> None:
    parameters = call_parameters("AC1", "CA1", "+15550001", "+15550002", "ringing")
    assert parameters["From"] == parameters["Caller"] == "+15550001"
    assert parameters["To"] == parameters["Called"] == "+15550002"
    assert (parameters["CallStatus"], parameters["Direction"]) == ("ringing", "inbound")
