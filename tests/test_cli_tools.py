"""`frontline tools`: what it shows, what it sends, what it writes, and what it never prints."""

import json
import os
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from app.cli.ends import FAILED, OK, WRONG_USE
from app.cli.tools import tools_app
from app.rehearsal import shipping
from tests.toolkit.http.places import REDIRECT, TRACK, swapped, written

OPENAPI = """
openapi: 3.1.0
info: {title: Acme, version: "1"}
servers: [{url: https://api.acme.com}]
paths:
  /parcels/{id}:
    get:
      operationId: getParcel
      summary: Find a parcel.
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      security: [{key: []}]
      responses:
        '200': {description: ok, content: {application/json: {schema: {properties: {state: {type: string}}}}}}
components: {securitySchemes: {key: {type: http, scheme: bearer}}}
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with tools, and no setting but the defaults: a rehearsal."""
    for name in os.environ:
        if name.startswith(
            ("FRONTLINE_", "TWILIO_", "GEMINI_", "GOOGLE_", "PUBLIC_URL", "DATABASE_URL", "TOOL_SECRET_")
        ):
            monkeypatch.delenv(name)
    (tmp_path / "tools").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("app.rehearsal.shipping.secrets.token_hex", lambda size: "the-key-of-the-company")
    return tmp_path


def run(*arguments: str, stdin: str = "") -> Result:
    app = typer.Typer()
    app.add_typer(tools_app, name="tools")
    shown = CliRunner(env={"COLUMNS": "200", "NO_COLOR": "1"}).invoke(app, ["tools", *arguments], input=stdin)
    assert "the-key-of-the-company" not in shown.output
    return shown


def track(place: Path, text: str = TRACK, name: str = "track.toml") -> Path:
    return written(place / "tools", text, name)


# ---- list


def test_every_tool_is_listed_with_what_it_is_and_every_mistake(place: Path) -> None:
    track(place)
    track(place, REDIRECT, "redirect.toml")
    (place / "tools" / "stock.py").write_text(
        '"""Stock."""\nfrom app.toolkit import tool\n\n\n@tool\nasync def left() -> str:\n    """How many."""\n'
    )
    shown = run("list")
    assert shown.exit_code == OK
    rows = {row.split()[0]: row.split() for row in shown.output.splitlines()}
    assert rows["track"][1:4] == ["http", "reads", "anyone"]
    assert rows["redirect"][1:4] == ["http", "changes", "anyone"]
    assert rows["left"][1:4] == ["python", "reads", "anyone"]
    track(place, swapped(TRACK, "https://", "http://"), "wrong.toml")
    shown = run("list", "--json")
    told = json.loads(shown.stdout)
    assert shown.exit_code == FAILED
    assert [Path(error["file"]).name for error in told["errors"]] == ["wrong.toml"]
    assert "end_call" in told["house"]


# ---- try


def test_a_use_is_shown_from_what_is_sent_to_what_the_model_sees(place: Path) -> None:
    track(place)
    shown = run("try", "track", "--args", '{"number": "NP1047"}')
    assert shown.exit_code == OK, shown.output
    for told in (
        f"GET https://{shipping.HOST}/v1/parcels/NP1047",
        "Authorization: Bearer ••••",
        "a service of this rehearsal, at 127.0.0.1",
        "200 in ",
        "carrier.name",
        '"message": "It is in_transit with Northwind Parcel."',
    ):
        assert told in shown.output
    as_json = json.loads(run("try", "track", "--args", '{"number": "NP1047"}', "--json").stdout)
    assert as_json["request"]["headers"] == {"Authorization": "Bearer ••••"}
    assert as_json["answers"][0]["status"] == 200
    assert as_json["sees"][0]["carrier"] == "Northwind Parcel"
    assert "recipient" not in as_json["sees"][0] and "recipient.name" in as_json["paths"]


def test_dry_sends_nothing(place: Path) -> None:
    track(place)
    shown = json.loads(run("try", "track", "--args", '{"number": "NP1047"}', "--dry", "--json").stdout)
    assert shown["request"]["url"].endswith("/v1/parcels/NP1047")
    assert (shown["answers"], shown["sees"], shown["status"]) == ([], [], None)


