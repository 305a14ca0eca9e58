"""What is looked for in a journal is found, in its order, and the other lines are not taken apart."""

import json
from pathlib import Path

import pytest

from app.store.journal_search import lines_named

SOUND = b'{"t":1.5,"e":"AssistantAudio","audio":{"ms":40.0,"rate":24000},"flaw":""}\n'
LOST = b'{"t":2.25,"e":"SessionLost","code":1011,"reason":"internal"}\n'
RENEW = b'{"t":2.25,"c":"RenewSession","route":"first"}\n'
SPACED = b'{"t": 3.5, "e": "SessionOpened", "took_ms": 600}\n'


def test_lines_come_by_their_names_in_their_order(tmp_path: Path) -> None:
    path = tmp_path / "CA1.jsonl"
    path.write_bytes(b'{"journal":1,"rules":{}}\n' + SOUND + LOST + RENEW + SOUND + SPACED)
    found = [line.get("e") or line["c"] for line in lines_named(path, ("SessionLost", "RenewSession", "SessionOpened"))]
    assert found == ["SessionLost", "RenewSession", "SessionOpened"]


def test_a_callers_words_are_no_lines(tmp_path: Path) -> None:
    path = tmp_path / "CA1.jsonl"
    path.write_bytes(b'{"t":1.0,"e":"Transcribed","text":"{\\"t\\":1,\\"e\\":\\"SessionLost\\"}"}\n')
    assert list(lines_named(path, ("SessionLost",))) == []


def test_a_name_that_begins_like_another_is_not_that_one(tmp_path: Path) -> None:
    path = tmp_path / "CA1.jsonl"
    path.write_bytes(b'{"t":1.0,"e":"SessionLostAgain"}\n' + LOST)
    assert len(list(lines_named(path, ("SessionLost",)))) == 1


def test_a_line_that_a_crash_cut_short_ends_it(tmp_path: Path) -> None:
    path = tmp_path / "CA1.jsonl"
    path.write_bytes(LOST + LOST[:40])
    assert len(list(lines_named(path, ("SessionLost",)))) == 1


def test_sound_is_not_taken_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "CA1.jsonl"
    path.write_bytes(SOUND * 1_000 + LOST)
    taken = list[bytes]()

    def loads(raw: bytes) -> dict[str, object]:
        taken.append(raw)
        return {}

    monkeypatch.setattr(json, "loads", loads)
    assert len(list(lines_named(path, ("SessionLost",)))) == 1
    assert taken == [LOST]
