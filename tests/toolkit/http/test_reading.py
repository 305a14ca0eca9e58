"""Every mistake in a tool's file has its line, and says what to write instead."""

from pathlib import Path

import pytest

from app.edits import EditError
from app.rehearsal.shipping import HOST
from app.toolkit.declare import ToolError
from app.toolkit.http import Hosts, read_http_tool
from app.toolkit.http.reading import read_http_file
from tests.toolkit.http.places import REDIRECT, TRACK, ran, swapped, written

ALLOWED = Hosts(frozenset({HOST}))
SECRETS = {"SHIPPING_KEY": "a-key"}

# what is written, what stands there instead, the text of the wrong line, what the complaint says
PLANTED = {
    "a setting that is none": ('url = "', 'metod = "GET"\nurl = "', "metod", 'Did you mean "method"?'),
    "no description": ('description = "Find out where a parcel is."', "", "", 'Write description = "'),
    "a method that is none": ('url = "', 'method = "FETCH"\nurl = "', "FETCH", '"GET"'),
    "plain http": ("https://", "http://", "http://", "Write https://"),
    "an address for a host": (HOST, "10.0.0.1", "10.0.0.1", "not an address"),
    "a query in the url": ("/{number}", "/{number}?full=1", "?full", "[query]"),
    "a placeholder that is no argument": ("/{number}", "/{nubmer}", "nubmer", 'Did you mean "number"?'),
    "a stray brace": ("/{number}", "/{number}/{", "/{number}/{", "placeholder"),
    "a secret in the url": ("/{number}", "/{number}/{secret.SHIPPING_KEY}", "url", "under [headers]"),
    "a secret in small letters": ("{secret.SHIPPING_KEY}", "{secret.key}", "secret.key", "{secret.NAME}"),
    "a secret written out": ("{secret.SHIPPING_KEY}", "abc123", "abc123", 'Authorization = "Bearer {secret.NAME}"'),
    "a secret written out alone": ("Bearer {secret.SHIPPING_KEY}", "abc 123", "abc 123", '= "{secret.NAME}"'),
    "a header of the app's own": ("[headers]", '[headers]\nHost = "x"', "Host", "Take it out"),
    "a header that is none": ("[headers]", '[headers]\n"a b" = "x"', '"a b"', "name of a header"),
    "a line break in a header": ("[headers]", '[headers]\nX-A = "a\\r\\nb"', "X-A", "plain letters"),
    "an argument that is sent nowhere": (
        "[response]",
        '[parameters.more]\ndescription = "Something more."\n\n[response]',
        "[parameters.more]",
        "{more}",
    ),
    "an argument that is not described": (
        'description = "The parcel\'s number."',
        "",
        "[parameters.number]",
        "Say what number is",
    ),
    "a type that is none": ("[parameters.number]", '[parameters.number]\ntype = "text"', '"text"', '"string"'),
    "a pattern that is none": (
        "[parameters.number]",
        '[parameters.number]\npattern = "["',
        "pattern",
        "cannot be read",
    ),
    "choices that are none": ("[parameters.number]", "[parameters.number]\nenum = [1, 2]", "enum", "list of texts"),
    "a name no argument has": (
        "[parameters.number]",
        '[parameters.caller]\ndescription = "Who calls us."\n[parameters.number]',
        "[parameters.caller]",
        "Write another",
    ),
    "a body for a GET": ("[response]", "[body]\na = 1\n\n[response]", "[body]", 'method = "POST"'),
    "a path that is none": ('"carrier.name"', '"carrier..name"', "carrier..name", "events[0].text"),
    "a field that every answer has": ("fields.state", "fields.status", "fields.status", "Write another"),
    "a sentence with an unknown word": ("It is {state}", "It is {stat}", "{stat}", 'Did you mean "state"?'),
    "a form nothing is said in": ("{state} with", "{state:loud} with", ":loud", "{state:day}"),
    "a language that is none": ("message.en", "message.english", "english", "Write en"),
    "a language misspelt": ("message.en", "message.frr", "message.frr", 'Write "fr"'),
    "a language written otherwise": ("message.en", "message.pt-br", "pt-br", 'Write "pt-BR"'),
    "a waiting language that is none": ('url = "', 'waiting.xx = ["One moment."]\nurl = "', "waiting.xx", "Write en"),
    "a status that is none": ("[404]", '["404"]', '"404"', "not_found = [404]"),
    "a refusal that is none": ("not_found = [404]", 'not_found = [404]\non.200.en = "Fine."', "on.200", "400 to 499"),
    "more time than there is": ('url = "', 'timeout_s = 9\nurl = "', "timeout_s", "0.5 to 5"),
    "a level that is none": ('url = "', 'level = "high"\nurl = "', "level", '"details"'),
    "a customer nobody proved": ("/{number}", "/{number}/{caller.customer}", "caller.customer", 'level = "details"'),
    "a customer by argument": (
        'url = "',
        'level = "code"\nquery.of = "{customer_id}"\nparameters.customer_id.description = "Whose it is."\nurl = "',
        "customer_id.desc",
        "caller.customer",
    ),
    "retries that are many": ('url = "', 'retries = 9\nurl = "', "retries", "from 0 to 3"),
    "a question for what changes nothing": ('url = "', 'confirm.en = "Sure?"\nurl = "', "confirm", "write = true"),
    "a table that is a text": ("[response]", "headers2 = 1\n[response]", "headers2", "no setting"),
    "TOML that is none": ("[headers]", "[headers", "[headers", "Write `name"),
}
WRITES = {
    "a write that does not say so": ("write = true", "", "method", "write = true, or write = false"),
    "a write that denies it": ('method = "POST"\n', 'method = "PUT"\n', "", ""),
    "a question in no language": (
        "write = true",
        'write = true\nconfirm.frr = "Send it?"',
        "confirm.frr",
        'Write "fr"',
    ),
    "a second try of a write": ('idempotent = "Idempotency-Key"', "retries = 2", "retries", "done twice"),
    "a key header that is none": ('"Idempotency-Key"', '"Idem potency"', "Idem potency", "Idempotency-Key"),
    "a question about nothing": (
        "write = true",
        'write = true\nconfirm.en = "Send {parcel}?"',
        "{parcel}",
        "no argument",
    ),
}


