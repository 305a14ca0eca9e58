"""The tutor: notes on a level that the next lesson finds, and words."""

from pathlib import Path

import pytest

from tests.tools.phoning import Call, rows, said, shown

NOTE = {"level": "B1", "note": "Mixes up past tenses."}


async def test_a_note_is_kept_once_and_found_in_the_next_lesson(tmp_path: Path) -> None:
    for _ in range(2):
        assert (await Call(tmp_path).uses("level_note", **NOTE)).status == "ok"
    assert rows(tmp_path / "tutor.db", "SELECT level, note, call_sid FROM notes") == [("B1", NOTE["note"], "CA1")]
    found = await Call(tmp_path, call_sid="CA2").uses("learner_notes")
    assert (shown(found), NOTE["note"] in said(found)) == ({"level": "B1"}, True)


async def test_two_lessons_have_two_notes_and_the_newest_comes_first(tmp_path: Path) -> None:
    await Call(tmp_path).uses("level_note", **NOTE)
    await Call(tmp_path, call_sid="CA2").uses("level_note", level="B2", note="Much better.")
    found = await Call(tmp_path, call_sid="CA3").uses("learner_notes")
    assert said(found).endswith("at level B2. Notes, the newest first: Much better. Mixes up past tenses.")


@pytest.mark.parametrize("number", ["anonymous", "+12125550199"])
async def test_another_phone_finds_no_notes(tmp_path: Path, number: str) -> None:
    await Call(tmp_path).uses("level_note", **NOTE)
    await Call(tmp_path, "anonymous", "CA2").uses("level_note", **NOTE)
    assert (await Call(tmp_path, number).uses("learner_notes")).response["status"] == "not_found"


@pytest.mark.parametrize("level", ["B3", "good", ""])
async def test_a_level_is_one_of_six(tmp_path: Path, level: str) -> None:
    end = await Call(tmp_path).uses("level_note", level=level, note="x")
    assert (end.status, end.effect) == ("error", False)


@pytest.mark.parametrize("topic", ["travel", "food", "work", "weather", "family"])
async def test_every_topic_has_four_words(tmp_path: Path, topic: str) -> None:
    words = shown(await Call(tmp_path).uses("new_words", topic=topic))["words"]
    assert isinstance(words, list)
    assert len(words) == 4
    assert "practicar" in said(await Call(tmp_path, language="es-US").uses("new_words", topic=topic))
