"""From a curl command to a tool's file that reads, and has nothing secret in it."""

import json
from pathlib import Path

import pytest

from app.toolkit.http.curl import from_curl
from app.toolkit.http.drafts import CannotConvert, Draft, toml_of
from app.toolkit.http.reading import read_http_file
from app.toolkit.http.tool import HttpTool
from tests.toolkit.http.places import CALLER


def drafted(folder: Path, command: str, name: str = "") -> tuple[Draft, HttpTool, str]:
    draft = from_curl(command, name)
    file = folder / f"{draft.name}.toml"
    file.write_text(toml_of(draft), encoding="utf-8")
    return draft, read_http_file(file), file.read_text(encoding="utf-8")


def test_a_plain_question(tmp_path: Path) -> None:
    draft, tool, text = drafted(
        tmp_path, "curl https://api.acme.com/v1/parcels/NP1047/events?lang=en -H 'Authorization: Bearer s3cr3t-t0ken'"
    )
    assert (tool.method, tool.path) == ("GET", "/v1/parcels/{parcel}/events")
    assert tool.query == {"lang": "{lang}"}
    assert tool.headers == {"Authorization": "Bearer {secret.ACME_TOKEN}"}
    assert "s3cr3t" not in text + repr(draft)
    assert tool.name == "get_events"
    properties = tool.parameters["properties"]
    assert isinstance(properties, dict)
    assert properties["parcel"]["description"] == "The parcel, such as NP1047."


def test_a_command_says_itself_what_its_arguments_are(tmp_path: Path) -> None:
    command = "curl 'https://api.acme.com/v1/parcels/{number}?lang=en&size=2' -H 'X-Shop: {caller.number}'"
    _, tool, _ = drafted(tmp_path, command, "track")
    assert tool.name == "track"
    assert (tool.path, tool.query) == ("/v1/parcels/{number}", {"lang": "en", "size": "2"})
    assert tool.headers == {"X-Shop": "{caller.number}"}
    assert list(tool.parameters["properties"]) == ["number"]  # type: ignore[call-overload]


def test_a_write_with_json_over_several_lines(tmp_path: Path) -> None:
    command = """curl -sSL -XPOST \\
      --url https://api.acme.com/v1/returns \\
      -H "Content-Type: application/json" -HAccept:text/plain -H 'X-API-Key: abc-123-def' \\
      --data-raw '{"order": {"number": "1047", "lines": [1, 2]}, "express": true, "fee": 4.5, "password": "hunter2"}'
    """
    draft, tool, text = drafted(tmp_path, command)
    assert (tool.method, tool.options.write) == ("POST", True)
    assert tool.body == {
        "order": {"number": "{order_number}", "lines": ["{order_lines}", "{order_lines_2}"]},
        "express": True,
        "fee": "{fee}",
        "password": "{secret.ACME_PASSWORD}",
    }
    assert tool.headers == {"X-API-Key": "{secret.ACME_API_KEY}"}
    assert "abc-123" not in text and "hunter2" not in text + repr(draft)
    assert draft.notes == ("Tools follow no redirects: write the url it leads to.",)
    args = {"order_number": "1047", "order_lines": 1, "order_lines_2": 2, "fee": 4.5}
    sent = tool.request(args, CALLER, dict.fromkeys(tool.secrets, "x"))
    assert json.loads(sent.body or b"")["order"] == {"number": "1047", "lines": [1, 2]}


def test_placeholders_in_json_need_no_quotes(tmp_path: Path) -> None:
    _, tool, _ = drafted(
        tmp_path, """curl https://api.acme.com/r --json '{"count": {count}, "to": "{place}", "a": 1}'"""
    )
    assert tool.body == {"count": "{count}", "to": "{place}", "a": 1}
    assert tool.method == "POST"


def test_data_can_go_into_the_query(tmp_path: Path) -> None:
    _, tool, text = drafted(
        tmp_path, "curl -G https://api.acme.com/find -d q=tent -d 'api_key=k3y' --data-urlencode 'n=a b'"
    )
    assert (tool.method, tool.body) == ("GET", None)
    assert tool.query == {"q": "{q}", "api_key": "{secret.ACME_API_KEY}", "n": "{n}"}
    assert "k3y" not in text


@pytest.mark.parametrize(
    "command",
    [
        "curl -u shop:pa55word https://api.acme.com/me",
        "curl https://shop:pa55word@api.acme.com/me",
        "curl --user shop:pa55word api.acme.com/me",
    ],
)
def test_a_password_is_a_secret_too(tmp_path: Path, command: str) -> None:
    draft, tool, text = drafted(tmp_path, command)
    assert tool.headers == {"Authorization": "Basic {secret.ACME_BASIC}"}
    assert "pa55word" not in text + repr(draft)
    assert "base64" in draft.secrets["ACME_BASIC"]


@pytest.mark.parametrize("value", ["$SHOP_KEY", "${SHOP_KEY}", "{secret.SHOP_KEY}"])
def test_a_secret_that_has_a_name_in_the_command_keeps_it(tmp_path: Path, value: str) -> None:
    draft, tool, _ = drafted(tmp_path, f'curl https://api.acme.com/me -H "Authorization: Bearer {value}"')
    assert tool.headers == {"Authorization": "Bearer {secret.SHOP_KEY}"}
    assert list(draft.secrets) == ["SHOP_KEY"]


def test_cookies_and_tokens_are_secrets(tmp_path: Path) -> None:
    draft, tool, text = drafted(
        tmp_path,
        "curl https://api.acme.com/me -b 'sid=abc123' -H 'X-Auth-Token: tok-9' --oauth2-bearer tok-8 -k -x http://p",
    )
    assert set(tool.headers) == {"Cookie", "X-Auth-Token", "Authorization"}
    assert not any(secret in text + repr(draft) for secret in ("abc123", "tok-9", "tok-8"))
    assert draft.notes == ("Tools always check the certificate.", "Tools use no proxy.")


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("curl http://api.acme.com/", "Write https://"),
        ("curl https://10.0.0.1/", "not an address"),
        ("curl", "needs one address"),
        ("curl https://a.example.com https://b.example.com", "needs one address"),
        ("curl https://api.acme.com/ -d a=1", "no JSON object"),
        ("curl https://api.acme.com/ -d '[1]'", "is no object"),
        ("curl https://api.acme.com/ -d @file.json", "in a file"),
        ("curl https://api.acme.com/ -F a=@b", "--form"),
        ("curl https://api.acme.com/ --frobnicate", "--frobnicate"),
        ("curl 'https://api.acme.com/", "quotation mark"),
    ],
)
def test_what_cannot_be_a_tool_is_told(command: str, told: str) -> None:
    with pytest.raises(CannotConvert) as refused:
        from_curl(command)
    assert told in str(refused.value)
