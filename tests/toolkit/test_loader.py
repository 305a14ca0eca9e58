"""A folder of tools, whatever they are made of."""

from dataclasses import replace
from pathlib import Path

import pytest

from app.edits import EditError
from app.toolkit import loader
from app.toolkit.http import Hosts
from app.toolkit.loader import load_tools

PARCEL = """description = "Find out where a parcel is."
method = "GET"
url = "https://parcels.example/v1/{number}"

[headers]
Authorization = "Bearer {secret.PARCEL_KEY}"

[parameters.number]
type = "string"
description = "The parcel's number."

[response.fields]
state = "state"

[response.message]
en = "It is {state}."
"""
PYTHON = '''from app.toolkit import tool


@tool
async def {name}() -> str:
    """Do it."""
    return ""
'''
HOSTS = Hosts(allowed=frozenset({"parcels.example"}))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "parcel.toml").write_text(PARCEL, encoding="utf-8")
    (tmp_path / "stock.py").write_text(PYTHON.format(name="stock"), encoding="utf-8")
    return tmp_path


def test_tools_of_every_kind_are_there_by_name(folder: Path) -> None:
    tools, errors = load_tools(folder, None, HOSTS, {"PARCEL_KEY": "secret words"})
    assert errors == []
    assert {name: (tool.file.name, tool.off) for name, tool in tools.items()} == {
        "parcel": ("parcel.toml", ""),
        "stock": ("stock.py", ""),
    }
    assert "secret words" not in repr(tools)


def test_a_host_that_is_not_allowed_leaves_the_tool_off(folder: Path) -> None:
    tools, errors = load_tools(folder)
    assert errors == []
    assert "parcels.example" in tools["parcel"].off


def test_a_mistake_in_one_file_leaves_the_others(folder: Path) -> None:
    (folder / "parcel.toml").write_text(PARCEL.replace("GET", "FETCH"), encoding="utf-8")
    (folder / "_draft.toml").write_text("not read", encoding="utf-8")
    tools, (error,) = load_tools(folder)
    assert list(tools) == ["stock"]
    assert (error.file.name, error.line) == ("parcel.toml", 2)


def test_two_files_of_different_kinds_cannot_have_the_same_tool(folder: Path) -> None:
    (folder / "second.py").write_text(PYTHON.format(name="parcel"), encoding="utf-8")
    _, (error,) = load_tools(folder)
    assert isinstance(error, EditError)
    assert "There is a tool parcel already, in parcel.toml line 1." in error.problem


@pytest.mark.parametrize("name", ["send_code", "check_code", "send_text", "switch_language"])
def test_the_names_of_the_house_are_taken(folder: Path, name: str) -> None:
    (folder / "own.py").write_text(PYTHON.format(name=name), encoding="utf-8")
    tools, (error,) = load_tools(folder)
    assert name not in tools
    assert f"{name} is a tool of the house" in error.problem


def test_the_tools_of_a_server_are_loaded_with_the_others(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tools, _ = load_tools(folder)
    far = replace(tools["stock"], spec=replace(tools["stock"].spec, name="far"))
    monkeypatch.setattr(loader, "read_mcp_server", lambda file, hosts, secrets, commands: [far])
    (folder / "shop.mcp.toml").write_text("", encoding="utf-8")
    loaded, errors = load_tools(folder)
    assert (sorted(loaded), errors) == (["far", "parcel", "stock"], [])
