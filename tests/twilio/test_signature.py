"""Who signed a request, and for which address."""

import hashlib
import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers
from twilio.request_validator import RequestValidator

from app.twilio.signature import Form, Signatures, stream_url

URL = "https://phone.example.com"
TOKEN = "a-token"
SIGNATURE = "x-twilio-signature"
SETTINGS = "x-twilio-webhooks-signature-settings"
FORM = Form({"CallSid": "CA1", "From": "+15550001", "To": "+15550002", "Empty": ""})


def headers(signature: str, **more: str) -> Mapping[str, str]:
    return Headers({SIGNATURE: signature, **more})


def sign(url: str, body: object, token: str = TOKEN, algorithm: str = "HMAC_SHA1") -> str:
    return str(RequestValidator(token).compute_signature(url, body, algorithm))


def test_twilios_own_example_verifies() -> None:
    form = Form(
        {
            "CallSid": "CA1234567890ABCDE",
            "Caller": "+14158675309",
            "Digits": "1234",
            "From": "+14158675309",
            "To": "+18005551212",
        }
    )
    signatures = Signatures(["12345"], "https://mycompany.com")
    assert signatures.webhook("/myapp.php?foo=1&bar=2", form, headers("RSOYDt4T1cUTdK1PDd93/VVr8B8="))
    assert not signatures.webhook("/myapp.php?foo=1&bar=3", form, headers("RSOYDt4T1cUTdK1PDd93/VVr8B8="))


def test_every_value_of_a_doubled_field_is_signed() -> None:
    form = Form([("CallSid", "CA1"), ("Tag", "b"), ("Tag", "a")])
    signature = sign(URL + "/voice/incoming", form)
    assert Signatures([TOKEN], URL).webhook("/voice/incoming", form, headers(signature))
    assert not Signatures([TOKEN], URL).webhook(
        "/voice/incoming", Form({"CallSid": "CA1", "Tag": "a"}), headers(signature)
    )


@pytest.mark.parametrize("signature", ["", "nonsense", "é", "RSOYDt4T1cUTdK1PDd93/VVr8B8="])
def test_any_other_signature_is_refused(signature: str) -> None:
    assert not Signatures([TOKEN], URL).webhook("/voice/incoming", FORM, headers(signature))


def test_no_signature_is_refused() -> None:
    assert not Signatures([TOKEN], URL).webhook("/voice/incoming", FORM, {})
    assert not Signatures([TOKEN], URL).stream("/media", {})


def test_both_tokens_are_good_while_one_is_rotated_out() -> None:
    signatures = Signatures(["new", "old"], URL)
    for token in ("new", "old"):
        assert signatures.webhook("/voice/status", FORM, headers(sign(URL + "/voice/status", FORM, token)))
    assert not signatures.webhook("/voice/status", FORM, headers(sign(URL + "/voice/status", FORM, "other")))


def test_a_public_url_may_end_in_a_slash_and_have_a_path() -> None:
    signature = sign(URL + "/desk/voice/status", FORM)
    assert Signatures([TOKEN], URL + "/desk/").webhook("/voice/status", FORM, headers(signature))


def test_what_other_headers_say_of_the_address_is_not_believed() -> None:
    signature = sign("https://other.example.com/voice/status", FORM)
    told = headers(signature, host="other.example.com", **{"x-forwarded-host": "other.example.com"})
    assert not Signatures([TOKEN], URL).webhook("/voice/status", FORM, told)


def test_a_shared_key_signs_with_sha256_and_says_so() -> None:
    signature = sign(URL + "/voice/status", FORM, algorithm="HMAC_SHA256")
    settings = {SETTINGS: "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"}
    assert Signatures([TOKEN], URL).webhook("/voice/status", FORM, headers(signature, **settings))
    assert not Signatures([TOKEN], URL).webhook("/voice/status", FORM, headers(signature))


def test_an_algorithm_nobody_knows_is_refused() -> None:
    settings = {SETTINGS: "key=k,algorithm=HMAC_MD5"}
    assert not Signatures([TOKEN], URL).webhook("/voice/status", FORM, headers(sign(URL, FORM), **settings))


def test_a_json_body_is_bound_by_its_hash_in_the_query() -> None:
    body = json.dumps({"CallSid": "CA1"})
    path = "/voice/status?bodySHA256=" + hashlib.sha256(body.encode()).hexdigest()
    signature = sign(URL + path, {})
    assert Signatures([TOKEN], URL).webhook(path, body, headers(signature))
    assert not Signatures([TOKEN], URL).webhook(path, body + " ", headers(signature))


def test_a_raw_body_without_a_hash_is_refused_and_raises_nothing() -> None:
    assert not Signatures([TOKEN], URL).webhook("/voice/status", "{}", headers(sign(URL + "/voice/status", {})))


@pytest.mark.parametrize("signed", ["wss://phone.example.com/media", "wss://phone.example.com/media/"])
@pytest.mark.parametrize("path", ["/media", "/media/"])
def test_a_stream_is_signed_for_its_wss_url_with_or_without_a_slash(signed: str, path: str) -> None:
    assert Signatures([TOKEN], URL).stream(path, headers(sign(signed, {})))


def test_a_stream_signed_for_the_https_url_is_refused() -> None:
    assert not Signatures([TOKEN], URL).stream("/media", headers(sign(URL + "/media", {})))


def test_the_stream_url_follows_the_scheme() -> None:
    assert stream_url("https://h:8443/x/", "/media") == "wss://h:8443/x/media"
    assert stream_url("http://127.0.0.1:80", "/media") == "ws://127.0.0.1:80/media"


def test_signatures_are_off_only_when_asked_for() -> None:
    assert Signatures.off().webhook("/voice/status", FORM, {})
    assert Signatures.off().stream("/media", {})


@pytest.mark.parametrize("tokens", [[], [""], ["good", ""]])
def test_an_empty_token_is_a_mistake_not_an_open_door(tokens: list[str]) -> None:
    with pytest.raises(ValueError, match="token"):
        Signatures(tokens, URL)


IN_A_HEADER = st.text(st.characters(max_codepoint=255), max_size=80)


@given(st.text(max_size=60), st.text(max_size=60), IN_A_HEADER, IN_A_HEADER)
def test_nothing_a_stranger_sends_raises(path: str, body: str, signature: str, settings: str) -> None:
    told = headers(signature, **{SETTINGS: settings})
    assert not Signatures([TOKEN], URL).webhook("/" + path, body, told)
    assert not Signatures([TOKEN], URL).stream("/" + path, told)
