"""The content of a version: one hash for one content, whatever it was written on."""

from dataclasses import replace
from pathlib import Path

import pytest

from app.lines.content import (
    Content,
    NoPlace,
    changed_tools,
    checked_place,
    completed,
    content_from,
    fingerprint,
    folder_content,
)
from app.toolkit.loader import load_tools
from tests.lines.house import House
from tests.prompts.planting import phrases, swapped

FILES = {"prompts/shop/line.toml": 'business = "Acme"\n', "prompts/shop/en-US.md": "Hello.\n"}


def content_of(house: House) -> Content:
    folders = house.folders
    return folder_content("shop", folders.prompts, folders.tools, load_tools(folders.tools)[0])


def test_the_order_of_files_and_tools_makes_no_difference() -> None:
    one = Content("shop", FILES, {"a": "1", "b": "2"})
    other = Content("shop", dict(reversed(FILES.items())), {"b": "2", "a": "1"})
    assert one.id == other.id
    assert len(one.id) == 64


def test_every_letter_makes_a_difference() -> None:
    one = Content("shop", FILES, {"a": "1"})
    others = [
        Content("shop2", FILES, {"a": "1"}),
        Content("shop", {**FILES, "prompts/shop/en-US.md": "Hello!\n"}, {"a": "1"}),
        Content("shop", {**FILES, "prompts/shop/en.md": ""}, {"a": "1"}),
        Content("shop", FILES, {"a": "2"}),
    ]
    assert len({content.id for content in (one, *others)}) == 5


def test_line_ends_and_marks_of_editors_make_no_difference(house: House) -> None:
    before = content_of(house).id
    file = house.folder / "prompts/shop/en-US.md"
    text = file.read_text(encoding="utf-8")
    file.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert content_of(house).id == before
    file.write_text(text.replace("Acme", "Acme"), encoding="utf-8")
    assert content_of(house).id == before


def test_a_line_has_its_own_files_the_rules_of_all_and_the_phrases_of_its_languages(house: House) -> None:
    house.edit("prompts/phrases/fr.toml", lambda _: phrases("fr"))
    house.edit("prompts/other/line.toml", lambda _: 'business = "Other"\n')
    house.edit("prompts/shop/.swap.md", lambda _: "an editor's own")
    content = content_of(house)
    assert sorted(content.files) == [
        "prompts/house/10-honesty.md",
        "prompts/phrases/en.toml",
        "prompts/phrases/es.toml",
        "prompts/shop/en-US.md",
        "prompts/shop/es.md",
        "prompts/shop/line.toml",
    ]
    assert list(content.tools) == ["find_parcel"]
    assert content.numbers == ("+12125550123",)


def test_what_a_line_does_not_use_is_no_part_of_it(house: House) -> None:
    folders, tools = house.folders, load_tools(house.folders.tools)[0]
    content = content_of(house)
    more = replace(content, files={**content.files, "tools/unused.toml": "x", "prompts/phrases/de.toml": "x"})
    assert completed(more, folders.prompts, folders.tools, tools) == content


def test_a_tool_of_the_look_up_belongs_to_the_line(house: House) -> None:
    house.edit("prompts/shop/line.toml", swapped(', "find_parcel"', ""))
    assert content_of(house).tools == {}
    house.edit("prompts/shop/line.toml", lambda text: text + '\n[facts]\nlook_up = "find_parcel"\n')
    assert list(content_of(house).tools) == ["find_parcel"]


def test_a_tool_is_another_when_its_arguments_are_and_the_same_when_only_its_code_is(house: House) -> None:
    content = content_of(house)
    house.edit("tools/parcels.py", swapped("It is here.", "It is there."))
    assert changed_tools(content, load_tools(house.folders.tools)[0]) == ()
    house.edit("tools/parcels.py", swapped("@tool\n", "@tool(timeout_s=9.0)\n"))
    assert changed_tools(content, load_tools(house.folders.tools)[0]) == ("find_parcel",)
    house.edit("tools/parcels.py", lambda _: '"""Nothing."""\n')
    assert changed_tools(content, load_tools(house.folders.tools)[0]) == ("find_parcel",)


def test_an_option_left_at_its_default_makes_no_difference(house: House) -> None:
    before = load_tools(house.folders.tools)[0]["find_parcel"]
    house.edit("tools/parcels.py", swapped("@tool\n", "@tool(timeout_s=5.0)\n"))
    assert fingerprint(load_tools(house.folders.tools)[0]["find_parcel"]) == fingerprint(before)


@pytest.mark.parametrize(
    ("file", "place"),
    [
        ("line.toml", "prompts/shop/line.toml"),
        ("fr-FR.md", "prompts/shop/fr-FR.md"),
        ("shop/fr-FR.md", "prompts/shop/fr-FR.md"),
        ("house/10-honesty.md", "prompts/house/10-honesty.md"),
        ("phrases/fr.toml", "prompts/phrases/fr.toml"),
        ("tools/track.toml", "tools/track.toml"),
    ],
)
def test_files_are_named_in_short(file: str, place: str) -> None:
    assert checked_place("shop", file) == place


@pytest.mark.parametrize(
    "file",
    [
        "../line.toml",
        "tools/evil.py",
        "tools/evil.mcp.toml",
        "prompts/other/line.toml",
        "tools/../x.toml",
        "/etc/x.toml",
        "house/.x.md",
        "a\n.md",
    ],
)
def test_a_file_of_something_else_is_refused(file: str) -> None:
    with pytest.raises(NoPlace, match="is no file of the line shop"):
        checked_place("shop", file)


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"line": "shop", "files": [], "tools": {}},
        {"line": "shop", "files": {"../../x": "out"}, "tools": {}},
        {"line": "shop", "files": {"tools/x.py": "code"}, "tools": {}},
    ],
)
def test_what_is_no_content_is_not_taken_for_one(told: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="not "):
        content_from(told)


def test_a_content_is_kept_and_read_as_it_was(house: House, tmp_path: Path) -> None:
    content = content_of(house)
    assert content_from(content.as_json()) == content


def test_the_tools_of_an_mcp_server_stay_in_the_folder_with_its_file(house: House) -> None:
    tools = load_tools(house.folders.tools)[0]
    of_server = replace(tools["find_parcel"], file=house.folder / "tools/carrier.mcp.toml")
    of_server.file.write_text("", encoding="utf-8")
    content = folder_content("shop", house.folders.prompts, house.folders.tools, {"find_parcel": of_server})
    assert list(content.tools) == ["find_parcel"]
    assert not any(place.startswith("tools/") for place in content.files)