def test_dry_needs_no_secret(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    track(place, swapped(TRACK, "SHIPPING_KEY", "OTHER_KEY"))
    shown = run("try", "track", "--args", '{"number": "NP1047"}', "--dry")
    assert shown.exit_code == OK, shown.output
    assert "Authorization: Bearer ••••" in shown.output and "What would be sent" in shown.output
    assert "TOOL_SECRET_OTHER_KEY" in shown.output
    shown = run("try", "track", "--args", '{"number": "NP1047"}')
    assert (shown.exit_code, "What would be sent" in shown.output) == (FAILED, True)
    assert "TOOL_SECRET_OTHER_KEY" in shown.output


def test_fields_whose_path_finds_nothing_are_named(place: Path) -> None:
    track(place, swapped(TRACK, '"carrier.name"', '"carrier.title"'))
    shown = run("try", "track", "--args", '{"number": "NP1047"}')
    assert "Nothing stands there for: carrier (carrier.title)" in shown.output
    as_json = json.loads(run("try", "track", "--args", '{"number": "NP1047"}', "--json").stdout)
    assert as_json["empty"] == {"carrier": "carrier.title"}
    track(place)
    assert "Nothing stands there" not in run("try", "track", "--args", '{"number": "NP1047"}').output


def test_what_is_not_found_is_headed_so_and_has_no_empty_fields(place: Path) -> None:
    track(place)
    shown = run("try", "track", "--args", '{"number": "NP9999"}')
    assert "What the model sees (not_found)" in shown.output
    assert "(ok)" not in shown.output and "Nothing stands there" not in shown.output


def test_arguments_that_do_not_fit_are_told_and_not_sent(place: Path) -> None:
    track(place)
    for args in ('{"number": "../../admin?x=#"}', "{}"):
        shown = run("try", "track", "--args", args, "--json")
        told = json.loads(shown.stdout)
        assert shown.exit_code == FAILED
        assert (told["request"], told["answers"]) == (None, [])
        assert "number" in told["cannot_be_sent"]
        assert told["sees"][0]["status"] == "error"


def test_what_changes_something_is_read_back_and_done_only_when_really_meant(place: Path) -> None:
    track(place, swapped(REDIRECT, "write = true", 'write = true\nconfirm.en = "Send {number} to {place}?"'), "go.toml")
    args = ("try", "go", "--args", '{"number": "NP1047", "place": "Kiosk"}', "--json")
    told = json.loads(run(*args).stdout)
    assert (told["status"], told["answers"], told["kept_back"]) == ("confirm", [], True)
    assert told["sees"][0]["message"] == "Send NP1047 to Kiosk?"
    told = json.loads(run(*args, "--really").stdout)
    assert (told["status"], told["answers"][0]["status"]) == ("ok", 201)
    assert [seen["status"] for seen in told["sees"]] == ["confirm", "ok"]
    assert len(told["request"]["headers"]["Idempotency-Key"]) == 64
    track(place, REDIRECT, "go.toml")
    assert json.loads(run(*args).stdout)["answers"] == []


def test_a_level_and_a_customer_can_be_given(place: Path) -> None:
    text = 'level = "details"\n' + swapped(TRACK, "[headers]", '[query]\nof = "{caller.customer}"\n\n[headers]')
    track(place, text)
    shown = run("try", "track", "--args", '{"number": "NP1047"}', "--json")
    assert (shown.exit_code, json.loads(shown.stdout)["status"]) == (FAILED, "refused")
    shown = run("try", "track", "--args", '{"number": "NP1047"}', "--level", "details", "--customer", "3", "--json")
    told = json.loads(shown.stdout)
    assert (told["status"], told["request"]["url"][-5:]) == ("ok", "?of=3")
    assert run("try", "track", "--level", "high", "--customer", "3").exit_code == WRONG_USE
    assert run("try", "track", "--level", "code").exit_code == WRONG_USE


def test_a_tool_that_is_off_says_why_and_sends_nothing(place: Path) -> None:
    track(place, swapped(TRACK, shipping.HOST, "api.acme.com"))
    shown = run("try", "track", "--args", '{"number": "NP1047"}')
    assert shown.exit_code == FAILED
    assert "FRONTLINE_TOOL_HOSTS" in shown.output and "What would be sent" in shown.output
    assert "refused: the host is not allowed" in shown.output
    assert "I'm sorry, I can't get to that right now." in shown.output


def test_a_host_that_leads_inside_is_refused_and_nothing_is_sent(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    track(place, swapped(TRACK, shipping.HOST, "localhost"))
    monkeypatch.setenv("FRONTLINE_TOOL_HOSTS", "localhost")
    shown = run("try", "track", "--args", '{"number": "NP1047"}')
    assert shown.exit_code == FAILED
    assert "What would be sent" in shown.output and "is this machine" in shown.output
    assert "I'm sorry, I can't get to that right now." in shown.output


def test_a_tool_that_is_not_finished_shows_what_there_is_to_choose_from(place: Path) -> None:
    command = f"curl https://{shipping.HOST}/v1/parcels/{{number}} -H 'Authorization: Bearer $SHIPPING_KEY'"
    begun = run("from-curl", command, "--name", "parcel")
    assert begun.exit_code == OK
    assert "Ask ops" not in begun.output
    shown = run("try", "parcel", "--args", '{"number": "NP1047"}')
    assert shown.exit_code == FAILED
    assert "In it stand: number, state," in shown.output
    assert "Write [response.fields] in parcel.toml" in shown.output
    file = place / "tools" / "parcel.toml"
    file.write_text(swapped(file.read_text(), '# state = "parcel.events[0].state"', 'state = "state"'))
    shown = run("try", "parcel", "--args", '{"number": "NP1047"}')
    assert (shown.exit_code, '"state": "in_transit"' in shown.output) == (OK, True)


def test_a_python_tool_is_tried_too(place: Path) -> None:
    (place / "tools" / "stock.py").write_text(
        '"""Stock."""\nfrom app.toolkit import Caller, tool\n\n\n@tool\n'
        'async def left(item: str, caller: Caller) -> str:\n    """How many.\n\n    Args:\n'
        '        item: What it is.\n    """\n'
        '    return f"{item} {caller.number}"\n'
    )
    shown = run("try", "left", "--args", '{"item": "tent"}', "--as", "+12125550123")
    assert shown.exit_code == OK
    assert "left(item='tent')" in shown.output and '"message": "tent +12125550123"' in shown.output


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("try", "trak"), 'Did you mean "track"?'),
        (("try", "end_call"), "tool of the house"),
        (("try", "track", "--args", "{number"), "no JSON"),
        (("try", "track", "--args", "[1]"), "no JSON object"),
        (("try", "track", "--args", '{"nubmer": "1"}'), 'track has no argument "nubmer". Did you mean "number"?'),
        (("try", "track", "--args", '{"number": "1"}', "--language", "xx"), '"xx" is no language. Write en'),
        (("try", "track", "--args", '{"number": "1"}', "--language", "pt-br"), 'Write "pt-BR"'),
    ],
)
def test_wrong_use_is_told(place: Path, arguments: tuple[str, ...], told: str) -> None:
    track(place)
    shown = run(*arguments)
    assert shown.exit_code == WRONG_USE
    assert told in shown.output


