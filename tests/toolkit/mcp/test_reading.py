"""The files of MCP servers: what is read, and what a mistake is answered with."""

from pathlib import Path

import mcp_types as types
import pytest

from app.edits import EditError
from app.toolkit.declare import ToolError
from app.toolkit.http import Hosts
from app.toolkit.mcp.reading import read_mcp_file, read_mcp_server
from tests.toolkit.mcp.places import HOST, RESERVE, SECRETS, STOCK, URL, command, ran, table, written
from tests.toolkit.mcp.server import stock_tool

HOSTS = Hosts(frozenset({HOST}))


def problem(folder: Path, text: str, name: str = "warehouse.mcp.toml") -> EditError:
    with pytest.raises(EditError) as wrong:
        read_mcp_file(written(folder, text, name))
    return wrong.value


def test_the_model_is_told_what_was_allowed_and_no_server_is_asked(tmp_path: Path) -> None:
    text = URL + table(stock_tool(), 'as = "items_left"', "blocking = true", 'waiting.en = "One moment."')
    [tool] = read_mcp_server(written(tmp_path, text), HOSTS)
    assert tool.spec.name == "items_left" and tool.spec.blocking
    assert tool.spec.description == "How many of an item are in stock."
    assert tool.spec.parameters == {
        "type": "object",
        "properties": {
            "item": {"type": "string", "description": "The item, such as tent."},
            "colour": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        },
        "required": ["item"],
    }
    assert tool.options.timeout_s == 20 and tool.options.waiting == {"en": ("One moment.",)}
    assert (tool.off, tool.line, tool.caller_parameter) == ("", 3, "caller")


def test_words_of_ours_can_take_the_place_of_the_server_s(tmp_path: Path) -> None:
    [tool] = read_mcp_server(written(tmp_path, URL + table(stock_tool(), 'told = "Look up what is left."')), HOSTS)
    assert tool.spec.description == "Look up what is left."


def test_nothing_that_nobody_sees_is_told_to_the_model(tmp_path: Path) -> None:
    hidden = stock_tool("Stock\u200b of\U000e0041\U000e0042 items.\x07")
    [tool] = read_mcp_server(written(tmp_path, URL + table(hidden)), HOSTS)
    assert tool.spec.description == "Stock of items."


async def test_a_server_that_ops_have_not_allowed_is_off(tmp_path: Path) -> None:
    [tool] = read_mcp_server(written(tmp_path, URL + STOCK))
    assert tool.off == (
        f'warehouse is off: the host "{HOST}" is not allowed. Ask ops to add it to FRONTLINE_TOOL_HOSTS.'
    )
    with pytest.raises(ToolError, match="can't get to that"):
        await ran(tool, item="tent")


def test_a_command_runs_only_as_ops_have_written_it(tmp_path: Path) -> None:
    line, allowed = command("--note", "x")
    file = written(tmp_path, line + STOCK)
    assert read_mcp_server(file, commands=allowed)[0].off == ""
    [whole] = allowed
    for other in (frozenset[str](), {whole.split()[0]}, {whole + " --more"}, {"'unclosed"}):
        assert "FRONTLINE_MCP_COMMANDS" in read_mcp_server(file, commands=other)[0].off


def test_without_its_secret_a_server_is_off_and_the_others_stay(tmp_path: Path) -> None:
    file = written(tmp_path, f'{URL}[headers]\nAuthorization = "Bearer {{secret.WAREHOUSE_KEY}}"\n{STOCK}')
    [off] = read_mcp_server(file, HOSTS)
    assert "the secret WAREHOUSE_KEY is not set" in off.off and "TOOL_SECRET_WAREHOUSE_KEY_FILE" in off.off
    [on] = read_mcp_server(file, HOSTS, SECRETS)
    assert on.off == ""


def test_a_key_in_the_file_is_told_with_its_scheme_and_not_repeated(tmp_path: Path) -> None:
    told = problem(tmp_path, f'{URL}[headers]\nAuthorization = "Bearer abc123"\n').problem
    assert '"Bearer {secret.NAME}"' in told and "abc123" not in told


