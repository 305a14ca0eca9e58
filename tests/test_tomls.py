"""TOML as managers write it: every way of writing a table has its lines."""

from pathlib import Path

import pytest

from app.edits import EditError
from app.tomls import Sheet, read_toml

TEXT = """
title = "a"
waiting.en = "one"
waiting."pt-BR" = "two"

[response]
not_found = [404]
message.en = '''
long'''

[response.fields]
state = "state"

[ "odd" . name ]
x = 1
"""


def test_a_key_has_its_line_however_it_is_written(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_text(TEXT, encoding="utf-8")
    toml = read_toml(file)
    lines = TEXT.splitlines()
    for key, written in {
        "waiting": "waiting.en",
        "waiting.en": "waiting.en",
        "waiting.pt-BR": "pt-BR",
        "response": "[response]",
        "response.message": "message.en",
        "response.fields.state": "state =",
        "response.fields.none": "[response.fields]",
        "odd.name.x": "x = 1",
    }.items():
        assert written in lines[toml.line_of(key) - 1], key


def test_a_table_is_read_with_its_own_lines_and_the_files_mistakes(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_text(TEXT, encoding="utf-8")
    sheet = Sheet(read_toml(file))
    fields = sheet.table("response").table("fields")
    assert fields.text("state") == "state"
    fields.wrong("state", "No.")
    line = TEXT.splitlines().index('state = "state"') + 1
    assert [(error.line, error.problem) for error in sheet.errors] == [(line, "No.")]


def test_what_is_no_table_is_told(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_text(TEXT, encoding="utf-8")
    sheet = Sheet(read_toml(file))
    assert sheet.table("title").data == {}
    assert sheet.table("none").data == {}
    assert [error.problem for error in sheet.errors] == ["title must be a table. Write [title] on a line of its own."]


def said_of(folder: Path, text: str) -> tuple[int, str]:
    """The line and the words of the mistake that keeps a text from being read."""
    file = folder / "a.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(EditError) as caught:
        read_toml(file)
    return caught.value.line, caught.value.problem


NOT_CLOSED = "The list tools is not closed. Write ] after its last text."
NO_COMMA = "A comma is missing here in tools. Write one after each text."
CURLY = 'These quotes are curly. Write straight quotes, as in "text".'


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        # lists
        ('tools = [\n  "a",\n  "b"\n\n# who takes over\nvoice = "Kore"\n', 3, NOT_CLOSED),
        ('tools = [\n  "a",\n  "b",  # the last\n\nvoice = "Kore"\n', 3, NOT_CLOSED),
        ('tools = ["a"\n\n[hours]\nmonday = "closed"\n', 1, NOT_CLOSED),
        ('tools = [\n  "a",\n\n[hours]\nmonday = "closed"\n', 2, NOT_CLOSED),
        ('tools = [\n  "a"\n', 2, NOT_CLOSED),
        ('tools = [\n  "a",\n\n', 2, NOT_CLOSED),
        ('tools = [\n  "a"  # the first\n  "b",\n]\n', 2, NO_COMMA),
        ('voice = "Kore"\ntools = ["a" "b"]\n', 2, NO_COMMA),
        # twice
        ('voice = "Kore"\nvad = "x"\nvoice = "Puck"\n', 3, "voice stands twice, also at line 1. Write it once."),
        ('tools = []\ntools = [\n  "a",\n]\n', 2, "tools stands twice, also at line 1. Write it once."),
        ('[hours]\nmonday = "closed"\nmonday = "x"\n', 3, "monday stands twice, also at line 2. Write it once."),
        ("[hours]\n[facts]\n[hours]\n", 3, "[hours] stands twice, also at line 1. Write it once."),
        # quotes
        (
            'business = "The "Best" Shop"  # ours\n',
            1,
            "The text of business ends at its second quote. Write business = \"The 'Best' Shop\".",
        ),
        ("business = 'Ada's'\n", 1, 'The text of business ends at its second quote. Write business = "Ada\'s".'),
        ("business = “Acme”\n", 1, CURLY),
        ('business = "Acme”\n', 1, CURLY),
        ('tools = [\n  "a",\n  “b”,\n]\n', 3, CURLY),
        ('tools = ["a”, "b"]\n', 1, CURLY),
        # what stands after a value
        (
            "monday = 09:00-18:00\n",
            1,
            '"09:00-18:00" is no number. Write a number alone, or a text in quotes: monday = "09:00-18:00".',
        ),
        ('voice = "Kore" vad = "x"\n', 1, "Two settings stand on one line. Write each on a line of its own."),
        (
            'voice = "Kore" the firm one\n',
            1,
            'After the value of voice stands "the firm one". Take it out, or write # be',
        ),
        # anything else
        ("business = Acme\n", 1, 'Invalid value. Write `name = "text"`, texts in quotes, one to a line.'),
        ("business =", 1, 'Invalid value. Write `name = "text"`, texts in quotes, one to a line.'),
    ],
)
def test_what_toml_does_not_allow_is_told_in_a_managers_words(tmp_path: Path, text: str, line: int, said: str) -> None:
    at, problem = said_of(tmp_path, text)
    assert (at, problem[: len(said)]) == (line, said)
