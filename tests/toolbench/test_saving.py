"""Saving an HTTP tool: every mistake before it is a file, one name for one tool, and nobody's work written over."""

from pathlib import Path

import pytest

from app.fittings import Reader, reader_for
from app.settings import load
from app.toolbench.saving import (
    LARGEST,
    CannotSave,
    Stale,
    is_writable,
    problems_of,
    revision_of,
    save,
    text_of_draft,
    written,
)
from app.toolkit.http.curl import from_curl
from app.toolkit.http.drafts import CannotConvert, Draft
from tests.toolkit.http.places import TRACK, swapped


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    (tmp_path / "tools").mkdir()
    given = {"FRONTLINE_DATA": str(tmp_path), "FRONTLINE_TOOLS": str(tmp_path / "tools")}
    return reader_for(load(given, None))


def told(reader: Reader, name: str, text: str) -> list[str]:
    found = problems_of(name, text, reader, reader.tools(reader.settings.tools)[0])
    return [f"{one.file}:{one.line} {one.severity} {one.what}" for one in found]


def test_every_mistake_is_told_with_its_line_not_the_first_alone(reader: Reader) -> None:
    text = swapped(swapped(TRACK, 'description = "Find out where a parcel is."', "descriptio = 1"), "404", "999")
    found = told(reader, "track", text)
    assert len(found) >= 3
    assert found == sorted(found, key=lambda one: int(one.split(":")[1].split()[0]))
    assert told(reader, "track", "x = [")[0].startswith("track.toml:1 error")


def test_a_right_file_has_no_mistake_and_says_what_keeps_it_off(reader: Reader) -> None:
    assert told(reader, "track", TRACK) == []
    [off] = told(reader, "track", swapped(TRACK, "shipping.rehearsal.example", "api.example.com"))
    assert "hint" in off and "api.example.com" in off and "FRONTLINE_TOOL_HOSTS" in off


@pytest.mark.parametrize("name", ["", "Track", "../x", "new", "mcp", "end_call", "stock"])
def test_a_name_is_one_and_free(reader: Reader, name: str) -> None:
    (reader.settings.tools / "shop.py").write_text(
        'from app.toolkit import answer, tool\n\n\n@tool\nasync def stock() -> object:\n    """See the stock."""\n'
        '    return answer("Four.")\n'
    )
    assert "error" in told(reader, name, TRACK)[0]


async def test_a_file_is_saved_once_and_never_over_somebody_elses(reader: Reader) -> None:
    first = await save(reader, "track", TRACK, "")
    now = written(reader, "track")
    assert now.revision == first == revision_of(now.text)
    second = await save(reader, "track", TRACK + "# mine\r\n", first)
    assert "\r" not in written(reader, "track").text
    with pytest.raises(Stale) as stale:
        await save(reader, "track", TRACK + "# theirs\n", first)
    assert stale.value.text.endswith("# mine\n")
    with pytest.raises(Stale):
        await save(reader, "track", TRACK, "")
    assert written(reader, "track").revision == second
    assert [file.name for file in reader.settings.tools.iterdir()] == ["track.toml"]


async def test_what_cannot_be_written_is_said(reader: Reader, tmp_path: Path) -> None:
    with pytest.raises(CannotSave):
        await save(reader, "track", "#" * (LARGEST + 1), "")
    with pytest.raises(CannotSave):
        await save(reader, "../track", TRACK, "")
    reader.settings.tools.rmdir()
    assert not is_writable(reader.settings.tools)
    with pytest.raises(CannotSave):
        await save(reader, "track", TRACK, "")


def test_a_draft_is_a_file_that_can_be_read_or_says_why_not() -> None:
    text = text_of_draft(from_curl("curl https://api.example.com/v1/parcels/{number} -H 'Authorization: Bearer abc'"))
    assert "abc" not in text and 'url = "https://api.example.com/v1/parcels/{number}"' in text
    with pytest.raises(CannotConvert, match="No tool can be made"):
        text_of_draft(Draft("broken", "A tool.", "GET", "https://api.example.com/{nobody}"))
