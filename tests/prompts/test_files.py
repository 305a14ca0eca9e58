"""Where everything stands in a file, for the mistakes in it."""

from pathlib import Path

import pytest

from app.edits import EditError
from app.prompts.files import read_markdown
from app.tomls import read_toml

TOML = '''\
# a comment with key = 1
name = "x"
"quoted" = 1
text = """
inside = "not a key"
[not.a.table]
"""
list = [
    "one",
    'two',  # "three"
]

[table]
name = "y"
'''


def test_each_key_has_its_line(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_text(TOML, encoding="utf-8")
    toml = read_toml(file)
    assert toml.lines == {"name": 2, "quoted": 3, "text": 4, "list": 8, "table": 13, "table.name": 14}


def test_a_text_in_a_list_has_its_line(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_text(TOML, encoding="utf-8")
    toml = read_toml(file)
    assert [toml.line_of("list", text) for text in ("one", "two", "nothing")] == [9, 10, 8]


def test_a_key_that_is_not_there_is_at_the_files_head(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_text(TOML, encoding="utf-8")
    assert read_toml(file).line_of("missing") == 1


def test_a_key_in_a_table_on_one_line_is_at_its_table(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_text('x = 1\nhours = { monday = "9" }\n', encoding="utf-8")
    assert read_toml(file).line_of("hours.monday") == 2


@pytest.mark.parametrize(("text", "line"), [('a = 1\nb = "x\n', 2), ("a = 1\nb = [1,\n2\n", 3), ("a = 1\na = 2\n", 2)])
def test_what_toml_does_not_allow_has_its_line(tmp_path: Path, text: str, line: int) -> None:
    file = tmp_path / "a.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(EditError) as raised:
        read_toml(file)
    assert raised.value.line == line


def test_a_file_in_another_encoding_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "a.md"
    file.write_bytes(b"one\ntwo \xff\n")
    with pytest.raises(EditError) as raised:
        read_markdown(file)
    assert (raised.value.line, "UTF-8" in raised.value.problem) == (2, True)


def test_front_matter_and_body_keep_their_lines(tmp_path: Path) -> None:
    file = tmp_path / "a.md"
    file.write_text("\ufeff---\n# a note\ngreeting: Hi: you.\n---\n\n\n# Body\n", encoding="utf-8")
    read = read_markdown(file)
    assert (read.front, read.lines) == ({"greeting": "Hi: you."}, {"greeting": 3})
    assert (read.body, read.body_line) == ("# Body", 7)


def test_without_front_matter_all_is_body(tmp_path: Path) -> None:
    file = tmp_path / "a.md"
    file.write_text("\nBody\n---\nmore\n", encoding="utf-8")
    read = read_markdown(file)
    assert (read.front, read.body, read.body_line) == ({}, "Body\n---\nmore", 2)
