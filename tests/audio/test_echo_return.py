"""What a line gives back of the assistant is learned from the line, and only ever believed with room to spare."""

import pytest

from app.audio.echo_return import LATEST_MS, LEAST, LOUD, MOST, EchoReturn

FRAME_MS = 20
SECOND = 1000 // FRAME_MS


def after(seconds: float, far_rms: float, level: float) -> EchoReturn:
    """A line on which the assistant sounded for so long, and that gave so much back."""
    line = EchoReturn(FRAME_MS)
    for _ in range(int(seconds * SECOND)):
        line.play(far_rms)
        line.learn(level)
    return line


def test_a_line_that_nobody_knows_yet_gives_back_all_that_a_line_can() -> None:
    assert EchoReturn(FRAME_MS).play(2_000) == 2_000 * MOST
    assert after(1.9, 2_000, 0).play(2_000) == 2_000 * MOST


@pytest.mark.parametrize(("level", "share"), [(0, LEAST), (200, 0.16), (300, 0.24), (500, MOST), (2_000, MOST)])
def test_after_two_seconds_of_the_assistant_the_line_is_known_with_four_decibels_to_spare(
    level: float, share: float
) -> None:
    assert after(2.1, 2_000, level).play(2_000) == pytest.approx(2_000 * share)


def test_the_loudest_of_the_last_seconds_counts() -> None:
    line = after(3.0, 2_000, 20)
    line.play(2_000)
    line.learn(480)  # somebody put the telephone on its loudspeaker
    for _ in range(SECOND):
        line.play(2_000)
        line.learn(20)
    assert line.play(2_000) == pytest.approx(2_000 * MOST)


def test_of_soft_sound_and_of_silence_nothing_is_learned() -> None:
    assert after(10.0, LOUD - 1, 0).play(2_000) == 2_000 * MOST
    assert after(10.0, 0, 0).play(2_000) == 2_000 * MOST


def test_an_echo_is_waited_for_as_long_as_it_may_take() -> None:
    line = EchoReturn(FRAME_MS)
    line.play(2_000)
    late = [line.play(0) for _ in range(LATEST_MS // FRAME_MS)]
    assert late[:-1] == [2_000 * MOST] * (len(late) - 1)
    assert late[-1] == 0
