"""A call's bundle goes away and comes back: its journals are the same, and nothing else of a file is believed."""

import json
import zipfile
from pathlib import Path

import pytest

from app.store.bundle import NotABundle, pack, unpack


def planted(folder: Path) -> Path:
    journals = folder / "journals"
    journals.mkdir()
    (journals / "CA1.jsonl").write_text("one\n")
    (journals / "CA1.2.jsonl").write_text("two\n")
    (journals / "CA2.jsonl").write_text("another call's\n")
    return journals


def test_every_segment_comes_back_in_its_order_and_no_other_call(tmp_path: Path) -> None:
    file, to = tmp_path / "bundle.zip", tmp_path / "to"
    file.write_bytes(pack(planted(tmp_path), "CA1", {"call_sid": "CA1"}, {"sound-1.wav": b"RIFF"}))
    to.mkdir()
    assert [path.name for path in unpack(file, to)] == ["CA1.jsonl", "CA1.2.jsonl"]
    assert (to / "CA1.2.jsonl").read_text() == "two\n"
    with zipfile.ZipFile(file) as bundle:
        assert json.loads(bundle.read("call.json")) == {"call_sid": "CA1"}
        assert bundle.read("sound-1.wav") == b"RIFF"


def test_nothing_is_written_outside_the_folder(tmp_path: Path) -> None:
    file = tmp_path / "bad.zip"
    with zipfile.ZipFile(file, "w") as bundle:
        bundle.writestr("journals/../../evil.jsonl", "x")
        bundle.writestr("journals/CA1.jsonl", "good")
    to = tmp_path / "to"
    to.mkdir()
    assert [path.parent for path in unpack(file, to)] == [to]
    assert not list(tmp_path.glob("evil*"))


@pytest.mark.parametrize("data", [b"not a zip", b""])
def test_a_file_that_is_none_says_so(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "other.zip"
    file.write_bytes(data)
    with pytest.raises(NotABundle, match="not a bundle"):
        unpack(file, tmp_path)


def test_one_without_a_journal_says_so(tmp_path: Path) -> None:
    file = tmp_path / "empty.zip"
    with zipfile.ZipFile(file, "w") as bundle:
        bundle.writestr("call.json", "{}")
    with pytest.raises(NotABundle, match="no journal"):
        unpack(file, tmp_path)
