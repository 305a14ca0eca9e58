"""What is known of a drilled call."""

from pathlib import Path

import numpy as np
import pytest

from app.call.commands import RecordTurn
from app.drill.told import first_sound_after_s, journal_lines, looked_up, silence_ms
from app.rehearsal.phone_recording import Recording
from app.rehearsal.phone_sound import FRAME
from app.store.database import Database
from tests.drill.calls import report, told

QUIET, LOUD = np.zeros(FRAME, np.int16), np.full(FRAME, 3_000, np.int16)


def recorded(path: Path, *stretches: tuple[bool, int]) -> Path:
    """A recording of so many frames of sound (True) or silence of the assistant, one after another."""
    recording = Recording(path)
    for sounds, frames in stretches:
        for _ in range(frames):
            recording.add(QUIET, LOUD if sounds else QUIET)
    recording.close()
    return path


def test_a_silence_is_measured_where_it_matters(tmp_path: Path) -> None:
    path = recorded(tmp_path / "a.wav", (True, 50), (False, 20), (True, 50), (False, 100))
    assert silence_ms(path, 0.0, 2.4) == 400
    assert silence_ms(path, 0.0, 9.0) == 2_000
    assert silence_ms(path, 0.2, 0.8) == 0
    assert silence_ms(None, 0.0, 1.0) is None


def test_the_next_sound_is_found(tmp_path: Path) -> None:
    path = recorded(tmp_path / "a.wav", (True, 50), (False, 20), (True, 5))
    assert first_sound_after_s(path, 1.1) == 1.4
    assert first_sound_after_s(path, 1.6) is None
    assert first_sound_after_s(tmp_path / "none.wav", 0.0) is None


def test_a_journals_times_are_those_of_the_recording() -> None:
    call = told(journal=({"t": 103.5, "e": "SessionLost"}, {"t": 104.0, "c": "RenewSession"}))
    assert call.at_s("SessionLost") == [3.5]
    assert call.at_s("RenewSession") == [4.0]
    assert call.at_s("ToolCalled") == []


def test_a_side_is_read_from_the_record() -> None:
    call = told(
        turns=(RecordTurn(1, "caller", "Hi."), RecordTurn(2, "assistant", "Hello."), RecordTurn(3, "caller", "Bye."))
    )
    assert call.said("caller") == "Hi. Bye."


def test_a_torn_journal_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    path = tmp_path / "CA1.jsonl"
    path.write_text('{"t": 1}\n{"t":\n[2]\n{"t": 3}\n{"t": 4')
    assert journal_lines(path) == [{"t": 1}, {"t": 3}]
    assert journal_lines(tmp_path / "none.jsonl") == []


async def test_a_call_that_left_nothing_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.drill.told.ENDED_WITHIN_S", 0.0)
    url = f"sqlite+aiosqlite:///{tmp_path / 'frontline.db'}"
    database = Database(url)
    await database.open()
    await database.close()
    call = await looked_up(report(), tmp_path, url)
    assert (call.row, call.ended, call.disposition, call.differences) == (None, False, "", 1)


async def test_a_call_that_went_on_in_another_process_has_two_journals(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.drill.told.ENDED_WITHIN_S", 0.0)
    (tmp_path / "journals").mkdir()
    (tmp_path / "journals" / "CA1.jsonl").write_text('{"t": 1, "e": "CallStarted"}\n')
    (tmp_path / "journals" / "CA1.2.jsonl").write_text('{"t": 2, "e": "CallerReturned"}\n')
    url = f"sqlite+aiosqlite:///{tmp_path / 'frontline.db'}"
    database = Database(url)
    await database.open()
    await database.close()
    call = await looked_up(report(), tmp_path, url)
    assert {line["e"] for line in call.journal} == {"CallStarted", "CallerReturned"}
    assert call.differences == 2  # neither begins as a journal does
