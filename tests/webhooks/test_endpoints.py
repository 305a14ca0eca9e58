"""Who is told, as the setting says it; what it cannot mean is refused without its secret."""

import base64

import pytest

from app.webhooks.endpoints import EVENTS, endpoints_in, written_secret

SECRET = written_secret(b"k" * 32)


def test_several_are_read_with_what_they_chose() -> None:
    text = f"# ours\nhttps://crm.example/hook?t=1 {SECRET} call.ended,call.flagged; http://10.0.0.7:8080/x {SECRET}\n"
    first, second = endpoints_in(text)
    assert (first.url, first.secret, first.events) == (
        "https://crm.example/hook?t=1",
        b"k" * 32,
        frozenset({"call.ended", "call.flagged"}),
    )
    assert (second.host, second.events) == ("10.0.0.7", frozenset(EVENTS))
    assert first.id != second.id
    assert "crm" not in first.id
    assert endpoints_in(f"https://a.example {SECRET} all")[0].events == set(EVENTS)


@pytest.mark.parametrize(
    "text",
    [
        "https://a.example",
        f"a.example {SECRET}",
        f"ftp://a.example {SECRET}",
        f"https://user@a.example {SECRET}",
        f"https://a.example {SECRET} call.lost",
        f"https://a.example {SECRET} call.ended, call.started",
        "https://a.example s3cret-s3cret-s3cret-s3cret",
        "https://a.example whsec_s3cret!",
        f"https://a.example whsec_{base64.b64encode(b's3cret').decode()}",
        f"https://a.example {SECRET}; https://a.example {SECRET}",
    ],
)
def test_what_names_no_receiver_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^not |^an address is there twice$") as refused:
        endpoints_in(text)
    assert "s3cret" not in str(refused.value)


def test_a_secret_is_shown_nowhere() -> None:
    (endpoint,) = endpoints_in(f"https://a.example {SECRET}")
    assert "kkk" not in repr(endpoint)
