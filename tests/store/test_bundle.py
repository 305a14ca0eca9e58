"""A call's bundle goes away and comes back: its journals are the same, and nothing else of a file is believed."""

import json
import zipfile
from pathlib import Path

import pytest

from app.store.bundle import NotABundle, pack, unpack

HEAD = '{"journal":1,"call_sid":"CA1","rules":{}}\n'
SECOND = '{"journal":1,"call_sid":"CA1","segment":2,"rules":{}}\n'


def planted(folder: Path) -> Path:
    journals = folder / "journals"
    journals.mkdir()
    (journals / "CA1.jsonl").write_text(HEAD)
    (journals / "CA1.2.jsonl").write_text(SECOND)
    (journals / "CA2.jsonl").write_text("another call's\n")
    return journals


def test_every_segment_comes_back_in_its_order_and_no_other_call(tmp_path: Path) -> None:
    file, to = tmp_path / "bundle.zip", tmp_path / "to"
    file.write_bytes(pack(planted(tmp_path), "CA1", {"call_sid": "CA1"}, {"sound-1.wav": b"RIFF"}))
    to.mkdir()
    assert [path.name for path in unpack(file, to)] == ["CA1.jsonl", "CA1.2.jsonl"]
    assert (to / "CA1.2.jsonl").read_text() == SECOND
    with zipfile.ZipFile(file) as bundle:
        assert json.loads(bundle.read("call.json")) == {"call_sid": "CA1"}
        assert bundle.read("sound-1.wav") == b"RIFF"


def test_the_callers_number_stays_behind_wherever_it_stands(tmp_path: Path) -> None:
    journals = planted(tmp_path)
    with (journals / "CA1.jsonl").open("a") as file:
        file.write('{"t":1.0,"e":"CallStarted","caller":"+12025551049","called":"+12025550199"}\n')
        file.write('{"t":2.0,"c":"Say","text":"You call from +12025551049."}\n')
    packed = tmp_path / "bundle.zip"
    packed.write_bytes(pack(journals, "CA1", {}, {}, {"+12025551049": "+1•••1049"}))
    (to := tmp_path / "to").mkdir()
    text = unpack(packed, to)[0].read_text("utf-8")
    assert "+12025551049" not in text
    assert text.count("+1•••1049") == 2
    assert "+12025550199" in text


def zipped(folder: Path, *files: tuple[str, str], packed: int = zipfile.ZIP_DEFLATED) -> Path:
    file = folder / "made.zip"
    with zipfile.ZipFile(file, "w", packed) as bundle:
        for name, text in files:
            bundle.writestr(name, text)
    return file


@pytest.mark.parametrize(
    "name", ["journals/../../evil.jsonl", "/etc/evil", "..\\evil", "C:/evil", "journals/a/../../../evil.jsonl"]
)
def test_a_name_that_leads_out_is_refused_and_nothing_is_written(tmp_path: Path, name: str) -> None:
    to = tmp_path / "to"
    to.mkdir()
    with pytest.raises(NotABundle, match="leads out"):
        unpack(zipped(tmp_path, ("journals/CA1.jsonl", HEAD), (name, "x")), to)
    assert list(to.iterdir()) == [] and not list(tmp_path.rglob("evil*"))


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([("journals/CA1.jsonl", HEAD), ("journals/CA2.jsonl", HEAD.replace("CA1", "CA2"))], "one call"),
        ([("journals/CA1.2.jsonl", SECOND)], "one call"),
        ([("journals/CA1.jsonl", HEAD.replace("CA1", "../../data/journals/CA9"))], "does not begin"),
        ([("journals/CA1.jsonl", HEAD), ("journals/CA1.2.jsonl", SECOND.replace("2", "3"))], "does not begin"),
        ([("journals/CA1.jsonl", "[" * 100_000)], "does not begin"),
        ([("journals/CA1.jsonl", "7")], "does not begin"),
        ([(f"journals/CA1.{n}.jsonl", HEAD) for n in range(1, 300)], "more than"),
    ],
)
def test_journals_that_are_not_those_of_one_call_are_refused(
    tmp_path: Path, files: list[tuple[str, str]], said: str
) -> None:
    with pytest.raises(NotABundle, match=said):
        unpack(zipped(tmp_path, *files), tmp_path)


def test_what_would_grow_too_large_is_not_unpacked(tmp_path: Path) -> None:
    file = zipped(tmp_path, ("journals/CA1.jsonl", HEAD + "0" * 5_000_000))
    assert file.stat().st_size < 10_000
    with pytest.raises(NotABundle, match="more than"):
        unpack(file, tmp_path, largest=1_000_000)


def test_what_says_that_it_is_smaller_than_it_is_is_refused(tmp_path: Path) -> None:
    file = zipped(tmp_path, ("journals/CA1.jsonl", HEAD + "0" * 5_000_000))
    size = (len(HEAD) + 5_000_000).to_bytes(4, "little")
    file.write_bytes(file.read_bytes().replace(size, (9).to_bytes(4, "little")))
    with pytest.raises(NotABundle):
        unpack(file, tmp_path)


def test_another_way_of_packing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotABundle, match="another way"):
        unpack(zipped(tmp_path, ("journals/CA1.jsonl", HEAD), packed=zipfile.ZIP_LZMA), tmp_path)


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
