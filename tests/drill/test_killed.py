"""How soon a caller hears another process."""

from pathlib import Path

from app.drill.matrix_killed import back_ms
from app.rehearsal.phone_notes import Happening
from tests.drill.calls import told
from tests.drill.test_told import recorded

MOVED = (
    Happening(0.0, "stream opened"),
    Happening(1.0, "stream closed"),
    Happening(1.5, "stream opened"),
    Happening(9.0, "stream closed"),
)


def test_the_time_is_from_the_loss_of_the_first_stream_to_the_sound_of_the_second(tmp_path: Path) -> None:
    recording = recorded(tmp_path / "a.wav", (True, 50), (False, 40), (True, 50))
    assert back_ms(told(happened=MOVED, recording=recording)) == 800


def test_a_caller_who_was_not_streamed_again_or_heard_nothing_is_not_back(tmp_path: Path) -> None:
    recording = recorded(tmp_path / "a.wav", (True, 50), (False, 200))
    assert back_ms(told(happened=MOVED[:2], recording=recording)) is None
    assert back_ms(told(happened=MOVED, recording=recording)) is None