# ---- begin a new one


def test_a_tool_is_begun_from_openapi_and_tried_at_once(place: Path) -> None:
    (place / "api.yaml").write_text(OPENAPI)
    assert "getParcel" in run("from-openapi", "api.yaml").output
    shown = run("from-openapi", "api.yaml", "getParcel")
    assert shown.exit_code == OK
    for step in (
        "tools/get_parcel.toml",
        "FRONTLINE_TOOL_HOSTS=api.acme.com",
        "TOOL_SECRET_ACME_KEY",
        'frontline tools try get_parcel --args \'{"id": "<id>"}\'',
    ):
        assert step in shown.output
    tried = run("try", "get_parcel", "--args", '{"id": "1"}', "--dry", "--json")
    assert json.loads(tried.stdout)["request"]["url"] == "https://api.acme.com/parcels/1"


def test_a_tool_is_begun_from_curl_without_its_secrets(place: Path) -> None:
    command = "curl https://api.acme.com/stock/{item} -H 'Authorization: Bearer s3cr3t'"
    shown = run("from-curl", "--name", "stock", stdin=command + "\n")
    assert shown.exit_code == OK
    text = (place / "tools" / "stock.toml").read_text()
    assert "s3cr3t" not in text + shown.output
    assert "{secret.ACME_TOKEN}" in text and "TOOL_SECRET_ACME_TOKEN" in shown.output


def test_a_file_that_is_there_is_written_over_only_by_force(place: Path) -> None:
    file = track(place, TRACK, "stock.toml")
    refused = run("from-curl", "curl https://api.acme.com/stock", "--name", "stock")
    assert (refused.exit_code, file.read_text()) == (WRONG_USE, TRACK)
    assert "--force" in refused.output
    assert run("from-curl", "curl https://api.acme.com/stock", "--name", "stock", "--force").exit_code == OK
    assert "api.acme.com" in file.read_text()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("from-curl", "curl http://api.acme.com/"), "Write https://"),
        (("from-curl", "curl https://api.acme.com/ -X TRACE"), "TRACE"),
        (("from-curl", "curl https://api.acme.com/", "--name", "endCall"), "tool of the house"),
        (("from-openapi", "none.yaml", "x"), "cannot be read"),
    ],
)
def test_what_cannot_be_begun_is_told_and_nothing_is_written(
    place: Path, arguments: tuple[str, ...], told: str
) -> None:
    shown = run(*arguments)
    assert shown.exit_code == WRONG_USE
    assert told in shown.output
    assert list((place / "tools").iterdir()) == []
