"""TOML as managers write it: every way of writing a table has its lines."""

from pathlib import Path

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