PLANTED = {
    "neither url nor command": ("", "one of the two"),
    "both": (f'{URL}command = ["a"]\n', "one of the two"),
    "http": ('url = "http://a.example/mcp"\n', "https://"),
    "an address": ('url = "https://169.254.169.254/mcp"\n', "not an address"),
    "a key in the address": ('url = "https://a.example/mcp?key=1"\n', "Take"),
    "a placeholder": ('url = "https://a.example/{tenant}"\n', "no placeholders"),
    "command as a text": ('command = "a b"\n', "list of texts"),
    "an unknown key": (f'{URL}header = "a"\n', 'Did you mean "headers"?'),
    "a secret in the file": (f'{URL}[headers]\nAuthorization = "Bearer abc"\n', "must not stand in a file"),
    "a header of ours": (f'{URL}[headers]\nMcp-Session-Id = "1"\n', "written by the app itself"),
    "the caller in a header": (f'{URL}[headers]\nX-From = "{{caller.number}}"\n', "all calls share the session"),
    "headers for a command": ('command = ["a"]\n[headers]\nX-A = "1"\n', 'secrets = ["NAME"]'),
    "secrets for a url": (f'{URL}secrets = ["KEY"]\n', "under [headers]"),
    "a secret's name": ('command = ["a"]\nsecrets = ["LD preload"]\n', "in capitals"),
    "no write": (URL + STOCK.replace("write = false\n", ""), "write = true, or write = false"),
    "no pin": (URL + STOCK.replace("pin = ", "pinned = "), "The tool has no pin"),
    "an unknown word": (URL + table(stock_tool(), "levle = 1"), 'Did you mean "level"?'),
    "meddled words": (URL + STOCK.replace("How many", "All"), "tools mcp allow warehouse stock_of"),
    "meddled schema": (URL + STOCK.replace("such as tent", "such as card"), "something here was changed"),
    "no JSON": (URL + STOCK.replace("schema = '''\n{", "schema = '''\n{{"), "no JSON"),
    "its name": (URL + table(stock_tool(), 'as = "Items-Left"'), "a to z"),
    "two of one name": (URL + STOCK + RESERVE + 'as = "stock_of"\n', "already"),
    "no such argument": (URL + table(stock_tool(), 'arguments.itm = "tent"'), 'Did you mean "item"?'),
    "a secret as an argument": (URL + table(stock_tool(), 'arguments.colour = "{secret.KEY}"'), "not known here"),
    "a customer not proved": (URL + RESERVE.replace('level = "details"\n', ""), "must be proved before"),
    "a claim": (URL + table(stock_tool()).replace("item", "customer_id"), "something here was changed"),
    "left out but needed": (URL + table(stock_tool(), 'leave_out = ["item"]'), "The server needs item"),
    "too long": (URL + table(stock_tool()).replace("timeout_s = 20", "timeout_s = 90"), "from 0.5 to 30"),
    "confirm of a read": (URL + table(stock_tool(), 'confirm.en = "Shall I?"'), "Only what changes something"),
    "confirm of nothing": (
        URL + table(stock_tool(), 'confirm.en = "Shall I {go}?"', write=True),
        "{go} is no argument",
    ),
    "an option": (URL + table(stock_tool(), "retries = 2"), "no setting"),
    "scheduling": (URL + table(stock_tool(), 'scheduling = "later"'), "when_idle"),
}


@pytest.mark.parametrize(("text", "said"), PLANTED.values(), ids=PLANTED)
def test_a_mistake_says_what_to_write_instead(tmp_path: Path, text: str, said: str) -> None:
    wrong = problem(tmp_path, text)
    assert said in wrong.problem, wrong.problem
    assert 1 <= wrong.line <= len(text.splitlines()) or not text


def test_whose_it_is_cannot_be_said_by_the_model(tmp_path: Path) -> None:
    schema = {"type": "object", "properties": {"customer_id": {"type": "string"}}, "required": ["customer_id"]}
    points = types.Tool(name="points", description="Points.", input_schema=schema)
    wrong = problem(tmp_path, URL + table(points, 'level = "code"'))
    assert 'arguments.customer_id = "{caller.customer}"' in wrong.problem
    fixed = table(points, 'level = "code"', 'arguments.customer_id = "{caller.customer}"')
    [tool] = read_mcp_server(written(tmp_path, URL + fixed), HOSTS)
    assert tool.spec.parameters == {"type": "object", "properties": {}}


def test_what_live_cannot_take_is_said_with_the_line_to_write(tmp_path: Path) -> None:
    schema = {"type": "object", "properties": {"filter": {"type": "object"}, "item": {"type": "string"}}}
    find = types.Tool(name="find", description="Find.", input_schema=schema)
    wrong = problem(tmp_path, URL + table(find))
    assert wrong.problem.startswith("Live cannot take this: filter is a table without named fields.")
    assert 'leave_out = ["filter"]' in wrong.problem
    [tool] = read_mcp_server(written(tmp_path, URL + table(find, 'leave_out = ["filter"]')), HOSTS)
    assert tool.spec.parameters["properties"] == {"item": {"type": "string"}}


def test_a_tool_without_words_needs_some_of_ours(tmp_path: Path) -> None:
    assert 'told = "when the model uses it"' in problem(tmp_path, URL + table(stock_tool(""))).problem


@pytest.mark.parametrize("name", ["Warehouse.mcp.toml", "9.mcp.toml", "a b.mcp.toml"])
def test_the_file_s_name_is_the_server_s(tmp_path: Path, name: str) -> None:
    assert "no name for a server" in problem(tmp_path, URL + STOCK, name).problem
