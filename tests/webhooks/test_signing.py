"""Signatures as Standard Webhooks have them: by its own vector, and nothing else passes."""

import pytest

from app.webhooks.endpoints import key_of
from app.webhooks.signing import NotSigned, check, signed

# From the tests of the standard's own libraries: https://github.com/standard-webhooks/standard-webhooks/tree/main/libraries
KEY = key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
ID, AT, BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def headers(**changed: str) -> dict[str, str]:
    return {**signed(KEY, ID, AT, BODY), **{name.replace("_", "-"): value for name, value in changed.items()}}


def test_a_message_is_signed_as_the_standard_does_it() -> None:
    assert signed(KEY, ID, AT, BODY) == {"webhook-id": ID, "webhook-timestamp": str(AT), "webhook-signature": SIGNATURE}


def test_what_was_signed_passes_also_among_other_signatures() -> None:
    check(KEY, headers(), BODY, AT + 299)
    check(KEY, headers(webhook_signature=f"v1,AAAA v2,x {SIGNATURE}"), BODY, AT)


@pytest.mark.parametrize(
    ("changed", "body", "now"),
    [
        ({"webhook_id": "msg_other"}, BODY, AT),
        ({}, BODY + b" ", AT),
        ({}, BODY, AT + 301),
        ({}, BODY, AT - 301),
        ({"webhook_timestamp": str(AT + 1)}, BODY, AT),
        ({"webhook_timestamp": "soon"}, BODY, AT),
        ({"webhook_signature": SIGNATURE.removeprefix("v1,")}, BODY, AT),
        ({"webhook_signature": "v1,ä"}, BODY, AT),
        ({"webhook_signature": ""}, BODY, AT),
    ],
)
def test_what_was_not_does_not(changed: dict[str, str], body: bytes, now: float) -> None:
    with pytest.raises(NotSigned):
        check(KEY, headers(**changed), body, now)


def test_another_s_key_is_not_ours() -> None:
    with pytest.raises(NotSigned, match="another's"):
        check(b"x" * 24, headers(), BODY, AT)