@pytest.mark.parametrize("mistake", PLANTED)
def test_a_mistake_is_found_with_its_line_and_remedy(mistake: str, tmp_path: Path) -> None:
    old, new, line, remedy = PLANTED[mistake]
    assert_found(tmp_path, swapped(TRACK, old, new), line, remedy)


@pytest.mark.parametrize("mistake", [name for name in WRITES if WRITES[name][3]])
def test_a_mistake_in_what_changes_something_is_found(mistake: str, tmp_path: Path) -> None:
    old, new, line, remedy = WRITES[mistake]
    assert_found(tmp_path, swapped(REDIRECT, old, new), line, remedy)


def assert_found(folder: Path, text: str, line: str, remedy: str) -> None:
    file = written(folder, text)
    with pytest.raises(EditError) as found:
        read_http_tool(file, ALLOWED, SECRETS)
    assert found.value.file == file
    assert remedy in found.value.problem
    assert line in text.splitlines()[found.value.line - 1], (found.value.line, found.value.problem)


def test_the_files_of_these_tests_have_no_mistake(tmp_path: Path) -> None:
    for text in (TRACK, REDIRECT):
        assert read_http_tool(written(tmp_path, text), ALLOWED, SECRETS).off == ""


@pytest.mark.parametrize("key", [None, "", "a\r\nb"])
async def test_a_tool_whose_secret_is_not_set_is_off_and_says_who_can_set_it(key: str | None, tmp_path: Path) -> None:
    tool = read_http_tool(written(tmp_path, TRACK), ALLOWED, {} if key is None else {"SHIPPING_KEY": key})
    assert tool.off.startswith("track is off: the secret SHIPPING_KEY ")
    assert "Ask ops to set TOOL_SECRET_SHIPPING_KEY," in tool.off
    with pytest.raises(ToolError, match="can't get to that"):
        await ran(tool, number="NP1047")


def test_languages_of_two_letters_three_letters_and_a_country_are_right(tmp_path: Path) -> None:
    for tag in ("fr", "pt-BR", "es-419", "zh-Hans", "fil", "ceb", "yue", "no"):
        text = swapped(TRACK, "message.en", f"message.{tag}")
        assert read_http_file(written(tmp_path, text)).picking.message == {tag: ("It is {state} with {carrier}.",)}


def test_a_tool_that_is_off_needs_no_secret(tmp_path: Path) -> None:
    assert read_http_tool(written(tmp_path, TRACK), Hosts(), {}).off


def test_a_file_with_an_odd_name_is_told_to_have_another(tmp_path: Path) -> None:
    with pytest.raises(EditError, match="Name the file"):
        read_http_tool(written(tmp_path, TRACK, "Track-Parcel.toml"), ALLOWED, SECRETS)


def test_the_model_is_told_the_arguments_as_a_schema(tmp_path: Path) -> None:
    text = 'timeout_s = 3\nblocking = true\nfiller = false\nscheduling = "silent"\nretries = 2\nfields = ["state"]\n'
    text += 'waiting.en = ["One moment.", "Still looking."]\n' + TRACK
    text = swapped(text, "[response]", 'type = "string"\nenum = ["a", "b"]\npattern = "^[ab]$"\n\n[response]')
    tool = read_http_tool(written(tmp_path, text), ALLOWED, SECRETS)
    assert tool.spec.parameters == {
        "type": "object",
        "properties": {
            "number": {
                "type": "string",
                "description": "The parcel's number.",
                "enum": ["a", "b"],
                "pattern": "^[ab]$",
            }
        },
        "required": ["number"],
    }
    assert tool.spec.name == "track" and tool.spec.blocking and not tool.options.filler
    assert (tool.options.timeout_s, tool.options.retries, tool.options.scheduling) == (3, 2, "silent")
    assert tool.options.waiting == {"en": ("One moment.", "Still looking.")}
    assert tool.options.fields == ("state",)


def test_a_write_is_a_write_with_its_question_and_its_key(tmp_path: Path) -> None:
    text = swapped(REDIRECT, "write = true", 'write = true\nconfirm.en = "Shall {number} go to {place}?"')
    tool = read_http_file(written(tmp_path, text))
    assert tool.options.confirm == {"en": "Shall {number} go to {place}?"}
    assert (tool.options.write, tool.options.idempotent, tool.key_header) == (True, True, "Idempotency-Key")
    assert tool.parameters["required"] == ["number", "place"]
