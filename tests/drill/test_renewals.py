"""What a caller hears of a renewal."""

from pathlib import Path

from app.drill.renewals import Renewal, renewals
from app.drill.told import Told
from tests.drill.calls import told
from tests.drill.test_told import recorded

RENEWED = ((2.0, "RenewSession"), (2.25, "SessionOpened"))


def call(*happened: tuple[float, str], said: str = "", recording: Path | None = None) -> Told:
    """A call in whose journal this stands, at these seconds."""
    lines = [{"t": 100.0 + at, "e": name} for at, name in sorted((*RENEWED, *happened))]
    lines += [{"t": 102.25, "c": "Say", "instruction": said}] if said else []
    return told(journal=tuple(lines), recording=recording)


def test_a_renewal_between_two_turns_is_not_heard() -> None:
    assert renewals(call((0.5, "SpeechEnded"), (1.0, "AssistantAudio"))) == [Renewal(250, 0)]
    assert renewals(call()) == [Renewal(250, 0)]


def test_a_caller_who_waits_for_an_answer_waits_for_the_session() -> None:
    assert renewals(call((1.5, "SpeechStarted"), (1.9, "SpeechEnded"))) == [Renewal(250, 250)]
    assert renewals(call((1.5, "SpeechStarted"), (2.1, "SpeechEnded"))) == [Renewal(250, 150)]


def test_a_caller_who_still_speaks_waits_for_nothing() -> None:
    assert renewals(call((1.0, "SpeechEnded"), (1.8, "SpeechStarted"))) == [Renewal(250, 0)]


def test_a_sentence_that_was_cut_has_the_silence_that_was_recorded(tmp_path: Path) -> None:
    recording = recorded(tmp_path / "a.wav", (True, 105), (False, 30), (True, 50))
    cut = call((1.0, "AssistantAudio"), said="You were cut off in the middle of your answer.", recording=recording)
    assert renewals(cut) == [Renewal(250, 600)]


def test_a_renewal_that_came_to_no_session_is_none() -> None:
    assert renewals(told(journal=({"t": 102.0, "c": "RenewSession"},))) == []
