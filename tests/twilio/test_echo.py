"""What of ours the caller's line plays now."""

import numpy as np
import pytest

from app.audio.pcm import Audio
from app.twilio.echo import Sounding


def tone(ms: int, level: int) -> Audio:
    return Audio(np.full(ms * 24, level, "<i2").tobytes(), 24_000)


def heard(sounding: Sounding, at: float) -> float:
    """What is said of a frame, the frame before having been asked about, too."""
    sounding.level(at - 0.02)
    return sounding.level(at)


def test_sound_is_heard_while_it_plays_and_not_after() -> None:
    sounding = Sounding()
    sounding.sent(tone(200, 1_000), 5.0)
    assert heard(sounding, 5.01) == pytest.approx(1_000)
    assert heard(sounding, 5.19) == pytest.approx(1_000)
    assert heard(sounding, 5.23) == 0.0


def test_sound_sent_ahead_plays_one_after_another() -> None:
    sounding = Sounding()
    for level in (100, 200, 300):
        sounding.sent(tone(100, level), 0.0)
    assert [round(heard(sounding, t)) for t in (0.05, 0.15, 0.25, 0.35)] == [100, 200, 300, 0]


def test_sound_after_a_pause_plays_at_once() -> None:
    sounding = Sounding()
    sounding.sent(tone(100, 100), 0.0)
    sounding.sent(tone(100, 200), 9.0)
    assert heard(sounding, 9.01) == pytest.approx(200)


def test_what_was_cleared_does_not_sound() -> None:
    sounding = Sounding()
    sounding.sent(tone(1_000, 100), 0.0)
    sounding.cleared(0.5)
    assert heard(sounding, 0.55) == 0.0
    sounding.sent(tone(100, 300), 0.6)
    assert heard(sounding, 0.61) == pytest.approx(300)


def test_uneven_lengths_do_not_shift_what_follows() -> None:
    sounding = Sounding()
    for _ in range(10):
        sounding.sent(tone(25, 500), 0.0)
    assert heard(sounding, 0.245) in (0.0, pytest.approx(500))
    assert heard(sounding, 0.26) == 0.0


def test_no_sound_is_no_sound() -> None:
    sounding = Sounding()
    sounding.sent(Audio(b"", 24_000), 0.0)
    assert heard(sounding, 0.0) == 0.0


def test_what_sounded_while_nobody_asked_is_not_forgotten() -> None:
    sounding = Sounding()
    sounding.sent(tone(100, 3_000), 0.0)
    sounding.sent(tone(100, 200), 0.0)
    assert sounding.level(0.19) == pytest.approx(3_000)  # this process stood still, and hears what came meanwhile
    assert sounding.level(0.19) == pytest.approx(200)
