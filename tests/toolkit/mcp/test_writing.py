"""What is written into a server's file, and what is left as its people wrote it."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.toolkit.mcp.server import Offered
from app.toolkit.mcp.writing import CannotWrite, file_of, table_of, with_tool, without_tool

A = Offered("a", "The first.", {"type": "object", "properties": {}})
DOTTED = Offered("github.search-all", 'Says "hi" \\ it\'s\nover """lines"""\r\n\x00\U000e0041', {"a'''b": "c'''\u200b"})

FILE = """# The warehouse's.
url = "https://a.example/mcp"  # new since May

# What Ana asked for.
[tools.a]
pin = "sha256:old"
description = \"\"\"
[tools.b]
pin = "not a heading"\"\"\"
schema = '''
{"type": "object",
"pin": 1}'''
write = false  # she is sure
timeout_s = 3

[tools.a.waiting]
en = "One moment."

# Another.
[tools.b]
pin = "x"
"""


def test_a_new_file_has_no_tool() -> None:
    assert tomllib.loads(file_of("https://a.example/mcp", [])) == {"url": "https://a.example/mcp"}
    assert tomllib.loads(file_of("", ["a", 'b "c"'])) == {"command": ["a", 'b "c"']}


def test_a_new_table_is_put_at_the_end() -> None:
    made = with_tool("# Ours.\nurl = 'u'", DOTTED, "search", True)
    assert made.startswith("# Ours.\nurl = 'u'\n\n[tools.\"github.search-all\"]\n")
    table = tomllib.loads(made)["tools"]["github.search-all"]
    assert table["description"] == DOTTED.description and table["pin"] == DOTTED.pin
    assert table["write"] is True and table["as"] == "search"
    assert made.replace("\n", "").isprintable()


def test_an_old_table_keeps_all_but_what_is_pinned() -> None:
    made = with_tool(FILE, A, "", True)
    before, after = tomllib.loads(FILE)["tools"]["a"], tomllib.loads(made)["tools"]["a"]
    assert {key: value for key, value in after.items() if before.get(key) != value}.keys() == {
        "pin",
        "description",
        "schema",
    }
    for kept in (
        "# The warehouse's.\n",
        "# new since May",
        "# What Ana asked for.\n[tools.a]",
        "# she is sure",
        "# Another.",
    ):
        assert kept in made
    assert with_tool(made, A, "", True) == made


def test_a_table_is_taken_out_with_what_is_below_it() -> None:
    made = without_tool(FILE, "a")
    assert tomllib.loads(made)["tools"] == {"b": {"pin": "x"}}
    assert "# Another.\n[tools.b]" in made and "One moment" not in made and made.startswith("# The warehouse's.")
    assert "tools" not in tomllib.loads(without_tool(made, "b"))
    assert without_tool(with_tool("url = 'u'\n", DOTTED, "", False), DOTTED.name) == "url = 'u'\n"


@pytest.mark.parametrize(
    "text",
    ["tools.a.pin = 'x'\n", "tools = {a = {pin = 'x'}}\n", "[tools]\na = {pin = 'x'}\n", "[tools]\na.pin = 'x'\n"],
)
def test_what_cannot_be_changed_safely_is_left_alone(text: str) -> None:
    with pytest.raises(CannotWrite, match="by hand"):
        with_tool(text, A, "", False)
    with pytest.raises(CannotWrite, match="by hand"):
        without_tool(text, "a")


@given(st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_whatever_a_server_says_is_read_back_as_it_was(description: str, name: str) -> None:
    offered = Offered(name, description, {"type": "object", name: description})
    table = tomllib.loads(table_of(offered, "", False))["tools"][name]
    assert table["description"] == description and table["pin"] == offered.pin
    assert without_tool(with_tool(FILE, offered, "", False), name).startswith("# The warehouse's.")
